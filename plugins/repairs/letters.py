"""Mails to the customer of a repair order, and the link in them."""

from __future__ import annotations

from erp import (
    Letter,
    _,
    branch,
    company,
    current,
    i18n,
    settings,
    signed_links,
)
from plugins.payments.api import due_of, held_for
from plugins.repairs.handing_over import code_of
from plugins.repairs.models import RepairOrder
from plugins.repairs.papers import QUOTATION, language_of

DECIDE = "repair_order.decide_quote"
LINK_DAYS = 14


def link_token(order: RepairOrder) -> str:
    """The token of the customer's link to this quote: the same each time, another for every revision and content."""
    parts = (DECIDE, current().tenant_id, order.id, order.quote_revision, order.content_hash())
    return signed_links.token_for(settings().secret_key, *parts)


def link_path(order: RepairOrder) -> str:
    """Where the customer decides on the quote, without our address."""
    return f"/link/{link_token(order)}"


def link_address(order: RepairOrder) -> str:
    """Where the customer decides on the quote."""
    return f"{settings().address}{link_path(order)}"


def issue_link(order: RepairOrder) -> None:
    """Let the customer decide on this quote, and on no other, by the link; older links are revoked."""
    link = signed_links.SignedLink(
        purpose=DECIDE,
        subject=order.__tablename__,
        subject_id=order.id,
        holder=order.customer.name,
        language=language_of(order),
        content_hash=order.content_hash(),
        scope={"task": "decide_quote", "files": [QUOTATION], "facts": _facts(order)},
    )
    signed_links.issue(link, token=link_token(order), days=LINK_DAYS)


def _facts(order: RepairOrder) -> list[str]:
    """What the customer is shown beside the lines; of the warranty only where it pays or a purchase was told."""
    named = ["serial", "promised_on", "more_needed", "deposit_amount", "inspection_fee"]
    if order.covered_kinds or order.purchased_on:
        named.append("warranty_decision")
    return [name for name in named if getattr(order, name)]


class OrderLetter(Letter):
    """A mail to the customer of a repair order."""

    order: RepairOrder

    def address(self) -> str:
        """Where quotes go."""
        return self.order.email or ""

    def language(self) -> str:
        """The customer's."""
        return language_of(self.order)

    def about(self) -> str:
        """The order's number."""
        return self.order.number or ""


def greeting(order: RepairOrder) -> str:
    """How a letter begins."""
    return _("Hello %(name)s,", name=order.customer.name)


def signature() -> str:
    """How a letter ends: who we are and how to reach us."""
    own, place = company(), branch()
    name = f"{own.name}, {place.name}" if place else own.name
    return "\n".join(part for part in (name, own.phone) if part)


def quotation_letter(order: RepairOrder) -> tuple[str, str]:
    """Subject and text of the mail that brings the quote."""
    amount = i18n.format_money(order.total, order.currency)
    item = order.item
    item_costs = {"item": item, "amount": amount}
    price = _("we have looked at your %(item)s. The repair costs %(amount)s, tax included.", **item_costs)
    if order.approved_revision:
        price = _(
            "your %(item)s needs more than we thought. The repair now costs %(amount)s, tax included.", **item_costs
        )
    when = _("It will be ready on %(day)s.", day=i18n.format_date(order.promised_on)) if order.promised_on else ""
    decide = _("Accept or decline here, no password needed:")
    until = _(
        "The quote is valid until %(day)s. It is attached as a PDF.", day=i18n.format_date(order.quote_valid_until)
    )
    asked = i18n.format_money(order.deposit_amount, order.currency)
    deposit = _("We ask for a deposit of %(amount)s when you accept.", amount=asked) if order.deposit_amount else ""
    parts = (f"{price} {when}", deposit, f"{decide}\n{link_address(order)}", until, signature())
    text = [greeting(order), *(part.strip() for part in parts if part)]
    return _("Quote for your %(item)s, %(number)s", item=order.item, number=order.number), "\n\n".join(text)


def reminder_letter(order: RepairOrder) -> tuple[str, str]:
    """Subject and text of the reminder."""
    amount = i18n.format_money(order.total, order.currency)
    waits = _("your %(item)s waits for your decision on our quote of %(amount)s.", item=order.item, amount=amount)
    decide = _("Accept or decline here, no password needed:")
    until = _("The quote is valid until %(day)s.", day=i18n.format_date(order.quote_valid_until))
    text = [greeting(order), waits, f"{decide}\n{link_address(order)}", until, signature()]
    return _("Your decision on %(number)s", number=order.number), "\n\n".join(text)


def ready_letter(order: RepairOrder) -> tuple[str, str]:
    """Subject and text of the notice that the item can be collected."""
    ready = _("your %(item)s is repaired and ready to be collected.", item=order.item)
    text = [greeting(order), f"{ready} {_to_pay(order)}", _code(order), signature()]
    return _("Your %(item)s is ready, %(number)s", item=order.item, number=order.number), "\n\n".join(text)


def _to_pay(order: RepairOrder) -> str:
    due = due_of(order)
    if due <= 0:
        return _("Nothing is to pay.")
    amount = i18n.format_money(due, order.currency)
    if held_for(order.__tablename__, order.id):
        return _("To pay: %(amount)s; what is held on your card is taken first.", amount=amount)
    return _("To pay: %(amount)s.", amount=amount)


def _code(order: RepairOrder) -> str:
    return _("Whoever collects it shows this code: %(code)s", code=i18n.digits(code_of(order)))


def collect_letter(order: RepairOrder) -> tuple[str, str]:
    """Subject and text of the reminder that an item has not been collected."""
    since = i18n.format_date(order.ready_at or order.state_at)
    lies = _("your %(item)s has been lying ready for you since %(day)s.", item=order.item, day=since)
    kind = _("Please collect it soon, or tell us when you will come.")
    text = [greeting(order), f"{lies} {_to_pay(order)}", kind, _code(order), signature()]
    return _("Please collect your %(item)s, %(number)s", item=order.item, number=order.number), "\n\n".join(text)
