"""An approver leaves lines out and approves the rest: who voted before is asked again, and history says who and why."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from erp import complete
from erp.data.base import session, transaction
from erp.documents.types import document_type
from erp.errors import Invalid
from erp.testing.pytest_plugin import Person
from erp.workflow.errors import ScriptError
from erp.workflow.people import reopening
from tests.erp.workflow.test_approvals import approve, look, vote
from tests.erp.workflow.test_people import Office, office

__all__ = ["office"]
PARTS = {"Shutter unit": 14_800, "Strap": 900, "Second battery": 6_500}


def with_parts(office: Office, order: int, parts: int = 3) -> tuple[int, dict[str, str]]:
    """The order with parts on it; {part: name of the tick that leaves it out}."""
    line = document_type("repair_order").table("lines").cls
    with office.grace.acting(source="system"), transaction():
        row: Any = session().get_one(document_type("repair_order").cls, order)
        for place, (name, price) in enumerate(list(PARTS.items())[:parts]):
            values = {"quantity": Decimal(1), "unit_price": Decimal(price), "position": place}
            row.lines.append(line(kind="part", description=name, **values))
        row.recompute()
        session().flush()
        reopening.look_again(row)
        return order, {each.description: f"drop_{each.id}" for each in row.lines}


def asked(office: Office, *, parts: int = 3, **more: str) -> tuple[int, dict[str, str]]:
    """An order whose approval may leave some of its parts out."""
    office.draws(approve(quorum="2", **more), {"id": "after"})
    return with_parts(office, office.order(), parts)


def lines_of(office: Office, order: int) -> tuple[list[str], Decimal]:
    with office.grace.acting(source="system"):
        row: Any = session().get_one(document_type("repair_order").cls, order)
        return [each.description for each in row.lines], row.subtotal


def test_a_line_is_left_out_and_the_rest_approved(office: Office, sign_in: Callable[[Person], Any]):
    order, tick = asked(office, drops="lines")
    task = office.task(order)
    vote(office.anne, task)
    page = sign_in(office.peter).get(f"/inbox/{task.id}").get_data(as_text=True)
    assert "Leave out, and approve the rest" in page
    assert "Second battery, KES 6,500.00" in page
    with office.peter.acting():
        complete(task.id, {"decision": "approve", tick["Second battery"]: True, "comment": "One is enough"})
    assert lines_of(office, order) == (["Shutter unit", "Strap"], Decimal(15_700))
    # Anne had agreed to three lines; Peter's vote is about two
    assert look(office, task).voted == [office.peter.member_id]
    assert office.doers(look(office, task)) == {"Grace", "Anne"}
    again = sign_in(office.anne).get(f"/inbox/{task.id}").get_data(as_text=True)
    assert "they count no more" in again
    assert "Second battery" in again
    vote(office.anne, task)
    assert office.task(order).element == "after"
    told = sign_in(office.grace).get(f"/repair_order/{order}/history").get_data(as_text=True)
    assert "left out “Second battery, KES 6,500.00” – “One is enough”" in told


def test_what_cannot_be_left_out_is_said_beside_it_and_nothing_happens(office: Office):
    order, tick = asked(office, drops="lines")
    task = office.task(order)
    names = list(tick.values())
    for answers, field, said in (
        ({"decision": "approve", names[0]: True}, "comment", "Say why these lines"),
        ({"decision": "reject", names[0]: True, "comment": "Dear"}, names[0], "only where the rest is approved"),
        ({"decision": "approve", "comment": "x", **dict.fromkeys(names, True)}, names[0], "reject it instead"),
    ):
        with office.peter.acting(), pytest.raises(Invalid) as refused:
            complete(task.id, answers)
        assert said in refused.value.fields[field]
    assert len(lines_of(office, order)[0]) == 3
    assert look(office, task).voted == []


def test_nothing_may_be_left_out_where_the_diagram_does_not_say_so_or_one_line_is_there(office: Office):
    for parts, more in ((3, {}), (1, {"drops": "lines"})):
        order, tick = asked(office, parts=parts, **more)
        task = office.task(order)
        with office.peter.acting(), pytest.raises(Invalid):
            complete(task.id, {"decision": "approve", next(iter(tick.values())): True, "comment": "x"})
        assert len(lines_of(office, order)[0]) == parts


def test_lines_a_document_does_not_have_are_named(office: Office):
    office.draws(approve(drops="'wheels'"), {"id": "after"})
    with pytest.raises(ScriptError, match="no lines called “wheels”"):
        office.order()
