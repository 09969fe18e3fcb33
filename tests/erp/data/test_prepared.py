"""What every request asks is text already, and as narrow as what a session asks."""

from __future__ import annotations

from functools import cache

import pytest
import sqlalchemy as sa

from erp import context
from erp.data import bulk, prepared
from erp.data.base import session, transaction
from erp.documents.numbers import NumberSequence
from erp.documents.types import document_type
from erp.errors import ErpError, TenancyError

pytestmark = pytest.mark.usefixtures("app")


@cache
def named():
    cls = document_type("party").cls
    return sa.select(cls.id, cls.name).where(bulk.among(cls.id, "ids")).order_by(cls.id)


def add(*names):
    cls = document_type("party").cls
    with transaction():
        made = [cls(name=name) for name in names]
        session().add_all(made)
        session().flush()
    return [each.id for each in made]


def test_rows_are_those_a_session_gives(company):
    with company.person("Counter").acting():
        ids = add("Amina Hassan", "Peter Otieno")
        assert [tuple(row) for row in prepared.rows(named(), {"ids": ids})] == [
            tuple(row) for row in session().execute(named(), {"ids": ids})
        ]
        assert [row.name for row in prepared.rows(named(), {"ids": ids[1:]})] == ["Peter Otieno"]


def test_what_is_not_written_yet_is_written_before_it_is_asked(company):
    with company.person("Counter").acting(), transaction():
        new = document_type("party").cls(name="Amina Hassan")
        session().add(new)
        session().flush()
        new.name = "Amina Hassan Abdi"
        with session().no_autoflush:
            assert [row.name for row in prepared.rows(named(), {"ids": [new.id]})] == ["Amina Hassan"]
        assert [row.name for row in prepared.rows(named(), {"ids": [new.id]})] == ["Amina Hassan Abdi"]


def test_a_statement_asked_in_one_tenant_shows_nothing_of_it_in_another(make_company):
    here, there = make_company(), make_company("Nile Traders")
    with here.person("Counter").acting():
        ids = add("Amina Hassan")
        assert len(prepared.rows(named(), {"ids": ids})) == 1
    with there.person("Counter").acting():
        assert prepared.rows(named(), {"ids": ids}) == []


def test_nobody_is_shown_anything(company):
    with company.person("Counter").acting():
        ids = add("Amina Hassan")
    context.reset()
    session.remove()
    assert prepared.rows(named(), {"ids": ids}) == []


def test_objects_and_bare_tables_are_refused(company):
    cls = document_type("party").cls
    with company.person("Counter").acting():
        for statement in (sa.select(cls), sa.select(cls.id, cls), sa.select(cls.__table__.c.id)):
            with pytest.raises(TenancyError):
                prepared.rows(statement, {})


def test_defaults_of_python_are_refused_rather_than_forgotten(company):
    table = document_type("party").cls.__table__
    with company.person("Counter").acting(), transaction(), pytest.raises(ErpError, match="is named"):
        prepared.run(sa.update(table).where(table.c.id == sa.bindparam("row")).values(name="x"), {"row": 1})


def test_a_parameter_that_is_left_out_is_missed(company):
    with company.person("Counter").acting(), pytest.raises(KeyError, match="ids"):
        prepared.rows(named(), {})


def test_a_write_that_does_not_say_whose_rows_it_is_about_is_refused(company):
    table = NumberSequence.__table__
    for statement in (
        sa.update(table).where(table.c.series == sa.bindparam("of")).values(last=1),
        sa.delete(table).where(table.c.series == sa.bindparam("of")),
        sa.insert(table).values(series=sa.bindparam("of"), last=1),
    ):
        with company.person("Counter").acting(), transaction(), pytest.raises(TenancyError):
            prepared.run(statement, {"of": "PAY"})
