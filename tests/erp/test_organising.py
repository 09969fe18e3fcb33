"""A company says what it is, and when its branches are open."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from erp import countries, organising
from erp.data.audit import AuditEntry
from erp.data.base import session
from erp.data.organisation import Branch, company, is_open
from erp.errors import Forbidden, Invalid
from erp.workflow import office_hours
from erp.workflow.diagrams.timing import parse_duration
from tests.painted import png

pytestmark = pytest.mark.usefixtures("app")
PNG = png()


@pytest.fixture
def owner(company):
    return company.person("TENANT_OWNER", name="Anne Chebet")


def place():
    return session().scalars(sa.select(Branch).order_by(Branch.id)).first()


def test_what_a_country_suggests():
    kenya, iran = countries.suggested("KE"), countries.suggested("IR")
    assert (kenya.currency, kenya.timezone, kenya.tax_rate, kenya.closed) == ("KES", "Africa/Nairobi", 16, {5, 6})
    assert (iran.currency, iran.timezone, iran.closed) == ("IRR", "Asia/Tehran", {4})
    assert countries.suggested("XX").currency == "USD"
    assert countries.holidays_of("KE", [2026])[date(2026, 12, 12)] == "Jamhuri Day"
    assert countries.holidays_of("XX", [2026]) == {}
    assert countries.names("fa")["KE"] == "کنیا"


def test_the_owner_changes_the_company_and_it_is_written_down(owner):
    with owner.acting():
        organising.edit_company({"address": "Muthithi Road 14", "tax_rate": 8}, ("logo.png", PNG))
        assert company().address == "Muthithi Road 14"
        assert organising.logo_of(company().id).name == "logo.png"
        (entry,) = session().scalars(sa.select(AuditEntry).where(AuditEntry.subject == "company"))
        assert (
            entry.changes["address"] == [None, "Muthithi Road 14"] or entry.changes["address"][1] == "Muthithi Road 14"
        )


@pytest.mark.parametrize(
    ("values", "field"),
    [({"currency": "XXQ"}, "currency"), ({"country": "ZZ"}, "country"), ({"name": "  "}, "name")],
)
def test_what_makes_no_sense_is_said_beside_the_field(owner, values, field):
    with owner.acting(), pytest.raises(Invalid) as refused:
        organising.edit_company(values)
    assert list(refused.value.fields) == [field]


def test_only_a_picture_is_a_logo(owner):
    with owner.acting(), pytest.raises(Invalid) as refused:
        organising.edit_company({}, ("logo.svg", b"<svg/>"))
    assert "logo" in refused.value.fields


def test_a_branch_has_a_manager_and_its_history_says_who(owner, company):
    grace = company.person("Counter", name="Grace Njeri")
    with owner.acting():
        at = place().id
        assert grace.member_id in {each.id for each in organising.may_manage()}
        for manager in (str(grace.member_id), str(owner.member_id), ""):
            organising.edit_branch(at, {"manager": manager})
            assert str(getattr(organising.managers().get(at), "id", "")) == manager
        told = sa.select(AuditEntry.changes).where(AuditEntry.subject == "branch", AuditEntry.subject_id == at)
        assert any("member_id" in changes for changes in session().scalars(told))


def test_others_do_not_change_the_company(company):
    with company.person("Counter").acting():
        for act in (
            lambda: organising.edit_company({"name": "Mine"}),
            lambda: organising.add_branch({"name": "Mine", "timezone": "UTC"}),
            lambda: organising.set_holidays({}),
        ):
            with pytest.raises(Forbidden):
                act()


def test_a_branch_is_open_by_its_hours_and_closed_on_holidays(owner):
    with owner.acting():
        hours = organising.hours_of({"mon": ("8:00", "18:00"), "sat": ("۰۹:۰۰", "13:00")})
        assert hours == {"mon": ["08:00", "18:00"], "sat": ["09:00", "13:00"]}
        organising.edit_branch(place().id, {"hours": hours, "day_starts_at": time(5)})
        organising.set_holidays(organising.holidays_in("2026-12-14 Founders' day\n\n1405-09-30 Yalda"))
        assert [row.on for row in organising.holidays()] == [date(2026, 12, 14), date(2026, 12, 21)]
        nairobi = [
            (datetime(2026, 12, 7, 5, 0, tzinfo=UTC), True),  # a Monday, 08:00 there
            (datetime(2026, 12, 7, 4, 59, tzinfo=UTC), False),
            (datetime(2026, 12, 7, 15, 0, tzinfo=UTC), False),  # 18:00
            (datetime(2026, 12, 8, 9, 0, tzinfo=UTC), False),  # a Tuesday
            (datetime(2026, 12, 14, 9, 0, tzinfo=UTC), False),  # a holiday
        ]
        assert [is_open(place(), moment) for moment, _open in nairobi] == [expected for _moment, expected in nairobi]
        # business time: a Saturday at noon there, over the Sunday and a holiday to the next Saturday at ten
        hours_of = office_hours.of(SimpleNamespace(company_id=company().id, branch_id=place().id))
        begun, due = datetime(2026, 12, 12, 9, tzinfo=UTC), datetime(2026, 12, 19, 7, tzinfo=UTC)
        assert hours_of.after(begun, parse_duration("PT2H")) == due


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("25:00", "18:00"), "not a time of day"),
        (("18:00", "08:00"), "close after"),
        (("08:00", ""), "not a time of day"),
    ],
)
def test_hours_that_make_no_sense(typed, sentence):
    with pytest.raises(Invalid) as refused:
        organising.hours_of({"wed": typed})
    assert sentence in refused.value.fields["wed"]


def test_a_holiday_that_is_no_day_is_named_by_its_line():
    with pytest.raises(ValueError, match="Line 2"):
        organising.holidays_in("2026-12-12 Jamhuri Day\nsomeday Feast")


def test_the_pages_show_and_keep_what_was_typed(owner, sign_in):
    browser = sign_in(owner)
    page = browser.get("/company/").text
    assert "Westlands" in page
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    typed = {
        "csrf_token": token,
        "name": "Savanna",
        "country": "KE",
        "currency": "K",
        "language": "en",
        "tax_rate": "8",
    }
    wrong = browser.post("/company/", data=typed)
    assert wrong.status_code == 422
    assert "three letters of a currency" in wrong.text
    assert 'value="Savanna"' in wrong.text
    assert "was saved" in browser.post("/company/", data={**typed, "currency": "KES"}, follow_redirects=True).text
    made = {
        "csrf_token": token,
        "name": "Kisumu",
        "timezone": "Africa/Nairobi",
        "day_starts_at": "05:00",
        "mon_opens": "8",
    }
    wrong = browser.post("/company/branch/new", data=made)
    assert (wrong.status_code, "not a time of day" in wrong.text, 'value="Kisumu"' in wrong.text) == (422, True, True)
    made |= {"mon_opens": "8:00", "mon_closes": "17:30"}
    assert "Kisumu" in browser.post("/company/branch/new", data=made, follow_redirects=True).text
    wrong = browser.post("/company/holidays", data={"csrf_token": token, "holidays": "soon Feast"})
    assert (wrong.status_code, "Line 1" in wrong.text, "soon Feast" in wrong.text) == (422, True, True)
