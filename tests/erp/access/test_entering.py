"""Who comes in is known by one statement: what a shipped role gives is read once for a mark, and plans are kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from erp import context
from erp.access import RoleRights, can
from erp.data.base import engine, session, tally
from erp.provision import Provision
from erp.testing.pytest_plugin import Company

LISTS, EDITS = ("list", "party"), ("edit", "party")


@pytest.fixture
def gives(database: str):
    """Says what the role Bookkeeper gives from now on, as a new version of a plugin does."""

    def change(*rights: tuple[str, str]) -> None:
        with Provision(database) as owner:
            owner.sync_roles({"Bookkeeper": rights})

    change(LISTS)
    yield change
    change()


def test_a_change_of_a_role_holds_with_the_next_request(company: Company, gives):
    person = company.person("Bookkeeper")
    with person.acting():
        assert can(*LISTS)
        assert not can(*EDITS)
    gives(LISTS, EDITS)
    with person.acting():
        assert can(*EDITS)
    gives()
    with person.acting() as acting:
        assert not can(*LISTS)
        assert "Bookkeeper" in acting.roles
    gives(LISTS)
    with person.acting():
        assert can(*LISTS)
        assert not can(*EDITS)


def test_a_role_without_a_mark_gives_what_it_gives(company: Company, gives, database: str):
    person = company.person("Bookkeeper")
    with Provision(database) as owner:
        owner.session.execute(sa.delete(RoleRights))
    with person.acting():
        assert can(*LISTS)
        assert not can(*EDITS)
    gives(LISTS)


def test_nobody_marks_a_role_but_the_owner(company: Company):
    with engine().connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(sa.update(RoleRights).values(mark="mine"))


def test_rights_that_are_known_are_not_asked_again(company: Company, gives):
    person = company.person("Bookkeeper")
    gives(LISTS, ("export", "party"))
    asked = []
    for _time in range(2):
        before = tally.statements
        with person.acting():
            asked.append(tally.statements - before)
    assert asked == [3, 2]


@pytest.mark.parametrize(("writes", "planned"), [(True, "auto"), (False, "force_custom_plan")])
def test_what_may_write_keeps_its_plans_and_a_page_is_planned_for_its_values(
    company: Company, writes: bool, planned: str
):
    context.enter(replace(context.NOBODY, writes=writes))
    with company.person("Counter").acting():
        assert session().connection().exec_driver_sql("show plan_cache_mode").scalar() == planned
    context.reset()
