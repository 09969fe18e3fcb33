"""`erp check payments`: figures, ledger, refunds and the provider agree, or the first difference is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from erp import checking, cli
from erp.config import Settings
from erp.errors import SetupError
from tests.stripe.conftest import Till, judge, simulator, site, till, told

__all__ = ["judge", "simulator", "site", "till", "told"]


def mine(till: Till, name: str = "payments") -> list[str]:
    """What differs in this test's company."""
    found = [line.partition(": ")[2] for line in checking.differences(name)]
    number = till.payment().number or ""
    return [line for line in found if number in line]


def test_differences_are_named(till: Till, told: Callable[..., None]) -> None:
    till.paid()
    till.gives_back(100)
    till.work()
    assert mine(till) == []
    number, payment_id = till.payment().number, till.payment().id
    told("update payment set paid_amount = paid_amount + 1 where id = :i", i=payment_id)
    assert mine(till, "payments.ledger_adds_up") == [
        f"payments.ledger_adds_up: {number}: paid is 27029.0000, its ledger says 27028.0000"
    ]
    assert mine(till, "payments.provider_agrees") == [
        f"payments.provider_agrees: {number}: paid is 27029.0000 here, 27028.00 at the provider"
    ]
    told("update payment set paid_amount = paid_amount - 1 where id = :i", i=payment_id)
    told("update refund set refund_amount = 99 where payment_id = :i", i=payment_id)
    assert mine(till, "payments.refunds_add_up") == [
        f"payments.refunds_add_up: {number}: 100.0000 given back, its refunds say 99.0000"
    ]


def test_the_command_says_what_holds_and_what_there_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], app: Any
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("MILLRACE_VAR", str(settings.var))
    with pytest.raises(SetupError, match="There is no check harvest"):
        checking.checks("harvest")
    assert cli.parser().parse_args(["check", "payments"]).name == "payments"
