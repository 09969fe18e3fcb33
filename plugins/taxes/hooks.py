from __future__ import annotations

import sqlalchemy as sa

from erp import session
from plugins.products.api import ProductFamily, variant_made
from plugins.products.models import Product
from plugins.taxes.models import FamilyTax, ProductTax


@variant_made.answer
def tax_of_family(family: ProductFamily, product: Product) -> None:
    """A variant is as far as tax goes what its family is, unless it says so itself."""
    category = session().scalar(sa.select(FamilyTax.tax_category_id).where(FamilyTax.record_id == family.id))  # type: ignore[attr-defined]
    has_own = sa.select(ProductTax.id).where(ProductTax.record_id == product.id)
    if category is not None and session().scalar(has_own) is None:
        session().add(ProductTax(record_id=product.id, tax_category_id=category))
