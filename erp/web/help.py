"""Help on every page: the part of the guide that fits it, the contents, each guide, and a search; without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from re import fullmatch
from typing import Any

from flask import Request, Response, request
from flask_appbuilder import BaseView, expose

from erp import context, prepare
from erp.documents.types import declared
from erp.errors import NotFound
from erp.i18n import _
from erp.web import guide as books
from erp.web.guide import Guide, Part
from erp.web.shapes import Link

URL = "/help/"
DAY = 24 * 3600
SAME = {"add": "form", "edit": "form", "index": ""}
"""Methods of views under the names guides use; others go by their own."""


@dataclass(frozen=True)
class HelpPart:
    """A part of a guide as it is read; `html` is safe to print."""

    title: str
    url: str
    html: str
    anchor: str = ""
    level: int = 2


@dataclass(frozen=True)
class Contents:
    """A guide with the headings of its parts."""

    title: str
    url: str
    parts: Sequence[Link]


@dataclass(frozen=True)
class HelpPage:
    """millrace/help.html and millrace/_help.html."""

    title: str
    parts: Sequence[HelpPart] = ()
    contents: Sequence[Contents] = ()
    found: Sequence[Link] = ()
    query: str = ""
    note: str = ""
    crumbs: Sequence[Link] = ()


class Help(BaseView):
    """`/help/`: contents and search; `/help/<guide>`: a whole guide; `?for=` picks what fits a page."""

    route_base = "/help"
    default_view = "index"

    @expose("/")
    def index(self) -> Any:
        """What fits a page, what a search finds, or the contents."""
        known = _known()
        query = request.args.get("q", "").strip()[:100]
        names = names_in(request.args.get("for", ""))
        if request.args.get("part"):
            return self.render_template("millrace/_help.html", view=_fitting(known, names))
        if query:
            return self.render_template("millrace/help.html", view=_searched(known, query))
        view = _fitting(known, names) if names else HelpPage(_("Help"), contents=_contents(known))
        return self.render_template("millrace/help.html", view=view)

    @expose("/<guide>")
    def guide(self, guide: str) -> Any:
        """One guide from its beginning to its end."""
        found = _known().get(guide)
        if found is None:
            raise NotFound(_("There is no such guide."))
        parts = [_shown(part, anchor=part.anchor) for part in found.parts]
        view = HelpPage(found.title, parts, contents=[_contents_of(found)], crumbs=[Link(_("Help"), URL)])
        return self.render_template("millrace/help.html", view=view)

    @expose("/images/<picture>")
    def image(self, picture: str) -> Any:
        """A picture of a guide."""
        path = books.picture(_folders(), picture) if fullmatch(r"[\w-]{1,80}\.png", picture) else None
        if path is None:
            raise NotFound(_("There is no such picture."))
        answer = Response(path.read_bytes(), mimetype="image/png")
        answer.cache_control.private, answer.cache_control.max_age = True, DAY
        answer.add_etag()
        return answer.make_conditional(request)


def address(asked: Request) -> str:
    """Where the help about the page that is being answered is."""
    endpoint = asked.endpoint or ""
    view, _dot, method = endpoint.partition(".")
    kind = asked.path.split("/")[1]
    name = f"{kind}.{method}" if kind in declared() else f"{view}.{method}"
    return f"{URL}?for={name}"


def names_in(text: str) -> list[str]:
    """The names a page goes by in guides, the most telling first: `repair_order.show`, `repair_order`, `show`."""
    subject, _dot, method = text[:100].partition(".")
    if not subject:
        return []
    plain = SAME.get(method, method)
    if subject in declared():
        return [f"{subject}.{plain}", subject, plain]
    subject = subject.lower()
    return [f"{subject}.{plain}", subject] if plain else [subject]


def _folders() -> list[Path]:
    return books.folders([plugin.folder for plugin in prepare.loaded().values()])


def _known() -> Mapping[str, Guide]:
    return books.guides(_folders(), context.current().language)


def _shown(part: Part, anchor: str = "") -> HelpPart:
    return HelpPart(part.title, part.url, books.html(part, _folders()), anchor, part.level)


def _fitting(known: Mapping[str, Guide], names: Sequence[str]) -> HelpPage:
    parts = [_shown(part) for part in books.fitting(known, names)]
    note = "" if parts else _("The guide has no part about this page alone. Look through the contents:")
    return HelpPage(_("Help"), parts, contents=[] if parts else _contents(known), note=note)


def _searched(known: Mapping[str, Guide], query: str) -> HelpPage:
    words = query.split()
    parts = books.matching(known, words)
    found = [Link(part.title, part.url, sub=books.excerpt(part, words)) for part in parts]
    note = "" if found else _("The guide says nothing about “%(words)s”. Try fewer words.", words=query)
    return HelpPage(_("Help"), found=found, query=query, note=note, contents=[] if found else _contents(known))


def _contents(known: Mapping[str, Guide]) -> list[Contents]:
    return [_contents_of(each) for each in known.values()]


def _contents_of(found: Guide) -> Contents:
    return Contents(found.title, found.url, [Link(part.title, part.url) for part in found.parts if part.level == 2])
