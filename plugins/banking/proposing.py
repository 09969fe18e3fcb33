"""What probably belongs together: the same amount, and how much else two lines have in common."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from plugins.banking.matching import Side, total
from plugins.payments.api import Due

WINDOW = timedelta(days=45)
"""How far apart a bank books what the books say: a cheque may lie for weeks."""
SOON = 5
"""Days within which the only line of an amount is taken to be it."""
NEAREST = 20
"""Lines of one amount looked at for each line of a statement."""
REFERENCE, NAME = 100, 40
"""What a common reference and a common name weigh, against one for each day apart."""
SHORTEST = 6
"""Signs a number has to have to be looked for among what a bank says."""
WORD = re.compile(r"[a-z]{3,}")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Lines of the books that a line of a statement probably is; `is_sure` where a reference or all else agrees."""

    journal_ids: tuple[int, ...]
    is_sure: bool
    days: int
    by: str
    """reference | name | amount | sum"""


@dataclass(frozen=True, slots=True)
class Paid:
    """What of one customer or supplier a line of a statement probably pays."""

    dues: tuple[Due, ...]
    by: str
    """reference | name | amount | sum"""


@dataclass(frozen=True, slots=True)
class _Pair:
    told: Side
    booked: Side
    weight: int
    by: str

    @property
    def days(self) -> int:
        return abs((self.told.on - self.booked.on).days)

    @property
    def order(self) -> tuple[int, int, int]:
        return self.days - self.weight, self.told.id, self.booked.id


def propose(told: Sequence[Side], booked: Sequence[Side]) -> dict[int, Proposal]:
    """{line of a statement: what it probably is}; a line of the books is proposed once."""
    pairs = _pairs(told, booked)
    rivals: dict[int, int] = defaultdict(int)
    for pair in pairs:
        rivals[-pair.told.id] += 1
        rivals[pair.booked.id] += 1
    found: dict[int, Proposal] = {}
    used: set[int] = set()
    for pair in sorted(pairs, key=lambda each: each.order):
        if pair.told.id in found or pair.booked.id in used:
            continue
        alone = rivals[-pair.told.id] == rivals[pair.booked.id] == 1 and pair.days <= SOON
        found[pair.told.id] = Proposal((pair.booked.id,), bool(pair.weight) or alone, pair.days, pair.by)
        used.add(pair.booked.id)
    return found | _sums([each for each in told if each.id not in found], [b for b in booked if b.id not in used])


def propose_dues(told: Sequence[Side], dues: Sequence[Due]) -> dict[int, Paid]:
    """{line of a statement: what it probably pays}; a document is proposed once, one that is named first.

    The lines are of one direction: money that came in, and what customers owe; or what went out, and bills.
    """
    found: dict[int, Paid] = {}
    used: set[str] = set()
    for fits in (_named, _of_amount, _all_of_one):
        for line in told:
            if line.id in found:
                continue
            paid = fits(line, [due for due in dues if due.key not in used])
            if paid is not None:
                found[line.id] = paid
                used |= {due.key for due in paid.dues}
    return found


def _named(line: Side, dues: Sequence[Due]) -> Paid | None:
    """What the bank's text names by number, of the customer it names first."""
    said = _bare(f"{line.reference} {line.text} {line.name}")
    numbers = ((due, _bare(due.number)) for due in dues)
    named = [due for due, number in numbers if len(number) >= SHORTEST and number in said]
    of_one = tuple(due for due in named if due.party_id == named[0].party_id)
    return Paid(of_one, "reference") if of_one else None


def _of_amount(line: Side, dues: Sequence[Due]) -> Paid | None:
    """What comes to the amount: of the customer it names, or the only one."""
    fitting = [due for due in dues if due.left == abs(line.amount)]
    of_name = [due for due in fitting if _names(line, due)]
    if of_name:
        return Paid((of_name[0],), "name")
    return Paid((fitting[0],), "amount") if len(fitting) == 1 else None


def _all_of_one(line: Side, dues: Sequence[Due]) -> Paid | None:
    """All that a customer it names has open, where that comes to the amount; of one it names, what was due first."""
    groups: dict[int, list[Due]] = defaultdict(list)
    for due in dues:
        if _names(line, due):
            groups[due.party_id].append(due)
    for group in groups.values():
        if sum(due.left for due in group) == abs(line.amount):
            return Paid(tuple(group), "sum")
    return Paid((next(iter(groups.values()))[0],), "name") if len(groups) == 1 else None


def _names(line: Side, due: Due) -> bool:
    """Whether most words of a customer's name are among what the bank says."""
    wanted = _words(due.party_name)
    return bool(wanted) and len(wanted & _words(f"{line.name} {line.text}")) * 2 > len(wanted)


def _pairs(told: Sequence[Side], booked: Sequence[Side]) -> list[_Pair]:
    of_amount: Mapping[object, list[Side]] = defaultdict(list)
    for each in booked:
        of_amount[each.amount].append(each)
    found = []
    for line in told:
        near = [each for each in of_amount.get(line.amount, ()) if abs(each.on - line.on) <= WINDOW]
        near.sort(key=lambda each: (abs(each.on - line.on), each.id))
        found += [_Pair(line, each, *_common(line, each)) for each in near[:NEAREST]]
    return found


def _common(told: Side, booked: Side) -> tuple[int, str]:
    """How much what they say agrees, and in what."""
    said = _bare(f"{told.reference} {told.text} {told.name}")
    if any(each in said for each in _references(booked)):
        return REFERENCE, "reference"
    mine, other = _words(f"{told.name} {told.text}"), _words(booked.name or booked.text)
    if other and len(mine & other) * 2 >= len(other):
        return NAME, "name"
    return 0, "amount"


def _references(booked: Side) -> Iterable[str]:
    """What names the line of the books: words with digits, such as numbers of documents and receipts."""
    words = re.split(r"[\s,;:]+", f"{booked.number} {booked.reference} {booked.text}")
    bare = (_bare(word) for word in words)
    return [word for word in bare if len(word) >= SHORTEST and any(sign.isdigit() for sign in word)]


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.casefold())


def _words(text: str) -> frozenset[str]:
    return frozenset(WORD.findall(text.casefold()))


def _sums(told: Sequence[Side], booked: Sequence[Side]) -> dict[int, Proposal]:
    """Lines of the books of one day, or of one party, that come to a line of the statement together."""
    groups: dict[tuple[str, str], list[Side]] = defaultdict(list)
    for each in booked:
        groups["day", each.on.isoformat()].append(each)
        if each.name:
            groups["name", each.name].append(each)
    found: dict[int, Proposal] = {}
    used: set[int] = set()
    for line in told:
        fitting = (
            group for group in groups.values()
            if len(group) > 1 and total(group) == line.amount
            and all(each.id not in used and abs(each.on - line.on) <= WINDOW for each in group)
        )  # fmt: skip
        nearest = min(fitting, key=lambda group: abs(group[0].on - line.on), default=None)
        if nearest is not None:
            days = abs((nearest[0].on - line.on).days)
            found[line.id] = Proposal(tuple(each.id for each in nearest), is_sure=False, days=days, by="sum")
            used |= {each.id for each in nearest}
    return found
