"""What the shop sells and uses."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

from erp import Invalid, create, edit, session, transaction
from erp.documents.types import document_type
from erp.screens.search import search_page
from erp.testing.pytest_plugin import Company
from plugins.products import barcodes, labels
from plugins.products.api import give_barcode, scanned, unit
from plugins.products.models import Product, ProductCategory
from plugins.products.numbering import Numbering, keep
from plugins.products.units import converted, rounded


@pytest.fixture
def boss(company: Company):
    person = company.person("TENANT_MANAGER")
    with person.acting():
        yield person


def product(code: str, **values):
    return create("product", {"code": code, "name": code, **values})


def test_a_product_has_a_code_a_name_an_exact_price_and_a_unit(boss):
    ring = create(
        "product", {"code": "CG2-4410", "name": "Lens mount ring", "kind": "part", "unit_price": Decimal(6400)}
    )
    assert (ring.title, ring.subtitle, ring.unit_price, ring.uom.code) == (
        "Lens mount ring",
        "CG2-4410",
        Decimal(6400),
        "piece",
    )


def test_a_code_is_given_once(boss):
    create("product", {"code": "22423", "name": "Regency cake stand"})
    with pytest.raises(Invalid) as refused:
        create("product", {"code": "22423", "name": "Another stand"})
    assert refused.value.fields == {"code": "Regency cake stand has this code already. P-00001 is free."}


def test_a_price_is_not_negative(boss):
    with pytest.raises(Invalid) as refused:
        create("product", {"code": "X", "name": "X", "unit_price": Decimal(-1)})
    assert refused.value.fields == {"unit_price": "At least 0."}


# -- codes -----------------------------------------------------------------------------------------------


def test_codes_are_typed_counted_on_or_begin_with_the_letters_of_the_category(boss):
    with transaction():
        keep(Numbering("hand"))
    with pytest.raises(Invalid) as refused:
        create("product", {"name": "Nameless"})
    assert refused.value.fields == {"code": "Fill this in."}

    with transaction():
        keep(Numbering("sequence", "P-", 4))
    assert document_type("product").field("code").initial == "P-0001"
    assert [create("product", {"name": "A"}).code, product("P-0041").code, create("product", {"name": "B"}).code] == [
        "P-0001",
        "P-0041",
        "P-0042",
    ]
    with pytest.raises(Invalid) as refused:
        product("P-0042")
    assert refused.value.fields == {"code": "B has this code already. P-0043 is free."}

    cameras = create("product_category", {"name": "Cameras", "code": "CAM"})
    lenses = create("product_category", {"name": "Lenses", "parent": cameras.id})
    with transaction():
        keep(Numbering("category", "P-", 3))
    assert create("product", {"name": "C", "category": lenses.id}).code == "CAM-001"
    assert create("product", {"name": "D"}).code == "P-043"
    assert lenses.title == "Cameras / Lenses"


def test_a_category_cannot_stand_below_itself(boss):
    top = create("product_category", {"name": "Top"})
    below = create("product_category", {"name": "Below", "parent": top.id})
    with pytest.raises(Invalid) as refused:
        edit(top.id, "product_category", {"parent": below.id}, version=top.version)
    assert refused.value.fields == {"parent": "A category cannot stand below itself."}
    session().expire_all()
    assert session().get_one(ProductCategory, top.id).parent is None


def test_what_a_product_costs_is_seen_by_right_only(company):
    with company.person("TENANT_MANAGER").acting():
        row = product("SECRET", cost=Decimal(70), unit_price=Decimal(100))
        assert row.cost == 70
        assert document_type("product").field("cost")
    with company.person("Counter").acting():
        kind = document_type("product")
        assert "cost" in kind.hidden
        assert "cost" not in kind.as_json(session().get_one(Product, row.id))


# -- barcodes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("5901234123457", "ean13"),
        ("590-1234-12345-7", "ean13"),
        ("۵۹۰۱۲۳۴۱۲۳۴۵۷", "ean13"),
        ("96385074", "ean8"),
        ("036000291452", "upca"),
        ("CG2-4410", "code128"),
        ("سلام", "qr"),
    ],
)
def test_a_barcode_is_told_by_its_look(boss, typed, kind):
    (barcode,) = product("X", barcodes=[{"code": typed}]).barcodes
    assert barcode.kind == kind
    assert barcodes.svg(kind, barcode.code).startswith("<?xml")


@pytest.mark.parametrize(
    ("typed", "kind", "sentence"),
    [
        ("5901234123450", "ean13", "The last digit of 5901234123450 should be 7, not 0. One of the digits is wrong."),
        ("590123412345", "ean13", "With its check digit it would be 5901234123457."),
        ("12345", "ean13", "EAN-13 has 13 digits; this has 5."),
        ("ABC", "upca", "UPC-A holds digits only."),
        ("سلام", "code128", "Choose QR for other letters."),
    ],
)
def test_a_wrong_barcode_is_refused_beside_its_field(boss, typed, kind, sentence):
    with pytest.raises(Invalid) as refused:
        product("X", barcodes=[{"code": "96385074"}, {"code": typed, "kind": kind}])
    assert list(refused.value.fields) == ["barcodes-1-code"]
    assert sentence in refused.value.fields["barcodes-1-code"]


def test_a_barcode_belongs_to_one_product_and_scanning_finds_it_at_once(boss):
    ring = product("RING", barcodes=[{"code": "036000291452"}, {"code": "96385074"}])
    with pytest.raises(Invalid) as refused:
        product("OTHER", barcodes=[{"code": "0036000291452"}])
    assert refused.value.fields == {"barcodes-0-code": "RING has this barcode already."}
    for typed in ("036000291452", "36000291452", "0036000291452", "96385074"):
        found = scanned(typed)
        assert found is not None
        assert (found.product.id, found.unit.code) == (ring.id, "piece")
        (group,) = search_page(typed).groups
        assert (group.is_exact, [row.label for row in group.rows]) == (True, ["RING"])
    edit(ring.id, "product", {"barcodes": []}, version=ring.version)
    assert search_page("96385074").groups == []


def test_a_barcode_may_stand_for_a_box_which_scanning_and_searching_tell(boss):
    box = create(
        "unit", {"code": "box_12", "name": "box of 12", "dimension": "count", "factor": Decimal(12), "is_exact": True}
    )
    product("RING", barcodes=[{"code": "96385074"}, {"code": "5901234123457", "uom": box.id}])
    found = scanned("5901234123457")
    assert found is not None
    assert (found.product.code, found.unit.name) == ("RING", "box of 12")
    assert converted(Decimal(2), found.unit, found.product.uom) == 24
    assert scanned("4006381333931") is None
    for typed, below in (("5901234123457", "box of 12"), ("96385074", ""), ("RING", "")):
        assert [row.sub for row in search_page(typed).groups[0].rows] == [below]
    with pytest.raises(Invalid) as refused:
        product("CABLE", uom=unit("metre").id, barcodes=[{"code": "CABLE-1"}, {"code": "CABLE-2", "uom": box.id}])
    assert refused.value.fields == {"barcodes-1-uom": "box of 12 cannot be turned into metre."}


@pytest.mark.parametrize(
    ("digits", "last"),
    [("590123412345", "7"), ("400638133393", "1"), ("000000000000", "0"), ("9638507", "4"), ("03600029145", "2")],
)
def test_the_last_digit_of_an_article_number_proves_the_others(digits, last):
    assert barcodes.check_digit(digits) == last
    wrong = str((int(last) + 1) % 10)
    kind = barcodes.kind_of(digits + last)
    assert barcodes.problem(kind, digits + last) == ""
    assert f"should be {last}, not {wrong}" in barcodes.problem(kind, digits + wrong)


def test_a_product_without_a_barcode_gets_one_of_the_house(boss):
    with transaction():
        first = give_barcode(session().get_one(Product, product("A").id)).code
        second = give_barcode(session().get_one(Product, product("B").id)).code
    assert (first, second) == ("2000000000015", "2000000000022")
    assert barcodes.problem("ean13", first) == ""


def test_barcodes_can_be_edited_over_the_form_and_are_drawn(boss, sign_in, post):
    sent = {"code": "RING", "name": "Ring", "kind": "part", "uom": str(unit("piece").id), "unit_price": "5"}
    client = sign_in(boss)
    page = post(client, "/product/new", {**sent, "barcodes-0-code": "5901234123450", "barcodes-0-kind": "ean13"})
    assert page.status_code == 422
    assert "should be 7, not 0" in page.text
    assert 'value="5901234123450"' in page.text
    made = post(client, "/product/new", {**sent, "barcodes-0-code": "5901234123457"})
    assert made.status_code == 302
    with boss.acting():
        row = session().scalar(sa.select(Product).where(Product.code == "RING"))
        assert row is not None
        drawn = row.barcodes[0].picture_url
    assert client.get(drawn).content_type.startswith("image/svg+xml")
    assert drawn in client.get(f"/product/{row.id}").text
    assert post(client, f"/product/{row.id}/barcode", {}).status_code == 302


# -- labels ----------------------------------------------------------------------------------------------


def test_labels_say_name_price_and_code_and_start_where_the_sheet_is_free(boss, sign_in, post):
    rows = [product(f"L-{count}", unit_price=Decimal(1250), barcodes=[]) for count in range(2)]
    client = sign_in(boss)
    asked = client.get(f"/product/{rows[0].id}/labels")
    assert asked.status_code == 200
    sent = {"id": [str(row.id) for row in rows], "step": "go", "size": "sheet_3x8", "copies": "12", "skip": "1",
            "with_name": "1", "with_price": "1", "with_code": "1", "with_barcode": "1", "give_barcodes": "1"}  # fmt: skip
    answer = post(client, "/product/bulk/labels", sent)
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    pages = PdfReader(io.BytesIO(answer.data)).pages
    assert len(pages) == 2
    text = pages[0].extract_text()
    assert text.count("KES 1,250.00") == 23
    assert "2000000000015" in text
    with pytest.raises(Invalid) as refused:
        labels.check(11, labels.Wish(copies=480))
    assert refused.value.fields == {"copies": "At most 4,800 labels at once; these are 5,280."}


def test_many_labels_are_printed_by_a_worker_while_a_page_tells_how_far_it_is(company, boss, sign_in, post, run_jobs):
    dozen = unit("dozen").id
    row = product("L-1", unit_price=Decimal(1250), barcodes=[{"code": "96385074", "uom": dozen}])
    client = sign_in(boss)
    sent = {"id": [str(row.id)], "step": "go", "size": "sheet_3x8", "copies": "200", "skip": "0", "with_price": "1",
            "with_name": "1", "with_barcode": "1"}  # fmt: skip
    page = post(client, "/product/bulk/labels", sent)
    assert page.status_code == 302
    watched = page.location
    assert "Labels for 1 product" in client.get(watched).text
    assert client.get(f"{watched}/progress").json == {"finished": False, "percent": 0, "text": "Waiting"}
    assert client.get(f"{watched}/file").status_code == 404
    with boss.acting():
        edit(row.id, "product", {"unit_price": Decimal(9)}, version=row.version)
    run_jobs()
    assert client.get(f"{watched}/progress").json["percent"] == 100
    assert "Open the PDF" in client.get(watched).text
    pages = PdfReader(io.BytesIO(client.get(f"{watched}/file").data)).pages
    assert len(pages) == 9
    assert pages[0].extract_text().count("KES 1,250.00") == 24  # as it was when the labels were asked for
    assert "96385074 · dozen" in pages[8].extract_text()
    other = sign_in(company.person("TENANT_MANAGER"))
    assert [other.get(f"{watched}{more}").status_code for more in ("", "/progress", "/file")] == [404, 404, 404]


# -- units -----------------------------------------------------------------------------------------------


def test_units_are_turned_into_each_other_exactly_or_not_at_all(boss):
    assert converted(Decimal(3), unit("dozen"), unit("piece")) == 36
    assert converted(Decimal(90), unit("minute"), unit("hour")) == Decimal("1.50")
    assert converted(Decimal("2.5"), unit("pound"), unit("kilogram")) == Decimal("1.134")
    assert rounded(Decimal("1.0005"), unit("kilogram")) == Decimal("1.001")
    with pytest.raises(Invalid) as refused:
        converted(Decimal(30), unit("piece"), unit("dozen"))
    assert refused.value.fields == {"quantity": "30 piece would be 2.5000 dozen, which does not come out even."}
    with pytest.raises(Invalid) as refused:
        converted(Decimal(1), unit("hour"), unit("kilogram"))
    assert refused.value.fields == {"quantity": "hour cannot be turned into kilogram."}
    with pytest.raises(Invalid) as refused:
        product("X", uom=unit("piece").id, sales_uom=unit("gram").id)
    assert refused.value.fields == {"sales_uom": "gram cannot be turned into piece."}


def test_how_codes_are_given_is_set_on_a_page(boss, sign_in, post):
    client = sign_in(boss)
    sent = {"way": "sequence", "prefix": "SKU", "digits": "6", "barcode_prefix": "24"}
    assert post(client, "/product/numbering", sent).status_code == 302
    assert 'value="SKU000001"' in client.get("/product/new").text
    assert post(client, "/product/numbering", {**sent, "digits": "12"}).status_code == 422
