"""A company with two branches, somebody at each, and a short way to say what they may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from erp import api_keys, operations, session, transaction
from erp.access import AccessRule, MemberOwnRole, OwnRole, Scope
from erp.testing.pytest_plugin import Company, Person

ITEM = {"item": "Canon EOS R6", "fault": "Error 20 after a fall"}


@dataclass
class Firm:
    """Grace at Westlands and Salim at Mombasa, each limited to their branch; Wanja is the owner."""

    company: Company
    grace: Person
    salim: Person
    wanja: Person
    app: Flask
    sign_in: Callable[[Person], FlaskClient]

    def order(self, by: Person, **more: Any) -> int:
        with by.acting():
            customer = operations.create("party", {"name": f"Customer of {by.name}"}).id
            return operations.create("repair_order", {**ITEM, "customer": customer, **more}).id

    def rule(self, role: str, verb: str, *conditions: tuple[str, str, str], type_name: str = "repair_order") -> None:
        with self.wanja.acting(), transaction():
            rule = AccessRule(
                role=role, document_type=type_name, verb=verb, conditions=[list(each) for each in conditions]
            )
            session().add(rule)

    def own_role(self, person: Person, name: str, rights: list[list[str]], lanes: list[str]) -> None:
        with self.wanja.acting(), transaction():
            role = OwnRole(name=name, rights=rights, lanes=lanes)
            session().add(role)
            session().flush()
            session().add(MemberOwnRole(member_id=person.member_id, own_role_id=role.id))

    def key(self, person: Person, scope: Scope) -> Callable[..., TestResponse]:
        """A program with a key of this scope: `ask("GET", "party/")`."""
        with person.acting(), transaction():
            token = api_keys.issue("till", scope=scope)

        def ask(method: str, path: str, **sent: Any) -> TestResponse:
            headers = {"Authorization": f"Bearer {token}", **sent.pop("headers", {})}
            return self.app.test_client().open(f"/api/v1/{path}", method=method, headers=headers, **sent)

        return ask


@pytest.fixture
def firm(company: Company, app: Flask, sign_in: Callable[[Person], FlaskClient]) -> Firm:
    return Firm(
        company,
        company.person("Counter", "Technician", name="Grace Njeri", only_at="Westlands"),
        company.person("Counter", "Technician", name="Salim Bakari", only_at="Mombasa"),
        company.person("TENANT_OWNER", name="Wanja Kamau"),
        app,
        sign_in,
    )
