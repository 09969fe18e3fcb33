"""A company says what it is and where and when it works: its facts, logo, branches, hours and holidays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from zoneinfo import available_timezones

import sqlalchemy as sa

from erp import countries, i18n, money
from erp.access import BranchManager, Member, require
from erp.data import files
from erp.data.base import repeated, session
from erp.data.files import File
from erp.data.organisation import DAYS, Branch, Company, Holiday, company
from erp.errors import Invalid, NotFound
from erp.hooks import hook
from erp.i18n import _

SUBJECT = "setting"
LOGO = "logo"
"""Purpose of the file that is a company's logo; the newest counts."""
CURRENCY = re.compile(r"[A-Z]{3}")
CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
Hours = dict[str, list[str]]


def checked_company(values: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a company if they make sense; raises Invalid with a sentence for each that does not."""
    errors: dict[str, str] = {}
    if "currency" in values and not money.is_currency(str(values["currency"])):
        errors["currency"] = _("Write the three letters of a currency, as in KES.")
    if "country" in values and values["country"] not in countries.names("en"):
        errors["country"] = _("Choose one of the list.")
    if "name" in values and not str(values["name"] or "").strip():
        errors["name"] = _("Fill this in.")
    if errors:
        raise Invalid(fields=errors)
    return {name: "" if value is None else value for name, value in values.items()}


def checked_branch(values: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a branch if they make sense; raises Invalid with a sentence for each that does not."""
    errors: dict[str, str] = {}
    if "name" in values and not str(values["name"] or "").strip():
        errors["name"] = _("Fill this in.")
    if "timezone" in values and values["timezone"] not in available_timezones():
        errors["timezone"] = _("Write a time zone as in Africa/Nairobi.")
    if errors:
        raise Invalid(fields=errors)
    return {name: "" if value is None else value for name, value in values.items()}


def clock_time(text: str) -> time:
    """A time of day as people type it; raises ValueError with a sentence."""
    found = CLOCK.fullmatch(text.strip().translate(i18n.LATIN))
    if found is None:
        raise ValueError(_("“%(text)s” is not a time of day. Write it as 14:30.", text=text.strip()))
    return time(int(found[1]), int(found[2]))


def hours_of(typed: Mapping[str, tuple[str, str]]) -> Hours:
    """Opening hours from what was typed for each day; raises Invalid naming the day that is wrong."""
    found: Hours = {}
    errors: dict[str, str] = {}
    for day in DAYS:
        opens, closes = (text.strip() for text in typed.get(day, ("", "")))
        if not opens and not closes:
            continue
        try:
            found[day] = _opening(opens, closes)
        except ValueError as error:
            errors[day] = str(error)
    if errors:
        raise Invalid(fields=errors)
    return found


def _opening(opens: str, closes: str) -> list[str]:
    begin, end = clock_time(opens), clock_time(closes)
    if begin >= end:
        raise ValueError(_("It must close after it opens."))
    return [f"{begin:%H:%M}", f"{end:%H:%M}"]


def holidays_in(text: str) -> dict[date, str]:
    """Holidays written one a line, a day and a name; raises ValueError naming the line that is wrong."""
    found: dict[date, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        day, _space, name = line.strip().partition(" ")
        if not day:
            continue
        try:
            on = i18n.parse_date(day)
        except ValueError as error:
            raise ValueError(_("Line %(number)s: %(problem)s", number=number, problem=error)) from None
        found[on] = name.strip()[:200] or _("Holiday")
    return found


def edit_company(values: Mapping[str, Any], logo: tuple[str, bytes] | None = None) -> Company:
    """Change the facts of the acting company; raises Forbidden, or Invalid at the field that is wrong."""
    require("edit", SUBJECT)
    return _edit_company(values, None if logo is None else received_logo(logo))


@repeated
def _edit_company(values: Mapping[str, Any], logo: files.Kept | None) -> Company:
    found = company()
    for name, value in checked_company(values).items():
        setattr(found, name, value)
    if logo is not None:
        files.attach(logo.row(LOGO), "company", found.id)
    session().flush()
    return found


def received_logo(logo: tuple[str, bytes]) -> files.Kept:
    """A picture that may become a logo, kept; raises Invalid at `logo` for anything but PNG and JPEG."""
    name, content = logo
    if files.sniff(content, name) not in {"image/png", "image/jpeg"}:
        raise Invalid(fields={"logo": _("Choose a PNG or JPEG picture.")})
    return files.receive(name, content, field="logo")


def logo_of(company_id: int) -> File | None:
    """A company's present logo."""
    kept = files.of("company", company_id, LOGO)
    return kept[-1] if kept else None


@dataclass(frozen=True)
class BranchFigure:
    """A figure of a branch, written as it is read, and where it leads."""

    label: str
    text: str
    sub: str = ""
    url: str = ""


@hook
def branch_figures(branch_id: int) -> Sequence[BranchFigure]:
    """Asked what there is to tell of a branch on its page, such as its stock, to the acting member."""
    raise NotImplementedError


@hook
def branch_opened(branch_id: int, name: str) -> None:
    """Asked after a company opened one more branch, in the same transaction: it gets what every branch begins with."""
    raise NotImplementedError


@repeated
def add_branch(values: Mapping[str, Any]) -> Branch:
    """Open a branch of the acting company."""
    require("edit", SUBJECT)
    facts = checked_branch(values)
    manager = facts.pop("manager", "")
    found = Branch(company_id=company().id, **facts)
    session().add(found)
    session().flush()
    _manage(found.id, manager)
    branch_opened(found.id, found.name)
    return found


@repeated
def edit_branch(branch_id: int, values: Mapping[str, Any]) -> Branch:
    """Change a branch; raises NotFound, Forbidden, or Invalid at the field that is wrong."""
    require("edit", SUBJECT)
    found = session().get(Branch, branch_id)
    if found is None:
        raise NotFound
    facts = checked_branch(values)
    if "manager" in facts:
        _manage(branch_id, facts.pop("manager"))
    for name, value in facts.items():
        setattr(found, name, value)
    session().flush()
    return found


def _manage(branch_id: int, manager: str) -> None:
    """Keep who manages it: a member's id as text, empty for nobody."""
    row = session().scalar(sa.select(BranchManager).where(BranchManager.branch_id == branch_id))
    if row is not None and str(row.member_id) != manager:
        session().delete(row)
        session().flush()
        row = None
    if row is None and manager:
        session().add(BranchManager(branch_id=branch_id, member_id=int(manager)))


def managers() -> dict[int, Member]:
    """{branch: who manages it}."""
    found = sa.select(BranchManager.branch_id, Member).join(Member, Member.id == BranchManager.member_id)
    return {row[0]: row[1] for row in session().execute(found)}


def may_manage() -> list[Member]:
    """The members of the acting company who work now, by name."""
    own = sa.select(Member).where(Member.company_id == company().id, Member.is_active)
    return list(session().scalars(own.order_by(Member.name, Member.id)))


@repeated
def set_holidays(days: Mapping[date, str], branch_id: int | None = None) -> None:
    """These days, and no others, are holidays of the acting company, or of one of its branches."""
    require("edit", SUBJECT)
    own = company().id
    session().execute(
        sa.delete(Holiday).where(Holiday.company_id == own, Holiday.branch_id.is_not_distinct_from(branch_id))
    )
    session().add_all(
        Holiday(company_id=own, branch_id=branch_id, on=on, name=name) for on, name in sorted(days.items())
    )


def branches() -> list[Branch]:
    """The branches of the acting company, by name."""
    return list(session().scalars(sa.select(Branch).where(Branch.company_id == company().id).order_by(Branch.name)))


def holidays(branch_id: int | None = None) -> Sequence[Holiday]:
    """The holidays of the acting company, or those of one branch alone, by day."""
    own = (Holiday.company_id == company().id, Holiday.branch_id.is_not_distinct_from(branch_id))
    return list(session().scalars(sa.select(Holiday).where(*own).order_by(Holiday.on)))
