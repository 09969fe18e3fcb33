"""Charging cards through a provider: the customer's page, taking or giving up what is held, and looking again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import sqlalchemy as sa

from erp import Conflict, Document, Invalid, _, add, ask, clock, i18n, money, require, session, settings, signed_links
from plugins.parties.models import Party
from plugins.payments.actions import CapturePayment, MailPayPage, OpenPage, ReadPayment, ReleasePayment
from plugins.payments.dues import due_of
from plugins.payments.ledger import locked
from plugins.payments.models import Payment
from plugins.payments.providers import ready_provider
from plugins.payments.tenders import check_amount, lock, payment_for

PURPOSE = "pay"
"""Of the signed link that opens a payment's page."""
PAGE_DAYS = 2


def pay_page(
    document: Document, party: Party, amount: Decimal, *, purpose: str = "sale", return_url: str = "", holder: str = ""
) -> str:
    """Our address of the page that leads a customer to pay by card; a `deposit` is only held until it is captured.

    The page itself is the provider's. Asked again for the same, it is the same page while nobody has paid. Raises
    Conflict when no provider is connected or less is due, Invalid for an amount the currency does not have.
    """
    lock(document)
    check_amount(amount, document.currency)
    if purpose == "sale" and amount > (due := due_of(document)):
        raise Conflict(_("Only %(due)s is still to be paid.", due=i18n.format_money(due, document.currency)))
    payment = open_for(document, amount, purpose)
    if payment is not None:
        return _url(payment)
    found = ready_provider()
    if found is None:
        raise Conflict(_("No provider of card payments is connected. Set its credentials under Outside services."))
    payment = payment_for(document, party, "card", amount, purpose)
    payment.provider = found.name
    add(payment)
    link = signed_links.SignedLink(
        purpose=PURPOSE, subject="payment", subject_id=payment.id, holder=holder or party.name,
        scope={"return_url": return_url if _is_ours(return_url) else ""},
    )  # fmt: skip
    signed_links.issue(link, token=_token(payment), days=PAGE_DAYS)
    # a key is new for ever: two installations, or one brought back from a dump, may share an account
    ask(payment, OpenPage, f"payment:{payment.id}:page:{uuid4()}", address=address_of(payment))
    return _url(payment)


def _is_ours(url: str) -> bool:
    return url.startswith("/") and not url.startswith(("//", "/\\"))


def _token(payment: Payment) -> str:
    return signed_links.token_for(settings().secret_key, PURPOSE, payment.tenant_id, payment.id)


def _url(payment: Payment) -> str:
    return f"/pay/{_token(payment)}"


def address_of(payment: Payment) -> str:
    """Where a customer pays what was asked of them by card: a link of ours, which leads to the provider's page."""
    return settings().address + _url(payment)


def mail_page(payment_id: int) -> None:
    """Mail the link to the customer; raises Forbidden, Conflict when nothing is to be paid or there is no address."""
    require("edit", "payment")
    payment = locked(payment_id)
    if payment.status != "asked" or not payment.provider:
        raise Conflict(_("This payment does not stand so any more. Load the page again."))
    if not payment.party.email:
        raise Conflict(_("%(who)s has no mail address.", who=payment.party.name))
    ask(payment, MailPayPage, f"payment:{payment.id}:mail:{uuid4()}", address_of_page=address_of(payment))


def open_for(document: Document, amount: Decimal, purpose: str) -> Payment | None:
    """The payment somebody has asked for already and that can still be made."""
    statement = (
        sa.select(Payment)
        .where(
            Payment.subject_type == document.__tablename__,
            Payment.subject_id == document.id,
            Payment.method == "card",
            Payment.status == "asked",
            Payment.purpose == purpose,
            Payment.asked_amount == amount,
            Payment.created_at > clock.now() - timedelta(hours=12),
        )
        .order_by(Payment.id.desc())
        .limit(1)
    )
    return session().scalar(statement)


def capture(payment_id: int, amount: Decimal) -> Payment:
    """Take what is held on a card, or a part; the rest is released. Raises Forbidden, Conflict, Invalid at `amount`."""
    require("edit", "payment")
    payment = _idle(payment_id, "authorised")
    if amount <= 0 or amount != money.rounded(amount, payment.currency) or amount > payment.authorised_amount:
        held = i18n.format_money(payment.authorised_amount, payment.currency)
        raise Invalid(fields={"amount": _("Up to %(held)s can be taken.", held=held)})
    payment.under_way = "capture"
    ask(payment, CapturePayment, f"payment:{payment.id}:capture:{uuid4()}", amount=amount)
    return payment


def release(payment_id: int) -> Payment:
    """Give up what is held on a card, or a page nobody has paid on. Raises Forbidden or Conflict."""
    require("edit", "payment")
    payment = _idle(payment_id, "authorised", "asked")
    if not payment.page_reference:
        raise Conflict(_("The card page is just being made. Try again in a moment."))
    payment.under_way = "release"
    ask(payment, ReleasePayment, f"payment:{payment.id}:release:{uuid4()}")
    return payment


def _idle(payment_id: int, *statuses: str) -> Payment:
    payment = locked(payment_id)
    if payment.status not in statuses or not payment.provider:
        raise Conflict(_("This payment does not stand so any more. Load the page again."))
    if payment.under_way:
        raise Conflict(_("The provider is being asked already. Load the page again in a moment."))
    return payment


def look(payment: Payment, *, adopt: bool = False) -> None:
    """Ask the provider how a payment stands, at most once in five seconds; nothing is changed there."""
    payment = locked(payment.id)
    turn = int(clock.now().timestamp()) // 5
    if payment.page_reference:
        ask(payment, ReadPayment, f"payment:{payment.id}:look:{turn}{':adopt' if adopt else ''}", adopt=adopt)
