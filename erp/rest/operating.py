"""Looking after processes by REST: suspended, resumed, moved; what is stuck, tried again, put right or left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import flask
from flask import Response, request
from flask_appbuilder.api import BaseApi, expose

from erp import operations
from erp.access import can
from erp.data.base import session
from erp.documents.base import Document
from erp.errors import Invalid, NotFound
from erp.i18n import _
from erp.operations import instances
from erp.operations.instances import Standing
from erp.rest import processes
from erp.rest.once import once
from erp.rest.sent import body, endpoint
from erp.workflow import steps
from erp.workflow.models import DONE, OPEN, WorkflowIncident
from erp.workflow.operating import causes, incidents


class OperatingApi(BaseApi):
    """Part of every type's resource."""

    type_name: ClassVar[str] = ""

    @expose("/<int:row_id>/suspend", methods=["POST"])
    @endpoint("suspend")
    def suspend(self, row_id: int) -> Any:
        """Let nothing move in the process until it is resumed: {"reason": "…"}."""
        return self._decided(row_id, lambda why: operations.suspend(self.type_name, row_id, why))

    @expose("/<int:row_id>/resume", methods=["POST"])
    @endpoint("suspend")
    def resume(self, row_id: int) -> Any:
        """Let a suspended process go on, first with what came meanwhile: {"reason": "…"}."""
        return self._decided(row_id, lambda why: operations.resume(self.type_name, row_id, why))

    @expose("/<int:row_id>/move", methods=["GET"])
    @endpoint("move")
    def places(self, row_id: int) -> Any:
        """Where the process stands, and where each of its tokens may be put."""
        instance = steps.instance_of(self._driven(row_id))
        return {"rows": [] if instance is None else [_standing(each) for each in instances.standing(instance)]}

    @expose("/<int:row_id>/move", methods=["POST"])
    @endpoint("move")
    def move(self, row_id: int) -> Any:
        """Put a waiting token elsewhere: {"token", "to", "reason"}; `past` says why approvals may be left out."""
        sent = _texts("token", "to", "reason", "past")
        return self._decided(
            row_id,
            lambda why: operations.move(self.type_name, row_id, sent["token"], sent["to"], why, past=sent["past"]),
        )

    def _decided(self, row_id: int, act: Callable[[str], Any]) -> Response:
        row = self._driven(row_id)
        reason = _texts("reason", "token", "to", "past")["reason"]
        return once(lambda: act(reason), lambda _done: _process(row))

    def _driven(self, row_id: int) -> Document:
        row = operations.get(self.type_name, row_id)
        if not isinstance(row, Document):
            raise NotFound(_("This has no process."))
        return row


class IncidentApi(BaseApi):
    """Everything below /api/v1/incident/: what is stuck in processes until somebody decides."""

    resource_name = "incident"

    @expose("/", methods=["GET"])
    @endpoint()
    def list(self) -> Any:
        """Incidents, the newest first: open ones, or with `status=done` decided ones; `process` names one process."""
        status, process = request.args.get("status", OPEN), request.args.get("process", "")
        before = request.args.get("before", "")
        known = causes.types()
        errors = {
            "status": _("Take one of %(known)s.", known=f"{OPEN}, {DONE}") if status not in (OPEN, DONE) else "",
            "process": _("There is no such process.") if process and process not in known else "",
            "before": _("Send the `next` of the page before.")
            if before and not (before.isdecimal() and len(before) <= 18)
            else "",
        }
        if any(errors.values()):
            raise Invalid(fields={name: text for name, text in errors.items() if text})
        statement = causes.opened(process) if status == OPEN else causes.decided(process)
        found = causes.page(statement, int(before) if before else None)
        page = found[: causes.PAGE]
        return {
            "rows": [processes.incident_json(each) for each in page],
            "next": page[-1].id if len(found) > len(page) else None,
        }

    @expose("/<int:incident_id>", methods=["GET"])
    @endpoint()
    def get(self, incident_id: int) -> Any:
        """One, with what the actor may decide about it."""
        return _whole(incidents.found(incident_id))

    @expose("/<int:incident_id>/retry", methods=["POST"])
    @endpoint()
    def retry(self, incident_id: int) -> Any:
        """Try it again."""
        return _settled(incident_id, lambda: operations.retry_incident(incident_id))

    @expose("/<int:incident_id>/correct", methods=["POST"])
    @endpoint()
    def correct(self, incident_id: int) -> Any:
        """Send it again with some of its input put right: {"values": {name: value}}."""
        sent = body()
        values = sent.get("values") if isinstance(sent, dict) else None
        if not isinstance(values, dict):
            raise Invalid(fields={"values": _("Send an object with the values.")})
        return _settled(incident_id, lambda: operations.correct_incident(incident_id, values))

    @expose("/<int:incident_id>/skip", methods=["POST"])
    @endpoint()
    def skip(self, incident_id: int) -> Any:
        """Go on as if it had been done: {"reason": "…"}."""
        reason = _texts("reason")["reason"]
        return _settled(incident_id, lambda: operations.skip_incident(incident_id, reason))

    @expose("/<int:incident_id>/error", methods=["POST"])
    @endpoint()
    def error(self, incident_id: int) -> Any:
        """Go the way the diagram draws for an error: {"code": "…", "reason": "…"}."""
        sent = _texts("code", "reason")
        return _settled(incident_id, lambda: operations.send_down_incident(incident_id, sent["code"], sent["reason"]))


def _texts(*names: str) -> dict[str, str]:
    """The texts that were sent under these names, "" for one that was not; raises Invalid for anything else."""
    sent = body()
    if not isinstance(sent, dict):
        raise Invalid(_("Send a JSON object."))
    errors = {name: _("There is no such field.") for name in sent if name not in names}
    errors |= {name: _("Must be a text.") for name in names if not isinstance(sent.get(name, ""), str)}
    if errors:
        raise Invalid(fields=errors)
    return {name: sent.get(name, "") for name in names}


def _process(row: Document) -> Response:
    session().expire_all()
    return flask.jsonify(processes.of(row))


def _standing(here: Standing) -> dict[str, Any]:
    return {
        "token": here.token,
        "element": here.element.id,
        "name": _(here.element.label),
        "targets": [{"element": each.id, "name": _(each.label)} for each in here.targets],
    }


def _settled(incident_id: int, act: Callable[[], None]) -> Response:
    """Decide about an incident of a document the actor may see."""
    incidents.found(incident_id)

    def shown(_done: None) -> Response:
        incident = incidents.found(incident_id)
        session().refresh(incident)
        return flask.jsonify(_whole(incident))

    return once(act, shown)


def _whole(incident: WorkflowIncident) -> dict[str, Any]:
    is_open = incident.status == OPEN
    may_correct = is_open and bool(incidents.correctable(incident))
    return processes.incident_json(incident) | {
        "may_retry": is_open and can("edit", incident.document_type),
        "may_skip": is_open and incidents.may_skip(incident),
        "ways": [{"code": code, "name": _(name)} for code, name in incidents.ways(incident)] if is_open else [],
        "values": dict(incidents.sent(incident)) if may_correct else {},
    }
