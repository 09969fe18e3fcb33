"""Posting: each amount goes from one account to another, so what is posted balances by construction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import Company, Conflict, _, clock, current, session, transaction
from plugins.accounting import locks, writing
from plugins.accounting.models import Account
from plugins.accounting.rules import Books, Chosen, Facts, read_books
from plugins.accounting.years import periods_of

TAX = frozenset({"tax_payable", "tax_receivable"})
"""Uses of accounts whose lines say what the tax was taken on."""
PLACES = Decimal("0.0001")
ZERO = Decimal(0)
KEEPS = "keeps_books"


@dataclass(frozen=True, slots=True)
class Part:
    """One amount of an event in the company's currency; one below zero goes the other way round.

    The accounts are the rule's, unless one or both of them are named. `currency` and `currency_amount` say what it was
    in a foreign currency, with the sign of `amount`; `tax_base` what the tax of `tax_id` was taken on.
    """

    name: str
    amount: Decimal
    party_id: int | None = None
    branch_id: int | None = None
    product_category_id: int | None = None
    tax_category_id: int | None = None
    tender: str = ""
    tax_id: int | None = None
    tax_base: Decimal | None = None
    due_on: date | None = None
    currency: str = ""
    currency_amount: Decimal | None = None
    debit_account_id: int | None = None
    credit_account_id: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Posting:
    """An event and its amounts; the same event of the same source and key is posted once, whoever repeats it."""

    event: str
    on: date
    source_type: str
    source_id: int
    parts: Sequence[Part]
    text: str = ""
    source_key: str = ""
    branch_id: int | None = None
    journal_id: int | None = None
    """Empty: the journal of the first rule."""


@dataclass(slots=True)
class Drafted:
    """An entry that is about to be written, with its lines."""

    posting: Posting
    journal_id: int
    kinds: set[str]
    """Locks it is subject to, besides those every entry is."""
    lines: list[dict[str, Any]] = field(default_factory=list)


def keeps_books() -> bool:
    """Whether a chart was chosen; until then nothing is posted."""
    known = session().info
    if not known.get(KEEPS):
        known[KEEPS] = session().scalar(sa.select(Account.id).limit(1)) is not None
    return bool(known[KEEPS])


def post(posting: Posting) -> int | None:
    """Post an event, raising as `post_many`; its entry's id, None where no books are kept or nothing has an amount."""
    return post_many([posting])[0]


def post_many(postings: Sequence[Posting]) -> list[int | None]:
    """Post many events in a few statements; the entry of each, in their order, as `post` gives it.

    What was posted before is left as it is and its entry given. Raises Conflict where no rule says where an amount goes
    or an account is closed, Invalid for a day that is locked or in no fiscal year. Rights are the caller's.
    """
    if not postings or not (books := read_books()).accounts:
        return [None] * len(postings)
    with transaction():
        drafted = [_drafted(posting, books) for posting in postings]
        wanted = [each for each in drafted if each.lines]
        written = iter(write(wanted, books))
        return [next(written) if each.lines else None for each in drafted]


def write(drafted: Sequence[Drafted], books: Books, **more: Any) -> list[int]:
    """Write entries whose lines are known; their ids in order. `more` are further columns of each. Raises Invalid."""
    if not drafted:
        return []
    for each in drafted:
        locks.refuse(each.kinds, each.posting.on, books.locked)
    periods = periods_of((each.posting.on for each in drafted), books.spans)
    own = own_company()
    common = {
        "company_id": own.id, "currency": own.currency, "posted_at": clock.now(), "created_by": current().name, **more,
    }  # fmt: skip
    heads = [_head(each, periods[each.posting.on]) for each in drafted]
    ids, new = writing.entries(heads, common)
    writing.lines(
        {**line, "document_id": key, "position": place}
        for each, key in zip(drafted, ids, strict=True)
        if key in new
        for place, line in enumerate(each.lines)
    )
    return ids


def own_company() -> Company:
    """The company whose books these are: a tenant has one."""
    key = current().company_id
    found = session().get(Company, key) if key else session().scalar(sa.select(Company).order_by(Company.id).limit(1))
    assert found is not None
    return found


def _head(each: Drafted, period_id: int) -> dict[str, Any]:
    posting = each.posting
    return {
        "journal_id": each.journal_id, "period_id": period_id, "entry_date": posting.on, "text": posting.text[:300],
        "event": posting.event, "source_type": posting.source_type, "source_id": posting.source_id,
        "source_key": posting.source_key, "branch_id": posting.branch_id,
    }  # fmt: skip


def _drafted(posting: Posting, books: Books) -> Drafted:
    sums: dict[tuple[Any, ...], dict[str, Any]] = {}
    journal_id = posting.journal_id
    for part in posting.parts:
        if not part.amount and not part.tax_id:
            continue
        if part.amount != part.amount.quantize(PLACES):
            raise Conflict(_("%(amount)s has more than four decimal places.", amount=str(part.amount)))
        debit, credit, journal = _accounts(posting, part, books)
        journal_id = journal_id or journal
        for key, sign in ((debit, 1), (credit, -1)):
            _add(sums, posting, part, _open(books, key, part), key, sign)
    lines = [line for line in sums.values() if line["amount"] or line["tax_id"]]
    journal_id = journal_id or (books.general() if lines else 0)
    kinds = {books.journals.get(journal_id, "")} | ({"tax"} if any(line["tax_id"] for line in lines) else set())
    return Drafted(posting, journal_id, kinds & set(locks.KINDS), lines)


def _accounts(posting: Posting, part: Part, books: Books) -> tuple[int, int, int | None]:
    """Which account is debited, which credited, and in which journal."""
    if part.debit_account_id and part.credit_account_id:
        return part.debit_account_id, part.credit_account_id, None
    facts = Facts(part.product_category_id, part.tax_category_id, part.tender, part.branch_id or posting.branch_id)
    rule = books.rule(posting.event, part.name, facts)
    debit = part.debit_account_id or rule.debit_account_id
    return debit, part.credit_account_id or rule.credit_account_id, rule.journal_id


def _open(books: Books, key: int, part: Part) -> Chosen:
    """The account; raises Conflict where nothing may be posted to it."""
    found = books.accounts.get(key)
    if found is None or found.is_closed:
        code = found.code if found is not None else str(key)
        raise Conflict(_("Account %(account)s is closed. Change the posting rule.", account=code))
    if found.currency and found.currency not in {part.currency, own_company().currency}:
        raise Conflict(
            _("Account %(account)s is kept in %(currency)s.", account=found.code, currency=found.currency)
        )  # fmt: skip
    return found


def _add(
    sums: dict[tuple[Any, ...], dict[str, Any]], posting: Posting, part: Part, account: Chosen, key: int, sign: int
) -> None:
    """Add one side of a part to the line of its account; what differs in nothing else becomes one line."""
    tax_id = part.tax_id if account.use in TAX else None
    due_on = part.due_on if account.is_allocated else None
    branch_id = part.branch_id or posting.branch_id
    place = (key, part.party_id, branch_id, due_on, tax_id, part.currency, part.text)
    line = sums.get(place)
    if line is None:
        line = sums[place] = {
            "account_id": key, "party_id": part.party_id, "branch_id": branch_id, "due_on": due_on, "tax_id": tax_id,
            "tax_base": None, "currency": part.currency, "currency_amount": None, "text": part.text[:300],
            "amount": ZERO,
        }  # fmt: skip
    line["amount"] += sign * part.amount
    if tax_id is not None:
        line["tax_base"] = (line["tax_base"] or ZERO) + sign * (part.tax_base or ZERO)
    if part.currency:
        line["currency_amount"] = (line["currency_amount"] or ZERO) + sign * (part.currency_amount or ZERO)


def mirrored(lines: Iterable[Any]) -> list[dict[str, Any]]:
    """The lines that take these back."""
    return [
        {
            "account_id": line.account_id, "party_id": line.party_id, "branch_id": line.branch_id,
            "due_on": line.due_on, "tax_id": line.tax_id, "tax_base": _negative(line.tax_base),
            "currency": line.currency, "currency_amount": _negative(line.currency_amount), "text": line.text,
            "amount": -line.amount,
        }
        for line in lines
    ]  # fmt: skip


def _negative(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else -amount
