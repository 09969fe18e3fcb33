"""How a member wishes to be told: ways for each kind, one mail a day or each at once, quiet hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from erp import context
from erp.data.base import repeated, session
from erp.errors import Invalid
from erp.i18n import _
from erp.notifications.kinds import WAYS, NoticeKind, known
from erp.notifications.models import NotificationSetting


@dataclass(frozen=True)
class Wishes:
    """What a member has chosen."""

    ways: Mapping[str, str] = field(default_factory=dict)
    digest_at: time | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None

    def way(self, kind: NoticeKind) -> str:
        """How they are told of a kind."""
        return self.ways.get(kind.name, kind.way)

    def mail_due(self, now: datetime, timezone: str) -> datetime:
        """When a mail that is made now goes out: at once or with the day's one, and never in quiet hours."""
        zone = ZoneInfo(timezone)
        here = now.astimezone(zone)
        if self.digest_at is not None:
            here = _next(here, self.digest_at)
        if self.quiet_from is not None and self.quiet_until is not None and self._is_quiet(here.time()):
            here = _next(here, self.quiet_until)
        return here.astimezone(UTC)

    def _is_quiet(self, at: time) -> bool:
        assert self.quiet_from is not None
        assert self.quiet_until is not None
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= at < self.quiet_until
        return at >= self.quiet_from or at < self.quiet_until


def _next(here: datetime, at: time) -> datetime:
    """The next moment after `here` at which the clock there shows this time."""
    found = datetime.combine(here.date(), at, tzinfo=here.tzinfo)
    return found if found > here else datetime.combine(here.date() + timedelta(days=1), at, tzinfo=here.tzinfo)


def of(member_id: int) -> Wishes:
    """What a member of the acting tenant wishes."""
    row = session().scalar(sa.select(NotificationSetting).where(NotificationSetting.member_id == member_id))
    return Wishes() if row is None else Wishes(row.ways, row.digest_at, row.quiet_from, row.quiet_until)


@repeated
def save(wishes: Wishes) -> None:
    """Keep what the acting member wishes; raises Invalid naming what does not fit."""
    errors = {name: _("Choose one of the list.") for name, way in wishes.ways.items() if way not in WAYS}
    errors |= {name: _("There is no such kind.") for name in wishes.ways if name not in known()}
    if (wishes.quiet_from is None) != (wishes.quiet_until is None):
        missing = "quiet_from" if wishes.quiet_from is None else "quiet_until"
        errors[missing] = _("Quiet hours need a beginning and an end.")
    elif wishes.quiet_from is not None and wishes.quiet_from == wishes.quiet_until:
        errors["quiet_until"] = _("Quiet hours end at another time than they begin.")
    if errors:
        raise Invalid(fields=errors)
    acting = context.current()
    chosen = {
        "ways": dict(wishes.ways),
        "digest_at": wishes.digest_at,
        "quiet_from": wishes.quiet_from,
        "quiet_until": wishes.quiet_until,
    }
    statement = insert(NotificationSetting).values(tenant_id=acting.tenant_id, member_id=acting.member_id, **chosen)
    session().execute(statement.on_conflict_do_update(index_elements=["tenant_id", "member_id"], set_=chosen))
