"""What was scanned in the step people are at, summed up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import session
from plugins.transfers.models import Transfer, TransferScan


@dataclass(frozen=True)
class Counted:
    """So many of a product, or one lot of it, in one condition; `line_id` is None for what is not on the transfer."""

    line_id: int | None
    product_id: int
    lot_id: int | None
    condition: str
    quantity: Decimal
    file_id: int | None


def held(transfer: Transfer) -> None:
    """Keep scans away until this step is over, those under way included."""
    session().execute(sa.select(Transfer.id).where(Transfer.id == transfer.id).with_for_update())


def counted(transfer: Transfer, stage: str) -> list[Counted]:
    """What was scanned for the delivery that is under way, in the order of the lines; what is nothing is left out."""
    columns = (TransferScan.line_id, TransferScan.product_id, TransferScan.lot_id, TransferScan.condition)
    count = sa.func.sum(TransferScan.quantity)
    statement = (
        sa.select(*columns, count, sa.func.max(TransferScan.file_id))
        .where(
            TransferScan.transfer_id == transfer.id, TransferScan.stage == stage,
            TransferScan.delivery == transfer.deliveries, TransferScan.product_id.is_not(None),
        )
        .group_by(*columns)
        .having(count > 0)
        .order_by(*columns)
    )  # fmt: skip
    rows: Any = session().execute(statement)
    return [Counted(*row) for row in rows]
