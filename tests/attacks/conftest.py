"""Two companies, their people by every way in, and a switch that takes both tenancy walls away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from erp import context
from erp.data import base, files, prepared, tenancy
from erp.data.base import AppSession, session
from erp.documents import types
from erp.screens import words
from erp.testing.pytest_plugin import PASSWORD, Person
from tests.attacks import worlds
from tests.attacks.ways import BEARER, COOKIE, NOBODY, Truth, Way
from tests.attacks.worlds import World


@pytest.fixture(scope="session")
def worlds_(make_company: Callable[..., Any]) -> Iterator[tuple[World, World, Person, Person]]:
    a, b = worlds.build(make_company, worlds.SECRET, worlds.PLACE), worlds.build(make_company, worlds.OWN, worlds.OWN)
    yield (a, b, *worlds.member_of_both(a, b))
    context.reset()


@pytest.fixture
def a(worlds_) -> World:
    """What is attacked."""
    return worlds_[0]


@pytest.fixture
def b(worlds_) -> World:
    """Where the attackers come from."""
    return worlds_[1]


@pytest.fixture
def joyce(worlds_) -> tuple[Person, Person]:
    """Counter in A and Technician in B: as whom she is in each."""
    return worlds_[2], worlds_[3]


@pytest.fixture(scope="session")
def bearer(app: Flask) -> Callable[[Person], str]:
    """An access token of a person."""

    def sign(person: Person) -> str:
        sent = {"username": person.username, "password": PASSWORD, "tenant": person.place.tenant_id}
        answer = app.test_client().post("/api/v1/security/login", json=sent)
        assert answer.status_code == 200, answer.text
        return str(answer.json["access_token"])

    return sign


@pytest.fixture(scope="session")
def browser(app: Flask) -> Callable[[Person], Way]:
    """A browser of a person, with the rights they have there."""

    def sign(person: Person) -> Way:
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie.update(person.cookie())
        with person.acting() as acting:
            return Way(person.name, COOKIE, client, permissions=acting.permissions)

    return sign


@pytest.fixture(scope="session")
def ways(app: Flask, worlds_, bearer, browser) -> list[Way]:
    """Everybody who tries: B's boss with cookie and key, a deputy with a token, Joyce as Technician of B, and nobody.

    The token is another's because a boss who ends all other sessions ends it too.
    """
    _a, b, _joyce_in_a, joyce = worlds_
    boss = browser(b.boss)
    deputy = b.company.person(*worlds.EVERYTHING, name=f"Deputy {b.mark}")
    token = {"Authorization": f"Bearer {bearer(deputy)}"}
    key = {"Authorization": f"Bearer {b.key}"}
    return [
        boss,
        browser(joyce),
        Way("token", BEARER, app.test_client(), token, boss.permissions),
        Way("key", BEARER, app.test_client(), key, boss.permissions),
        Way("nobody", NOBODY, app.test_client()),
    ]


@pytest.fixture(scope="session")
def seen(database: str) -> Iterator[Truth]:
    """The superuser's eyes."""
    engine = sa.create_engine(database, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield Truth(connection)
    engine.dispose()


@pytest.fixture
def told(database: str) -> Callable[..., None]:
    """What an administrator would do, as the superuser."""

    def change(statement: str, **values: Any) -> None:
        engine = sa.create_engine(database, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.execute(sa.text(statement), values)
        engine.dispose()

    return change


# -- the walls off ---------------------------------------------------------------------------------------


def _stamp(current: AppSession, _context: object, _instances: object) -> None:
    for item in current.new:
        if isinstance(item, tenancy.TenantScoped) and item.__dict__.get("tenant_id") is None:
            item.tenant_id = context.current().tenant_id or 0


class Other:
    """No session is one of these, so nothing that is loaded is looked at."""


def _any_key(tenant_id: int, sha256: str) -> str:
    """The key of a file, whosoever it is."""
    store = files.store()
    return next((key for key, _at in store.listed() if key.endswith(sha256)), f"{tenant_id}/{sha256[:2]}/{sha256}")


LISTENERS = (
    (AppSession, "do_orm_execute", tenancy._guard_statement),
    (AppSession, "before_flush", tenancy._guard_flush),
    (sa.Engine, "before_execute", tenancy._guard_core),
)


def _forget() -> None:
    """Nothing learnt on one side of the switch is known on the other."""
    types._extra.clear()
    words.forget()


@contextmanager
def _walls_off(superuser: sa.Engine, patch: pytest.MonkeyPatch) -> Iterator[Truth]:
    """Sessions of the superuser without guard and foreign keys, in one database transaction that is rolled back."""
    session.remove()
    kept = session.session_factory.kw["bind"]
    for target, name, function in LISTENERS:
        event.remove(target, name, function)
    event.listen(AppSession, "before_flush", _stamp, insert=True)
    patch.setattr(tenancy, "AppSession", Other)
    patch.setattr(files, "key_of", _any_key)
    patch.setattr(prepared, "rows", lambda statement, given: session().execute(statement, given).all())
    _forget()
    try:
        with superuser.connect() as connection, connection.begin() as outer:
            connection.execute(sa.text("set local session_replication_role = replica"))
            session.configure(bind=connection, join_transaction_mode="create_savepoint")
            yield Truth(connection)
            session.remove()
            outer.rollback()
    finally:
        session.remove()
        session.session_factory.kw.pop("join_transaction_mode", None)
        session.configure(bind=kept)
        event.remove(AppSession, "before_flush", _stamp)
        for target, name, function in LISTENERS:
            event.listen(target, name, function)
        patch.undo()
        _forget()
        assert base.engine() is kept


@pytest.fixture(scope="session")
def superuser(database: str) -> Iterator[sa.Engine]:
    """One connection for all attacks: a fresh one learns the shapes of all tables before its first answer."""
    engine = sa.create_engine(database, pool_size=1)
    yield engine
    engine.dispose()


@pytest.fixture
def walls_off(superuser: sa.Engine) -> Callable[[], Any]:
    """`with walls_off() as truth:` neither the ORM's guard nor row-level security; rolled back afterwards."""
    return lambda: _walls_off(superuser, pytest.MonkeyPatch())
