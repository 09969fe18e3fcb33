"""Conditions of lists: every operator on every kind of field, periods in the reader's calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from erp import clock, context, operations
from erp.documents import periods
from erp.documents.conditions import OPERATORS, Filter, operators_of
from erp.documents.lists import ListQuery
from erp.documents.types import declared, document_type
from erp.errors import Invalid

NOW = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
"""Half past one on Sunday the 22nd in Nairobi."""


@pytest.fixture
def kind(company, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with company.person("TENANT_OWNER").acting():
        party = operations.create("party", {"name": "Amina", "kind": "company"}).id
        other = operations.create("party", {"name": "Joseph"}).id
        for item, customer, storage, promised in (
            ("Canon", party, "A1", date(2026, 11, 22)),
            ("Sony", party, None, date(2026, 11, 1)),
            ("Leica", other, "", date(2025, 12, 31)),
            ("Nikon", other, "B2", None),
        ):
            values = {"customer": customer, "item": item, "fault": "Dead", "storage": storage, "promised_on": promised}
            operations.create("repair_order", values)
        yield document_type("repair_order"), party


SAMPLES = {"date": "2026-11-01", "datetime": "2026-11-01 10:00", "email": "amina@lakeside.example", "phone": "0722 418"}


def items(kind, **args):
    return {row.item for row in ListQuery.parse(kind, args).page().rows}


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ({"item__eq": "Canon"}, {"Canon"}),
        ({"item__ne": "Canon"}, {"Sony", "Leica", "Nikon"}),
        ({"item__contains": "N"}, {"Canon", "Sony", "Nikon"}),
        ({"item__in": "Canon, Sony"}, {"Canon", "Sony"}),
        ({"storage__not_in": "A1"}, {"Sony", "Leica", "Nikon"}),
        ({"storage__empty": "1"}, {"Sony", "Leica"}),
        ({"storage__empty": "no"}, {"Canon", "Nikon"}),
        ({"promised_on__empty": "no"}, {"Canon", "Sony", "Leica"}),
        ({"promised_on__eq": "2026-11-01"}, {"Sony"}),
        ({"promised_on__lt": "2026-11-01"}, {"Leica"}),
        ({"promised_on__le": "2026-11-01"}, {"Leica", "Sony"}),
        ({"promised_on__gt": "2026-11-01"}, {"Canon"}),
        ({"promised_on__ge": "2026-11-01"}, {"Canon", "Sony"}),
        ({"promised_on__within": "today"}, {"Canon"}),
        ({"promised_on__within": "yesterday"}, set()),
        ({"promised_on__within": "last_7_days"}, {"Canon"}),
        ({"promised_on__within": "last_30_days"}, {"Canon", "Sony"}),
        ({"promised_on__within": "next_7_days"}, {"Canon"}),
        ({"promised_on__within": "this_month"}, {"Canon", "Sony"}),
        ({"promised_on__within": "last_month"}, set()),
        ({"promised_on__within": "this_year"}, {"Canon", "Sony"}),
        ({"created_at__within": "today"}, {"Canon", "Sony", "Leica", "Nikon"}),
        ({"created_at__within": "yesterday"}, set()),
        ({"under_warranty__eq": "1"}, set()),
        ({"under_warranty__eq": "no"}, {"Canon", "Sony", "Leica", "Nikon"}),
        ({"state__in": "received,quoted"}, {"Canon", "Sony", "Leica", "Nikon"}),
        ({"state__not_in": "received"}, set()),
        ({"total__gt": "0"}, set()),
        ({"decline_reason__empty": "1"}, {"Canon", "Sony", "Leica", "Nikon"}),
    ],
)
def test_an_operator_means_what_it_says(kind, args, found):
    assert items(kind[0], **args) == found


def test_a_link_is_one_of_several_records(kind):
    orders, party = kind
    assert items(orders, customer__in=str(party)) == {"Canon", "Sony"}
    assert items(orders, customer__not_in=str(party)) == {"Leica", "Nikon"}


@pytest.mark.parametrize(
    "args",
    [
        {"promised_on__within": "next_century"}, {"item__within": "today"}, {"total__ge": "dear"},
        {"item__in": ",".join(map(str, range(300)))}, {"under_warranty__gt": "1"}, {"created_at__ge": "soon"},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_a_sentence_at_its_field(kind, args):
    with pytest.raises(Invalid) as refusal:
        items(kind[0], **args)
    assert list(refusal.value.fields) == [next(iter(args)).rpartition("__")[0]]


def test_values_are_counted_under_the_other_conditions(kind):
    orders, party = kind
    query = ListQuery(orders, filters=(Filter("customer", "eq", str(party)),))
    assert query.values(orders.field("state"), 10) == [("received", 2)]
    assert dict(ListQuery(orders).values(orders.field("customer"), 1)) in ({party: 2}, {party + 1: 2})


@pytest.mark.parametrize("step", [pytest.param(16, id="sample"), pytest.param(1, id="all", marks=pytest.mark.soak)])
def test_every_operator_of_every_field_can_be_asked(kind, step):
    """Whatever the drawer offers, the list answers; of every type in the long run, of a sample in each."""
    sample = {"within": "today", "empty": "1"}
    for each in list(declared().values())[::step]:
        for field in each.all_fields:
            for operator in operators_of(field):
                assert operator in OPERATORS
                typed = SAMPLES.get(field.kind.value, "1")
                ListQuery(each, filters=(Filter(field.name, operator, sample.get(operator, typed)),), size=1).page()


def test_periods_follow_the_readers_calendar(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    context.enter(replace(context.current(), language="fa", timezone="Asia/Tehran"))
    assert periods.days_of("today") == (date(2026, 11, 22), date(2026, 11, 23))
    assert periods.days_of("this_month") == (date(2026, 11, 22), date(2026, 12, 22))
    assert periods.days_of("last_month") == (date(2026, 10, 23), date(2026, 11, 22))
    assert periods.days_of("this_year") == (date(2026, 3, 21), date(2027, 3, 21))
    context.enter(replace(context.current(), language="en", timezone="Africa/Nairobi"))
    assert periods.moments_of("today") == (
        datetime(2026, 11, 21, 21, tzinfo=UTC),
        datetime(2026, 11, 22, 21, tzinfo=UTC),
    )
    assert periods.days_of("last_month") == (date(2026, 10, 1), date(2026, 11, 1))


def test_an_export_and_a_saved_view_keep_the_condition(kind):
    orders, _party = kind
    query = ListQuery.parse(orders, {"promised_on__within": "this_month", "storage__empty": "no"})
    assert items(orders, **query.args()) == {"Canon"}
    assert Decimal(len(list(query.rows()))) == 1
