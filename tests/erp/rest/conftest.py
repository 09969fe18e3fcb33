"""Programs that speak JSON with a token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from erp.testing.pytest_plugin import PASSWORD, Company, Person

CAMERA = {
    "item": "Canon EOS R6 Mark II",
    "serial": "062021004418",
    "fault": "Dropped; error 20, lens wobbles",
    "condition": "Scratched base plate, sensor clean",
}


@dataclass
class Program:
    """A program that acts for a person."""

    app: Flask
    headers: dict[str, str]

    def ask(self, method: str, path: str, json: Any = None, **more: Any) -> TestResponse:
        headers = {**self.headers, **more.pop("headers", {})}
        sent = {} if json is None else {"json": json}
        return self.app.test_client().open(f"/api/v1/{path}", method=method, headers=headers, **sent, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.ask("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> TestResponse:
        return self.ask("POST", path, json, **more)

    def patch(self, path: str, json: Any, version: int, **more: Any) -> TestResponse:
        return self.ask("PATCH", path, json, headers={"If-Match": f'"{version}"'}, **more)

    def put(self, path: str, json: Any, version: int, **more: Any) -> TestResponse:
        return self.ask("PUT", path, json, headers={"If-Match": f'"{version}"'}, **more)


@pytest.fixture
def program(app: Flask) -> Callable[[Person], Program]:
    """`program(person)` signs in through the API itself."""

    def sign(person: Person) -> Program:
        sent = {"username": person.username, "password": PASSWORD, "tenant": person.place.tenant_id}
        answer = app.test_client().post("/api/v1/security/login", json=sent)
        assert answer.status_code == 200, answer.text
        return Program(app, {"Authorization": f"Bearer {answer.json['access_token']}"})

    return sign


@pytest.fixture
def manager(company: Company, program: Callable[[Person], Program]) -> Program:
    return program(company.person("TENANT_MANAGER", name="Wanjiru Kamau"))


@pytest.fixture
def counter(company: Company, program: Callable[[Person], Program]) -> Program:
    return program(company.person("Counter", name="Grace Njeri"))


@pytest.fixture
def technician(company: Company, program: Callable[[Person], Program]) -> Program:
    return program(company.person("Technician", name="Daniel Otieno"))
