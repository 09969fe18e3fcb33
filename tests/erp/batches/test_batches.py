"""Many rows changed as one: in the background, in the actor's name, stopped, killed and taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from erp import batches, operations
from erp.batches import CANCEL, EDIT, TASK, Batch, Change, running
from erp.data.base import system
from erp.errors import Conflict, Forbidden, Invalid, NotFound
from erp.jobs import worker
from erp.provision import Provision
from erp.testing.pytest_plugin import Company, Person
from erp.workflow.people import tasks
from tests.erp.batches.conftest import customers


def begin(ids: list[int], **values: Any) -> int:
    return batches.start(EDIT, "party", [Change(row_id) for row_id in ids], "Country", values=values).id


def after(batch_id: int, who: Person) -> Batch:
    """The batch once the workers have done what is due."""
    worker.drain()
    with who.acting():
        return batches.find(batch_id)


def countries(truth: Any, who: Person) -> list[str | None]:
    found = truth("select country from party where tenant_id = :t order by id", t=who.place.tenant_id)
    return [row[0] for row in found]


def test_one_field_of_many_rows_is_changed_in_the_actor_s_name(manager: Person, truth: Any):
    with manager.acting():
        ids = customers(120)
        operations.edit(ids[0], "party", {"country": "Kenya"}, version=1)
        batch_id = begin(ids, country="Kenya")
    batch = after(batch_id, manager)
    assert (batch.state, batch.done, batch.same, batch.refused, batch.percent) == ("done", 119, 1, 0, 100)
    assert countries(truth, manager) == ["Kenya"] * 120
    entry = truth(
        "select actor, source, changes, batch_id from audit_entry where subject = 'party' and subject_id = :i"
        " and kind = 'changed'",
        i=ids[1],
    )
    assert [tuple(row) for row in entry] == [("Wanjiru Kamau", "batch", {"country": [None, "Kenya"]}, batch_id)]


def test_what_was_changed_is_taken_back_unless_somebody_changed_it_since(
    manager: Person, colleague: Person, truth: Any
):
    with manager.acting():
        ids = customers(3, country="Uganda")
        batch_id = begin(ids, country="Kenya")
    after(batch_id, manager)
    with colleague.acting():
        operations.edit(ids[1], "party", {"note": "Moved"}, version=2)
        with pytest.raises(Forbidden):
            batches.undo(batch_id)
    with manager.acting():
        undone = batches.undo(batch_id).id
        with pytest.raises(Conflict):
            batches.undo(batch_id)
    back = after(undone, manager)
    assert (back.done, back.refused) == (2, 1)
    assert countries(truth, manager) == ["Uganda", "Kenya", "Uganda"]
    with manager.acting():
        (kept,) = batches.refused(batches.find(undone))
        assert kept.label == "Customer 1"
        assert kept.refusal.startswith("Peter Otieno changed this meanwhile")
        assert batches.find(batch_id).undone_at is not None
        assert not batches.is_undoable(batches.find(batch_id))
        assert not batches.is_undoable(batches.find(undone))


def test_rows_that_refuse_keep_only_themselves_out(manager: Person, truth: Any):
    with manager.acting():
        ids = customers(4)
        wished = [Change(ids[0], 1, {"number": "A-1"}), Change(ids[1], 1, {"number": "N-00003"}),
                  Change(ids[2], 7, {"number": "A-3"}), Change(ids[3] + 10**6, 1, {"number": "A-4"}),
                  Change(ids[3], 1, {"email": "nobody"})]  # fmt: skip
        batch_id = batches.start(EDIT, "party", wished, "Numbers").id
    batch = after(batch_id, manager)
    assert (batch.done, batch.refused) == (1, 4)
    with manager.acting():
        said = {each.label: each.refusal for each in batches.refused(batch)}
    assert said == {
        "Customer 1": "Customer number: There is already one with this value.",
        "Customer 2": said["Customer 2"],
        "Customer 3": "E-mail: “nobody” is not an e-mail address.",
        f"#{ids[3] + 10**6}": "This row is gone.",
    }
    assert said["Customer 2"].startswith("Wanjiru Kamau changed this meanwhile")


def test_the_rights_of_the_moment_it_runs_count(company: Company, manager: Person, truth: Any):
    with manager.acting():
        ids = customers(2)
        batch_id, other = begin(ids, country="Kenya"), begin(ids, note="x")
    truth_before = countries(truth, manager)
    with Provision(company.url) as owner:
        owner.session.execute(sa.text("delete from member_role where member_id = :m"), {"m": manager.member_id})
    batch = after(batch_id, manager)
    assert (batch.state, batch.done, batch.refused) == ("done", 0, 2)
    with manager.acting():
        assert batches.refused(batch)[0].refusal == "You may not do this: your roles do not allow it."
        assert batches.find(other).refused == 2
    assert countries(truth, manager) == truth_before


def test_who_has_left_changes_nothing_any_more(company: Company, manager: Person, truth: Any):
    with manager.acting():
        batch_id = begin(customers(2), country="Kenya")
    with Provision(company.url) as owner:
        owner.session.execute(
            sa.text("update tenant_member set is_active = false where id = :m"), {"m": manager.member_id}
        )
    worker.drain()
    ((state, done, error),) = truth("select state, done, error from batch where id = :b", b=batch_id)
    assert (state, done) == ("failed", 0)
    assert error == "Wanjiru Kamau does not belong to the company any more."


def test_a_batch_is_stopped_between_chunks_and_taken_back(manager: Person, truth: Any, monkeypatch: Any):
    with manager.acting():
        ids = customers(120)
        batch_id = begin(ids, country="Kenya")
    chunk, seen = running._chunk, []

    def stopping(claim: Any) -> int:
        seen.append(claim)
        if len(seen) == 2:
            batches.stop(batch_id)
        return chunk(claim)

    monkeypatch.setattr(running, "_chunk", stopping)
    batch = after(batch_id, manager)
    assert (batch.state, batch.done, batch.total) == ("stopped", 50, 120)
    assert countries(truth, manager).count("Kenya") == 50
    with manager.acting():
        with pytest.raises(Conflict):
            batches.stop(batch_id)
        undone = batches.undo(batch_id).id
    assert after(undone, manager).done == 50
    assert countries(truth, manager).count("Kenya") == 0


def test_a_killed_worker_s_batch_goes_on_where_it_stood(manager: Person, truth: Any, monkeypatch: Any):
    with manager.acting():
        batch_id = begin(customers(120), country="Kenya")
    write, seen = running._write_all, []

    class Killed(BaseException):
        pass

    def dying(*args: Any) -> set[int]:
        seen.append(args)
        written = write(*args)
        if len(seen) == 2:
            raise Killed
        return written

    monkeypatch.setattr(running, "_write_all", dying)
    ((job_id,),) = truth("select job_id from batch where id = :b", b=batch_id)
    with pytest.raises(Killed):
        worker.run(job_id)
    assert countries(truth, manager).count("Kenya") == 50
    with system() as platform:
        platform.execute(sa.text("update job set locked_until = now() - interval '1 s' where id = :id"), {"id": job_id})
    batch = after(batch_id, manager)
    assert (batch.state, batch.done) == ("done", 120)
    assert countries(truth, manager).count("Kenya") == 120
    assert truth("select count(*) from audit_entry where batch_id = :b", b=batch_id)[0][0] == 120
    versions = truth("select distinct version from party where tenant_id = :t", t=manager.place.tenant_id)
    assert [row[0] for row in versions] == [2]


def test_a_batch_has_rows_but_not_too_many(manager: Person, monkeypatch: Any):
    monkeypatch.setattr("erp.batches.starting.MOST", 3)
    with manager.acting():
        with pytest.raises(Invalid):
            begin([])
        with pytest.raises(Invalid, match="At most 3 rows"):
            begin([1, 2, 3, 4])


def test_others_neither_see_nor_stop_a_batch(make_company: Callable[..., Company], company: Company, manager: Person):
    with manager.acting():
        batch_id = begin(customers(1), country="Kenya")
    for stranger in (make_company("Other Ltd").person("TENANT_MANAGER"), company.person("Counter")):
        with stranger.acting():
            for way in (batches.find, batches.stop, batches.undo):
                with pytest.raises(NotFound):
                    way(batch_id)


def orders(count: int) -> list[int]:
    party = customers(1)[0]
    values = {"customer": party, "item": "Canon", "fault": "Error 20"}
    return [operations.create("repair_order", {**values, "item": f"Canon {place}"}).id for place in range(count)]


INSPECTED = {"findings": "Shutter worn", "verdict": "repairable"}


def test_one_answer_does_the_same_task_of_many_documents(company: Company, truth: Any):
    both = company.person("Counter", "Technician", name="Grace Njeri")
    daniel = company.person("Technician", name="Daniel Otieno")
    with both.acting():
        ids = orders(3)
        with daniel.acting():
            tasks_of = tasks.open_of("repair_order", [ids[1]])
            operations.claim(tasks_of[0].id)
    with both.acting():
        values = {"element": "inspect", "name": "Inspect item", "answers": INSPECTED}
        batch_id = batches.start(TASK, "repair_order", [Change(i) for i in ids], "Inspect", values=values).id
    batch = after(batch_id, both)
    assert (batch.done, batch.refused) == (2, 1)
    with both.acting():
        (kept,) = batches.refused(batch)
        assert "Daniel Otieno has claimed" in kept.refusal
        assert not batches.is_undoable(batch)
    events = truth("select count(distinct instance_id) from workflow_event where data->>'batch' = :b", b=str(batch_id))
    assert events[0][0] == 2


def test_a_refused_task_leaves_nothing_of_itself_behind(company: Company, truth: Any):
    both = company.person("Counter", "Technician", name="Grace Njeri")
    with both.acting():
        ids = orders(2)
        wrong = {"element": "inspect", "name": "Inspect item", "answers": {**INSPECTED, "verdict": "maybe"}}
        batch_id = batches.start(TASK, "repair_order", [Change(i) for i in ids], "Inspect", values=wrong).id
    batch = after(batch_id, both)
    assert (batch.done, batch.refused) == (0, 2)
    found = truth("select distinct findings, version from repair_order where tenant_id = :t", t=both.place.tenant_id)
    assert [tuple(row) for row in found] == [(None, found[0][1])]


def test_tasks_are_handed_on_and_processes_stopped(company: Company, truth: Any):
    both = company.person("Counter", "Technician", name="Grace Njeri")
    daniel = company.person("Technician", name="Daniel Otieno")
    with both.acting():
        ids = orders(2)
        changes = [Change(row_id) for row_id in ids]
        handed = batches.start(TASK, "repair_order", changes, "To Daniel", values={"member": daniel.member_id}).id
        assert after(handed, both).done == 2
    with daniel.acting():
        assert len(tasks.inbox()) == 2
    with both.acting():
        stopped = batches.start(CANCEL, "repair_order", changes, "Stop", values={"reason": "Flood"}).id
    assert after(stopped, both).done == 2
    with both.acting():
        again = batches.start(CANCEL, "repair_order", changes, "Stop", values={"reason": "Flood"}).id
    assert after(again, both).refused == 2


def test_a_deadlock_repeats_the_rows_at_hand(manager: Person, truth: Any, monkeypatch: Any):
    from psycopg.errors import DeadlockDetected
    from sqlalchemy.exc import OperationalError

    with manager.acting():
        batch_id = begin(customers(60), country="Kenya")
    apply, seen = running._apply, []

    def deadlocked(*args: Any) -> None:
        seen.append(args)
        if len(seen) == 10:
            raise OperationalError("update", {}, DeadlockDetected())
        apply(*args)

    monkeypatch.setattr(running, "_apply", deadlocked)
    batch = after(batch_id, manager)
    assert (batch.state, batch.done) == ("done", 60)
    assert truth("select count(*) from audit_entry where batch_id = :b", b=batch_id)[0][0] == 60
