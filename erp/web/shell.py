"""What stands around every page: menu, places, languages, theme and the number of waiting tasks; one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import flask
import sqlalchemy as sa
from flask import Flask, current_app, g, request

from erp import access, context, i18n, mailbox, prepare
from erp.access import Member
from erp.data.base import session
from erp.data.organisation import Branch, Company
from erp.documents.types import DocumentType, declared
from erp.i18n import N_, _
from erp.notifications import reading
from erp.reports import library
from erp.web import help as guides
from erp.web import languages
from erp.web.shapes import Choice, Link, MenuGroup, MenuItem, Page, Shell
from erp.workflow.people import tasks

THEMES = ("light", "dark", "auto")
THEME_COOKIE = "mr_theme"
COMPANIES = "companies"
"""Where the session cookie keeps how many companies the person belongs to."""
PLATFORM_PAGES = (
    (N_("Company"), "/company/", "building-store", "setting"),
    (N_("People"), "/people/", "users", "member"),
    (N_("Roles"), "/roles/", "shield-check", "role"),
    (N_("Studio"), "/studio/", "sitemap", "process"),
    (N_("Mailbox"), "/mailbox/", "mail", mailbox.PERMISSION),
    (N_("Incidents"), "/incidents/", "alert-triangle", "incident"),
    (N_("Messages to processes"), "/messages/", "send", "message"),
    (N_("Background work"), "/jobs/", "activity", "job"),
    (N_("Audit"), "/audit/", "eye", "audit"),
    (N_("Fields of your own"), "/fields/", "adjustments", "setting"),
    (N_("Outside services"), "/services/", "key", "setting"),
    (N_("Translations"), "/translations/", "language", "installation"),
    (N_("For programs"), "/api/v1/docs", "code", "setting"),
)
"""(label, address, icon, what one must have the right to list) of the pages that are about the company itself."""


SET_UP = N_("Set-up")
"""Heading of master data that is looked at once a year; it stands below what is worked with every day."""
OWN = "own_pages"
"""Where the application keeps what leads to pages of plugins."""
FOLDED_COOKIE = "mr_folded"
"""Keys of the folded groups of the menu, with dots between."""


@dataclass(frozen=True)
class OwnEntry:
    """What leads to a page a plugin has beside those of its types, for whoever has the right."""

    label: object
    """Translated when it is shown."""
    url: str
    icon: str
    right: tuple[str, str]
    """(verb, thing)"""


@dataclass(frozen=True)
class Desk:
    """Where the member works and how they like to look at it."""

    theme: str
    company: str
    branches: tuple[tuple[int, str, str], ...]
    """(id, name, company) of the branches the member reaches."""
    unread: int
    """Notifications they have not read, at most `reading.COUNTED`."""
    waiting: int
    """Tasks they may do, at most 1,000."""


def init_app(app: Flask) -> None:
    """`page` on every page, `shell` on those of members."""
    app.context_processor(_around)


def _around() -> dict[str, Any]:
    desk = _desk()
    return {"page": _page(desk), "shell": None if desk is None else _shell(desk)}


def _desk() -> Desk | None:
    acting = context.current()
    if acting.member_id is None or acting.source != "web" or g.get("without_shell"):
        return None
    statement = (
        sa.select(
            Member.theme,
            Company.id.label("company_id"),
            Company.name.label("company"),
            Branch.id,
            Branch.name,
            reading.unread().label("unread"),
            tasks.waiting().label("waiting"),
        )
        .select_from(Company)
        .join(Member, Member.id == acting.member_id)
        .outerjoin(Branch, Branch.company_id == Company.id)
        .order_by(Company.name, Branch.name)
    )
    rows = session().execute(statement).all()
    if not rows:
        return None
    own = next((row.company for row in rows if row.company_id == acting.company_id), rows[0].company)
    places = [(row.id, row.name, row.company) for row in rows if row.id is not None]
    reached = [place for place in places if acting.branches is None or place[0] in acting.branches]
    return Desk(rows[0].theme, own, tuple(reached), rows[0].unread, rows[0].waiting)


def _page(desk: Desk | None) -> Page:
    language = context.current().language
    theme = desk.theme if desk is not None and desk.theme else request.cookies.get(THEME_COOKIE, "")
    return Page(
        language=language,
        short=i18n.SHORT_NAMES.get(language, language.upper()),
        direction=i18n.direction(language),
        theme=theme if theme in THEMES else "auto",
        decimal="٫" if language == "fa" else ".",
        group="٬" if language == "fa" else ",",
        languages=[
            Choice(code, i18n.LANGUAGE_NAMES.get(code, code), current=code == language) for code in languages.offered()
        ],
        language_url="/settings/language",
    )


def _shell(desk: Desk) -> Shell:
    acting = context.current()
    return Shell(
        company=desk.company,
        home_url="/",
        menu=menu(desk.waiting),
        user_name=acting.name,
        initials=initials(acting.name),
        sign_out_url="/logout/",
        user_links=[
            Link(_("Your profile"), "/profile/", "user-cog"),
            Link(_("My sessions"), "/sessions/", "device-laptop"),
            Link(_("What I am told"), "/notifications/preferences", "bell"),
        ],
        user_sub=_(", ").join(access.role_name(role) for role in sorted(acting.roles)),
        search_url="/search",
        search_value=request.args.get("q", "") if request.path == "/search" else "",
        search_hint=_("Search by number, name or phone"),
        places=_places(desk),
        place_url="/settings/place",
        theme_url="/settings/theme",
        inbox_url="/inbox/",
        inbox_count=desk.waiting,
        stream_url="/inbox/stream",
        notices_url="/notifications/",
        unread=desk.unread,
        help_url=guides.address(request),
    )


def initials(name: str) -> str:
    """Up to two letters for a face."""
    words = [word for word in name.split() if word[:1].isalpha()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def _places(desk: Desk) -> list[Choice]:
    """Branches of this company, then other companies the person belongs to; none is asked for who has only one."""
    acting = context.current()
    found = [
        Choice(f"{acting.tenant_id}.{branch_id}", name, company, current=branch_id == acting.branch_id)
        for branch_id, name, company in desk.branches
    ]
    if flask.session.get(COMPANIES, 0) != 1:
        others = [place for place in access.places() if place.tenant_id != acting.tenant_id]
        if flask.session.get(COMPANIES) != len(others) + 1:
            flask.session[COMPANIES] = len(others) + 1
        found += [Choice(f"{place.tenant_id}.", place.name, _("other company")) for place in others]
    return found


def menu(waiting: int) -> list[MenuGroup]:
    """What the member may open: their own pages, then the types they may list, by plugin."""
    own = [
        _item(_("Overview"), "/", "home"),
        replace(
            _item(_("Inbox"), "/inbox/", "inbox"),
            count=i18n.format_number(waiting) if waiting else "",
            hot=True,
            inbox=True,
        ),
    ]
    own += [_item(str(entry.label), entry.url, entry.icon) for entry in _offered()]
    if any(access.can("show", report.right) for report in library.reports().values()):
        own.append(_item(_("Reports"), "/reports/", "report-analytics"))
    groups: dict[str, list[MenuItem]] = {}
    for label, entry in _types():
        item = _item(str(entry.plural), f"/{entry.name}/", entry.cls.icon)
        groups.setdefault(label, []).append(replace(item, open=entry.name if entry.is_document else ""))
    for label, url, icon, subject in PLATFORM_PAGES:
        if access.can("list", subject):
            groups.setdefault(_("Platform"), []).append(_item(_(label), url, icon))
    for last in (_(SET_UP), _("Platform")):
        if last in groups:
            groups[last] = groups.pop(last)
    folded = request.cookies.get(FOLDED_COOKIE, "").split(".")
    return [MenuGroup(own), *(_group(label, items, folded) for label, items in groups.items())]


def offer(app: Flask, entry: OwnEntry) -> None:
    """Have the menu lead to a page of a plugin."""
    app.extensions.setdefault(OWN, []).append(entry)


def only_page() -> str:
    """Where a member works who may list nothing and has one page of a plugin; "" for everybody else."""
    found = _offered()
    return found[0].url if len(found) == 1 and not _types() else ""


def _offered() -> list[OwnEntry]:
    return [entry for entry in current_app.extensions.get(OWN, ()) if access.can(*entry.right)]


def _group(label: str, items: Sequence[MenuItem], folded: Sequence[str]) -> MenuGroup:
    """A heading with its entries; the one the reader is in is never folded."""
    key = items[0].url.strip("/")
    return MenuGroup(items, label, key, is_folded=key in folded and not any(item.current for item in items))


def _types() -> list[tuple[str, DocumentType]]:
    """(heading, type) of what the member may list, by their plugins' order."""
    plugins = prepare.loaded()
    places = {name: (plugin.cls.order, place) for place, (name, plugin) in enumerate(plugins.items())}
    listed = [entry for entry in declared().values() if access.can("list", entry.name)]
    listed.sort(key=lambda entry: places.get(entry.plugin, (1000, 0)))
    return [(str(entry.cls.group) or _(plugins[entry.plugin].title), entry) for entry in listed]


def _item(label: str, url: str, icon: str) -> MenuItem:
    here = request.path == url if url == "/" else request.path.startswith(url)
    return MenuItem(label, url, icon, current=here)
