"""The pages of payments: their ledger, what may be done with them, and the customer's way to the card page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request

from erp import Document, _, can, current, i18n, require, session, transaction
from erp.screens import (
    Answer,
    Beside,
    Cell,
    Column,
    CustomerPage,
    DocumentView,
    Field,
    Kind,
    LinesShown,
    Link,
    Opened,
    Question,
    Row,
    Shown,
    State,
    TaskButton,
    allowed,
    asked,
    expose,
    opened,
    public,
)
from plugins.payments import cards, decisions, refunds, views_paying, views_taking
from plugins.payments.api import payments_of
from plugins.payments.dues import due_of, payer
from plugins.payments.ledger import entries_of
from plugins.payments.models import ENTRIES, REASONS, Payment, PaymentEntry, Refund


class Payments(DocumentView):
    """The payments' pages."""

    type_name = "payment"

    def badges(self, it: Opened) -> Sequence[State]:
        """Its status, and what the provider was asked."""
        found = [State(views_taking.MOODS[it.row.status], it.type.field("status").shown(it.row.status))]
        if it.row.under_way:
            found.append(State("move", _("The provider is being asked")))
        return found

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """Take or release what is held; give back what is paid."""
        row: Payment = it.row
        found = []
        if can("edit", "payment") and row.provider and not row.under_way:
            if row.status == "asked" and row.party.email:
                found.append(TaskButton(_("Mail the link"), f"{it.url}/mail", "mail", post=True))
            if row.status == "authorised":
                found.append(TaskButton(_("Take the payment"), f"{it.url}/capture", "cash"))
            if row.status in {"authorised", "asked"}:
                label = _("Release") if row.status == "authorised" else _("Close the card page")
                found.append(TaskButton(label, f"{it.url}/release", "lock-open"))
        if can("edit", "refund") and row.refundable > 0:
            found.append(TaskButton(_("Give money back"), f"{it.url}/refund", "receipt-refund", aside=True))
        return found

    def links(self, _it: Opened) -> Sequence[Link]:
        """The company's rules, for whoever may set them."""
        return [Link(_("Rules of payments"), "/payment/rules", "settings")] if can("edit", "setting") else []

    def facts(self, it: Opened) -> Sequence[Shown]:
        """The document it is for, and the customer's way to the card page while it can be paid."""
        row: Payment = it.row
        found = []
        if can("show", row.subject_type):
            address = f"/{row.subject_type}/{row.subject_id}"
            found.append(Shown(_("For"), row.subject_number or "–", url=address))
        if row.status == "asked" and row.provider:
            address = cards.address_of(row)
            found.append(Shown(_("Link for the customer"), address, url=address, wide=True))
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

    @expose("/take/<type_name>/<int:document_id>", methods=("GET", "POST"))
    @allowed("edit")
    def take(self, type_name: str, document_id: int) -> Answer:
        """Take a payment for a document of any type that may be paid."""
        return views_taking.page(opened(type_name, document_id))

    @expose("/rules", methods=("GET", "POST"))
    @allowed("list")
    def rules(self) -> Answer:
        """From which amount on a second person agrees to a refund."""
        require("edit", "setting")
        return views_taking.rules()

    @expose("/<int:row_id>/mail", methods=("POST",))
    @allowed("edit")
    def mail(self, row_id: int) -> Answer:
        """Mail the customer the link to the card page."""
        it = self.opened(row_id)
        with transaction():
            cards.mail_page(row_id)
        flash(_("The link is on its way to %(who)s.", who=it.row.party.name), "success")
        return redirect(it.url)

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

        if it.row.status == "asked":
            note = _("Nobody can pay by its link any more. Ask for a new payment when it is wanted after all.")
            title, submit = _("Close the card page of %(number)s", number=it.number), _("Close the card page")
        else:
            note = _("The customer keeps the money. It cannot be taken any more afterwards.")
            title, submit = _("Release %(number)s", number=it.number), _("Release")
        return asked(it, "release", Question(title, submit, do, note=note))

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
            if refunds.needs_second(it.row, values["amount"]):
                return _("It is reserved; somebody else has to agree before it is given back.")
            return _("The money is on its way back.") if it.row.provider else _("The money is given back.")

        return asked(it, "refund", Question(
            _("Give money of %(number)s back", number=it.number), _("Give back"), do,
            _refund_fields(it.row), {"amount": it.row.refundable}, _how_back(it.row), makes=True,
        ))  # fmt: skip


class Refunds(DocumentView):
    """The refunds' pages."""

    type_name = "refund"

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """A second person agrees, or does not; whoever asked may take it back."""
        row: Refund = it.row
        if row.status != "to_approve":
            return ()
        if row.asked_by_id == current().user_id:
            blocked = _("You asked for this refund yourself; somebody else has to agree.")
            return (
                TaskButton(_("Agree"), "", "check", blocked=blocked),
                TaskButton(_("Take it back"), f"{it.url}/decline", "x"),
            )
        if not can("approve", "refund"):
            return ()
        return (
            TaskButton(_("Agree"), f"{it.url}/agree", "check"),
            TaskButton(_("Do not agree"), f"{it.url}/decline", "x"),
        )

    @expose("/<int:row_id>/agree", methods=("GET", "POST"))
    @allowed("show")
    def agree(self, row_id: int) -> Answer:
        """Ask once more before the money goes back."""
        require("approve", "refund")
        it = self.opened(row_id)

        def do(values: dict[str, Any]) -> str:
            with transaction():
                refunds.agree(row_id, reference=values.get("reference") or "")
            return _("The money is on its way back.") if it.row.payment.provider else _("The money is given back.")

        wanted = it.row.payment.method in refunds.REFERENCED and not it.row.reference
        fields = [_reference()] if wanted else []
        amount = i18n.format_money(it.row.refund_amount, it.currency)
        title = _("Give %(amount)s back", amount=amount)
        return asked(it, "agree", Question(title, _("Agree"), do, fields, note=it.row.note))

    @expose("/<int:row_id>/decline", methods=("GET", "POST"))
    @allowed("show")
    def decline(self, row_id: int) -> Answer:
        """Ask why it is not to be given back."""
        it = self.opened(row_id)
        is_own = it.row.asked_by_id == current().user_id
        require("edit" if is_own else "approve", "refund")

        def do(values: dict[str, Any]) -> str:
            with transaction():
                refunds.decline(row_id, values["note"])
            return _("It is not given back; the history keeps your reason.")

        title = _("Do not give %(number)s back", number=it.number)
        submit = _("Take it back") if is_own else _("Do not agree")
        return asked(it, "decline", Question(title, submit, do, [_note(_("Why"), required=True)]))

    def badges(self, it: Opened) -> Sequence[State]:
        """Its status."""
        mood = {"to_approve": "wait", "asked": "move", "pending": "move", "refunded": "good", "failed": "bad"}[
            it.row.status
        ]
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
        is_ours = it.row.payment is not None and it.row.kind != "unknown_refund"
        if is_ours and it.row.payment.refundable > 0 and can("edit", "refund"):
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


class Paid(Beside):
    """What was paid for a document, beside it; and the way to take more."""

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """Take a payment, where something is to be paid."""
        if not isinstance(it.row, Document) or not can("edit", "payment"):
            return ()
        if payer(it.row) is None or (due_of(it.row) <= 0 and getattr(it.row, it.row.amount_field)):
            return ()
        return (TaskButton(_("Take payment"), views_taking.address(it.row), "cash"),)

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """Its payments, where there are any."""
        if not isinstance(it.row, Document) or not can("show", "payment"):
            return ()
        found = payments_of(it.row)
        return (views_taking.paid_table(found, it.currency),) if found else ()


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
    if payment.method in refunds.REFERENCED:
        found.insert(1, _reference())
    return found


def _reference() -> Field:
    return Field("reference", label=_("Reference of the money sent back"), length=80)


def _how_back(payment: Payment) -> str:
    left = i18n.format_money(payment.refundable, payment.currency)
    if payment.provider:
        return _("Up to %(left)s goes back to the card it came from.", left=left)
    if payment.method == "cash":
        return _("Up to %(left)s: hand it out of the drawer now.", left=left)
    return _("Up to %(left)s: send it back first, then write down the reference here.", left=left)


# -- the customer's way to the card page --------------------------------------------------------------------


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
        if came_back == views_paying.PAID and payment.status == "asked":
            with transaction():
                cards.look(payment)  # reads at the provider, at most once in five seconds
        view = views_paying.stand(payment, f"/pay/{token}", str(grant.scope.get("return_url", "")), came_back)
        answer = self.page("payments/pay.html", view)
        if view.next_url and view.kind == "wait":
            # not a redirect: where a form led here, the browser would hold its next page to our form-action
            answer.headers["Refresh"] = f"{view.seconds};url={view.next_url}"
        return answer
