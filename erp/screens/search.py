"""The search of the top bar: documents and records by number, name or phone, grouped by type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import quote_plus

from flask import jsonify, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp.access import can
from erp.data.base import session
from erp.documents import searching
from erp.documents.base import Document, Record
from erp.documents.fields import Kind
from erp.documents.lists import COUNTED, ListQuery
from erp.documents.searching import Likely
from erp.documents.types import DocumentType, declared, document_type
from erp.i18n import _, format_number
from erp.screens import words
from erp.screens.guard import members_only
from erp.web.shapes import Link, State
from erp.web.states import states_in

SHOWN = 8
SUGGESTED = 5
CANDIDATES = 200
"""Rows of a type the index names; those the actor's rules hide fall out, the likeliest of the others are shown."""
FRESH = 60
"""Seconds a browser keeps the counts of the menu."""


@dataclass(frozen=True)
class Hit(Link):
    """A row that was found."""

    state: State | None = None


@dataclass(frozen=True)
class ResultGroup:
    """What was found of one type."""

    label: str
    url: str
    rows: Sequence[Hit]
    is_exact: bool = False
    """Whether one of them is called exactly so."""


@dataclass(frozen=True)
class SearchPage:
    """millrace/search.html."""

    query: str
    groups: Sequence[ResultGroup]
    note: str = ""


def search_page(text: str, most: int = SHOWN) -> SearchPage:
    """What the actor may list and show that holds every word, each type's likeliest first, `most` of each."""
    text = text.strip()[:100]
    if not text:
        return SearchPage("", (), _("Write a number, a name, a phone number or a serial."))
    kinds = {name: document_type(name) for name in declared() if can("list", name) and can("show", name)}
    found = searching.likely(kinds, text, CANDIDATES) if kinds else {}
    groups = [_group(kind, text, found[name], most) for name, kind in kinds.items() if name in found]
    return SearchPage(text, sorted((group for group in groups if group.rows), key=lambda group: not group.is_exact))


def _group(kind: DocumentType, text: str, found: Likely, most: int) -> ResultGroup:
    """The rows of one type, read as every list reads them, so that its rules hold."""
    query = ListQuery(kind, ids=(*found.exact, *found.others))
    exact_first = kind.cls.id.in_(found.exact).desc()
    rows = list(session().scalars(query.statement().order_by(exact_first, kind.cls.id.desc()).limit(most)).unique())
    states = states_in(words.live_diagram(kind.name)) if kind.is_document and rows else {}
    whom = next((each.name for each in query.shown() if each.kind is Kind.LINK and each.target in declared()), "")
    return ResultGroup(
        label=str(kind.plural),
        url=f"/{kind.name}/?q={quote_plus(text)}",
        rows=[
            Hit(
                label=words.called(row),
                url=f"/{kind.name}/{row.id}",
                icon=kind.cls.icon,
                sub=_below(row, whom, text),
                state=words.state_of(row, states) if isinstance(row, Document) else None,
            )
            for row in rows
        ],
        is_exact=any(row.id in found.exact for row in rows),
    )


def _below(row: Record, whom: str, text: str) -> str:
    """What tells like rows apart: whom or what it is of, its second name, and what it was found by."""
    linked = words.title_of(getattr(row, whom)) if whom else ""
    parts = (linked if linked != row.title else "", row.subtitle, row.found_by(text))
    return _(", ").join(each for each in parts if each)


class Search(BaseView):
    """`/search?q=`."""

    route_base = "/search"
    default_view = "index"

    @expose("")
    @members_only
    def index(self) -> str | Response:
        """What was found; a single hit by its number is opened at once."""
        page = search_page(request.args.get("q", ""))
        hits = [row for group in page.groups for row in group.rows]
        if len(hits) == 1 and page.groups[0].is_exact:
            return redirect(hits[0].url)
        return render_template("millrace/search.html", view=page)

    @expose("/suggest")
    @members_only
    def suggest(self) -> Response:
        """The same as JSON while somebody types, a few of each type."""
        page = search_page(request.args.get("q", ""), SUGGESTED)
        return jsonify({"groups": [asdict(group) for group in page.groups], "note": page.note})


class Counts(BaseView):
    """`/counts`: how many documents of each type are open, for the menu.

    Asked for once a page is there, so that no page waits for it; the browser keeps the answer for a minute.
    """

    route_base = "/counts"
    default_view = "index"

    @expose("")
    @members_only
    def index(self) -> Response:
        """{type: count in the reader's digits} of the types with a process the actor may list."""
        kinds = [document_type(name) for name in declared() if can("list", name)]
        counts = {
            kind.name: ListQuery(kind, view="open").count()
            for kind in kinds
            if kind.is_document and words.has_process(kind.name)
        }
        answer = jsonify({name: counted(count) for name, count in counts.items()})
        answer.headers["Cache-Control"] = f"private, max-age={FRESH}"
        return answer


def counted(count: int) -> str:
    """A count as the menu shows it, nothing for none."""
    if count > COUNTED:
        return f"{format_number(COUNTED)}+"
    return format_number(count) if count else ""
