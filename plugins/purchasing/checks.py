"""What must be true of purchases, goods and the books."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import sqlalchemy as sa

from erp import Invalid, check, session
from plugins.accounting.api import kept_since, posted_sums
from plugins.products.api import converted
from plugins.products.models import Product, Unit
from plugins.purchasing import progress
from plugins.purchasing.billing import BILLED
from plugins.purchasing.bills import SupplierBill
from plugins.purchasing.crediting import CREDITED
from plugins.purchasing.credits import SupplierCreditNote
from plugins.purchasing.deliveries import GoodsReceipt, GoodsReceiptLine
from plugins.purchasing.models import ZERO, PurchaseOrder
from plugins.purchasing.progress import Stands
from plugins.stock.models import StockMove, StockReservation


@check
def bills_are_owed() -> Iterator[str]:
    """Every posted bill stands in the payables with its total."""
    yield from _in_payables(SupplierBill, BILLED, -1)


@check
def credit_notes_are_owed_less() -> Iterator[str]:
    """Every posted credit note of a supplier lowers the payables by its total."""
    yield from _in_payables(SupplierCreditNote, CREDITED, 1)


def _in_payables(cls: type[SupplierBill | SupplierCreditNote], event: str, sign: int) -> Iterator[str]:
    since = kept_since()
    if since is None:
        return
    posted = posted_sums(cls.__tablename__, [event])
    owed = sign * sa.func.coalesce(posted.c.owed, 0)
    statement = (
        sa.select(cls.number, cls.total, owed)
        .outerjoin(posted, posted.c.source_id == cls.id)
        .where(cls.posted_on.is_not(None), cls.created_at > since, cls.total != owed)
        .order_by(cls.id)
    )
    for number, total, told in session().execute(statement):
        yield f"{number}: {total} on paper, {told} in the books"


@check
def receipts_are_moves() -> Iterator[str]:
    """Every line that was accepted moved goods, once; no receipt moved anything before it was posted."""
    head, line, move = GoodsReceipt, GoodsReceiptLine, StockMove
    own = sa.and_(move.source_type == head.__tablename__, move.source_id == head.id, move.quantity > 0)
    accepted = sa.select(sa.func.count()).where(line.document_id == head.id, line.accepted > 0).scalar_subquery()
    moved = sa.select(sa.func.count()).where(own).scalar_subquery()
    wanted = sa.case((head.posted_on.is_not(None), accepted), else_=0)
    statement = sa.select(head.number, wanted, moved).where(wanted != moved).order_by(head.id)
    for number, told, found in session().execute(statement):
        yield f"{number}: {told} lines were taken in, {found} moves say so"


@check
def what_is_expected_is_to_come() -> Iterator[str]:
    """What is noted as coming in for orders is what their suppliers still owe."""
    noted = (
        sa.select(StockReservation.source_line, sa.func.sum(StockReservation.quantity))
        .where(StockReservation.source_type == PurchaseOrder.__tablename__, StockReservation.kind == "incoming")
        .group_by(StockReservation.source_line)
    )
    expected = {int(key): count for key, count in session().execute(noted)}
    following = sa.select(PurchaseOrder.id, PurchaseOrder.number).where(PurchaseOrder.state == "sent")
    names = {row.id: row.number for row in session().execute(following.order_by(PurchaseOrder.id))}
    for order_id, stands in progress.of_orders(list(names)).items():
        for line_id, each in stands.items():
            try:
                found, wanted = expected.get(line_id, ZERO), _in_own_unit(each)
            except Invalid as error:
                yield f"{names[order_id]}: {'; '.join(error.fields.values())}"
                continue
            if found != wanted:
                told = f"{wanted.normalize():f} are to come, {found.normalize():f} are expected"
                yield f"{names[order_id]}: {told}"


def _in_own_unit(each: Stands) -> Decimal:
    """What is to come, in the product's own unit as the shelf counts it."""
    if not each.to_come or each.product_id is None:
        return each.to_come
    own = session().get_one(Product, each.product_id).uom
    return converted(each.to_come, session().get_one(Unit, each.uom_id), own) if each.uom_id else each.to_come
