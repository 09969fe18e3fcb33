"""Some hundred numbers of a history at once: documents, marks, stock and entries, each by a few statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import TenantScoped, arrivals, clock, company, current, day_of, session
from plugins.accounting.api import post_many
from plugins.sales.history import records
from plugins.sales.history.judging import REFUND, SALE, STOCK, Entry, Judged, Line
from plugins.sales.history.plans import Plan
from plugins.sales.history.pricing import Priced, Pricer
from plugins.sales.history.records import Goods
from plugins.sales.history.stocking import Shelves
from plugins.sales.ledger import SALE_MADE, SALE_REFUNDED, Head, Sums, posting
from plugins.sales.models import (
    Sale,
    SaleLine,
    SaleRefund,
    SaleRefundLine,
    SaleRefundTender,
    SaleTender,
)

ZERO = Decimal(0)
Row = dict[str, Any]


@dataclass(slots=True)
class Draft:
    """A sale or refund that is about to be written."""

    entry: Entry
    on: date
    goods: Sequence[Goods]
    sums: Sequence[Priced]
    id: int = 0
    party_id: int | None = None
    sale_id: int | None = None
    costs: Mapping[int, Decimal] = field(default_factory=dict)
    """{place of a line: what its goods carried}"""

    @property
    def net(self) -> Decimal:
        """Without tax."""
        return sum((each.net for each in self.sums), ZERO)

    @property
    def tax(self) -> Decimal:
        """All taxes."""
        return sum((each.tax for each in self.sums), ZERO)


class Writer:
    """Writes numbers of one file for the acting company and branch."""

    def __init__(self, plan: Plan, file_name: str) -> None:
        self.plan = plan
        self.file_name = file_name
        self.currency = company().currency
        self.company_id, self.branch_id = company().id, current().branch_id
        self.pricer = Pricer(plan, self.currency)
        self.shelves = Shelves()
        self.goods: Mapping[str, Goods] = {}

    def write(self, numbers: Sequence[Judged]) -> Counter[str]:
        """Write what is not there yet: {sale, refund, stock, known: how many}; flushed when it returns."""
        entries = [entry for judged in numbers for entry in judged.entries]
        fresh = self._fresh(entries)
        drafts, corrections = self._drafts(fresh), [entry for entry in fresh if entry.kind == STOCK]
        by_kind = {kind: [draft for draft in drafts if draft.entry.kind == kind] for kind in (SALE, REFUND)}
        self._heads(Sale, by_kind[SALE])
        sold = self._sold(by_kind[REFUND])
        self._link(by_kind[REFUND], sold)
        self._heads(SaleRefund, by_kind[REFUND])
        self._move(fresh, drafts)
        self._lines(by_kind[SALE], SaleLine, SaleTender, {})
        self._lines(by_kind[REFUND], SaleRefundLine, SaleRefundTender, self._sold_lines(sold))
        self._mark(drafts)
        post_many([self._posting(draft) for draft in drafts])
        counts = Counter({kind: len(found) for kind, found in by_kind.items()})
        return counts + Counter({STOCK: len(corrections), "known": len(entries) - len(fresh)})

    # -- what is there already ------------------------------------------------------------------------------

    def known(self, entries: Sequence[Entry]) -> set[tuple[str, str]]:
        """(kind, number) of those that are there already."""
        fresh = {id(entry) for entry in self._fresh(entries)}
        return {(entry.kind, entry.number) for entry in entries if id(entry) not in fresh}

    def _fresh(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those whose number is not there yet, in their order."""
        there = {
            SALE: _numbers(Sale, entries, SALE),
            REFUND: _numbers(SaleRefund, entries, REFUND),
            STOCK: self.shelves.corrected([entry.number for entry in entries if entry.kind == STOCK]),
        }
        return [entry for entry in entries if entry.number not in there[entry.kind]]

    def _drafts(self, entries: Sequence[Entry]) -> list[Draft]:
        codes = {line.code for entry in entries for line in entry.lines}
        self.goods = records.products(codes, self.plan.cost_percent)
        found = []
        for entry in entries:
            if entry.kind != STOCK:
                on, own = day_of(entry.moment, self.branch_id), [self.goods[line.code] for line in entry.lines]
                found.append(Draft(entry, on, own, self.pricer.price(entry, on, own)))
        return found

    # -- documents ------------------------------------------------------------------------------------------

    def _heads(self, cls: type[Sale | SaleRefund], drafts: Sequence[Draft]) -> None:
        if not drafts:
            return
        parties = records.customers({draft.entry.customer for draft in drafts if draft.entry.customer})
        for draft in drafts:
            draft.party_id = parties.get(draft.entry.customer)
        rows = [self._head(cls, draft) for draft in drafts]
        statement = sa.insert(cls).returning(cls.id, sort_by_parameter_order=True)
        for draft, key in zip(drafts, session().scalars(statement, rows), strict=True):
            draft.id = key

    def _head(self, cls: type[Sale | SaleRefund], draft: Draft) -> Row:
        entry, moment = draft.entry, draft.entry.moment.astimezone(UTC)
        row: Row = {
            "number": entry.number, "customer_id": draft.party_id, "country": entry.country[:60],
            "channel": self.plan.channel, "employee": "", "employee_id": None, "subtotal": draft.net,
            "tax": draft.tax, "total": draft.net + draft.tax, "cost": ZERO, "tax_totals": _totals(draft.sums),
            "company_id": self.company_id, "branch_id": self.branch_id, "currency": self.currency,
            "created_at": clock.now(), "extra": {},
        }  # fmt: skip
        if cls is Sale:
            return {**row, "sold_at": moment, "sold_on": draft.on, "rounding": ZERO}
        reason = {"sale_id": draft.sale_id, "reason": "cancelled"}
        return {**row, **reason, "refunded_at": moment, "refunded_on": draft.on}

    def _lines(
        self, drafts: Sequence[Draft], cls: type[TenantScoped], tenders: type[TenantScoped],
        sold: Mapping[tuple[str, int], int],
    ) -> None:  # fmt: skip
        rows = [
            _line(draft, place, line, sold if draft.entry.kind == REFUND else None)
            for draft in drafts
            for place, line in enumerate(draft.entry.lines)
        ]
        paid = [
            {"document_id": draft.id, "position": 0, "kind": self.plan.tender, "amount": draft.net + draft.tax}
            for draft in drafts
            if draft.net + draft.tax
        ]
        for table, found in ((cls, rows), (tenders, paid)):
            if found:
                session().execute(sa.insert(table), found)
        _sum_costs(Sale if cls is SaleLine else SaleRefund, cls, [draft.id for draft in drafts])

    def _mark(self, drafts: Sequence[Draft]) -> None:
        """Each is marked as brought in, and history says from which file."""
        names = {SALE: Sale.__tablename__, REFUND: SaleRefund.__tablename__}
        arrivals.mark([(names[draft.entry.kind], draft.id) for draft in drafts], self.file_name)

    # -- refunds and the sales they take back ---------------------------------------------------------------

    def _sold(self, refunds: Sequence[Draft]) -> dict[str, int]:
        """{number: id} of the sales these take back."""
        numbers = {line.of[0] for draft in refunds for line in draft.entry.lines if line.of}
        statement = sa.select(Sale.number, Sale.id).where(Sale.number.in_(numbers))
        return {str(number): key for number, key in session().execute(statement)} if numbers else {}

    def _link(self, refunds: Sequence[Draft], sold: Mapping[str, int]) -> None:
        """A refund names its sale where all of it is of one."""
        for draft in refunds:
            of = {line.of[0] if line.of else "" for line in draft.entry.lines}
            draft.sale_id = sold.get(next(iter(of))) if len(of) == 1 else None

    def _sold_lines(self, sold: Mapping[str, int]) -> dict[tuple[str, int], int]:
        """{(number, position): id} of their lines."""
        numbers = {key: number for number, key in sold.items()}
        statement = sa.select(SaleLine.document_id, SaleLine.position, SaleLine.id).where(
            SaleLine.document_id.in_(numbers)
        )
        return {(numbers[of], at): key for of, at, key in session().execute(statement)} if numbers else {}

    # -- stock and books ------------------------------------------------------------------------------------

    def _move(self, entries: Sequence[Entry], drafts: Sequence[Draft]) -> None:
        """Every goods line is moved, in the order of time; a document learns what its goods carried."""
        of_entry = {id(draft.entry): draft for draft in drafts}
        moved = [
            (entry, of_entry[id(entry)].id if id(entry) in of_entry else 0, day_of(entry.moment, self.branch_id))
            for entry in entries
        ]
        costs = self.shelves.move(moved, self.goods)
        for entry, found in zip(entries, costs, strict=True):
            if id(entry) in of_entry:
                of_entry[id(entry)].costs = found

    def _posting(self, draft: Draft) -> Any:
        is_sale = draft.entry.kind == SALE
        head = Head(
            SALE_MADE if is_sale else SALE_REFUNDED, (Sale if is_sale else SaleRefund).__tablename__, draft.id,
            draft.entry.number, draft.on, draft.party_id, self.branch_id,
        )  # fmt: skip
        sums = [
            Sums(each.net, each.taxes, goods.category_id, goods.tax_category_id)
            for each, goods in zip(draft.sums, draft.goods, strict=True)
        ]
        return posting(head, sums, [(self.plan.tender, draft.net + draft.tax)], ZERO)


def _numbers(cls: type[Sale | SaleRefund], entries: Sequence[Entry], kind: str) -> set[str]:
    wanted = [entry.number for entry in entries if entry.kind == kind]
    return set(session().scalars(sa.select(cls.number).where(cls.number.in_(wanted)))) if wanted else set()


def _line(draft: Draft, place: int, line: Line, sold: Mapping[tuple[str, int], int] | None) -> Row:
    goods, sums = draft.goods[place], draft.sums[place]
    row = {
        "document_id": draft.id, "position": place, "product_id": goods.id, "description": line.description,
        "quantity": line.quantity, "uom": goods.uom, "unit_price": line.price, "tax_category_id": goods.tax_category_id,
        "net": sums.net, "tax": sums.tax, "total": sums.net + sums.tax, "cost": draft.costs.get(place, ZERO),
        "taxes": sums.taxes,
    }  # fmt: skip
    return row if sold is None else {**row, "sale_line_id": sold.get(line.of) if line.of else None}


def _totals(sums: Iterable[Priced]) -> list[Row]:
    """The taxes of all lines, each once."""
    found: dict[tuple[str, str], Row] = {}
    for each in (each for line in sums for each in line.taxes):
        known = found.setdefault((each["name"], each["rate"]), {**each, "base": "0", "amount": "0"})
        known["base"] = f"{Decimal(known['base']) + Decimal(each['base']):f}"
        known["amount"] = f"{Decimal(known['amount']) + Decimal(each['amount']):f}"
    return list(found.values())


def _sum_costs(cls: type[Sale | SaleRefund], lines: Any, ids: Sequence[int]) -> None:
    """A document's cost is what its lines' goods carried."""
    if ids:
        total = sa.select(sa.func.sum(lines.cost)).where(lines.document_id == cls.id).scalar_subquery()
        statement = sa.update(cls).where(cls.id.in_(ids)).values(cost=total)
        session().execute(statement, execution_options={"synchronize_session": False})
