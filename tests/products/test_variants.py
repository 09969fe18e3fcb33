"""A family of garments: what its variants share, and the page on which they are made."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from erp import Invalid, create, edit, session
from erp.documents.types import document_type
from erp.screens.lookups import offered
from erp.screens.search import search_page
from erp.testing.pytest_plugin import Company
from plugins.products.api import variant_figures
from plugins.products.families import ProductAttribute, ProductFamily
from plugins.products.models import Product
from plugins.products.variants import Wish, axes_of, keys_of, make, variants_of

PATTERN = "{family}-{1}-{2}"


@pytest.fixture
def boss(company: Company):
    person = company.person("TENANT_MANAGER")
    with person.acting():
        yield person


@pytest.fixture
def shirt(boss) -> ProductFamily:
    """A linen shirt in three sizes and two colours."""
    size = create("product_attribute", {"name": "Size", "kind": "size", "values": [{"name": n} for n in "SML"]})
    colour = create("product_attribute", {"name": "Colour", "kind": "colour", "values": [
        {"name": "Sand", "hex": "#C2A878"}, {"name": "Indigo", "code": "IND", "hex": "#2c3e7b"}]})  # fmt: skip
    shelf = create("product_category", {"name": "Shirts"})
    family = create("product_family", {
        "name": "Linen shirt", "code": "ls", "category": shelf.id, "unit_price": Decimal(4500), "season": "summer",
        "axes": [{"attribute": size.id}, {"attribute": colour.id}],
        "materials": [{"material": "Linen", "percent": Decimal(70)}, {"material": "Cotton", "percent": Decimal(30)}],
        "sizes": [{"size": "M", "eu": "48", "us": "38", "uk": "38", "chest": Decimal(100)}],
    })  # fmt: skip
    assert isinstance(family, ProductFamily)
    return family


def all_of(family: ProductFamily, **more) -> list[Product]:
    return make(family.id, Wish(list(keys_of(axes_of(family))), PATTERN, **more))


def test_a_variant_is_a_product_that_has_what_its_family_has(shirt):
    small = axes_of(shirt)[0].values[0]
    made = all_of(shirt, prices={small.id: Decimal(3900)})
    assert [each.code for each in made] == [
        "LS-S-SAND", "LS-S-IND", "LS-M-SAND", "LS-M-IND", "LS-L-SAND", "LS-L-IND",
    ]  # fmt: skip
    first, last = made[0], made[-1]
    assert (first.name, first.variant, first.unit_price) == ("Linen shirt, S, Sand", "S, Sand", Decimal(3900))
    assert (last.unit_price, last.category.name, last.uom.code, last.family.name) == (
        Decimal(4500), "Shirts", "piece", "Linen shirt",
    )  # fmt: skip


def test_what_is_there_is_completed_and_never_made_twice(shirt):
    keys = list(keys_of(axes_of(shirt)))
    assert len(make(shirt.id, Wish(keys[:2], PATTERN))) == 2
    assert len(make(shirt.id, Wish(keys, PATTERN))) == 4
    with pytest.raises(Invalid) as refused:
        make(shirt.id, Wish(keys, PATTERN))
    assert refused.value.fields == {"keys": "Tick at least one variant that is not there yet."}
    with pytest.raises(Invalid):
        make(shirt.id, Wish([(1, 2)], PATTERN))
    assert len(variants_of(shirt)) == 6


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("{family}-{1}", "Several variants would have the same code: name every {1}, {2}."),
        ("{family}-{size}", "There is no {size}: write {family}, {1}, {2}."),
        ("{family}-{1}-{2}" + "x" * 40, "is no code: it has 1 to 40 characters."),
    ],
)
def test_codes_that_cannot_be_are_refused_beside_their_pattern(shirt, pattern, sentence):
    with pytest.raises(Invalid) as refused:
        make(shirt.id, Wish(list(keys_of(axes_of(shirt))), pattern))
    assert sentence in refused.value.fields["pattern"]


def test_a_product_that_has_the_code_is_named_or_becomes_the_variant(shirt):
    old = create("product", {"code": "LS-S-SAND", "name": "Shirt of last year", "unit_price": Decimal(4000)})
    with pytest.raises(Invalid) as refused:
        all_of(shirt)
    assert refused.value.fields == {"pattern": "Shirt of last year has the code LS-S-SAND already."}
    assert variants_of(shirt) == {}
    all_of(shirt, takes=True)
    session().refresh(old)
    assert (old.family.name, old.variant, old.unit_price) == ("Linen shirt", "S, Sand", Decimal(4000))


def test_variants_are_found_by_family_and_values_also_after_those_are_called_otherwise(shirt):
    all_of(shirt)
    assert [each["text"] for each in offered("product", "LS-L-IND")] == ["Linen shirt, L, Indigo"]
    assert {each["text"] for each in offered("product", "linen indigo")} == {
        f"Linen shirt, {size}, Indigo" for size in "SML"
    }
    colour = session().scalars(sa.select(ProductAttribute).where(ProductAttribute.name == "Colour")).one()
    values = [{"id": each.id, "name": each.name.replace("Indigo", "Night blue")} for each in colour.values]
    edit(colour.id, "product_attribute", {"values": values}, version=colour.version)
    assert len(search_page("linen night").groups[0].rows) == 3
    assert session().scalar(sa.select(Product.variant).where(Product.code == "LS-L-IND")) == "L, Night blue"


def test_values_that_variants_have_stay_and_axes_too(shirt):
    all_of(shirt)
    colour, size = shirt.axes[1].attribute, shirt.axes[0].attribute
    with pytest.raises(Invalid) as refused:
        edit(colour.id, "product_attribute", {"values": [{"id": colour.values[0].id}]}, version=colour.version)
    assert refused.value.fields == {"values": "Variants have Indigo: this cannot be taken away."}
    session().expire_all()
    with pytest.raises(Invalid) as refused:
        edit(shirt.id, "product_family", {"axes": [{"attribute": size.id}]}, version=shirt.version)
    assert refused.value.fields == {"axes": "It has variants already, so these cannot be changed."}


def test_what_does_not_fit_is_said_beside_its_field(boss, shirt):
    size = shirt.axes[0].attribute
    for values, field, sentence in (
        ({"materials": [{"material": "Linen", "percent": Decimal(70)}]}, "materials-0-percent",
         "Together these are 70 %; they should be 100."),
        ({"axes": [{"attribute": size.id}, {"attribute": size.id}]}, "axes-1-attribute", "This stands here twice."),
        ({"axes": []}, "axes", "Say what its variants differ in, such as size and colour."),
        ({"unit_price": Decimal(-1)}, "unit_price", "At least 0."),
    ):  # fmt: skip
        wanted = {"name": "X", "code": "X", "axes": [{"attribute": size.id}], **values}
        with pytest.raises(Invalid) as refused:
            create("product_family", wanted)
        assert refused.value.fields == {field: sentence}
    with pytest.raises(Invalid) as refused:
        create("product_attribute", {"name": "Tone", "values": [{"name": "Sand", "hex": "sand"}]})
    assert refused.value.fields == {"values-0-hex": "A colour is written with six hexadecimal digits: #c2a878."}


def test_the_matrix_is_filled_on_one_page_and_read_on_the_familys(boss, shirt, sign_in, post):
    client = sign_in(boss)
    page = client.get(f"/product_family/{shirt.id}/matrix")
    assert page.text.count('name="key"') == 6
    assert "mr-flash danger" not in page.text
    assert "The first would be LS-S-SAND." in page.text
    small, sand = (axis.values[0] for axis in axes_of(shirt))
    key = f"{small.id}-{sand.id}"
    sent = {"pattern": PATTERN, "key": key, f"price-{small.id}": "cheap"}
    wrong = post(client, f"/product_family/{shirt.id}/matrix", sent)
    assert wrong.status_code == 422
    assert "cheap" in wrong.text
    assert f'value="{key}" checked' in wrong.text
    assert post(client, f"/product_family/{shirt.id}/matrix", {**sent, f"price-{small.id}": "3900"}).status_code == 302
    shown = client.get(f"/product_family/{shirt.id}").text
    assert "LS-S-SAND" in shown
    assert "KES 3,900.00" in shown
    assert "39.4" in shown  # 100 cm in inches
    assert post(client, f"/product_family/{shirt.id}/matrix", {"pattern": PATTERN, "all": "1"}).status_code == 302
    assert client.get(f"/product/?family__in={shirt.id}").text.count("LS-") >= 6


def test_another_plugin_may_say_something_beside_each_variant(boss, shirt, sign_in):
    made = all_of(shirt)

    @variant_figures.answer
    def there(product_ids):
        return {made[0].id: "7 there"}

    try:
        assert "KES 4,500.00 · 7 there" in sign_in(boss).get(f"/product_family/{shirt.id}").text
    finally:
        variant_figures._answers.remove(there)


def test_a_variant_is_taxed_as_its_family(boss, shirt):
    exempt = create("tax_category", {"name": "Exempt", "code": "E"})
    edit(shirt.id, "product_family", {"family_tax.tax_category": exempt.id}, version=shirt.version)
    first = all_of(session().get_one(ProductFamily, shirt.id))[0]
    kind = document_type("product")
    assert kind.value(first, kind.field("product_tax.tax_category")) == exempt.id


def test_three_axes_are_as_many_sheets_as_the_third_has_values(boss, shirt, sign_in):
    fit = create("product_attribute", {"name": "Fit", "values": [{"name": "Slim"}, {"name": "Wide"}]})
    axes = [*({"attribute": each.attribute.id} for each in shirt.axes), {"attribute": fit.id}]
    edit(shirt.id, "product_family", {"axes": axes}, version=shirt.version)
    family = session().get_one(ProductFamily, shirt.id)
    made = make(family.id, Wish(list(keys_of(axes_of(family))), "{family}-{1}-{2}-{3}"))
    assert (len(made), made[1].code) == (12, "LS-S-SAND-WIDE")
    shown = sign_in(boss).get(f"/product_family/{shirt.id}").text
    assert "<h2>Slim</h2>" in shown
    assert "<h2>Wide</h2>" in shown
