from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Document,
    Invalid,
    Line,
    Record,
    _,
    _l,
    amount,
    day,
    flag,
    i18n,
    key_to,
    lines,
    link,
    session,
    text,
    today,
)
from plugins.banking.kinds import check_number, tidied
from plugins.banking.models import BankAccount
from plugins.parties.models import Party

APPROVED, PAID = "approved", "paid"
APPEND_ONLY = {"info": {"append_only": True}}
ZERO = Decimal(0)


class PartyBankAccount(Record):
    """Bank details. Bank details.

    Where a supplier is paid. What is written here stays: a change is a new row, and the newest of a supplier counts.
    """

    icon = "id"
    group = _l("Banking")
    title_field = "number"
    listed_stamps = ("created_at", "created_by")
    __table_args__ = (
        sa.Index("party_bank_account_newest", "tenant_id", "party_id", "id"),
        sa.CheckConstraint("reason <> ''", name="party_bank_account_reason_given"),
        APPEND_ONLY,
    )

    party: Mapped[Party] = link(_l("Supplier"), listed=True)
    party_id: Mapped[int]
    holder: Mapped[str | None] = text(
        _l("In the name of"), length=70, help=_l("Empty: the supplier's name.")
    )  # fmt: skip
    number: Mapped[str] = text(
        _l("Account number"),
        length=40,
        search=True,
        listed=True,
        help=_l("IBAN, account number, or phone of mobile money."),
    )
    bic: Mapped[str | None] = text(_l("BIC"), length=11, help=_l("The code of the supplier's bank."))
    bank: Mapped[str | None] = text(_l("Bank"), length=70, listed=True)
    is_closed: Mapped[bool] = flag(_l("Nothing more is paid to it"))
    reason: Mapped[str] = text(
        _l("How we know"), length=300, listed=True, help=_l("Such as: on their invoice, called back by phone.")
    )

    @property
    def paid_to(self) -> str:
        """The account and whose it is, in a line."""
        return " · ".join(filter(None, (self.number, self.bic, self.holder)))

    def recompute(self) -> None:
        """Numbers as banks write them; raises Invalid at one that cannot be."""
        self.number, self.bic = tidied(self.number), tidied(self.bic) or None
        check_number(self.number, self.bic or "")


def newest(party_ids: Sequence[int]) -> dict[int, PartyBankAccount]:
    """{party: the bank details that count}; of whom nothing is known, or nothing more is paid to, there is none."""
    last = (
        sa.select(sa.func.max(PartyBankAccount.id))
        .where(PartyBankAccount.party_id.in_(party_ids))
        .group_by(PartyBankAccount.party_id)
    )
    found = session().scalars(sa.select(PartyBankAccount).where(PartyBankAccount.id.in_(last)))
    return {row.party_id: row for row in found if not row.is_closed}


class PaymentRun(Document):
    """Payment run. Payment runs.

    What is due to suppliers, paid by one file for the bank: proposed, approved, sent, posted once.
    """

    prefix = "RUN"
    relies_on = (APPROVED, PAID)
    icon = "cash-banknote"
    group = _l("Banking")
    subtitle_field = "note"
    amount_field = "total"
    takes_history = False

    bank_account: Mapped[BankAccount] = link(_l("Paid from"), listed=True)
    bank_account_id: Mapped[int]
    due_until: Mapped[date] = day(_l("Due until"), default=today, help=_l("What is due by then is proposed."))
    pay_on: Mapped[date] = day(_l("Paid on"), default=today, listed=True)
    note: Mapped[str | None] = text(_l("Note"), length=200)
    decision_note: Mapped[str | None] = text(_l("Said to it"), length=400, readonly=True)
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=ZERO, listed=True, total=True)
    is_under_way: Mapped[bool] = mapped_column(default=False)
    """While it is, no other run takes up what it pays."""
    released_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    """Since when its file may go to the bank."""
    lines: Mapped[list[PaymentRunLine]] = lines(_l("Payments"))

    @property
    def summary(self) -> str:
        """From where, until when."""
        return _("%(account)s, due until %(day)s", account=self.bank_account.name, day=i18n.format_date(self.due_until))

    @property
    def paid_lines(self) -> list[PaymentRunLine]:
        """Those that are not left out."""
        return [line for line in self.lines if not line.is_excluded]

    def recompute(self) -> None:
        """The total, and what it keeps others from paying; raises Invalid at an amount nobody owes.

        Before anything is proposed it has no payments, whatever somebody writes.
        """
        self.currency = self.bank_account.money
        if not self.is_under_way:
            self.lines[:] = [line for line in self.lines if line.item_id is not None]
        errors = {name: said for place, line in enumerate(self.lines) for name, said in self._wrong(place, line)}
        if errors:
            raise Invalid(next(iter(errors.values())), fields=errors)
        for line in self.lines:
            line.holds_id = line.item_id if self.is_under_way and not line.is_excluded else None
        self.total = sum((line.amount for line in self.paid_lines), ZERO)

    def _wrong(self, place: int, line: PaymentRunLine) -> list[tuple[str, str]]:
        if line.item_id is None:
            return [("lines", _("Payments come from what is due: they are proposed, not written by hand."))]
        if not line.is_excluded and not ZERO < line.amount <= line.open_amount:
            most = i18n.format_money(line.open_amount, self.currency)
            return [(f"lines-{place}-amount", _("Only %(amount)s is open.", amount=most))]
        return []

    def check(self) -> None:
        """Raise Invalid at a payment that another run has taken up meanwhile."""
        holding = {line.holds_id: place for place, line in enumerate(self.lines) if line.holds_id}
        other = (
            sa.select(PaymentRunLine.holds_id, PaymentRun.number)
            .join(PaymentRun, PaymentRun.id == PaymentRunLine.document_id)
            .where(PaymentRunLine.holds_id.in_(list(holding)), PaymentRunLine.document_id != (self.id or 0))
        )
        for key, number in session().execute(other):
            said = _("This is being paid by %(number)s already.", number=number)
            raise Invalid(said, fields={f"lines-{holding[key or 0]}-is_excluded": said})


class PaymentRunLine(Line["PaymentRun"]):
    """Payment. Payments."""

    __table_args__ = (
        key_to("journal_line", "item_id"),
        key_to("journal_line", "holds_id"),
        key_to("party_bank_account", "details_id"),
        sa.UniqueConstraint("tenant_id", "holds_id", name="payment_run_line_once"),
    )

    party: Mapped[Party] = link(_l("Supplier"), readonly=True)
    party_id: Mapped[int]
    due_on: Mapped[date | None] = day(_l("Due"), readonly=True)
    paid_to: Mapped[str] = text(_l("Paid to"), length=200, readonly=True, default="")
    open_amount: Mapped[Decimal] = amount(_l("Open"), readonly=True, default=ZERO)
    amount: Mapped[Decimal] = amount(_l("Paid"), minimum=ZERO, default=ZERO)
    is_excluded: Mapped[bool] = flag(_l("Leave out"))
    item_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The open line of the books it pays."""
    holds_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The same while its run is under way: one run pays it."""
    details_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The bank details as they were when it was proposed; the file names these."""
    text: Mapped[str] = text(_l("What for"), length=300, readonly=True, default="")

    @property
    def description(self) -> str:
        """Who is paid."""
        return self.party.name if self.party is not None else ""
