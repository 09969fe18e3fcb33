"""A database of the first release, one row in every table, comes to the newest schema and loses none of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.dialects.postgresql import JSONB

from erp import prepare
from erp.cli import migrate
from erp.config import Settings
from erp.data import policies, schema
from erp.data.base import OWNER
from erp.run import postgres

FIRST = ("core", "parties", "products", "payments", "receipts", "repairs")
"""Branches of the first release."""
KEPT = {
    "tenant": {"status": "active"},
    "company": {"currency": "KES", "country": "KE"},
    "branch": {"timezone": "Africa/Nairobi"},
    "party": {"name": "Amina Hassan", "phone": "0712 345 678", "email": "amina@example.com", "kind": "person"},
    "product": {"name": "Lens mount ring", "code": "CG2-4410", "uom": "piece"},
    "payment": {"method": "cash", "change_amount": 0, "number": "PAY-1", "subject_type": "repair_order"},
    "repair_order": {"number": "RO-1", "item": "Canon EOS R6", "currency": "KES"},
    "repair_order_line": {"kind": "part"},
    "job": {"state": "waiting"},
    "workflow_instance": {"status": "ended"},
}
"""What the rows say where the columns' types alone do not tell."""
MOMENT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def filled(column: sa.Column) -> object:
    """A value for a column that must have one; every reference is to the one row there is."""
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer):
        return 1
    if isinstance(kind, sa.Numeric):
        return Decimal(1)
    if isinstance(kind, JSONB):
        return [] if column.name.endswith(("s", "roles")) and column.name not in {"changes", "calls", "forms"} else {}
    if isinstance(kind, sa.DateTime):
        return MOMENT if kind.timezone else MOMENT.replace(tzinfo=None)
    if isinstance(kind, sa.Date):
        return date(2026, 1, 5)
    if isinstance(kind, sa.Time):
        return time(9)
    return b"x" if isinstance(kind, sa.LargeBinary) else "x"


def fill(connection: sa.Connection) -> dict[str, int]:
    """One row in every table; {table: rows}."""
    tables = sa.MetaData()
    tables.reflect(connection)
    connection.execute(sa.text("set session_replication_role = replica"))
    for table in tables.sorted_tables:
        if table.name == "alembic_version":
            continue
        values = {
            column.name: filled(column)
            for column in table.columns
            if not column.nullable and column.server_default is None and column.identity is None
        }
        known = {name: value for name, value in KEPT.get(table.name, {}).items() if name in table.columns}
        connection.execute(table.insert().values(**{**values, **known}))
    connection.execute(sa.text("set session_replication_role = default"))
    return counted(connection, [table.name for table in tables.sorted_tables])


def counted(connection: sa.Connection, names: list[str]) -> dict[str, int]:
    return {name: connection.scalar(sa.text(f'select count(*) from "{name}"')) for name in names}


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """(rows of the first release, the URL of its database brought up to date)."""
    folder = tmp_path_factory.mktemp("first-release")
    with postgres.running(folder / "data", fsync=False) as server:
        settings = replace(Settings(), database_url=server.url, var=folder)
        prepare.load_plugins(settings)
        folders = [each / "migrations" for each in prepare.plugin_folders()]
        engine = schema.owner_engine(server.url)
        with engine.begin() as connection:
            policies.make_roles(connection)
            connection.execute(sa.text(f"set local role {OWNER}"))
            for branch in FIRST:
                command.upgrade(schema.configuration(folders, connection), f"{branch}_0001")
        with engine.begin() as connection:
            before = fill(connection)
        migrate(settings)
        yield before, server.url
        engine.dispose()


def test_no_row_is_lost(grown):
    before, url = grown
    engine = schema.owner_engine(url)
    with engine.connect() as connection:
        present = set(sa.inspect(connection).get_table_names())
        after = counted(connection, [name for name in before if name in present])
    engine.dispose()
    assert {name: count for name, count in before.items() if after.get(name, 0) < count} == {}


def test_what_was_told_is_kept_in_its_new_place(grown):
    _before, url = grown
    engine = schema.owner_engine(url)
    with engine.connect() as connection:
        unit = connection.execute(
            sa.text("select u.code, p.name from product p join unit u on u.tenant_id = p.tenant_id and u.id = p.uom_id")
        ).one()
        party = connection.execute(sa.text("select name, phone, phone_e164, email from party")).one()
        order = connection.execute(sa.text("select number, item from repair_order")).one()
        away = connection.execute(
            sa.text("select a.document_type, p.code, a.at from archived a join product p on p.id = a.row_id")
        ).one()
    engine.dispose()
    assert tuple(unit) == ("piece", "Lens mount ring")
    assert tuple(party) == ("Amina Hassan", "0712 345 678", "+254712345678", "amina@example.com")
    assert tuple(away) == ("product", "CG2-4410", MOMENT)
    assert tuple(order) == ("RO-1", "Canon EOS R6")
