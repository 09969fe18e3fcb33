"""A budget as a sheet: a row for each account, a column for each month; changed in Excel it comes back cell by cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import Invalid, _, company, edit, i18n, importing, money, session
from plugins.accounting.models import Account
from plugins.budgets.models import ZERO, Budget, BudgetLine

MONTH = re.compile(r"^\s*(\d{4}-\d{2})\b")
MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True)
class Planned:
    """A cell that is to be changed; of an account the budget has no row of yet, what was is nothing."""

    address: str
    account: Account
    month: int
    old: Decimal
    new: Decimal


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cell or row that cannot be taken, and why."""

    address: str
    row: str
    message: str


@dataclass
class Compared:
    """A sheet beside its budget."""

    planned: list[Planned] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    same: int = 0
    """Accounts that stay as they are."""
    ignored: list[str] = field(default_factory=list)
    """Heads of columns that are no month."""

    @property
    def accounts(self) -> int:
        """How many accounts change."""
        return len({each.account.id for each in self.planned})


def heads(budget: Budget) -> list[str]:
    """The months of its year as their periods are called: 2026-01."""
    begins = budget.year.starts_on
    return [f"{begins.year + place // 12}-{place % 12 + 1:02}" for place in range(begins.month - 1, begins.month + 11)]


def rows(budget: Budget) -> list[list[Any]]:
    """Its accounts with what is planned for each month."""
    return [[line.account.code, line.account.name, *months_of(line).values()] for line in budget.lines]


def months_of(line: BudgetLine | None) -> dict[int, Decimal]:
    """{month: what is planned}."""
    return {month: getattr(line, f"month_{month}", None) or ZERO for month in MONTHS}


def compare(budget: Budget, table: importing.Table) -> Compared:
    """Lay a sheet beside its budget; raises Invalid at `file` where it is no sheet of this year."""
    found, places = Compared(), _places(budget, table.columns)
    found.ignored = [head for place, head in enumerate(table.columns) if place > 1 and place not in places.values()]
    accounts = {each.code: each for each in session().scalars(sa.select(Account))}
    lines, seen = {line.account_id: line for line in budget.lines}, set[int]()
    for number, cells in table.rows():
        code = cells[0].strip()
        if code == _("Total"):
            continue
        account = accounts.get(code)
        if account is None or account.id in seen:
            found.wrong.append(Wrong(f"A{number}", code, _said_of(account)))
            continue
        seen.add(account.id)
        before = len(found.planned)
        _compare_row(found, account, months_of(lines.get(account.id)), _Row(number, cells, places))
        found.same += len(found.planned) == before
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: Sequence[str]
    places: Mapping[int, int]

    def __iter__(self) -> Iterator[tuple[str, int, str]]:
        """(address, month, what stands there) of each month."""
        for month, place in self.places.items():
            yield f"{chr(ord('A') + place)}{self.number}" if place < 26 else str(self.number), month, self.cells[place]


def _said_of(account: Account | None) -> str:
    return _("There is no account with this code.") if account is None else _("This account stands here already.")


def _places(budget: Budget, found: Sequence[str]) -> dict[int, int]:
    """{month: its column}."""
    known = {head: month for month, head in zip(MONTHS, heads(budget), strict=True)}
    named = [(each[1], place) for place, head in enumerate(found) if (each := MONTH.match(head))]
    places = {known[name]: place for name, place in named if name in known}
    if not places:
        said = _("No column is a month of %(year)s, such as %(month)s. Fetch the sheet here, change it, bring it back.",
                 year=budget.year.name, month=heads(budget)[0])  # fmt: skip
        raise Invalid(fields={"file": said})
    return places


def _compare_row(found: Compared, account: Account, before: Mapping[int, Decimal], row: _Row) -> None:
    for address, month, text in row:
        try:
            new = _amount(text)
        except ValueError as error:
            found.wrong.append(Wrong(address, account.title, str(error)))
            continue
        if new != before[month]:
            found.planned.append(Planned(address, account, month, before[month], new))


def _amount(text: str) -> Decimal:
    """What a cell says; nothing where it is empty. Raises ValueError with a sentence."""
    if text == importing.UNSOLVED:
        raise ValueError(_("This formula has no value yet. Open the file, save it, and bring it again."))
    return money.rounded(i18n.parse_decimal(text), company().currency) if text.strip() else ZERO


def apply(budget: Budget, found: Compared, version: int) -> None:
    """Change what the sheet changed; raises Conflict where the budget is another one by now, Invalid for a misfit."""
    wanted: dict[int, dict[str, Any]] = {}
    for each in found.planned:
        wanted.setdefault(each.account.id, {})[f"month_{each.month}"] = each.new
    known = [{"id": line.id, **wanted.pop(line.account_id, {})} for line in budget.lines]
    new = [{"account": account_id, **values} for account_id, values in wanted.items()]
    edit(budget.id, "budget", {"lines": [*known, *new]}, version=version)
