"""Taking goods in: onto the shelf at what they were ordered for, what was rejected back to whom it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import sqlalchemy as sa

from erp import (
    Conflict,
    Document,
    Invalid,
    Job,
    _,
    add,
    can,
    company,
    i18n,
    money,
    outbox,
    read_links,
    session,
    tasks,
    today,
)
from plugins.purchasing import progress
from plugins.purchasing.deliveries import (
    RECEIVED,
    SENT_BACK,
    GoodsReceipt,
    GoodsReceiptLine,
    SupplierReturn,
    SupplierReturnLine,
)
from plugins.purchasing.models import CLOSED, ZERO, PurchaseOrder
from plugins.purchasing.progress import Stands
from plugins.stock.api import Movement, Source, Wish, expect, home, place, post

SETTLE = "purchasing.settle"


def locked(order: PurchaseOrder) -> PurchaseOrder:
    """The order, held until the end of this transaction; raises Conflict while it is not approved as it stands."""
    session().execute(sa.select(PurchaseOrder.id).where(PurchaseOrder.id == order.id).with_for_update())
    if order.is_unapproved or tasks.open_task(order, "decide") is not None:
        said = _("%(number)s was changed, or its rest cancelled, and waits to be approved again.", number=order.number)
        raise Conflict(said)
    return order


def receive(receipt: GoodsReceipt) -> None:
    """Take the goods in and draw up what goes back; raises Invalid at the line that is more than may come."""
    read_links([*receipt.lines, *receipt.order.lines], "product")
    if not receipt.is_expected:
        raise Conflict(_("Nothing is expected for %(number)s now.", number=receipt.order.number))
    receipt.refuse_wrong()
    came = [line for line in receipt.lines if line.accepted or line.rejected]
    if not came:
        raise Invalid(fields={"lines": _("Say how many came of at least one line.")})
    order = locked(receipt.order)
    before = progress.of_order(order.id)
    _refuse_over(receipt, came, before)
    _take_in(receipt, order, [line for line in came if line.accepted], before)
    session().flush()
    rejected = [line for line in came if line.rejected]
    if rejected:
        add(_going_back(receipt, rejected))
    expect_again(order, receipt)


def _refuse_over(receipt: GoodsReceipt, came: Iterable[GoodsReceiptLine], before: Mapping[int, Stands]) -> None:
    left = {key: each.to_come for key, each in before.items()}
    for line in came:
        key, at = line.order_line_id or 0, f"lines-{line.position}-accepted"
        if line.accepted > left[key] and not (receipt.over_reason and can("over", "goods_receipt")):
            said = _("Only %(count)s of it are still to come.", count=i18n.format_number(left[key]))
            more = _("Who may take more says why.") if can("over", "goods_receipt") else ""
            raise Invalid(said, fields={at: " ".join(filter(None, (said, more)))})
        left[key] = max(left[key] - line.accepted, ZERO)


def _take_in(
    receipt: GoodsReceipt, order: PurchaseOrder, accepted: list[GoodsReceiptLine], before: Mapping[int, Stands]
) -> None:
    receipt.posted_on = receipt.received_on = receipt.received_on or today()
    if receipt.location is None:
        receipt.location = home(receipt.branch_id)
    if not accepted:
        return
    supplier, done = place("supplier"), {key: each.accepted for key, each in before.items()}
    ordered, own = {line.id: line for line in order.lines}, company().currency
    movements = []
    for line in accepted:
        of = ordered[line.order_line_id or 0]
        net, after = progress.in_books(of.net, order.currency), done[of.id] + line.accepted
        value = money.portion(net, done[of.id], after, of.quantity, own)
        done[of.id] = after
        movements.append(Movement(
            line.product.id, supplier.id, receipt.location.id, line.accepted, line.lot.id if line.lot else None, value,
            uom_id=of.uom.id if of.uom else None, line=str(of.id), at=f"lines-{line.position}-",
        ))  # fmt: skip
    source = Source(receipt.__tablename__, receipt.id, RECEIVED, receipt.number or "")
    try:
        post(movements, on=receipt.posted_on, source=source)
    except Invalid as error:
        raise Invalid(error.message, fields=_at_own_fields(error.fields)) from error


def _at_own_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """What stock says, at the fields of a receipt."""
    named = {"moved_on": "received_on"}
    return {named.get(name, name.replace("-quantity", "-accepted")): said for name, said in fields.items()}


def _going_back(receipt: GoodsReceipt, rejected: list[GoodsReceiptLine]) -> SupplierReturn:
    return SupplierReturn(
        receipt=receipt, supplier=receipt.supplier, reason=rejected[0].reason, branch_id=receipt.branch_id,
        lines=[
            SupplierReturnLine(
                position=place, receipt_line_id=line.id, was_accepted=False, product=line.product, lot=line.lot,
                quantity=line.rejected,
            )
            for place, line in enumerate(rejected)
        ],
    )  # fmt: skip


def send_back(back: SupplierReturn) -> None:
    """Let the goods go: what was on the shelf leaves it. Raises Invalid where it is not there, or went already."""
    if back.receipt.posted_on is None:
        raise Conflict(_("Nothing of it came yet."))
    if not back.lines:
        raise Invalid(fields={"lines": _("Add at least one line.")})
    back.refuse_wrong()
    order = locked(back.receipt.order)
    back.posted_on = today()
    came = {line.id: line for line in back.receipt.lines}
    units = {line.id: line.uom for line in order.lines}
    supplier, movements = place("supplier").id, []
    gone = returned(back.receipt)
    for line in back.lines:
        of = came[line.receipt_line_id or 0]
        if not line.was_accepted:
            continue
        left = of.accepted - gone.get(of.id, ZERO)
        if line.quantity > left:
            said = _("Only %(count)s of it are left to be sent back.", count=i18n.format_number(left))
            raise Invalid(said, fields={f"lines-{line.position}-quantity": said})
        gone[of.id] = gone.get(of.id, ZERO) + line.quantity
        unit = units.get(of.order_line_id or 0)
        assert back.receipt.location is not None
        movements.append(Movement(
            line.product.id, back.receipt.location.id, supplier, line.quantity, line.lot.id if line.lot else None,
            uom_id=unit.id if unit is not None else None, line=str(of.order_line_id), at=f"lines-{line.position}-",
        ))  # fmt: skip
    post(movements, on=back.posted_on, source=Source(back.__tablename__, back.id, SENT_BACK, back.number or ""))
    session().flush()
    expect_again(order, back)


def returned(receipt: GoodsReceipt) -> dict[int, Decimal]:
    """{line of a receipt: how many of what was accepted went back}."""
    line, head = SupplierReturnLine, SupplierReturn
    statement = (
        sa.select(line.receipt_line_id, sa.func.sum(line.quantity))
        .join(head, head.id == line.document_id)
        .where(line.receipt_line_id.in_([each.id for each in receipt.lines]), head.posted_on.is_not(None))
        .where(line.was_accepted)
        .group_by(line.receipt_line_id)
    )
    return {key: count for key, count in session().execute(statement) if key is not None}


def expect_again(order: PurchaseOrder, by: Document) -> None:
    """Note what is still to come; has the order closed where nothing is left. `by` is the document that changed it."""
    look_again(order, expect_rest(order), by)


def expect_rest(order: PurchaseOrder) -> Mapping[int, Stands]:
    """Note what is still to come, in place of what was noted before; how the order stands, nothing of a closed one."""
    source = Source(order.__tablename__, order.id, "", order.number or "")
    stands = {} if order.passed(CLOSED) else progress.of_order(order.id)
    left = any(each.to_come for each in stands.values())
    at = home(order.branch_id) if left else None
    expect([
        Wish(line.product.id, at.id, stands[line.id].to_come, due_on=order.needed_on, line=str(line.id))
        for line in order.lines
        if at is not None and line.product is not None and line.id in stands and stands[line.id].to_come
    ], source=source, instead=True)  # fmt: skip
    return stands


def is_over(stands: Mapping[int, Stands]) -> bool:
    """Whether all of an order came, stayed and was billed."""
    return bool(stands) and all(each.is_settled and each.owed for each in stands.values())


def look_again(order: PurchaseOrder, stands: Mapping[int, Stands], by: Document) -> None:
    """Have its process close the order after this transaction, where all came and all was billed."""
    if is_over(stands) and not order.passed(CLOSED):
        key = f"settle:{order.id}:{by.__tablename__}:{by.id}:{by.version}"
        request = {"order": order.id}
        outbox.put(Job(kind=SETTLE, key=key, request=request, subject=order.__tablename__, subject_id=order.id))
