"""A POST with an Idempotency-Key is done once, however often and however close together it is sent."""

from __future__ import annotations

import io
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from flask import Flask
from werkzeug.serving import make_server

from erp import clock, idempotency
from erp.data.base import transaction
from erp.testing.pytest_plugin import Company, Person
from tests.erp.rest.conftest import CAMERA, Program

KEY = {"Idempotency-Key": "4f9c-order-17"}


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application answers over real HTTP."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_repeat_is_answered_as_before_and_does_nothing(counter: Program, truth: Any):
    first = counter.post("party/", {"name": "Amina Hassan"}, headers=KEY)
    again = counter.post("party/", {"name": "Amina Hassan"}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    for name in ("ETag", "Location", "Content-Type"):
        assert first.headers[name] == again.headers[name]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert truth("select count(*) from party where id >= :id", id=first.json["id"])[0][0] == 1


def test_the_first_answer_already_knows_the_started_process(counter: Program):
    customer = counter.post("party/", {"name": "Amina"}).json["id"]
    made = counter.post("repair_order/", {**CAMERA, "customer": customer}, headers=KEY)
    assert made.json["state"] == "received"
    answer = dict(made.json)
    assert [task["element"] for task in answer.pop("open_tasks")] == ["inspect"]
    assert answer == counter.get(f"repair_order/{made.json['id']}").json


def test_a_key_stands_for_one_request(counter: Program):
    assert counter.post("party/", {"name": "Amina"}, headers=KEY).status_code == 201
    for path, sent in (("party/", {"name": "Grace"}), ("party/?x=1", {"name": "Amina"})):
        other = counter.post(path, sent, headers=KEY)
        assert (other.status_code, other.json["error"]["code"]) == (422, "idempotency_key_reused")
        assert "use a new key" in other.json["error"]["message"]


def test_a_key_is_its_users_own(company: Company, program: Callable[[Person], Program], make_company: Any):
    people = [company.person("Counter"), company.person("Counter"), make_company().person("Counter")]
    made = [program(person).post("party/", {"name": "Amina"}, headers=KEY) for person in people]
    assert [answer.status_code for answer in made] == [201, 201, 201]
    assert len({answer.json["id"] for answer in made}) == 3


def test_what_failed_may_be_corrected_under_its_key(counter: Program):
    assert counter.post("party/", {"nmae": "Amina"}, headers=KEY).status_code == 422
    assert counter.post("party/", {"name": "Amina"}, headers=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", "two words", "k" * 201, "schlüssel"])
def test_a_key_that_cannot_be_one_is_refused(counter: Program, key: str):
    assert counter.post("party/", {"name": "Amina"}, headers={"Idempotency-Key": key}).status_code == 400


def test_files_and_tasks_are_done_once_too(counter: Program, technician: Program):
    customer = counter.post("party/", {"name": "Amina"}).json["id"]
    order = counter.post("repair_order/", {**CAMERA, "customer": customer}).json["id"]
    path = f"repair_order/{order}/files"
    added = [
        counter.post(path, data={"file": (io.BytesIO(b"%PDF-1.7"), "a.pdf")}, headers=KEY).json for _turn in range(2)
    ]
    assert added[0] == added[1]
    assert len(counter.get(path).json["rows"]) == 1
    other = counter.post(path, data={"file": (io.BytesIO(b"%PDF-1.8"), "a.pdf")}, headers=KEY)
    assert other.status_code == 422
    task = technician.get("task/").json["rows"][0]["id"]
    sent = {"answers": {"findings": "Mount bent", "verdict": "repairable"}}
    done = [technician.post(f"task/{task}/complete", sent, headers=KEY) for _turn in range(2)]
    assert [answer.status_code for answer in done] == [200, 200]
    assert technician.post(f"task/{task}/complete", sent).status_code == 409


def test_of_requests_at_once_one_is_carried_out(address: str, counter: Program, truth: Any):
    def post(name: str, key: str) -> httpx.Response:
        headers = {**counter.headers, "Idempotency-Key": key}
        return httpx.post(f"{address}/api/v1/party/", json={"name": name}, headers=headers, timeout=30)

    with ThreadPoolExecutor(8) as threads:
        for place in range(6):
            name = f"Amina {secrets.token_hex(4)}"
            answers = list(threads.map(post, [name] * 8, [f"key-{place}"] * 8))
            assert set(Counter(answer.status_code for answer in answers)) <= {201, 409}
            done = [answer for answer in answers if answer.status_code == 201]
            assert len({answer.json()["id"] for answer in done}) == 1
            assert [answer.headers.get("Idempotency-Replayed") for answer in done].count(None) == 1
            for answer in answers:
                if answer.status_code == 409:
                    assert answer.headers["Retry-After"] == "1"
                    assert answer.json()["error"]["code"] == "idempotency_key_in_use"
            assert truth("select count(*) from party where name = :n", n=name)[0][0] == 1


def test_who_comes_while_the_first_is_at_work_is_told_to_come_back(counter: Program, company: Company):
    at_work, may_end = threading.Event(), threading.Event()
    grace = company.person("Counter")

    def slow() -> idempotency.Answer:
        at_work.set()
        may_end.wait(10)
        return idempotency.Answer(200, {}, "done")

    def first() -> idempotency.Answer:
        with grace.acting():
            return idempotency.once("k", "f", slow)

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(first)
        assert at_work.wait(10)
        with grace.acting(), pytest.raises(idempotency.KeyInUse):
            idempotency.once("k", "f", slow)
        may_end.set()
        assert running.result().body == "done"


def test_after_a_day_a_key_is_free_and_then_forgotten(company: Company, truth: Any, monkeypatch: pytest.MonkeyPatch):
    answers = iter(("first", "second", "third"))

    def act() -> idempotency.Answer:
        return idempotency.Answer(200, {}, next(answers))

    now = clock.now()
    with company.person("Counter").acting():
        assert idempotency.once("k", "f", act).body == "first"
        assert idempotency.once("k", "f", act).body == "first"
        with monkeypatch.context() as later:
            later.setattr(clock, "now", lambda: now + timedelta(hours=25))
            assert idempotency.once("k", "other", act).body == "second"
            idempotency.forget_expired()
            kept = "select count(*) from idempotency_key where tenant_id = :t"
            assert truth(kept, t=company.place.tenant_id)[0][0] == 1
            later.setattr(clock, "now", lambda: now + timedelta(hours=50))
            idempotency.forget_expired()
            assert truth(kept, t=company.place.tenant_id)[0][0] == 0
    with company.person("Counter").acting(), pytest.raises(RuntimeError), transaction():
        idempotency.once("k", "f", act)
        raise RuntimeError
    assert truth(kept, t=company.place.tenant_id)[0][0] == 0
