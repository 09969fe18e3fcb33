"""A bundle is sold as one and taken from shelves as its parts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp import Invalid, create, edit, session
from erp.testing.pytest_plugin import Company
from plugins.products.api import components, unit


@pytest.fixture
def boss(company: Company):
    person = company.person("TENANT_MANAGER")
    with person.acting():
        yield person


def product(code: str, **values):
    return create("product", {"code": code, "name": code, **values})


def bundle(code: str, *parts: tuple[object, str]):
    lines = [{"component": each.id, "quantity": Decimal(count)} for each, count in parts]
    return product(code, kind="bundle", components=lines)


def test_a_bundle_is_taken_apart_down_to_the_last_in_exact_quantities(boss):
    cup, tea = product("CUP"), product("TEA", uom=unit("kilogram").id)
    set_of_two = bundle("SET", (cup, "2"), (tea, "0.125"))
    hamper = bundle("HAMPER", (set_of_two, "3"), (cup, "1"))
    found = {each.product.code: each.quantity for each in components(hamper, Decimal(2))}
    assert found == {"CUP": Decimal(14), "TEA": Decimal("0.75")}
    assert [(each.product.code, each.quantity) for each in components(cup, Decimal(5))] == [("CUP", Decimal(5))]
    assert (hamper.has_stock, cup.has_stock) == (False, True)


def test_no_bundle_contains_itself(boss):
    cup = product("CUP")
    inner = bundle("INNER", (cup, "1"))
    outer = bundle("OUTER", (inner, "1"))
    with pytest.raises(Invalid) as refused:
        edit(inner.id, "product", {"components": [{"component": outer.id}]}, version=inner.version)
    assert refused.value.fields == {"components-0-component": "OUTER contains this bundle itself."}
    session().expire_all()
    with pytest.raises(Invalid) as refused:
        edit(inner.id, "product", {"components": [{"component": inner.id}]}, version=inner.version)
    assert refused.value.fields == {"components-0-component": "INNER contains this bundle itself."}


def test_what_cannot_be_a_bundle_is_refused_beside_its_field(boss):
    cup = product("CUP")
    for values, field, sentence in (
        ({"kind": "bundle"}, "components", "Say what the bundle is made of."),
        ({"kind": "goods", "components": [{"component": cup.id}]}, "kind", "Only a bundle has components"),
        ({"kind": "bundle", "components": [{"component": cup.id, "quantity": Decimal("0.5")}]},
         "components-0-quantity", "does not come out even"),
        ({"kind": "bundle", "components": [{"component": cup.id, "quantity": Decimal(0)}]},
         "components-0-quantity", "At least"),
        ({"kind": "bundle", "components": [{"component": cup.id}, {"component": cup.id}]},
         "components-1-component", "This product stands here twice: put the quantities together."),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            product("X", **values)
        assert list(refused.value.fields) == [field]
        assert sentence in refused.value.fields[field]


def test_a_part_says_which_bundles_it_is_in(boss, sign_in):
    cup = product("CUP")
    bundle("Tea for two", (cup, "2"))
    assert "Part of bundles" in sign_in(boss).get(f"/product/{cup.id}").text
