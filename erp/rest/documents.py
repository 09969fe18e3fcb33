"""One resource for each document type: list, read, make, change, files and process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import flask
from flask import Response, request
from flask_appbuilder.api import expose

from erp import operations
from erp.data import files
from erp.data.base import session
from erp.data.files import File
from erp.documents.base import Document, Record
from erp.documents.lists import OPERATORS, ListQuery
from erp.documents.types import DocumentType, document_type
from erp.errors import Forbidden, Invalid, NotFound
from erp.i18n import _
from erp.rest import processes, rows
from erp.rest.imports import ImportsApi
from erp.rest.messages import MessagesApi
from erp.rest.once import once
from erp.rest.operating import OperatingApi
from erp.rest.sent import body, endpoint, etag, named_version, wanted_version
from erp.web.files import sent as sent_file
from erp.workflow.people import tasks

NOTHING: Mapping[str, Any] = MappingProxyType({})
LIST_ARGUMENTS = frozenset({"q", "sort", "after", "before", "size", "columns", "view"})


class DocumentApi(ImportsApi, MessagesApi, OperatingApi):
    """Everything below /api/v1/<type>/; subclassed for every declared type."""

    type_name: ClassVar[str] = ""

    @expose("/", methods=["GET"])
    @endpoint("list")
    def list(self) -> Any:
        """A page of rows and the token of the next one, narrowed and sorted as every list."""
        kind = document_type(self.type_name)
        return rows.page_json(ListQuery.parse(kind, _list_arguments(kind)))

    @expose("/", methods=["POST"])
    @endpoint("add")
    def post(self) -> Any:
        """Make a row; its process starts in the same transaction, and `open_tasks` says what comes next."""
        kind = document_type(self.type_name)
        values = rows.bound_new(kind, body())
        return once(lambda: operations.create(self.type_name, values), self._made)

    @expose("/<int:row_id>", methods=["GET"])
    @endpoint("show")
    def get(self, row_id: int) -> Any:
        """A row with its lines; its version is the ETag."""
        row = operations.get(self.type_name, row_id)
        if request.if_none_match.contains_weak(str(row.version)):
            return Response(status=304, headers={"ETag": etag(row.version)})
        return self._whole(row)

    @expose("/<int:row_id>", methods=["PUT"])
    @endpoint("edit")
    def put(self, row_id: int) -> Any:
        """Set every field that may be set now; lines that are left out are removed."""
        return self._change(row_id, partial=False)

    @expose("/<int:row_id>", methods=["PATCH"])
    @endpoint("edit")
    def patch(self, row_id: int) -> Any:
        """Set only the fields that are sent."""
        return self._change(row_id, partial=True)

    @expose("/<int:row_id>/cancel", methods=["POST"])
    @endpoint("stop")
    def cancel(self, row_id: int) -> Any:
        """Stop the document's process where it stands."""
        sent = body()
        reason = sent.get("reason") if isinstance(sent, dict) else None
        if not isinstance(reason, str):
            raise Invalid(fields={"reason": _("Say why.")})
        version = named_version(sent)
        return once(lambda: operations.cancel(self.type_name, row_id, reason, version=version), self._whole)

    @expose("/<int:row_id>/process", methods=["GET"])
    @endpoint("show")
    def process(self, row_id: int) -> Any:
        """How far the document's process is: state, open tasks, incidents, events."""
        row = operations.get(self.type_name, row_id)
        if not isinstance(row, Document):
            raise NotFound(_("This has no process."))
        return processes.of(row)

    @expose("/<int:row_id>/files", methods=["GET"])
    @endpoint("show")
    def list_files(self, row_id: int) -> Any:
        """The files of a row, the oldest first."""
        row = operations.get(self.type_name, row_id)
        return {"rows": [rows.file_json(each) for each in files.of(self.type_name, row.id)]}

    @expose("/<int:row_id>/files", methods=["POST"])
    @endpoint("edit")
    def post_files(self, row_id: int) -> Any:
        """Add files: multipart/form-data, `file` any number of times."""
        operations.get(self.type_name, row_id)
        uploads = [(each.filename or "file", each.read()) for each in request.files.getlist("file")]
        version, kept = named_version(None), files.received(uploads)  # in the store before the transaction begins
        return once(lambda: operations.attach(self.type_name, row_id, kept, version=version), _attached)

    @expose("/<int:row_id>/files/<int:file_id>", methods=["GET"])
    @endpoint("show")
    def get_file(self, row_id: int, file_id: int) -> Any:
        """The bytes of a file."""
        row = operations.get(self.type_name, row_id)
        file = session().get(File, file_id)
        if file is None or (file.owner, file.owner_id) != (self.type_name, row.id):
            raise NotFound
        return sent_file(files.read(file.tenant_id, file.sha256), file.name, file.media_type)

    @expose("/schema", methods=["GET"])
    @endpoint("list")
    def schema(self) -> Any:
        """What the type looks like: its fields and those of its lines, the tenant's own included."""
        kind = document_type(self.type_name)
        return {
            "name": kind.name,
            "title": str(kind.title),
            "plural": str(kind.plural),
            "plugin": kind.plugin,
            "has_process": processes.is_driven(kind),
            "fields": [rows.described(entry) for entry in kind.all_fields],
            "line_fields": [rows.described(entry) for entry in kind.line_fields],
            "tables": [rows.described(table.field) for table in kind.tables],
        }

    def _change(self, row_id: int, *, partial: bool) -> Response:
        kind = document_type(self.type_name)
        sent = body()
        version = wanted_version(sent)
        row = operations.get(self.type_name, row_id)
        allowed = operations.editable_fields(row)
        if not allowed:
            raise Forbidden(_("Nothing can be edited here now: the process decides when."))
        if row.version != version:
            operations.edit(row_id, self.type_name, {}, version=version)
        values = rows.bound_change(kind, row, allowed, sent, partial=partial)
        return self._whole(operations.edit(row_id, self.type_name, values, version=version))

    def _whole(self, row: Record, more: Mapping[str, Any] = NOTHING) -> Response:
        answer = flask.jsonify({**more, **rows.whole(document_type(self.type_name), row)})
        answer.headers["ETag"] = etag(row.version)
        return answer

    def _made(self, row: Record) -> Response:
        is_document = isinstance(row, Document)
        more = processes.open_tasks(tasks.open_of(self.type_name, [row.id])) if is_document else NOTHING
        answer = self._whole(row, more)
        answer.status_code = 201
        answer.headers["Location"] = f"/api/v1/{self.type_name}/{row.id}"
        return answer


def _attached(added: Sequence[File]) -> Response:
    answer = flask.jsonify({"rows": [rows.file_json(each) for each in added]})
    answer.status_code = 201
    return answer


def _list_arguments(kind: DocumentType) -> dict[str, str]:
    """The list's URL arguments; raises Invalid for unknown ones, which would silently widen the list."""
    names = {entry.name for entry in kind.all_fields}
    errors: dict[str, str] = {}
    for key in request.args:
        name, _bar, operator = key.rpartition("__")
        if key not in LIST_ARGUMENTS and not (operator in OPERATORS and name in names):
            errors[key[:60]] = _("There is no such argument or field.")
    found = {key: request.args.getlist(key)[-1] for key in request.args} | {
        "columns": ",".join(request.args.getlist("columns"))
    }
    if any(column and column not in names for column in found["columns"].split(",")):
        errors["columns"] = _("There is no such field.")
    if found.get("sort", "id").removeprefix("-") not in names | {"id"}:
        errors["sort"] = _("There is no such field.")
    if errors:
        raise Invalid(fields=errors)
    return found
