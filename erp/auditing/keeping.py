"""How long the audit is kept: for ever, or so many days; what is older goes in small parts, and that is kept too."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from erp import clock, context, sessions
from erp.access import require
from erp.auditing.queries import SUBJECT
from erp.data import audit
from erp.data.audit import AuditEntry, PlatformEntry
from erp.data.base import repeated, system, transaction
from erp.data.organisation import each_tenant
from erp.data.settings import read_setting, write_setting
from erp.errors import Invalid
from erp.i18n import _, format_number
from erp.jobs.marks import every

KEY = "audit.days"
SHORTEST, LONGEST = 30, 36_500
"""Days a company may choose; nothing chosen keeps it for ever."""
PART = 5_000
"""Entries that go in one transaction."""
SESSIONS_KEPT = timedelta(days=90)
"""How long it is told that somebody was signed in."""
PLATFORM_KEPT = timedelta(days=365)
"""How long failed attempts to sign in are kept for the installation."""


def days() -> int:
    """How many days the tenant's audit is kept; 0 for ever."""
    return int(read_setting(KEY, 0))


@repeated
def keep(text: str) -> None:
    """Keep the audit so many days from now on, for ever when empty; raises Forbidden and Invalid."""
    require("edit", "setting")
    plain = text.strip()
    chosen = int(plain) if plain.isdecimal() and len(plain) <= 6 else -1 if plain else 0
    if chosen and not SHORTEST <= chosen <= LONGEST:
        most, least = format_number(LONGEST), format_number(SHORTEST)
        raise Invalid(fields={"days": _("Between %(least)s and %(most)s days, or nothing.", least=least, most=most)})
    before = days()
    if chosen != before:
        write_setting(KEY, chosen)
        audit.note("changed", SUBJECT, days_kept=[before or None, chosen or None])


@every(timedelta(hours=24))
def forget_the_old() -> None:
    """Drop what is older than each company chose, sessions long over, and old failed attempts of the installation."""
    now = clock.now()
    for tenant_id in each_tenant():
        chosen = days()
        if not chosen:
            continue
        before = now - timedelta(days=chosen)
        acting = context.current()
        count = _drop(AuditEntry, AuditEntry.tenant_id == tenant_id, before)
        context.enter(acting)
        if count:
            with transaction():
                audit.note("shortened", SUBJECT, entries=[count, 0], before=[None, before.date().isoformat()])
    _drop(PlatformEntry, sa.true(), now - PLATFORM_KEPT)
    sessions.forget(now - SESSIONS_KEPT)


def _drop(table: type[AuditEntry | PlatformEntry], whose: sa.ColumnElement[bool], before: datetime) -> int:
    """Drop the oldest rows part by part, each in a transaction of its own; how many went."""
    count = 0
    while True:
        with system() as current:
            old = sa.select(table.id).where(whose, table.at < before).order_by(table.at).limit(PART)
            gone: Any = current.execute(
                sa.delete(table).where(table.id.in_(old)).execution_options(synchronize_session=False)
            )
        count += int(gone.rowcount)
        if gone.rowcount < PART:
            return count
