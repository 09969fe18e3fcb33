"""Contents in the file store that nothing names any more: noticed, left alone for a month, then taken out.

A content is named by its SHA-256: in rows of `file`, and in whatever a mail, a waiting job or a print froze as JSON. So
every JSON column of the tenant is read, those of plugins that take no part too; history is not, it keeps names only.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context
from erp.data import files
from erp.data.audit import AuditEntry
from erp.data.base import Base, engine, mapped_classes, session, transaction
from erp.data.files import File
from erp.data.organisation import each_tenant
from erp.data.tenancy import TenantScoped
from erp.jobs.marks import every

GRACE = timedelta(days=30)
"""How long a content stays after it was found that nothing names it: longer than a backup is likely to be old."""
KEY = re.compile(r"\d+/[0-9a-f]{2}/([0-9a-f]{64})")
ROWS = 1000
"""Rows written or removed by one statement."""
log = logging.getLogger(__name__)


class LooseContent(TenantScoped):
    """A content that nothing named when it was looked for, until something does or it is gone."""

    __tablename__ = "loose_content"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "sha256"),)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    noticed_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))


@every(timedelta(hours=24))
def sweep() -> None:
    """Look through the store of every company; what nothing has named for the whole grace is taken out."""
    for tenant_id in each_tenant():
        sweep_company(tenant_id)


def sweep_company(tenant_id: int) -> None:
    """Look through the store of the actor's own company."""
    with context.whole():
        due = _noticed(_loose(tenant_id), clock.now())
        session.remove()
        gone = {digest for digest, since in due if _take_out(tenant_id, digest, since)}
        _begin_anew({digest for digest, _since in due} - gone)
    if gone:
        log.info("%s contents of company %s that nothing named any more are gone", len(gone), tenant_id)


def _take_out(tenant_id: int, digest: str, since: datetime) -> bool:
    is_gone = files.store().remove_older(files.key_of(tenant_id, digest), since)
    if is_gone:
        log.info("the content %s of company %s is gone: nothing has named it since %s", digest, tenant_id, since)
    return is_gone


def _loose(tenant_id: int) -> set[str]:
    """The contents of a tenant that nothing names, those with the same first letter at a time.

    The store is read first, so that what comes in meanwhile is not.
    """
    loose: set[str] = set()
    keys = (KEY.fullmatch(key) for key, _at in files.store().listed(f"{tenant_id}/"))
    for letter, digests in groupby((key[1] for key in keys if key), key=lambda digest: digest[0]):
        found = set(digests)
        loose |= found.difference(_in_files(letter))
    return loose.difference(_elsewhere()) if loose else loose


def _in_files(letter: str) -> Iterator[str]:
    yield from session().scalars(sa.select(File.sha256).where(File.sha256.startswith(letter)))
    yield from session().scalars(sa.select(_digests(File.sizes, letter)))


def _elsewhere() -> Iterator[str]:
    """Every digest that stands in a JSON column of the tenant."""
    mapped = {str(cls.__table__.name): cls for cls in mapped_classes()}  # type: ignore[attr-defined] # of a table's class
    for cls in mapped.values():
        if issubclass(cls, TenantScoped) and not issubclass(cls, AuditEntry | File):
            for each in sa.inspect(cls).column_attrs:
                if isinstance(each.columns[0].type, sa.JSON):
                    yield from session().scalars(sa.select(_digests(getattr(cls, each.key))))
    yield from _of_the_absent(set(mapped))


def _of_the_absent(known: set[str]) -> Iterator[str]:
    """Those in tables of plugins that take no part: their classes are not there, their policies are."""
    for (_schema, name), columns in sa.inspect(engine()).get_multi_columns().items():
        if name not in known and name not in Base.metadata.tables and any(c["name"] == "tenant_id" for c in columns):
            for each in columns:
                if isinstance(each["type"], sa.JSON):
                    table = sa.table(name, sa.column(each["name"], each["type"]))
                    yield from session().connection().scalars(sa.select(_digests(table.c[each["name"]])))


def _digests(column: Any, letter: str = "[0-9a-f]") -> sa.ColumnElement[str]:
    pattern = rf"\m{letter}[0-9a-f]{{63}}\M"
    found = sa.func.regexp_matches(sa.cast(column, sa.Text), pattern, "g", type_=ARRAY(sa.Text))
    digest: sa.ColumnElement[str] = found[1]
    return digest


def _noticed(loose: set[str], now: datetime) -> list[tuple[str, datetime]]:
    """Note what is loose and forget what is so no longer; (digest, since) of what has been for the whole grace."""
    with transaction() as current:
        known = {row.sha256: row for row in current.scalars(sa.select(LooseContent))}
        over = [row.id for digest, row in known.items() if digest not in loose]
        for at in range(0, len(over), ROWS):
            ended = sa.delete(LooseContent).where(LooseContent.id.in_(over[at : at + ROWS]))
            current.execute(ended.execution_options(synchronize_session=False))
        current.add_all(LooseContent(sha256=digest, noticed_at=now) for digest in sorted(loose - known.keys()))
    return [(d, row.noticed_at) for d, row in known.items() if d in loose and row.noticed_at <= now - GRACE]


def _begin_anew(digests: set[str]) -> None:
    """What was kept again while it was loose has its whole grace before it once more."""
    if digests:
        with transaction() as current:
            for row in current.scalars(sa.select(LooseContent).where(LooseContent.sha256.in_(digests))):
                row.noticed_at = clock.now()
