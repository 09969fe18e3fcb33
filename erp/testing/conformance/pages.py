"""Checks of the generated pages: open for whoever may, closed for everybody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from erp import clock, operations, prepare
from erp.data.organisation import today
from erp.documents.base import Record
from erp.documents.fields import Field, Kind
from erp.documents.types import declared
from erp.testing.conformance.subjects import Subject, roles
from erp.testing.pytest_plugin import PASSWORD, Company, Person

_places = count(1)
EXAMPLES: dict[Kind, Callable[[Field], Any]] = {
    Kind.TEXT: lambda field: f"Example {next(_places)}"[-field.length :],
    Kind.LONG_TEXT: lambda _field: "An example.",
    Kind.INTEGER: lambda field: int(_number(field)),
    Kind.DECIMAL: lambda field: _number(field),
    Kind.MONEY: lambda field: _number(field),
    Kind.DATE: lambda _field: today() + timedelta(days=next(_places)),
    Kind.DATETIME: lambda _field: clock.now(),
    Kind.BOOLEAN: lambda _field: False,
    Kind.CHOICE: lambda field: field.choices[0][0],
    Kind.EMAIL: lambda _field: "somebody@example.com",
    Kind.PHONE: lambda _field: "+254 700 553 218",
    Kind.LINK: lambda field: example(field.target).id,
    Kind.LINES: lambda field: [values_of(field.fields)],
}

NOBODYS = 2**40
"""An id that no row has."""


def _number(field: Field) -> Decimal:
    return max(field.minimum or Decimal(1), Decimal(1)) if field.maximum is None else field.maximum


def values_of(fields: Sequence[Field], own: str | None = None) -> dict[str, Any]:
    """A value for every field that must be filled in; rows that lead to one of the type `own` itself are left out."""
    wanted = [entry for entry in fields if (entry.required or entry.kind is Kind.LINES) and not entry.readonly]
    wanted = [entry for entry in wanted if not any(each.required and each.target == own for each in entry.fields)]
    return {entry.name: EXAMPLES[entry.kind](entry) for entry in wanted if "." not in entry.name}


def example(name: str) -> Record:
    """A new row of a type, with what it links to; made as people make it."""
    return operations.create(name, values_of(declared()[name].editable, name))


def _can_be_made(name: str) -> bool:
    """Whether people make such rows, with all they must lead to."""
    asked = [entry for entry in declared()[name].editable if entry.required and not entry.readonly]
    return bool(asked) and all(_can_be_made(each.target) for each in asked if each.target not in {"", None, name})


def _rights() -> set[tuple[str, str]]:
    return set().union(*prepare.rights_of_roles().values())


@dataclass
class Visitor:
    """Somebody with a browser and a program of theirs."""

    person: Person
    browser: FlaskClient
    program: FlaskClient
    headers: dict[str, str]


@pytest.fixture(scope="session")
def visitors(
    app: Flask, make_company: Callable[[], Company], sign_in: Callable[[Person], FlaskClient]
) -> tuple[Visitor, Visitor]:
    """One who plays every role, and one who plays none; each signs in once."""
    company = make_company()

    def come(person: Person) -> Visitor:
        browser, program = sign_in(person), app.test_client()
        login = {"username": person.username, "password": PASSWORD, "tenant": person.place.tenant_id}
        token = program.post("/api/v1/security/login", json=login).get_json()["access_token"]
        return Visitor(person, browser, program, {"Authorization": f"Bearer {token}"})

    return come(company.person(*sorted(roles()), name="Every Role")), come(company.person(name="No Role"))


@dataclass
class Visit:
    """Two people before the pages of one type."""

    name: str
    everybody: Visitor
    nobody: Visitor

    def statuses(self, address: str) -> tuple[int, int]:
        """What both are answered in their browsers."""
        return self.everybody.browser.get(address).status_code, self.nobody.browser.get(address).status_code

    def answers(self, address: str) -> tuple[int, int]:
        """What the programs of both are answered."""
        may, may_not = (each.program.get(address, headers=each.headers) for each in (self.everybody, self.nobody))
        return may.status_code, may_not.status_code

    def expected(self, verb: str) -> tuple[int, int]:
        """What both should be answered."""
        return (200 if (verb, self.name) in _rights() else 403), 403


@pytest.fixture
def visit(subject: Subject, visitors: tuple[Visitor, Visitor]) -> Visit:
    """Both before the pages of the type under test."""
    return Visit(subject.name, *visitors)


def test_the_list_opens_for_whoever_may(visit: Visit) -> None:
    """The list of a type."""
    assert visit.statuses(f"/{visit.name}/") == visit.expected("list")


def test_the_empty_form_opens_for_whoever_may(visit: Visit) -> None:
    """The form of a new one."""
    assert visit.statuses(f"/{visit.name}/new") == visit.expected("add")


def test_a_document_opens_for_whoever_may(visit: Visit) -> None:
    """A row as it is read; of what only code makes there is none, which is said to whoever may look."""
    may, may_not = visit.expected("show")
    if not _can_be_made(visit.name):
        assert visit.statuses(f"/{visit.name}/{NOBODYS}") == (404 if may == 200 else may, may_not)
        return
    with visit.everybody.person.acting(source="system"):
        row_id = example(visit.name).id
    assert visit.statuses(f"/{visit.name}/{row_id}") == (may, may_not)


def test_the_form_opens_for_whoever_may_edit(visit: Visit) -> None:
    """The form of an existing one, while there is something this person may change."""
    may, may_not = visit.expected("edit")
    if not _can_be_made(visit.name):
        assert visit.statuses(f"/{visit.name}/1/edit") == (404 if may == 200 else may, may_not)
        return
    with visit.everybody.person.acting(source="system"):
        row_id = example(visit.name).id
    with visit.everybody.person.acting():
        if may == 200 and not operations.editable_fields(operations.get(visit.name, row_id)):
            may = 403
    assert visit.statuses(f"/{visit.name}/{row_id}/edit") == (may, may_not)


def test_programs_read_what_people_read(visit: Visit) -> None:
    """REST answers a list to whoever may, and to nobody else."""
    assert visit.answers(f"/api/v1/{visit.name}/") == visit.expected("list")
