"""Running documents go to another version: fifty orders as the preview says, killed on the way, and back again."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from erp import batches, clock, operations
from erp.batches import MOVE, Batch, Change
from erp.data.audit import AuditEntry
from erp.data.audit import history as audit_history
from erp.data.base import session, system, transaction
from erp.errors import Conflict, Forbidden, Invalid
from erp.jobs import worker
from erp.modelling import checking, drafts, migrating
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import actions, definitions, history, steps
from erp.workflow.migration import migrating as workflow_migrating
from erp.workflow.migration.migrating import CannotMove
from erp.workflow.models import WorkflowMigration, WorkflowTask
from erp.workflow.people import approvals, tasks
from plugins.repairs.models import RepairOrder
from tests.erp.workflow.drawn import Task, drawn, publish
from tests.erp.workflow.sketch import sketch
from tests.repairs.conftest import LINES, Shop, shop  # noqa: F401

KEY = "repair_order"
IN_FLIGHT = "“Render quotation” waits for an answer from outside. It can move once that has come."
RENAMED = {KEY: {"prepare_quote": "write_quote"}}


def renamed(text: bytes, **ids: str) -> bytes:
    """The drawing with other ids for some elements."""
    for old, new in ids.items():
        text = re.sub(rf'(="|>){old}("|<)'.encode(), rf"\g<1>{new}\g<2>".encode(), text)
    return text


@pytest.fixture
def lydia(company: Company) -> Person:
    return company.person("TENANT_ANALYST", name="Lydia Wambui")


def published(who: Person, bpmn: bytes) -> int:
    """Make this the version new documents run."""
    with who.acting(source="system"), transaction():
        definitions.live(KEY)
        return definitions.publish(KEY, bpmn)


def started(who: Person, to: int, ids: list[int], **values: Any) -> int:
    with who.acting():
        return batches.start(MOVE, KEY, [Change(each) for each in ids], "Move", values={"to": to, **values}).id


def standing(truth: Any, who: Person) -> dict[int, tuple[int, str, list[str], list[Any]]]:
    """{order: (version, state of its process, open tasks, when its timers are due)} of a company."""
    rows = truth(
        "select i.document_id, d.number, i.status, i.id from workflow_instance i join workflow_definition d"
        " on d.id = i.definition_id where i.tenant_id = :t and i.document_type = 'repair_order' order by 1",
        t=who.place.tenant_id,
    )
    found = {}
    for document_id, number, status, instance_id in rows:
        open_ = truth(
            "select element from workflow_task where instance_id = :i and status = 'open' order by 1", i=instance_id
        )
        due = truth(
            "select due_at from job where tenant_id = :t and kind = 'workflow.timer' and state = 'waiting'"
            " and (request->>'instance')::int = :i order by 1", t=who.place.tenant_id, i=instance_id,
        )  # fmt: skip
        found[document_id] = (number, status, [row[0] for row in open_], [row[0] for row in due])
    return found


def finished(who: Person, batch_id: int) -> Batch:
    """A batch once its worker is through; nothing else that waits is done."""
    with who.acting():
        job_id = batches.find(batch_id).job_id
    worker.run(job_id or 0)
    with who.acting():
        return batches.find(batch_id)


def fifty(shop: Shop) -> list[int]:  # noqa: F811
    """Orders at four places of the shipped process: some wait for an answer of the mail server."""
    ids = []
    for place in range(50):
        shop.receive()
        ids.append(shop.order_id)
        if place >= 45:
            shop.run_jobs = lambda: 0
        if place % 5 == 1 or place >= 45:
            shop.inspect()
        elif place % 10 in (2, 7):
            shop.inspect()
            shop.quote()
        if place >= 45:
            shop.quote()
    return ids


def test_fifty_orders_move_as_the_preview_says_and_back(shop: Shop, lydia: Person, truth: Any):  # noqa: F811
    ids = fifty(shop)
    before = standing(truth, lydia)
    to = published(lydia, renamed(definitions.shipped(KEY) or b"", prepare_quote="write_quote"))
    with lydia.acting():
        target = migrating.target(KEY, to)
        bare = migrating.outlook(KEY, target)
        assert (bare.total, bare.movable) == (50, 36)
        assert bare.reasons == [
            ("“Prepare quote” is not there any more. Choose what takes its place.", 9),
            (IN_FLIGHT, 5),
        ]
        (gone,) = bare.gone
        assert (gone.element, gone.label, gone.standing) == ("prepare_quote", "Prepare quote", 9)
        assert gone.options[0] == ("write_quote", "Prepare quote")
        told = migrating.outlook(KEY, target, RENAMED)
        assert told.movable == 45
        promised = {each.document_id: each.can_move for each in told.verdicts}
    batch_id = started(lydia, to, ids, chosen=RENAMED)
    batch = finished(lydia, batch_id)
    assert (batch.state, batch.done, batch.refused) == ("done", 45, 5)
    with lydia.acting():
        assert {each.refusal for each in batches.refused(batch)} == {IN_FLIGHT}
    kept = truth("select changes, actor from audit_entry where kind = 'migrated' and batch_id = :b", b=batch_id)
    assert [tuple(each) for each in kept] == [({"process_version": [1, 2]}, "Lydia Wambui")] * 45
    after = standing(truth, lydia)
    # the outcome is the preview: version, open tasks, and the moments of timers
    assert {id_: number == 2 for id_, (number, *_rest) in after.items()} == promised
    for id_, (_number, status, open_, due) in before.items():
        names = ["write_quote" if each == "prepare_quote" and promised[id_] else each for each in open_]
        assert after[id_][1:] == (status, names, due)
    # one of them goes on in the new version; the others go back
    shop.order_id = next(id_ for id_ in ids if after[id_][2] == ["write_quote"])
    shop.do(shop.grace, "write_quote", lines=LINES, promised_on=date(2026, 12, 24), email="amina@example.com")
    assert shop.open == []
    with lydia.acting():
        back_id = batches.undo(batch_id).id
    back = finished(lydia, back_id)
    assert (back.done, back.refused) == (44, 1)
    with lydia.acting():
        (kept,) = batches.refused(back)
        assert kept.refusal.startswith("It has gone on since it was moved: ")
        assert not batches.is_undoable(batches.find(batch_id))
        assert not batches.is_undoable(back)
    now = standing(truth, lydia)
    del now[shop.order_id], before[shop.order_id]
    assert now == before


def test_who_kills_the_worker_loses_no_document(shop: Shop, lydia: Person, monkeypatch: pytest.MonkeyPatch, truth: Any):  # noqa: F811
    """Each document is a transaction of its own: the next worker goes on behind the last that was written."""
    ids = []
    for _place in range(4):
        shop.receive()
        ids.append(shop.order_id)
    to = published(lydia, (definitions.shipped(KEY) or b"") + b"<!-- anew -->")
    batch_id = started(lydia, to, ids)
    whole, seen = workflow_migrating.move, []

    class Killed(BaseException):
        pass

    def dying(instance_id: int, wish: Any) -> Any:
        seen.append(whole(instance_id, wish))
        if len(seen) == 3:
            raise Killed
        return seen[-1]

    monkeypatch.setattr(workflow_migrating, "move", dying)
    with lydia.acting():
        job_id = batches.find(batch_id).job_id
    with pytest.raises(Killed):
        worker.run(job_id or 0)
    assert [number for number, *_rest in standing(truth, lydia).values()] == [2, 2, 1, 1]
    with system() as platform:
        platform.execute(sa.text("update job set locked_until = now() - interval '1 s' where id = :id"), {"id": job_id})
    batch = finished(lydia, batch_id)
    assert (batch.state, batch.done, batch.refused) == ("done", 4, 0)
    assert [number for number, *_rest in standing(truth, lydia).values()] == [2, 2, 2, 2]
    assert truth("select count(*) from workflow_migration where tenant_id = :t", t=lydia.place.tenant_id)[0][0] == 4


def test_who_may_move(company: Company, shop: Shop, lydia: Person):  # noqa: F811
    shop.receive()
    to = published(lydia, (definitions.shipped(KEY) or b"") + b"<!-- anew -->")
    for role in ("TENANT_MANAGER", "Counter"):
        with company.person(role).acting():
            with pytest.raises(Forbidden):
                batches.start(MOVE, KEY, [Change(shop.order_id)], "Move", values={"to": to})
            with pytest.raises(Forbidden):
                migrating.move(KEY, shop.order_id, {"to": to})
            with pytest.raises(Forbidden):
                migrating.put_back(1)
    with lydia.acting(), pytest.raises(Invalid):
        migrating.checked(KEY, to, {KEY: {"inspect": "nowhere"}})


def moved(who: Person, to: int, order_id: int, **values: Any) -> WorkflowMigration:
    with who.acting():
        return migrating.move(KEY, order_id, {"to": to, **values})


def audit_of(order: RepairOrder) -> list[AuditEntry]:
    return audit_history(session, KEY, order.id)


def open_task(who: Person, order_id: int) -> WorkflowTask:
    with who.acting(source="system"):
        (task,) = tasks.open_of(KEY, [order_id])
        return task


def again(who: Person, *steps: Task) -> int:
    return published(who, drawn(*steps))


def test_whoever_has_a_task_keeps_it(shop: Shop, lydia: Person):  # noqa: F811
    publish(lydia, {"id": "look", "due": "P2D"}, {"id": "pay"})
    shop.receive()
    with shop.grace.acting():
        operations.claim(tasks.open_of(KEY, [shop.order_id])[0].id)
    before = open_task(shop.grace, shop.order_id)
    form = "repair_order.repair"
    to = again(
        lydia, {"id": "gaze", "due": "P9D", "form": form, "edits": "work_done", "lane": "Technician"}, {"id": "pay"}
    )
    kept = moved(lydia, to, shop.order_id, chosen={KEY: {"look": "gaze"}})
    task = open_task(shop.grace, shop.order_id)
    assert (task.id, task.token, task.due_at, task.assignee) == (before.id, before.token, before.due_at, "Grace Njeri")
    assert (task.element, task.name, task.form, task.edits, task.role) == (
        "gaze",
        "Gaze",
        form,
        ["work_done"],
        "Technician",
    )
    with shop.grace.acting():
        order = session().get_one(RepairOrder, shop.order_id)
        events = [(each.kind, each.actor, each.data) for each in history.of(steps.instance_of(order).id)]
        assert [kind for kind, *_rest in events[-3:]] == ["moved", "entered", "migrated"]
        assert events[-3][2] == {"to": "gaze", "to_name": "Gaze"}
        assert events[-1] == ("migrated", "Lydia Wambui", {"from": 2, "to": 3})
        assert [each.item for each in audit_of(order) if each.kind == "migrated"] == [""]
    with lydia.acting():
        migrating.put_back(kept.id)
        with pytest.raises(CannotMove):
            migrating.put_back(kept.id)
    back = open_task(shop.grace, shop.order_id)
    for name in ("element", "name", "form", "edits", "role", "due_at", "assignee"):
        assert getattr(back, name) == getattr(before, name)
    shop.do(shop.grace, "look")
    assert shop.open == ["pay"]


def test_who_did_a_step_is_found_under_its_new_name(shop: Shop, lydia: Person):  # noqa: F811
    """Nobody approves what they did themselves, whatever the step is called since."""
    publish(lydia, {"id": "look"}, {"id": "pay", "not_by": "look"})
    shop.receive()
    shop.do(shop.grace, "look")
    to = again(lydia, {"id": "gaze"}, {"id": "pay", "not_by": "gaze"})
    moved(lydia, to, shop.order_id, chosen={KEY: {"look": "gaze"}})
    assert open_task(shop.grace, shop.order_id).excluded == [shop.grace.member_id]


BY_MANAGER = {"id": "agree", "approvers": "'TENANT_MANAGER'"}
BY_TWO = {"id": "agree", "approvers": "'TENANT_MANAGER,Counter'"}


def test_an_approval_is_asked_by_the_new_terms_until_somebody_has_voted(shop: Shop, lydia: Person):  # noqa: F811
    publish(lydia, {"id": "agree"}, {"id": "pay"})
    shop.receive()
    with shop.grace.acting():
        operations.claim(tasks.open_of(KEY, [shop.order_id])[0].id)
    moved(lydia, again(lydia, BY_MANAGER, {"id": "pay"}), shop.order_id)
    task = open_task(shop.grace, shop.order_id)
    assert (task.assignee, task.candidates) == ("", ["TENANT_MANAGER"])  # nobody has an approval for themselves
    kept = moved(lydia, again(lydia, BY_TWO, {"id": "pay"}), shop.order_id)
    with shop.grace.acting():
        task = tasks.open_of(KEY, [shop.order_id])[0]
        assert task.approval is not None
        assert [seat["key"] for seat in task.approval["seats"]] == ["TENANT_MANAGER", "Counter"]
        assert history.of(task.instance_id)[-2].kind == "asked"
        operations.complete(task.id, {"decision": "approve"})
    with lydia.acting(), pytest.raises(CannotMove):
        migrating.put_back(kept.id)  # somebody has voted since
    refused = {"approval_begun": BY_MANAGER, "approval_lost": {"id": "agree"}}
    for code, other in refused.items():
        with pytest.raises(CannotMove) as told:
            moved(lydia, again(lydia, other, {"id": "pay"}), shop.order_id, reason="It is urgent")
        assert code in [each.code for each in told.value.obstacles]
    moved(lydia, again(lydia, BY_TWO, {"id": "look"}, {"id": "pay"}), shop.order_id)
    with shop.grace.acting():
        assert len(approvals.votes(tasks.open_of(KEY, [shop.order_id])[0])) == 1


def test_an_approval_is_left_out_only_with_a_reason_that_is_kept(shop: Shop, lydia: Person):  # noqa: F811
    publish(lydia, {"id": "look"}, BY_MANAGER, {"id": "pay"})
    shop.receive()
    to = again(lydia, {"id": "look"}, {"id": "pay"})
    with lydia.acting():
        told = migrating.outlook(KEY, migrating.target(KEY, to))
        assert (told.movable, [each.code for each in told.asks]) == (0, ["approval_gone"])
    with pytest.raises(CannotMove):
        moved(lydia, to, shop.order_id)
    kept = moved(lydia, to, shop.order_id, reason="The owner approved these on paper")
    assert kept.reason == "The owner approved these on paper"
    with shop.grace.acting():
        event = history.of(kept.instance_id)[-1]
        assert event.data["reason"] == "The owner approved these on paper"


def test_a_renamed_action_strands_nobody(shop: Shop, lydia: Person, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    """A release that renames an action: documents under way, drawings and calls that wait go on by its former name."""
    shop.receive()
    for name in ("apply_warranty", "render_quotation"):
        entry = actions.catalogue()[name]
        renamed_entry = replace(entry, name=f"{name}_anew")
        monkeypatch.delitem(actions._catalogue, name)
        monkeypatch.setitem(actions._catalogue, f"{name}_anew", renamed_entry)
        monkeypatch.setitem(actions._formerly, name, f"{name}_anew")
    shop.inspect()
    shop.quote()
    assert shop.look("state") == "quoted"
    with lydia.acting():
        drawing = drafts.live(KEY)
        assert checking.errors(checking.remarks(KEY, drawing.bpmn, {}, {})) == []


def beside(*events: str) -> bytes:
    """A step with events on its boundary, and what follows each."""
    ids = [each.split(" ")[1] for each in events]
    flows = ", ".join(["begun > look > over", *(f"{id_} > after_{id_}" for id_ in ids)])
    ends = [f"end after_{id_}" for id_ in ids]
    return sketch("start begun state=idle", "do look", *events, *ends, "end over state=done", flows=flows, key=KEY)


def test_what_is_waited_for_beside_a_step_comes_goes_and_comes_back(shop: Shop, lydia: Person, truth: Any):  # noqa: F811
    published(lydia, beside("at slow on=look after=P2D", "at off hears=off on=look key=document.number"))
    shop.receive()
    before = standing(truth, lydia)[shop.order_id]
    assert len(before[3]) == 1
    number = shop.look("number")

    def heard() -> list[tuple[str, str, str]]:
        rows = truth(
            "select element, name, key from workflow_subscription where tenant_id = :t order by 1",
            t=lydia.place.tenant_id,
        )
        return [(row[0], row[1], row[2]) for row in rows]

    assert heard() == [("off", "off", number)]
    to = published(
        lydia, beside("at off hears=called_off on=look key=document.number", "at quick on=look after=PT1H beside")
    )
    kept = moved(lydia, to, shop.order_id)
    assert heard() == [("off", "called_off", number)]
    (due,) = standing(truth, lydia)[shop.order_id][3]
    assert due < before[3][0]
    with lydia.acting():
        migrating.put_back(kept.id)
    assert heard() == [("off", "off", number)]
    assert standing(truth, lydia)[shop.order_id] == before
    # what came before anybody waited for it is led there once somebody does
    with shop.grace.acting(source="system"):
        operations.send_message("called_off", number, {}, "m-1")
    moved(lydia, to, shop.order_id)
    assert shop.open == ["look"]
    worker.drain()
    assert shop.open == []
    assert standing(truth, lydia)[shop.order_id][1] == "ended"


def test_a_step_and_a_move_at_the_same_moment_are_both_whole(shop: Shop, lydia: Person):  # noqa: F811
    """They want the same row: one comes after the other."""
    publish(lydia, {"id": "look"}, {"id": "pay"})
    ids = []
    for _order in range(4):
        shop.receive()
        ids.append(shop.order_id)
    to = again(lydia, {"id": "look"}, {"id": "pay"}, {"id": "close"})
    told: list[int] = []

    def moving(order_id: int) -> None:
        with lydia.acting():
            told.append(migrating.move(KEY, order_id, {"to": to}).id)
        session.remove()

    def working(task_id: int) -> None:
        with shop.grace.acting():
            told.append(operations.complete(task_id, {}).id)
        session.remove()

    for shop.order_id in ids:
        task = open_task(shop.grace, shop.order_id)
        threads = [
            threading.Thread(target=moving, args=(shop.order_id,)),
            threading.Thread(target=working, args=(task.id,)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert shop.open == ["pay"]
        shop.do(shop.grace, "pay")
        assert shop.open == ["close"]
    assert len(told) == 8


def test_a_suspended_document_moves_and_stays_suspended(company: Company, shop: Shop, lydia: Person):  # noqa: F811
    manager = company.person("TENANT_MANAGER", name="Peter Otieno")
    published(lydia, beside("at slow on=look after=P2D"))
    shop.receive()
    with manager.acting():
        operations.suspend(KEY, shop.order_id, "The customer called")
    with clock.frozen(clock.now() + timedelta(days=3)):
        worker.drain()  # its time came; it is laid aside
    to = published(lydia, beside("at quick on=look after=PT1H beside"))
    moved(lydia, to, shop.order_id)
    with pytest.raises(Conflict):
        shop.do(shop.grace, "look")
    with manager.acting():
        operations.resume(KEY, shop.order_id, "Go on")
    worker.drain()
    assert shop.open == ["look"]  # the timer that was laid aside is not there any more
    shop.do(shop.grace, "look")
    assert shop.open == []


def test_a_state_of_another_name_is_chosen_for_like_a_step(shop: Shop, lydia: Person):  # noqa: F811
    first = sketch("start begun state=idle", "do look", "end over state=done", flows="begun > look > over", key=KEY)
    published(lydia, first)
    shop.receive()
    to = published(lydia, renamed(first, begun="taken_in"))
    with lydia.acting():
        told = migrating.outlook(KEY, migrating.target(KEY, to))
        assert [each[0] for each in told.reasons] == [
            "The state “Begun” is not there any more. Choose what takes its place."
        ]
        (gone,) = told.gone
        assert (gone.element, gone.options, gone.standing) == ("begun", [("taken_in", "Begun")], 1)
    kept = moved(lydia, to, shop.order_id, chosen={KEY: {"begun": "taken_in"}})
    assert shop.look("state", "passed_states") == ("taken_in", ["taken_in"])
    with lydia.acting():
        migrating.put_back(kept.id)
    assert shop.look("state", "passed_states") == ("begun", ["begun"])
