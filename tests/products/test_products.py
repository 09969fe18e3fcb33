"""What the shop sells and uses."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp import Invalid, create
from erp.testing.pytest_plugin import Company


def test_a_product_has_a_code_a_name_and_an_exact_price(company: Company) -> None:
    with company.person("TENANT_MANAGER").acting():
        ring = create(
            "product", {"code": "CG2-4410", "name": "Lens mount ring", "kind": "part", "unit_price": Decimal(6400)}
        )
        assert (ring.title, ring.subtitle, ring.unit_price, ring.uom) == (
            "Lens mount ring",
            "CG2-4410",
            Decimal(6400),
            "piece",
        )


def test_a_code_is_given_once(company: Company) -> None:
    with company.person("TENANT_MANAGER").acting():
        create("product", {"code": "22423", "name": "Regency cake stand"})
        with pytest.raises(Invalid) as refused:
            create("product", {"code": "22423", "name": "Another stand"})
        assert refused.value.fields == {"code": "There is already one with this value."}


def test_a_price_is_not_negative(company: Company) -> None:
    with company.person("TENANT_MANAGER").acting(), pytest.raises(Invalid) as refused:
        create("product", {"code": "X", "name": "X", "unit_price": Decimal(-1)})
    assert refused.value.fields == {"unit_price": "At least 0."}
