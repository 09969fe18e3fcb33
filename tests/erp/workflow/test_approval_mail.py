"""A vote from a mail: two clicks, no sign-in, nothing by looking, and nothing for who should not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from erp import clock
from erp.access import Member, MemberRole
from erp.data.base import session, transaction
from erp.documents.types import document_type
from erp.testing.pytest_plugin import PASSWORD
from erp.workflow.people import approvals, reopening, tasks
from tests.erp.workflow.test_approvals import THREE, approve, look, told, vote
from tests.erp.workflow.test_people import Office, office

__all__ = ["office"]


@pytest.fixture
def mailed(office: Office, run_jobs: Callable[[], int], truth: Callable[..., Any]) -> tuple[int, dict[str, str]]:
    """An approval two of three must give, and the link each was mailed."""
    office.draws(approve(quorum="2", not_by="creator"), {"id": "after"})
    maker = office.company.person("Counter", name="Charles")
    order = office.order(by=maker)
    run_jobs()
    found = {}
    for to, text, is_private in truth(
        'select "to", text, is_private from mail_message where tenant_id = :t', t=office.company.place.tenant_id
    ):
        link = re.search(r"/approve/(\w+)", str(text))
        if link:
            assert is_private
            name = re.search(r"Hello (\w+)", str(text))
            assert name is not None, (to, text)
            found[name[1]] = f"/approve/{link[1]}"
    assert set(found) == {"Grace", "Anne", "Peter"}
    return order, found


def post(client: Any, url: str, **data: str) -> Any:
    page = client.get(url).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    return client.post(url, data={**data, "csrf_token": token[1] if token else ""})


def test_two_clicks_vote_and_looking_changes_nothing(app: Flask, office: Office, mailed: Any):
    order, links = mailed
    client, task = app.test_client(), office.task(order)
    page = client.get(links["Anne"])
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "Anne, your decision is asked for." in text
    assert "Charles" in text
    assert 'value="approve"' in text
    for _scan in range(3):  # mail scanners open links
        assert client.get(links["Anne"]).status_code == 200
    assert [kind for kind, _who in told(office, order)].count("voted") == 0
    answer = post(client, links["Anne"], decision="reject", comment="")
    assert answer.status_code == 422
    assert "Say why." in answer.get_data(as_text=True)
    assert post(client, links["Anne"], decision="approve", comment="Go").status_code == 303
    with office.grace.acting():
        (own,) = approvals.votes(tasks.get(task.id))
        assert (own.member, own.way, own.comment) == ("Anne", "mail", "Go")
    assert ("voted", "Anne") in told(office, order)
    assert "You have decided: approved" in client.get(links["Anne"]).get_data(as_text=True)
    assert client.post(links["Anne"], data={"decision": "approve"}).status_code in {400, 409}
    vote(office.peter, task)
    assert "decided already" in client.get(links["Grace"]).get_data(as_text=True)
    assert post(client, links["Grace"], decision="approve").status_code in {400, 409}


def test_a_link_opens_nothing_when_it_should_not(app: Flask, office: Office, mailed: Any):
    order, links = mailed
    client, task = app.test_client(), office.task(order)
    other = "1" if links["Anne"].endswith("0") else "0"
    assert client.get(links["Anne"][:-1] + other).status_code == 404
    assert client.get(links["Anne"].replace("/approve/", "/link/")).status_code == 404
    with clock.frozen(clock.now() + timedelta(days=15)):
        assert client.get(links["Anne"]).status_code == 404
    with office.grace.acting(source="system"), transaction():
        session().execute(sa.update(Member).where(Member.id == office.peter.member_id).values(is_active=False))
        session().execute(sa.delete(MemberRole).where(MemberRole.member_id == office.anne.member_id))
    assert client.get(links["Peter"]).status_code == 404
    page = client.get(links["Anne"])  # no longer of the counter
    assert "not wanted here any more" in page.get_data(as_text=True)
    assert look(office, task).voted == []


def test_a_change_closes_the_links_and_new_ones_are_mailed(
    app: Flask, office: Office, mailed: Any, run_jobs: Callable[[], int], truth: Callable[..., Any]
):
    order, links = mailed
    client = app.test_client()
    assert post(client, links["Anne"], decision="approve").status_code == 303
    with office.grace.acting(source="system"), transaction():
        row: Any = session().get_one(document_type("repair_order").cls, order)
        row.item = "Two cameras"
        session().flush()
        reopening.look_again(row)
    assert client.get(links["Peter"]).status_code == 404
    assert client.get(links["Anne"]).status_code == 404
    run_jobs()
    texts = [
        str(text)
        for (text,) in truth("select text from mail_message where tenant_id = :t", t=office.company.place.tenant_id)
    ]
    again = [text for text in texts if "for your approval again" in text]
    assert len(again) == 3
    link = re.search(r"/approve/\w+", next(text for text in again if "Hello Anne" in text))
    assert link is not None
    assert "Camera → Two cameras" in client.get(link[0]).get_data(as_text=True)


def test_programs_vote_on_a_version_they_have_read(app: Flask, office: Office):
    office.draws(approve(quorum="any", approvers=THREE), {"id": "after"})
    task = office.task(office.order())
    client = app.test_client()
    sent = {"username": office.anne.username, "password": PASSWORD, "tenant": office.company.place.tenant_id}
    signed: Any = client.post("/api/v1/security/login", json=sent).json
    head = {"Authorization": f"Bearer {signed['access_token']}"}
    asked: Any = client.get(f"/api/v1/task/{task.id}", headers=head).json
    assert [each["name"] for each in asked["form"]["fields"]] == ["comment", "decision"]
    url, answers = f"/api/v1/task/{task.id}/complete", {"answers": {"decision": "approve"}}
    blind = client.post(url, json=answers, headers=head)
    assert (blind.status_code, blind.json["error"]["detail"]["fields"]) == (422, {"version": "Fill this in."})
    stale = client.post(url, json=answers, headers={**head, "If-Match": f'"{asked["version"] + 1}"'})
    assert stale.status_code == 412
    done = client.post(url, json=answers, headers={**head, "If-Match": f'"{asked["version"]}"'})
    assert (done.status_code, done.json["status"]) == (200, "done")
    with office.anne.acting():
        (own,) = approvals.votes(tasks.get(task.id))
        assert own.way == "rest"
