"""A locked period cannot be changed: by screen, REST, import, workflow or SQL as the application's role."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, ProgrammingError

from erp import Forbidden, Invalid, complete, create, session, tasks, today, transaction
from erp.data.tenancy import CHECKED
from erp.operations import edit
from erp.testing.pytest_plugin import PASSWORD
from plugins.accounting.api import refuse_locked, reverse
from plugins.accounting.models import JournalEntry, JournalLine, LedgerLock

LOCKED, OPEN = date(2026, 1, 15), date(2026, 2, 3)


def lock(kind="all", until=date(2026, 1, 31), reason="January is told"):
    return create("ledger_lock", {"kind": kind, "until": until, "reason": reason})


def sql(statement, **values):
    """As anybody would who reached the database as the application does."""
    with transaction():
        session().connection().execute(sa.text(statement), values, execution_options={CHECKED: True})


def voucher(books, on):
    lines = [
        {"account": books.account("bank"), "debit": Decimal(70)},
        {"account": books.account("opening"), "credit": Decimal(70)},
    ]
    return create("journal_voucher", {"text": "Opening", "voucher_date": on, "lines": lines})


def post_voucher(made):
    (task,) = tasks.open_of("journal_voucher", [made.id])
    complete(task.id, {"decision": "post"})


def test_what_is_locked_is_refused_in_words_with_the_day(books):
    lock()
    with pytest.raises(Invalid, match="books are closed until"):
        books.post("invoice_issued", LOCKED, net=100)
    books.post("invoice_issued", OPEN, net=100)
    with pytest.raises(Invalid) as refused:
        refuse_locked("sales", LOCKED, "issued_on")
    assert set(refused.value.fields) == {"issued_on"}


def test_a_lock_of_sales_leaves_stock_open_and_one_of_taxes_what_has_none(books):
    lock("sales")
    lock("tax", date(2026, 2, 28))
    books.post("goods_issued", LOCKED, cost=5)
    with pytest.raises(Invalid, match="Sales"):
        books.post("invoice_issued", LOCKED, net=100)
    books.post("invoice_issued", OPEN, net=100)
    refuse_locked("sales", OPEN)
    with pytest.raises(Invalid):
        refuse_locked("tax", OPEN)


def test_a_lock_is_taken_away_with_a_reason_the_final_one_never(books):
    lock()
    lock(until=None, reason="A bill was forgotten")
    books.post("invoice_issued", LOCKED, net=100)
    lock("final")
    for until in (None, date(2026, 1, 30)):
        with pytest.raises(Invalid) as refused:
            lock("final", until)
        assert "never taken back" in refused.value.fields["until"]
    lock("final", date(2026, 2, 28))
    with pytest.raises(Invalid):
        books.post("invoice_issued", OPEN, net=100)


def test_a_workflow_is_refused_beside_the_date(books):
    lock()
    made = voucher(books, LOCKED)
    with pytest.raises(Invalid) as refused:
        post_voucher(made)
    assert "books are closed" in refused.value.fields["voucher_date"]
    made = voucher(books, OPEN)
    post_voucher(made)
    assert session().get(JournalEntry, made.entry_id).entry_date == OPEN


def test_sql_as_the_applications_role_changes_nothing_that_was_posted(books):
    made = books.post("invoice_issued", LOCKED, net=100)
    for statement in (
        "update journal_entry set entry_date = :day where id = :id",
        "update journal_line set amount = 0 where document_id = :id",
        "delete from journal_line where document_id = :id",
        "delete from journal_entry where id = :id",
        "delete from ledger_lock",
        "update fiscal_period set ends_on = :day",
        "truncate ledger_lock",
        "alter table journal_entry disable trigger all",
        "set local session_replication_role = replica",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            sql(
                statement,
                **({"id": made} if ":id" in statement else {}),
                **({"day": OPEN} if ":day" in statement else {}),
            )


ENTRY = """
insert into journal_entry (tenant_id, company_id, journal_id, period_id, entry_date, event, source_type, source_id,
  source_key, reason, text, posted_at, state, passed_states, currency, version, created_at, created_by, updated_at,
  updated_by, extra)
select tenant_id, company_id, journal_id, period_id, :day, 'forged', 'sale', 1, '', '', '', posted_at, '', '[]',
  currency, 1, created_at, '', updated_at, '', '{}' from journal_entry where id = :id
"""
LINE = """
insert into journal_line (tenant_id, document_id, position, account_id, amount, text, currency)
select tenant_id, :entry, 9, account_id, :amount, '', '' from journal_line where document_id = :entry limit 1
"""


def test_sql_posts_nothing_into_a_locked_period_nor_outside_every_year(books):
    made = books.post("invoice_issued", LOCKED, net=100)
    lock()
    with pytest.raises(IntegrityError, match="locked until 2026-01-31"):
        sql(ENTRY, day=LOCKED, id=made)
    with pytest.raises(IntegrityError, match="no fiscal period"):
        sql(ENTRY, day=date(2031, 1, 1), id=made)


def test_sql_adds_no_line_to_an_entry_and_none_that_does_not_balance(books):
    made = books.post("invoice_issued", OPEN, net=100)
    with pytest.raises(IntegrityError, match="not to nothing"):
        sql(LINE, entry=made, amount=5)
    with pytest.raises(IntegrityError, match="posted before"):
        sql(LINE, entry=made, amount=0)


def test_a_final_lock_is_not_taken_back_by_sql_either(books):
    lock("final")
    with pytest.raises(IntegrityError, match="only moves forward"):
        sql(
            "insert into ledger_lock (tenant_id, kind, until, reason, version, created_at, created_by, updated_at,"
            " updated_by, extra) select tenant_id, 'final', null, 'x', 1, now(), '', now(), '', '{}' from ledger_lock"
        )


def test_screens_and_rest_offer_no_way_to_change_an_entry(books, company, sign_in):
    made = books.post("invoice_issued", LOCKED, net=100)
    boss = company.person("TENANT_OWNER", "TENANT_MANAGER", "Accountant")
    client = sign_in(boss)
    assert client.get(f"/journal_entry/{made}").status_code == 200
    for address in (f"/journal_entry/{made}/edit", "/journal_entry/new", "/journal_entry/import"):
        assert client.get(address).status_code in {403, 404}, address
    with boss.acting(), pytest.raises(Forbidden, match="never changed"):
        edit(made, "journal_entry", {"text": "Changed"}, version=1)


def test_rest_is_refused_beside_the_date_and_writes_no_entry(books, company, app):
    lock()
    boss = company.person("Accountant", "TENANT_MANAGER")
    task = tasks.open_of("journal_voucher", [voucher(books, LOCKED).id])[0].id
    client = app.test_client()
    sent = {"username": boss.username, "password": PASSWORD, "tenant": boss.place.tenant_id}
    token = client.post("/api/v1/security/login", json=sent).json["access_token"]
    program = {"Authorization": f"Bearer {token}"}
    answers = {"answers": {"decision": "post"}}
    refused = client.post(f"/api/v1/task/{task}/complete", json=answers, headers=program)
    assert refused.status_code == 422
    assert set(refused.json["error"]["detail"]["fields"]) == {"voucher_date"}
    for kind in ("journal_entry", "journal_voucher"):
        file = {"file": (io.BytesIO(b"number,text\n1,forged\n"), "january.csv")}
        brought = client.post(f"/api/v1/{kind}/import", data=file, headers=program)
        assert brought.status_code in {400, 403}, brought.text
    assert client.post("/api/v1/journal_entry/", json={"text": "forged"}, headers=program).status_code == 403


def test_a_reversal_is_dated_the_day_it_is_made_and_so_refused_while_today_is_locked(books):
    made = books.post("invoice_issued", LOCKED, net=100)
    lock()
    mirror = session().get(JournalEntry, reverse(made, reason="Wrong"))
    assert mirror.entry_date == today()
    other = books.post("invoice_issued", OPEN, net=100)
    lock(until=today())
    with pytest.raises(Invalid, match="closed until"):
        reverse(other, reason="Wrong")


def test_history_keeps_who_locked_what_and_why(books):
    lock(reason="Told")
    lock(until=None, reason="Untold")
    rows = session().scalars(sa.select(LedgerLock).order_by(LedgerLock.id)).all()
    assert [(row.reason, row.created_by) for row in rows] == [("Told", "Wanjiku Kamau"), ("Untold", "Wanjiku Kamau")]


def test_no_line_is_left_without_its_mirror(books):
    made = books.post("invoice_issued", OPEN, net=100, tax=16)
    mirror = reverse(made, reason="Wrong")
    both = (
        sa.select(JournalLine.account_id, sa.func.sum(JournalLine.amount))
        .where(JournalLine.document_id.in_([made, mirror]))
        .group_by(JournalLine.account_id)
    )
    assert {total for _account, total in session().execute(both)} == {0}
