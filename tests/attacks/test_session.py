"""Attacks through the session: a program acting for tenant B reaches for tenant A's rows.

Each probe runs twice: guarded, where it must come back with nothing and change nothing, and with both walls off (a plain
session of the superuser), where it must succeed. A probe that succeeds nowhere proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Session

from erp import context, operations
from erp.context import Context
from erp.data import bulk
from erp.data.base import AppSession, engine
from erp.documents.types import document_type
from erp.errors import TenancyError

pytestmark = pytest.mark.usefixtures("app")
SECRET = "Amina Hassan of tenant A"


@dataclass
class Target:
    """Ids of what is attacked, and of what the attacker owns."""

    tenant: int
    own_tenant: int
    party: int
    own_party: int
    order: int
    own_order: int
    spare_party: int
    """The attacker's own, and in nobody's document."""


@pytest.fixture(scope="module")
def target(make_company) -> Target:
    a, b = make_company("Tenant A"), make_company("Tenant B")
    made: list[int] = []
    for company, name in ((a, SECRET), (b, "Bob's own customer")):
        with company.person("TENANT_OWNER").acting():
            customer = operations.create("party", {"name": name})
            row = {"kind": "part", "description": "Ring", "quantity": Decimal(1), "unit_price": Decimal(100)}
            repair = operations.create(
                "repair_order", {"customer": customer.id, "item": "Canon", "fault": "Error 20", "lines": [row]}
            )
            made += [customer.id, repair.id, operations.create("party", {"name": "Spare"}).id]
    return Target(a.place.tenant_id, b.place.tenant_id, made[0], made[3], made[1], made[4], made[5])


def party() -> Any:
    return document_type("party").cls


def order() -> Any:
    return document_type("repair_order").cls


def line() -> Any:
    return document_type("repair_order").line_cls


def texts(found: Any) -> str:
    return " ".join(str(getattr(row, "name", row)) for row in found)


READS: dict[str, Callable[[Session, Target], Any]] = {
    "all": lambda s, t: texts(s.scalars(sa.select(party()))),
    "get": lambda s, t: texts([s.get(party(), t.party)]),
    "get for update": lambda s, t: texts([s.get(party(), t.party, with_for_update=True)]),
    "by id": lambda s, t: texts(s.scalars(sa.select(party()).where(party().id == t.party))),
    "by tenant": lambda s, t: texts(s.scalars(sa.select(party()).where(party().tenant_id == t.tenant))),
    "or true": lambda s, t: texts(s.scalars(sa.select(party()).where(sa.or_(sa.true(), party().id == 0)))),
    "column": lambda s, t: texts(s.scalars(sa.select(party().name))),
    "alias": lambda s, t: texts(s.scalars(sa.select(orm.aliased(party())))),
    "alias of a subquery": lambda s, t: texts(
        s.scalars(sa.select(orm.aliased(party(), sa.select(party()).subquery())))
    ),
    "subquery": lambda s, t: texts(s.execute(sa.select(sa.select(party().name).subquery()))),
    "cte": lambda s, t: texts(s.execute(sa.select(sa.select(party().name).cte()))),
    "union": lambda s, t: texts(s.execute(sa.union(sa.select(party().name), sa.select(party().created_by)))),
    "exists": lambda s, t: SECRET if s.scalar(sa.select(sa.exists().where(party().id == t.party))) else "",
    "scalar subquery": lambda s, t: str(
        s.scalar(sa.select(sa.select(party().name).where(party().id == t.party).scalar_subquery()))
    ),
    "count": lambda s, t: SECRET if (s.scalar(sa.select(sa.func.count(party().id))) or 0) > 2 else "",
    "maximum": lambda s, t: SECRET if s.scalar(sa.select(sa.func.max(party().id)).where(party().id == t.party)) else "",
    "aggregate": lambda s, t: str(s.scalar(sa.select(sa.func.string_agg(party().name, sa.literal(" "))))),
    "join": lambda s, t: texts(s.scalars(sa.select(party()).join(order(), order().customer_id == party().id))),
    "join back": lambda s, t: texts(s.scalars(sa.select(party().name).select_from(order()).join(order().customer))),
    "outer join": lambda s, t: texts(
        row[1] for row in s.execute(sa.select(order(), party()).outerjoin(party(), party().id == t.party)) if row[1]
    ),
    "cross join": lambda s, t: texts(row[0] for row in s.execute(sa.select(party()).join(order(), sa.true()))),
    "lateral": lambda s, t: texts(s.execute(sa.select(sa.select(party().name).lateral()))),
    "joined eager": lambda s, t: texts(
        o.customer for o in s.scalars(sa.select(order()).options(orm.joinedload(order().customer)))
    ),
    "select-in eager": lambda s, t: texts(
        o.customer for o in s.scalars(sa.select(order()).options(orm.selectinload(order().customer)))
    ),
    "lines": lambda s, t: SECRET if len(list(s.scalars(sa.select(line())))) > 1 else "",
    "legacy query": lambda s, t: texts(s.query(party()).all()),
    "legacy filter": lambda s, t: texts(s.query(party()).filter_by(id=t.party).all()),
    "legacy count": lambda s, t: SECRET if s.query(party()).count() > 2 else "",
    "from statement": lambda s, t: texts(s.scalars(sa.select(party()).from_statement(sa.text("select * from party")))),
    "text": lambda s, t: texts(s.execute(sa.text("select name from party"))),
    "table": lambda s, t: texts(s.execute(sa.select(party().__table__.c.name))),
    "table and class": lambda s, t: texts(
        row[1]
        for row in s.execute(
            sa.select(order().id, party().__table__.c.name).join_from(
                order(), party().__table__, party().__table__.c.id == t.party
            )
        )
    ),
    "connection": lambda s, t: texts(s.connection().execute(sa.select(party().__table__.c.name))),
    "connection text": lambda s, t: texts(s.connection().execute(sa.text("select name from party"))),
    "driver": lambda s, t: texts(s.connection().exec_driver_sql("select name from party")),
    "cursor": lambda s, t: texts(s.connection().connection.cursor().execute("select name from party").fetchall()),
    "users": lambda s, t: (
        SECRET
        if s.scalar(sa.text("select count(*) from tenant_member where tenant_id = :t").bindparams(t=t.tenant))
        else ""
    ),
    "users by driver": lambda s, t: (
        SECRET
        if s.connection()
        .exec_driver_sql(
            f"select count(*) from ab_user where id in (select user_id from tenant_member where tenant_id = {t.tenant})"
        )
        .scalar()
        else ""
    ),
    "tenants": lambda s, t: (
        SECRET if s.connection().exec_driver_sql(f"select count(*) from tenant where id = {t.tenant}").scalar() else ""
    ),
}


def read(session: Session, probe: Callable[[Session, Target], Any], target: Target) -> str:
    try:
        return str(probe(session, target))
    except sa.exc.DBAPIError as error:
        return f"refused by the database: {error.orig}"
    except Exception as error:
        return f"refused: {type(error).__name__}"


@pytest.fixture
def attacker(target):
    """A context of tenant B, as a job would have it."""
    context.enter(Context(tenant_id=target.own_tenant, source="job"))
    yield
    context.reset()


@pytest.fixture
def unguarded(database):
    engine = sa.create_engine(database, poolclass=sa.NullPool)
    with Session(engine) as plain:
        yield plain
        plain.rollback()
    engine.dispose()


@pytest.mark.parametrize("name", READS)
def test_nothing_is_read_across(name, target, attacker):
    with AppSession(engine()) as session:
        assert SECRET not in read(session, READS[name], target)


def test_a_statement_that_is_kept_is_narrowed_to_whoever_asks_it_next(target):
    kept = sa.select(party().name).order_by(party().id)
    for tenant in (target.tenant, target.own_tenant, target.tenant):
        with context.entered(Context(tenant_id=tenant, source="job")), AppSession(engine()) as session:
            assert (SECRET in texts(session.scalars(kept))) == (tenant == target.tenant)
            assert SECRET not in texts(session.scalars(kept.where(party().name != SECRET)))


def test_rows_are_written_in_bulk_for_nobody_elses_tenant(target):
    with pytest.raises(TenancyError), context.entered(Context(source="job")):
        bulk.insert_rows(party(), ["name"], [{"name": "planted"}])


@pytest.mark.parametrize("name", READS)
def test_each_reading_attack_succeeds_with_the_guard_off(name, target, unguarded):
    assert SECRET in read(unguarded, READS[name], target)


def _write(session: Session, statement: Any, *values: Any) -> None:
    session.execute(statement, *values)


def _linked(session: Session, target: Target) -> None:
    session.get(order(), target.own_order).customer_id = target.party
    session.flush()


def _given(session: Session, target: Target) -> None:
    session.get(party(), target.spare_party).tenant_id = target.tenant
    session.flush()


def _added(session: Session, target: Target) -> None:
    session.add(party()(name="planted", tenant_id=target.tenant))
    session.flush()


def _line_added(session: Session, target: Target) -> None:
    session.add(
        line()(document_id=target.order, description="planted", kind="part", tenant_id=target.own_tenant, position=9)
    )
    session.flush()


WRITES: dict[str, Callable[[Session, Target], Any]] = {
    "update": lambda s, t: _write(s, sa.update(party()).where(party().id == t.party).values(name="planted")),
    "update all": lambda s, t: _write(s, sa.update(party()).values(name="planted")),
    "update by key": lambda s, t: _write(s, sa.update(party()), [{"id": t.party, "version": 1, "name": "planted"}]),
    "delete": lambda s, t: _write(s, sa.delete(line()).where(line().document_id == t.order)),
    "insert": lambda s, t: _write(
        s, sa.insert(party()), [{"tenant_id": t.tenant, "name": "planted", "kind": "person", "version": 1, "extra": {}}]
    ),
    "core insert": lambda s, t: _write(
        s, sa.insert(party().__table__).values(tenant_id=t.tenant, name="planted", kind="person", version=1, extra={})
    ),
    "core update": lambda s, t: _write(s, sa.update(party().__table__).values(name="planted")),
    "core delete": lambda s, t: _write(s, sa.delete(line().__table__)),
    "text": lambda s, t: _write(s, sa.text("update party set name = 'planted'")),
    "driver": lambda s, t: s.connection().exec_driver_sql("update party set name = 'planted'"),
    "bulk update": lambda s, t: s.bulk_update_mappings(party(), [{"id": t.party, "version": 1, "name": "planted"}]),
    "bulk insert": lambda s, t: s.bulk_insert_mappings(
        party(), [{"tenant_id": t.tenant, "name": "planted", "kind": "person", "version": 1, "extra": {}}]
    ),
    "bulk save": lambda s, t: s.bulk_save_objects([party()(tenant_id=t.tenant, name="planted", version=1)]),
    "added": _added,
    "given away": _given,
    "linked by id": _linked,
    "line added": _line_added,
}

SEEN = (
    "select (select string_agg(name, ' ') from party where tenant_id = :tenant) as names,"
    " (select count(*) from repair_order_line where document_id = :order) as lines,"
    " (select count(*) from repair_order where customer_id = :party) as orders"
)


@pytest.mark.parametrize("name", WRITES)
def test_nothing_is_written_across(name, target, attacker, truth):
    seen = {"tenant": target.tenant, "order": target.order, "party": target.party}
    before = truth(SEEN, **seen)
    with AppSession(engine()) as session:
        session.info["writing"] = True
        try:
            WRITES[name](session, target)
            session.commit()
        except Exception:
            session.rollback()
    assert truth(SEEN, **seen) == before


@pytest.mark.parametrize("name", WRITES)
def test_each_writing_attack_succeeds_with_the_guard_off(name, target, unguarded):
    if name in {"line added", "linked by id"}:
        unguarded.execute(sa.text("set session_replication_role = replica"))
    seen = sa.text(SEEN).bindparams(tenant=target.tenant, order=target.order, party=target.party)
    before = unguarded.execute(seen).all()
    WRITES[name](unguarded, target)
    unguarded.flush()
    assert unguarded.execute(seen).all() != before
