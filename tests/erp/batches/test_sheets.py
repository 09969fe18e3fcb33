"""An exported sheet, edited and brought back: every cell as meant or a sentence, nothing before "Apply"."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp import batches, context, operations
from erp.batches import Batch, Comparison
from erp.batches.cells import Cell, Reader
from erp.documents import own_fields
from erp.documents.fields import Field, Kind
from erp.documents.lists import ListQuery
from erp.documents.types import document_type
from erp.errors import Invalid, NotFound
from erp.jobs import worker
from erp.reports import exports
from erp.screens.exporting import states_of
from erp.screens.lookups import Records
from erp.testing.pytest_plugin import Company, Person
from tests.erp.batches.conftest import customers, products

ARRIVED = "select count(*) from product where tenant_id = :t and name like 'Renamed %' and version = 2"
PRODUCT = ("code", "name", "kind", "uom", "unit_price", "for_sale", "note", "updated_by")


@pytest.fixture(autouse=True)
def for_sale(company: Company) -> None:
    """A box of the company's own that is ticked or not, for the sheets' column F."""
    with company.person("TENANT_OWNER").acting():
        own_fields.make("product", {"label": "For sale", "kind": "boolean", "is_listed": True})


class Sheet:
    """An exported sheet in somebody's hands."""

    def __init__(self, type_name: str, *columns: str, **more: Any) -> None:
        self.type = type_name
        kind = document_type(type_name)
        query = ListQuery(kind, columns=columns, sort="id", **more)
        with exports.xlsx_of(query, states_of(kind)) as path:
            self.book: Any = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
        self.sheet = self.book.worksheets[0]

    def content(self) -> bytes:
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()

    def brought(self) -> int:
        kind = document_type(self.type)
        return batches.bring(self.type, "list.xlsx", self.content(), Records(), lambda: states_of(kind)).id

    def compared(self) -> Comparison:
        return batches.brought(self.type, self.brought())[1]


def said(found: Comparison) -> dict[str, str]:
    return {each.address: each.message for each in found.problems}


def applied(file_id: int, who: Person, type_name: str = "product") -> Batch:
    batch = batches.apply(type_name, file_id)
    worker.drain()
    with who.acting():
        return batches.find(batch.id)


def test_a_sheet_that_was_not_edited_changes_nothing(manager: Person):
    with manager.acting():
        products(3)
        sheet = Sheet("product", *PRODUCT)
        assert sheet.sheet.column_dimensions["I"].hidden
        found = sheet.compared()
    assert (found.rows, found.same, found.wishes, found.problems) == (3, 3, [], [])


def test_every_kind_of_cell_keeps_its_type(manager: Person, truth: Any):
    with manager.acting():
        ids = products(2)
        sheet = Sheet("product", *PRODUCT)
        edits = {"B2": "=1+1", "C2": "part", "D2": "hour", "E2": 12.5, "F2": False, "G2": "+44 first\n-second"}
        for place, value in edits.items():
            sheet.sheet[place] = value
            if isinstance(value, str):
                sheet.sheet[place].data_type = "s"
        file_id = sheet.brought()
        _name, found = batches.brought("product", file_id)
        assert {cell.address: (cell.old, cell.new) for cell in found.wishes[0].cells} == {
            "B2": ("Part 0", "=1+1"), "C2": ("Goods", "Part"), "D2": ("piece", "hour"), "E2": ("KES 0.00", "KES 12.50"),
            "F2": ("Yes", "No"), "G2": ("–", "+44 first\n-second"),
        }  # fmt: skip
        assert truth("select version from product where id = :i", i=ids[0])[0][0] == 1
        assert applied(file_id, manager).done == 1
    row = truth(
        "select product.name, kind, unit.name, unit_price, (product.extra->>'for_sale')::bool, note, product.version from product"
        " join unit on unit.id = uom_id where product.id = :i", i=ids[0],
    )[0]  # fmt: skip
    assert tuple(row) == ("=1+1", "part", "hour", Decimal("12.5"), False, "+44 first\n-second", 2)


def test_what_does_not_fit_is_told_at_its_cell(manager: Person):
    with manager.acting():
        products(9)
        sheet = Sheet("product", *PRODUCT)
        wrong = {
            "E2": "cheap", "C3": "Robot", "E4": -5, "F5": "maybe", "B6": None, "H7": "Somebody", "E8": "#DIV/0!", "E9": True,
        }  # fmt: skip
        for place, value in wrong.items():
            sheet.sheet[place] = value
        sheet.sheet["B7"] = "Never written: its row is left out whole"
        found = sheet.compared()
    assert not found.wishes
    assert found.refused == 8
    assert said(found) == {
        "E2": "Price without tax: “cheap” is not a number.",
        "C3": "Kind: Choose one of the list.",
        "E4": "Price without tax: At least 0.",
        "F5": "For sale: “maybe” is neither yes nor no.",
        "B6": "Name: Fill this in.",
        "H7": "Changed by: it is worked out by the program and cannot be set.",
        "E8": "Price without tax: “#DIV/0!” is an error of the sheet's own formula.",
        "E9": "Price without tax: “true” is not a number.",
    }


def test_a_formula_counts_by_its_saved_result_and_never_by_its_text(manager: Person, truth: Any):
    with manager.acting():
        ids = products(2)
        sheet = Sheet("product", *PRODUCT)
        sheet.sheet["E2"], sheet.sheet["E3"] = "=40+2", "=40+3"
        content = with_results(sheet.content(), {"E2": "42"})
        kept = batches.bring("product", "list.xlsx", content, Records(), dict)
        _name, found = batches.brought("product", kept.id)
        assert said(found) == {
            "E3": "Price without tax: This formula has no value yet. Open the file, save it, and bring it again."
        }
        assert [(note.address, note.message) for note in found.notes] == [
            ("E2", "Price without tax: the result of the formula is taken.")
        ]
        applied(kept.id, manager)
    prices = truth("select unit_price from product where id = any(:i) order by id", i=ids)
    assert [row[0] for row in prices] == [Decimal(42), Decimal(1)]


def with_results(content: bytes, results: dict[str, str]) -> bytes:
    """The workbook as a spreadsheet saves it: with the results of its formulas."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                for place, result in results.items():
                    head, rest = text.split(f'r="{place}"'.encode(), 1)
                    formula, end = rest.split(b"</f>", 1)
                    end = end.replace(b"<v />", b"", 1).replace(b"<v></v>", b"", 1) if end[:3] == b"<v " else end
                    text = head + f'r="{place}"'.encode() + formula + b"</f><v>" + result.encode() + b"</v>" + end
            new.writestr(name, text)
    return out.getvalue()


def test_rows_changed_by_others_are_told_with_who(manager: Person, colleague: Person, truth: Any):
    with manager.acting():
        ids = products(3)
        sheet = Sheet("product", *PRODUCT)
    with colleague.acting():
        operations.edit(ids[0], "product", {"name": "Theirs"}, version=1)
        operations.edit(ids[1], "product", {"name": "Theirs too"}, version=1)
    with manager.acting():
        sheet.sheet["B2"] = "Mine"
        sheet.sheet["B4"] = "Mine three"
        file_id = sheet.brought()
        _name, found = batches.brought("product", file_id)
        assert list(said(found)) == ["B2"]
        assert said(found)["B2"].startswith("Peter Otieno changed this row after the export")
        assert (found.same, len(found.wishes)) == (1, 1)
    with colleague.acting():
        operations.edit(ids[2], "product", {"note": "Meanwhile"}, version=1)
    with manager.acting():
        late = applied(file_id, manager)
    with manager.acting():
        assert "Peter Otieno changed this meanwhile" in batches.refused(late)[0].refusal
    names = truth("select name from product where id = any(:i) order by id", i=ids)
    assert [row[0] for row in names] == ["Theirs", "Theirs too", "Part 2"]


def test_gone_new_and_repeated_rows_and_foreign_columns_are_told(manager: Person):
    with manager.acting():
        products(4)
        sheet = Sheet("product", *PRODUCT).sheet.parent
        page = sheet.worksheets[0]
        page["I2"], page["I3"], page["I4"] = 99_999_999, page["I5"].value, "x"
        page["B3"] = "Twice"
        for column in range(1, 11):
            page.cell(6, column).value = None
        page["B6"] = "New"
        page["K1"] = "My remarks"
        page["K2"] = "Hello"
        out = io.BytesIO()
        sheet.save(out)
        _name, found = batches.brought(
            "product", batches.bring("product", "a.xlsx", out.getvalue(), Records(), dict).id
        )
    assert said(found) == {
        "2": "This row is gone.",
        "4": "The hidden columns of this row were changed. Export the list again.",
        "5": "This is the same record as row 3.",
        "6": "New rows are not taken here: bring them in by Import.",
    } | {key: text for key, text in said(found).items() if key not in {"2", "4", "5", "6"}}
    assert found.ignored == ["My remarks"]


def test_columns_may_be_moved_and_rows_sorted(manager: Person, truth: Any):
    with manager.acting():
        ids = products(3)
        sheet = Sheet("product", "code", "name", "unit_price")
        rows = [[cell.value for cell in row] for row in sheet.sheet.iter_rows(max_row=4)]
        for number, (code, name, price, key, version) in enumerate([rows[0], *rows[:0:-1]], 1):
            for column, value in enumerate((version, price, key, name, code), 1):
                sheet.sheet.cell(number, column).value = value
        sheet.sheet["D2"] = "Renamed"
        sheet.sheet.delete_rows(5)
        file_id = sheet.brought()
        assert applied(file_id, manager).done == 1
    assert truth("select name from product where id = :i", i=ids[2])[0][0] == "Renamed"


def test_a_persian_sheet_comes_back_in_persian(company: Company, truth: Any):
    sara = company.person("TENANT_MANAGER", name="Sara", language="fa")
    with sara.acting():
        ids = products(1)
        sheet = Sheet("product", *PRODUCT)
        assert sheet.sheet["C2"].value != "goods"
        label = str(dict(document_type("product").field("kind").choices)["part"])
        sheet.sheet["C2"], sheet.sheet["E2"] = label, "۱۲۵٫۵"
    with context.acting(tenant_id=sara.place.tenant_id), sara.acting():
        assert applied(sheet.brought(), sara).done == 1
    row = truth("select kind, unit_price from product where id = :i", i=ids[0])[0]
    assert tuple(row) == ("part", Decimal("125.5"))


def test_links_go_by_name_or_number_and_ask_when_several_fit(company: Company, truth: Any):
    boss = company.person("TENANT_OWNER", "Counter", "Technician", name="Grace Njeri")
    with boss.acting():
        customers(2)
        operations.create("party", {"name": "Amina Hassan", "number": "A-77"})
        operations.create("party", {"name": "Naomi", "number": "N-1"})
        operations.create("party", {"name": "Naomi", "number": "N-2"})
        first = operations.create("party", {"name": "Joseph", "number": "J-1"}).id
        values = {"customer": first, "item": "Canon", "fault": "x"}
        order = operations.create("repair_order", values)
        sheet = Sheet("repair_order", "number", "state", "customer", "promised_on", "findings", "total", "created_at")
        assert sheet.compared().same == 1
        sheet.sheet["E2"] = "Wet"
        sheet.sheet["C2"] = "Naomi"
        found = sheet.compared()
        assert said(found) == {"C2": "Customer: it cannot be changed now."}
        sheet.sheet["C2"], sheet.sheet["B2"] = "Joseph", "Closed"
        assert said(sheet.compared()) == {"B2": "State: it is worked out by the program and cannot be set."}
        sheet.sheet["B2"] = states_of(document_type("repair_order"))[order.state]
        assert applied(sheet.brought(), boss, "repair_order").done == 1
    assert truth("select findings from repair_order where id = :i", i=order.id)[0][0] == "Wet"


@pytest.mark.parametrize(
    ("text", "meant"), [("A-77", "Amina Hassan"), ("amina hassan", "Amina Hassan"), ("Naomi", ""), ("Nobody", "")]
)
def test_a_link_is_found_by_what_people_call_it(manager: Person, text: str, meant: str):
    entry = Field("customer", kind=Kind.LINK, target="party")
    with manager.acting():
        for name, number in (("Amina Hassan", "A-77"), ("Naomi", "N-1"), ("Naomi", "N-2")):
            operations.create("party", {"name": name, "number": number})
        reader = Reader({}, ZoneInfo("UTC"), Records())
        if meant:
            assert operations.get("party", reader.typed(entry, Cell(text))).title == meant
        else:
            with pytest.raises(ValueError, match="Choose one of the list"):
                reader.typed(entry, Cell(text))


def test_days_moments_and_percentages(manager: Person):
    reader = Reader({}, ZoneInfo("Africa/Nairobi"), Records())
    rate = Field("rate", kind=Kind.DECIMAL, unit="%")
    with manager.acting():
        assert reader.typed(rate, Cell(0.16, is_percent=True)) == Decimal(16)
        assert reader.typed(rate, Cell(0.1 + 0.2)) == Decimal("0.3")
        assert reader.typed(Field("d", kind=Kind.DATE), Cell(datetime(2026, 11, 21))) == date(2026, 11, 21)
        moment = reader.typed(Field("m", kind=Kind.DATETIME), Cell(datetime(2026, 11, 21, 9, 30)))
        assert moment.isoformat() == "2026-11-21T06:30:00+00:00"
        assert reader.typed(Field("p", kind=Kind.PHONE), Cell(254700553218.0)) == "254700553218"
        assert reader.typed(Field("n", kind=Kind.INTEGER), Cell("۴۲")) == 42
        assert reader.typed(Field("n", kind=Kind.DECIMAL), Cell("1,250.50")) == Decimal("1250.5")
        for text in ("2026-11-26", "2026/11/26", "۱۴۰۵-۰۹-۰۵", "1405/9/5"):
            assert reader.typed(Field("d", kind=Kind.DATE), Cell(text)) == date(2026, 11, 26)
        wrong = ((Kind.INTEGER, 1.5), (Kind.DATE, 45000), (Kind.DATE, datetime(2026, 1, 1, 5)), (Kind.DATE, "26.11.26"))
        for kind, value in (*wrong, (Kind.DECIMAL, "1250,50")):
            with pytest.raises(ValueError):  # noqa: PT011 - the sentences are told elsewhere
                reader.typed(Field("x", kind=kind), Cell(value))


# -- whose sheet it is -------------------------------------------------------------------------------------


def refusal(sheet: Sheet, content: bytes | None = None) -> str:
    with pytest.raises(Invalid) as error:
        batches.bring(sheet.type, "a.xlsx", content or sheet.content(), Records(), dict)
    return error.value.fields["file"]


def test_a_foreign_tenant_s_sheet_is_known(make_company: Callable[..., Company], manager: Person):
    stranger = make_company("Other Ltd").person("TENANT_MANAGER")
    with manager.acting():
        products(1)
        sheet = Sheet("product", "name")
    with stranger.acting():
        assert refusal(sheet) == "This sheet belongs to another company."


def test_tampered_marks_and_other_lists_are_refused(manager: Person):
    with manager.acting():
        products(1)
        sheet = Sheet("product", "name", "code")
        assert refusal(Sheet("party", "name"), sheet.content()) == "This sheet is of another list."
        for each in sheet.book.custom_doc_props.props:
            if each.name == "Millrace 1":
                each.value = each.value.replace('"name"', '"note"')
        assert "its hidden marks were changed" in refusal(sheet)
        bare = Sheet("product", "name")
        bare.sheet.delete_cols(2, 2)
        assert "hidden columns" in refusal(bare)
        plain = openpyxl.Workbook()
        out = io.BytesIO()
        plain.save(out)
        assert "is no sheet of a list" in refusal(bare, out.getvalue())
        assert "Choose an Excel sheet" in refusal(bare, b"name\nx\n")
        assert "damaged" in refusal(bare, b"PK\x03\x04 nothing")


def test_a_kept_sheet_is_its_member_s(manager: Person, colleague: Person):
    with manager.acting():
        products(1)
        file_id = Sheet("product", "name").brought()
        with pytest.raises(NotFound):
            batches.brought("party", file_id)
        with pytest.raises(Invalid):
            batches.apply("product", file_id)
    with colleague.acting(), pytest.raises(NotFound):
        batches.brought("product", file_id)


# -- many rows -------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 19),
            st.one_of(
                st.tuples(
                    st.just("B"),
                    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=40),
                ),
                st.tuples(st.just("E"), st.decimals(0, 10**9, places=4)),
                st.tuples(st.just("F"), st.booleans()),
                st.tuples(st.just("C"), st.sampled_from(["Part", "Labour", "Goods"])),
            ),
        ),
        max_size=30,
    )
)
def test_whatever_is_edited_arrives_and_nothing_else(manager: Person, truth: Any, edits: list[Any]):
    columns = {"B": "name", "C": "kind", "E": "unit_price", "F": "for_sale"}
    wanted: dict[tuple[int, str], Any] = {}
    with manager.acting():
        truth_of = "select id, name, kind, unit_price, (extra->>'for_sale')::bool as for_sale from product where tenant_id = :t order by id"
        before = truth(truth_of, t=manager.place.tenant_id)
        if not before:
            products(20)
            before = truth(truth_of, t=manager.place.tenant_id)
        sheet = Sheet("product", *PRODUCT)
        for row, (column, value) in edits:
            cell = sheet.sheet[f"{column}{row + 2}"]
            cell.value = float(value) if isinstance(value, Decimal) else value
            if isinstance(value, str):
                cell.data_type = "s"
            wanted[(row, columns[column])] = value.lower() if column == "C" else value
        file_id = sheet.brought()
        assert batches.brought("product", file_id)[1].problems == []
        if batches.brought("product", file_id)[1].wishes:
            assert applied(file_id, manager).refused == 0
    after = truth(truth_of, t=manager.place.tenant_id)
    expected = [dict(row._mapping) for row in before]
    for (place, name), value in wanted.items():
        expected[place][name] = Decimal(format(float(value), ".15g")) if name == "unit_price" else value
    assert [dict(row._mapping) for row in after] == expected


def test_a_sheet_is_looked_at_and_applied_page_by_page(
    manager: Person, sign_in: Callable[[Person], Any], run_jobs: Any, truth: Any
):
    with manager.acting():
        products(150)
        sheet = Sheet("product", *PRODUCT)
        for number in range(2, 152):
            sheet.sheet[f"B{number}"] = f"Renamed {number}"
        sheet.sheet["E3"] = "cheap"
        content = sheet.content()
    client = sign_in(manager)

    def token(url: str) -> str:
        return re.search(r'name="csrf-token" content="([^"]+)"', client.get(url).get_data(as_text=True))[1]

    sent = {"file": (io.BytesIO(b"nothing"), "a.xlsx"), "csrf_token": token("/product/sheet")}
    answer = client.post("/product/sheet", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "Choose an Excel sheet" in answer.get_data(as_text=True)
    sent = {"file": (io.BytesIO(content), "a.xlsx"), "csrf_token": token("/product/sheet")}
    answer = client.post("/product/sheet", data=sent, content_type="multipart/form-data")
    url = answer.headers["Location"]
    page = client.get(url).get_data(as_text=True)
    assert "1–100 of 149" in page
    assert "“cheap” is not a number." in page
    assert "101–149 of 149" in client.get(f"{url}?from=100").get_data(as_text=True)
    assert "Apply to 149 rows" in page
    assert truth(ARRIVED, t=manager.place.tenant_id)[0][0] == 0
    watched = client.post(url, data={"csrf_token": token(url)}).headers["Location"]
    run_jobs()
    assert "Take it back" in client.get(watched).get_data(as_text=True)
    assert truth(ARRIVED, t=manager.place.tenant_id)[0][0] == 149
