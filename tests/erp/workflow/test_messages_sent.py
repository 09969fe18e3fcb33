"""Messages and signals in the database: led by an index, taken once, kept until their receiver opens."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from erp import clock, operations
from erp.data.base import session, transaction
from erp.errors import Conflict, Forbidden, Invalid
from erp.jobs.models import Job
from erp.workflow.errors import NoStart
from erp.workflow.messaging import messages, starts, subscriptions
from erp.workflow.models import WorkflowMessage
from plugins.repairs.models import RepairOrder
from tests.erp.workflow.outside import ORDER, Place, drawn

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def place(company):
    return Place(company, company.person("Counter", name="Grace Njeri"))


def test_a_message_reaches_the_one_who_waits_for_it(place, run_jobs):
    place.publish(drawn("enquiry"))
    (one, number), (other, _) = place.order(), place.order()
    run_jobs()
    assert place.waits(one) == place.waits(other) == ["get_price"]
    assert place.send("price_named", number, price="12.50", secret="x") == "taken"
    assert place.waits(one) == ["agree"]
    assert place.waits(other) == ["get_price"]
    assert place.send("price_agreed", number, note="gladly") == "taken"
    assert place.state(one) == "enquired"
    [(element, told), _] = place.events(one, "received")
    assert element == "get_price"
    assert (told["name"], told["key"], told["sender"], told["written"]) == (
        "price_named",
        number,
        "the bank",
        ["price"],
    )


def test_a_message_that_comes_early_is_taken_by_the_step_that_opens_its_receiver(place):
    place.publish(drawn("enquiry"))
    order, number = place.order()
    assert place.send("price_agreed", number, note="early") == "waiting"
    assert place.send("price_agreed", number, note="too many") == "waiting"
    place.send("price_named", number, message_id="p", price=1)
    assert place.state(order) == "enquired"
    assert sorted(place.messages().values()) == ["taken", "taken", "waiting"]
    [first, second] = place.events(order, "received")
    assert (first[0], second[0]) == ("get_price", "agree")


def test_the_same_message_twice_is_one_and_its_id_is_used_for_no_other(place):
    place.publish(drawn("enquiry"))
    order, number = place.order()
    for _again in range(3):
        assert place.send("price_named", number, message_id="p-1", price=7) == "taken"
    assert place.waits(order) == ["agree"]
    with pytest.raises(Conflict, match="p-1"):
        place.send("price_named", number, message_id="p-1", price=8)


def test_what_does_not_fit_is_kept_with_its_reason_and_the_process_waits_on(place):
    place.publish(drawn("enquiry"))
    order, number = place.order()
    assert place.send("price_named", number, message_id="bad", price="a lot") == "refused"
    assert place.waits(order) == ["get_price"]
    with place.person.acting("system"):
        [refused] = messages.page(("refused",))
        assert "price" in refused.reason
    assert place.send("price_named", number, price="8") == "taken"


def test_a_message_nobody_takes_expires_and_is_seen(place):
    place.publish(drawn("enquiry"))
    with place.person.acting("system"):
        operations.send_message("price_named", "nobody", {}, "short", ttl="PT1M")
        operations.send_message("price_named", "nobody", {}, "long")
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        messages.sweep()
    assert place.messages() == {"short": "expired", "long": "waiting"}
    with clock.frozen(clock.now() + timedelta(days=8)):
        messages.sweep()
    assert place.messages() == {"short": "expired", "long": "expired"}
    with clock.frozen(clock.now() + messages.KEPT + timedelta(days=1)):
        messages.sweep()
    assert place.messages() == {}
    with place.person.acting():
        with pytest.raises(Forbidden):
            messages.page()
        with pytest.raises(Forbidden):
            operations.send_message("a", "b", {}, "c")


def test_what_is_sent_is_checked_part_by_part(place):
    with place.person.acting("system"):
        for values, field in (
            (("", "k", {}, "i"), "name"),
            (("n", True, {}, "i"), "key"),
            (("n", "k" * 201, {}, "i"), "key"),
            (("n", "k", [1], "i"), "payload"),
            (("n", "k", {"a": "x" * 70_000}, "i"), "payload"),
            (("n", "k", {}, ""), "message_id"),
            (("n", "k\0", {}, "i"), "key"),
        ):
            with pytest.raises(Invalid) as refused:
                operations.send_message(*values)
            assert list(refused.value.fields) == [field]
        with pytest.raises(Invalid) as refused:
            operations.send_message("n", "k", {}, "i", ttl="P2Y")
        assert list(refused.value.fields) == ["ttl"]


def test_what_a_process_throws_goes_to_another_by_a_job(place, run_jobs):
    # the first order answers the question of the second, whose number is its key
    place.publish(drawn("enquiry"))
    asking, number = place.order()
    answering = (
        drawn("announcing")
        .replace(
            b'<bpmn:signalEventDefinition id="announce_event" signalRef="sale_begun" />',
            b'<bpmn:messageEventDefinition id="announce_event" messageRef="named" />',
        )
        .replace(b"  <bpmn:signal ", b'  <bpmn:message id="named" name="price_named" />\n  <bpmn:signal ', 1)
        .replace(
            b'name="payload.until" value="until"',
            f'name="key" value="\'{number}\'" /><spiffworkflow:property name="payload.price" value="41 + 1"'.encode(),
        )
    )
    place.publish(answering)
    answer, _number = place.order()
    assert place.waits(asking) == ["get_price"]
    run_jobs()
    assert place.waits(asking) == ["agree"]
    [(_element, told)] = place.events(asking, "received")
    assert told["sender"].startswith(_number)
    assert place.events(answer, "sent")[0][1]["name"] == "price_named"


def test_a_signal_reaches_everybody_who_waits_and_is_not_kept(place, run_jobs):
    place.publish(drawn("watched", **{"notes = notes + 1": "pass"}))
    with place.person.acting("system"):
        operations.send_signal("shop_closed", {}, "too early")
    run_jobs()
    orders = [place.order()[0] for _ in range(3)]
    assert all(place.waits(order) == ["noted", "stopped"] for order in orders)
    with place.person.acting("system"):
        for _twice in range(2):
            operations.send_signal("shop_closed", {}, "closing")
        told = list(session().scalars(sa.select(Job).where(Job.kind == messages.TELL)))
        assert len(told) == 3
    run_jobs()
    assert [place.waits(order) for order in orders] == [[], [], []]
    assert place.messages()["closing"] == "told"


def test_stopping_a_document_stops_its_waiting(place):
    place.publish(drawn("first_come"))
    order, _number = place.order()
    assert place.waits(order) == ["called_off", "hear", "money_came"]
    with place.person.acting("system"):
        operations.cancel(ORDER, order, "no longer wanted")
    assert place.waits(order) == []


# everything at the same moment


def together(*asked):
    barrier = threading.Barrier(len(asked))

    def run(one):
        barrier.wait()
        return one()

    with ThreadPoolExecutor(len(asked)) as threads:
        return [each.result() for each in [threads.submit(run, one) for one in asked]]


def test_of_one_message_and_many_receivers_one_takes_it(place, run_jobs):
    place.publish(drawn("enquiry", **{'value="document.number"': "value=\"'same'\""}))
    orders = [place.order()[0] for _ in range(3)]
    together(*(lambda i=i: place.send("price_named", "same", message_id=f"p-{i % 2}", price=1) for i in range(6)))
    run_jobs()
    assert sorted(place.waits(order) for order in orders) == [["agree"], ["agree"], ["get_price"]]
    assert {place.messages()[f"p-{i}"] for i in range(2)} == {"taken"}


@pytest.mark.parametrize("turn", range(6))
def test_a_message_and_its_receiver_at_the_same_moment_find_each_other(place, run_jobs, turn):
    place.publish(drawn("enquiry", **{'value="document.number"': "value=\"'same'\""}))
    found = together(place.order, lambda: place.send("price_named", "same", message_id="p", price=turn))
    run_jobs()
    assert place.messages()["p"] == "taken"
    assert place.waits(found[0][0]) == ["agree"]


def test_a_receiver_found_only_under_the_lock_is_left_to_a_job(place, run_jobs):
    place.publish(drawn("enquiry"))
    order, number = place.order()
    with place.person.acting("system"), transaction():
        sent = messages.checked("message", "price_named", number, {"price": 3}, "late")
        message, _new = messages._kept(sent)
        messages._lead(message, None)
    assert place.waits(order) == ["get_price"]
    run_jobs()
    assert place.waits(order) == ["agree"]
    assert place.messages()["late"] == "taken"


# documents that begin by themselves


def begun(**changes):
    return drawn("begun_from_outside", **changes).replace(
        b'name="field.number" value="reference"',
        b'name="field.item" value="reference" /><spiffworkflow:property name="field.fault" value="\'as told\'" /><spiffworkflow:property name="field.customer" value="who" /><spiffworkflow:property name="payload.who" value="int"',
    )


def orders_of(place):
    with place.person.acting("system"):
        return [(row.item, row.state) for row in session().scalars(sa.select(RepairOrder).order_by(RepairOrder.id))]


def test_a_message_makes_a_document_or_says_why_not(place, run_jobs):
    place.publish(begun())
    with place.person.acting("system"):
        party = operations.create("party", {"name": "Amina", "phone": "+254 700 553 218"}).id
    place.send("order_came", "", message_id="good", reference="Leica M6", who=party)
    place.send("order_came", "", message_id="good", reference="Leica M6", who=party)
    place.send("order_came", "", message_id="bad", reference="", who=party)
    place.send("order_came", "", message_id="odd", reference="x", who="nobody")
    run_jobs()
    assert orders_of(place) == [("Leica M6", "received")]
    assert place.messages() == {"good": "taken", "bad": "refused", "odd": "refused"}
    with place.person.acting("system"):
        [good] = session().scalars(sa.select(WorkflowMessage).where(WorkflowMessage.message_id == "good"))
        assert good.instance_id is not None
        [order] = session().scalars(sa.select(RepairOrder.id))
    [(element, told)] = place.events(order, "received")
    assert (element, told["name"], told["sender"]) == ("by_message", "order_came", "the bank")


def test_the_clock_makes_one_document_each_moment_and_one_for_all_it_missed(place, run_jobs):
    now = clock.now().replace(hour=5, minute=0, second=0, microsecond=0)
    with clock.frozen(now):
        with place.person.acting("system"):
            party = operations.create("party", {"name": "Amina", "phone": "+254 700 553 218"}).id
        place.publish(
            begun().replace(
                b'<bpmn:startEvent id="by_clock" name="Every day">',
                f'<bpmn:startEvent id="by_clock" name="Every day"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="field.item" value="\'Clock\'" /><spiffworkflow:property name="field.fault" value="\'tick\'" /><spiffworkflow:property name="field.customer" value="{party}" /></spiffworkflow:properties></bpmn:extensionElements>'.encode(),
            )
        )
        due = jobs_due(place)
    assert len(due) == 1
    for days in (1, 2, 5):
        with clock.frozen(due[0] + timedelta(days=days - 1, minutes=1)):
            together(lambda: operations.messages.keep_the_clock(), lambda: operations.messages.keep_the_clock())
            begin_due(place)
    assert [item for item, _state in orders_of(place)] == ["Clock"] * 3
    assert jobs_due(place) == [due[0] + timedelta(days=5)]


def jobs_due(place):
    with place.person.acting("system"):
        waiting = sa.select(Job.due_at).where(Job.kind == starts.BEGIN, Job.state == "waiting")
        return list(session().scalars(waiting))


def begin_due(place):
    """The worker claims by the database's clock, which no test moves."""
    with place.person.acting("system"):
        waiting = sa.select(Job).where(Job.kind == starts.BEGIN, Job.state == "waiting", Job.due_at <= clock.now())
        rows = [(row.id, row.request) for row in session().scalars(waiting)]
    for job_id, request in rows:
        for _twice in range(2):
            with place.person.acting("job"):
                operations.messages.begin(Claimed(job_id, request))


class Claimed:
    def __init__(self, job_id, request):
        self.id, self.request = job_id, request


def test_a_timer_that_is_not_drawn_any_more_begins_nothing(place):
    place.publish(begun())
    assert len(jobs_due(place)) == 1
    place.publish(begun())
    assert len(jobs_due(place)) == 1
    place.publish(drawn("enquiry"))
    assert jobs_due(place) == []
    place.publish(begun())
    assert len(jobs_due(place)) == 1


def test_a_signal_begins_documents_too_and_no_hand_begins_what_only_a_message_does(place, run_jobs):
    text = begun().replace(
        b'<bpmn:startEvent id="by_signal" name="The shop opened">',
        b'<bpmn:startEvent id="by_signal" name="The shop opened"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="payload.who" value="int" /><spiffworkflow:property name="field.item" value="\'Flag\'" /><spiffworkflow:property name="field.fault" value="\'open\'" /><spiffworkflow:property name="field.customer" value="who" /></spiffworkflow:properties></bpmn:extensionElements>',
    )
    place.publish(text)
    with place.person.acting("system"):
        party = operations.create("party", {"name": "Amina", "phone": "+254 700 553 218"}).id
        operations.send_signal("shop_opened", {"who": party}, "opening")
    run_jobs()
    assert orders_of(place) == [("Flag", "received")]
    # without the plain start nobody makes one by hand
    plain = text.index(b'    <bpmn:startEvent id="by_hand"')
    after = text.index(b"    <bpmn:startEvent", plain + 1)
    without = text[:plain] + text[after:]
    place.publish(without.replace(b'<bpmn:sequenceFlow id="f1" sourceRef="by_hand" targetRef="received" />', b""))
    with pytest.raises(NoStart):
        place.order()


def test_next_moments_of_a_clock():
    at = clock.now().replace(year=2026, month=3, day=10, hour=12, minute=0, second=0, microsecond=0)
    monthly = "R/2026-01-31T08:00:00+00:00/P1M"
    assert starts.next_due(monthly, at, at).isoformat() == "2026-03-31T08:00:00+00:00"
    assert starts.next_due("R2/2026-03-10T11:00:00+00:00/PT1H", at, at) is None
    assert starts.next_due("R3/2026-03-10T11:00:00+00:00/PT1H", at, at) == at + timedelta(hours=1)
    assert starts.next_due("R/PT1M", at - timedelta(days=900, seconds=1), at) == at + timedelta(seconds=59)
    assert starts.next_due("2026-03-10T11:00:00+00:00", at, at) is None
    assert starts.next_due("2026-03-10T13:00:00+00:00", at, at) == at + timedelta(hours=1)


def test_more_early_messages_than_one_step_takes_are_led_on_by_jobs(place, run_jobs):
    place.publish(drawn("watched", **{"notes = notes + 1": "pass", 'value="document.number"': "value=\"'same'\""}))
    many = subscriptions.AT_ONCE + 3
    with place.person.acting("system"), transaction():
        for count in range(many):
            operations.send_message("note", "same", {"note": str(count)}, f"n-{count}")
    order, _number = place.order()
    assert sum(1 for status in place.messages().values() if status == "waiting") == 3
    run_jobs()
    assert set(place.messages().values()) == {"taken"}
    assert len(place.events(order, "received")) == many
