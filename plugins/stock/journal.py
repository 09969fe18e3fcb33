"""What goods cost is told to the books, in the transaction of the moves; by rules an accountant reads and changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from erp import _l
from plugins.accounting.api import Amount, Event, Part, Posting

COST = (Amount("cost", _l("cost")),)
EVENTS = (
    Event("goods_received", _l("goods are received"), COST),
    Event("goods_sent_back", _l("goods are sent back to their supplier"), COST),
    Event("goods_issued", _l("goods are issued"), COST),
    Event("goods_returned", _l("goods come back"), COST),
    Event("stock_lost", _l("stock is lost"), COST),
    Event("stock_found", _l("stock is found"), COST),
    Event("stock_revalued", _l("stock is revalued"), COST),
)
SOURCE = "stock_move"


@dataclass(frozen=True, slots=True)
class Told:
    """A move as the books hear of it."""

    move_id: int
    group: int
    """The document of a posting it belongs to: moves of one are one entry for each event."""
    event: str
    on: date
    amount: Decimal
    category_id: int | None
    branch_id: int | None
    note: str


def postings(moves: Sequence[Told]) -> list[Posting]:
    """What these moves cost, for the books; an entry stands for its first move."""
    grouped: dict[tuple[int, str, date], list[Told]] = {}
    for move in moves:
        if move.amount:
            grouped.setdefault((move.group, move.event, move.on), []).append(move)
    return [_posting(event, on, told) for (_group, event, on), told in grouped.items()]


def _posting(event: str, on: date, moves: Sequence[Told]) -> Posting:
    sums: dict[tuple[int | None, int | None], Decimal] = {}
    for move in moves:
        key = (move.category_id, move.branch_id)
        sums[key] = sums.get(key, Decimal(0)) + move.amount
    return Posting(event, on, SOURCE, moves[0].move_id, _parts(sums), moves[0].note, branch_id=moves[0].branch_id)


def _parts(sums: Mapping[tuple[int | None, int | None], Decimal]) -> list[Part]:
    return [
        Part("cost", amount, product_category_id=category_id, branch_id=branch_id)
        for (category_id, branch_id), amount in sums.items()
    ]
