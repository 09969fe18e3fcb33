"""What a repair charges is posted once, when the item is handed over; taken back where the order is stopped then."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from erp import company, session, today
from plugins.accounting.api import Part, Posting, entries_of, in_books, keeps_books, post, reverse
from plugins.payments.api import apply_deposits, payments_of, settle
from plugins.repairs.models import ZERO, RepairOrder
from plugins.taxes.api import rows

EVENT = "repair_charged"


def charge(order: RepairOrder) -> None:
    """Post what an order comes to, and set its deposits off against that; nothing where no books are kept.

    Raises what `accounting.api.post` raises: a day that is locked, a rate or a rule that is missing.
    """
    if not keeps_books():
        return
    session().flush()
    post(Posting(EVENT, today(), order.__tablename__, order.id, _parts(order),
                 text=order.summary, branch_id=order.branch_id))  # fmt: skip
    apply_deposits(order.__tablename__, order.id, order.total)
    for payment in payments_of(order):
        settle(payment)


def take_back(order: RepairOrder, reason: str) -> None:
    """Take back what was posted of an order that is stopped after all."""
    for entry in entries_of(order.__tablename__, order.id):
        if entry.event == EVENT:
            reverse(entry.id, reason=reason)


def _parts(order: RepairOrder) -> Sequence[Part]:
    """Each line's net by the category of its product, and the tax; together what the total is worth in the books."""
    priced = order.priced()
    sums: list[tuple[str, Decimal, int | None]] = [
        ("net", each.net, line.product.category_id if line.product is not None else None)  # type: ignore[attr-defined]
        for line, each in zip(order.lines, priced.lines, strict=True)
    ]
    sums.append(("tax", priced.tax, None))
    worth, total, before = [], ZERO, ZERO
    for _name, amount, _category in sums:
        total += amount
        after = in_books(total, order.currency, today())
        worth.append(after - before)
        before = after
    is_foreign, tax_id = order.currency != company().currency, _tax_row(order.tax_rate)
    return [
        Part(
            name, own, party_id=order.customer.id, due_on=today(), product_category_id=category,
            currency=order.currency if is_foreign else "", currency_amount=amount if is_foreign else None,
            tax_id=tax_id if name == "tax" and amount else None,
            tax_base=sum(worth[:-1], ZERO) if name == "tax" else None,
        )
        for (name, amount, category), own in zip(sums, worth, strict=True)
    ]  # fmt: skip


def _tax_row(rate: Decimal) -> int | None:
    """The row of the company's usual tax at this rate; repairs take one rate on everything."""
    wanted = f"{rate.normalize():f}"
    return next((key for (category, _n, told), key in rows().items() if category is None and told == wanted), None)
