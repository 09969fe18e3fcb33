"""Mail that would have gone out is read by who may, with its attachments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from erp import mailbox
from erp.mail import Attachment, Mail
from erp.testing.pytest_plugin import Company, Person
from tests.erp.web.conftest import Browser

SignedIn = Callable[[Person], Browser]
PDF = b"%PDF-1.4 a quote"


@pytest.fixture
def reader(company: Company, database: str) -> Person:
    """Somebody with the right to list the mailbox."""
    from erp.provision import Provision

    with Provision(database) as owner:
        owner.sync_roles({"Postmaster": {("list", "mailbox")}})
    return company.person("Postmaster")


@pytest.fixture
def mail(company: Company) -> Mail:
    """A quote that was sent twice with the same key."""
    mail = Mail(
        "Amina Hassan <amina@example.com>", "Your quote <b>", "Hello Amina,\n\nhttps://shop.example/link/abc",
        attachments=(Attachment("Quote ۱.pdf", PDF, "application/pdf"),),
    )  # fmt: skip
    with company.person("Counter").acting(source="job"):
        told = mailbox.deliver(mail, "call:1", about="RO-2026-00001")
        assert mailbox.deliver(mail, "call:1", about="RO-2026-00001") == told
    return mail


def test_a_mail_is_kept_once_and_shown(mail: Mail, reader: Person, signed_in: SignedIn):
    browser = signed_in(reader)
    page = browser.get("/mailbox/").text
    assert page.count("Your quote &lt;b&gt;") == 1
    assert "RO-2026-00001" in page
    address = page.split('class="id" href="')[1].split('"')[0]
    page = browser.get(address).text
    assert 'href="https://shop.example/link/abc"' in page
    assert "Message-ID" in page
    answer = browser.get(f"{address}/file/0")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    assert browser.get(f"{address}/file/1").status_code == 404


def test_without_the_right_there_is_no_mailbox(mail: Mail, company: Company, signed_in: SignedIn):
    browser = signed_in(company.person("Technician"))
    assert browser.get("/mailbox/").status_code == 403
    assert browser.get("/mailbox/1").status_code == 403


def test_another_company_sees_nothing(
    mail: Mail, make_company: Callable[..., Company], signed_in: SignedIn, reader: Person
):
    stranger = make_company("Other").person("Postmaster")
    browser = signed_in(stranger)
    assert "No mail yet" in browser.get("/mailbox/").text
    own = signed_in(reader).get("/mailbox/").text.split('class="id" href="')[1].split('"')[0]
    assert browser.get(own).status_code == 404
    assert browser.get(f"{own}/file/0").status_code == 404
