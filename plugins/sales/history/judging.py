"""What each number of a file becomes, by the rules: a sale, a refund, a correction of stock, or nothing; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from erp import money
from plugins.sales.history.plans import Plan
from plugins.sales.history.reading import Held, Raw, Shelf
from plugins.sales.history.rules import LEAVE_OUT

SALE, REFUND, STOCK = "sale", "refund", "stock"
ZERO = Decimal(0)


@dataclass(slots=True)
class Sold:
    """A line of a sale that may still come back."""

    number: str
    position: int
    left: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it will be kept; quantities are above zero but in corrections of stock."""

    row: int
    code: str
    description: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    """Quantity times price, in whole units of the currency."""
    is_goods: bool
    of: tuple[str, int] | None = None
    """(number, position) of the sold line it takes back."""


@dataclass(slots=True)
class Entry:
    """What one number, or a part of its lines, becomes."""

    kind: str
    number: str
    moment: datetime
    customer: str
    country: str
    lines: list[Line] = field(default_factory=list)

    @property
    def sign(self) -> int:
        """Which way its goods go: -1 off our shelf; corrections say it with their quantities."""
        return {SALE: -1, REFUND: 1}.get(self.kind, 1)


@dataclass(slots=True)
class Judged:
    """One number: what it becomes, and which rules each of its rows met."""

    number: str
    entries: list[Entry]
    met: dict[int, list[str]]
    """{row: names of rules}"""
    left_out: set[int]
    rows: int
    raw: Sequence[Raw] = ()


class Judge:
    """Goes through a shelf from its first moment to its last; the same shelf and plan are always judged the same."""

    def __init__(self, shelf: Shelf, plan: Plan, currency: str) -> None:
        self.shelf = shelf
        self.plan = plan
        self.quantum = money.quantum(currency)
        self.home = {customer: shelf.country_of(customer) for customer in shelf.countries}
        self.names = {code: article.name for code, article in shelf.articles.items()}
        named = {code for code in shelf.articles if plan.is_service(code)}
        self.services = named if plan.choice("service") != "goods" else set()
        self.sold: defaultdict[tuple[str, str], list[Sold]] = defaultdict(list)

    def all(self) -> Iterator[Judged]:
        """Every number of the file."""
        for held in self.shelf.documents:
            yield self._judged(held) if held.is_readable else self._unread(held)

    def _unread(self, held: Held) -> Judged:
        rows = self.shelf.rows_of(held)
        return Judged(held.number, [], {row: ["unreadable"] for row in rows}, set(rows), len(rows))

    def _judged(self, held: Held) -> Judged:
        raw = self.shelf.of(held)
        found = Judged(held.number, [], {}, set(), len(raw), raw)
        moment = min(each.moment for each in raw)
        makes = self._kinds(held.number, raw, found)
        self._tell_of_all(raw, moment, found)
        entries: dict[str, Entry] = {}
        for each, kind in zip(raw, makes, strict=True):
            if kind == LEAVE_OUT or self._is_out(each, kind, found):
                found.left_out.add(each.row)
                continue
            entry = entries.get(kind)
            if entry is None:
                entry = entries[kind] = Entry(kind, held.number, moment, each.customer, each.country)
            entry.lines.append(self._line(entry, each, found))
        found.entries = list(entries.values())
        return found

    # -- what a whole number is -----------------------------------------------------------------------------

    def _kinds(self, number: str, raw: Sequence[Raw], found: Judged) -> list[str]:
        """What each line is part of."""
        plan, begins = self.plan, number.upper()
        if plan.adjusted_by and begins.startswith(plan.adjusted_by.upper()):
            taken = plan.choice("adjustment") == "take"
            return [self._met(found, each, "adjustment", self._by_sign(each) if taken else LEAVE_OUT) for each in raw]
        if plan.cancelled_by and begins.startswith(plan.cancelled_by.upper()):
            return [self._met(found, each, "cancellation", plan.choice("cancellation")) for each in raw]
        priced = any(each.price for each in raw)
        return [self._kind(each, found, is_alone=not priced and not each.customer) for each in raw]

    def _kind(self, each: Raw, found: Judged, *, is_alone: bool) -> str:
        if each.quantity < 0:
            rule = "negative" if each.price else "lost"
            return self._met(found, each, rule, self.plan.choice(rule))
        if each.price < 0:
            return self._met(found, each, "negative", self.plan.choice("negative"))
        if is_alone:
            return self._met(found, each, "found", self.plan.choice("found"))
        return SALE

    @staticmethod
    def _by_sign(each: Raw) -> str:
        return REFUND if each.price * each.quantity < 0 else SALE

    @staticmethod
    def _met(found: Judged, each: Raw, rule: str, becomes: str) -> str:
        found.met.setdefault(each.row, []).append(rule)
        return becomes

    def _tell_of_all(self, raw: Sequence[Raw], moment: datetime, found: Judged) -> None:
        """The rules that only tell."""
        seen: Counter[tuple[object, ...]] = Counter()
        drop = self.plan.choice("duplicate") == "drop"
        for each in raw:
            same = each[2:]
            seen[same] += 1
            if seen[same] > 1:
                self._met(found, each, "duplicate", "")
                if drop:
                    found.left_out.add(each.row)
            told = {
                "nameless": not each.description,
                "renamed": bool(each.description) and each.description != self.names.get(each.code),
                "suffix": each.written != each.written.upper(),
                "service": each.code in self.services,
                "abroad": bool(each.customer) and each.country != self.home.get(each.customer),
                "moments": each.moment != moment,
                "rounded": self._amount(each) != each.quantity * each.price,
            }
            for rule, holds in told.items():
                if holds:
                    self._met(found, each, rule, "")

    def _is_out(self, each: Raw, kind: str, found: Judged) -> bool:
        """Whether a rule leaves a line out that is part of a sale, refund or correction."""
        if each.row in found.left_out:
            return True
        if each.code in self.services and self.plan.choice("service") == LEAVE_OUT:
            return True
        if kind == STOCK:
            return False
        if not each.customer and self._met(found, each, "walk_in", self.plan.choice("walk_in")) == LEAVE_OUT:
            return True
        is_free = kind == SALE and not each.price and "found" not in found.met.get(each.row, ())
        return is_free and self._met(found, each, "free", self.plan.choice("free")) == LEAVE_OUT

    # -- one line -------------------------------------------------------------------------------------------

    def _line(self, entry: Entry, each: Raw, found: Judged) -> Line:
        quantity, of = abs(each.quantity), None
        if entry.kind == SALE and each.customer:
            line = Sold(entry.number, len(entry.lines), quantity, each.price)
            self.sold[each.customer, each.code].append(line)
        if entry.kind == REFUND:
            of = self._sale_of(each, quantity)
            if of is None:
                self._met(found, each, "unmatched", "")
        name = each.description or self.names.get(each.code) or each.code
        is_goods = each.code not in self.services and "adjustment" not in found.met.get(each.row, ())
        signed = each.quantity if entry.kind == STOCK else quantity
        return Line(each.row, each.code, name[:200], signed, abs(each.price), abs(self._amount(each)), is_goods, of)

    def _amount(self, each: Raw) -> Decimal:
        return (each.quantity * each.price).quantize(self.quantum, ROUND_HALF_UP)

    def _sale_of(self, each: Raw, quantity: Decimal) -> tuple[str, int] | None:
        """The newest line before it with so many left, at the same price if there is one."""
        sold = self.sold.get((each.customer, each.code), []) if each.customer else []
        fitting = [line for line in reversed(sold) if line.left >= quantity]
        line = next((line for line in fitting if line.price == each.price), fitting[0] if fitting else None)
        if line is None:
            return None
        line.left -= quantity
        return line.number, line.position


@dataclass
class Survey:
    """What a file would become: counts of all rules, and what must have lain on the shelf before."""

    rows: int = 0
    made: Counter[str] = field(default_factory=Counter)
    """{sale, refund, stock: how many}"""
    lines: int = 0
    left_out: int = 0
    """Lines that make nothing."""
    met: Counter[str] = field(default_factory=Counter)
    total: Decimal = ZERO
    """Sales less refunds."""
    needs: dict[str, Decimal] = field(default_factory=dict)
    """{code: opening stock its history needs}"""
    running: dict[str, Decimal] = field(default_factory=dict)

    def take(self, judged: Judged, known: Collection[tuple[str, str]] = ()) -> None:
        """Count one number; what is `known` already, (kind, number), needs no opening stock."""
        self.rows += judged.rows
        self.left_out += len(judged.left_out)
        for names in judged.met.values():
            self.met.update(names)
        for entry in judged.entries:
            self.made[entry.kind] += 1
            self.lines += len(entry.lines)
            for line in entry.lines:
                if entry.kind != STOCK:
                    self.total -= entry.sign * line.amount
                if line.is_goods and (entry.kind, entry.number) not in known:
                    self._move(line.code, entry.sign * line.quantity)

    def _move(self, code: str, by: Decimal) -> None:
        now = self.running[code] = self.running.get(code, ZERO) + by
        if now < -self.needs.get(code, ZERO):
            self.needs[code] = -now
