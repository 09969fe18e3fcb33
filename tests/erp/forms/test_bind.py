"""What was typed becomes values or sentences; nothing typed is ever lost."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from erp import context
from erp.documents.fields import Field, Kind
from erp.errors import Invalid
from erp.forms import Uploads, bind, bind_json

ORDER = (
    Field("item", label="Item", required=True),
    Field("received_at", Kind.DATETIME, label="Received"),
    Field("promised_on", Kind.DATE, label="Promised"),
    Field("deposit_amount", Kind.MONEY, label="Deposit", minimum=Decimal(0), places=4),
    Field("under_warranty", Kind.BOOLEAN, label="Under warranty"),
    Field("customer", Kind.LINK, label="Customer", target="party"),
    Field("number", label="Number", readonly=True),
)
LINES = Field(
    "lines",
    Kind.LINES,
    label="Parts",
    fields=(
        Field("description", label="Description", required=True),
        Field("quantity", Kind.DECIMAL, label="Quantity", required=True, default=Decimal(1), minimum=Decimal(0)),
        Field("unit_price", Kind.MONEY, label="Price", required=True),
        Field("tax_rate", Kind.DECIMAL, label="Tax", unit="%", default=Decimal(16)),
        Field("amount", Kind.MONEY, label="Amount", readonly=True),
    ),
)


class Parties:
    """A lookup over two customers."""

    names: ClassVar = {7: "Amina Hassan", 8: "Amina Otieno"}

    def __init__(self) -> None:
        self.asked = 0

    def add_url(self, field: Any, /):
        return ""

    def texts(self, field: Any, keys: Any, /):
        self.asked += 1
        return {key: self.names[key] for key in keys if key in self.names}

    def find(self, field: Any, text: str, /):
        found = [key for key, name in self.names.items() if text.lower() in name.lower()]
        if len(found) != 1:
            raise ValueError("Several are called so." if found else "Nobody is called so.")
        return found[0]

    def search_url(self, field: Any, /):
        return f"/search/{field.target}"


@pytest.fixture(autouse=True)
def nairobi():
    with context.acting(language="en", timezone="Africa/Nairobi"):
        yield


def inputs(bound: Any):
    return {entry.name: entry for entry in bound.inputs()}


def test_typed_texts_become_typed_values():
    bound = bind(
        ORDER,
        {
            "item": " Canon R6 ", "received_at": "2026-11-21 09:30", "promised_on": "2026-11-28",
            "deposit_amount": "1,500.00", "under_warranty": "1", "customer": "7",
        },
        lookup=Parties(),
    )  # fmt: skip
    assert bound.ok
    assert bound.checked() == {
        "item": "Canon R6",
        "received_at": datetime(2026, 11, 21, 6, 30, tzinfo=UTC),
        "promised_on": date(2026, 11, 28),
        "deposit_amount": Decimal("1500.00"),
        "under_warranty": True,
        "customer": 7,
    }


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays():
    bound = bind(ORDER, {"item": "", "deposit_amount": "-5", "promised_on": "soon"})
    assert not bound.ok
    assert bound.errors["item"] == "Fill this in."
    assert bound.errors["deposit_amount"] == "At least 0."
    assert inputs(bound)["promised_on"].value == "soon"
    assert inputs(bound)["promised_on"].error.startswith("“soon” is not a date")
    with pytest.raises(Invalid) as refused:
        bound.checked()
    assert set(refused.value.fields) == {"item", "deposit_amount", "promised_on"}


def test_a_form_that_was_not_sent_shows_the_values_and_complains_about_nothing():
    bound = bind(
        ORDER, None, {"item": "Canon R6", "customer": 7, "under_warranty": True}, currency="KES", lookup=Parties()
    )
    shown = inputs(bound)
    assert not bound.ok
    assert not bound.errors
    assert (shown["item"].value, shown["under_warranty"].value) == ("Canon R6", "1")
    assert (shown["customer"].value, shown["customer"].text) == ("7", "Amina Hassan")
    assert (shown["deposit_amount"].unit, shown["deposit_amount"].kind) == ("KES", "money")


def test_persian_digits_and_jalali_days_are_understood_and_typed_back():
    with context.acting(language="fa", timezone="Asia/Tehran"):
        bound = bind(ORDER, {"item": "دوربین", "promised_on": "۱۴۰۵-۰۹-۰۷", "deposit_amount": "۱۵۰۰٫۵"})
        assert bound.values["promised_on"] == date(2026, 11, 28)
        assert bound.values["deposit_amount"] == Decimal("1500.5")
        shown = inputs(bind(ORDER, None, {"item": "x", "promised_on": date(2026, 11, 28)}))
        assert shown["promised_on"].value == "۱۴۰۵-۰۹-۰۷"


def test_read_only_fields_are_never_taken():
    bound = bind(ORDER, {"item": "x", "number": "FORGED"}, {"number": "RO-1"})
    assert "number" not in bound.values
    assert inputs(bound)["number"].value == "RO-1"


def test_text_that_was_not_touched_keeps_its_exact_value():
    exact = datetime(2026, 11, 21, 6, 30, 59, 123456, tzinfo=UTC)
    bound = bind(ORDER, {"item": "x", "received_at": "2026-11-21 09:30"}, {"item": "y", "received_at": exact})
    assert bound.values["received_at"] == exact


def test_a_customer_may_be_typed_by_name():
    bound = bind(ORDER, {"item": "x", "customer": "", "customer__text": "otieno"}, lookup=Parties())
    assert bound.values["customer"] == 8
    unclear = bind(ORDER, {"item": "x", "customer": "", "customer__text": "amina"}, lookup=Parties())
    assert unclear.errors == {"customer": "Several are called so."}
    assert inputs(unclear)["customer"].text == "amina"


def test_a_customer_the_actor_may_not_see_is_refused():
    bound = bind(ORDER, {"item": "x", "customer": "99"}, lookup=Parties())
    assert bound.errors == {"customer": "Choose one of the list."}


def test_a_stored_choice_that_is_no_longer_offered_may_stay():
    colour = (Field("colour", Kind.CHOICE, choices=(("red", "Red"),)),)
    assert bind(colour, {"colour": "blue"}, {"colour": "blue"}).ok
    assert bind(colour, {"colour": "blue"}).errors == {"colour": "Choose one of the list."}
    assert [choice.value for choice in bind(colour, None, {"colour": "blue"}).inputs()[0].choices] == ["red", "blue"]


# -- lines -----------------------------------------------------------------------------------------------


def test_rows_are_read_with_their_ids_and_gaps():
    bound = bind(
        (LINES,),
        {
            "lines-0-id": "31", "lines-0-description": "Shutter", "lines-0-quantity": "1", "lines-0-unit_price": "18,300",
            "lines-4-id": "", "lines-4-description": "Labour", "lines-4-quantity": "2.5", "lines-4-unit_price": "2000",
        },
        {"lines": [{"id": 31, "description": "Shutter", "quantity": Decimal(2)}, {"id": 32, "description": "Old"}]},
    )  # fmt: skip
    assert bound.ok
    assert bound.values["lines"] == [
        {"id": 31, "description": "Shutter", "quantity": 1, "unit_price": 18300, "tax_rate": None},
        {"id": None, "description": "Labour", "quantity": Decimal("2.5"), "unit_price": 2000, "tax_rate": None},
    ]


def test_removed_and_untouched_new_rows_are_left_out():
    bound = bind(
        (LINES,),
        {
            "lines-0-id": "31", "lines-0-remove": "1", "lines-0-description": "Shutter",
            "lines-1-id": "", "lines-1-description": "", "lines-1-quantity": "1", "lines-1-unit_price": "", "lines-1-tax_rate": "16",
        },
        {"lines": [{"id": 31}]},
    )  # fmt: skip
    assert bound.ok
    assert bound.values["lines"] == []


def test_errors_of_lines_are_named_by_line_and_field():
    bound = bind((LINES,), {"lines-3-description": "Labour", "lines-3-quantity": "a lot", "lines-3-unit_price": ""})
    assert bound.errors == {"lines-3-quantity": "“a lot” is not a number.", "lines-3-unit_price": "Fill this in."}
    cells = bound.lines()[0].rows[0].fields
    assert [cell.name for cell in cells][:2] == ["lines-0-description", "lines-0-quantity"]
    assert (cells[1].value, cells[1].error) == ("a lot", "“a lot” is not a number.")


def test_a_line_of_another_document_is_refused():
    bound = bind(
        (LINES,), {"lines-0-id": "99", "lines-0-description": "x", "lines-0-quantity": "1", "lines-0-unit_price": "1"}
    )
    assert bound.errors == {"lines-0": "This line is no longer there. Remove it."}
    assert bound.lines()[0].rows[0].error


def test_without_javascript_a_button_asks_for_one_more_row_and_saves_nothing():
    bound = bind((LINES,), {"lines-0-description": "Labour", "lines-0-quantity": "", "lines-add": "1"})
    table = bound.lines()[0]
    assert not bound.ok
    assert len(table.rows) == 2
    assert table.rows[0].fields[0].value == "Labour"
    assert not any(cell.error for row in table.rows for cell in row.fields)


def test_lines_are_shown_with_a_blank_row_to_clone_and_sums():
    bound = bind(
        (LINES,),
        None,
        {"lines": [{"id": 31, "description": "Shutter", "quantity": Decimal(2), "unit_price": Decimal("100.005"), "tax_rate": Decimal(16), "amount": Decimal("200.01")}]},
        currency="KES",
    )  # fmt: skip
    table = bound.lines()[0]
    assert table.rows[0].id == "31"
    assert [cell.factor for cell in table.columns] == ["", "times", "times", "percent_tax", "result"]
    assert table.columns[3].kind == "percent"
    assert table.blank.fields[0].name == "lines-__i__-description"
    assert table.blank.fields[1].value == "1"
    assert [(total.key, total.text) for total in table.totals] == [
        ("net", "200.01"), ("tax", "32.00"), ("gross", "KES 232.01"),
    ]  # fmt: skip


def test_an_empty_table_offers_a_first_row():
    assert len(bind((LINES,), None).lines()[0].rows) == 1


def test_linked_records_of_all_rows_are_asked_for_once():
    lines = Field("lines", Kind.LINES, fields=(Field("product", Kind.LINK, target="product"),))
    parties = Parties()
    raw = {f"lines-{n}-product": "7" for n in range(50)} | {"lines-50-product": "12"}
    bound = bind((lines,), raw, lookup=parties)
    assert parties.asked == 1
    assert bound.errors == {"lines-50-product": "Choose one of the list."}
    assert bound.lines()[0].rows[0].fields[0].text == "Amina Hassan"
    assert parties.asked == 2


def test_far_too_many_rows_are_refused():
    assert "lines" in bind((LINES,), {f"lines-{n}-description": "x" for n in range(2001)}).errors


# -- files -----------------------------------------------------------------------------------------------


def test_files_are_added_and_removed():
    photos = (Field("photos", Kind.FILES, required=True),)
    kept = {"photos": [SimpleNamespace(id=4), SimpleNamespace(id=5)]}
    sent = SimpleNamespace(filename="front.jpg")
    bound = bind(photos, {"photos": [sent, SimpleNamespace(filename="")], "photos__remove": ["4", "77"]}, kept)
    assert bound.values["photos"] == Uploads((sent,), (4,))
    assert bind(photos, {"photos__remove": ["4", "5"]}, kept).errors == {"photos": "Add a file."}


# -- programs --------------------------------------------------------------------------------------------


def test_programs_send_json_and_get_errors_under_the_same_names():
    bound = bind_json(
        (*ORDER, LINES),
        {
            "item": "Canon R6", "deposit_amount": "1500.00", "under_warranty": True, "received_at": "2026-11-21T09:30:00Z",
            "lines": [{"description": "Shutter", "unit_price": "5"}, {"description": "Labour", "quantity": "x", "unit_price": 1}],
            "colour": "red", "number": "FORGED",
        },
        {"number": "RO-1"},
    )  # fmt: skip
    assert bound.errors == {
        "lines-1-quantity": "“x” is not a number.",
        "colour": "There is no such field.",
        "number": "This field cannot be changed.",
    }
    assert bound.values["lines"][0]["quantity"] == 1
    assert bound.values["received_at"] == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def test_a_program_may_send_back_what_it_read():
    assert bind_json(ORDER, {"id": 1, "version": 3, "item": "x", "number": "RO-1"}, {"number": "RO-1"}).ok


def test_a_partial_change_leaves_the_rest_alone():
    bound = bind_json(
        (*ORDER, LINES),
        {"deposit_amount": "20", "lines": [{"id": 31, "quantity": "3"}]},
        {"lines": [{"id": 31}]},
        partial=True,
    )
    assert bound.ok
    assert bound.values == {"deposit_amount": 20, "lines": [{"id": 31, "quantity": 3}]}


@pytest.mark.parametrize("payload", [None, [], "x", 3])
def test_what_is_not_an_object_is_refused(payload: Any):
    with pytest.raises(Invalid):
        bind_json(ORDER, payload)


@pytest.mark.parametrize("lines", ["x", {"a": 1}, [1], [None], [{"id": "31"}], [{"id": True}], [{"description": {}}]])
def test_crooked_lines_are_refused_and_never_crash(lines: Any):
    assert not bind_json((LINES,), {"lines": lines}).ok


def test_errors_found_while_saving_are_shown_in_the_same_form():
    bound = bind(ORDER, {"item": "Canon R6"}).refused({"item": "It is already here.", "stock": "Nothing left."})
    assert inputs(bound)["item"].error == "It is already here."
    assert bound.other_errors == ["Nothing left."]
