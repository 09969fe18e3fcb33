"""Money of a repair: the deposit before, the balance at hand-over, what is held on cards, and what is given back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from erp import Invalid, _, acting, clock, current, i18n, money
from plugins.payments.api import (
    Tender,
    capture,
    due_of,
    give_back_of,
    held_for,
    look,
    paid_for,
    pay_page,
    payments_of,
    ready_provider,
    release,
    take,
)
from plugins.payments.models import METHODS, Payment
from plugins.receipts.api import issue, plain
from plugins.repairs.models import HUNDRED, ZERO, RepairOrder, RepairOrderLine
from plugins.repairs.papers import language_of, print_lines, print_sums

RIGHTS = frozenset({("edit", "payment"), ("edit", "refund"), ("pay_out", "refund")})
"""What the process may do with the money of its order, whoever does the step."""
REASON = "not_delivered"


@contextmanager
def entitled() -> Iterator[None]:
    """Act with the rights the diagram gives its steps."""
    with acting(permissions=current().permissions | RIGHTS):
        yield


def paid(order: RepairOrder) -> Decimal:
    """What was paid for the order, less what was given back."""
    return paid_for(order.__tablename__, order.id)


def held(order: RepairOrder) -> Decimal:
    """What is held on cards for the order."""
    return held_for(order.__tablename__, order.id)


# -- deposit ---------------------------------------------------------------------------------------------


def deposit_of(order: RepairOrder, percent: Decimal) -> Decimal:
    """A part of the total in whole units of the currency where it has them."""
    return min(money.rounded(order.total * percent / HUNDRED, order.currency), order.total)


def open_deposit(order: RepairOrder) -> Decimal:
    """What of the deposit is neither paid nor held."""
    return max(min(order.deposit_amount, order.total) - paid(order) - held(order), ZERO)


def request_deposit(order: RepairOrder, return_url: str) -> None:
    """Open a card page for what is open of the deposit, where cards can be charged and somebody owes it."""
    wanted = open_deposit(order)
    if wanted <= 0 or ready_provider() is None:
        order.deposit_page = ""
        return
    with entitled():
        order.deposit_page = pay_page(order, order.customer, wanted, purpose="deposit", return_url=return_url)


def take_deposit(
    order: RepairOrder, tendered: Decimal | None, method: str | None, reference: str | None
) -> Payment:  # fmt: skip
    """What is open of the deposit, in cash or as it was paid otherwise; raises as `take` does."""
    wanted = open_deposit(order)
    if method:
        tender = Tender(method, wanted, reference=reference or "")
    else:
        if not tendered:
            raise Invalid(fields={"tendered": _("Fill this in.")})
        tender = Tender("cash", wanted, tendered)
    (payment,) = take(order, order.customer, [tender], purpose="deposit")
    _close_pages(order)
    return payment


def waive_deposit(order: RepairOrder, note: str | None) -> None:
    """Go on with what was paid so far; raises Invalid without a reason."""
    if not (note or "").strip():
        raise Invalid(fields={"note": _("Say why.")})
    order.deposit_amount = paid(order) + held(order)
    _close_pages(order)


def _close_pages(order: RepairOrder) -> None:
    """Nobody pays by card any more what was paid otherwise; a page that is just being made runs out by itself."""
    order.deposit_page = ""
    with entitled():
        for payment in payments_of(order):
            if payment.status == "asked" and payment.page_reference and not payment.under_way:
                release(payment.id)


# -- balance ---------------------------------------------------------------------------------------------


def standing(order: RepairOrder) -> str:
    """What comes next of the money: `held`, `due`, `return` (an item that was not repaired) or `clear`."""
    due = due_of(order)
    if due > 0 and held(order) > 0:
        return "held"
    if due > 0:
        return "due"
    return "clear" if order.outcome in {"repaired", "replaced", None} else "return"


def capture_held(order: RepairOrder, amount: Decimal | None) -> None:
    """Ask for what is held on the order's cards, as much as is to be paid; what is not needed is given up."""
    most = min(due_of(order), held(order))
    wanted = amount or most
    if wanted > most:
        sentence = _("Up to %(most)s can be taken.", most=i18n.format_money(most, order.currency))
        raise Invalid(fields={"amount": sentence})
    with entitled():
        for payment in _held_payments(order):
            part = min(wanted, payment.authorised_amount)
            if part > 0:
                capture(payment.id, part)
                wanted -= part
            else:
                release(payment.id)


def look_at_cards(order: RepairOrder) -> None:
    """Ask the providers how the order's open card payments stand."""
    for payment in payments_of(order):
        if payment.status in {"asked", "authorised"}:
            look(payment)


def release_held(order: RepairOrder) -> None:
    """Give up what is held on cards for the order."""
    with entitled():
        for payment in _held_payments(order):
            release(payment.id)


def _held_payments(order: RepairOrder) -> list[Payment]:
    return [each for each in payments_of(order) if each.status == "authorised" and not each.under_way]


def take_balance(
    order: RepairOrder, tendered: Decimal | None, method: str | None, amount: Decimal | None, reference: str | None
) -> None:
    """Take all that is to be paid: a part otherwise, the rest in cash, and issue the receipt; raises as `take` does."""
    due, tenders = due_of(order), []
    if amount:
        if not method:
            raise Invalid(fields={"method": _("Say how it was paid.")})
        tenders.append(Tender(method, amount, reference=reference or ""))
    rest = due - (amount or ZERO)
    if rest > 0 or not tenders:
        if not tendered:
            raise Invalid(fields={"tendered": _("Fill this in.")})
        tenders.append(Tender("cash", rest, tendered))
    if rest < 0:
        most = i18n.format_money(due, order.currency)
        raise Invalid(fields={"amount": _("Only %(due)s is still to be paid.", due=most)})
    taken = take(order, order.customer, tenders)
    _close_pages(order)
    print_receipt(order, taken)


def print_receipt(order: RepairOrder, taken: list[Payment]) -> None:
    """The receipt of payments taken together; what was paid before and in other ways stands on it too."""
    last, language = taken[-1], language_of(order)
    before = [each for each in payments_of(order) if each.paid_amount > 0 and each.id not in {one.id for one in taken}]
    with acting(language=language):
        tenders = [{"method": _how(each), "amount": plain(each.paid_amount - each.refunded_amount)} for each in before]
        tenders += [{"method": _how(each), "amount": plain(each.paid_amount)} for each in taken[:-1]]
    lines, sums = print_lines(order), print_sums(order)
    issue(last, lines=lines, sums=sums, language=language, note=order.work_done or "", tenders=tenders)


def _how(payment: Payment) -> str:
    method = str(METHODS[payment.method])
    return _("Deposit, %(method)s", method=method) if payment.purpose == "deposit" else method


# -- giving back -----------------------------------------------------------------------------------------


def charge_only(order: RepairOrder, fee: Decimal, description: str) -> None:
    """Charge one fee instead of the work, nothing where it is nothing; the quotes stay readable as they were."""
    order.covers_parts = order.covers_labour = order.under_warranty = False
    order.lines = []
    if fee > 0:
        order.lines = [RepairOrderLine(position=0, kind="fee", description=description, unit_price=fee)]
    order.recompute()
    _close_pages(order)
    if due_of(order) <= 0:
        release_held(order)


def give_rest_back(order: RepairOrder, reference: str = "") -> Decimal:
    """Give back what was paid beyond what the order costs, each payment the way it came; returns how much."""
    over = -due_of(order)
    if over > 0:
        with entitled():
            give_back_of(order, over, REASON, reference=reference or f"{order.number} {clock.now():%Y-%m-%d}")
    return max(over, ZERO)


def give_all_back(order: RepairOrder) -> None:
    """The order is stopped: nothing is charged, what is held is given up, what was paid goes back."""
    charge_only(order, ZERO, "")
    give_rest_back(order)
