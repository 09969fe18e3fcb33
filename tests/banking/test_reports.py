"""What the reports of banking say of a few lines, worked out by hand."""

from __future__ import annotations

from datetime import date

from plugins.banking.matching import match
from tests.banking.test_runs import bill, drawn_up, supplier
from tests.reported import table


def test_what_is_not_matched_stands_on_one_side(bank):
    one, _other = bank.posted(700), bank.posted(300, "Deposit")
    bank.brought("2026-03-06,Paid in,,700", "2026-03-07,Fee,,-5")
    match(bank.id, bank.told[:1], [one])
    assert table("bank_unmatched", "side", "day", "text", "amount", until="2026-03-31") == [
        ("books", date(2026, 3, 5), "Deposit", 300), ("statement", date(2026, 3, 7), "Fee", -5),
    ]  # fmt: skip
    assert table("bank_unmatched", "side", until="2026-03-06") == [("books",)]


def test_what_is_due_and_which_run_pays_it(bank):
    canon = supplier("Canon", "0170111222333")
    bill(bank, canon, 100, date(2026, 3, 2))
    drawn_up(bank)
    bill(bank, supplier("Tools", ""), 40, date(2026, 3, 9))
    found = table("payments_due", "supplier", "due_on", "paid_to", "run", "open")
    assert found == [
        ("Canon", date(2026, 3, 2), "0170111222333", "RUN-2026-00001", 100),
        ("Tools", date(2026, 3, 9), None, None, 40),
    ]
