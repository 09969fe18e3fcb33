"""The inbox as JSON: what waits for me, what a task asks, and doing it."""

from __future__ import annotations

from functools import partial
from typing import Any

import flask
from flask import Response
from flask_appbuilder.api import BaseApi, expose

from erp import operations
from erp.access import can
from erp.data.base import session
from erp.documents.types import document_type
from erp.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from erp.forms import Form
from erp.forms.bind import bind_json
from erp.i18n import _
from erp.rest import rows
from erp.rest.once import once
from erp.rest.processes import open_tasks, present_answers, task_form, task_json
from erp.rest.sent import body, endpoint, etag, named_version
from erp.workflow.models import WorkflowTask
from erp.workflow.people import tasks


class TaskApi(BaseApi):
    """Everything below /api/v1/task/."""

    resource_name = "task"

    @expose("/", methods=["GET"])
    @endpoint()
    def list(self) -> Any:
        """The open tasks the actor may do, the earliest due first; at most 200."""
        return {"rows": [task_json(each) for each in tasks.inbox()], "count": tasks.count()}

    @expose("/<int:task_id>", methods=["GET"])
    @endpoint()
    def get(self, task_id: int) -> Any:
        """A task with its form and what stands in it now; the ETag is the document's version."""
        task = _visible(task_id)
        version = _version(task)
        answer = flask.jsonify(task_json(task) | {"form": task_form(task), "version": version})
        answer.headers["ETag"] = etag(version)
        return answer

    @expose("/<int:task_id>/complete", methods=["POST"])
    @endpoint()
    def complete(self, task_id: int) -> Any:
        """Do a task: {"answers": {field: value}}; document fields that are not sent stay as they are.

        With If-Match (or `version`) it is done only if nobody changed the document meanwhile. The answer is the task,
        with `open_tasks` of its document: what comes next.
        """
        sent = body()
        if not isinstance(sent, dict) or not isinstance(sent.get("answers", {}), dict):
            raise Invalid(_("Send a JSON object with the answers."), fields={"answers": _("Send an object.")})
        return once(lambda: _done(task_id, sent), _shown)

    @expose("/<int:task_id>/claim", methods=["POST"])
    @endpoint()
    def claim(self, task_id: int) -> Any:
        """Take a task for oneself."""
        return once(lambda: operations.claim(_unchanged(task_id).id), _shown)

    @expose("/<int:task_id>/release", methods=["POST"])
    @endpoint()
    def release(self, task_id: int) -> Any:
        """Give a task back to its role."""
        return once(lambda: operations.release(_unchanged(task_id).id), _shown)

    @expose("/<int:task_id>/delegate", methods=["POST"])
    @endpoint()
    def delegate(self, task_id: int) -> Any:
        """Hand a task to a colleague: {"member": id, "note": "…"}."""
        sent = body()
        member = sent.get("member") if isinstance(sent, dict) else None
        if isinstance(member, bool) or not isinstance(member, int) or not 0 < member < 2**63:
            raise Invalid(fields={"member": _("Must be a whole number.")})
        note = sent.get("note", "")
        if not isinstance(note, str):
            raise Invalid(fields={"note": _("Must be a text.")})
        return once(lambda: operations.delegate(_unchanged(task_id).id, member, note), _shown)


def _shown(task: WorkflowTask) -> Response:
    """The task as it is now, and what is open of its document now."""
    there = open_tasks(tasks.with_open(task))
    return flask.jsonify(task_json(task) | there)


def _visible(task_id: int) -> WorkflowTask:
    """A task the actor may do, or of a document they may see; NotFound hides every other."""
    task = tasks.get(task_id)
    if not (tasks.may_do(task) or can("show", task.document_type)):
        raise NotFound
    return task


def _unchanged(task_id: int) -> WorkflowTask:
    """As `_visible`; raises StaleVersion when If-Match names another version than the document has."""
    task, version = _visible(task_id), named_version(None)
    if version is not None and version != _version(task):
        raise StaleVersion
    return task


def _version(task: WorkflowTask) -> int:
    return session().get_one(document_type(task.document_type).cls, task.document_id, populate_existing=True).version


def _done(task_id: int, sent: dict[str, Any]) -> WorkflowTask:
    """The task done; it is looked for here, because who repeats a request may have lost sight of it by its effect."""
    version = named_version(sent)
    answers = partial(_answers, sent.get("answers", {}), version)
    try:
        return operations.complete(task_id, answers, version=version)
    except (Conflict, Forbidden):
        _visible(task_id)  # who may not even see it is not told whether it is there
        raise


def _answers(sent: dict[str, Any], version: int | None, task: WorkflowTask, form: Form) -> dict[str, Any]:
    """The typed answers to a locked task: what is not sent keeps its present value, also if somebody just changed it.

    Raises Invalid, also for a vote that does not say what was seen.
    """
    if task.approval is not None and version is None:
        raise Invalid(_("Say which version of the document you have seen."), fields={"version": _("Fill this in.")})
    present = present_answers(task, form)
    bound = bind_json(form.fields, sent, present, lookup=rows.RECORDS, partial=True, ignored=()).checked()
    kept = {entry.name for entry in form.fields if not entry.readonly} & set(present)
    return {name: present[name] for name in kept} | bound
