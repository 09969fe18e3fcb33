"""Who is away from when to when and who stands in: no chain, no circle, ended when they are back."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, aliased, mapped_column

from erp import context
from erp.access import Member, require
from erp.data.audit import Audited
from erp.data.base import after_commit, repeated, session
from erp.data.organisation import today
from erp.data.tenancy import TenantScoped, key_to
from erp.errors import Invalid, NotFound
from erp.i18n import _, format_date
from erp.notifications import notify

RIGHT = "member"
MOST_KNOWN = 10_000
LONGEST = timedelta(days=731)
REMEMBERED = 5.0
"""Seconds a process may go on with for whom somebody stands in, as it last read it."""
_known: dict[tuple[int | None, int, date], tuple[float, list[Away]]] = {}


class Absence(Audited, TenantScoped):
    """A member is away on these days, both included."""

    __tablename__ = "absence"
    __table_args__ = (
        key_to("tenant_member", "member_id"),
        key_to("tenant_member", "stand_in_id"),
        sa.Index("absence_member", "tenant_id", "member_id", "until_on"),
        sa.Index("absence_stand_in", "tenant_id", "stand_in_id", "until_on"),
        sa.CheckConstraint("from_on <= until_on"),
        sa.CheckConstraint("stand_in_id <> member_id"),
    )
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    stand_in_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    from_on: Mapped[date]
    until_on: Mapped[date]
    note: Mapped[str] = mapped_column(sa.String(200), default="")

    def audit_subject(self) -> tuple[str, int, str]:
        """Filed under the member."""
        return "tenant_member", self.member_id, ""


@dataclass(frozen=True)
class Away:
    """An absence as people read it."""

    id: int
    member_id: int
    name: str
    user_id: int
    stand_in_id: int | None
    stand_in: str
    from_on: date
    until_on: date
    note: str

    @property
    def is_now(self) -> bool:
        """Whether they are away today."""
        return self.from_on <= today() <= self.until_on


def _read(*conditions: sa.ColumnElement[bool]) -> list[Away]:
    other = aliased(Member)
    statement = (
        sa.select(Absence, Member.name, Member.user_id, other.name)
        .join(Member, Member.id == Absence.member_id)
        .outerjoin(other, other.id == Absence.stand_in_id)
        .where(*conditions)
        .order_by(Absence.from_on, Absence.id)
    )
    return [
        Away(row.id, row.member_id, name, user_id, row.stand_in_id, stand_in or "", row.from_on, row.until_on, row.note)
        for row, name, user_id, stand_in in session().execute(statement)
    ]


def of(member_ids: Collection[int]) -> list[Away]:
    """The present and coming absences of these members, the earliest first."""
    return _read(Absence.member_id.in_(member_ids), Absence.until_on >= today())


def stood_in_for() -> Sequence[Away]:
    """For whom the actor stands in today; for whom those stand in is no matter of the actor's: there is no chain."""
    acting, now = context.current(), today()
    if acting.member_id is None:
        return ()
    key = (acting.tenant_id, acting.member_id, now)
    read_at, found = _known.get(key, (-REMEMBERED, []))
    if time.monotonic() - read_at >= REMEMBERED:
        is_now = (Absence.from_on <= now, Absence.until_on >= now)
        found = _read(Absence.stand_in_id == acting.member_id, *is_now, Member.is_active.is_(True))
        if len(_known) > MOST_KNOWN:
            _known.clear()
        _known[key] = (time.monotonic(), found)
    return found


def require_may(member_id: int) -> None:
    """Raise Forbidden unless it is the actor's own absence, or they look after members."""
    if member_id != context.current().member_id:
        require("edit", RIGHT)


@repeated
def enter(member_id: int, stand_in_id: int | None, from_on: date, until_on: date, note: str = "") -> Absence:
    """Note that a member is away and who stands in; raises Invalid at the field, Forbidden for somebody else's."""
    require_may(member_id)
    _check(member_id, stand_in_id, from_on, until_on)
    row = Absence(member_id=member_id, stand_in_id=stand_in_id, from_on=from_on, until_on=until_on, note=note[:200])
    session().add(row)
    session().flush()
    after_commit(_known.clear)
    if stand_in_id is not None:
        name = session().get_one(Member, member_id).name
        notify(
            stand_in_id, "standing_in", url="/inbox/", key=f"standing-in:{row.id}", who=name,
            begins=format_date(from_on), ends=format_date(until_on),
        )  # fmt: skip
    return row


@repeated
def end(absence_id: int) -> int:
    """Take an absence back, or let it end today; the member's id. Raises NotFound, Forbidden."""
    row = session().get(Absence, absence_id, with_for_update=True)
    if row is None:
        raise NotFound
    require_may(row.member_id)
    after_commit(_known.clear)
    if row.from_on < today():
        row.until_on = min(row.until_on, today() - timedelta(days=1))
    else:
        session().delete(row)
    return row.member_id


def _check(member_id: int, stand_in_id: int | None, from_on: date, until_on: date) -> None:
    ids = sorted({member_id, *((stand_in_id,) if stand_in_id is not None else ())})
    # both are held, so that nobody makes a chain of two halves at one time
    locked = sa.select(Member).where(Member.id.in_(ids)).order_by(Member.id).with_for_update()
    found = {each.id: each for each in session().scalars(locked)}
    if member_id not in found:
        raise NotFound
    if wrong := _wrong_days(from_on, until_on):
        raise Invalid(fields={"until_on": wrong})
    if stand_in_id == member_id:
        raise Invalid(fields={"stand_in": _("Choose somebody else.")})
    if stand_in_id is not None and (stand_in_id not in found or not found[stand_in_id].is_active):
        raise Invalid(fields={"stand_in": _("Choose one of the list.")})
    _check_others(found[member_id], stand_in_id, from_on, until_on)


def _wrong_days(from_on: date, until_on: date) -> str:
    if until_on < from_on:
        return _("The last day cannot lie before the first.")
    if until_on < today():
        return _("These days are over.")
    return _("At most two years.") if until_on - from_on > LONGEST else ""


def _check_others(member: Member, stand_in_id: int | None, from_on: date, until_on: date) -> None:
    """Two absences at one time, and chains: neither may the stand-in be away, nor the absent stand in for others."""
    meets = (Absence.from_on <= until_on, Absence.until_on >= from_on)
    for other in _read(Absence.member_id == member.id, *meets):
        raise Invalid(
            fields={"from_on": _("There is an absence already: %(begins)s – %(ends)s.", **_days(other))},
        )
    for other in _read(Absence.member_id == stand_in_id, *meets) if stand_in_id is not None else ():
        text = _("%(who)s is away too: %(begins)s – %(ends)s. Choose somebody else.", who=other.name, **_days(other))
        raise Invalid(fields={"stand_in": text})
    for other in _read(Absence.stand_in_id == member.id, *meets):
        text = _(
            "%(name)s stands in for %(who)s then: %(begins)s – %(ends)s. Somebody else has to be named there first.",
            name=member.name, who=other.name, **_days(other),
        )  # fmt: skip
        raise Invalid(fields={"from_on": text})


def _days(other: Away) -> dict[str, str]:
    return {"begins": format_date(other.from_on), "ends": format_date(other.until_on)}
