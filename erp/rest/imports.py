"""Files brought in by programs: the same plan, trial run and worker as on the pages."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, ClassVar

import flask
from flask import Response, request
from flask_appbuilder.api import BaseApi, expose

from erp import importing
from erp.data import files
from erp.data.base import session
from erp.data.files import File
from erp.errors import Conflict, Invalid, NotFound
from erp.i18n import _
from erp.importing import Plan, Progress, Table
from erp.jobs.models import Job
from erp.rest.once import once
from erp.rest.sent import endpoint
from erp.web.files import sent as sent_file

LONGEST_PLAN = 200_000
YES, NO = ("1", "true", "yes"), ("", "0", "false", "no")


class ImportsApi(BaseApi):
    """Part of every type's resource."""

    type_name: ClassVar[str] = ""

    @expose("/import", methods=["POST"])
    @endpoint("import")
    def import_file(self) -> Any:
        """Bring a file in: multipart/form-data with `file`, perhaps a `plan` as JSON, and `dry_run` to try it only.

        Without a plan the one last used for these columns counts, else a guess; the answer says which it was.
        """
        importing.importable(self.type_name)
        given, is_trial = request.files.get("file"), _is_trial()
        if given is None or not given.filename:
            raise Invalid(fields={"file": _("Choose a file first.")})
        name, content = given.filename, given.read()
        table = importing.read(content, name)
        plan = self._plan(table)
        if is_trial:
            return {"dry_run": True, "plan": plan.as_json(), "outcome": importing.dry_run(plan, table).as_json()}
        plan.checked(table)
        kept = importing.keep(name, content)
        return once(lambda: importing.start(plan, kept.id), lambda job: self._left(job, plan))

    @expose("/import/<int:job_id>", methods=["GET"])
    @endpoint("import")
    def import_run(self, job_id: int) -> Any:
        """How far an import is; when it is over, what it did and the first fifty rows it did not take."""
        return self._told(self._progress(job_id))

    @expose("/import/<int:job_id>/left-out.xlsx", methods=["GET"])
    @endpoint("import")
    def import_left_out(self, job_id: int) -> Any:
        """Every row that was not taken, as a sheet with what is wrong with each; corrected it may be brought back."""
        found = self._progress(job_id)
        file = session().get(File, found.problems_file) if found.problems_file else None
        if file is None:
            raise NotFound
        return sent_file(files.read(file.tenant_id, file.sha256), file.name, file.media_type)

    @expose("/import/<int:job_id>/stop", methods=["POST"])
    @endpoint("import")
    def import_stop(self, job_id: int) -> Any:
        """Stop an import after the rows it is at; what it had written stays, and one that is over is told as it is."""
        if not self._progress(job_id).is_over:
            with suppress(Conflict):  # it ended just now
                importing.stop(job_id)
        return self._told(self._progress(job_id))

    def _plan(self, table: Table) -> Plan:
        text = request.form.get("plan", "")
        if not text.strip():
            return importing.recalled(self.type_name, table)
        try:
            wished = json.loads(text[:LONGEST_PLAN])
        except (ValueError, RecursionError):
            wished = None
        if not isinstance(wished, dict):
            raise Invalid(fields={"plan": _("Send the plan as a JSON object.")})
        return Plan.from_json({**wished, "type": self.type_name})

    def _progress(self, job_id: int) -> Progress:
        found = importing.progress(job_id)
        if found.type != self.type_name:
            raise NotFound
        return found

    def _left(self, job: Job, plan: Plan) -> Response:
        answer = flask.jsonify({**self._told(importing.progress(job.id)), "plan": plan.as_json()})
        answer.status_code = 202
        answer.headers["Location"] = f"/api/v1/{self.type_name}/import/{job.id}"
        return answer

    def _told(self, found: Progress) -> dict[str, Any]:
        left_out = f"/api/v1/{self.type_name}/import/{found.job_id}/left-out.xlsx"
        return {
            "id": found.job_id, "file": found.name, "state": found.state, "is_over": found.is_over,
            "percent": found.percent, "done": found.done, "total": found.total, "outcome": found.outcome,
            "left_out": left_out if found.problems_file else None, "error": found.error,
        }  # fmt: skip


def _is_trial() -> bool:
    wished = request.form.get("dry_run", "").strip().lower()
    if wished not in YES + NO:
        raise Invalid(fields={"dry_run": _("Send 1 or 0.")})
    return wished in YES
