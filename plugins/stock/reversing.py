"""What was moved is taken back: a mirror of each move, at exactly its value, dated the day it is made."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from erp import Conflict, Invalid, NotFound, _, session, today, transaction, whole
from plugins.stock.models import StockMove
from plugins.stock.movements import NOBODY, Movement, Source, Step, known
from plugins.stock.posting import Draft, Work, begin, write


def reverse(move_ids: Sequence[int], *, source: Source = NOBODY) -> list[int]:
    """Take moves back, the last first, on the day it is done; the ids of the mirrors.

    Raises NotFound, Conflict where somebody took one back already, Invalid where the goods are not there any more or
    where today is locked.
    """
    with whole(), transaction():
        moves = _moves(move_ids)
        found = known([_back(each) for each in moves])
        work = begin(found)
        _refuse_twice(moves)
        work.pools.read_layers({
            key: sum((each.quantity for each in moves if each.product_id == key), start=work.pools[key].quantity * 0)
            for key in found.products
        })  # fmt: skip
        chosen = []
        for move in moves:
            chosen.append(len(work.drafts))
            _mirror(move, work)
        ids = write(work, [Step((), today(), source)])
        return [ids[place] for place in chosen]


def _moves(move_ids: Sequence[int]) -> list[StockMove]:
    rows = list(session().scalars(sa.select(StockMove).where(StockMove.id.in_(move_ids)).order_by(StockMove.id.desc())))
    if len(rows) < len(set(move_ids)):
        raise NotFound
    if any(not row.quantity or row.reverses_id for row in rows):
        raise Invalid(_("A revaluation and what takes a move back are not taken back themselves."))
    return rows


def _refuse_twice(moves: Sequence[StockMove]) -> None:
    """Asked once the products are locked: nobody takes anything of theirs back meanwhile."""
    back = sa.or_(*(
        column.in_([each.id for each in moves]) for column in (StockMove.reverses_id, StockMove.returns_id)
    ))  # fmt: skip
    if session().scalar(sa.select(StockMove.id).where(back).limit(1)) is not None:
        raise Conflict(_("This was taken back already."))


def _back(move: StockMove) -> Movement:
    return Movement(move.product_id, move.to_location_id, move.from_location_id, move.quantity, move.lot_id)


def _mirror(move: StockMove, work: Work) -> None:
    back = _back(move)
    origin, target = work.known.places[back.from_id], work.known.places[back.to_id]
    pool = work.pools[back.product_id]
    value, revalued = move.value, move.value * 0
    if origin.is_held:
        work.levels.take((back.product_id, origin.id, back.lot_id), back.quantity)
    if target.is_held:
        work.levels.put((back.product_id, target.id, back.lot_id), back.quantity)
    if target.is_held and not origin.is_held:
        revalued = pool.put(back.quantity, value, len(work.drafts))
    elif origin.is_held and not target.is_held:
        own = work.pools.layer_of(back.product_id, move.id)
        revalued = pool.take(back.quantity, value, first=own).revalued
    draft = Draft(
        back.product_id, origin.id, target.id, back.quantity, value, move.event, sign=-1,
        lot_id=back.lot_id, line=move.source_line, reverses_id=move.id,
    )  # fmt: skip
    work.moved(draft, revalued)
