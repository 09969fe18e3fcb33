"""A workshop with a counter, a technician and a few customers, as the screens' tests use it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from erp import operations
from erp.screens import words
from erp.testing.pytest_plugin import Company, Person
from erp.workflow.people import tasks


@dataclass
class Workshop:
    """A company at work."""

    company: Company
    counter: Person
    technician: Person
    sign_in: Callable[[Person], FlaskClient]

    def customer(self, name: str = "Amina Hassan", **more: Any) -> int:
        with self.counter.acting():
            return operations.create("party", {"name": name, "phone": "+254 700 553 218", **more}).id

    def order(self, item: str = "Canon EOS R6", *, customer: int | None = None, **more: Any) -> int:
        values = {"customer": customer or self.customer(), "item": item, "fault": "Error 20 after a fall", **more}
        with self.counter.acting():
            return operations.create("repair_order", values).id

    def task(self, order: int, element: str = "") -> int:
        with self.counter.acting():
            return next(t.id for t in tasks.open_of("repair_order", [order]) if not element or t.element == element)

    def inspected(self, order: int) -> None:
        with self.technician.acting():
            answers = {"findings": "Shutter worn", "verdict": "repairable", "condition": None}
            operations.complete(self.task(order, "inspect"), answers)


@pytest.fixture
def workshop(company: Company, sign_in: Callable[[Person], FlaskClient]) -> Workshop:
    words.forget()
    counter = company.person("Counter", name="Grace Njeri")
    technician = company.person("Technician", name="Daniel Otieno")
    return Workshop(company, counter, technician, sign_in)


@pytest.fixture
def grace(workshop: Workshop) -> FlaskClient:
    """The browser of the counter."""
    return workshop.sign_in(workshop.counter)


@pytest.fixture
def daniel(workshop: Workshop) -> FlaskClient:
    """The browser of the technician."""
    return workshop.sign_in(workshop.technician)


@pytest.fixture
def post() -> Callable[..., Any]:
    """Post a form as a browser does: with the token of the page that shows it."""

    def send(client: FlaskClient, url: str, data: dict[str, Any] | None = None, *, page: str = "") -> Any:
        html = client.get(page or "/inbox/").get_data(as_text=True)
        found = re.search(r'name="csrf-token" content="([^"]+)"', html)
        assert found is not None, html[:2000]
        return client.post(url, data={**(data or {}), "csrf_token": found[1]}, content_type="multipart/form-data")

    return send
