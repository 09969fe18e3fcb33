from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
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
    branches,
    choice,
    clock,
    current,
    day,
    flag,
    i18n,
    key_to,
    lines,
    link,
    session,
    text,
)
from plugins.accounting.events import amount_title, title_of
from plugins.accounting.kinds import ALLOCATED, CASH_FLOWS, JOURNAL_KINDS, KINDS, LOCKS, USES
from plugins.parties.models import Party
from plugins.products.models import ProductCategory
from plugins.taxes.models import Tax, TaxCategory

FINAL = "final"
YEAR_CLOSED = "year_closed"
"""Event of the entry that carries a year's result to retained earnings; statements of results leave it out."""
APPEND_ONLY = {"info": {"append_only": True}}
"""The application's role may add rows of such a table and read them, nothing else."""


class Account(Record):
    """Account. Accounts.

    One account of the chart: what it holds is the sum of its lines.
    """

    icon = "book"
    group = _l("Accounting")
    title_field = "code"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str] = text(_l("Code"), length=20, search=True, listed=True)
    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    kind: Mapped[str] = choice(_l("Kind"), KINDS, default="asset", listed=True)
    use: Mapped[str | None] = choice(
        _l("Use"), USES, listed=True, help=_l("What statements and other parts of the system know it by.")
    )
    currency: Mapped[str | None] = choice(
        _l("Currency"), i18n.currencies(), help=_l("Empty: any. Else its lines are in this currency.")
    )
    parent: Mapped[Account | None] = link(_l("Below"))
    is_allocated: Mapped[bool] = flag(
        _l("Lines are settled one by one"), help=_l("Invoices and payments are matched: receivable and payable.")
    )
    cash_flow: Mapped[str | None] = choice(_l("In the cash flow"), CASH_FLOWS, help=_l("Empty: by its kind and use."))
    is_closed: Mapped[bool] = flag(_l("Nothing more is posted to it"))

    @property
    def title(self) -> str:
        """Code and name, as accountants speak of it."""
        return f"{self.code} {self.name}"

    def recompute(self) -> None:
        """What others settle one by one stays so."""
        if self.use in ALLOCATED:
            self.is_allocated = True

    def check(self) -> None:
        """Raise Invalid where entries speak against the change: an account that has lines keeps what it is."""
        changed = [name for name in ("kind", "is_allocated", "currency") if self.id and _was_other(self, name)]
        if not changed:
            return
        used = sa.select(JournalLine.id).where(JournalLine.account_id == self.id).limit(1)
        if session().scalar(used) is not None:
            said = _("This account has entries. Close it and make another one.")
            raise Invalid(fields=dict.fromkeys(changed, said))


def _was_other(row: Record, name: str) -> bool:
    return bool(sa.inspect(row).attrs[name].history.deleted)


class Journal(Record):
    """Journal. Journals.

    Where entries of one kind stand one after another; locks of sales and of purchases go by its kind.
    """

    icon = "notebook"
    group = _l("Set-up")
    subtitle_field = "code"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str] = text(_l("Code"), length=10, search=True, listed=True)
    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    kind: Mapped[str] = choice(_l("Kind"), JOURNAL_KINDS, default="general", listed=True)


class FiscalYear(Record):
    """Fiscal year. Fiscal years.

    The time one profit or loss is told for; made with its months, never changed.
    """

    icon = "calendar"
    group = _l("Set-up")
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "starts_on"),
        sa.CheckConstraint("ends_on > starts_on", name="fiscal_year_ends_on_later"),
        APPEND_ONLY,
    )

    name: Mapped[str] = text(_l("Name"), length=40, listed=True, readonly=True)
    starts_on: Mapped[date] = day(_l("From"), listed=True, readonly=True)
    ends_on: Mapped[date] = day(_l("Until"), listed=True, readonly=True)


class FiscalPeriod(Record):
    """Fiscal period. Fiscal periods.

    A month of a fiscal year; every entry stands in one.
    """

    icon = "calendar-event"
    group = _l("Set-up")
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "starts_on"),
        sa.CheckConstraint("ends_on >= starts_on", name="fiscal_period_ends_on_later"),
        APPEND_ONLY,
    )

    year: Mapped[FiscalYear] = link(_l("Year"), listed=True, readonly=True)
    name: Mapped[str] = text(_l("Name"), length=40, listed=True, readonly=True)
    starts_on: Mapped[date] = day(_l("From"), listed=True, readonly=True)
    ends_on: Mapped[date] = day(_l("Until"), listed=True, readonly=True)


class LedgerLock(Record):
    """Lock. Locks.

    Until when entries of a kind are refused. The newest of a kind counts; those before are its history.
    """

    icon = "lock"
    group = _l("Accounting")
    title_field = "kind"
    __table_args__ = (
        sa.Index("ledger_lock_newest", "tenant_id", "kind", "id"),
        sa.CheckConstraint("kind in ('all', 'sales', 'purchases', 'tax', 'final')", name="ledger_lock_kind_known"),
        sa.CheckConstraint("reason <> ''", name="ledger_lock_reason_given"),
        APPEND_ONLY,
    )

    kind: Mapped[str] = choice(_l("What is locked"), LOCKS, default="all", listed=True)
    until: Mapped[date | None] = day(
        _l("Until"), listed=True, help=_l("The last day that is locked. Empty: this lock is taken away.")
    )
    reason: Mapped[str] = text(_l("Reason"), length=300, listed=True, search=True)

    @property
    def title(self) -> str:
        """What is locked, until when."""
        return f"{LOCKS[self.kind]}: {i18n.format_date(self.until)}" if self.until else str(LOCKS[self.kind])

    def check(self) -> None:
        """Raise Invalid where the final lock would not move forward."""
        last = session().scalar(sa.select(sa.func.max(LedgerLock.until)).where(LedgerLock.kind == FINAL))
        if self.kind == FINAL and (self.until is None or (last is not None and self.until < last)):
            said = _("The final lock is never taken back: it only moves to a later day.")
            raise Invalid(fields={"until": said})


class PostingRule(Record):
    """Posting rule. Posting rules.

    From which account to which an amount of an event goes; the rule with most conditions met is taken.
    """

    icon = "route"
    group = _l("Accounting")
    title_field = "event"
    subtitle_field = "amount_name"
    __table_args__ = (
        key_to("branch", "branch_id"),
        sa.UniqueConstraint(
            "tenant_id", "event", "amount_name", "product_category_id", "tax_category_id", "tender", "branch_id",
            name="posting_rule_amount_name_unique", postgresql_nulls_not_distinct=True,
        ),
        sa.CheckConstraint("debit_account_id <> credit_account_id", name="posting_rule_credit_account_differs"),
    )  # fmt: skip

    event: Mapped[str] = text(_l("Event"), length=60, listed=True, search=True)
    amount_name: Mapped[str] = text(_l("Amount"), length=40, listed=True)
    journal: Mapped[Journal] = link(_l("Journal"), listed=True)
    journal_id: Mapped[int]
    debit_account: Mapped[Account] = link(_l("Debited"), listed=True)
    debit_account_id: Mapped[int]
    credit_account: Mapped[Account] = link(_l("Credited"), listed=True)
    credit_account_id: Mapped[int]
    product_category: Mapped[ProductCategory | None] = link(_l("Only for products of"))
    product_category_id: Mapped[int | None]
    tax_category: Mapped[TaxCategory | None] = link(_l("Only for the tax category"))
    tax_category_id: Mapped[int | None]
    tender: Mapped[str | None] = text(_l("Only when paid by"), length=40, help=_l("cash, card, bank, mpesa …"))
    branch_id: Mapped[int | None] = mapped_column(sa.BigInteger)

    @property
    def title(self) -> str:
        """The rule as a sentence."""
        said = _(
            "When %(event)s, %(amount)s is debited to %(debit)s and credited to %(credit)s",
            event=title_of(self.event), amount=amount_title(self.event, self.amount_name),
            debit=self.debit_account.title, credit=self.credit_account.title,
        )  # fmt: skip
        conditions = [each.title for each in (self.product_category, self.tax_category) if each is not None]
        if self.tender:
            conditions.append(_("paid by %(way)s", way=self.tender))
        if self.branch_id is not None:
            conditions += [each.name for each in branches() if each.id == self.branch_id]
        return _("%(rule)s, only: %(conditions)s", rule=said, conditions=", ".join(conditions)) if conditions else said

    def check(self) -> None:
        """Raise Invalid for a change after which nothing says where an amount goes when no condition is met.

        Whatever posts it would be refused from then on, such as a till whose drawer differs when it is closed.
        """
        cls = PostingRule
        of_all = (cls.product_category_id.is_(None), cls.tax_category_id.is_(None), cls.branch_id.is_(None),
                  sa.func.coalesce(cls.tender, "") == "")  # fmt: skip
        was = sa.select(cls.event, cls.amount_name).where(cls.id == self.id, *of_all)
        before = session().execute(was).one_or_none() if self.id is not None else None
        narrowed = (self.product_category, self.tax_category, self.branch_id, self.tender or None) != (None,) * 4
        if before is None or (not narrowed and (self.event, self.amount_name) == tuple(before)):
            return
        others = sa.select(cls.id).where(
            cls.id != self.id, cls.event == before.event, cls.amount_name == before.amount_name, *of_all
        )
        if session().scalar(others.limit(1)) is None:
            raise Invalid(
                _("No other rule says where “%(amount)s” goes when %(event)s. Leave this one, and add another.",
                  amount=amount_title(*before), event=title_of(before.event))
            )  # fmt: skip


class JournalEntry(Document):
    """Journal entry. Journal entries.

    What was posted, once and for ever: its lines come to nothing, and only its mirror takes it back.
    """

    takes_history = False
    verbs = {  # noqa: RUF012 - read once, never changed
        "reverse": _l("Reverse entries"),
        "allocate": _l("Settle open items"),
    }
    prefix = "JE"
    icon = "notebook"
    group = _l("Accounting")
    subtitle_field = "text"
    __table_args__ = (
        sa.UniqueConstraint(
            "tenant_id", "source_type", "source_id", "event", "source_key", name="journal_entry_source_once"
        ),
        sa.UniqueConstraint("tenant_id", "reverses_id", name="journal_entry_reverses_once"),
        sa.Index("journal_entry_date", "tenant_id", "entry_date", "id"),
        sa.Index("journal_entry_in_period", "tenant_id", "period_id", "entry_date"),
        sa.Index("journal_entry_year_closed", "tenant_id", "entry_date",
                 postgresql_where=sa.text("event = 'year_closed'")),
        APPEND_ONLY,
    )  # fmt: skip

    journal: Mapped[Journal] = link(_l("Journal"), readonly=True, listed=True)
    journal_id: Mapped[int]
    period: Mapped[FiscalPeriod] = link(_l("Period"), readonly=True)
    period_id: Mapped[int]
    entry_date: Mapped[date] = day(_l("Date"), readonly=True, listed=True)
    event: Mapped[str] = text(_l("Event"), length=60, readonly=True, listed=True)
    source_type: Mapped[str] = mapped_column(sa.String(60))
    """Type, id and key of what caused it: of one source an event is posted once."""
    source_id: Mapped[int] = mapped_column(sa.BigInteger)
    source_key: Mapped[str] = mapped_column(sa.String(60), default="")
    reverses: Mapped[JournalEntry | None] = link(_l("Takes back"), readonly=True)
    reverses_id: Mapped[int | None]
    reason: Mapped[str] = text(_l("Reason"), length=300, readonly=True, default="")
    text: Mapped[str] = text(_l("Text"), length=300, readonly=True, default="", listed=True, search=True)
    posted_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    posted_in: Mapped[int] = mapped_column(sa.BigInteger, server_default=sa.text("pg_current_xact_id()::text::bigint"))
    """The database's transaction that wrote it; lines join no entry of another."""
    lines: Mapped[list[JournalLine]] = lines(_l("Lines"))


class JournalLine(Line["JournalEntry"]):
    """Journal line. Journal lines."""

    __table_args__ = (
        key_to("branch", "branch_id"),
        APPEND_ONLY,
    )

    account: Mapped[Account] = link(_l("Account"), readonly=True)
    account_id: Mapped[int]
    debit: Mapped[Decimal] = amount(
        _l("Debit"), readonly=True, hides_zero=True, computed="GREATEST(amount, (0)::numeric)"
    )
    credit: Mapped[Decimal] = amount(
        _l("Credit"), readonly=True, hides_zero=True, computed="GREATEST((- amount), (0)::numeric)"
    )
    party: Mapped[Party | None] = link(_l("Party"), readonly=True)
    party_id: Mapped[int | None]
    due_on: Mapped[date | None] = day(_l("Due"), readonly=True)
    text: Mapped[str] = text(_l("Text"), length=300, readonly=True, default="")
    amount: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4))
    """In the company's currency: what is debited is positive, what is credited negative."""
    branch_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    tax: Mapped[Tax | None] = link(_l("Tax"), readonly=True)
    tax_id: Mapped[int | None]
    tax_base: Mapped[Decimal | None] = mapped_column(sa.Numeric(19, 4))
    """What the tax was taken on, with the sign of the line."""
    currency: Mapped[str] = mapped_column(sa.String(3), default="")
    """A foreign currency in which it is so much too; empty for the company's own."""
    currency_amount: Mapped[Decimal | None] = mapped_column(sa.Numeric(19, 4))

    @property
    def description(self) -> str:
        """Its account."""
        return self.account.title


class Unfolded(TenantScoped):
    """An entry whose lines are not in the balances yet; written by the database with every entry."""

    __tablename__ = "ledger_unfolded"
    __table_args__ = (key_to("journal_entry", "entry_id"), sa.Index("ledger_unfolded_entry", "tenant_id", "entry_id"))
    entry_id: Mapped[int] = mapped_column(sa.BigInteger)


class LedgerBalance(TenantScoped):
    """What the lines of an account in a period sum up to, apart for branches and foreign currencies."""

    __tablename__ = "ledger_balance"
    __table_args__ = (
        key_to("account", "account_id"),
        key_to("fiscal_period", "period_id"),
        key_to("branch", "branch_id"),
        sa.UniqueConstraint(
            "tenant_id", "account_id", "period_id", "branch_id", "currency",
            name="ledger_balance_once", postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip
    account_id: Mapped[int] = mapped_column(sa.BigInteger)
    period_id: Mapped[int] = mapped_column(sa.BigInteger)
    branch_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3), default="")
    debit: Mapped[Decimal] = mapped_column(sa.Numeric(24, 4), default=Decimal(0))
    credit: Mapped[Decimal] = mapped_column(sa.Numeric(24, 4), default=Decimal(0))
    currency_amount: Mapped[Decimal] = mapped_column(sa.Numeric(24, 4), default=Decimal(0))


class Allocation(TenantScoped):
    """So much of a debit and of a credit settle each other; a row with less than nothing takes another one back."""

    __tablename__ = "allocation"
    __table_args__ = (
        key_to("journal_line", "debit_line_id"),
        key_to("journal_line", "credit_line_id"),
        key_to("allocation", "undoes_id"),
        sa.Index("allocation_debit", "tenant_id", "debit_line_id"),
        sa.Index("allocation_credit", "tenant_id", "credit_line_id"),
        sa.UniqueConstraint("tenant_id", "undoes_id", name="allocation_undone_once"),
        sa.CheckConstraint("(amount < 0) = (undoes_id is not null)", name="allocation_amount_positive"),
        APPEND_ONLY,
    )
    debit_line_id: Mapped[int] = mapped_column(sa.BigInteger)
    credit_line_id: Mapped[int] = mapped_column(sa.BigInteger)
    amount: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4))
    """In the company's currency."""
    currency_amount: Mapped[Decimal | None] = mapped_column(sa.Numeric(19, 4))
    """In the foreign currency both are in, if they are."""
    undoes_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    by: Mapped[str] = mapped_column(sa.String(200), default=lambda: current().name)
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
