"""Taking goods in: onto the shelf at what they were ordered for, what was rejected back to whom it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache

import sqlalchemy as sa

from erp import (
    Conflict,
    Document,
    Invalid,
    Job,
    _,
    add,
    can,
    currency,
    i18n,
    money,
    outbox,
    session,
    standing,
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
from plugins.purchasing.models import APPROVED, CLOSED, RULE, ZERO, PurchaseOrder
from plugins.purchasing.progress import Stands
from plugins.stock.api import Movement, Source, Wish, expect, home, home_and, place, post

SETTLE = "purchasing.settle"


def locked(order_id: int) -> PurchaseOrder:
    """The order as it is now, held until the end of this transaction; raises Conflict while it is not approved so."""
    order = _held(order_id)
    _refuse_unapproved(order)
    return order


def _refuse_unapproved(order: PurchaseOrder) -> None:
    found = standing(order, RULE)
    if (order.passed(APPROVED) and found.verdict != "approved") or "decide" in found.open:
        said = _("%(number)s was changed, or its rest cancelled, and waits to be approved again.", number=order.number)
        raise Conflict(said)


def _held(order_id: int) -> PurchaseOrder:
    order = session().scalar(_holding(), {"id": order_id}, execution_options={"populate_existing": True})
    assert order is not None
    return order


@cache
def _holding() -> sa.Select[PurchaseOrder]:
    return sa.select(PurchaseOrder).where(PurchaseOrder.id == sa.bindparam("id")).with_for_update()


def receive(receipt: GoodsReceipt) -> None:
    """Take the goods in and draw up what goes back; raises Invalid at the line that is more than may come."""
    order = _held(receipt.order_id)
    if not receipt.is_expected:
        raise Conflict(_("Nothing is expected for %(number)s now.", number=order.number))
    _refuse_unapproved(order)
    before = progress.of_order(order.id)
    receipt.refuse_wrong(before)
    came = [line for line in receipt.lines if line.accepted or line.rejected]
    if not came:
        raise Invalid(fields={"lines": _("Say how many came of at least one line.")})
    _refuse_over(receipt, came, before)
    rejected = [line for line in came if line.rejected]
    if any(line.id is None for line in rejected):
        session().flush()  # what goes back names the lines it came with
    _take_in(receipt, order, [line for line in came if line.accepted], before)
    if rejected:
        add(_going_back(receipt, rejected))
    look_again(order, expect_rest(order, _after(before, came)), receipt)


def _after(before: Mapping[int, Stands], came: Iterable[GoodsReceiptLine]) -> dict[int, Stands]:
    """How the order stands with what came: nobody else changes it while it is held."""
    found = dict(before)
    for line in came:
        each = found[line.order_line_id or 0]
        found[line.order_line_id or 0] = replace(
            each, accepted=each.accepted + line.accepted, rejected=each.rejected + line.rejected
        )
    return found


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
    on, source = (
        receipt.received_on or today(),
        Source(receipt.__tablename__, receipt.id, RECEIVED, receipt.number or ""),
    )
    if receipt.location is None:
        at, supplier = home_and("supplier", receipt.branch_id)
    else:
        at, supplier = receipt.location, place("supplier")
    if accepted:
        try:
            post(_movements(order, accepted, before, supplier.id, at.id), on=on, source=source)
        except Invalid as error:
            raise Invalid(error.message, fields=_at_own_fields(error.fields)) from error
    # set when the goods are there: the step writes it with the state, at once
    receipt.posted_on = receipt.received_on = on
    receipt.location = at


def _movements(
    order: PurchaseOrder, accepted: Iterable[GoodsReceiptLine], before: Mapping[int, Stands], from_id: int, to_id: int
) -> list[Movement]:
    own, done, movements = currency(), {key: each.accepted for key, each in before.items()}, []
    for line in accepted:
        key = line.order_line_id or 0
        of, after = before[key], done[key] + line.accepted
        value = money.portion(progress.in_books(of.net, order.currency), done[key], after, of.ordered, own)
        done[key] = after
        movements.append(Movement(
            line.product_id, from_id, to_id, line.accepted, line.lot_id, value, uom_id=of.uom_id, line=str(key),
            at=f"lines-{line.position}-",
        ))  # fmt: skip
    return movements


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
    order = locked(back.receipt.order_id)
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


def expect_rest(
    order: PurchaseOrder, known: Mapping[int, Stands] | None = None, *, instead: bool = True
) -> Mapping[int, Stands]:
    """Note what is still to come, in place of what was noted before; how the order stands, nothing of a closed one.

    `known` is how it stands, where the caller has it in hand; not `instead`, where nothing was noted.
    """
    if order.passed(CLOSED):
        stands: Mapping[int, Stands] = {}
    else:
        stands = progress.of_order(order.id) if known is None else known
    left = [(key, each) for key, each in stands.items() if each.to_come]
    at = home(order.branch_id) if left else None
    wishes = [
        Wish(each.product_id, at.id, each.to_come, due_on=order.needed_on, line=str(key), uom_id=each.uom_id)
        for key, each in left
        if at is not None and each.product_id is not None
    ]
    source = Source(order.__tablename__, order.id, "", order.number or "")
    # what no shelf can count is refused before it is sent
    expect(wishes, source=source, instead=instead, partly=True)
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
