"""A company with customers and products, whose manager changes many of them at once."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from erp.data.base import transaction
from erp.documents.types import document_type
from erp.testing.pytest_plugin import Company, Person


@pytest.fixture
def manager(company: Company) -> Person:
    return company.person("TENANT_MANAGER", "Counter", name="Wanjiru Kamau")


@pytest.fixture
def colleague(company: Company) -> Person:
    return company.person("TENANT_MANAGER", name="Peter Otieno")


def customers(count: int, **more: object) -> list[int]:
    """Customers made in the acting name, without a process or a form."""
    cls = document_type("party").cls
    with transaction() as current:
        rows = [cls(number=f"N-{place:05}", name=f"Customer {place}", **more) for place in range(count)]
        current.add_all(rows)
        current.flush()
        return [row.id for row in rows]


def products(count: int) -> list[int]:
    cls, unit = document_type("product").cls, document_type("unit").cls
    with transaction() as current:
        piece = current.scalars(sa.select(unit).where(unit.code == "piece")).one()
        rows = [
            cls(
                code=f"P-{place:05}",
                name=f"Part {place}",
                unit_price=Decimal(place),
                uom=piece,
                extra={"for_sale": True},
            )
            for place in range(count)
        ]
        current.add_all(rows)
        current.flush()
        return [row.id for row in rows]
