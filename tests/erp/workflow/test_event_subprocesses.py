"""Event subprocesses: beside their scope or in its place, begun by timers, errors and what comes from outside."""

import pytest

from erp.workflow.errors import NotWaiting
from tests.erp.workflow.engine_tools import Caller, Running, files


def test_a_timer_begins_it_beside_the_process_as_often_as_it_may():
    work = Running("reminding")
    assert work.waiting == ["a_day", "an_hour", "work"]
    for left in (1, 0):
        work.caller.later(hours=1)
        work.fire("an_hour")
        assert work.waiting.count("an_hour") == left
    assert work.waiting == ["a_day", "look", "look", "work"]
    work.complete("work", is_worked=True)
    assert not work.instance.ended  # somebody still looks
    work.complete("look", seen=1).complete("look", seen=2)
    assert work.instance.ended
    assert work.instance.result == {"is_worked": True, "seen": 2}


def test_an_interrupting_one_takes_the_place_of_everything():
    work = Running("reminding", {"n": 1})
    work.caller.later(hours=1)
    work.fire("an_hour")
    work.caller.later(hours=23)
    work.fire("a_day")
    assert [closed.place.element_id for closed in work.changes.closed] == ["work", "look"]
    assert len(work.changes.timers_cleared) == 2
    assert work.waiting == ["tell"]
    work.complete("tell", told=True)
    assert work.instance.ended
    assert work.instance.result == {"n": 1, "told": True}
    assert work.changes.state is None


def test_its_timers_go_with_the_process():
    work = Running("reminding").complete("work")
    assert work.instance.ended
    assert len(work.changes.timers_cleared) == 2


def test_an_error_begins_it_inside_the_subprocess_it_lies_in():
    mending = Running("mending", {"price": 5}, Caller("carrier.book"))
    assert mending.waiting == ["book", "clean", "slow"]
    mending.complete("clean", is_clean=True)
    assert mending.fail("book", "refused")
    assert [event for event in mending.events if "caught" in event] == ["error_caught refused"]
    assert mending.waiting == ["fetch"]
    (task,) = mending.instance.open_tasks()
    # what both paths wrote is there
    assert mending.instance.values(task.id) == {"price": 5, "is_clean": True}
    mending.complete("fetch", is_fetched=True)
    assert mending.changes.state.id == "done"
    assert mending.instance.ended


def test_what_is_interrupted_is_taken_back():
    mending = Running("mending", {"price": 5}, Caller("carrier.book"))
    (task,), (timer,) = mending.instance.open_tasks(), mending.instance.timers()
    assert mending.fail("book", "refused")
    assert [closed.id for closed in mending.changes.closed] == [task.id]
    assert mending.changes.timers_cleared == (timer.id,)
    with pytest.raises(NotWaiting):
        mending.instance.complete(task.id, {})


def test_an_error_out_of_it_goes_to_what_is_around():
    mending = Running("mending", {"price": 5}, Caller("carrier.book"))
    assert mending.fail("book", "refused")
    mending.complete("fetch", is_fetched=False)
    assert mending.changes.state.id == "not_done"
    assert mending.instance.ended


def test_an_error_it_is_not_for_passes_it_by():
    mending = Running("mending", {"price": 5}, Caller("carrier.book"))
    assert mending.fail("book", "lost")
    assert mending.changes.state.id == "not_done"


@pytest.mark.parametrize("interrupts", [True, False])
def test_a_message_begins_it(interrupts):
    xml = (
        files()["reminding"]
        .replace(
            b'<bpmn:timerEventDefinition id="an_hour_definition"><bpmn:timeCycle xsi:type="bpmn:tFormalExpression">R2/PT1H</bpmn:timeCycle></bpmn:timerEventDefinition>',
            b'<bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="key" value="document.number" />'
            b'<spiffworkflow:property name="payload.reason" value="str" /></spiffworkflow:properties></bpmn:extensionElements>'
            b'<bpmn:messageEventDefinition messageRef="hurry" />',
        )
        .replace(b"<bpmn:process", b'<bpmn:message id="hurry" name="hurry" /><bpmn:process')
    )
    if interrupts:
        xml = xml.replace(b' isInterrupting="false"', b"")
    work = Running("reminding", xmls={"reminding": xml})
    (subscription,) = work.instance.subscriptions()
    assert (subscription.name, subscription.key) == ("hurry", "R-7")
    work.instance.receive(subscription.id, {"reason": "late"})
    work._keep()
    assert work.waiting == (["look"] if interrupts else ["a_day", "an_hour", "look", "work"])
    assert len(work.instance.subscriptions()) == (not interrupts)
    look = next(task for task in work.instance.open_tasks() if task.element.id == "look")
    assert work.instance.values(look.id) == {"reason": "late"}
