"""Attempts are counted together by all processes when there is a Redis, and by each alone when it is away."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from erp import api_keys, clock, context
from erp.data.base import transaction
from erp.data.organisation import Tenant
from erp.provision import Provision
from erp.run import redis
from erp.testing.pytest_plugin import PASSWORD, Company, Person
from erp.web import known_devices
from erp.web.limits import STRANGER, WRONG, WRONG_NAME, Limit, Limits, TooManyRequests, network
from tests.erp.web.conftest import Browser

TWICE = Limit("test", 2, 60)
WIDE = Limit("wide", 3, 3600)
NOON = datetime(2026, 3, 2, 12, 0, 0, 500_000, tzinfo=UTC)
LOGIN = "/api/v1/security/login"


def counted(url: str | None) -> Limits:
    found = Limits()
    found.connect(url)
    return found


@pytest.fixture(params=["memory", "redis"])
def shared(request: pytest.FixtureRequest, redis_url: str) -> tuple[Limits, Limits]:
    """Two that count alike: in one process, or in two with a Redis."""
    if request.param == "redis":
        return counted(redis_url), counted(redis_url)
    alone = counted(None)
    return alone, alone


def at(seconds: float) -> Any:
    return clock.frozen(NOON + timedelta(seconds=seconds))


def test_each_is_counted_alone_and_told_when_there_is_room_again(shared: tuple[Limits, Limits]):
    first, second = shared
    with at(0):
        assert first.take(TWICE, "a")[0] == 1
    with at(20):
        assert second.take(TWICE, "a")[0] == 0
        assert first.take(TWICE, "b")[0] == 1
    with at(30), pytest.raises(TooManyRequests) as told:
        first.take(TWICE, "a")
    assert told.value.seconds == 30
    assert told.value.as_json()["error"]["detail"] == {"retry_after": 30}
    with at(30 + told.value.seconds):
        assert second.take(TWICE, "a")[0] == 0
        with pytest.raises(TooManyRequests) as told:
            first.take(TWICE, "a")
    assert told.value.seconds == 20
    with at(1000):
        assert first.take(TWICE, "a")[0] == 1


def test_limits_beside_are_looked_at_and_not_counted(shared: tuple[Limits, Limits]):
    limits, other = shared
    with at(5040):
        for name in ("c", "d", "e", "f"):
            limits.take(TWICE, name, beside=[(WIDE, "one address")])
        for _turn in range(3):
            other.take(WIDE, "one address")
        with pytest.raises(TooManyRequests) as told:
            limits.take(TWICE, "g", beside=[(WIDE, "one address")])
        assert told.value.seconds == 3600
        assert "60 minutes" in told.value.message
        assert limits.take(TWICE, "g")[0] == 1, "what is refused is not counted"


class Wire:
    """Passes bytes between a client and Redis, and counts what the client sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[bytes] = []
        send = socket.socket.sendall

        def counting(connection: socket.socket, data: Any, *flags: int) -> None:
            self.sent.append(bytes(data))
            send(connection, data, *flags)

        monkeypatch.setattr(socket.socket, "sendall", counting)


def test_one_hit_is_one_round_trip(redis_url: str, monkeypatch: pytest.MonkeyPatch):
    limits = counted(redis_url)
    with at(9000):
        limits.take(TWICE, "warm")
        wire = Wire(monkeypatch)
        limits.take(TWICE, "h", beside=[(WIDE, "h")])
    assert [sent.count(b"EVALSHA") for sent in wire.sent] == [1]


def test_a_redis_that_is_away_stops_nobody_and_is_left_alone_for_a_while(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    limits = counted(f"unix://{tmp_path}/nobody.sock?db=0")
    with at(0):
        limits.take(TWICE, "a")
        limits.take(TWICE, "a")
        with pytest.raises(TooManyRequests):
            limits.take(TWICE, "a")
    assert caplog.text.count("Redis is away") == 1
    with redis.running(tmp_path / "redis") as url:
        limits = counted(url)
    with at(0):
        limits.take(TWICE, "a")
    with at(6):
        limits.take(TWICE, "a")
    assert caplog.text.count("Redis is away") == 3


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:0db8:0001:0002"),
        ("2001:db8:1:2:bbbb::2", "2001:0db8:0001:0002"),
        ("", ""),
    ],
)
def test_a_household_of_many_addresses_is_one(address: str, counts_as: str):
    with context.acting(address=address):
        assert network() == counts_as


# -- over HTTP -------------------------------------------------------------------------------------------


def test_one_password_tried_on_many_people_is_stopped_but_an_office_comes_in(app: Flask, company: Company):
    program, people = app.test_client(), [company.person("Counter") for _each in range(8)]
    with at(0):
        for person in people:
            right = {"username": person.username, "password": PASSWORD}
            assert program.post(LOGIN, json=right).status_code == 200
        guesses = [{"username": f"name{turn}", "password": "Spring2026!"} for turn in range(WRONG.most + 1)]
        statuses = [program.post(LOGIN, json=sent).status_code for sent in guesses]
    assert statuses == [401] * WRONG.most + [429]
    with at(60):
        page = Browser(app.test_client()).sign_in(people[0].username, PASSWORD)
        assert (page.status_code, page.headers["Retry-After"]) == (429, "540")
        assert "Try again in 9 minutes" in page.text
        elsewhere = program.post(
            LOGIN, json={"username": people[0].username, "password": PASSWORD},
            environ_base={"REMOTE_ADDR": "198.51.100.4"},
        )  # fmt: skip
        assert elsewhere.status_code == 200


@pytest.mark.parametrize("way", ["form", "api"])
def test_one_account_tried_from_many_addresses_is_slowed_and_its_person_comes_in(
    app: Flask, company: Company, way: str
):
    person, colleague = company.person("Counter"), company.person("Counter")
    own_browser, office = Browser(app.test_client()), "192.0.2.10"

    def attempt(password: str, address: str, name: str = person.username, browser: Browser | None = None) -> Any:
        base = {"REMOTE_ADDR": address}
        browser = browser or Browser(app.test_client())
        if way == "api":
            return browser.client.post(LOGIN, json={"username": name, "password": password}, environ_base=base)
        browser.get("/login/")
        return browser.post("/login/", {"username": name, "password": password}, environ_base=base)

    came_in = {"form": 302, "api": 200}[way]
    assert Browser(app.test_client()).sign_in(person.username, PASSWORD).status_code == 302  # known at 127.0.0.1
    assert own_browser.sign_in(person.username, PASSWORD).status_code == 302
    own_browser.client.post("/logout/", data={"csrf_token": own_browser.token})
    with at(99_960):
        for turn in range(WRONG_NAME.most):
            assert attempt("Spring2026!", f"198.51.100.{turn}").status_code == 401
        refused = attempt("Spring2026!", "203.0.113.1")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
        assert attempt(PASSWORD, "203.0.113.2").status_code == 429, (
            "a stranger's right guess is not told from a wrong one"
        )
        assert attempt(PASSWORD, "127.0.0.1").status_code == came_in, "an address the person came in from"
        assert attempt(PASSWORD, office, colleague.username).status_code == came_in, "other people are left alone"
        if way == "form":
            own_browser.client.delete_cookie("millrace")
            assert attempt(PASSWORD, office, browser=own_browser).status_code == came_in, "a browser they came in with"
    with at(103_620):
        assert attempt(PASSWORD, "203.0.113.3").status_code == came_in, "and everybody when the hour is over"


def test_a_name_nobody_has_is_slowed_alike(app: Flask, company: Company):
    person = company.person("Counter")
    with at(200_000):
        for name in (person.username, "nobody-at-all"):
            statuses = [
                app.test_client().post(
                    LOGIN, json={"username": name, "password": "x"}, environ_base={"REMOTE_ADDR": f"198.51.100.{turn}"}
                ).status_code
                for turn in range(WRONG_NAME.most + 1)
            ]  # fmt: skip
            assert statuses == [401] * WRONG_NAME.most + [429]


@pytest.mark.parametrize("cookie", ["", "x", "W10.x.y", "mr"])
def test_a_cookie_nobody_signed_makes_no_device_known(app: Flask, company: Company, cookie: str):
    person = company.person("Counter")
    with app.test_request_context("/", headers={"Cookie": f"{known_devices.COOKIE}={cookie}"}):
        assert known_devices.is_known(person.user_id) is False


def test_strangers_have_a_hundred_requests_an_hour(app: Flask, company: Company, signed_in: Callable[..., Browser]):
    stranger, member = app.test_client(), signed_in(company.person("Counter"))
    with at(0):
        asked = ["/api/v1/party/", "/nothing/here", "/api/nothing"]
        statuses = [stranger.get(asked[turn % 3]).status_code for turn in range(STRANGER.most)]
        assert set(statuses) == {401, 404}
        program = stranger.get("/api/v1/party/")
        assert (program.status_code, program.json["error"]["code"]) == (429, "too_many_requests")
        assert int(program.headers["Retry-After"]) == 3600
        page = stranger.get("/nothing/there")
        assert (page.status_code, page.mimetype) == (429, "text/html")
        assert "Try again in 60 minutes" in page.text
        for url in ("/login/", "/health/live", "/static/dist/millrace.css"):
            answer = stranger.get(url)
            assert answer.status_code == 200
            answer.close()
        assert stranger.get("/").status_code == 302
    assert member.get("/nothing/here").status_code == 404


def test_programs_are_told_what_is_left_of_their_users_hour(
    app: Flask, company: Company, database: str, monkeypatch: pytest.MonkeyPatch
):
    few = replace(app.config["MILLRACE"], plans=(("small", 3), ("large", 5)))
    monkeypatch.setitem(app.config, "MILLRACE", few)
    person, other = company.person("Counter"), company.person("Counter")
    with person.acting(), transaction():
        key = {"Authorization": f"Bearer {api_keys.issue('shop')}"}
    program = app.test_client()
    with at(0):
        answers = [program.get("/api/v1/party/", headers=key) for _turn in range(4)]
        names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
        told = [(answer.status_code, *(answer.headers[name] for name in names)) for answer in answers]
        assert told == [
            (200, "3", "2", "3600"), (200, "3", "1", "3600"), (200, "3", "0", "3600"), (429, "3", "0", "3600"),
        ]  # fmt: skip
        assert answers[3].headers["Retry-After"] == "3600"
        assert [holds(app, other).status_code for _turn in range(2)] == [200, 200]
        with Provision(database) as owner:
            slug = owner.session.execute(_slug(person)).scalar_one()
            assert owner.set_plan(slug, "large")
        assert program.get("/api/v1/party/", headers=key).headers["X-RateLimit-Remaining"] == "1"


def _slug(person: Person) -> Any:
    return sa.select(Tenant.slug).where(Tenant.id == person.place.tenant_id)


def holds(app: Flask, person: Person) -> Any:
    with person.acting(), transaction():
        key = api_keys.issue("own")
    return app.test_client().get("/api/v1/party/", headers={"Authorization": f"Bearer {key}"})


def test_people_at_their_work_are_never_counted(app: Flask, company: Company, signed_in: Callable[..., Browser]):
    member = signed_in(company.person("Counter"))
    with at(0):
        answers = [member.get("/settings/nothing") for _turn in range(STRANGER.most + 5)]
    assert {answer.status_code for answer in answers} == {404}
    assert not any("X-RateLimit-Limit" in answer.headers for answer in answers)
