"""The bell: what the member was told, newest first, and how they wish to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask import Response, flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response as BaseResponse

from erp import clock, i18n
from erp.errors import Invalid
from erp.i18n import _, format_number
from erp.notifications import reading, wishes
from erp.notifications.kinds import known, sentence
from erp.notifications.models import Notification
from erp.screens import notice_wishes
from erp.screens.guard import members_only
from erp.web.shapes import Empty, Tab

NEWEST = 8
"""Rows of the bell's menu."""
URL = "/notifications/"
Answer = Response | BaseResponse | str | tuple[str, int]


@dataclass(frozen=True)
class NoticeRow:
    """One notification as it is read."""

    text: str
    sub: str
    icon: str
    url: str
    at: datetime
    is_new: bool
    read_url: str


@dataclass(frozen=True)
class NoticeDay:
    """The notifications of one day."""

    label: str
    rows: Sequence[NoticeRow]


@dataclass(frozen=True)
class NoticesPage:
    """millrace/notices.html."""

    tabs: Sequence[Tab]
    days: Sequence[NoticeDay]
    empty: Empty | None
    has_new: bool
    next_url: str = ""


class Notices(BaseView):
    """`/notifications/`: all of them, the newest for the bell, and what one wishes."""

    route_base = "/notifications"
    default_view = "index"

    @expose("/")
    @members_only
    def index(self) -> Answer:
        """All, or those not read yet."""
        return render_template("millrace/notices.html", view=notices_page(request.args))

    @expose("/newest")
    @members_only
    def newest(self) -> Answer:
        """The newest few, as the bell's menu shows them."""
        rows = [_row(each) for each in reading.page(size=NEWEST)[0]]
        return render_template("millrace/_notices.html", rows=rows)

    @expose("/<int:notice_id>/read", methods=("POST",))
    @members_only
    def read(self, notice_id: int) -> Answer:
        """Note that one is read."""
        reading.mark_read(notice_id)
        return redirect(URL)

    @expose("/read", methods=("POST",))
    @members_only
    def read_all(self) -> Answer:
        """Note that all are read."""
        reading.mark_all_read()
        return redirect(URL)

    @expose("/preferences", methods=("GET", "POST"))
    @members_only
    def preferences(self) -> Answer:
        """What one wishes to be told, and how; a post keeps it."""
        if request.method != "POST":
            return render_template("millrace/notice_wishes.html", view=notice_wishes.page(notice_wishes.kept()))
        typed = notice_wishes.typed(request.form)
        try:
            wishes.save(typed.wishes())
        except Invalid as refusal:
            page = notice_wishes.page(typed, refusal.fields)
            return render_template("millrace/notice_wishes.html", view=page), 422
        flash(_("Saved."), "success")
        return redirect(f"{URL}preferences")


def notices_page(args: Mapping[str, str]) -> NoticesPage:
    """The page for a request's arguments."""
    only_unread, before = args.get("show") == "unread", args.get("before", "")
    at = int(before) if before.isdecimal() and len(before) <= 18 else None
    rows, following = reading.page(only_unread=only_unread, before=at)
    new = reading.count()
    tabs = [
        Tab(_("All"), URL, current=not only_unread),
        Tab(_("Not read"), f"{URL}?show=unread", capped(new) if new else "", current=only_unread),
    ]
    narrowed = "show=unread&" if only_unread else ""
    text = _("You have read everything.") if only_unread else _("Nobody has told you anything yet.")
    return NoticesPage(
        tabs=tabs,
        days=[NoticeDay(label, [_row(each) for each in group]) for label, group in groupby(rows, key=_day)],
        empty=None if rows else Empty(text),
        has_new=bool(new),
        next_url=f"{URL}?{narrowed}before={following}" if following else "",
    )


def capped(count: int) -> str:
    """A count as the bell shows it."""
    most = reading.COUNTED - 1
    return f"{format_number(most)}+" if count > most else format_number(count)


def _day(row: Notification) -> str:
    day = i18n.local(row.at).date()
    past = (i18n.local(clock.now()).date() - day).days
    return _("Today") if past == 0 else _("Yesterday") if past == 1 else i18n.format_date(day)


def _row(row: Notification) -> NoticeRow:
    kind = known()[row.kind]
    return NoticeRow(
        text=sentence(kind, row.values),
        sub=row.values.get("excerpt", ""),
        icon=kind.icon,
        url=row.url,
        at=row.at,
        is_new=row.read_at is None,
        read_url=f"{URL}{row.id}/read",
    )
