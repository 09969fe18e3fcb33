"""Which accounts an amount of an event goes between, as the posting rules say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa

from erp import Conflict, _, current, marks, prepared, session, whole
from plugins.accounting.events import amount_title, title_of
from plugins.accounting.locks import locked_until
from plugins.accounting.models import Account, FiscalPeriod, Journal, LedgerLock, PostingRule
from plugins.accounting.years import Span, spans
from plugins.products.models import ProductCategory

GENERAL = "general"


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may be bound to, of one amount."""

    product_category_id: int | None = None
    tax_category_id: int | None = None
    tender: str = ""
    branch_id: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A posting rule as it was read."""

    journal_id: int
    debit_account_id: int
    credit_account_id: int
    product_category_id: int | None
    tax_category_id: int | None
    tender: str
    branch_id: int | None

    def met(self, facts: Facts, way_up: Mapping[int, int]) -> tuple[int, int] | None:
        """How many conditions hold, and how near its category is; None where one does not hold."""
        plain = (
            (self.tax_category_id, facts.tax_category_id),
            (self.tender or None, facts.tender),
            (self.branch_id, facts.branch_id),
        )
        asked = [(wanted, given) for wanted, given in plain if wanted is not None]
        if any(wanted != given for wanted, given in asked):
            return None
        if self.product_category_id is None:
            return len(asked), 0
        near = way_up.get(self.product_category_id)
        return None if near is None else (len(asked) + 1, -near)


@dataclass(frozen=True, slots=True)
class Chosen:
    """An account as postings need to know it."""

    code: str
    use: str
    currency: str
    is_allocated: bool
    is_closed: bool


@dataclass(slots=True)
class Books:
    """Rules, accounts and journals, read once for all postings of a call."""

    accounts: dict[int, Chosen]
    journals: dict[int, str]
    """{id: kind}"""
    rules: dict[tuple[str, str], list[Rule]]
    parents: dict[int, int | None]
    """{product category: the one above}; read only where a rule names one."""
    locked: Mapping[str, date]
    """{kind: the last day that is locked}"""
    spans: Sequence[Span]
    """The fiscal periods."""
    known: dict[tuple[str, str, Facts], Rule] = field(default_factory=dict)

    def rule(self, event: str, name: str, facts: Facts) -> Rule:
        """The rule with most conditions met; raises Conflict naming event and amount where none fits."""
        key = (event, name, facts)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._searched(event, name, facts)
        return found

    def _searched(self, event: str, name: str, facts: Facts) -> Rule:
        way_up = self._way_up(facts.product_category_id)
        met = [(score, rule) for rule in self.rules.get((event, name), ()) if (score := rule.met(facts, way_up))]
        if not met:
            raise Conflict(
                _("No posting rule says where “%(amount)s” goes when %(event)s. Add one under Posting rules.",
                  amount=amount_title(event, name), event=title_of(event))
            )  # fmt: skip
        return max(met, key=lambda each: each[0])[1]

    def _way_up(self, category_id: int | None) -> dict[int, int]:
        """{category: steps to it} from a category upwards."""
        found: dict[int, int] = {}
        while category_id is not None and category_id not in found:
            found[category_id] = len(found)
            category_id = self.parents.get(category_id)
        return found

    def general(self) -> int:
        """The journal of what no rule names one for."""
        found = min((key for key, kind in self.journals.items() if kind == GENERAL), default=None)
        if found is None:
            raise Conflict(_("There is no general journal. Add one under Journals."))
        return found


_kept = marks.Kept[int, Books]()
"""{tenant: books}"""


def read_books() -> Books:
    """Everything postings are made by, past the actor's own limits; one statement while nothing of it was changed."""
    with whole():
        (now,) = prepared.rows(_marks(), {})
        return _kept.get(current().tenant_id or 0, now, _read)


@cache
def _marks() -> sa.Select[*tuple[Any, ...]]:
    """Of every table that says how entries are made."""
    read = (Account, PostingRule, Journal, ProductCategory, LedgerLock, FiscalPeriod)
    return sa.select(*(marks.mark(cls).label(cls.__tablename__) for cls in read))


def _read() -> Books:
    accounts = sa.select(
        Account.id, Account.code, Account.use, Account.currency, Account.is_allocated, Account.is_closed
    )
    rules = sa.select(
        PostingRule.event, PostingRule.amount_name, PostingRule.journal_id, PostingRule.debit_account_id,
        PostingRule.credit_account_id, PostingRule.product_category_id, PostingRule.tax_category_id,
        PostingRule.tender, PostingRule.branch_id,
    ).order_by(PostingRule.id)  # fmt: skip
    found: dict[tuple[str, str], list[Rule]] = {}
    for event, name, journal, debit, credit, category, tax, tender, branch in session().execute(rules):
        rule = Rule(journal, debit, credit, category, tax, tender or "", branch)
        found.setdefault((event, name), []).append(rule)
    named = any(rule.product_category_id for each in found.values() for rule in each)
    parents = sa.select(ProductCategory.id, ProductCategory.parent_id)  # type: ignore[attr-defined] # a link's
    return Books(
        {key: Chosen(code, use or "", currency or "", allocated, closed)
         for key, code, use, currency, allocated, closed in session().execute(accounts)},
        dict(session().execute(sa.select(Journal.id, Journal.kind)).all()),
        found,
        dict(session().execute(parents).all()) if named else {},
        locked_until(),
        tuple(spans()),
    )  # fmt: skip
