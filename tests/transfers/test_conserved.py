"""Whoever counts, receives, decides and stops at once: what was sent is received, rejected, lost, returned or there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from erp import session, transaction
from erp.errors import ErpError
from erp.operations import cancel
from erp.testing.pytest_plugin import Person
from plugins.stock.checks import costs_are_moves, levels_are_moves, reserved_is_promised
from plugins.transfers.checks import (
    the_road_is_what_transfers_say,
    what_came_was_moved,
    what_is_on_the_way_is_expected,
)
from plugins.transfers.models import BUCKETS, TransferLine
from tests.transfers.conftest import Road

DEED = st.one_of(
    st.tuples(st.just("scan"), st.sampled_from(("LAMP", "VASE")), st.integers(1, 4), st.sampled_from(("good", "damaged"))),
    st.tuples(st.just("receive"), st.sampled_from(("all", "scanned")), st.sampled_from(("wait", "missing"))),
    st.tuples(st.just("investigate"), st.sampled_from(("found", "returned", "lost")), st.sampled_from(("settle", "recount"))),
    st.tuples(st.just("recount")),
    st.tuples(st.just("cancel")),
)  # fmt: skip


def at_once(deeds: list[tuple[Person, Callable[[], Any]]]) -> None:
    """All begin together; what is refused is refused."""
    start = threading.Barrier(len(deeds))

    def run(somebody: Person, deed: Callable[[], Any]) -> None:
        start.wait(20)
        with somebody.acting():
            try:
                deed()
            except (ErpError, AssertionError):
                session.rollback()
            finally:
                session.remove()

    threads = [threading.Thread(target=run, args=each) for each in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "somebody waits for ever"


def meant(road: Road, deed: tuple[Any, ...]) -> tuple[Person, Callable[[], Any]]:
    """Who does a deed, and how."""
    kind, *rest = deed
    if kind == "scan":
        return road.anne, lambda: road.scan(road.anne, *rest)
    if kind == "receive":
        answers = {"came": rest[0], "rest": rest[1], "over_reason": "They are here"}
        return road.peter, lambda: road.receive(road.peter, **answers)
    if kind == "investigate":
        return road.peter, lambda: road.answer(road.peter, "investigate", outcome=rest[0], decision=rest[1])
    if kind == "recount":
        return road.peter, lambda: road.answer(road.peter, "recount", decision="done", over_reason="They are here")
    return road.ben, lambda: cancel("transfer", road.id, "The road is flooded")


def played(road: Road, rounds: list[list[tuple[Any, ...]]]) -> None:
    """A transfer of lamps, in which people do all of a round at once."""
    lamp, _vase = road.made  # type: ignore[attr-defined]
    with road.shop.boss.acting():
        road.shop.receive(lamp, 6, 600)
    road.send([(lamp, 6)])
    for deeds in rounds:
        at_once([meant(road, deed) for deed in deeds])
    with road.shop.boss.acting():
        session.remove()
        apart = TransferLine.sent != sum((getattr(TransferLine, name) for name in BUCKETS), sa.literal(Decimal(0)))
        assert session().scalar(sa.select(sa.func.count()).where(apart)) == 0
        checks = (the_road_is_what_transfers_say, what_came_was_moved, what_is_on_the_way_is_expected, levels_are_moves)
        assert [told for check in (*checks, costs_are_moves, reserved_is_promised) for told in check()] == []
        session.remove()


@pytest.fixture
def goods(road: Road) -> Road:
    """Lamps, and vases that nobody sent."""
    with road.shop.boss.acting():
        road.made = tuple(road.shop.product(name, code=name.upper()) for name in ("Lamp", "Vase"))  # type: ignore[attr-defined]
    return road


ROUNDS = st.lists(st.lists(DEED, min_size=1, max_size=4), min_size=1, max_size=4)
QUIET = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


def test_nothing_is_lost_and_nothing_made(goods: Road):
    settings(max_examples=6, **QUIET)(given(ROUNDS)(lambda rounds: played(goods, rounds)))()  # type: ignore[arg-type]


@pytest.mark.soak
def test_nothing_is_lost_and_nothing_made_for_long(goods: Road):
    settings(max_examples=200, **QUIET)(given(ROUNDS)(lambda rounds: played(goods, rounds)))()  # type: ignore[arg-type]


def test_the_database_itself_refuses_what_does_not_add_up(goods: Road):
    played(goods, [[("receive", "all", "wait")]])
    with goods.shop.boss.acting(), pytest.raises(IntegrityError, match="transfer_line_conserved"), transaction():
        session().execute(sa.update(TransferLine).values(lost=TransferLine.lost + 1))
