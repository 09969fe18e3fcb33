"""What the office sees: a payment is taken for a document, given back with a second yes, and the rules are set."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from erp import create, session, transaction
from erp.testing.pytest_plugin import Company, Person
from plugins.invoices.api import issue, outstanding
from plugins.invoices.models import Invoice
from plugins.parties.models import Party
from plugins.payments.models import Payment, Refund

LINES = [{"description": "Repair", "quantity": Decimal(1), "unit_price": Decimal(1000)}]


@pytest.fixture
def office(company: Company) -> Person:
    """Somebody who may do everything with money."""
    return company.person("TENANT_OWNER", "Accountant", name="Amos Kariuki")


@pytest.fixture
def invoice_id(office: Person, run_jobs: Callable[[], int]) -> int:
    """An issued invoice of 1,160.00."""

    with office.acting():
        party = create("party", {"name": "Amina Hassan", "email": "amina@example.com"})
        with transaction():
            made = issue(session().get_one(Party, party.id), LINES)
        run_jobs()
        return made.id


def text(page: FlaskClient, url: str) -> str:
    answer = page.get(url)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def send(page: FlaskClient, url: str, data: dict[str, str]) -> TestResponse:
    """Post a form as the browser does, and go where it leads."""
    token = re.search(r'name="csrf-token" content="([^"]+)"', text(page, "/payment/"))
    assert token is not None
    return page.post(url, data={**data, "csrf_token": token[1]}, follow_redirects=True)


def test_an_invoice_is_paid_in_parts_from_its_page(
    office: Person, invoice_id: int, sign_in: Callable[[Person], FlaskClient], run_jobs: Callable[[], int]
) -> None:
    page = sign_in(office)
    take = f"/payment/take/invoice/{invoice_id}"
    assert take in text(page, f"/invoice/{invoice_id}")
    assert "KES 1,160.00 is still to be paid." in text(page, take)
    wrong = send(page, take, {"method": "bank", "amount": "160", "reference": "4242 4242 4242 4242"})
    assert wrong.status_code == 422
    assert "card&#39;s number" in wrong.get_data(as_text=True)
    short = send(page, take, {"method": "cash", "amount": "160", "tendered": "100"})
    assert short.status_code == 422
    assert "KES 60.00 is missing." in short.get_data(as_text=True)
    key = re.search(r'name="form_key" value="([^"]+)"', text(page, take))
    assert key is not None
    for _pressed_twice in range(2):
        done = send(page, take, {"method": "cash", "amount": "160", "tendered": "200", "form_key": key[1]})
        shown = done.get_data(as_text=True)
        assert re.search(r"PAY-\S+ is booked. Change: KES 40.00. KES 1,000.00 is still to be paid.", shown)
        assert ("nothing was made anew" in shown) is (_pressed_twice == 1)
    key = re.search(r'name="form_key" value="([^"]+)"', text(page, take))
    assert key is not None
    rest = {"method": "mpesa", "amount": "1000", "reference": "skj4h7qwer", "form_key": key[1]}
    assert "nothing was made anew" not in send(page, take, rest).get_data(as_text=True)
    shown = send(page, take, rest).get_data(as_text=True)
    assert "nothing was made anew" in shown
    assert "This is paid already." in send(page, take, {**rest, "form_key": "a" * 32}).get_data(as_text=True)
    assert "SKJ4H7QWER" in shown
    assert take not in shown
    run_jobs()
    with office.acting():
        invoice = session().get_one(Invoice, invoice_id)
        assert outstanding(invoice) == 0
        assert invoice.passed("settled")
    assert page.get(take).status_code == 409


def test_a_large_refund_is_agreed_to_on_its_page(
    office: Person, company: Company, invoice_id: int, sign_in: Callable[[Person], FlaskClient]
) -> None:
    page = sign_in(office)
    send(page, f"/payment/take/invoice/{invoice_id}", {"method": "cash", "amount": "1160"})
    assert send(page, "/payment/rules", {"second_person_from": "-1"}).status_code == 422
    assert send(page, "/payment/rules", {"second_person_from": "500"}).status_code == 200
    assert 'value="500' in text(page, "/payment/rules")
    with office.acting():
        payment_id = session().query(Payment.id).scalar()
    sent = send(page, f"/payment/{payment_id}/refund", {"amount": "500", "reason": "other"})
    assert "somebody else has to agree" in sent.get_data(as_text=True)
    with office.acting():
        refund_id = session().query(Refund.id).scalar()
    assert "You asked for this refund yourself" in text(page, f"/refund/{refund_id}")
    assert send(page, f"/refund/{refund_id}/agree", {}).status_code == 422
    other = sign_in(company.person("TENANT_MANAGER", name="Wanjiru Kamau"))
    assert send(other, f"/refund/{refund_id}/decline", {"note": " "}).status_code == 422
    assert send(other, f"/refund/{refund_id}/agree", {}).status_code == 200
    assert "Wanjiru Kamau" in text(page, f"/refund/{refund_id}")
