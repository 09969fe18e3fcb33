"""The search index: what leads to a row, that nothing forgets it, and who it speaks to."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from erp import clock, operations
from erp.cli import migrate
from erp.data.base import engine, session, transaction
from erp.documents import searching
from erp.documents.lists import ListQuery
from erp.documents.types import document_type

AMINA = {"name": "Amina Hässan-Ali", "phone": "+254 722 418 903", "email": "amina@lakeside.example", "number": "C-0077"}


@pytest.fixture
def boss(company):
    with company.person("TENANT_OWNER").acting():
        yield company


def found(text, kind="party"):
    return [row.title for row in ListQuery(document_type(kind), search=text, sort="id").page().rows]


@pytest.mark.parametrize(
    "text",
    [
        "amina", "AMI", "hassan", "hassan ami", "Hässan-Ali", "hassanali", "ali", "amina@lake", "lakeside",
        "C-0077", "c0077", "0077", "77", "0722 418", "722418", "+254 722", "254722418903", "418 903", "00254722",
        "۰۷۲۲ ۴۱۸", "٧٢٢٤١٨",
    ],
)  # fmt: skip
def test_a_customer_is_found_by_what_people_type(boss, text):
    operations.create("party", AMINA)
    operations.create("party", {"name": "Joseph Kiptoo", "phone": "+254 733 090 412"})
    assert found(text) == ["Amina Hässan-Ali"]


@pytest.mark.parametrize("text", ["mina", "amina kiptoo", "9999", "'; drop table party; --", "' | 'z", "\\"])
def test_what_is_not_there_is_not_found(boss, text):
    operations.create("party", AMINA)
    assert found(text) == []


def test_arabic_and_persian_letters_are_the_same(boss):
    operations.create("party", {"name": "علي كريمي"})
    assert found("علی") == found("کریمی") == found("علي") == ["علي كريمي"]
    operations.create("party", {"name": "آریا می‌نوش"})
    assert found("اریا") == found("مینوش") == ["آریا می‌نوش"]


def test_plain_ascii_becomes_the_same_words_by_a_shorter_way(boss, truth):
    for text in ("Amina HASSAN-Ali", "RO-2026/0482 (b)", "~ %_\\ \t'", ""):
        (row,) = truth("select search_plain(:text) as short, search_plain(:text || 'é') as long", text=text)
        assert row.long == row.short + "e"


def test_what_is_numbered_last_of_all_is_found_by_its_number(boss):
    party = operations.create("party", AMINA)
    with transaction():
        values = {"asked_amount": 100, "tendered_amount": 100, "change_amount": 0, "method": "cash"}
        values |= {"subject_type": "", "subject_id": 0, "subject_number": "", "cashier": "Grace"}
        paid = document_type("payment").cls(party_id=party.id, paid_at=clock.now(), **values)
        operations.add(paid)
        session().flush()
    assert found(paid.number, "payment") == [paid.title]


def test_an_order_is_found_by_its_customer_also_when_they_change_their_name(boss):
    party = operations.create("party", AMINA)
    operations.create("repair_order", {"customer": party.id, "item": "Canon EOS R6", "fault": "Error 20"})
    assert found("amina canon", "repair_order") == found("0722 eos", "repair_order") == ["Canon EOS R6"]
    operations.edit(party.id, "party", {"name": "Amina Otieno"}, version=party.version)
    assert found("otieno canon", "repair_order") == ["Canon EOS R6"]
    assert found("hassan canon", "repair_order") == []


def test_the_index_follows_what_is_changed_and_removed(boss):
    party = operations.create("party", AMINA)
    operations.edit(party.id, "party", {"phone": "+254 711 000 111"}, version=1)
    assert found("711000") == ["Amina Hässan-Ali"]
    assert found("722418") == []
    with transaction() as current:
        current.delete(party)
    assert found("amina") == []


def test_rows_written_past_the_application_are_found_too(boss, truth, database):
    place = boss.place
    engine_ = sa.create_engine(database, poolclass=sa.NullPool)
    with engine_.begin() as connection:
        connection.execute(
            sa.text(
                "insert into product (tenant_id, code, name, kind, uom_id, unit_price, version, created_at,"
                " created_by, updated_at, updated_by, extra) select :t, 'Z' || g, 'Zebra ' || g, 'goods',"
                " (select id from unit where tenant_id = :t and code = 'piece'), 1,"
                " 1, now(), 'x', now(), 'x', '{}' from generate_series(1, 3) g"
            ),
            {"t": place.tenant_id},
        )
    engine_.dispose()
    assert len(found("zebra", "product")) == 3


def test_a_row_called_exactly_so_comes_first_then_the_newest(boss):
    for code in ("AB-1", "AB-10", "AB-100", "AB-11"):
        operations.create("product", {"code": code, "name": f"Thing {code}", "unit_price": Decimal(1)})
    hits = searching.likely({"product", "party"}, "ab1", 10)
    assert set(hits) == {"product"}
    names = {row.id: row.code for row in ListQuery(document_type("product")).page().rows}
    assert [names[row_id] for row_id in hits["product"].exact] == ["AB-1"]
    assert [names[row_id] for row_id in hits["product"].others] == ["AB-11", "AB-100", "AB-10"]


def test_a_type_that_is_not_asked_for_is_not_searched(boss):
    operations.create("party", AMINA)
    assert searching.likely(["product"], "amina", 10) == {}
    assert searching.likely(["party"], "  ", 10) == searching.likely(["party"], "!?", 10) == {}


def test_other_tenants_words_are_neither_found_nor_read(make_company):
    a, b = make_company("A"), make_company("B")
    with a.person("TENANT_OWNER").acting():
        operations.create("party", {"name": "Zanzibar Traders"})
        assert found("zanz") == ["Zanzibar Traders"]
    with b.person("TENANT_OWNER").acting():
        assert found("zanz") == []
        assert searching.likely(["party"], "zanz", 10) == {}
        kinds = sa.select(searching.SearchEntry.document_type).distinct()
        assert "party" not in set(session().scalars(kinds))
    with engine().connect() as nobody:
        assert nobody.exec_driver_sql("select search_rows('party', 'zanz')").all() == []


def test_only_the_application_may_call_what_runs_as_the_owner(app, truth):
    rows = truth(
        "select p.proname, p.prosecdef, has_function_privilege('millrace_platform', p.oid, 'execute') from pg_proc p"
        " where p.proname like 'search\\_%' and p.prosecdef"
    )
    assert {tuple(row) for row in rows} == {("search_rows", True, False), ("search_likely", True, False)}


def test_temporary_tables_do_not_stand_in_for_the_index(boss):
    """Functions of the owner look for tables in `public` first; a caller's own table of that name is never read."""
    with engine().connect() as caller:
        caller.exec_driver_sql("create temporary table search_entry (row_id bigint)")
        assert caller.exec_driver_sql("select search_rows('party', 'x')").all() == []
        caller.rollback()


def test_a_database_from_before_the_index_is_read_when_it_is_migrated(boss, settings, database, truth):
    operations.create("party", AMINA)
    session.remove()
    engine_ = sa.create_engine(database, poolclass=sa.NullPool)
    with engine_.begin() as connection:
        connection.execute(sa.text("drop function search_fill_party(bigint[])"))
        connection.execute(sa.text("delete from search_entry where document_type = 'party'"))
    migrate(settings)
    assert found("amina") == ["Amina Hässan-Ali"]
    session.remove()
    with engine_.begin() as connection:
        connection.execute(sa.text("delete from search_entry where document_type = 'party'"))
    migrate(settings)
    assert found("amina") == [], "what is laid already is not read again at every start"
    session.remove()
    with engine_.begin() as connection:
        assert searching.fill(connection, "party") >= 1
    engine_.dispose()
    session.remove()
