"""The OpenAPI 3.1 description, made of the same document types as the resources themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from erp.documents.types import DocumentType
from erp.i18n import _
from erp.reports.definitions import Report
from erp.rest.schemas import TEXT, Schema, of_exchange, of_operating, of_reports, of_type, record, ref, shared

Operation = dict[str, Any]
WHO = {"401": "SignInRequired", "403": "Forbidden", "404": "NotFound", "429": "TooManyRequests"}
VERSION = {"name": "If-Match", "in": "header", "schema": {"type": "string"}, "description": 'The version read: "3"'}
ONCE = {
    "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200},
    "description": "Sent again with the same key, it is done once and answered as the first time",
}  # fmt: skip
BEFORE = {
    "name": "before", "in": "query", "schema": {"type": "integer", "minimum": 1},
    "description": "`next` of the page before",
}  # fmt: skip
SORT = {
    "name": "sort", "in": "query", "schema": {"type": "string"},
    "description": "A column; a minus before it for the largest first",
}  # fmt: skip
FORMAT = {"name": "format", "in": "query", "schema": {"enum": ["json", "csv", "xlsx"], "default": "json"}}
ERRORS = {
    "BadRequest": "The request cannot be carried out as it stands.",
    "SignInRequired": "No token or key, or one that is not accepted.",
    "Forbidden": "The roles do not allow it.",
    "NotFound": "There is nothing here, or it belongs to another company.",
    "Conflict": "Somebody was quicker; the message says who and when.",
    "StaleVersion": "Somebody changed it meanwhile; `detail.changes` says what and who.",
    "TooLarge": "The body is too large.",
    "Invalid": "Some fields need correcting; `detail.fields` has a sentence for each.",
    "VersionRequired": "Send the version that was read in If-Match.",
    "TooManyRequests": "Tried too often; Retry-After says when to come back.",
}


def describe(
    kinds: Iterable[DocumentType], reports: Iterable[Report] = (), *, version: str, address: str = "/"
) -> dict[str, Any]:
    """The whole document for these types and reports."""
    schemas = shared() | of_exchange() | of_operating() | of_reports()
    paths: dict[str, Any] = {
        **_security(),
        **_tasks(),
        **_exchange(),
        **_incidents(),
        "/api/v1/openapi.json": {"get": _description()},
    }
    for kind in kinds:
        title = "".join(part.capitalize() for part in kind.name.split("_"))
        schemas |= of_type(kind, title)
        paths |= _resource(kind, title)
    paths |= _reports(reports)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Millrace", "version": version},
        "servers": [{"url": address}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {name: _answer(text, ref("Error")) for name, text in ERRORS.items()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An access token or an API key"}
            },
        },
    }


def _answer(text: str, schema: Schema | None = None, media_type: str = "application/json") -> dict[str, Any]:
    return {"description": text} | ({} if schema is None else {"content": {media_type: {"schema": schema}}})


def _operation(name: str, summary: str, tag: str, answers: dict[str, Any], **more: Any) -> Operation:
    errors = {
        status: {"$ref": f"#/components/responses/{each}"} for status, each in (WHO | more.pop("errors", {})).items()
    }
    return {"operationId": name, "summary": summary, "tags": [tag], "responses": answers | errors, **more}


def _sent(schema: Schema, media_type: str = "application/json") -> dict[str, Any]:
    return {"required": True, "content": {media_type: {"schema": schema}}}


def _id(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}


def _arguments(kind: DocumentType) -> list[dict[str, Any]]:
    columns = ", ".join(entry.name for entry in kind.all_fields)
    texts = {
        "q": "Words to look for",
        "sort": "A field; a minus before it for the largest first",
        "after": "`next` of the page before",
        "before": "A token: the page that ends before it",
        "columns": f"Fields to give, parted by commas: {columns}",
        "view": "open, mine, customer, overdue or stuck",
    }
    found = [
        {"name": name, "in": "query", "schema": {"type": "string"}, "description": text} for name, text in texts.items()
    ]
    size = {"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}}
    filters = {
        "name": "filters", "in": "query", "style": "form", "explode": True,
        "schema": {"type": "object", "additionalProperties": {"type": "string"}}, "example": {},
        "description": "field__operator=value; operators: eq, ne, lt, gt, le, ge, in, not_in, empty, contains",
    }  # fmt: skip
    return [*found, size, filters]


def _resource(kind: DocumentType, title: str) -> dict[str, Any]:
    name, tag, base = kind.name, str(kind.plural), f"/api/v1/{kind.name}/"
    row = {"200": _answer(str(kind.title), ref(title)) | {"headers": _etag()}}
    wrong = {"400": "BadRequest", "413": "TooLarge", "422": "Invalid"}
    changed = wrong | {"412": "StaleVersion", "428": "VersionRequired"}
    files = {"200": _answer(_("Files"), ref("Files"))}
    made = {"201": _answer(str(kind.title), ref(f"{title}Made")) | {"headers": _etag()}}
    upload = record({"file": {"type": "array", "items": {"type": "string", "format": "binary"}}})
    found: dict[str, Any] = {
        base: {
            "get": _operation(
                f"list_{name}", _("List"), tag, {"200": _answer(tag, ref(f"{title}Page"))}, parameters=_arguments(kind),
                errors={"400": "BadRequest", "422": "Invalid"},
            ),
            "post": _operation(
                f"create_{name}", _("Make"), tag, made,
                requestBody=_sent(ref(f"{title}Sent")), errors=wrong, parameters=[ONCE],
            ),
        },
        base + "schema": {
            "get": _operation(f"schema_{name}", _("Fields"), tag, {"200": _answer(_("Fields"), ref("Schema"))})
        },
        base + "{row_id}": {
            "parameters": [_id("row_id")],
            "get": _operation(f"get_{name}", _("Read"), tag, row | {"304": {"description": "Not changed"}}),
            "put": _operation(
                f"replace_{name}", _("Set all fields"), tag, row, parameters=[VERSION],
                requestBody=_sent(ref(f"{title}Sent")), errors=changed,
            ),
            "patch": _operation(
                f"change_{name}", _("Set some fields"), tag, row, parameters=[VERSION],
                requestBody=_sent(ref(f"{title}Change")), errors=changed,
            ),
        },
        base + "{row_id}/files": {
            "parameters": [_id("row_id")],
            "get": _operation(f"files_{name}", _("Files"), tag, files),
            "post": _operation(
                f"add_files_{name}", _("Add files"), tag, {"201": files["200"]}, parameters=[VERSION, ONCE],
                requestBody=_sent(upload, "multipart/form-data"), errors=wrong | {"412": "StaleVersion"},
            ),
        },
        base + "{row_id}/files/{file_id}": {
            "parameters": [_id("row_id"), _id("file_id")],
            "get": _operation(f"file_{name}", _("Download"), tag, {"200": _answer(_("File"), {}, "*/*")}),
        },
        base + "{row_id}/process": {
            "parameters": [_id("row_id")],
            "get": _operation(f"process_{name}", _("Process"), tag, {"200": _answer(_("Process"), ref("Process"))}),
        },
        base + "{row_id}/cancel": {
            "parameters": [_id("row_id")],
            "post": _operation(
                f"cancel_{name}", _("Stop the process"), tag, row, parameters=[VERSION, ONCE],
                requestBody=_sent(record({"reason": {"type": "string"}})),
                errors=wrong | {"409": "Conflict", "412": "StaleVersion"},
            ),
        },
    }  # fmt: skip
    return found | _messages(name, tag) | _imports(name, tag) | _operating(name, tag)


def _operating(name: str, tag: str) -> dict[str, Any]:
    base, moved = f"/api/v1/{name}/{{row_id}}/", {"200": _answer(_("Process"), ref("Process"))}
    errors = {"400": "BadRequest", "409": "Conflict", "413": "TooLarge", "422": "Invalid"}
    move = record({"token": TEXT, "to": TEXT, "reason": TEXT, "past": TEXT}, ("token", "to", "reason"))

    def decided(operation: str, summary: str, sent: Schema) -> Operation:
        return _operation(
            f"{operation}_{name}", summary, tag, moved, requestBody=_sent(sent), parameters=[ONCE], errors=errors
        )

    one, reason = {"parameters": [_id("row_id")]}, record({"reason": TEXT})
    return {
        base + "suspend": one | {"post": decided("suspend", _("Suspend the process"), reason)},
        base + "resume": one | {"post": decided("resume", _("Resume the process"), reason)},
        base + "move": one | {
            "get": _operation(
                f"standings_{name}", _("Where it stands"), tag, {"200": _answer(_("Process"), ref("Standings"))}
            ),
            "post": decided("move", _("Move the process"), move),
        },
    }  # fmt: skip


def _incidents() -> dict[str, Any]:
    tag, base = _("Incidents"), "/api/v1/incident/"
    found, one = {"200": _answer(_("Incident"), ref("IncidentToDecide"))}, {"parameters": [_id("incident_id")]}
    errors = {"400": "BadRequest", "409": "Conflict", "413": "TooLarge", "422": "Invalid"}
    reason, code = record({"reason": TEXT}), record({"code": TEXT, "reason": TEXT})
    status = {"name": "status", "in": "query", "schema": {"enum": ["open", "done"]}}
    process = {"name": "process", "in": "query", "schema": TEXT, "description": "Of one process alone"}
    decisions: list[tuple[str, str, Schema | None]] = [
        ("retry", _("Try again"), None),
        ("correct", _("Put right and try again"), record({"values": {"type": "object"}})),
        ("skip", _("Skip"), reason),
        ("error", _("Error path"), code),
    ]
    paths: dict[str, Any] = {
        base: {
            "get": _operation(
                "incidents", _("What is stuck"), tag, {"200": _answer(_("Incidents"), ref("Incidents"))},
                parameters=[status, process, BEFORE], errors={"422": "Invalid"},
            )
        },
        base + "{incident_id}": one | {"get": _operation("incident", _("Read"), tag, found)},
    }  # fmt: skip
    for name, summary, sent in decisions:
        more = {} if sent is None else {"requestBody": _sent(sent)}
        operation = _operation(f"{name}_incident", summary, tag, found, parameters=[ONCE], errors=errors, **more)
        paths[f"{base}{{incident_id}}/{name}"] = one | {"post": operation}
    return paths


def _messages(name: str, tag: str) -> dict[str, Any]:
    return {
        f"/api/v1/{name}/{{row_id}}/messages": {
            "parameters": [_id("row_id")],
            "get": _operation(
                f"messages_{name}", _("Messages"), tag, {"200": _answer(_("Messages"), ref("Messages"))},
                parameters=[BEFORE], errors={"422": "Invalid"},
            ),
            "post": _operation(
                f"add_message_{name}", _("Say something"), tag, {"201": _answer(_("Message"), ref("Message"))},
                requestBody=_sent(record({"text": {"type": "string", "maxLength": 4000}}, ("text",))),
                errors={"400": "BadRequest", "413": "TooLarge", "422": "Invalid"},
            ),
        },
    }  # fmt: skip


def _imports(name: str, tag: str) -> dict[str, Any]:
    base, found = f"/api/v1/{name}/import", {"200": _answer(_("Import"), ref("Import"))}
    sent: dict[str, Schema] = {
        "file": {"type": "string", "format": "binary"},
        "plan": {"type": "string", "description": "JSON; as an answer gives it"},
        "dry_run": {"enum": ["", "0", "1"]},
    }
    tried = {"200": _answer(_("Trial run"), ref("ImportTrial")), "202": _answer(_("Import"), ref("ImportStarted"))}
    one = {"parameters": [_id("job_id")]}
    return {
        base: {
            "post": _operation(
                f"import_{name}", _("Import"), tag, tried, parameters=[ONCE],
                requestBody=_sent(record(sent, ("file",)), "multipart/form-data"),
                errors={"400": "BadRequest", "413": "TooLarge", "422": "Invalid"},
            )
        },
        base + "/{job_id}": one | {"get": _operation(f"watch_import_{name}", _("Read"), tag, found)},
        base + "/{job_id}/stop": one | {
            "post": _operation(f"stop_import_{name}", _("Stop"), tag, found)
        },
        base + "/{job_id}/left-out.xlsx": one | {
            "get": _operation(f"left_out_of_import_{name}", _("Download"), tag, {"200": _answer(_("File"), {}, "*/*")})
        },
    }  # fmt: skip


def _etag() -> dict[str, Any]:
    return {"ETag": {"schema": {"type": "string"}, "description": "The version, in quotation marks"}}


def _tasks() -> dict[str, Any]:
    tag, base = _("Tasks"), "/api/v1/task/"
    task = {"200": _answer(_("Task"), ref("TaskDone"))}
    one = {"parameters": [_id("task_id")]}
    taken = {"409": "Conflict", "412": "StaleVersion"}
    named: dict[str, Any] = {"parameters": [VERSION, ONCE]}
    member = record({"member": {"type": "integer"}})
    return {
        base: {"get": _operation("inbox", _("What waits for me"), tag, {"200": _answer(_("Inbox"), ref("Inbox"))})},
        base + "{task_id}": one | {
            "get": _operation("task", _("Read"), tag, {"200": _answer(_("Task"), ref("TaskWithForm"))})
        },
        base + "{task_id}/complete": one | {
            "post": _operation(
                "complete_task", _("Do"), tag, task, requestBody=_sent(ref("Answers")),
                errors=taken | {"400": "BadRequest", "413": "TooLarge", "422": "Invalid"}, **named,
            )
        },
        base + "{task_id}/claim": one | {"post": _operation("claim_task", _("Take"), tag, task, errors=taken, **named)},
        base + "{task_id}/release": one | {
            "post": _operation("release_task", _("Give back"), tag, task, errors=taken, **named)
        },
        base + "{task_id}/delegate": one | {
            "post": _operation(
                "delegate_task", _("Hand over"), tag, task, requestBody=_sent(member),
                errors=taken | {"422": "Invalid"}, **named,
            )
        },
    }  # fmt: skip


def _exchange() -> dict[str, Any]:
    tag, address = _("Messages to processes"), "/api/v1/message/"
    text = {"type": "string"}
    key = {"type": ["string", "number", "null"], "description": "What the receiver waits for, such as a number"}
    parts: dict[str, Any] = {
        "name": text, "key": key, "payload": {"type": "object"},
        "message_id": text | {"description": "Unless Idempotency-Key gives it"},
        "ttl": text | {"description": "How long it waits for its receiver: PT1H, P7D"},
    }  # fmt: skip
    status = {"name": "status", "in": "query", "schema": {"enum": ["waiting", "taken", "told", "refused", "expired"]}}
    return {
        address: {
            "post": _operation(
                "send_message", _("Send"), tag, {"202": _answer(_("Kept"), ref("SentMessage"))},
                requestBody=_sent(record(parts, ("name",))), parameters=[ONCE],
                errors={"400": "BadRequest", "409": "Conflict", "413": "TooLarge", "422": "Invalid"},
            ),
            "get": _operation(
                "sent_messages", _("What was sent"), tag, {"200": _answer(_("Messages"), ref("SentMessages"))},
                parameters=[status, BEFORE], errors={"422": "Invalid"},
            ),
        },
        "/api/v1/signal/": {
            "post": _operation(
                "send_signal", _("Tell everybody who waits"), tag, {"202": _answer(_("Told"), ref("SentMessage"))},
                requestBody=_sent(record({name: parts[name] for name in ("name", "payload", "message_id")}, ("name",))),
                parameters=[ONCE],
                errors={"400": "BadRequest", "409": "Conflict", "413": "TooLarge", "422": "Invalid"},
            )
        },
    }  # fmt: skip


def _reports(reports: Iterable[Report]) -> dict[str, Any]:
    tag, base = _("Reports"), "/api/v1/reports"
    known = sorted(report.name for report in reports)
    name = {"name": "report", "in": "path", "required": True, "schema": {"type": "string", "enum": known}}
    asked = {
        "name": "parameters", "in": "query", "style": "form", "explode": True, "example": {},
        "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        "description": "What the report asks, as the list of reports says: period=this_month, customer_id=7",
    }  # fmt: skip
    return {
        base + "/": {"get": _operation("reports", _("List"), tag, {"200": _answer(tag, ref("Reports"))})},
        base + "/{report}": {
            "parameters": [name],
            "get": _operation(
                "report", _("Run"), tag, {"200": _answer(_("Report"), ref("Report"))},
                parameters=[asked, SORT, FORMAT], errors={"400": "BadRequest", "422": "Invalid"},
            ),
        },
    }  # fmt: skip


def _security() -> dict[str, Any]:
    tag, errors = _("Sign in"), {"400": "BadRequest", "422": "Invalid"}
    answer = {"200": _answer(_("Tokens"), ref("Tokens"))}
    text = {"type": "string"}
    sent = record({"username": text, "password": text, "tenant": {"type": "integer"}}, ("username", "password"))
    return {
        "/api/v1/security/login": {
            "post": _operation("sign_in", tag, tag, answer, requestBody=_sent(sent), errors=errors, security=[])
        },
        "/api/v1/security/refresh": {
            "post": _operation("refresh", _("A new access token"), tag, answer, errors=errors)
        },
    }  # fmt: skip


def _description() -> Operation:
    return _operation("openapi", _("This description"), "OpenAPI", {"200": _answer("OpenAPI 3.1", {"type": "object"})})
