from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Document,
    Invalid,
    TenantScoped,
    _,
    _l,
    amount,
    choice,
    clock,
    current,
    key_to,
    link,
    long_text,
    moment,
    session,
    text,
)
from plugins.parties.models import Party

METHODS = {
    "cash": _l("Cash"),
    "card": _l("Card"),
    "card_machine": _l("Card, own machine"),
    "bank": _l("Bank transfer"),
    "mpesa": _l("M-Pesa"),
}
PURPOSES = {"sale": _l("Payment"), "deposit": _l("Deposit")}
STATUSES = {
    "asked": _l("Asked for"),
    "authorised": _l("Held on the card"),
    "paid": _l("Paid"),
    "partly_refunded": _l("Partly given back"),
    "refunded": _l("Given back"),
    "released": _l("Released"),
    "failed": _l("Failed"),
}
REFUND_STATUSES = {
    "to_approve": _l("To be agreed to"),
    "asked": _l("Asked for"),
    "pending": _l("Under way"),
    "refunded": _l("Given back"),
    "failed": _l("Failed"),
}
REASONS = {
    "requested_by_customer": _l("The customer wishes it"),
    "not_delivered": _l("Not repaired or not delivered"),
    "duplicate": _l("Paid twice"),
    "other": _l("Other"),
}
ENTRIES = {
    "authorised": _l("Held on the card"),
    "captured": _l("Paid"),
    "released": _l("Released"),
    "declined": _l("Declined"),
    "failed": _l("Failed"),
    "refund_asked": _l("To be given back"),
    "refunded": _l("Given back"),
    "refund_failed": _l("Not given back"),
    "refund_returned": _l("Came back to us"),
    "applied": _l("Set off against what is charged"),
    "fee": _l("Kept by the provider"),
}
"""What a ledger's entry tells; its figures are sums of these and of nothing else, see `ledger`."""
REVIEWS = {
    "overpaid": _l("More was paid than is due"),
    "late": _l("Paid after it was given up"),
    "amount": _l("Another amount than asked for"),
    "unknown_payment": _l("A payment nobody asked for"),
    "unknown_refund": _l("A refund nobody here asked for"),
    "uncertain": _l("Nobody knows whether it was carried out"),
    "differs": _l("Our books and the provider's differ"),
}
RESOLUTIONS = {"match": _l("Taken over"), "refund": _l("Given back"), "ignore": _l("Left as it is")}


class Payment(Document):
    """Payment. Payments.

    Money received for another document. It is made by `api`, never typed; its figures are sums of its ledger.
    """

    untold = frozenset({"looked_at"})
    prefix = "PAY"
    gapless = True
    icon = "cash"
    group = _l("Money")
    subtitle_field = "subject_number"
    amount_field = "paid_amount"
    __table_args__ = (
        sa.Index("payment_subject", "tenant_id", "subject_type", "subject_id"),
        sa.Index(
            "payment_given_back", "tenant_id", "subject_type", "subject_id",
            postgresql_where=sa.text("refunded_amount > 0"),
        ),
        sa.Index(
            "payment_reference", "tenant_id", "provider", "provider_reference", unique=True,
            postgresql_where=sa.text("provider_reference <> ''"),
        ),
        sa.Index(
            "payment_open", "tenant_id", "id", postgresql_where=sa.text("status in ('asked', 'authorised')"),
        ),
        sa.Index(
            "payment_mpesa", "tenant_id", "reference", unique=True, postgresql_where=sa.text("method = 'mpesa'"),
        ),
        sa.CheckConstraint("asked_amount > 0 and paid_amount >= 0", name="payment_positive"),
        sa.CheckConstraint("refunded_amount + pending_amount <= paid_amount", name="payment_capped"),
        sa.CheckConstraint(
            "method <> 'cash' or tendered_amount - change_amount = asked_amount", name="payment_adds_up"
        ),
    )  # fmt: skip

    party: Mapped[Party] = link(_l("Customer"), readonly=True, listed=True)
    method: Mapped[str] = choice(_l("Method"), METHODS, readonly=True, default="cash", listed=True)
    purpose: Mapped[str] = choice(_l("Purpose"), PURPOSES, readonly=True, default="sale")
    status: Mapped[str] = choice(_l("Status"), STATUSES, readonly=True, default="asked", listed=True)
    asked_amount: Mapped[Decimal] = amount(_l("Asked"), readonly=True)
    authorised_amount: Mapped[Decimal] = amount(_l("Held"), readonly=True, default=Decimal(0))
    """What may still be captured."""
    paid_amount: Mapped[Decimal] = amount(_l("Paid"), readonly=True, default=Decimal(0), listed=True, total=True)
    refunded_amount: Mapped[Decimal] = amount(_l("Given back"), readonly=True, default=Decimal(0), total=True)
    pending_amount: Mapped[Decimal] = amount(_l("To be given back"), readonly=True, default=Decimal(0))
    tendered_amount: Mapped[Decimal] = amount(_l("Cash received"), readonly=True, default=Decimal(0))
    change_amount: Mapped[Decimal] = amount(_l("Change given"), readonly=True, default=Decimal(0))
    paid_at: Mapped[datetime | None] = moment(_l("Paid at"), readonly=True, listed=True)
    cashier: Mapped[str] = text(_l("Cashier"), readonly=True, listed=True)
    reference: Mapped[str] = text(_l("Reference"), length=80, readonly=True, default="", search=True)
    """What the slip, the bank or M-Pesa calls it."""
    failure: Mapped[str] = text(_l("What went wrong"), length=300, readonly=True, default="")
    subject_type: Mapped[str] = mapped_column(sa.String(60))
    """Type of the document it pays; the link is held as type, id and number, since any type may be paid."""
    subject_id: Mapped[int] = mapped_column(sa.BigInteger)
    subject_number: Mapped[str] = text(_l("For"), length=40, readonly=True, search=True, listed=True)
    provider: Mapped[str] = mapped_column(sa.String(60), default="")
    """Name of the plugin through which a card is charged."""
    provider_reference: Mapped[str] = text(_l("Provider's number"), length=120, readonly=True, default="", search=True)
    page_reference: Mapped[str] = mapped_column(sa.String(120), default="")
    page_url: Mapped[str] = mapped_column(sa.String(2000), default="")
    """Where the customer types the card's number: never at our address."""
    page_until: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    under_way: Mapped[str] = mapped_column(sa.String(12), default="")
    """What was asked of the provider and is not answered yet: capture or release."""
    looked_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    """When it was last compared with the provider."""

    def arrive(self) -> None:
        """One of another system is over: what it was paid for is found by its number."""
        if self.status in {"asked", "authorised"}:
            self.status = "paid" if self.paid_amount > self.refunded_amount else "refunded"
        self.asked_amount = self.asked_amount or self.paid_amount
        self.paid_at = self.paid_at or self.created_at
        self.cashier = self.cashier or current().name
        if self.method == "cash" and not self.tendered_amount:
            self.tendered_amount = self.asked_amount + self.change_amount
        subject = self._subject()
        if subject is None or self.asked_amount is None or self.asked_amount <= 0 or self.pending_amount:
            said = _("There is no document with this number.") if subject is None else _("It has no paid amount.")
            raise Invalid(fields={"subject_number" if subject is None else "paid_amount": said})
        self.subject_type, self.subject_id = subject

    def _subject(self) -> tuple[str, int] | None:
        """(type, id) of the document its `subject_number` names."""
        classes = [mapper.class_ for mapper in Document.registry.mappers if issubclass(mapper.class_, Document)]
        for cls in sorted(classes, key=lambda cls: str(cls.__tablename__)):
            if cls.amount_field and cls is not Payment:
                found = session().scalar(sa.select(cls.id).where(cls.number == self.subject_number))
                if found is not None:
                    return cls.__tablename__, found
        return None

    def arrived(self) -> None:
        """Its ledger says what its figures say."""
        known = {"captured": self.paid_amount, "refund_asked": self.refunded_amount, "refunded": self.refunded_amount}
        session().add_all(
            PaymentEntry(payment_id=self.id, kind=kind, amount=amount, at=self.paid_at, note=_("Imported history"))
            for kind, amount in known.items()
            if amount
        )

    @property
    def refundable(self) -> Decimal:
        """What may still be given back."""
        return self.paid_amount - self.refunded_amount - self.pending_amount


class PaymentEntry(TenantScoped):
    """A line of a payment's ledger: written once, by `ledger.post` alone, never changed."""

    __tablename__ = "payment_entry"
    __table_args__ = (
        key_to("payment", "payment_id"),
        key_to("refund", "refund_id"),
        sa.Index("payment_entry_payment", "tenant_id", "payment_id", "id"),
        sa.Index(
            "payment_entry_refund", "tenant_id", "refund_id", "kind", unique=True,
            postgresql_where=sa.text("refund_id is not null"),
        ),
        sa.CheckConstraint("amount >= 0", name="payment_entry_positive"),
        {"info": {"append_only": True}},
    )  # fmt: skip
    payment_id: Mapped[int] = mapped_column(sa.BigInteger)
    refund_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    kind: Mapped[str] = mapped_column(sa.String(20))
    amount: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4))
    reference: Mapped[str] = mapped_column(sa.String(120), default="")
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    by: Mapped[str] = mapped_column(sa.String(200), default=lambda: current().name)


class Refund(Document):
    """Refund. Refunds.

    Money of one payment that is given back the way it came. `refunds.give_back` makes it; its status only moves on.
    """

    takes_history = False
    verbs = {  # noqa: RUF012 - read once, never changed
        "pay_out": _l("Pay out in cash"),
        "approve": _l("Agree to what others ask for"),
    }
    prefix = "RF"
    icon = "receipt-refund"
    group = _l("Money")
    subtitle_field = "payment_number"
    amount_field = "refund_amount"
    __table_args__ = (
        sa.Index(
            "refund_reference", "tenant_id", "provider_reference", unique=True,
            postgresql_where=sa.text("provider_reference <> ''"),
        ),
        sa.CheckConstraint("refund_amount > 0", name="refund_positive"),
    )  # fmt: skip

    payment: Mapped[Payment] = link(_l("Payment"), readonly=True, listed=True)
    payment_number: Mapped[str] = text(_l("Of payment"), length=40, readonly=True, search=True)
    party: Mapped[Party] = link(_l("Customer"), readonly=True, listed=True)
    refund_amount: Mapped[Decimal] = amount(_l("Amount"), readonly=True, listed=True, total=True)
    method: Mapped[str] = choice(_l("Method"), METHODS, readonly=True, listed=True)
    status: Mapped[str] = choice(_l("Status"), REFUND_STATUSES, readonly=True, default="asked", listed=True)
    reason: Mapped[str] = choice(_l("Reason"), REASONS, readonly=True)
    note: Mapped[str] = long_text(_l("Note"), readonly=True, default="")
    refunded_at: Mapped[datetime | None] = moment(_l("Given back at"), readonly=True, listed=True)
    reference: Mapped[str] = text(_l("Reference"), length=80, readonly=True, default="")
    failure: Mapped[str] = text(_l("What went wrong"), length=300, readonly=True, default="")
    provider_reference: Mapped[str] = text(_l("Provider's number"), length=120, readonly=True, default="", search=True)
    asked_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The user who asked for it; another one has to agree where the amount is large."""
    approved_by: Mapped[str] = text(_l("Agreed to by"), readonly=True, default="")


class PaymentReview(Document):
    """Payment to look at. Payments to look at.

    Something about money that no rule decides: a person matches it, gives it back, or leaves it as it is and says why.
    """

    takes_history = False
    prefix = "PR"
    icon = "flag"
    group = _l("Money")
    subtitle_field = "what"
    amount_field = "review_amount"
    __table_args__ = (
        sa.Index(
            "payment_review_open", "tenant_id", "kind", "provider_reference", "payment_id", unique=True,
            postgresql_where=sa.text("resolution = ''"), postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip

    kind: Mapped[str] = choice(_l("Why"), REVIEWS, readonly=True, listed=True)
    what: Mapped[str] = text(_l("What"), length=300, readonly=True, listed=True)
    review_amount: Mapped[Decimal] = amount(_l("Amount"), readonly=True, default=Decimal(0), listed=True)
    payment: Mapped[Payment | None] = link(_l("Payment"), readonly=True, listed=True)
    provider: Mapped[str] = mapped_column(sa.String(60), default="")
    provider_reference: Mapped[str] = text(_l("Provider's number"), length=120, readonly=True, default="", search=True)
    resolution: Mapped[str] = choice(_l("Decision"), RESOLUTIONS, readonly=True, default="", listed=True)
    note: Mapped[str] = long_text(_l("Why so"), readonly=True, default="")
    closed_at: Mapped[datetime | None] = moment(_l("Decided at"), readonly=True)
    closed_by: Mapped[str] = text(_l("Decided by"), readonly=True, default="")
