"""Tokens moved by hand: where one may go, what a move would break, and what it may not leave out unsaid."""

from decimal import Decimal

import pytest

from erp.workflow.diagrams.diagram import parse
from erp.workflow.errors import NoTarget, NotMovable, NotWaiting, PastApproval, WouldStarve
from erp.workflow.migration import moves
from tests.erp.workflow.engine_tools import Caller, Running, files

FORM = b'<spiffworkflow:property name="form" value="repair_order.approve" />'


class Moved(Running):
    """A running instance whose tokens are moved."""

    def move(self, at: str, to: str, **more):
        self.instance.move(self.at(at), to, **more)
        self._keep()
        return self

    def at(self, element: str):
        return next(wait.id for wait in self.instance.waits() if wait.place.element_id == element)


def expensive(**more) -> Moved:
    return Moved("repair_order", {"parts": Decimal(900), "labour": 200}, Caller("capture"), **more)


def approved_by_votes() -> dict[str, bytes]:
    """The repair order with an approval where it asked one person."""
    found = files()
    asks = b'<spiffworkflow:property name="approvers" value="\'TENANT_MANAGER\'" />'
    assert FORM in found["repair_order"]
    return {**found, "repair_order": found["repair_order"].replace(FORM, FORM + asks)}


def test_a_token_goes_on_from_where_it_is_put_with_its_data():
    order = expensive().complete("inspect", diagnosis="screen")
    assert order.waiting == ["approve_quote", "reminder", "too_late"]
    order.move("approve_quote", "inspect")
    assert order.waiting == ["inspect"]
    assert order.events[-3:] == ["moved approve_quote", "cancelled approve_quote", "entered inspect"]
    (told,) = (event.values for event in order.changes.events if event.kind == "moved")
    assert told == {"to": "inspect", "to_name": "Inspect"}
    assert len(order.changes.timers_cleared) == 2
    (task,) = order.instance.open_tasks()
    assert order.instance.values(task.id)["diagnosis"] == "screen"
    order.complete("inspect")
    assert order.waiting == ["approve_quote", "reminder", "too_late"]


def test_a_token_moved_to_an_end_ends_the_process():
    order = expensive().move("inspect", "refused")
    assert order.changes.ended
    assert order.changes.state.id == "refused"
    assert order.waiting == []


def test_a_call_a_timer_and_what_runs_inside_are_moved_too():
    order = Moved("repair_order", {"parts": 1, "labour": 2}, Caller("capture")).complete("inspect")
    assert {wait.place.element_id for wait in order.instance.waits()} >= {"pay"}
    inside = [wait for wait in order.instance.waits() if wait.place.scope == ("pay",)]
    assert inside
    order.move("pay", "inspect")
    assert order.waiting == ["inspect"]
    parcel = Moved("delivery", {"quantity": 1, "price": Decimal(3)}, Caller("carrier.book", reserve=None))
    assert parcel.waiting[0] == "book"
    parcel.move("book", "wait_a_day")
    assert len(parcel.changes.calls_cancelled) == 1
    parcel.move("wait_a_day", "delivered")
    assert parcel.changes.ended


@pytest.mark.parametrize("target", ["received", "reminder", "nowhere", "inspect", "authorise"])
def test_a_token_stands_only_where_it_could_have_come_to(target):
    order = expensive()
    before = order.instance.snapshot()
    with pytest.raises(NoTarget):
        order.instance.move(order.at("inspect"), target)
    assert order.instance.snapshot() == before


def test_what_is_over_or_sits_on_a_boundary_is_not_moved():
    order = expensive().complete("inspect")
    (timer, _other) = order.instance.timers()
    with pytest.raises(NotWaiting):
        order.instance.move(timer.id, "inspect")
    gone = order.at("approve_quote")
    order.complete("approve_quote", is_approved=False)
    with pytest.raises(NotWaiting):
        order.instance.move(gone, "inspect")


def test_one_of_several_done_together_is_not_moved_alone():
    vote = Moved("quorum", {"voters": 3})
    body = vote.instance.open_tasks()[0]
    with pytest.raises(NotMovable):
        vote.instance.move(body.id, "anywhere")
    assert [wait.place.element_id for wait in vote.instance.waits()] == [body.place.element_id]


# what would wait for ever


def side_by_side() -> Moved:
    return Moved("side_by_side", {"round_no": 0, "rounds": 1, "packed": []})


def test_a_branch_moved_behind_its_join_would_leave_the_other_waiting_for_ever():
    order = side_by_side()
    assert order.waiting == ["invoice", "pack"]
    with pytest.raises(WouldStarve) as refused:
        order.instance.move(order.at("pack"), "next_round")
    assert refused.value.detail == {"joins": ["join"]}
    assert "Both done" in refused.value.message
    with pytest.raises(WouldStarve):
        order.instance.move(order.at("pack"), "invoice")
    with pytest.raises(NoTarget):
        order.instance.move(order.at("pack"), "join")
    assert order.waiting == ["invoice", "pack"]


def test_within_a_branch_a_token_moves_freely():
    order = side_by_side().move("pack", "note_pack")
    assert order.waiting == ["invoice"]
    waits = [wait.place.element_id for wait in order.instance.waits()]
    assert sorted(waits) == ["invoice", "join"]
    order.complete("invoice")
    assert "join" not in [wait.place.element_id for wait in order.instance.waits()]


def test_what_waits_behind_one_event_gateway_moves_as_one():
    order = Moved("first_come", {"number": "R-7"})
    waiting = order.waiting
    assert len(waiting) > 2
    order.move("too_late", "paid")
    assert order.changes.ended
    assert len(order.changes.unsubscribed) == 3
    assert len(order.changes.timers_cleared) == 1


# what may not be left out unsaid


def test_past_an_approval_only_when_that_is_said():
    order = expensive(xmls=approved_by_votes())
    with pytest.raises(PastApproval) as refused:
        order.instance.move(order.at("inspect"), "approved")
    assert refused.value.detail == {"approvals": ["approve_quote"]}
    assert "Approve the quote" in refused.value.message
    order.complete("inspect")
    with pytest.raises(PastApproval):
        order.instance.move(order.at("approve_quote"), "approved")
    order.move("approve_quote", "inspect")
    order.move("inspect", "approve_quote")
    order.move("approve_quote", "approved", past_approvals=True)
    assert "approve_quote" not in order.waiting


def test_an_approval_inside_a_step_between_counts_too():
    xmls = approved_by_votes()
    outer = b'<bpmn:callActivity id="send" name="Send" calledElement="parcel">'
    assert outer in xmls["parcels"]
    diagrams = {
        "parcels": parse(xmls["parcels"].replace(b'calledElement="parcel"', b'calledElement="repair_order"')),
        "repair_order": parse(xmls["repair_order"]),
    }
    assert [each.id for each in moves.approvals_passed(diagrams, "parcels", "send", "done")] == ["send"]
    assert moves.approvals_passed({"parcels": diagrams["parcels"]}, "parcels", "send", "done") == ()
    assert moves.approvals_passed(diagrams, "repair_order", "pay", "inspect") == ()
