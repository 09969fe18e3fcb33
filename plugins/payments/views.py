"""The pages of payments: their ledger, what may be done with them, and the customer's way to the card page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from erp import _, can, company, i18n, session, transaction
from erp.screens import (
    Answer,
    Cell,
    Column,
    CustomerPage,
    DocumentView,
    Field,
    Kind,
    LinesShown,
    Opened,
    Question,
    Row,
    State,
    TaskButton,
    allowed,
    asked,
    expose,
    public,
)
from plugins.payments import cards, decisions, refunds
from plugins.payments.ledger import entries_of
from plugins.payments.models import ENTRIES, REASONS, Payment, PaymentEntry

MOODS = {
    "asked": "wait", "authorised": "move", "paid": "good", "partly_refunded": "move", "refunded": "done",
    "released": "done", "failed": "bad", "pending": "move",
}  # fmt: skip


class Payments(DocumentView):
    """The payments' pages."""

    type_name = "payment"

    def badges(self, it: Opened) -> Sequence[State]:
        """Its status, and what the provider was asked."""
        found = [State(MOODS[it.row.status], it.type.field("status").shown(it.row.status))]
        if it.row.under_way:
            found.append(State("move", _("The provider is being asked")))
        return found

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """Take or release what is held; give back what is paid."""
        row: Payment = it.row
        found = []
        if can("edit", "payment") and row.provider and not row.under_way:
            if row.status == "authorised":
                found.append(TaskButton(_("Take the payment"), f"{it.url}/capture", "cash"))
            if row.status in {"authorised", "asked"}:
                found.append(TaskButton(_("Release"), f"{it.url}/release", "lock-open"))
        if can("edit", "refund") and row.refundable > 0:
            found.append(TaskButton(_("Give money back"), f"{it.url}/refund", "receipt-refund"))
        return found

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """The ledger."""
        heads = [
            Column("at", _("When"), "title"),
            Column("kind", _("What"), "what"),
            Column("by", _("By"), "who"),
            Column("amount", _("Amount"), "amount", number=True),
        ]
        rows = [_entry(entry, it.currency) for entry in entries_of(it.row.id)]
        return [LinesShown(_("Ledger"), heads, rows, empty=_("Nothing has happened yet."))]

    @expose("/<int:row_id>/capture", methods=("GET", "POST"))
    @allowed("edit")
    def capture(self, row_id: int) -> Answer:
        """Ask how much of what is held is taken."""
        it = self.opened(row_id)

        def do(values: dict[str, Any]) -> str:
            with transaction():
                cards.capture(row_id, values["amount"])
            return _("The provider is being asked to take the payment.")

        return asked(it, "capture", Question(
            _("Take the payment %(number)s", number=it.number), _("Take the payment"), do,
            [_amount(_("Amount"))], {"amount": it.row.authorised_amount},
            _("What is not taken is released at once and cannot be taken later."),
        ))  # fmt: skip

    @expose("/<int:row_id>/release", methods=("GET", "POST"))
    @allowed("edit")
    def release(self, row_id: int) -> Answer:
        """Ask once more before what is held is given up."""
        it = self.opened(row_id)

        def do(_values: dict[str, Any]) -> str:
            with transaction():
                cards.release(row_id)
            return _("The provider is being asked to release it.")

        note = _("The customer keeps the money. It cannot be taken any more afterwards.")
        return asked(it, "release", Question(_("Release %(number)s", number=it.number), _("Release"), do, note=note))

    @expose("/<int:row_id>/refund", methods=("GET", "POST"))
    @allowed("show")
    def refund(self, row_id: int) -> Answer:
        """Ask how much is given back, and why."""
        it = self.opened(row_id)

        def do(values: dict[str, Any]) -> str:
            with transaction():
                refunds.give_back(
                    row_id, values["amount"], values["reason"],
                    note=values.get("note") or "", reference=values.get("reference") or "",
                )  # fmt: skip
            return _("The money is on its way back.") if it.row.provider else _("The money is given back.")

        return asked(it, "refund", Question(
            _("Give money of %(number)s back", number=it.number), _("Give back"), do,
            _refund_fields(it.row), {"amount": it.row.refundable}, _how_back(it.row),
        ))  # fmt: skip


class Refunds(DocumentView):
    """The refunds' pages."""

    type_name = "refund"

    def badges(self, it: Opened) -> Sequence[State]:
        """Its status."""
        mood = {"asked": "wait", "pending": "move", "refunded": "good", "failed": "bad"}[it.row.status]
        return [State(mood, it.type.field("status").shown(it.row.status))]


class PaymentReviews(DocumentView):
    """The queue of payments to look at."""

    type_name = "payment_review"

    def badges(self, it: Opened) -> Sequence[State]:
        """Whether it is decided."""
        if not it.row.resolution:
            return [State("wait", _("To be decided"))]
        return [State("done", it.type.field("resolution").shown(it.row.resolution))]

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """The three decisions."""
        if it.row.resolution or not can("edit", "payment_review"):
            return ()
        found = [TaskButton(_("Match"), f"{it.url}/match", "check")]
        if it.row.payment is not None and it.row.payment.refundable > 0 and can("edit", "refund"):
            found.append(TaskButton(_("Give back"), f"{it.url}/refund", "receipt-refund"))
        return [*found, TaskButton(_("Leave as it is"), f"{it.url}/ignore", "x")]

    @expose("/<int:row_id>/match", methods=("GET", "POST"))
    @allowed("edit")
    def match(self, row_id: int) -> Answer:
        """Take over what the provider says."""
        it = self.opened(row_id)

        def do(values: dict[str, Any]) -> str:
            decisions.match(row_id, values.get("number") or "")
            return _("The provider is being asked; what it says is taken over.")

        fields = (
            [] if it.row.payment is not None else [Field("number", label=_("Number of the payment"), required=True)]
        )
        note = _("Our books are brought to what the provider says, refunds made there too.")
        return asked(it, "match", Question(_("Match %(number)s", number=it.number), _("Match"), do, fields, note=note))

    @expose("/<int:row_id>/refund", methods=("GET", "POST"))
    @allowed("edit")
    def refund(self, row_id: int) -> Answer:
        """Give the amount in question back."""
        it = self.opened(row_id)

        def do(values: dict[str, Any]) -> str:
            decisions.refund(row_id, values.get("note") or "")
            return _("The money is on its way back.")

        title = _("Give back what %(number)s is about", number=it.number)
        return asked(it, "refund", Question(title, _("Give back"), do, [_note(_("Note"))]))

    @expose("/<int:row_id>/ignore", methods=("GET", "POST"))
    @allowed("edit")
    def ignore(self, row_id: int) -> Answer:
        """Leave it as it is and say why."""
        it = self.opened(row_id)

        def do(values: dict[str, Any]) -> str:
            decisions.ignore(row_id, values["note"])
            return _("Left as it is; the history keeps your reason.")

        title = _("Leave %(number)s as it is", number=it.number)
        return asked(it, "ignore", Question(title, _("Leave as it is"), do, [_note(_("Why"), required=True)]))


def _entry(entry: PaymentEntry, currency: str) -> Row:
    amount = i18n.format_money(entry.amount, currency) if entry.amount else ""
    cells = [
        Cell(i18n.format_datetime(entry.at)),
        Cell(str(ENTRIES[entry.kind]), sub=entry.note or entry.reference),
        Cell(entry.by or _("Automatic")),
        Cell(amount, "number"),
    ]
    return Row(str(entry.id), cells[0].text, cells)


def _amount(label: str) -> Field:
    return Field("amount", Kind.MONEY, label, required=True, places=4)


def _note(label: str, *, required: bool = False) -> Field:
    return Field("note", Kind.LONG_TEXT, label, required=required)


def _refund_fields(payment: Payment) -> list[Field]:
    reason = Field("reason", Kind.CHOICE, _("Reason"), required=True, choices=tuple(REASONS.items()))
    found = [_amount(_("Amount")), reason, _note(_("Note"))]
    if not payment.provider and payment.method != "cash":
        found.insert(1, Field("reference", label=_("Reference of the money sent back"), required=True, length=80))
    return found


def _how_back(payment: Payment) -> str:
    left = i18n.format_money(payment.refundable, payment.currency)
    if payment.provider:
        return _("Up to %(left)s goes back to the card it came from.", left=left)
    if payment.method == "cash":
        return _("Up to %(left)s: hand it out of the drawer now.", left=left)
    return _("Up to %(left)s: send it back first, then write down the reference here.", left=left)


# -- the customer's way to the card page --------------------------------------------------------------------


PAID = "paid"
"""What the provider's page says in `back` of somebody who has paid there; whoever left it says something else."""


@dataclass(frozen=True)
class PayPage:
    """payments/pay.html: where a customer's payment stands; `next_url` is gone to by itself after `seconds`."""

    company: str
    title: str
    number: str
    say: str
    kind: str
    """wait | good | bad"""
    next_url: str = ""
    seconds: int = 0
    label: str = ""
    back_url: str = ""


class Pay(CustomerPage):
    """`/pay/<token>`: leads to the provider's page and says what became of it. No card's number comes here."""

    route_base = "/pay"
    default_view = "show"
    purpose = cards.PURPOSE

    @expose("/<token>")
    @public
    def show(self, token: str) -> Answer:
        """Where the payment stands; whoever comes back from the card page has the provider asked at once."""
        came_back = request.args.get("back", "")
        grant, document = self.enter(token)
        payment = session().get_one(Payment, document.id)
        if came_back == PAID and payment.status == "asked":
            with transaction():
                cards.look(payment)  # reads at the provider, at most once in five seconds
        view = _stand(payment, f"/pay/{token}", str(grant.scope.get("return_url", "")), came_back)
        answer = self.page("payments/pay.html", view)
        if view.next_url and view.kind == "wait":
            # not a redirect: where a form led here, the browser would hold its next page to our form-action
            answer.headers["Refresh"] = f"{view.seconds};url={view.next_url}"
        return answer


def _stand(payment: Payment, own: str, back: str, came_back: str) -> PayPage:
    money = i18n.format_money(payment.asked_amount, payment.currency)
    head: dict[str, Any] = {
        "company": company().name, "title": money, "number": payment.subject_number, "back_url": back,
    }  # fmt: skip
    if payment.paid_amount > 0:
        paid = i18n.format_money(payment.paid_amount, payment.currency)
        return PayPage(**head, say=_("Thank you. %(amount)s is paid.", amount=paid), kind="good")
    if payment.status == "authorised":
        say = _("Thank you. %(amount)s is held on your card. It is taken only when the work is done.", amount=money)
        return PayPage(**head, say=say, kind="good")
    if payment.status != "asked":
        return PayPage(**head, say=_("Nothing was charged, and this page is over. Ask us for a new one."), kind="bad")
    if not payment.page_url:
        say = _("One moment, the card page is being opened.")
        return PayPage(**head, say=say, kind="wait", next_url=own, seconds=1)
    if came_back and payment.failure:
        return PayPage(
            **head, say=_("The card was not accepted: %(why)s", why=payment.failure), kind="bad",
            next_url=payment.page_url, label=_("Try another card"),
        )  # fmt: skip
    if came_back == PAID:
        say = _("Your bank's answer is on its way. This page shows it by itself.")
        return PayPage(**head, say=say, kind="wait", next_url=f"{own}?back={PAID}", seconds=2)
    if came_back:
        say = _("You have not paid yet.")
        return PayPage(**head, say=say, kind="bad", next_url=payment.page_url, label=_("Go to the card page"))
    say = _("You are led to the card page of our payment provider.")
    return PayPage(**head, say=say, kind="wait", next_url=payment.page_url, label=_("Go to the card page"))
