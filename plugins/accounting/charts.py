"""Charts to begin with: accounts, journals and posting rules, read from the files in `chart_files/`."""

from __future__ import annotations

import tomllib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from erp import Conflict, Invalid, _, read_setting, session, transaction, write_setting
from plugins.accounting.kinds import ALLOCATED
from plugins.accounting.models import Account, Journal, PostingRule
from plugins.accounting.posting import keeps_books
from plugins.accounting.years import make_year

FOLDER = Path(__file__).parent / "chart_files"
RULES = Path(__file__).parent / "posting_rules.toml"
CHOSEN = "accounting.chart"
"""Setting: the name of the chart the books began with."""
GROUPS = ("asset", "liability", "equity", "income", "expense")
Given = tuple[str, str, str, str]
"""(code, name, kind, use) of an account."""
RuleGiven = tuple[str, str, str, str, str, str]
"""(event, amount, journal, debited account, credited account, tender)"""


@dataclass(frozen=True)
class Chart:
    """A chart as its file gives it; codes name accounts and journals."""

    name: str
    title: str
    text: str
    journals: tuple[tuple[str, str, str], ...]
    """(code, name, kind)"""
    accounts: tuple[Given, ...]
    cash_flows: Mapping[str, str]
    """{code: part of the cash flow} of accounts that are not where their kind says."""
    rules: tuple[RuleGiven, ...]


@cache
def charts() -> dict[str, Chart]:
    """Every chart there is to choose, by its name."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.toml"))}


def _read(path: Path) -> Chart:
    """A chart; its rules are those of every chart, with accounts named by their use, and its own besides."""
    told = tomllib.loads(path.read_text())
    shared = tomllib.loads(RULES.read_text())["rules"]
    accounts = tuple(
        (code, name, kind, use) for kind in GROUPS for code, name, use in (_account(each) for each in told[kind])
    )
    by_use = {use: code for code, _name, _kind, use in reversed(accounts) if use}
    return Chart(
        path.stem, told["title"], told["text"], tuple((code, name, kind) for code, name, kind in told["journals"]),
        accounts, {code: part for part, codes in told.get("cash_flow", {}).items() for code in codes},
        tuple(_rule(each, by_use) for each in [*shared, *told.get("rules", ())]),
    )  # fmt: skip


def _account(given: list[str]) -> tuple[str, str, str]:
    code, name, *use = given
    return code, name, use[0] if use else ""


def _rule(given: list[str], by_use: dict[str, str]) -> RuleGiven:
    event, amount, journal, debit, credit, *tender = given
    return event, amount, journal, by_use.get(debit, debit), by_use.get(credit, credit), tender[0] if tender else ""


def choose_chart(name: str, first_year: date) -> None:
    """Begin to keep books: the accounts, journals and rules of a chart, and the fiscal year that begins on a day.

    Raises Conflict where books are kept already, Invalid for a chart there is not. Rights are the caller's.
    """
    chart = charts().get(name)
    if chart is None:
        raise Invalid(fields={"chart": _("Choose one of the list.")})
    if keeps_books():
        raise Conflict(_("A chart was chosen already. Change its accounts and rules one by one."))
    with transaction():
        make_year(first_year)
        write_setting(CHOSEN, name)
        accounts = _add_accounts(chart, chart.accounts)
        journals = _add(Journal, [_journal(each) for each in chart.journals])
        _add_rules(chart.rules, accounts, journals)


def _add_accounts(chart: Chart, wanted: Iterable[Given]) -> dict[str, int]:
    """{code: id} of accounts that are added."""
    return _add(Account, [
        {"code": code, "name": title, "kind": kind, "use": use or None, "is_allocated": use in ALLOCATED,
         "cash_flow": chart.cash_flows.get(code)}
        for code, title, kind, use in wanted
    ])  # fmt: skip


def _journal(given: tuple[str, str, str]) -> dict[str, Any]:
    code, title, kind = given
    return {"code": code, "name": title, "kind": kind}


def _add_rules(rules: Iterable[RuleGiven], accounts: Mapping[str, int], journals: Mapping[str, int]) -> None:
    session().add_all(
        PostingRule(event=event, amount_name=amount, journal_id=journals[journal], tender=tender or None,
                    debit_account_id=accounts[debit], credit_account_id=accounts[credit])
        for event, amount, journal, debit, credit, tender in rules
    )  # fmt: skip
    session().flush()


def _add(cls: Any, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """{code: id} of new rows."""
    made = [cls(**row) for row in rows]
    session().add_all(made)
    session().flush()
    return {each.code: each.id for each in made}


# -- what came later -------------------------------------------------------------------------------------


def complete() -> None:
    """Add to kept books what charts came to have since: accounts of uses no account has, rules of amounts with none.

    What an accountant changed, or removed of an amount that has other rules, stays as it is.
    """
    if not keeps_books():
        return
    with transaction():
        held = list(session().scalars(sa.select(Account).order_by(Account.is_closed, Account.id)))
        chart = _chosen(held)
        amounts = sa.select(PostingRule.event, PostingRule.amount_name).distinct()
        known = {(row.event, row.amount_name) for row in session().execute(amounts)}
        rules = [rule for rule in chart.rules if rule[:2] not in known]
        _add_rules(rules, _accounts_for(chart, held), _journals_for(chart, rules))


def _chosen(held: Sequence[Account]) -> Chart:
    """The chart that was chosen; books begun before its name was kept have the one most of their accounts are of."""
    chosen = charts().get(read_setting(CHOSEN, ""))
    if chosen is None:
        own = {(account.code, account.name) for account in held}
        chosen = max(charts().values(), key=lambda chart: len(own & {given[:2] for given in chart.accounts}))
        write_setting(CHOSEN, chosen.name)
    return chosen


def _accounts_for(chart: Chart, held: Sequence[Account]) -> dict[str, int]:
    """{code of the chart: id of the account with its use, else with its code}; those of unknown uses are added."""
    uses = {account.use: account.id for account in reversed(held) if account.use}
    codes = {account.code: account.id for account in held}
    lacking = [given for given in chart.accounts if given[3] and given[3] not in uses]
    added = _add_accounts(chart, [(_free(each[0], codes), *each[1:]) for each in lacking])
    uses = {given[3]: key for given, key in reversed([*zip(lacking, added.values(), strict=True)])} | uses
    found = ((code, uses.get(use) or codes.get(code)) for code, _name, _kind, use in chart.accounts)
    return {code: key for code, key in found if key is not None}


def _free(code: str, taken: Container[str]) -> str:
    """The code, or one beside it where somebody gave it to another account."""
    return next(each for each in chain([code], (f"{code}.{number}" for number in count(1))) if each not in taken)


def _journals_for(chart: Chart, rules: Iterable[RuleGiven]) -> dict[str, int]:
    """{code of the chart: id of the journal with this code, else of its kind}; those rules need are added."""
    held = list(session().scalars(sa.select(Journal).order_by(Journal.id.desc())))
    codes, kinds = {each.code: each.id for each in held}, {each.kind: each.id for each in held}
    found = {code: codes.get(code) or kinds.get(kind) for code, _name, kind in chart.journals}
    named = {journal for _event, _amount, journal, *_accounts in rules}
    lacking = [given for given in chart.journals if given[0] in named and found[given[0]] is None]
    added = _add(Journal, [_journal(given) for given in lacking])
    return {code: key for code, key in found.items() if key is not None} | added
