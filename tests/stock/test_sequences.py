"""Whatever happens in whatever order: goods are conserved, and they cost what a few lines on paper say."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp import ErpError, create, session
from plugins.stock.api import Movement, levels, post, revalue, reverse
from plugins.stock.checks import costs_are_moves, layers_are_costs, levels_are_moves, reserved_is_promised
from plugins.stock.models import StockMove

CENT = Decimal("0.01")


def share(value: Decimal, of: Decimal, whole: Decimal) -> Decimal:
    """Part of a value to the cent, all of it for all."""
    return value if of == whole else min((value * of / whole).quantize(CENT, ROUND_HALF_UP), value)


@dataclass
class Paper:
    """One product worked by hand: what is where, and what is left of each receipt or, on average, of all of them."""

    is_fifo: bool
    counts: dict[int, Decimal] = field(default_factory=dict)
    left: list[list[Any]] = field(default_factory=list)
    """[quantity, value, move]"""

    @property
    def total(self) -> tuple[Decimal, Decimal]:
        return sum((row[0] for row in self.left), Decimal(0)), sum((row[1] for row in self.left), Decimal(0))

    def comes(self, count: Decimal, value: Decimal, move: int) -> None:
        if self.is_fifo or not self.left:
            self.left.append([count, value, move])
        else:
            self.left[0] = [self.left[0][0] + count, self.left[0][1] + value, 0]

    def goes(self, count: Decimal, first: int = 0) -> Decimal:
        value = Decimal(0)
        for row in sorted(self.left, key=lambda row: row[2] != first):
            took = min(row[0], count)
            part = share(row[1], took, row[0]) if took else Decimal(0)
            row[0], row[1], count, value = row[0] - took, row[1] - part, count - took, value + part
        self.left = [row for row in self.left if row[0]]
        return value

    def goes_at(self, count: Decimal, value: Decimal, move: int) -> None:
        """A receipt is taken back at its own value."""
        quantity, worth = self.total
        if not self.is_fifo and count < quantity and value <= worth:
            self.left = [[quantity - count, worth - value, 0]]
        else:
            self.goes(count, first=move)

    def is_worth(self, value: Decimal) -> None:
        quantity, worth = self.total
        by = value - worth
        for row in self.left:
            part = (
                by
                if row[0] == quantity
                else (by * (row[1] / worth if worth else row[0] / quantity)).quantize(CENT, ROUND_HALF_UP)
            )
            if by < 0:
                part = min(max(part, -row[1]), by + worth - row[1])
            quantity, worth, by = quantity - row[0], worth - row[1], by - part
            row[1] += part


steps = st.lists(
    st.tuples(
        st.sampled_from(("receive", "receive", "issue", "lose", "find", "move", "return", "reverse", "revalue")),
        st.integers(0, 1),
        st.integers(1, 7),
        st.integers(0, 9999),
    ),
    min_size=3,
    max_size=14,
)


@pytest.mark.parametrize("method", ["fifo", "average"])
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_goods_are_conserved_and_cost_what_paper_says(shop, method, steps):
    play(shop, method, steps)


@pytest.mark.soak
@pytest.mark.parametrize("method", ["fifo", "average"])
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_the_same_many_times(shop, method, steps):
    play(shop, method, steps)


def play(shop: Any, method: str, steps: list[tuple[str, int, int, int]]) -> None:
    category = create("product_category", {"name": f"C{len(shop.made)}", "category_stock.valuation": method}).id
    shop.made.append(category)
    product = shop.product("Lamp", category=category)
    paper = Paper(method == "fifo")
    moves: list[StockMove] = []
    for step in steps:
        try:
            done = carry_out(shop, product, step, moves, paper)
        except ErpError:
            session().rollback()
            assert is_refused_rightly(shop, step, moves, paper), step
            continue
        if done is not None:
            moves.append(session().get_one(StockMove, done))
        assert shop.worth(product) == paper.total, step
        held = {each.location_id: each.quantity for each in levels([product])}
        assert held == {place: count for place, count in paper.counts.items() if count}, step
    differences = [*levels_are_moves(), *costs_are_moves(), *layers_are_costs(), *reserved_is_promised()]
    assert differences == []


def ends(shop: Any, kind: str, here: int, there: int) -> tuple[int, int]:
    return {
        "receive": (shop.at("supplier"), here), "issue": (here, shop.at("customer")), "lose": (here, shop.at("loss")),
        "find": (shop.at("loss"), here), "move": (here, there), "return": (shop.at("customer"), here),
    }[kind]  # fmt: skip


def carry_out(shop: Any, product: int, step: Any, moves: list[StockMove], paper: Paper) -> int | None:
    """Do it and write it down on paper; what is refused is not written down."""
    kind, where, number, cents = step
    here, there = (shop.here, shop.there) if where else (shop.there, shop.here)
    count, value = Decimal(number), Decimal(cents) / 100
    if kind == "revalue":
        revalue(product, value)
        paper.is_worth(value)
        return None
    if kind == "reverse":
        move = moves[number % len(moves)] if moves else StockMove(id=0)
        done = session().get_one(StockMove, reverse([move.id])[0])
        booked(done, paper, is_reversal=move.id)
        return None
    issues = [each for each in moves if each.event == "goods_issued"]
    values: dict[str, Any] = {"value": value} if kind == "receive" else {}
    if kind == "return":
        values["returns_id"] = issues[number % len(issues)].id if issues else 0
    origin, target = ends(shop, kind, here, there)
    (done_id,) = post([Movement(product, origin, target, count, **values)])
    done = session().get_one(StockMove, done_id)
    quantity, worth = paper.total
    if kind == "find":
        assert done.value == (worth if count == quantity else (
            (worth * count / quantity).quantize(CENT, ROUND_HALF_UP) if quantity else done.value
        ))  # fmt: skip
    if kind == "return":
        issue = session().get_one(StockMove, values["returns_id"])
        back = sum((each.quantity for each in moves if each.returns_id == issue.id), Decimal(0))
        assert done.value == _until(issue, back + count) - _until(issue, back)
    booked(done, paper)
    return done_id


def _until(issue: StockMove, count: Decimal) -> Decimal:
    return issue.value if count == issue.quantity else share(issue.value, count, issue.quantity)


def booked(move: StockMove, paper: Paper, is_reversal: int = 0) -> None:
    """What a move did, on paper."""
    held = {each for each in (move.from_location_id, move.to_location_id) if each in paper.counts or is_ours(each)}
    for place, sign in ((move.from_location_id, -1), (move.to_location_id, 1)):
        if place in held:
            paper.counts[place] = paper.counts.get(place, Decimal(0)) + sign * move.quantity
    if len(held) == 2:
        return
    if move.to_location_id in held:
        paper.comes(move.quantity, move.value, move.id)
    elif is_reversal:
        paper.goes_at(move.quantity, move.value, is_reversal)
    else:
        assert move.value == paper.goes(move.quantity)


def is_ours(place_id: int) -> bool:
    return session().get_one(StockMove.from_location.property.mapper.class_, place_id).is_held


def is_refused_rightly(shop: Any, step: Any, moves: list[StockMove], paper: Paper) -> bool:
    """Whether paper says the same: not so many there, nothing to take back or to revalue."""
    kind, where, number, _cents = step
    here = shop.here if where else shop.there
    if kind == "revalue":
        return paper.total[0] == 0
    if kind == "reverse":
        if not moves:
            return True
        move = moves[number % len(moves)]
        there = paper.counts.get(move.to_location_id, Decimal(0))
        over = is_ours(move.to_location_id) and there < move.quantity
        return over or any(move.id in (each.reverses_id, each.returns_id) for each in every_move(move.product_id))
    if kind == "return":
        issues = [each for each in moves if each.event == "goods_issued"]
        if not issues:
            return True
        issue = issues[number % len(issues)]
        back = [each for each in every_move(issue.product_id) if issue.id in (each.reverses_id, each.returns_id)]
        return sum((each.quantity for each in back), Decimal(0)) + number > issue.quantity
    return kind in {"issue", "lose", "move"} and paper.counts.get(here, Decimal(0)) < number


def every_move(product_id: int) -> list[StockMove]:
    return list(session().query(StockMove).filter(StockMove.product_id == product_id))
