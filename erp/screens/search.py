"""The search of the top bar: documents and records by number, name or phone, grouped by type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

from flask import redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp.access import can
from erp.data.base import session
from erp.documents.lists import ListQuery
from erp.documents.types import DocumentType, declared, document_type
from erp.i18n import _
from erp.screens.guard import members_only
from erp.web.shapes import Link

SHOWN = 8


@dataclass(frozen=True)
class ResultGroup:
    """What was found of one type."""

    label: str
    url: str
    rows: Sequence[Link]


@dataclass(frozen=True)
class SearchPage:
    """millrace/search.html."""

    query: str
    groups: Sequence[ResultGroup]
    note: str = ""


def search_page(text: str) -> SearchPage:
    """What the actor may list and show that matches every word."""
    text = text.strip()[:100]
    if not text:
        return SearchPage("", (), _("Write a number, a name, a phone number or a serial."))
    kinds = [document_type(name) for name in declared() if can("list", name) and can("show", name)]
    searched = [kind for kind in kinds if any(entry.search for entry in kind.all_fields)]
    groups = [group for kind in searched if (group := _group(kind, text)) is not None]
    return SearchPage(text, groups)


def _group(kind: DocumentType, text: str) -> ResultGroup | None:
    statement = ListQuery(kind, search=text).statement().order_by(kind.cls.id.desc()).limit(SHOWN)
    rows = list(session().scalars(statement).unique())
    if not rows:
        return None
    links = []
    for row in rows:
        number = getattr(row, "number", None) if kind.is_document else None
        label = f"{number}, {row.title}" if number and number != row.title else row.title
        links.append(Link(label, f"/{kind.name}/{row.id}", kind.cls.icon, row.subtitle))
    return ResultGroup(str(kind.plural), f"/{kind.name}/?q={quote_plus(text)}", links)


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
        if len(hits) == 1 and hits[0].label.partition(",")[0].lower() == page.query.lower():
            return redirect(hits[0].url)
        return render_template("millrace/search.html", view=page)
