"""The three-way match: what is asked for beside what was ordered and what came; and what a bill posts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import sqlalchemy as sa

from erp import Conflict, Invalid, _, currency, i18n, money, session
from plugins.accounting.api import Posting, keeps_books, post, refuse_locked
from plugins.products.api import converted as in_unit
from plugins.purchasing import progress
from plugins.purchasing.bills import SupplierBill, SupplierBillLine
from plugins.purchasing.deliveries import GoodsReceipt
from plugins.purchasing.models import APPROVED, HUNDRED, ZERO, PurchaseOrderLine
from plugins.purchasing.parts import Paper, account_of
from plugins.purchasing.progress import Stands
from plugins.purchasing.receiving import locked, look_again
from plugins.stock.api import Charge, Source, charge
from plugins.stock.models import StockMove

BILLED = "bill_received"
JOURNAL = "purchases"


@dataclass
class Match:
    """By how much a bill asks for more than was ordered and came; amounts in the company's currency."""

    price: Decimal = ZERO
    """The worst of its lines, in percent of what was ordered."""
    quantity: Decimal = ZERO
    amount: Decimal = ZERO
    unordered: Decimal = ZERO
    said: list[str] = field(default_factory=list)


def match(bill: SupplierBill) -> None:
    """Keep on the bill what does not match; raises Invalid for one without lines, or in a locked period."""
    if not bill.lines:
        raise Invalid(fields={"lines": _("Add at least one line.")})
    if bill.order is not None and not bill.order.passed(APPROVED):
        raise Conflict(_("%(number)s is not approved.", number=bill.order.number))
    refuse_locked(JOURNAL, bill.billed_on, "billed_on")
    bill.refuse_wrong()
    found = Match()
    ordered = _ordered(bill)
    left = {key: each.to_bill for key, each in _stands(bill).items()}
    for line in bill.lines:
        of = ordered.get(line.order_line_id or 0)
        if of is None:
            found.unordered += progress.in_books(line.net, bill.currency)
        else:
            _compare(bill, line, of, left, found)
    bill.price_over, bill.quantity_over, bill.amount_over = found.price, found.quantity, found.amount
    bill.unordered_amount, bill.mismatch = found.unordered, "\n".join(found.said) or None


def _ordered(bill: SupplierBill) -> dict[int, PurchaseOrderLine]:
    return {line.id: line for line in bill.order.lines} if bill.order is not None else {}


def _stands(bill: SupplierBill) -> Mapping[int, Stands]:
    return progress.of_order(locked(bill.order_id).id) if bill.order_id is not None else {}


def _compare(
    bill: SupplierBill, line: SupplierBillLine, of: PurchaseOrderLine, left: dict[int, Decimal], found: Match
) -> None:
    asked, agreed = line.net / line.quantity, of.net / of.quantity
    if asked > agreed:
        percent = (asked - agreed) * HUNDRED / agreed if agreed else HUNDRED
        found.price = max(found.price, percent.quantize(Decimal("0.01")))
        more = money.rounded((asked - agreed) * line.quantity, bill.currency)
        found.amount += progress.in_books(more, bill.currency)
        found.said.append(
            _("%(line)s: %(asked)s each is asked, %(agreed)s was ordered.", line=line.description,
              asked=i18n.format_money(money.rounded(asked, bill.currency), bill.currency),
              agreed=i18n.format_money(money.rounded(agreed, bill.currency), bill.currency))
        )  # fmt: skip
    over = line.quantity - left[of.id]
    left[of.id] = max(-over, ZERO)
    if over > 0:
        found.quantity = max(found.quantity, over)
        found.amount += progress.in_books(money.rounded(over * agreed, bill.currency), bill.currency)
        found.said.append(
            _("%(line)s: %(asked)s are billed, %(came)s came and are not billed yet.", line=line.description,
              asked=i18n.format_number(line.quantity), came=i18n.format_number(line.quantity - over))
        )  # fmt: skip


def post_bill(bill: SupplierBill) -> None:
    """Owe what the bill asks for; what goods cost otherwise than they came in for goes onto those still there.

    Raises Invalid at `billed_on` for a locked day, at `account` where a line is no goods and names none.
    """
    refuse_locked(JOURNAL, bill.billed_on, "billed_on")
    stands, ordered = _stands(bill), _ordered(bill)
    bill.posted_on = bill.billed_on
    if keeps_books():
        charges = _post(bill, stands, ordered)
        source = Source(bill.__tablename__, bill.id, "", bill.number or "")
        charge(charges, on=bill.billed_on, source=source)
    if bill.order is not None:
        session().flush()
        look_again(bill.order, progress.of_order(bill.order.id), bill)


def _post(bill: SupplierBill, stands: Mapping[int, Stands], ordered: Mapping[int, PurchaseOrderLine]) -> list[Charge]:
    """Post the bill; what its goods cost besides what they came in for."""
    paper = Paper(bill.supplier.id, bill.currency, bill.billed_on, "billed_on", bill.due_on)
    nets, came = paper.in_books([line.net for line in bill.lines]), _came(bill)
    done = {key: each.billed for key, each in stands.items()}
    parts, charges = [], []
    for line, net in zip(bill.lines, nets, strict=True):
        of = ordered.get(line.order_line_id or 0)
        if of is None or not of.is_received:
            parts.append(paper.part(line, "net", net, line.net, debit=account_of(line)))
            continue
        basis = _basis(line, of, done[of.id], stands[of.id], came.get(of.id, ZERO))
        done[of.id] += line.quantity
        parts += [paper.part(line, "net", basis, line.net), paper.part(line, "difference", net - basis, ZERO)]
        count = min(line.quantity, stands[of.id].kept)
        if net != basis and count > 0 and of.product is not None:
            charges.append(Charge(of.product.id, own_count(of, count), net - basis))
    parts += paper.taxes(bill.lines)
    post(Posting(
        BILLED, bill.billed_on, bill.__tablename__, bill.id, parts, text=bill.summary, branch_id=bill.branch_id,
    ))  # fmt: skip
    return charges


def own_count(of: PurchaseOrderLine, count: Decimal) -> Decimal:
    """So many of an ordered line, in the product's own unit."""
    assert of.product is not None
    return in_unit(count, of.uom or of.product.uom, of.product.uom)


def _basis(line: SupplierBillLine, of: PurchaseOrderLine, before: Decimal, stands: Stands, came: Decimal) -> Decimal:
    """What the goods of a line came in for; of those that did not come, what they were ordered for."""
    own, after = currency(), before + line.quantity
    held = min(after, stands.accepted) - min(before, stands.accepted)
    start = min(before, stands.accepted)
    worth = money.portion(came, start, start + held, stands.accepted, own) if held else ZERO
    missing = line.quantity - held
    net = progress.in_books(of.net, of.document.currency, line.document.billed_on)
    return worth + (money.portion(net, ZERO, missing, of.quantity, own) if missing else ZERO)


def _came(bill: SupplierBill) -> dict[int, Decimal]:
    """What all that came was taken in for: {line of the order: amount}."""
    if bill.order is None:
        return {}
    receipts = sa.select(GoodsReceipt.id).where(GoodsReceipt.order_id == bill.order.id)
    moved = (
        sa.select(StockMove.source_line, sa.func.sum(StockMove.value))
        .where(
            StockMove.source_type == GoodsReceipt.__tablename__, StockMove.source_id.in_(receipts),
            StockMove.quantity > 0,
        )
        .group_by(StockMove.source_line)
    )  # fmt: skip
    return {int(key): value for key, value in session().execute(moved)}
