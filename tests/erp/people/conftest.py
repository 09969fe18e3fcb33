"""A company with an owner and a manager, their browsers, and the newest mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from erp import session
from erp.access import Member
from erp.data.audit import AuditEntry
from erp.mailbox import MailMessage
from erp.people import invitations
from erp.people.invitations import Wish
from erp.testing.pytest_plugin import Company, Person
from tests.erp.web.conftest import Browser


@dataclass
class House:
    """Wanja owns it, Peter manages it and serves at the counter."""

    company: Company
    wanja: Person
    peter: Person
    app: Flask
    run_jobs: Callable[[], int]
    sign_in: Callable[[Person], FlaskClient]

    def stranger(self) -> Browser:
        return Browser(self.app.test_client())

    def browser(self, person: Person) -> Browser:
        found = Browser(self.sign_in(person))
        found.get("/profile/")
        return found

    def invite(self, by: Person, *roles: str, email: str = "joyce@example.com", branches: tuple[int, ...] = ()) -> int:
        with by.acting():
            return invitations.invite(Wish("Joyce Achieng", email, roles or ("Counter",), branches=branches)).id

    def mails(self) -> list[MailMessage]:
        """The newest first, as nobody but the installation's own people may read them."""
        self.run_jobs()
        with self.wanja.acting(source="system"):
            return list(session().scalars(sa.select(MailMessage).order_by(MailMessage.id.desc())))

    def link(self) -> str:
        """The address in the newest mail."""
        found = re.search(r"https?://[^/\s]+(/\S+)", self.mails()[0].text)
        assert found is not None
        return found[1]

    def member(self, name: str) -> Member:
        with self.wanja.acting():
            return session().scalars(sa.select(Member).where(Member.name == name)).one()

    def history(self, member_id: int) -> list[tuple[str, dict[str, list[object]]]]:
        with self.wanja.acting():
            entries = sa.select(AuditEntry).where(
                AuditEntry.subject == "tenant_member", AuditEntry.subject_id == member_id
            )
            return [(entry.kind, entry.changes) for entry in session().scalars(entries.order_by(AuditEntry.id))]


@pytest.fixture
def house(company: Company, app: Flask, run_jobs: Callable[[], int], sign_in: Callable[[Person], FlaskClient]) -> House:
    return House(
        company,
        company.person("TENANT_OWNER", name="Wanja Kamau"),
        company.person("TENANT_MANAGER", "Counter", name="Peter Kariuki"),
        app,
        run_jobs,
        sign_in,
    )
