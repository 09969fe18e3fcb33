"""Two parties that are one: everything leads to the one that stays, and nobody does it who may not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from erp import Conflict, Forbidden, Job, NotFound, clock, create, operations, session, transaction
from erp.access import AccessRule, enter_as
from erp.comments import messages, reminders
from erp.comments.messages import Comment
from erp.comments.reminders import FollowUp
from erp.data.audit import AuditEntry
from erp.data.files import File
from erp.documents import archiving, saved_views
from erp.documents.saved_views import SavedView
from erp.documents.types import document_type
from erp.notifications.models import Notification
from erp.testing.pytest_plugin import Company
from plugins.parties.merging import merge
from plugins.parties.models import Party


def pair() -> tuple[int, int]:
    """The same clinic twice: (who stays, who goes)."""
    stays = create("party", {"name": "Lakeside Clinic", "phone": "0700 553 218", "note": "Pays late"})
    goes = create(
        "party",
        {
            "name": "Lake Side Clinic", "number": "17850", "is_supplier": True, "phone": "+254 700 553218",
            "email": "office@lakeside.example", "tax_number": "P051234567X", "note": "Gate B",
            "phones": [{"phone": "0722 000 111", "kind": "work"}, {"phone": "0700553218", "kind": "home"}],
            "addresses": [{"street": "Oginga Odinga Street 4", "city": "Kisumu"}],
        },
    )  # fmt: skip
    return stays.id, goes.id


def test_everything_leads_to_the_one_that_stays(company: Company, sign_in) -> None:
    boss = company.person("TENANT_MANAGER", "Counter")
    with boss.acting():
        stays, goes = pair()
        order = create("repair_order", {"customer": goes, "item": "Pulse monitor", "fault": "No pulse"})
        version = order.version
        messages.add("party", goes, "Ask for Naomi")
        operations.attach("party", goes, [("contract.txt", b"ten years")])
        party = merge(stays, goes)
        assert (party.number, party.email, party.tax_number) == ("17850", "office@lakeside.example", "P051234567X")
        assert (party.is_supplier, party.note, party.name) == (True, "Pays late\nGate B", "Lakeside Clinic")
        assert [each.phone for each in party.phones] == ["0722 000 111"]
        assert [each.street for each in party.addresses] == ["Oginga Odinga Street 4"]
        session().refresh(order)
        assert (order.customer_id, order.version) == (stays, version + 1)
        assert session().scalars(sa.select(Comment.subject_id)).all() == [stays]
        assert stays in session().scalars(sa.select(File.owner_id).where(File.owner == "party")).all()
        gone = session().get_one(Party, goes)
        assert (gone.merged_into_id, gone.number) == (stays, None)
        assert archiving.entry(document_type("party"), goes) is not None
        told = {
            (each.subject, each.subject_id, each.kind): each
            for each in session().scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
        }
        assert told["party", goes, "merged_into"].item == "Lakeside Clinic"
        assert told["party", stays, "merged"].item == "Lake Side Clinic"
        assert told["repair_order", order.id, "changed"].changes == {"customer_id": [goes, stays]}
        assert party.alike() == {}
        with pytest.raises(Conflict, match="put away"):
            merge(stays, goes)
    page = sign_in(boss).get(f"/party/{goes}").text
    assert "Merged into" in page
    assert f"/party/{stays}" in page


def test_what_names_the_one_that_goes_names_the_one_that_stays(company: Company, run_jobs, sign_in) -> None:
    boss, sara = company.person("TENANT_MANAGER", "Counter"), company.person("Counter", name="Sara Wambui")
    orders = document_type("repair_order")
    with boss.acting():
        stays, goes = pair()
        other = create("party", {"name": "Amina Hassan"}).id
        messages.add("party", goes, "Look at this, @Sara Wambui")
        due = clock.now().date() + timedelta(days=2)
        reminders.add("party", goes, member_id=sara.member_id, due_on=due, note="Ring them")
        with transaction():
            rule = AccessRule(role="Counter", document_type="repair_order", verb="edit")
            rule.conditions = [["customer", "not_in", f"{other},{goes},{stays}"], ["item", "eq", str(goes)]]
            session().add(rule)
    with sara.acting():
        narrow = {"customer__in": f"{other}, {goes}", "item__contains": str(goes), "sort": "-id"}
        saved_views.save(orders, "Theirs", narrow)
    with boss.acting():
        merge(stays, goes)
        session().expire_all()
        view, kept_rule = session().scalars(sa.select(SavedView)).one(), session().get_one(AccessRule, rule.id)
        assert view.args == {"customer__in": f"{other},{stays}", "item__contains": str(goes), "sort": "-id"}
        assert kept_rule.conditions == [["customer", "not_in", f"{other},{stays}"], ["item", "eq", str(goes)]]
        assert session().scalars(sa.select(FollowUp.subject_id)).all() == [stays]
        with transaction():
            session().execute(sa.update(Job).where(Job.kind == reminders.KIND).values(due_at=clock.now()))
    run_jobs()
    with sara.acting():
        told = session().scalars(sa.select(Notification).order_by(Notification.id)).all()
        assert {each.url.partition("#")[0] for each in told} == {f"/party/{stays}/messages"}
        assert [each.kind for each in told] == ["mentioned", "follow_up_due"]
    assert "Look at this" in sign_in(sara).get(told[0].url).text


def test_both_are_shown_before_they_are_one(company: Company, sign_in, post) -> None:
    boss = company.person("TENANT_MANAGER")
    with boss.acting():
        stays, goes = pair()
    client = sign_in(boss)
    assert f'value="{goes}"' in client.get(f"/party/{stays}/merge").text
    asked = post(client, f"/party/{stays}/merge", data={"other": str(goes)})
    assert asked.headers["Location"] == f"/party/{stays}/merge/{goes}"
    assert post(client, f"/party/{stays}/merge", data={"other": str(stays)}).status_code == 422
    page = client.get(f"/party/{stays}/merge/{goes}").text
    assert "Pays late" in page
    assert "17850" in page
    assert post(client, f"/party/{stays}/merge/{goes}", {}).status_code == 302
    assert post(client, f"/party/{stays}/merge/{goes}", {}).status_code == 422
    assert post(client, f"/party/{goes}/merge/{goes}", {}).status_code == 422


def test_who_may_not_edit_both_merges_neither(company: Company) -> None:
    boss, counter = company.person("TENANT_MANAGER"), company.person("Counter")
    with boss.acting():
        stays, goes = pair()
        with transaction():
            rule = AccessRule(role="TENANT_MANAGER", document_type="party", verb="edit")
            rule.conditions = [["name", "eq", "Lakeside Clinic"]]
            session().add(rule)
    with counter.acting(), pytest.raises(Forbidden):
        merge(stays, goes)
    session.remove()
    narrowed = enter_as(boss.user_id, company.place.tenant_id, source="web")
    assert narrowed is not None
    with boss.acting(), pytest.raises(Forbidden):
        merge(stays, goes)


def test_a_party_of_another_company_is_not_there(company: Company, make_company) -> None:
    with make_company("Elsewhere").person("TENANT_MANAGER").acting():
        theirs, _other = pair()
    session.remove()
    with company.person("TENANT_MANAGER").acting():
        ours, _goes = pair()
        for sides in ((ours, theirs), (theirs, ours)):
            with pytest.raises(NotFound):
                merge(*sides)


def test_a_colleague_is_a_customer_too(company: Company, sign_in, post) -> None:
    boss = company.person("TENANT_MANAGER", name="Peter Kariuki")
    with boss.acting():
        stays, goes = pair()
    client = sign_in(boss)
    assert "Peter Kariuki" in client.get(f"/party/{goes}/colleague").text
    assert post(client, f"/party/{goes}/colleague", data={"member": str(boss.member_id)}).status_code == 302
    assert "Signs in as" in client.get(f"/party/{goes}").text
    refused = post(client, f"/party/{stays}/colleague", data={"member": str(boss.member_id)})
    assert refused.status_code == 422
    assert "Lake Side Clinic already" in refused.text
    assert "Linked to the colleague Peter Kariuki" in client.get(f"/party/{goes}/history").text
    with boss.acting():
        assert merge(stays, goes).member_id == boss.member_id
