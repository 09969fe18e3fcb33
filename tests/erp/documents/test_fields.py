"""What people type becomes a value or a sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp import context
from erp.documents.fields import Field, Kind


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (Kind.TEXT, " Canon ", "Canon"),
        (Kind.INTEGER, "1,200", 1200),
        (Kind.DECIMAL, "۱۲٫۵", Decimal("12.5")),
        (Kind.MONEY, "41,300.00", Decimal("41300.00")),
        (Kind.DATE, "2026-11-21", date(2026, 11, 21)),
        (Kind.DATE, "۱۴۰۵-۰۸-۳۰", date(2026, 11, 21)),
        (Kind.BOOLEAN, "1", True),
        (Kind.BOOLEAN, "", False),
        (Kind.EMAIL, "amina@example.com", "amina@example.com"),
        (Kind.PHONE, "+254 700 553 218", "+254 700 553 218"),
        (Kind.TEXT, "", None),
    ],
)
def test_it_is_understood(kind, typed, value):
    assert Field("x", kind).parse(typed) == value


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        (Field("x", required=True), "  ", "Fill this in."),
        (Field("x", Kind.INTEGER), "1.5", "whole number"),
        (Field("x", Kind.DECIMAL), "twelve", "“twelve” is not a number."),
        (Field("x", Kind.DECIMAL), "12,5", "Write decimals with a point: 12.5"),
        (Field("x", Kind.DECIMAL), "NaN", "is not a number"),
        (Field("x", Kind.DECIMAL), "1e400", "is not a number"),
        (Field("x", Kind.MONEY, minimum=Decimal(0)), "-1", "At least 0."),
        (Field("x", Kind.DECIMAL, places=3), "0.0001", "At most 3 decimal places."),
        (Field("x", Kind.DATE), "30 February", "is not a date"),
        (Field("x", Kind.DATE), "2026-02-30", "is not a date"),
        (Field("x", Kind.EMAIL), "amina at example", "is not an e-mail address"),
        (Field("x", Kind.TEXT, length=3), "Canon", "At most 3 characters"),
        (Field("x", Kind.TEXT), "a\x00b", "cannot be stored"),
        (Field("x", Kind.LINK), "seven", "Choose one of the list."),
    ],
)
def test_it_is_refused_with_a_sentence(field, typed, sentence):
    with pytest.raises(ValueError, match=sentence.replace(".", r"\.")):
        field.parse(typed)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4, allow_nan=False))
def test_an_amount_survives_being_typed_back(value):
    field = Field("x", Kind.MONEY, places=4)
    for language in ("en", "fa"):
        with context.acting(language=language):
            assert field.parse(field.typed_back(value)) == value


def test_a_whole_number_is_typed_back_in_the_readers_digits():
    field = Field("days", Kind.INTEGER)
    with context.acting(language="fa"):
        assert field.typed_back(-27) == "-۲۷"
        assert field.parse(field.typed_back(-27)) == -27


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)))
def test_a_day_survives_both_calendars(value):
    field = Field("x", Kind.DATE)
    for language in ("en", "fa"):
        with context.acting(language=language):
            assert field.parse(field.typed_back(value)) == value


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_moment_survives_json(value):
    field = Field("x", Kind.DATETIME)
    assert field.from_json(field.to_json(value)) == value


@given(st.text(max_size=60))
def test_nothing_typed_is_ever_more_than_a_sentence(typed):
    for kind in Kind:
        if kind in {Kind.FILES, Kind.LINES}:
            continue
        try:
            Field("x", kind, choices=(("a", "A"),)).parse(typed)
        except ValueError as error:
            assert str(error)
