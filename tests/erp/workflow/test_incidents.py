"""What a worker could not do, whatever it was: it stands where the process stands until somebody decides, and is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from erp import batches, clock, context, operations
from erp.batches import running
from erp.data.base import session, transaction
from erp.errors import Conflict, Forbidden, Invalid
from erp.jobs import claims, worker
from erp.jobs.models import Job
from erp.workflow import history, steps
from erp.workflow.messaging import subscriptions
from erp.workflow.models import WorkflowIncident
from erp.workflow.operating import causes, incidents
from plugins.repairs.models import RepairOrder
from tests.erp.workflow.outside import ORDER, Place, drawn
from tests.repairs.conftest import Shop

pytestmark = pytest.mark.usefixtures("app")
NEEDS_A_SERIAL = "'K' + document.serial"


@pytest.fixture
def manager(company):
    return company.person("TENANT_MANAGER", "Counter", name="Peter Kariuki")


@pytest.fixture
def place(company, manager):
    return Place(company, manager)


@pytest.fixture
def shop(company):
    """A shop whose workers do nothing by themselves."""
    return Shop(company.person("Counter", name="Grace Njeri"), company.person("Technician"), lambda: 0)


def given_up(kind, subject_id=None):
    """Let each waiting row of a kind use up its attempts; what really went wrong is in its error."""
    with transaction():
        statement = sa.select(Job).where(Job.kind == kind, Job.state == "waiting")
        if subject_id is not None:
            statement = statement.where(Job.subject_id == subject_id)
        ids = []
        for job in session().scalars(statement):
            job.attempts, job.max_attempts, job.due_at = 0, 1, clock.now() - timedelta(days=1)
            ids.append(job.id)
    acting = context.current()
    for job_id in ids:
        worker.run(job_id)
        context.enter(acting)


def stuck(person, order):
    with person.acting("system"):
        return list(
            session().scalars(
                sa.select(WorkflowIncident).where(WorkflowIncident.document_id == order).order_by(WorkflowIncident.id)
            )
        )


def events(person, order):
    with person.acting("system"):
        instance = steps.instance_of(session().get_one(RepairOrder, order))
        return [(each.kind, each.element, each.data) for each in history.of(instance.id)]


# -- whatever fails ------------------------------------------------------------------------------------------


def with_serial(place, order):
    with place.person.acting("system"), transaction():
        session().get_one(RepairOrder, order).serial = "062021"


def test_a_timer_whose_way_fails_is_an_incident_and_can_be_tried_again(place, run_jobs):
    before, mark, after = drawn("enquiry").partition(b'id="thank"')
    place.publish(before + mark + after.replace(b"document.number", NEEDS_A_SERIAL.encode(), 1))
    order, _number = place.order()
    run_jobs()
    with clock.frozen(clock.now() + timedelta(hours=2)), place.person.acting("system"):
        given_up(steps.TIMER, order)
    (incident,) = stuck(place.person, order)
    assert (incident.kind, incident.element, incident.name) == (steps.TIMER, "no_answer", "No answer")
    assert "Given up" in incident.reason
    assert incident.token
    assert place.waits(order) == ["get_price"]
    with place.person.acting():
        with pytest.raises(Conflict, match="cannot be left out"):
            operations.skip_incident(incident.id, "never mind")
        assert incidents.ways(incident) == incidents.correctable(incident) == []
        with_serial(place, order)
    with clock.frozen(clock.now() + timedelta(hours=2)), place.person.acting():
        operations.retry_incident(incident.id)
        with place.person.acting("system"):
            given_up(steps.TIMER, order)
    assert place.waits(order) == []
    (closed,) = stuck(place.person, order)
    assert (closed.status, closed.resolution, closed.closed_by) == ("done", "retry", "Peter Kariuki")
    assert "tried_again" in {kind for kind, _element, _data in events(place.person, order)}


@pytest.fixture
def hearing(place, run_jobs):
    """An order whose process fails when it hears a note, until it has a serial number."""
    place.publish(drawn("watched", **{"notes = notes + 1": f"n = {NEEDS_A_SERIAL}"}))
    order = place.order()
    run_jobs()
    return order


def test_a_message_whose_receiver_fails_is_the_receivers_matter_and_not_the_senders(place, hearing):
    order, number = hearing
    assert place.send("note", number, message_id="n-1", note="hello") == "waiting"
    with place.person.acting("system"):
        given_up(subscriptions.DELIVER)
    (incident,) = stuck(place.person, order)
    assert (incident.element, incident.name) == ("noted", "A note came")
    with place.person.acting():
        with_serial(place, order)
        operations.retry_incident(incident.id)
        worker.drain()
    assert place.messages()["n-1"] == "taken"
    assert [data["message"] for _e, data in place.events(order, "received")] == ["n-1"]


def test_a_message_may_be_left_out_with_a_reason(place, hearing):
    order, number = hearing
    place.send("note", number, message_id="n-1", note="hello")
    with place.person.acting("system"):
        given_up(subscriptions.DELIVER)
    (incident,) = stuck(place.person, order)
    with place.person.acting():
        operations.skip_incident(incident.id, "It was a test")
    assert place.messages()["n-1"] == "refused"
    assert place.waits(order) == ["noted", "stopped"]


def test_what_a_process_cannot_send_may_be_left_out(place):
    place.publish(drawn("enquiry"))
    order, _number = place.order()
    with place.person.acting("system"):
        with transaction():
            for job in session().scalars(sa.select(Job).where(Job.kind == subscriptions.THROWN)):
                job.request = {**job.request, "ttl": "P9Y"}
        given_up(subscriptions.THROWN)
        given_up(subscriptions.THROWN)
    first, second = stuck(place.person, order)
    assert {first.element, second.element} == {"ask_price", "told"}
    with place.person.acting():
        operations.skip_incident(first.id, "Nobody asks any more")
    assert stuck(place.person, order)[0].note == "Nobody asks any more"


def test_an_incident_of_a_wait_that_is_over_needs_no_decision(place, hearing):
    order, number = hearing
    place.send("note", number, message_id="n-1", note="hello")
    with place.person.acting("system"):
        given_up(subscriptions.DELIVER)
        operations.send_signal("shop_closed", {}, "closing")
        worker.drain()
    (incident,) = stuck(place.person, order)
    assert (incident.status, incident.resolution) == ("done", "dropped")


def test_what_differs_from_document_to_document_is_left_out_of_the_cause():
    told = (
        "Mail to amina.h@example.com refused: 550 5.1.1 “Amina Hassan” 0f8fad5b-d9cb-469f-a165-70867728950e\n at line 3"
    )
    assert incidents.cause_of(told) == "Mail to # refused: # #.#.# # #"
    assert incidents.cause_of("name 'x' is not defined") == "name 'x' is not defined"


# -- a call, and what may be decided of it ----------------------------------------------------------------------


@pytest.fixture
def unsent(shop):
    """An order whose quote could not be mailed: the incident."""
    shop.receive(email="amina@exmaple.com")
    shop.inspect()
    shop.quote()
    with shop.grace.acting("system"):
        given_up(steps.CALL, shop.order_id)  # the quote is rendered
        with transaction():
            job = session().scalars(sa.select(Job).where(Job.state == "waiting", Job.kind == steps.CALL)).one()
            job.max_attempts = 1
            job_id = job.id
        claim = claims.claim(job_id, timedelta(seconds=20))
        session.remove()
        worker._failed(claim, RuntimeError("451 no such host exmaple.com"))
    return stuck(shop.grace, shop.order_id)[0]


def test_a_letter_is_sent_again_to_a_corrected_address(shop, unsent, manager, truth):
    with manager.acting():
        assert [field.name for field in incidents.correctable(unsent)] == ["to", "subject"]
        with pytest.raises(Invalid) as wrong:
            operations.correct_incident(unsent.id, {"to": "not an address"})
        assert list(wrong.value.fields) == ["to"]
        with pytest.raises(Invalid) as unknown:
            operations.correct_incident(unsent.id, {"to": "amina@example.com", "tenant_id": 7})
        assert list(unknown.value.fields) == ["tenant_id"]
        with pytest.raises(Invalid, match="Nothing is changed"):
            operations.correct_incident(unsent.id, {"to": "amina@exmaple.com"})
        before = session().get_one(Job, unsent.job_id).request
        operations.correct_incident(unsent.id, {"to": "amina@example.com"})
        after = session().get_one(Job, unsent.job_id)
        assert after.request == {**before, "request": {**before["request"], "to": "amina@example.com"}}
        worker.drain()
    assert [mail.to for mail in shop.mails() if mail.subject.startswith("Quote for")] == ["amina@example.com"]
    assert shop.open == ["decide_quote"]
    (entry,) = truth("select * from audit_entry where kind = 'incident_corrected' and subject_id = :id and tenant_id = :t",
                     id=shop.order_id, t=manager.place.tenant_id)  # fmt: skip
    assert (entry.actor, entry.item) == ("Peter Kariuki", "Send quotation")
    assert entry.changes == {"to": ["amina@exmaple.com", "amina@example.com"]}
    (told,) = [data for kind, _element, data in events(manager, shop.order_id) if kind == "corrected"]
    assert told == {"changes": entry.changes}


def test_correcting_needs_its_own_right(shop, unsent):
    with shop.grace.acting(), pytest.raises(Forbidden):
        operations.correct_incident(unsent.id, {"to": "grace@example.com"})
    with shop.grace.acting():
        assert incidents.correctable(unsent) == []


def test_a_call_is_sent_down_the_way_drawn_for_its_error(shop, unsent, manager):
    with manager.acting():
        assert incidents.ways(unsent) == [("mail_refused", "Mail refused")]
        with pytest.raises(Invalid) as nowhere:
            operations.send_down_incident(unsent.id, "no_carrier", "because")
        assert list(nowhere.value.fields) == ["code"]
        with pytest.raises(Invalid) as unsaid:
            operations.send_down_incident(unsent.id, "mail_refused", "")
        assert list(unsaid.value.fields) == ["reason"]
    with shop.grace.acting(), pytest.raises(Forbidden):
        operations.send_down_incident(unsent.id, "mail_refused", "because")
    with manager.acting():
        operations.send_down_incident(unsent.id, "mail_refused", "She has no mail")
    assert shop.open == ["record_decision"]
    (closed,) = stuck(manager, shop.order_id)
    assert (closed.resolution, closed.note) == ("error_path", "She has no mail")
    told = [(kind, element) for kind, element, _data in events(manager, shop.order_id)]
    assert ("sent_down", "send_quotation") in told
    assert ("error_caught", "quotation_refused") in told


def test_two_who_decide_at_once_decide_once(shop, unsent, manager):
    with manager.acting():
        operations.send_down_incident(unsent.id, "mail_refused", "She has no mail")
        for late in (
            lambda: operations.retry_incident(unsent.id),
            lambda: operations.correct_incident(unsent.id, {"to": "a@example.com"}),
            lambda: operations.skip_incident(unsent.id, "because"),
        ):
            with pytest.raises(Conflict, match="already dealt with"):
                late()


# -- a call answered while nothing moves --------------------------------------------------------------------------


def suspended(shop, manager):
    with manager.acting():
        operations.suspend(ORDER, shop.order_id, "The price list is wrong")


def rendering(shop):
    shop.receive()
    shop.inspect()
    shop.quote()
    with shop.grace.acting("system"):
        return session().scalars(sa.select(Job).where(Job.kind == steps.CALL, Job.state == "waiting")).one()


def test_a_call_of_a_suspended_process_is_not_sent(shop, manager, run_jobs):
    job = rendering(shop)
    suspended(shop, manager)
    run_jobs()
    with shop.grace.acting("system"):
        assert session().get_one(Job, job.id).state == "held"
    with manager.acting():
        operations.resume(ORDER, shop.order_id, "It is right again")
    run_jobs()
    assert shop.open == ["decide_quote"]
    assert len(shop.mails()) == 1


def test_an_answer_that_comes_while_it_is_suspended_is_recorded_once_when_it_goes_on(shop, manager, run_jobs):
    job = rendering(shop)
    claim = claims.claim(job.id, timedelta(seconds=20))
    answer = {"revision": 1, "valid_until": "2099-01-01"}
    suspended(shop, manager)
    with shop.grace.acting("job"):
        assert operations.answer(claim.key, answer)
        assert not operations.answer(claim.key, {**answer, "revision": 9})
    assert shop.look("quote_revision") == 0
    with manager.acting():
        operations.resume(ORDER, shop.order_id, "It is right again")
    run_jobs()
    assert shop.look("quote_revision") == 1
    assert shop.open == ["decide_quote"]


# -- all of one cause ---------------------------------------------------------------------------------------------


@pytest.fixture
def many(place, run_jobs):
    """Three orders whose processes fail for one cause, and one for another: (id, number)."""
    place.publish(drawn("watched", **{"notes = notes + 1": "n = 7 // len(note)"}))
    alike = [place.order() for _count in range(3)]
    place.publish(drawn("watched", **{"notes = notes + 1": "n = note + 7"}))
    other = place.order()
    run_jobs()
    for place_of, (_order, number) in enumerate([*alike, other]):
        place.send("note", number, message_id=f"m-{place_of}", note="")
    with place.person.acting("system"):
        given_up(subscriptions.DELIVER)
    return [*alike, other]


def test_what_is_stuck_is_gathered_by_its_cause(place, many):
    with place.person.acting():
        first, second = causes.open_causes()
        assert (first.count, first.element, first.name) == (3, "noted", "A note came")
        assert (second.count, second.element) == (1, "noted")
        assert causes.counts() == {ORDER: 4}
        newest = incidents.found(first.newest)
        assert list(causes.documents_like(newest, 10)) == [order for order, _number in many[:3]]
    with place.company.person("Counter").acting(), pytest.raises(Forbidden):
        causes.open_causes()


def test_one_decision_about_all_of_a_cause_is_made_in_the_background(place, many, run_jobs):
    with place.person.acting():
        newest = incidents.found(causes.open_causes()[0].newest)
        cause = newest.cause
        wished = {"element": newest.element, "cause": cause, "way": "skip", "reason": "A test", "code": ""}
        changes = [batches.Change(row_id) for row_id in causes.documents_like(newest, 10)]
        operations.skip_incident(newest.id, "by hand")
        made = batches.start(batches.INCIDENT, ORDER, changes, "Skipped", values=wished)
    run_jobs()
    with place.person.acting():
        done = batches.find(made.id)
        assert (done.state, done.total, done.done, done.same, done.refused) == ("done", 3, 2, 1, 0)
        (left,) = causes.open_causes()
        assert left.count == 1
        assert left.cause != cause
    notes = {each.note for order, _number in many[:3] for each in stuck(place.person, order)}
    assert notes == {"A test", "by hand"}


def test_who_may_not_skip_is_refused_row_by_row(place, many, company, run_jobs):
    clerk = company.person("Counter")
    with place.person.acting():
        newest = incidents.found(causes.open_causes()[0].newest)
    wished = {"element": newest.element, "cause": newest.cause, "way": "skip", "reason": "A test", "code": ""}
    with clerk.acting():
        made = batches.start(batches.INCIDENT, ORDER, [batches.Change(many[0][0])], "Skipped", values=wished)
    run_jobs()
    with clerk.acting():
        done = batches.find(made.id)
        (refused,) = batches.refused(done)
        assert (done.done, done.refused) == (0, 1)
        assert "right to skip" in refused.refusal
    assert stuck(place.person, many[0][0])[0].status == "open"


def test_a_worker_that_dies_between_two_leaves_the_rest_to_the_next(place, many, run_jobs):
    with place.person.acting():
        newest = incidents.found(causes.open_causes()[0].newest)
        wished = {"element": newest.element, "cause": newest.cause, "way": "skip", "reason": "A test", "code": ""}
        changes = [batches.Change(row_id) for row_id in causes.documents_like(newest, 10)]
        made = batches.start(batches.INCIDENT, ORDER, changes, "Skipped", values=wished)
        job_id = made.job_id
    claim = claims.claim(job_id, timedelta(seconds=-1))
    with place.person.acting(), context.acting(batch_id=made.id):
        assert running._chunk(claim) == 1  # and here it dies: its lease is over
        session.remove()
    run_jobs()
    with place.person.acting():
        assert batches.find(made.id).done == 3
    kept = [each.resolution for order, _number in many[:3] for each in stuck(place.person, order)]
    assert kept == ["skip"] * 3
