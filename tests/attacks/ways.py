"""Ways in, addresses filled with somebody's ids, and what the superuser sees before and after."""

from __future__ import annotations

import gzip
import html
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from erp.data.base import Base
from erp.documents.types import declared
from erp.rest.documents import DocumentApi
from erp.screens.documents import DocumentView
from erp.web.limits import limits
from tests.attacks.worlds import World

COOKIE, BEARER, NOBODY = "cookie", "bearer", "nobody"
DRAWN = frozenset({"Studio", "Tables", "Heat", "Moves", "Walks", "Cases", "Forms", "FormPreview"})
"""Views whose key names a process."""
SEEN = frozenset({"user_session"})
"""When somebody was last seen is written once a minute, whatever they ask for."""


@dataclass
class Way:
    """A client that is somebody; browsers send the token of the page they look at."""

    name: str
    kind: str
    client: FlaskClient
    headers: Mapping[str, str] = field(default_factory=dict)
    permissions: frozenset[tuple[str, str]] = frozenset()
    token: str = ""

    def ask(self, method: str, url: str, *, with_token: bool = True, **sent: Any) -> TestResponse:
        limits.connect(None)  # hundreds of addresses are asked for here; how often one may ask is tested elsewhere
        headers = {**self.headers, **sent.pop("headers", {})}
        if self.kind == COOKIE and method not in {"GET", "HEAD", "OPTIONS"} and with_token:
            headers["X-CSRFToken"] = self._token()
        return self.client.open(url, method=method, headers=headers, **sent)

    def _token(self) -> str:
        if not self.token:
            page = self.client.get("/inbox/").text
            found = re.search(r'name="csrf-token" content="([^"]+)"', page)
            assert found is not None, page[:500]
            self.token = found[1]
        return self.token


@dataclass(frozen=True)
class Address:
    """A rule of the URL map with the view behind it."""

    rule: Rule
    view: str
    """`page` and `rest` for those of a document type, else the view's class."""
    name: str
    type_name: str
    verb: str

    def url(self, world: World) -> str:
        """The address with the ids of a world."""
        assert self.rule.rule is not None
        filled = {name: self._value(name, world) for name in self.rule.arguments}
        return re.sub(r"<(?:[^<>:]+:)?(\w+)>", lambda found: str(filled[found[1]]), self.rule.rule)

    def _value(self, name: str, world: World) -> Any:
        if name == "file_id":
            if self.view == "Portal":
                return world.paper
            uploads = {"import_file": world.upload, "sheet_file": world.sheet}
            return uploads.get(self.name) or world.files[self.type_name or "product"]
        if self.view == "OwnFields":
            return {"type_name": "product", "field_id": world.own_field, "what": "retire"}[name]
        if name == "job_id" and self.view == "Jobs":
            return world.failed if self.name == "retry" else world.waiting
        if name == "job_id":
            return world.exports[self.type_name] if self.name.startswith("export") else world.imported
        if name == "row_id":
            return world.quoted if self.name in {"quote", "compared"} else world.rows[self.type_name]
        if name == "view_id":
            return world.views[self.type_name]
        plain = {
            "task_id": world.inspect,
            "incident_id": world.incident,
            "mail_id": world.mail,
            "batch_id": world.batch,
            "branch_id": world.branch,
            "key": "repair_order" if self.view in DRAWN else f"own:{world.role}",
            "definition_id": world.version,
            "table": "repair_warranty",
            "form": "repair_order.inspect",
            "rule_id": world.rule,
            "key_id": world.key_id,
            "member_id": world.boss.member_id,
            "absence_id": world.absence,
            "invitation_id": world.invitation,
            "session_id": world.session,
            "barcode_id": world.barcode,
            "comment_id": world.message,
            "reminder_id": world.reminder,
            "notice_id": world.notice,
            "guide": "office",
            "picture": "list.png",
            "provider": "planted",
            "type_name": "invoice",
            "document_id": world.rows["invoice"],
            "revision": 1,
            "report": "invoices_issued",
            "schedule_id": 1,
            "other": 1,
            "party_id": world.rows["party"],
            "allocation_id": 1,
            "side": "receivable",
            "code": "S-2026-00001",
            "hold_id": 1,
            "other_id": world.twin,
            "token": world.link,
        }
        return {**plain, "place": 0, "name": "app.js", "level": "first", "language": "xx", "mark": "0123abcd"}[name]


@cache
def addresses(app: Flask) -> tuple[Address, ...]:
    """Every rule of the application."""
    return tuple(_addresses(app))


def _addresses(app: Flask) -> Iterator[Address]:
    views = {view.endpoint: view for view in app.appbuilder.baseviews}  # type: ignore[attr-defined]
    for rule in app.url_map.iter_rules():
        blueprint, _dot, name = rule.endpoint.partition(".")
        view = views.get(blueprint)
        kind = "page" if isinstance(view, DocumentView) else "rest" if isinstance(view, DocumentApi) else blueprint
        function = getattr(type(view), name, None)
        verb = getattr(function, "verb", "") or getattr(function, "_permission_name", "")
        yield Address(rule, kind, name, getattr(view, "type_name", ""), verb if kind in {"page", "rest"} else "")


MADE = frozenset({"page", "rest"})
"""What is made for every type of document by the same code."""
ALWAYS = frozenset({"party", "repair_order", "invoice", "payment"})


def sampled(app: Flask, step: int, part: int = 0) -> list[Address]:
    """Every rule of the application; of those made for each type of document the ones of every so many-th type.

    `part` says which of them: whoever asks with another meets other types. Some types are always among them.
    """
    types = sorted({each.type_name for each in addresses(app) if each.view in MADE})
    kept = {*types[part % step :: step], *ALWAYS}
    return [each for each in addresses(app) if each.view not in MADE or each.type_name in kept]


def said(answer: TestResponse) -> str:
    """All that an answer tells: body, sheets unpacked, and headers."""
    body = answer.get_data()
    parts = [str(answer.headers)]
    if answer.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    if body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            parts += [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
    else:
        parts.append(html.unescape(body.decode("utf-8", "replace")))
    return "\n".join(parts)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The tables whose fingerprints differ."""
    return {name for name in after if after[name] != before.get(name)}


class Truth:
    """What the superuser sees: fingerprints of a tenant's rows or of the whole database, and links across."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.tables = {table.name: table for table in Base.metadata.tables.values()}
        self.present = {row[0] for row in connection.execute(sa.text("select tablename from pg_tables"))}
        self.known: dict[tuple[int, ...], tuple[str, dict[str, Any]]] = {}

    def _prints(self, wanted: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
        """Read anew only when the database has written anything since: every row it writes moves its log on."""
        at = self.connection.scalar(sa.text("select pg_current_wal_insert_lsn()::text"))
        key = tuple(values.values())
        if self.known.get(key, ("",))[0] != at:
            self.known[key] = (at, self._read(wanted, values))
        return dict(self.known[key][1])

    def _read(self, wanted: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
        """{table: (rows, the latest transaction that wrote one of them)}: whatever is written changes one of the two."""
        parts = [
            f"select '{name}' as t, count(*) as n, max(xmin::text::bigint) as h from \"{name}\" {where}"
            for name, where in wanted.items()
            if name in self.present
        ]
        rows = self.connection.execute(sa.text(" union all ".join(parts)), values)
        return {row[0]: (row[1], row[2]) for row in rows}

    def of_tenant(self, tenant: int) -> dict[str, Any]:
        """A fingerprint of each table's rows of a tenant."""
        wanted = {name: "where tenant_id = :t" for name, table in self.tables.items() if "tenant_id" in table.c}
        people = "where id in (select user_id from tenant_member where tenant_id = :t)"
        return self._prints({**wanted, "tenant": "where id = :t", "ab_user": people}, {"t": tenant})

    def whole(self) -> dict[str, Any]:
        """A fingerprint of each table."""
        return self._prints(dict.fromkeys(self.tables, ""), {})

    def across(self) -> list[str]:
        """Soft links that leave their tenant; keys between tables cannot, see test_keys."""
        soft = [
            ("file", "owner", "owner_id"), ("job", "subject", "subject_id"), ("audit_entry", "subject", "subject_id"),
            ("payment", "subject_type", "subject_id"), ("signed_link", "subject", "subject_id"),
            ("comment", "subject", "subject_id"), ("follow_up", "subject", "subject_id"),
            ("notification", "subject", "subject_id"), ("archived", "document_type", "row_id"),
            ("workflow_task", "document_type", "document_id"), ("workflow_incident", "document_type", "document_id"),
            ("workflow_instance", "document_type", "document_id"),
        ]  # fmt: skip
        named = " union all ".join(f"select distinct '{table}', {kind} from \"{table}\"" for table, kind, _key in soft)
        met = {(row[0], row[1]) for row in self.connection.execute(sa.text(named))}
        checks = {
            f"{table}.{key} -> {name}": f'select count(*) from "{table}" x join "{name}" y on y.id = x.{key}'
            f" where x.{kind} = '{name}' and x.tenant_id <> y.tenant_id"
            for table, kind, key in soft
            for name in declared()
            if (table, name) in met
        }
        checks["workflow_task.assignee_id"] = (
            "select count(*) from workflow_task x join tenant_member m on m.id = x.assignee_id"
            " where m.tenant_id <> x.tenant_id"
        )
        text = " union all ".join(f"select '{name}', ({check})" for name, check in checks.items())
        return [row[0] for row in self.connection.execute(sa.text(text)) if row[1]]

    def version(self, type_name: str, row_id: int) -> int:
        return int(self.connection.scalar(sa.text(f'select version from "{type_name}" where id = :i'), {"i": row_id}))

    def rows(self, statement: str, **values: Any) -> list[Any]:
        return list(self.connection.execute(sa.text(statement), values))
