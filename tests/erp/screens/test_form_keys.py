"""A form that makes something makes it once: pressed twice, sent again, or at the same moment."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from erp.testing.pytest_plugin import Company, Person
from tests.erp.screens.conftest import Workshop
from tests.painted import png

Post = Callable[..., Any]
Count = Callable[[str], int]


@pytest.fixture
def known(truth: Any) -> Count:
    """How many parties have this name, whoever asks."""
    return lambda name: truth("select count(*) from party where name = :name", name=name)[0][0]


def key_of(page: str) -> str:
    found = re.search(r'name="form_key" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def new_key(client: FlaskClient, page: str = "/party/new") -> str:
    return key_of(client.get(page).text)


def named(key: str, **more: Any) -> dict[str, Any]:
    return {"name": f"Amina {key}", "kind": "person", "form_key": key, **more}


def test_a_form_sent_twice_leads_to_what_it_made(grace: FlaskClient, post: Post, known: Count):
    sent = named(new_key(grace))
    first, second = (post(grace, "/party/new", sent) for _time in range(2))
    assert [first.status_code, second.status_code] == [302, 302]
    assert first.headers["Location"] == second.headers["Location"]
    assert known(sent["name"]) == 1
    assert post(grace, "/party/new", named(new_key(grace), name=sent["name"])).status_code == 302
    assert known(sent["name"]) == 2, "another form makes another"


def test_an_order_with_its_photo_is_taken_in_once(workshop: Workshop, grace: FlaskClient, post: Post):
    sent = {
        "customer": str(workshop.customer()), "item": "Canon EOS R6", "fault": "Error 20",
        "form_key": new_key(grace, "/repair_order/new"),
    }  # fmt: skip
    first, second = (
        post(grace, "/repair_order/new", {**sent, "photos": (io.BytesIO(png()), "front.jpg")}) for _time in range(2)
    )
    assert first.headers["Location"] == second.headers["Location"]
    assert grace.get(f"{first.headers['Location']}/files").text.count("front.jpg") >= 1


def test_a_form_sent_by_two_threads_at_once_makes_one(
    workshop: Workshop, sign_in: Callable[[Person], FlaskClient], post: Post, known: Count
):
    browsers = [sign_in(workshop.counter) for _each in range(2)]
    start, answers = threading.Barrier(2), list[Any]()
    for _round in range(3):
        sent, found = named(new_key(browsers[0])), list[Any]()

        def send(browser: FlaskClient, sent: dict[str, Any] = sent, found: list[Any] = found) -> None:
            start.wait(20)
            found.append(post(browser, "/party/new", sent))

        threads = [threading.Thread(target=send, args=[browser]) for browser in browsers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [each.status_code for each in found] == [302, 302]
        assert len({each.headers["Location"] for each in found}) == 1
        assert known(sent["name"]) == 1
        answers += found
    assert len({each.headers["Location"] for each in answers}) == 3


def test_what_was_refused_is_sent_again_with_the_same_key(grace: FlaskClient, post: Post, known: Count):
    sent = named(new_key(grace), email="nobody")
    refused = post(grace, "/party/new", sent)
    assert refused.status_code == 422
    assert key_of(refused.text) == sent["form_key"]
    made = [post(grace, "/party/new", {**sent, "email": "amina@example.org"}) for _time in range(2)]
    assert [answer.status_code for answer in made] == [302, 302]
    assert known(sent["name"]) == 1


def test_what_was_changed_after_it_was_saved_is_neither_lost_nor_made_by_itself(
    grace: FlaskClient, post: Post, known: Count
):
    sent = named(new_key(grace))
    post(grace, "/party/new", sent)
    changed = {**sent, "phone": "+254 700 111 222"}
    told = post(grace, "/party/new", changed)
    assert told.status_code == 422
    assert f"“{sent['name']}” was saved from this form already" in told.text
    assert "+254 700 111 222" in told.text
    assert known(sent["name"]) == 1
    assert post(grace, "/party/new", {**changed, "form_key": key_of(told.text)}).status_code == 302
    assert known(sent["name"]) == 2, "whoever saves once more wants another"


def test_a_row_made_beside_another_form_is_made_once(grace: FlaskClient, post: Post, known: Count):
    sent = named(new_key(grace, "/party/quick"))
    first, second = (post(grace, "/party/quick", sent) for _time in range(2))
    assert first.status_code == 200
    assert first.json == second.json
    assert known(sent["name"]) == 1


def test_a_key_is_its_senders_own(
    company: Company, make_company: Any, sign_in: Callable[[Person], FlaskClient], post: Post, known: Count
):
    """Nobody learns from a key what others made, in their company or another."""
    people = [company.person("Counter"), company.person("Counter"), make_company().person("Counter")]
    sent = named(uuid4().hex)
    answers = [post(sign_in(person), "/party/new", sent) for person in people]
    assert [answer.status_code for answer in answers] == [302] * 3
    assert len({answer.headers["Location"] for answer in answers}) == 3
    assert known(sent["name"]) == 3


@pytest.mark.parametrize("key", ["short", "k" * 65, "two words and more", "\u202e" * 20])
def test_what_cannot_be_a_key_is_refused(grace: FlaskClient, post: Post, key: str):
    assert post(grace, "/party/new", named(key)).status_code == 400
