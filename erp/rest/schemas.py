"""JSON Schema (2020-12, as OpenAPI 3.1 wants it) of fields, rows and answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from erp.documents.fields import Field, Kind
from erp.documents.types import EXTENSION_MARK, LINES, DocumentType

Schema = dict[str, Any]
NUMBER = r"^-?\d+(\.\d+)?$"
MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}

_KINDS: Mapping[Kind, Schema] = {
    Kind.TEXT: {"type": "string"},
    Kind.LONG_TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    Kind.DECIMAL: {"type": "string", "pattern": NUMBER},
    Kind.MONEY: {"type": "string", "pattern": NUMBER},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.DATETIME: {"type": "string", "format": "date-time"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.CHOICE: {"type": "string"},
    Kind.EMAIL: {"type": "string", "format": "email"},
    Kind.PHONE: {"type": "string"},
    Kind.LINK: {"type": "integer"},
}


def ref(name: str) -> Schema:
    """A schema of the document's components."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(properties: Mapping[str, Schema], required: Iterable[str] | None = None) -> Schema:
    """An object with these properties, all of them there unless `required` says which."""
    wanted = sorted(properties if required is None else required)
    return {"type": "object", "properties": dict(properties)} | ({"required": wanted} if wanted else {})


def rows_of(item: Schema) -> Schema:
    """An answer with rows."""
    return record({"rows": {"type": "array", "items": item}})


def of_field(entry: Field, *, sent: bool = False) -> Schema:
    """A field as it is given, or as it may be sent: there numbers may also be JSON numbers."""
    found: Schema = dict(_KINDS[entry.kind])
    if entry.kind in {Kind.DECIMAL, Kind.MONEY} and sent:
        found = {"type": ["string", "number"]}
    if entry.kind is Kind.CHOICE and entry.choices:
        found["enum"] = [value for value, _label in entry.choices]
    if entry.kind in {Kind.TEXT, Kind.EMAIL, Kind.PHONE} and not entry.readonly:
        found["maxLength"] = entry.length
    if not entry.required and entry.kind is not Kind.BOOLEAN:
        kinds = found["type"] if isinstance(found["type"], list) else [found["type"]]
        found["type"] = [*kinds, "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    found["title"] = str(entry.label)
    if entry.help:
        found["description"] = str(entry.help)
    if entry.kind is Kind.LINK:
        found["description"] = f"Id of a row of /api/v1/{entry.target}/"
    if entry.readonly:
        found["readOnly"] = True
    return found


def of_type(kind: DocumentType, title: str) -> dict[str, Schema]:
    """The components of a type: the row, a row to be sent, a change, a page, and its line."""
    whole = {"id": WHOLE, "version": WHOLE} | {entry.name: of_field(entry) for entry in kind.all_fields}
    if kind.is_document:
        whole["currency"] = {"type": "string", "readOnly": True, "description": "ISO 4217; of every amount"}
    flat = {name: each for name, each in whole.items() if EXTENSION_MARK not in name}
    editable = [entry for entry in kind.fields if not entry.readonly]
    sent = {entry.name: of_field(entry, sent=True) for entry in editable}
    needed = [entry.name for entry in editable if entry.required and entry.default is None]
    found: dict[str, Schema] = {}
    for table in kind.tables:
        line = title + ("Line" if table.name == LINES else "".join(map(str.capitalize, table.name.split("_"))))
        whole = whole | {table.name: {"type": "array", "items": ref(line)}}
        sent = sent | {table.name: {"type": "array", "maxItems": 2000, "items": ref(f"{line}Sent")}}
        found[line] = record({"id": WHOLE} | {entry.name: of_field(entry) for entry in table.fields})
        found[f"{line}Sent"] = record(
            {"id": {"type": ["integer", "null"], "description": "Of a line that is there already"}}
            | {entry.name: of_field(entry, sent=True) for entry in table.fields if not entry.readonly},
            (),
        )
    page: dict[str, Schema] = {
        "rows": {"type": "array", "items": record(flat, ("id", "version"))},
        "next": {"type": ["string", "null"], "description": "Token for `after`; null on the last page"},
        "count": WHOLE | {"description": "At most 1,000"},
        "count_is_capped": FLAG,
    }
    return found | {
        title: record(whole) | {"title": str(kind.title)},
        f"{title}Made": {"allOf": [ref(title), *([ref("OpenTasks")] if kind.is_document else [])]},
        f"{title}Sent": record(sent, needed),
        f"{title}Change": record(sent, ()),
        f"{title}Page": record(page),
    }


PROCESS = ["none", "running", "suspended", "resuming", "ended", "cancelled"]
"""How a document's process stands."""


def shared() -> dict[str, Schema]:
    """Components every resource uses."""
    task: dict[str, Schema] = {
        "id": WHOLE, "element": TEXT, "name": TEXT, "role": TEXT, "status": {"enum": ["open", "done", "dropped"]},
        "title": TEXT, "document_type": TEXT, "document_id": WHOLE, "assignee": TEXT, "opened_at": MOMENT,
        "due_at": MOMENT, "closed_at": MOMENT, "closed_by": TEXT, "may_do": FLAG,
    }  # fmt: skip
    field: dict[str, Schema] = {
        "name": TEXT, "kind": {"enum": [str(kind) for kind in Kind]}, "label": TEXT, "required": FLAG, "readonly": FLAG,
    }  # fmt: skip
    form = record(
        {"key": TEXT, "fields": {"type": "array", "items": ref("Field")}, "values": {"type": "object"}},
    )
    error: dict[str, Schema] = {"code": TEXT, "message": TEXT, "detail": {"type": "object"}}
    event: dict[str, Schema] = {
        "seq": WHOLE, "kind": TEXT, "element": TEXT, "name": TEXT, "scope": TEXT, "actor": TEXT, "at": MOMENT,
        "data": {"type": "object"},
    }  # fmt: skip
    process: dict[str, Schema] = {
        "state": TEXT, "state_at": MOMENT, "passed_states": {"type": "array", "items": TEXT},
        "status": {"enum": PROCESS}, "started_at": MOMENT, "ended_at": MOMENT,
        "tasks": {"type": "array", "items": ref("Task")}, "incidents": {"type": "array", "items": ref("Incident")},
        "events": {"type": "array", "items": record(event)},
    }  # fmt: skip
    described: dict[str, Schema] = {
        "name": TEXT, "title": TEXT, "plural": TEXT, "plugin": TEXT, "has_process": FLAG,
        "fields": {"type": "array", "items": ref("Field")}, "line_fields": {"type": "array", "items": ref("Field")},
        "tables": {"type": "array", "items": ref("Field")},
    }  # fmt: skip
    file: dict[str, Schema] = {
        "id": WHOLE, "name": TEXT, "size": WHOLE, "media_type": TEXT, "purpose": TEXT, "created_at": MOMENT,
        "created_by": TEXT,
    }  # fmt: skip
    message: dict[str, Schema] = {
        "id": WHOLE, "text": TEXT, "author": TEXT, "mentions": {"type": "array", "items": TEXT}, "at": MOMENT,
        "edited_at": MOMENT, "is_taken_back": FLAG,
    }  # fmt: skip
    return _of_imports() | {
        "Error": record({"error": record(error)}),
        "Field": record(field),
        "File": record(file),
        "Files": rows_of(ref("File")),
        "Message": record(message),
        "Messages": record({"rows": {"type": "array", "items": ref("Message")}, "next": {"type": ["integer", "null"]}}),
        "Process": record(process),
        "Schema": record(described),
        "Task": record(task),
        "OpenTasks": record({"open_tasks": {"type": "array", "items": ref("Task")}}),
        "TaskDone": {"allOf": [ref("Task"), ref("OpenTasks")]},
        "TaskWithForm": {"allOf": [ref("Task"), record({"form": form, "version": WHOLE})]},
        "Inbox": record({"rows": {"type": "array", "items": ref("Task")}, "count": WHOLE}),
        "Answers": record({"answers": {"type": "object"}, "version": WHOLE}, ("answers",)),
        "Tokens": record(
            {"access_token": TEXT, "refresh_token": TEXT, "token_type": TEXT, "expires_in": WHOLE, "tenant": WHOLE},
            ("access_token", "token_type", "expires_in", "tenant"),
        ),
    }


def _of_imports() -> dict[str, Schema]:
    run: dict[str, Schema] = {
        "id": WHOLE, "file": TEXT, "state": {"enum": ["waiting", "running", "done", "failed", "cancelled"]},
        "is_over": FLAG, "percent": WHOLE, "done": WHOLE, "total": WHOLE, "outcome": {"type": "object"},
        "left_out": {"type": ["string", "null"], "description": "Address of the rows that were not taken"},
        "error": TEXT,
    }  # fmt: skip
    plan: dict[str, Schema] = {"plan": {"type": "object"}}
    return {
        "Import": record(run),
        "ImportStarted": record(run | plan),
        "ImportTrial": record({"dry_run": FLAG, "outcome": {"type": "object"}} | plan),
    }


def of_exchange() -> dict[str, Schema]:
    """Messages to processes."""
    sent: dict[str, Schema] = {
        "id": WHOLE, "message_id": TEXT, "kind": {"enum": ["message", "signal"]}, "name": TEXT, "key": TEXT,
        "payload": {"type": "object"}, "sender": TEXT,
        "status": {"enum": ["waiting", "taken", "told", "refused", "expired"]}, "reason": TEXT,
        "received_at": MOMENT, "expires_at": MOMENT, "taken_at": MOMENT,
    }  # fmt: skip
    page: dict[str, Schema] = {
        "rows": {"type": "array", "items": ref("SentMessage")}, "next": {"type": ["integer", "null"]},
    }  # fmt: skip
    return {"SentMessage": record(sent), "SentMessages": record(page)}


def of_operating() -> dict[str, Schema]:
    """What is stuck, and where processes stand."""
    incident: dict[str, Schema] = {
        "id": WHOLE, "document_type": TEXT, "document_id": WHOLE, "element": TEXT, "name": TEXT, "reason": TEXT,
        "cause": TEXT | {"description": "The reason without what differs from document to document"},
        "status": {"enum": ["open", "done"]}, "opened_at": MOMENT, "closed_at": MOMENT, "closed_by": TEXT,
        "resolution": {"enum": ["", "retry", "corrected", "skip", "error_path", "dropped"]}, "note": TEXT,
    }  # fmt: skip
    may: dict[str, Schema] = {
        "may_retry": FLAG, "may_skip": FLAG,
        "ways": {"type": "array", "items": record({"code": TEXT, "name": TEXT})},
        "values": {"type": "object", "description": "What of its input may be put right"},
    }  # fmt: skip
    page: dict[str, Schema] = {
        "rows": {"type": "array", "items": ref("Incident")}, "next": {"type": ["integer", "null"]},
    }  # fmt: skip
    place: dict[str, Schema] = {"element": TEXT, "name": TEXT}
    standing = place | {"token": TEXT, "targets": {"type": "array", "items": record(place)}}
    return {
        "Incident": record(incident),
        "IncidentToDecide": record(incident | may),
        "Incidents": record(page),
        "Standings": rows_of(record(standing)),
    }


def of_reports() -> dict[str, Schema]:
    """Reports: what there is, and what one says; amounts are text, as everywhere."""
    part: dict[str, Schema] = {"name": TEXT, "type": TEXT, "label": TEXT}
    parts: Schema = {"type": "array", "items": record(part)}
    rows_: Schema = {"type": "array", "items": {"type": "object"}}
    told: dict[str, Schema] = {
        "name": TEXT, "title": TEXT, "text": TEXT, "plugin": TEXT, "parameters": parts, "columns": parts,
    }  # fmt: skip
    found: dict[str, Schema] = {
        "report": TEXT, "title": TEXT, "parameters": {"type": "object"}, "currency": TEXT, "columns": parts,
        "rows": rows_, "totals": rows_,
        "count": WHOLE, "is_cut": {"type": "boolean"},
    }  # fmt: skip
    return {"Report": record(found), "Reports": record({"rows": {"type": "array", "items": record(told)}})}
