"""Every change of a field is kept: who, when, from what to what."""

from __future__ import annotations

import pytest

from erp import context, operations
from erp.data import audit
from erp.data.audit import history
from erp.data.base import WriteOutsideTransaction, savepoint, session, transaction
from erp.errors import Conflict, TenancyError

pytestmark = pytest.mark.usefixtures("app")


def test_history_names_the_actor_and_both_values(company):
    grace, wanjiru = company.person("Counter", name="Grace Njeri"), company.person("Counter", name="Wanjiru Kamau")
    with grace.acting():
        party = operations.create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"})
    with wanjiru.acting():
        operations.edit(party.id, "party", {"phone": "+254 711 000 111"}, version=party.version)
        changed, created = history(session, "party", party.id)
    assert (changed.actor, changed.kind) == ("Wanjiru Kamau", "changed")
    assert changed.changes == {
        "phone": ["+254 700 553 218", "+254 711 000 111"],
        "phone_e164": ["+254700553218", "+254711000111"],
    }
    assert created.actor == "Grace Njeri"
    assert created.changes["name"] == [None, "Amina Hassan"]


def test_saving_without_a_change_is_not_history(company):
    with company.person("Counter").acting():
        party = operations.create("party", {"name": "Amina Hassan"})
        operations.edit(party.id, "party", {"name": "Amina Hassan"}, version=party.version)
        assert len(history(session, "party", party.id)) == 1


def test_what_is_told_in_a_transaction_is_found_in_it_and_a_part_that_fails_takes_its_own_along(company):
    with company.person("Counter").acting(), transaction():
        party = operations.create("party", {"name": "Amina Hassan"})
        assert [entry.kind for entry in history(session, "party", party.id)] == ["created"]
        audit.note("first", "party", party.id)
        with pytest.raises(Conflict), savepoint():
            audit.note("failed", "party", party.id)
            assert len(history(session, "party", party.id)) == 3
            raise Conflict
        audit.note("last", "party", party.id)
    with company.person("Counter").acting():
        assert [entry.kind for entry in history(session, "party", party.id)] == ["last", "first", "created"]


def test_what_was_changed_before_a_part_that_fails_is_history(company):
    with company.person("Counter").acting(), transaction():
        party = operations.create("party", {"name": "Amina Hassan"})
        party.name = "Amina Abdi"
        with pytest.raises(Conflict), savepoint():
            raise Conflict
    with company.person("Counter").acting():
        assert [entry.kind for entry in history(session, "party", party.id)] == ["changed", "created"]


def test_history_is_told_in_a_transaction_of_the_own_company(company):
    with company.person("Counter").acting():
        with pytest.raises(WriteOutsideTransaction):
            audit.note("seen", "party", 1)
        with pytest.raises(TenancyError), transaction(), context.acting(tenant_id=0):
            audit.note("seen", "party", 1)


def test_nobody_rewrites_history(company, truth):
    with company.person("Counter").acting():
        operations.create("party", {"name": "Amina Hassan"})
        with pytest.raises(Exception, match="permission denied"):
            session().connection().exec_driver_sql("update audit_entry set actor = 'somebody else'")


def test_a_row_more_fields_begin_with_is_no_change_of_the_record(company):
    with company.person("TENANT_MANAGER").acting():
        retail = operations.create("price_list", {"name": "Retail"})
        party = operations.create("party", {"name": "Amina Hassan"})
        operations.edit(party.id, "party", {"party_prices.price_list": None}, version=party.version)
        product = operations.create(
            "product", {"code": "CG2", "name": "Ring", "kind": "part", "product_stock.karat": 18}
        )
        assert [entry.kind for entry in history(session, "party", party.id)] == ["created"]
        operations.edit(party.id, "party", {"party_prices.price_list": retail.id}, version=party.version)
        chosen, _made = history(session, "party", party.id)
        grown, made = history(session, "product", product.id)
    assert (chosen.kind, chosen.changes) == ("changed", {"price_list_id": [None, retail.id]})
    assert (made.kind, grown.kind, grown.changes) == ("created", "changed", {"karat": [None, 18]})
