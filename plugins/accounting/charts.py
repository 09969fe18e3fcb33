"""Charts to begin with: accounts, journals and posting rules, read from the files in `charts/`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from erp import Conflict, Invalid, _, session, transaction
from plugins.accounting.kinds import ALLOCATED
from plugins.accounting.models import Account, Journal, PostingRule
from plugins.accounting.posting import keeps_books
from plugins.accounting.years import make_year

FOLDER = Path(__file__).parent / "charts"
RULES = Path(__file__).parent / "posting_rules.toml"
GROUPS = ("asset", "liability", "equity", "income", "expense")


@dataclass(frozen=True)
class Chart:
    """A chart as its file gives it; codes name accounts and journals."""

    name: str
    title: str
    text: str
    journals: tuple[tuple[str, str, str], ...]
    """(code, name, kind)"""
    accounts: tuple[tuple[str, str, str, str], ...]
    """(code, name, kind, use)"""
    cash_flows: Mapping[str, str]
    """{code: part of the cash flow} of accounts that are not where their kind says."""
    rules: tuple[tuple[str, str, str, str, str, str], ...]
    """(event, amount, journal, debited account, credited account, tender)"""


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


def _rule(given: list[str], by_use: dict[str, str]) -> tuple[str, str, str, str, str, str]:
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
        journals = _added(Journal, [{"code": code, "name": title, "kind": kind}
                                    for code, title, kind in chart.journals])  # fmt: skip
        accounts = _added(Account, [
            {"code": code, "name": title, "kind": kind, "use": use or None, "is_allocated": use in ALLOCATED,
             "cash_flow": chart.cash_flows.get(code)}
            for code, title, kind, use in chart.accounts
        ])  # fmt: skip
        session().add_all(
            PostingRule(event=event, amount_name=amount, journal_id=journals[journal], tender=tender or None,
                        debit_account_id=accounts[debit], credit_account_id=accounts[credit])
            for event, amount, journal, debit, credit, tender in chart.rules
        )  # fmt: skip
        session().flush()


def _added(cls: Any, rows: list[dict[str, Any]]) -> dict[str, int]:
    """{code: id} of new rows."""
    made = [cls(**row) for row in rows]
    session().add_all(made)
    session().flush()
    return {each.code: each.id for each in made}
