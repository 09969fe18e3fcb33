"""Several programs at the same moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from erp.testing.pytest_plugin import Company, Person
from tests.erp.rest.conftest import CAMERA, Program

FOUND = {"findings": "Mount bent", "verdict": "repairable"}


def at_once(*asked: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(asked)) as threads:
        return [each.result() for each in [threads.submit(one) for one in asked]]


def test_of_changes_to_one_version_one_is_taken(manager: Program):
    row = manager.post("party/", {"name": "Amina"}).json["id"]
    for version in range(1, 6):
        answers = at_once(*(lambda n=n: manager.patch(f"party/{row}", {"note": f"{version}-{n}"}, version) for n in range(4)))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 3}
    assert manager.get(f"party/{row}").json["version"] == 6


def test_a_task_is_done_once(counter: Program, company: Company, program: Callable[[Person], Program], truth: Any):
    people = [program(company.person("Technician", name=name)) for name in ("Daniel", "Mary", "Peter", "Joy")]
    customer = counter.post("party/", {"name": "Amina"}).json["id"]
    for _round in range(5):
        order = counter.post("repair_order/", {**CAMERA, "customer": customer}).json["id"]
        task = people[0].get("task/").json["rows"][0]["id"]
        answers = at_once(*(lambda who=who: who.post(f"task/{task}/complete", {"answers": FOUND}) for who in people))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 3}
        events = counter.get(f"repair_order/{order}/process").json["events"]
        assert [event["element"] for event in events].count("prepare_quote") == 1


def test_orders_made_at_once_have_numbers_of_their_own(counter: Program):
    customer = counter.post("party/", {"name": "Amina"}).json["id"]
    answers = at_once(*(lambda: counter.post("repair_order/", {**CAMERA, "customer": customer}) for _n in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["number"] for answer in answers}) == 8
