"""`/messages/`: what was sent to processes, by whom, under which key, and what has become of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import sqlalchemy as sa
from flask import render_template, request
from flask_appbuilder import BaseView, expose

from erp import i18n
from erp.access import can
from erp.data.base import session
from erp.documents.types import declared
from erp.i18n import N_, _, format_number
from erp.screens.guard import members_only
from erp.web.shapes import Empty, Link, State, Tab
from erp.workflow.diagrams.exchange import SIGNAL
from erp.workflow.messaging import messages
from erp.workflow.models import EXPIRED, REFUSED, TAKEN, TOLD, WAITING, WorkflowInstance, WorkflowMessage

STATES: Mapping[str, tuple[str, str]] = {
    WAITING: ("wait", N_("Waiting")),
    TAKEN: ("good", N_("Taken")),
    TOLD: ("good", N_("Passed on")),
    REFUSED: ("bad", N_("Refused")),
    EXPIRED: ("idle", N_("Expired")),
}
SHOWN = 6
"""Values of a payload a row tells."""


@dataclass(frozen=True)
class MessageRow:
    """A message or signal."""

    name: str
    is_signal: bool
    key: str
    payload: Sequence[tuple[str, str]]
    sender: str
    at: datetime
    state: State
    note: str
    """Until when it waits, or why it was refused."""
    document: Link | None
    message_id: str


@dataclass(frozen=True)
class MessagesView:
    """millrace/exchange.html."""

    tabs: Sequence[Tab]
    rows: Sequence[MessageRow]
    empty: Empty
    name: str = ""
    key: str = ""
    state: str = ""
    next_url: str = ""


class MessageConsole(BaseView):
    """Everything that was sent to processes of the company."""

    route_base = "/messages"
    default_view = "index"

    @expose("/")
    @members_only
    def index(self) -> str:
        """Messages and signals in one state or all, the newest first; by name and key."""
        wanted = request.args.get("state", "")
        state = wanted if wanted in STATES else ""
        name, key = (request.args.get(each, "").strip()[:200] for each in ("name", "key"))
        asked = request.args.get("before", "")
        before = int(asked) if asked.isdecimal() and len(asked) <= 18 else None
        found = messages.page((state,) if state else (), before, name=name, key=key)
        rows = found[: messages.PAGE]
        narrowed = "".join(f"&{part}={quote(text, safe='')}" for part, text in (("name", name), ("key", key)) if text)
        view = MessagesView(
            tabs=_tabs(state, narrowed),
            rows=_rows(rows),
            empty=Empty(_("No message is here. Programs send them by the API, services by their webhook.")),
            name=name, key=key, state=state,
            next_url=f"/messages/?state={state}{narrowed}&before={rows[-1].id}" if len(found) > len(rows) else "",
        )  # fmt: skip
        return render_template("millrace/exchange.html", view=view)


def _tabs(current: str, narrowed: str) -> list[Tab]:
    counts = messages.counts()
    found = [Tab(_("All"), f"/messages/?{narrowed.lstrip('&')}".rstrip("?"), current=not current)]
    for state, (_mood, label) in STATES.items():
        count = counts.get(state, 0)
        text = format_number(count) if count else ""
        late = state == REFUSED and bool(count)
        found.append(Tab(_(label), f"/messages/?state={state}{narrowed}", text, late=late, current=current == state))
    return found


def _rows(found: Sequence[WorkflowMessage]) -> list[MessageRow]:
    documents = _documents([each.instance_id for each in found if each.instance_id is not None])
    return [_row(each, documents) for each in found]


def _row(message: WorkflowMessage, documents: Mapping[int, Link]) -> MessageRow:
    mood, label = STATES[message.status]
    note = message.reason
    if message.status == WAITING and message.expires_at is not None:
        note = _("until %(moment)s", moment=i18n.format_inside(message.expires_at))
    told = [(str(name), str(value)[:80]) for name, value in message.payload.items()]
    return MessageRow(
        name=message.name,
        is_signal=message.kind == SIGNAL,
        key=message.key,
        payload=told[:SHOWN],
        sender=message.sender,
        at=message.received_at,
        state=State(mood, _(label)),
        note=note,
        document=documents.get(message.instance_id or 0),
        message_id=message.message_id,
    )


def _documents(instance_ids: Sequence[int]) -> dict[int, Link]:
    """{instance: its document} of those the actor may open; a statement for each type."""
    wanted: dict[str, dict[int, int]] = {}
    statement = sa.select(WorkflowInstance.id, WorkflowInstance.document_type, WorkflowInstance.document_id)
    for id_, name, document_id in session().execute(statement.where(WorkflowInstance.id.in_(instance_ids))):
        if name in declared() and can("show", name):
            wanted.setdefault(name, {})[id_] = document_id
    found: dict[int, Link] = {}
    for name, ids in wanted.items():
        cls = declared()[name].cls
        titles = {
            row.id: getattr(row, "number", None) or row.title
            for row in session().scalars(sa.select(cls).where(cls.id.in_(set(ids.values()))))
        }
        found |= {id_: Link(titles[key], f"/{name}/{key}") for id_, key in ids.items() if key in titles}
    return found
