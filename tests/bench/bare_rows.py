"""The rows a posting of goods writes, written bare: one bulk insert() of each table, nothing looked up or worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as upsert

from erp import current, session, transaction
from erp.data.organisation import today
from plugins.accounting.models import Account, FiscalPeriod, Journal, JournalEntry, JournalLine
from plugins.stock.models import StockCost, StockLevel, StockMove

DOCUMENTS, LINES = 20, 25
"""Of one posting: five hundred moves."""
TABLES = ("stock_move", "stock_level", "stock_cost", "journal_entry", "journal_line", "ledger_unfolded")
Row = Mapping[str, Any]


def insert(products: Sequence[int], ends: tuple[int, int, int], turn: int, known: Row) -> None:
    """As many moves, levels, costs, entries and lines as posting the same documents writes."""
    with transaction():
        _bulk(sa.insert(StockMove).returning(StockMove.id), _moves(products, ends))
        _upsert(StockLevel, ["tenant_id", "product_id", "location_id", "lot_id"], _levels(products, ends[1]))
        _upsert(StockCost, ["tenant_id", "product_id"], _costs(products))
        entries = _entries(products[0] * 1_000_000 + turn * 1000, known)
        ids = _bulk(sa.insert(JournalEntry).returning(JournalEntry.id), entries)
        _bulk(sa.insert(JournalLine).returning(JournalLine.id), _lines(ids, known["accounts"]))


def known() -> Row:
    """What rows of the journal name, read before anything is measured."""
    day = today()
    period = sa.select(FiscalPeriod.id).where(FiscalPeriod.starts_on <= day, FiscalPeriod.ends_on >= day)
    return {
        "journal_id": session().scalars(sa.select(Journal.id).order_by(Journal.id)).first(),
        "period_id": session().scalars(period).one(),
        "company_id": current().company_id,
        "accounts": list(session().scalars(sa.select(Account.id).order_by(Account.id).limit(2))),
    }


def _bulk(statement: Any, rows: Sequence[Row]) -> list[int]:
    """What a bulk insert gives back: with RETURNING it is one statement, the quickest of SQLAlchemy's ways."""
    return list(session().scalars(statement, rows))


def _upsert(cls: Any, key: list[str], rows: Sequence[Row]) -> None:
    """A level and a cost are written anew by every posting."""
    statement = upsert(cls)
    new = {name: statement.excluded[name] for name in rows[0] if name not in key}
    _bulk(statement.on_conflict_do_update(index_elements=key, set_=new).returning(cls.product_id), rows)


def _moves(products: Sequence[int], ends: tuple[int, int, int]) -> list[Row]:
    supplier, here, customer = ends
    return [
        {
            "product_id": each, "from_location_id": here if n % 2 else supplier,
            "to_location_id": customer if n % 2 else here, "quantity": Decimal(1), "value": Decimal("19.99"),
            "event": "goods_issued", "moved_on": today(), "note": f"Document {n}", "source_type": "bare",
            "source_id": n, "source_line": "", "source_key": "",
        }
        for n in range(DOCUMENTS)
        for each in products
    ]  # fmt: skip


def _levels(products: Sequence[int], here: int) -> list[Row]:
    fixed = {"location_id": here, "lot_id": None, "quantity": Decimal(10), "reserved": Decimal(0)}
    return [{"product_id": each, "is_negative": False, "is_serial": False, **fixed} for each in products]


def _costs(products: Sequence[int]) -> list[Row]:
    fixed = {"method": "average", "quantity": Decimal(10), "value": Decimal("99.95"), "last_cost": Decimal("9.995")}
    return [{"product_id": each, **fixed} for each in products]


def _entries(first: int, known: Row) -> list[Row]:
    fixed = {name: known[name] for name in ("journal_id", "period_id", "company_id")}
    return [
        {
            "entry_date": today(), "event": "goods_issued", "source_type": "bare", "source_id": first + n,
            "number": f"B-{first + n}", "currency": "KES", "text": f"Document {n}", **fixed,
        }
        for n in range(DOCUMENTS)
    ]  # fmt: skip


def _lines(entries: Sequence[int], accounts: Sequence[int]) -> list[Row]:
    amount = Decimal("499.75")
    return [
        {"document_id": key, "position": side, "account_id": accounts[side], "amount": amount - 2 * side * amount}
        for key in entries
        for side in (0, 1)
    ]
