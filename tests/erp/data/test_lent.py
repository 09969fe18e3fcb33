"""A connection that waited in the pool is lent only while its server is there."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from erp.data import lent
from erp.data.base import APP, engine_for


@pytest.fixture
def engine(database):
    made = engine_for(database, APP, pool_size=1, max_overflow=0)
    yield made
    made.dispose()


def number(engine):
    with engine.connect() as connection:
        return connection.scalar(sa.text("select pg_backend_pid()"))


def end(database, pid):
    superuser = sa.create_engine(database, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with superuser.connect() as connection:
        connection.scalar(sa.text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def asked(engine, monkeypatch):
    """How often the server was asked whether it is there, from now on."""
    pings: list[object] = []
    ping = engine.dialect.do_ping
    monkeypatch.setattr(engine.dialect, "do_ping", lambda connection: pings.append(connection) or ping(connection))
    return pings


def test_one_that_was_closed_meanwhile_is_replaced_before_anybody_notices(engine, database):
    first = number(engine)
    end(database, first)
    assert number(engine) != first


def test_one_that_just_came_back_is_lent_without_a_question(engine, monkeypatch):
    pings = asked(engine, monkeypatch)
    assert number(engine) == number(engine)
    assert pings == []


def test_one_that_rested_is_asked(engine, monkeypatch):
    pings = asked(engine, monkeypatch)
    monkeypatch.setattr(lent, "REST", -1.0)
    assert number(engine) == number(engine)
    assert len(pings) == 1
