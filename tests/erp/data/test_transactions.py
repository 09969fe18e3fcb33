"""Only `transaction()` writes, wholly or not at all."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from erp.access import Member
from erp.data.base import (
    WriteOutsideTransaction,
    after_commit,
    before_commit,
    leave,
    repeated,
    session,
    transaction,
)
from erp.documents.types import document_type

pytestmark = pytest.mark.usefixtures("app")


def parties() -> list[str]:
    cls = document_type("party").cls
    return sorted(session().scalars(sa.select(cls.name)))  # type: ignore[attr-defined]


def add(name: str) -> None:
    session().add(document_type("party").cls(name=name))


def test_what_happens_in_a_transaction_is_there_afterwards(company):
    with company.person("Counter").acting():
        with transaction():
            add("Amina Hassan")
        assert parties() == ["Amina Hassan"]


def test_an_error_leaves_nothing_behind(company):
    with company.person("Counter").acting():
        with pytest.raises(LookupError), transaction():
            add("Amina Hassan")
            session().flush()
            raise LookupError
        assert parties() == []


def test_nobody_writes_by_accident(company):
    with company.person("Counter").acting():
        add("Amina Hassan")
        with pytest.raises(WriteOutsideTransaction):
            session().flush()
        session().rollback()
        assert parties() == []


def test_a_transaction_inside_a_transaction_joins_it(company):
    with company.person("Counter").acting():
        with pytest.raises(LookupError), transaction():
            with transaction():
                add("Amina Hassan")
            raise LookupError
        assert parties() == []


def test_callbacks_run_in_their_order_and_only_after_success(company):
    told: list[str] = []
    with company.person("Counter").acting():
        with transaction():
            after_commit(lambda: told.append("after"))
            before_commit(lambda: told.append("number, last"), order=1000)
            before_commit(lambda: told.append("process"))
        with pytest.raises(LookupError), transaction():
            after_commit(lambda: told.append("never"))
            raise LookupError
    assert told == ["process", "number, last", "after"]


def test_a_deadlock_repeats_the_whole_transaction(company):
    tries: list[int] = []

    @repeated
    def work() -> str:
        tries.append(len(tries))
        add(f"Amina {len(tries)}")
        session().flush()
        if len(tries) < 3:
            session().connection().exec_driver_sql(
                "do $$ begin raise exception 'deadlock detected' using errcode = '40P01'; end $$"
            )
        return "done"

    with company.person("Counter").acting():
        assert work() == "done"
        assert parties() == ["Amina 3"]
    assert len(tries) == 3


def test_what_pages_ask_again_and_again_stays_prepared(company):
    with company.person("TENANT_MANAGER").acting():
        for _page in range(100):  # each connection of the pool has its own
            session().scalars(sa.select(Member)).all()
            leave()
        known = session().connection().exec_driver_sql("select statement from pg_prepared_statements").scalars().all()
    assert any("FROM tenant_member" in statement for statement in known)


def test_leaving_commits_nothing_that_was_written(company, truth):
    member = company.person("TENANT_MANAGER")
    with member.acting():
        session().execute(sa.update(Member).where(Member.id == member.member_id).values(theme="dark"))
        leave()
        with pytest.raises(LookupError), transaction():
            session().get_one(Member, member.member_id).theme = "light"
            session().flush()
            raise LookupError
        session().get_one(Member, member.member_id).theme = "auto"
        leave()
    assert truth("select theme from tenant_member where id = :id", id=member.member_id) == [("",)]
