"""A month is looked through, signed for and locked; a year carries its result on: nothing is closed behind a back."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from erp import Conflict, Invalid, create, session, transaction
from plugins.accounting.api import balance, closing_findings, locked_until, reverse
from plugins.accounting.models import Account, FiscalYear, JournalEntry, LedgerLock
from plugins.closing.models import ClosingSignature
from plugins.closing.signing import signatures
from tests.closing.conftest import Office
from tests.erp.screens.conftest import post

__all__ = ["post"]

MARCH = date(2026, 3, 31)


def refusal(action, *args, **values):
    with pytest.raises(Invalid) as refused:
        action(*args, **values)
    return refused.value


def test_a_month_is_signed_for_part_by_part_and_locked(office: Office):
    office.post("sale_made", date(2026, 3, 5), net=100, tax=16, paid=116)
    month = office.month("2026-03")
    office.sign(month, "No tax was named by the old till")
    assert month.state == "signed"
    office.do(month, "lock_month", decision="lock")
    assert (month.state, locked_until()["all"]) == ("closed", MARCH)
    assert {step: each.by for step, each in signatures(month).items()} == dict.fromkeys(
        ("bank", "drafts", "suspense", "stock", "tax"), "Grace Njeri"
    )
    with pytest.raises(Invalid, match="is locked"):
        office.post("sale_made", MARCH, net=1, paid=1)


def test_figures_are_read_when_somebody_looks(office: Office):
    def bank():
        found = closing_findings(date(2026, 3, 1), MARCH, "bank")
        return next(each.found for each in found if "1100" in each.title)

    assert bank().startswith("The books say KES 0.00 at the end of 31 Mar")
    office.post("payment_received", date(2026, 3, 9), received=700)
    assert bank().startswith("The books say KES 700.00")


def test_a_draft_is_refused_until_somebody_says_why(office: Office):
    lines = [{"account": office.account("bank"), "debit": Decimal(5)}]
    create("journal_voucher", {"text": "Bonus", "voucher_date": MARCH, "lines": lines})
    month = office.month("2026-03")
    said = refusal(office.do, month, "check_drafts", decision="sign", reason=None).fields["reason"]
    assert said.startswith("Vouchers: One waits to be finished.")
    office.do(month, "check_drafts", decision="sign", reason="Decided in April")
    signed = signatures(month)["drafts"]
    assert (signed.is_clear, signed.reason) == (False, "Decided in April")
    assert [each["title"] for each in signed.findings if not each["is_clear"]] == ["Vouchers"]


def test_what_was_clear_must_still_be_when_the_month_is_locked(office: Office):
    month = office.month("2026-03")
    office.sign(month)
    office.post("sale_made", date(2026, 3, 30), paid=50)  # the till posts half a sale
    said = refusal(office.do, month, "lock_month", decision="lock")
    assert "was clear when it was signed for" in said.message
    assert "all" not in locked_until()


def test_a_month_is_not_closed_twice_at_once(office: Office):
    office.month("2026-03")
    assert "closes it already" in refusal(office.month, "2026-03").fields["period"]


def test_a_signature_is_written_once(office: Office):
    month = office.month("2026-03")
    office.do(month, "check_stock", decision="sign", reason="")
    with pytest.raises(sa.exc.DBAPIError, match="permission denied"), transaction():
        session().execute(sa.update(ClosingSignature).values(by="Nobody"))


def test_an_earlier_month_closed_late_opens_no_later_one(office: Office):
    for name in ("2026-03", "2026-02"):
        month = office.month(name)
        office.sign(month)
        office.do(month, "lock_month", decision="lock")
    assert locked_until()["all"] == MARCH


def closed_december(office: Office):
    month = office.month("2026-12")
    office.sign(month, "Explained")
    office.do(month, "lock_month", decision="lock")


def test_a_year_carries_its_result_and_opens_the_next(office: Office):
    office.post("invoice_issued", date(2026, 5, 5), net=2000)
    office.post("goods_issued", date(2026, 5, 5), cost=600)
    year = office.year()
    office.sign(year, "Stock is told by opening moves")
    assert "Close the months" in refusal(office.do, year, "close_year", decision="close").message
    closed_december(office)
    office.do(year, "close_year", decision="close", is_final=False)
    assert (year.state, year.result) == ("closed", Decimal(1400))
    assert (balance("retained_earnings"), balance("sales"), balance("cost_of_goods")) == (-1400, 0, 0)
    assert session().scalars(sa.select(FiscalYear.name).order_by(FiscalYear.id)).all() == ["2026", "2027"]
    assert locked_until() == {"all": date(2026, 12, 31)}
    history = session().scalars(sa.select(LedgerLock.until).order_by(LedgerLock.id)).all()
    assert history == [date(2026, 12, 31), date(2026, 12, 30), date(2026, 12, 31)]


def test_the_result_is_still_told_of_the_year_it_was_earned_in(office: Office):
    office.post("invoice_issued", date(2026, 5, 5), net=2000)
    closed_december(office)
    year = office.year()
    office.sign(year, "Explained")
    office.do(year, "close_year", decision="close")
    told = sa.func.ledger_turnover(date(2026, 1, 1), date(2026, 12, 31)).table_valued("account_id", "debit", "credit")
    earned = sa.select(sa.func.sum(told.c.credit - told.c.debit)).join(Account, Account.id == told.c.account_id)
    assert session().scalar(earned.where(Account.kind == "income")) == 2000
    entry = session().scalars(sa.select(JournalEntry.id).where(JournalEntry.event == "year_closed")).one()
    with pytest.raises(Conflict, match="result of a year"):
        reverse(entry, reason="A mistake")


def test_a_final_lock_is_never_opened_for_a_result(office: Office):
    office.post("invoice_issued", date(2026, 5, 5), net=2000)
    create("ledger_lock", {"kind": "final", "until": date(2026, 12, 31), "reason": "Told to the authority"})
    year = office.year()
    office.sign(year, "Explained")
    said = refusal(office.do, year, "close_year", decision="close")
    assert "for ever" in said.message
    assert balance("retained_earnings") == 0


def test_an_auditor_gets_one_pack_made_in_the_background(office: Office, run_jobs, sign_in, post):
    office.post("invoice_issued", date(2026, 3, 5), net=2000)
    month = office.month("2026-03")
    office.sign(month, "Explained")
    browser = sign_in(office.manager)
    asked = post(browser, f"/month_end/{month.id}/pack")
    assert asked.status_code == 302, asked.text
    run_jobs()
    answer = browser.get(f"{asked.location}/file")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as pack:
        names = pack.namelist()
        ledger = load_workbook(io.BytesIO(pack.read(names[1])))
    assert [name[3:] for name in names] == [
        f"{name}.xlsx" for name in (
            "Trial balance", "General ledger", "Journal", "Balance sheet", "Profit and loss", "Cash flow",
            "Aged receivables", "Aged payables", "Stock valuation", "Tax", "Signatures of closes",
            "Changes to the books' set-up",
        )
    ]  # fmt: skip
    told = [cell for sheet in ledger for row in sheet.iter_rows(values_only=True) for cell in row]
    assert 2000 in told
    limited = office.company.person("Accountant", only_at="Westlands")
    assert post(sign_in(limited), f"/month_end/{month.id}/pack").status_code == 403
