"""Several programs at the same moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from erp import operations
from erp.documents.types import document_type
from erp.errors import StaleVersion
from erp.rest import rows
from erp.testing.pytest_plugin import Company, Person
from erp.workflow.people import tasks
from tests.erp.rest.conftest import CAMERA, Program

FOUND = {"findings": "Mount bent", "verdict": "repairable"}


def at_once(*asked: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(asked)) as threads:
        return [each.result() for each in [threads.submit(one) for one in asked]]


def test_of_changes_to_one_version_one_is_taken(manager: Program):
    row = manager.post("party/", {"name": "Amina"}).json["id"]
    for version in range(1, 6):
        notes = [{"note": f"{version}-{place}"} for place in range(4)]
        answers = at_once(*(partial(manager.patch, f"party/{row}", note, version) for note in notes))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 3}
    assert manager.get(f"party/{row}").json["version"] == 6


def test_a_task_is_done_once(counter: Program, company: Company, program: Callable[[Person], Program], truth: Any):
    people = [program(company.person("Technician", name=name)) for name in ("Daniel", "Mary", "Peter", "Joy")]
    customer = counter.post("party/", {"name": "Amina"}).json["id"]
    for _round in range(5):
        order = counter.post("repair_order/", {**CAMERA, "customer": customer}).json["id"]
        task = people[0].get("task/").json["rows"][0]["id"]
        answers = at_once(*(partial(who.post, f"task/{task}/complete", {"answers": FOUND}) for who in people))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 3}
        events = counter.get(f"repair_order/{order}/process").json["events"]
        assert [event["element"] for event in events].count("prepare_quote") == 1


def test_orders_made_at_once_have_numbers_of_their_own(counter: Program):
    customer = counter.post("party/", {"name": "Amina"}).json["id"]
    answers = at_once(*(lambda: counter.post("repair_order/", {**CAMERA, "customer": customer}) for _n in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["number"] for answer in answers}) == 8


def test_a_document_read_before_somebody_elses_step_is_read_again(
    counter: Program, technician: Program, company: Company
):
    customer = counter.post("party/", {"name": "Amina"}).json["id"]
    order = counter.post("repair_order/", {**CAMERA, "customer": customer}).json["id"]
    assert (
        technician.post(
            f"task/{technician.get('task/').json['rows'][0]['id']}/complete", {"answers": FOUND}
        ).status_code
        == 200
    )
    task = counter.get("task/").json["rows"][0]
    line = {"description": "Ring", "unit_price": 10}
    with company.person("Counter").acting():
        held = operations.get("repair_order", order)
        version = held.version
        (changed,) = at_once(lambda: counter.patch(f"repair_order/{order}", {"lines": [line]}, version))
        assert changed.status_code == 200
        form = operations.task_form(tasks.get(task["id"]))
        values = rows.values(document_type("repair_order"), held)
        answers = {entry.name: values[entry.binds] for entry in form.fields if entry.binds and not entry.readonly}
        with pytest.raises(StaleVersion):
            operations.complete(task["id"], answers, version=version)
