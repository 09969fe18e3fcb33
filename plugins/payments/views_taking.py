"""Taking money for any document: the form, and what was paid for it so far."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import request

from erp import Conflict, Document, _, company, i18n, read_setting, transaction, write_setting
from erp.screens import (
    Answer,
    Cell,
    Column,
    Field,
    Kind,
    LinesShown,
    Link,
    Opened,
    Question,
    Row,
    Said,
    Stand,
    asked,
    asked_at,
)
from plugins.payments import cards
from plugins.payments.dues import due_of, payer
from plugins.payments.models import METHODS, STATUSES, Payment
from plugins.payments.providers import ready_provider
from plugins.payments.refunds import SECOND_PERSON
from plugins.payments.tenders import Tender, lock, take

MOODS = {
    "asked": "wait", "authorised": "move", "paid": "good", "partly_refunded": "move", "refunded": "done",
    "released": "done", "failed": "bad", "pending": "move",
}  # fmt: skip
"""Which kind of state each status of a payment is."""


def address(document: Document) -> str:
    """Where money is taken for a document."""
    return f"/payment/take/{document.__tablename__}/{document.id}"


def paid_table(payments: list[Payment], currency: str) -> LinesShown:
    """The payments of a document, the oldest first."""
    heads = [
        Column("number", _("Number"), "title"),
        Column("method", _("Method"), "what"),
        Column("status", _("Status"), "state"),
        Column("amount", _("Amount"), "amount", number=True),
    ]
    return LinesShown(_("Payments"), heads, [_row(payment, currency) for payment in payments])


def _row(payment: Payment, currency: str) -> Row:
    amount = payment.paid_amount - payment.refunded_amount or payment.authorised_amount or payment.asked_amount
    given = ""
    if payment.refunded_amount:
        given = _("%(amount)s given back", amount=i18n.format_money(payment.refunded_amount, currency))
    status = str(STATUSES[payment.status])
    cells = [
        Cell(payment.number or "–", "id", url=f"/payment/{payment.id}",
             sub=i18n.format_datetime(payment.paid_at or payment.created_at)),
        Cell(str(METHODS[payment.method]), sub=payment.reference),
        Cell(status, "state", mark=MOODS[payment.status]),
        Cell(i18n.format_money(amount, currency), "number", sub=given),
    ]  # fmt: skip
    return Row(str(payment.id), payment.number or "", cells)


def page(it: Opened) -> Answer:
    """The form that takes a payment for a document; whoever charges a card is led to where its page is."""
    document: Document = it.row
    party = payer(document)
    if party is None:
        raise Conflict(_("Nothing is to be paid for this now."))
    due = due_of(document)
    is_deposit = due <= 0 and not getattr(document, type(document).amount_field)
    if request.method != "POST":  # what was sent before is led to what it made
        _refuse_paid(due, is_deposit=is_deposit)
    purpose = "deposit" if is_deposit else "sale"
    went: list[str] = []

    def do(values: dict[str, Any]) -> Said:
        with transaction():
            lock(document)
            _refuse_paid(due_of(document), is_deposit=is_deposit)
            if values["method"] == "card":
                cards.pay_page(document, party, values["amount"], purpose=purpose)
                made = cards.open_for(document, values["amount"], purpose)
                assert made is not None
                went.append(f"/payment/{made.id}")
                return _("The card page is being made. Give its link to the customer, or open it here.")
            tender = Tender(
                values["method"], values["amount"], values.get("tendered"), str(values.get("reference") or "")
            )
            (made,) = take(document, party, [tender], purpose=purpose, may_exceed=values["method"] != "cash")
        return lambda: _said(document, made)

    title = _("Take a payment for %(number)s", number=it.number)
    note = "" if is_deposit else _("%(due)s is still to be paid.", due=i18n.format_money(due, document.currency))
    values = {"method": "cash", "amount": None if is_deposit else due}
    return asked(
        it, address(document),
        Question(title, _("Take payment"), do, _fields(), values, note, lambda: went[-1] if went else it.url,
                 makes=True),
    )  # fmt: skip


def _refuse_paid(due: Decimal, *, is_deposit: bool) -> None:
    """Raise Conflict where nothing is left to pay, and no deposit is taken before there is."""
    if due <= 0 and not is_deposit:
        raise Conflict(_("This is paid already."))


def _said(document: Document, payment: Payment) -> str:
    said, left = [_("%(number)s is booked.", number=payment.number or "")], due_of(document)
    if payment.change_amount:
        said.append(_("Change: %(amount)s.", amount=i18n.format_money(payment.change_amount, payment.currency)))
    if left > 0:
        said.append(_("%(due)s is still to be paid.", due=i18n.format_money(left, payment.currency)))
    return " ".join(said)


def _fields() -> list[Field]:
    methods = [(name, label) for name, label in METHODS.items() if name != "card" or ready_provider() is not None]
    return [
        Field("method", Kind.CHOICE, _("Method"), required=True, choices=tuple(methods)),
        Field("amount", Kind.MONEY, _("Amount"), required=True, places=4, minimum=Decimal(0)),
        Field("tendered", Kind.MONEY, _("Cash received"), places=4, minimum=Decimal(0),
              help=_("Of cash only; empty where it is exactly the amount.")),
        Field("reference", label=_("Reference"), length=80,
              help=_("What the slip of the card machine, the bank or M-Pesa calls it.")),
    ]  # fmt: skip


def rules() -> Answer:
    """The form of what a company has decided about payments."""
    currency = company().currency

    def do(values: dict[str, Any]) -> str:
        limit = values.get("second_person_from")
        with transaction():
            write_setting(SECOND_PERSON, "" if limit is None else f"{limit:f}")
        return _("Saved.")

    kept = read_setting(SECOND_PERSON, "")
    values = {"second_person_from": Decimal(kept) if kept else None}
    asks = Field(
        "second_person_from", Kind.MONEY, _("A second person agrees to refunds from"), places=4, minimum=Decimal(0),
        help=_("Refunds of so much or more wait until somebody else has agreed; in a foreign currency all do. "
               "Empty for never."),
    )  # fmt: skip
    return asked_at(
        Stand("/payment/rules", "/payment/", [Link(_("Payments"), "/payment/")], currency),
        Question(_("Rules of payments"), _("Save"), do, [asks], values),
    )  # fmt: skip
