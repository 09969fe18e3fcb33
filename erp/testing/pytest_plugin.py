"""Fixtures for every plugin's tests: a real embedded PostgreSQL, tenants of their own, people who play roles."""

from __future__ import annotations

import gc

gc.disable()  # nothing that is loaded is garbage; looked for again once all tests are collected

import secrets
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from erp import context, sessions
from erp.access import enter_as
from erp.app import create_app
from erp.cli import migrate
from erp.config import Settings
from erp.data import base
from erp.data.base import session
from erp.data.organisation import Tenant
from erp.jobs import worker
from erp.passwords import use_hasher
from erp.provision import Place, Provision
from erp.run import postgres, redis
from erp.web.limits import limits

PASSWORD = "a long enough password"  # noqa: S105 - of people who exist in tests only


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in to a tenant."""

    user_id: int
    member_id: int
    username: str
    name: str
    place: Place

    @contextmanager
    def acting(self, source: str = "web") -> Iterator[context.Context]:
        """Act as this person in this thread."""
        before = context.current()
        session.remove()
        acting = enter_as(self.user_id, self.place.tenant_id, source=source)
        assert acting is not None
        try:
            yield acting
        finally:
            session.remove()
            context.enter(before)

    def cookie(self) -> dict[str, Any]:
        """What a browser's session cookie holds once this person has signed in."""
        with self.acting():
            begun = sessions.begin(sessions.BROWSER, "Firefox, Linux")
        return {"_user_id": str(self.user_id), "_fresh": True, "tenant": self.place.tenant_id, "session": begun.token}


@dataclass
class Company:
    """A fresh tenant of one test."""

    place: Place
    url: str

    def person(self, *roles: str, name: str = "", language: str = "en", only_at: str | None = None) -> Person:
        """A new member playing these roles; `only_at` is the one branch they work at and reach."""
        username = f"{roles[0].split()[0].lower() if roles else 'nobody'}-{secrets.token_hex(4)}"
        name = name or f"{roles[0] if roles else 'No'} {username[-4:]}"
        with Provision(self.url) as owner:
            user_id = owner.person(username, name, PASSWORD)
            limits = [only_at] if only_at else []
            member_id = owner.member(
                user_id, self.place, name, roles, branch=only_at, language=language, limited_to=limits
            )
        return Person(user_id, member_id, username, name, self.place)


_scopes: list[str] = []
"""Of the fixtures that are being set up."""
_made: list[int] = []
"""Companies of the test that runs, but for those of fixtures that outlive it."""
_over: list[int] = []
"""Companies of tests that are over. What is done for every company in turn would take longer with each test."""


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
    """Know how long what a fixture makes is needed."""
    _scopes.append(fixturedef.scope)
    try:
        return (yield)
    finally:
        _scopes.pop()


def pytest_configure() -> None:
    """Passwords of people who exist in tests only need no strong hash."""
    use_hasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def pytest_collection_finish() -> None:
    """Garbage is looked for only in what tests make: going through all that is loaded takes time at each turn."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of an embedded PostgreSQL of this test process, migrated; a superuser's login."""
    folder = tmp_path_factory.mktemp("postgres")
    with postgres.running(folder / "data", fsync=False) as server:
        migrate(replace(Settings(), database_url=server.url, var=folder))
        yield server.url


@pytest.fixture(scope="session")
def settings(database: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the application under test."""
    folder = tmp_path_factory.mktemp("var")
    return Settings(var=folder, database_url=database, secret_key=secrets.token_hex(24))


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The whole application."""
    made = create_app(settings)
    yield made
    base.disconnect()


@pytest.fixture(scope="session")
def make_company(app: Flask, database: str) -> Callable[..., Company]:
    """Makes tenants: `make_company("Savanna Repairs")`."""

    def make(name: str = "Savanna Repairs Ltd", currency: str = "KES", tax_rate: str = "16") -> Company:
        with Provision(database) as owner:
            owner.session.execute(sa.update(Tenant).where(Tenant.id.in_(_over)).values(status="closed"))
            place = owner.tenant(
                name, f"t-{secrets.token_hex(6)}", currency=currency, country="KE", timezone="Africa/Nairobi",
                tax_rate=Decimal(tax_rate), branches=("Westlands", "Mombasa"),
            )  # fmt: skip
        _over.clear()
        if not {*_scopes} - {"function"}:
            _made.append(place.tenant_id)
        return Company(place, database)

    return make


@pytest.fixture
def company(make_company: Callable[..., Company]) -> Company:
    """A fresh tenant."""
    return make_company()


@pytest.fixture(autouse=True)
def _clean_context() -> Iterator[None]:
    """No test inherits who acted in another, nor meets its companies."""
    context.reset()
    yield
    _over.extend(_made)
    _made.clear()
    context.reset()
    if session.registry.has():
        session.remove()


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    """No test has used up what another may try; all of them come from one address, within an hour."""
    limits.connect(None)


@pytest.fixture(scope="session")
def sign_in(app: Flask) -> Callable[[Person], FlaskClient]:
    """A browser-like client in which the person has signed in."""

    def sign(person: Person) -> FlaskClient:
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie.update(person.cookie())
        return client

    return sign


@pytest.fixture
def run_jobs() -> Callable[[], int]:
    """Runs every due job in this process; returns how many ran."""
    return worker.drain


@pytest.fixture(scope="session")
def truth(database: str) -> Iterator[Callable[..., list[sa.Row[tuple[object, ...]]]]]:
    """Reads as the superuser, past every wall: `truth("select ...", name=value)`."""
    engine = sa.create_engine(database, poolclass=sa.NullPool)

    def read(statement: str, **values: object) -> list[sa.Row[tuple[object, ...]]]:
        with engine.connect() as connection:
            return list(connection.execute(sa.text(statement), values))

    yield read
    engine.dispose()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a Redis of this test process."""
    with redis.running(tmp_path_factory.mktemp("redis") / "data") as server:
        yield server
