from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Document,
    Invalid,
    Line,
    Record,
    TenantScoped,
    _,
    _l,
    amount,
    choice,
    clock,
    company,
    current,
    day,
    i18n,
    key_to,
    lines,
    link,
    text,
)
from plugins.accounting.models import Account
from plugins.banking.kinds import KINDS, check_number, tidied

HOLDS_MONEY = frozenset({"asset", "liability"})
"""Kinds of accounts of the chart that money may lie on; what is owed to a bank is a liability."""
FORMATS: dict[str, str] = {"csv": _l("Table"), "ofx": "OFX", "camt": "CAMT.053"}


class BankAccount(Record):
    """Bank account. Bank accounts.

    Where our money lies: with a bank, a mobile money operator, or in a drawer. Each is one account of the chart.
    """

    icon = "building-bank"
    group = _l("Banking")
    subtitle_field = "number"
    verbs = {"reconcile": _l("Match statements with the books")}  # noqa: RUF012 - read once, never changed
    __table_args__ = (sa.UniqueConstraint("tenant_id", "account_id"),)

    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    kind: Mapped[str] = choice(_l("Kind"), KINDS, default="bank", listed=True)
    account: Mapped[Account] = link(_l("Account of the chart"), listed=True)
    account_id: Mapped[int]
    number: Mapped[str | None] = text(
        _l("Account number"), length=40, search=True, listed=True, help=_l("IBAN, account, till or paybill number.")
    )
    bic: Mapped[str | None] = text(_l("BIC"), length=11, help=_l("The code of the bank, which payments name."))
    currency: Mapped[str | None] = choice(_l("Currency"), i18n.currencies(), help=_l("Empty: the company's."))
    matched_from: Mapped[date | None] = day(
        _l("Matched from"), help=_l("Entries before this day are not looked for on statements. Empty: all are.")
    )
    columns: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """How the columns of its tables were read last, for the next file with the same heads."""

    @property
    def money(self) -> str:
        """The currency of its statements."""
        return self.currency or company().currency

    def recompute(self) -> None:
        """Numbers as banks write them; raises Invalid at one that cannot be."""
        self.number, self.bic = tidied(self.number) or None, tidied(self.bic) or None
        check_number(self.number or "", self.bic or "")

    def check(self) -> None:
        """Raise Invalid where the account of the chart holds no money, or none of this currency."""
        if self.account.kind not in HOLDS_MONEY or self.account.is_allocated:
            raise Invalid(
                fields={"account": _("Choose an account that money lies on, such as a bank or cash account.")}
            )
        if self.account.currency and self.account.currency != self.money:
            said = _("The account of the chart is kept in %(currency)s.", currency=self.account.currency)
            raise Invalid(fields={"currency": said})


class BankStatement(Document):
    """Bank statement. Bank statements.

    What a bank or a mobile money operator says was paid in and out, as its file says it.
    """

    prefix = "BS"
    icon = "file-text"
    group = _l("Banking")
    subtitle_field = "file_name"
    amount_field = "moved"
    takes_history = False
    __table_args__ = (sa.UniqueConstraint("tenant_id", "bank_account_id", "digest", name="bank_statement_file_once"),)

    bank_account: Mapped[BankAccount] = link(_l("Bank account"), readonly=True, listed=True)
    bank_account_id: Mapped[int]
    reference: Mapped[str] = text(_l("Number of the bank"), length=80, readonly=True, default="", search=True)
    starts_on: Mapped[date] = day(_l("First day"), readonly=True, listed=True)
    ends_on: Mapped[date] = day(_l("Last day"), readonly=True, listed=True)
    opening: Mapped[Decimal | None] = amount(_l("Balance before"), readonly=True)
    moved: Mapped[Decimal] = amount(_l("Paid in less paid out"), readonly=True, default=Decimal(0), listed=True)
    closing: Mapped[Decimal | None] = amount(_l("Balance after"), readonly=True, listed=True)
    format: Mapped[str] = choice(_l("Kind of file"), FORMATS, default="csv", readonly=True)
    file_name: Mapped[str] = text(_l("File"), length=200, readonly=True, default="", search=True)
    digest: Mapped[str | None] = mapped_column(sa.String(64))
    """SHA-256 of the file, which comes in once; empty once the statement is taken back."""
    lines: Mapped[list[BankStatementLine]] = lines(_l("Lines"))

    def check(self) -> None:
        """Raise Invalid where somebody would write one by hand: a statement is what the bank says."""
        if not self.digest:
            raise Invalid(_("A statement comes in as a file of the bank: choose “Bring a statement in”."))


class BankStatementLine(Line["BankStatement"]):
    """Statement line. Statement lines."""

    __table_args__ = (
        key_to("bank_account", "bank_account_id"),
        sa.UniqueConstraint("tenant_id", "bank_account_id", "key", name="bank_statement_line_once"),
        sa.Index("bank_statement_line_booked", "tenant_id", "bank_account_id", "booked_on"),
    )

    booked_on: Mapped[date] = day(_l("Booked"), readonly=True)
    name: Mapped[str] = text(_l("Who"), length=140, readonly=True, default="")
    reference: Mapped[str] = text(_l("Reference"), length=80, readonly=True, default="")
    text: Mapped[str] = text(_l("Text"), length=300, readonly=True, default="")
    amount: Mapped[Decimal] = amount(_l("Amount"), readonly=True)
    """What came in is positive, what went out negative."""
    bank_account_id: Mapped[int] = mapped_column(sa.BigInteger)
    key: Mapped[str | None] = mapped_column(sa.String(64))
    """What tells it from every other line of its account; empty once its statement is taken back."""

    @property
    def description(self) -> str:
        """Who it came from or went to, or what the bank says of it."""
        return self.name or self.text or self.reference


class Reconciliation(TenantScoped):
    """Lines of statements and lines of the books that are the same money; both sides come to the same."""

    __tablename__ = "reconciliation"
    __table_args__ = (
        key_to("bank_account", "bank_account_id"),
        sa.Index("reconciliation_account", "tenant_id", "bank_account_id", "id"),
        sa.CheckConstraint("(undone_at is null) = (undone_by is null)", name="reconciliation_undone_by_somebody"),
    )
    bank_account_id: Mapped[int] = mapped_column(sa.BigInteger)
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    by: Mapped[str] = mapped_column(sa.String(200), default=lambda: current().name)
    undone_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    undone_by: Mapped[str | None] = mapped_column(sa.String(200))


class ReconciledLine(TenantScoped):
    """A line of one of the two sides; it is in one reconciliation at most that was not undone."""

    __tablename__ = "reconciled_line"
    __table_args__ = (
        key_to("reconciliation", "reconciliation_id"),
        key_to("bank_statement_line", "statement_line_id"),
        key_to("journal_line", "journal_line_id"),
        sa.Index("reconciled_line_of", "tenant_id", "reconciliation_id"),
        sa.Index("reconciled_statement_line_once", "tenant_id", "statement_line_id", unique=True,
                 postgresql_where=sa.text("is_current")),
        sa.Index("reconciled_journal_line_once", "tenant_id", "journal_line_id", unique=True,
                 postgresql_where=sa.text("is_current")),
        sa.CheckConstraint("num_nonnulls(statement_line_id, journal_line_id) = 1", name="reconciled_line_of_one_side"),
    )  # fmt: skip
    reconciliation_id: Mapped[int] = mapped_column(sa.BigInteger)
    statement_line_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    journal_line_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    amount: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4))
    """In the currency of the bank account, with the sign of its line."""
    is_current: Mapped[bool] = mapped_column(default=True)
    """Not undone."""
