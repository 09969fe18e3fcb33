"""Browsers that fill in forms, and a quote that waits for its customer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from erp import complete, create, session
from erp.mailbox import MailMessage
from erp.testing.pytest_plugin import Company, Person
from erp.workflow.people import tasks


@dataclass
class Browser:
    """A test client that sends the CSRF token of the page it looks at, as a browser does."""

    client: FlaskClient
    token: str = ""

    def get(self, address: str, **options: Any) -> TestResponse:
        answer = self.client.get(address, **options)
        found = (
            re.search(r'name="csrf-token" content="([^"]*)"', answer.text) if answer.mimetype == "text/html" else None
        )
        self.token = found[1] if found else self.token
        return answer

    def post(self, address: str, data: dict[str, Any], **options: Any) -> TestResponse:
        return self.client.post(address, data={"csrf_token": self.token, **data}, **options)

    def sign_in(self, name: str, password: str, address: str = "/login/") -> TestResponse:
        self.get(address)
        return self.post(address, {"username": name, "password": password})


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Somebody who has not signed in."""
    return Browser(app.test_client())


@pytest.fixture
def signed_in(sign_in: Callable[[Person], FlaskClient]) -> Callable[[Person], Browser]:
    """A browser in which the person has signed in."""
    return lambda person: Browser(sign_in(person))


@dataclass
class Quote:
    """A repair order whose quote Amina has just got by mail."""

    order_id: int
    link: str
    owner: Person
    """Who may look at everything."""

    def tasks(self) -> list[str]:
        with self.owner.acting():
            return [task.element for task in tasks.open_of("repair_order", [self.order_id])]


LINES = [
    {"kind": "part", "description": "Lens mount ring", "quantity": Decimal(1), "unit_price": Decimal(6400)},
    {"kind": "labour", "description": "Replace mount", "quantity": Decimal("4.5"), "unit_price": Decimal(3200)},
]


@pytest.fixture
def quote(company: Company, run_jobs: Callable[[], int]) -> Quote:
    """A quote of KES 24,128.00 that waits for its customer."""
    counter, technician = company.person("Counter"), company.person("Technician")
    with counter.acting():
        amina = create("party", {"name": "Amina Hassan", "email": "amina@example.com"})
        values = {"item": "Canon EOS R6", "serial": "0620", "fault": "Lens wobbles", "customer": amina.id}
        order_id = create("repair_order", values).id
    _do(technician, order_id, "inspect", findings="Mount bent", verdict="repairable")
    _do(counter, order_id, "prepare_quote", lines=LINES, promised_on=_soon(counter), email="amina@example.com")
    run_jobs()
    with counter.acting():
        mail = session().query(MailMessage).order_by(MailMessage.id.desc()).first()
        assert mail is not None
        found = re.search(r"https?://\S+?(/link/\w+)", mail.text)
    assert found is not None
    return Quote(order_id, found[1], counter)


def _do(who: Person, order_id: int, element: str, **answers: Any) -> None:
    with who.acting():
        task = next(task for task in tasks.open_of("repair_order", [order_id]) if task.element == element)
        complete(task.id, answers)


def _soon(who: Person) -> Any:
    from datetime import timedelta

    from erp import today

    with who.acting():
        return today() + timedelta(days=5)
