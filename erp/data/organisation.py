"""Tenants, their companies and branches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.util import identity_key

from erp import clock, context
from erp.data.audit import Audited
from erp.data.base import Base, session, system
from erp.data.tenancy import TenantScoped, enter, key_to
from erp.errors import NotFound

P = TypeVar("P", "Company", "Branch")
HELD = "held"
"""Where a session keeps companies and branches it has read."""
MOST_DAYS = 3660
"""Days looked ahead for open hours; a branch that is always closed counts every hour."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Keys of a branch's opening hours, in the order of date.weekday()."""


class Tenant(Base):
    """A customer of this installation; everything below belongs to exactly one."""

    __tablename__ = "tenant"
    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    slug: Mapped[str] = mapped_column(sa.String(60), unique=True)
    status: Mapped[str] = mapped_column(sa.String(20), default="active")
    plan: Mapped[str] = mapped_column(sa.String(20), default="", server_default="")
    """Which of the installation's plans it has; empty is the first."""
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())


class Company(Audited, TenantScoped):
    """A legal person that issues documents in one currency."""

    __tablename__ = "company"
    name: Mapped[str] = mapped_column(sa.String(200))
    currency: Mapped[str] = mapped_column(sa.String(3))
    country: Mapped[str] = mapped_column(sa.String(2))
    language: Mapped[str] = mapped_column(sa.String(5), default="en")
    tax_rate: Mapped[Decimal] = mapped_column(sa.Numeric(7, 4), default=Decimal(0))
    tax_number: Mapped[str] = mapped_column(sa.String(40), default="")
    address: Mapped[str] = mapped_column(sa.String(400), default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    email: Mapped[str] = mapped_column(sa.String(200), default="")


class Branch(Audited, TenantScoped):
    """A place of business with its own time zone, opening hours and start of the business day."""

    __tablename__ = "branch"
    __table_args__ = (key_to("company", "company_id"),)
    company_id: Mapped[int] = mapped_column(sa.BigInteger)
    name: Mapped[str] = mapped_column(sa.String(200))
    timezone: Mapped[str] = mapped_column(sa.String(60), default="UTC")
    day_starts_at: Mapped[time] = mapped_column(default=time(0, 0))
    address: Mapped[str] = mapped_column(sa.String(400), default="")
    hours: Mapped[dict[str, list[str]]] = mapped_column(JSONB, default=dict, server_default="{}")
    """{day of DAYS: [opens, closes]} as HH:MM; a day that is not there is closed, none at all means always open."""


class Holiday(TenantScoped):
    """A day on which a company's branches are closed, all of them or one."""

    __tablename__ = "holiday"
    __table_args__ = (
        key_to("company", "company_id"),
        key_to("branch", "branch_id"),
        sa.Index("holiday_day", "tenant_id", "company_id", "on"),
    )
    company_id: Mapped[int] = mapped_column(sa.BigInteger)
    branch_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    on: Mapped[date] = mapped_column()
    name: Mapped[str] = mapped_column(sa.String(200))


def each_tenant() -> Iterator[int]:
    """Act for every active tenant in turn, for periodic functions; gives its id, and acts for nobody afterwards."""
    with system() as current:
        ids = list(current.scalars(sa.select(Tenant.id).where(Tenant.status == "active").order_by(Tenant.id)))
    try:
        for tenant_id in ids:
            session.remove()
            enter(context.Context(tenant_id=tenant_id, source="job"))
            yield tenant_id
    finally:
        session.remove()
        context.reset()


def _held(cls: type[P], row_id: int) -> P | None:
    """A row that is asked for again and again; a session forgets what nobody holds, and would ask for it each time."""
    current = session()
    held: dict[Any, Any] = current.info.setdefault(HELD, {})
    found: P | None = held.get((cls, row_id))
    if found is None or found not in current:
        read = current.identity_map.get(identity_key(cls, row_id))
        found = held[cls, row_id] = read or current.scalar(_by_id(cls), {"row": row_id})
    return found


@cache
def _by_id(cls: type[P]) -> sa.Select[P]:
    return sa.select(cls).where(cls.id == sa.bindparam("row"))


def company() -> Company:
    """The company the actor works for, asked for once in a session; raises NotFound outside one."""
    found = _held(Company, context.current().company_id or 0)
    if found is None:
        raise NotFound("Choose a company first.")
    return found


def currency() -> str:
    """What the actor's company keeps its books in; raises as `company`, which is read only where this is not known."""
    acting = context.current()
    key = (Company, acting.company_id)
    if key not in session().info.get(HELD, {}) and acting.books and acting.books.company_id == acting.company_id:
        return acting.books.currency
    return company().currency


def branch() -> Branch | None:
    """The branch the actor works in, if any."""
    return place_of(context.current().branch_id)


def place_of(branch_id: int | None) -> Branch | None:
    """A branch by its id, asked for once in a session."""
    return _held(Branch, branch_id) if branch_id else None


def is_open(place: Branch, moment: datetime) -> bool:
    """Whether a branch is open at a moment, by its hours and holidays."""
    here = moment.astimezone(ZoneInfo(place.timezone))
    closed = sa.select(Holiday.id).where(
        Holiday.company_id == place.company_id,
        Holiday.on == here.date(),
        sa.or_(Holiday.branch_id.is_(None), Holiday.branch_id == place.id),
    )
    if session().scalar(closed.limit(1)) is not None:
        return False
    if not place.hours:
        return True
    opens, closes = place.hours.get(DAYS[here.weekday()], ("", ""))
    return opens <= f"{here:%H:%M}" < closes


def open_after(branch_id: int | None, start: datetime, span: timedelta) -> datetime:
    """The moment at which a branch has been open for so long since `start`; without hours every hour counts.

    Days of 24 hours mean working days: each is as long as the branch is open that day.
    """
    place = place_of(branch_id)
    if place is None or not place.hours:
        return start + span
    zone = ZoneInfo(place.timezone)
    days, rest = divmod(span, timedelta(days=1))
    here = start.astimezone(zone)
    shut = _holidays(place, here.date())
    moment = here
    for _day in range(days):
        moment = _open_day(place, shut, datetime.combine(moment.date() + timedelta(days=1), moment.time(), zone))
    for _day in range(MOST_DAYS):
        opens, closes = _hours(place, shut, moment)
        moment = max(moment, opens)
        if moment + rest <= closes:
            return (moment + rest).astimezone(UTC)
        rest -= max(closes - moment, timedelta(0))
        moment = datetime.combine(moment.date() + timedelta(days=1), time(0), zone)
    return start + span


def _holidays(place: Branch, since: date) -> set[date]:
    closed = sa.select(Holiday.on).where(
        Holiday.company_id == place.company_id,
        Holiday.on >= since,
        sa.or_(Holiday.branch_id.is_(None), Holiday.branch_id == place.id),
    )
    return set(session().scalars(closed))


def _hours(place: Branch, shut: set[date], moment: datetime) -> tuple[datetime, datetime]:
    """When a branch opens and closes on a day; twice the day's end where it stays closed."""
    day = moment.date()
    opens, closes = ("", "") if day in shut else place.hours.get(DAYS[day.weekday()], ("", ""))
    end = datetime.combine(day, time(23, 59, 59), moment.tzinfo)
    if not opens or not closes:
        return end, end
    begins, ends = (datetime.combine(day, time.fromisoformat(each), moment.tzinfo) for each in (opens, closes))
    return begins, ends


def _open_day(place: Branch, shut: set[date], moment: datetime) -> datetime:
    """The same time on the next day the branch opens, the given one included."""
    for _day in range(MOST_DAYS):
        opens, closes = _hours(place, shut, moment)
        if opens != closes:
            break
        moment += timedelta(days=1)
    return moment


def business_day(moment: datetime, zone: str, day_starts_at: time) -> date:
    """The day a moment is booked on: a sale at 00:30 belongs to yesterday where the day starts at 05:00."""
    here = moment.astimezone(ZoneInfo(zone))
    return here.date() if here.time() >= day_starts_at else date.fromordinal(here.toordinal() - 1)


def moment_on(day: date, branch_id: int | None) -> datetime:
    """A moment of a branch's business day: now where that is today, else its noon."""
    if day == today_at(branch_id):
        return clock.now()
    place = place_of(branch_id)
    zone = ZoneInfo(context.current().timezone if place is None else place.timezone)
    begins = time.min if place is None else place.day_starts_at
    return datetime.combine(day, max(time(12), begins), zone)


def today() -> date:
    """The current business day of the actor's branch."""
    return today_at(context.current().branch_id)


def today_at(branch_id: int | None) -> date:
    """The current business day of a branch, of the actor's time zone where there is none."""
    return day_of(clock.now(), branch_id)


def day_of(moment: datetime, branch_id: int | None) -> date:
    """The business day of a branch a moment is booked on; a day of the actor's time zone where there is no branch."""
    acting = context.current()
    if branch_id and acting.here is not None and acting.here.branch_id == branch_id:
        return business_day(moment, acting.here.timezone, acting.here.day_starts_at)
    place = place_of(branch_id)
    if place is None:
        return moment.astimezone(ZoneInfo(acting.timezone)).date()
    return business_day(moment, place.timezone, place.day_starts_at)
