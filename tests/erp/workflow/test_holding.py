"""A process suspended: nothing moves, nothing is lost, and what came meanwhile is done in its order when it goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from erp import clock, operations
from erp.data.base import session, transaction
from erp.errors import Conflict, Forbidden, Invalid
from erp.jobs import claims, worker
from erp.jobs.models import Job
from erp.operations import instances
from erp.workflow import history, steps
from erp.workflow.errors import Suspended
from erp.workflow.messaging import messages
from erp.workflow.operating import holding
from erp.workflow.people import lateness, tasks
from plugins.repairs.models import RepairOrder
from tests.erp.workflow import drawn as small
from tests.erp.workflow.outside import ORDER, Place, drawn

pytestmark = pytest.mark.usefixtures("app")
ONE_TASK = small.drawn({"id": "look", "lane": "Counter"})


@pytest.fixture
def place(company):
    return Place(company, company.person("TENANT_MANAGER", "Counter", name="Peter Kariuki"))


@pytest.fixture
def enquiry(place, run_jobs):
    """An order that waits for a price, an hour at most: its id and number."""
    place.publish(drawn("enquiry"))
    order = place.order()
    run_jobs()
    return order


@pytest.fixture
def noted(place, run_jobs):
    """An order that takes any number of notes while somebody works."""
    place.publish(drawn("watched", **{"notes = notes + 1": "pass"}))
    order = place.order()
    run_jobs()
    return order


def hold(place, order):
    with place.person.acting():
        operations.suspend(ORDER, order, "The supplier is on strike")


def go_on(place, order):
    with place.person.acting():
        operations.resume(ORDER, order, "The strike is over")


def instance(place, order):
    with place.person.acting("system"):
        return steps.instance_of(session().get_one(RepairOrder, order))


def status(place, order):
    return instance(place, order).status


def kinds(place, order):
    with place.person.acting("system"):
        return [each.kind for each in history.of(instance(place, order).id)]


def notes(place, order):
    """The ids of the notes it took, in order."""
    return [data["message"] for _element, data in place.events(order, "received")]


def in_two_hours():
    return clock.frozen(clock.now() + timedelta(hours=2))


def work_late(place, order, run_jobs):
    """Run what is due by our clock; the database's own, which claims go by, cannot be set."""
    with place.person.acting("system"), transaction():
        for job in session().scalars(sa.select(Job).where(Job.subject_id == order, Job.state == "waiting")):
            job.due_at -= timedelta(hours=2)
    run_jobs()


def test_a_suspended_process_says_so_to_who_would_go_on(place, sign_in):
    place.publish(ONE_TASK)
    order, _number = place.order()
    with place.person.acting():
        (task,) = tasks.open_of(ORDER, [order])
    hold(place, order)
    with place.person.acting(), pytest.raises(Suspended) as refused:
        operations.complete(task.id, {})
    assert refused.value.message == (
        "Peter Kariuki has suspended this process: “The supplier is on strike”. Nothing moves until it is resumed."
    )
    assert "Suspended" in sign_in(place.person).get("/repair_order/").text
    go_on(place, order)
    assert status(place, order) == "running"
    with place.person.acting():
        operations.complete(task.id, {})
    assert status(place, order) == "ended"


def test_it_needs_the_right_and_a_reason_and_is_kept(place, company, truth):
    place.publish(ONE_TASK)
    order, _number = place.order()
    with company.person("Counter").acting(), pytest.raises(Forbidden):
        operations.suspend(ORDER, order, "because")
    with place.person.acting():
        with pytest.raises(Invalid) as unsaid:
            operations.suspend(ORDER, order, "  ")
        assert list(unsaid.value.fields) == ["reason"]
        with pytest.raises(Conflict, match="not suspended"):
            operations.resume(ORDER, order, "because")
    hold(place, order)
    with place.person.acting(), pytest.raises(Conflict, match="Peter Kariuki has suspended it already"):
        operations.suspend(ORDER, order, "again")
    go_on(place, order)
    entries = truth("select kind, actor, changes from audit_entry where subject = :s and subject_id = :id and kind in"
                    " ('suspended', 'resumed') order by id", s=ORDER, id=order)  # fmt: skip
    assert [(each.kind, each.actor, each.changes["reason"][1]) for each in entries] == [
        ("suspended", "Peter Kariuki", "The supplier is on strike"),
        ("resumed", "Peter Kariuki", "The strike is over"),
    ]
    assert kinds(place, order)[-2:] == ["suspended", "resumed"]


def test_a_timer_that_comes_due_waits_and_fires_when_it_goes_on(place, enquiry, run_jobs):
    order, _number = enquiry
    hold(place, order)
    with in_two_hours():
        work_late(place, order, run_jobs)
        assert place.waits(order) == ["get_price"]
        go_on(place, order)
        assert status(place, order) == "resuming"
        work_late(place, order, run_jobs)
    assert place.waits(order) == []
    assert [element for element, _data in place.events(order, "timer_fired")] == ["no_answer"]


def test_a_timer_nobody_came_to_while_it_was_suspended_takes_its_turn_too(place, enquiry, run_jobs):
    order, number = enquiry
    hold(place, order)
    with in_two_hours():
        place.send("price_named", number, message_id="too late", price=3)
        go_on(place, order)
        assert status(place, order) == "resuming"
        work_late(place, order, run_jobs)
    assert [element for element, _data in place.events(order, "timer_fired")] == ["no_answer"]
    assert place.waits(order) == []
    assert place.messages()["too late"] == "waiting"


def test_what_came_meanwhile_is_done_in_the_order_it_came(place, noted, run_jobs):
    order, number = noted
    hold(place, order)
    for count in range(4):
        assert place.send("note", number, message_id=f"n-{count}", note=str(count)) == "waiting"
    run_jobs()
    assert notes(place, order) == []
    go_on(place, order)
    run_jobs()
    assert status(place, order) == "running"
    assert notes(place, order) == [f"n-{count}" for count in range(4)]


def test_a_signal_is_heard_when_it_goes_on(place, noted, run_jobs):
    order, _number = noted
    hold(place, order)
    with place.person.acting("system"):
        operations.send_signal("shop_closed", {}, "closing")
    run_jobs()
    assert place.waits(order) == ["noted", "stopped"]
    go_on(place, order)
    run_jobs()
    assert status(place, order) == "ended"


def test_a_message_for_a_suspended_process_does_not_expire(place, enquiry, run_jobs):
    order, number = enquiry
    hold(place, order)
    with place.person.acting("system"):
        operations.send_message("price_named", number, {"price": 3}, "m", ttl="PT1H")
    run_jobs()
    with clock.frozen(clock.now() + timedelta(hours=2)):
        messages.sweep()
    assert place.messages()["m"] == "waiting"
    go_on(place, order)
    run_jobs()
    assert place.messages()["m"] == "taken"
    assert place.waits(order) == ["agree"]


def test_what_a_suspended_process_has_thrown_is_sent_when_it_goes_on(place):
    place.publish(drawn("enquiry"))
    order, _number = place.order()
    hold(place, order)
    worker.drain()
    assert place.messages() == {}
    go_on(place, order)
    worker.drain()
    with place.person.acting("system"):
        sent = session().scalars(sa.select(messages.WorkflowMessage).order_by(messages.WorkflowMessage.id))
        assert [each.name for each in sent] == ["price_wanted", "buyer_told"]


def test_a_worker_that_dies_while_catching_up_leaves_the_rest_to_the_next(place, noted, run_jobs, truth):
    order, number = noted
    hold(place, order)
    for count in range(3):
        place.send("note", number, message_id=f"d-{count}", note=str(count))
    run_jobs()
    go_on(place, order)
    (row,) = truth("select id from job where kind = :k and subject_id = :id and tenant_id = :t",
                   k=holding.RESUME, id=order, t=place.person.place.tenant_id)  # fmt: skip
    claim = claims.claim(row.id, timedelta(seconds=-1))
    with place.person.acting("system"):
        assert holding._next(claim)  # and here it dies: its lease is over
        session.remove()
    assert status(place, order) == "resuming"
    assert notes(place, order) == ["d-0"]
    with place.person.acting("system"), pytest.raises(Suspended), transaction():
        steps.opened(instance(place, order).id)
    run_jobs()
    assert status(place, order) == "running"
    assert notes(place, order) == ["d-0", "d-1", "d-2"]


def test_what_fails_while_catching_up_hinders_nothing_behind_it(place, run_jobs, truth):
    place.publish(drawn("watched", **{"notes = notes + 1": "x = 1 / int(note)"}))
    order, number = place.order()
    run_jobs()
    hold(place, order)
    for count in (1, 0, 2):
        place.send("note", number, message_id=f"f-{count}", note=str(count))
    run_jobs()
    go_on(place, order)
    run_jobs()
    assert status(place, order) == "running"
    assert notes(place, order) == ["f-1", "f-2"]
    (left,) = truth("select state, error from job where kind = 'message.deliver' and state <> 'done' and tenant_id = :t",
                    t=place.person.place.tenant_id)  # fmt: skip
    assert left.state == "waiting"
    assert "DivisionByZero" in left.error


def test_a_suspended_process_is_moved_and_stopped_by_who_looks_after_it(place, enquiry, run_jobs, truth):
    order, number = enquiry
    hold(place, order)
    place.send("price_named", number, message_id="left", price=1)
    run_jobs()
    with place.person.acting():
        (here,) = instances.standing(instance(place, order))
        assert here.element.id == "get_price"
        assert "agree" in {each.id for each in here.targets}
        operations.move(ORDER, order, here.token, "agree", "The price came by phone")
    assert place.waits(order) == ["agree"]
    assert status(place, order) == "suspended"
    (moved,) = place.events(order, "moved")
    assert moved == ("get_price", {"to": "agree", "to_name": "Agreed", "reason": "The price came by phone"})
    with place.person.acting():
        operations.cancel(ORDER, order, "No longer wanted")
    assert status(place, order) == "cancelled"
    run_jobs()
    tenant = place.person.place.tenant_id
    assert truth("select 1 from job where state = 'held' and tenant_id = :t", t=tenant) == []
    entries = truth("select kind, item from audit_entry where subject_id = :id and subject = :s and kind in"
                    " ('moved', 'stopped') order by id", id=order, s=ORDER)  # fmt: skip
    assert [tuple(each) for each in entries] == [("moved", "Wait for the price"), ("stopped", "")]


def test_moving_and_stopping_need_a_right_of_their_own_and_a_reason(place, company, enquiry):
    order, _number = enquiry
    with place.person.acting():
        (here,) = instances.standing(instance(place, order))
    with company.person("Counter").acting(), pytest.raises(Forbidden):
        operations.move(ORDER, order, here.token, "agree", "because")
    with company.person("Technician").acting(), pytest.raises(Forbidden):
        operations.cancel(ORDER, order, "because")
    with place.person.acting():
        with pytest.raises(Invalid) as unsaid:
            operations.move(ORDER, order, here.token, "agree", " ")
        assert list(unsaid.value.fields) == ["reason"]
        with pytest.raises(Invalid) as gone:
            operations.move(ORDER, order, "no-such-token", "agree", "because")
        assert list(gone.value.fields) == ["token"]
    assert place.waits(order) == ["get_price"]


def test_nobody_is_told_that_a_task_of_a_suspended_process_is_late(place, truth):
    place.publish(small.drawn({"id": "look", "lane": "Counter", "due": "PT1H"}))
    order, _number = place.order()
    told = "select 1 from notification where kind = 'task_overdue' and tenant_id = :t"
    tenant = place.person.place.tenant_id
    hold(place, order)
    with in_two_hours():
        lateness.tell_late()
        assert truth(told, t=tenant) == []
        go_on(place, order)
        lateness.tell_late()
    assert len(truth(told, t=tenant)) == 1
