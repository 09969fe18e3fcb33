"""Document numbers: plain ones may leave gaps and never wait; gapless ones are the last thing before commit."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from erp.data.base import AppSession, before_commit, engine, session
from erp.data.organisation import today
from erp.data.tenancy import CHECKED, TenantScoped
from erp.documents.base import Document

LAST = 1000


class NumberSequence(TenantScoped):
    """The last number given out in one series of a company and year."""

    __tablename__ = "number_sequence"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "series"),)
    series: Mapped[str] = mapped_column(sa.String(100))
    last: Mapped[int] = mapped_column(sa.BigInteger, default=0)


def _take(current: AppSession, series: str) -> int:
    table = NumberSequence.__table__
    tenant = sa.cast(sa.func.current_setting("app.tenant_id"), sa.BigInteger)
    statement = (
        insert(NumberSequence)
        .values(series=series, last=1, tenant_id=tenant)
        .on_conflict_do_update(index_elements=["tenant_id", "series"], set_={"last": table.c.last + 1})
        .returning(table.c.last)
    )
    connection = current.connection().execution_options(**{CHECKED: True})
    return int(connection.execute(statement).scalar_one())


def assign(document: Document) -> None:
    """Give the document its number now, or as the last statement of this transaction when it is gapless."""
    if document.number:
        return
    if type(document).gapless:
        before_commit(lambda: _assign_gapless(document), order=LAST)
        return
    year, series = _series(document)
    with AppSession(engine()) as own, own.begin():
        taken = _take(own, series)
    document.number = _format(document, year, taken)


def _assign_gapless(document: Document) -> None:
    session().flush()
    year, series = _series(document)
    document.number = _format(document, year, _take(session(), series))


def _series(document: Document) -> tuple[int, str]:
    year = today().year
    return year, f"{document.company_id}/{type(document).prefix}/{year}"


def _format(document: Document, year: int, taken: int) -> str:
    return f"{type(document).prefix}-{year}-{taken:05d}"
