"""The way to Stripe fails in every way it can: nothing is done twice, nothing is lost, and what is unclear is told."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from erp import clock, config, session
from plugins.payments.models import PaymentReview
from tests.stripe.conftest import DUE, Till

CAPTURE, REFUND, PAGE = "POST /v1/payment_intents", "POST /v1/refunds", "POST /v1/checkout"


def carried_out(till: Till, path: str) -> int:
    """How often the provider really did something, replays left out."""
    return sum(each["carried_out"] and not each["is_replay"] for each in till.judge.log("POST", path))


def until_done(till: Till, attempts: int = 12) -> None:
    till.work()
    for _attempt in range(attempts):
        if not any(row.state == "waiting" for row in till.jobs()):
            return
        till.due_now()


@pytest.mark.parametrize("fault", ["lose_answer", "malformed", "truncated"])
@pytest.mark.parametrize("what", ["page", "capture", "refund"])
def test_an_answer_that_is_lost_is_asked_for_again(till: Till, fault: str, what: str) -> None:
    if what == "page":
        till.judge.order(fault, PAGE)
        till.asks()
    elif what == "capture":
        till.held()
        till.judge.order(fault, CAPTURE)
        till.captures()
    else:
        till.paid()
        till.judge.order(fault, REFUND)
        till.gives_back(100)
    until_done(till)
    state = till.judge.state()
    assert len(state["sessions"]) == 1
    if what == "capture":
        assert till.payment().paid_amount == DUE
        assert carried_out(till, "/capture") == 1
    if what == "refund":
        assert len(state["refunds"]) == 1
        assert till.payment().refunded_amount == Decimal(100)
    assert till.reviews() == []


@pytest.mark.parametrize(("status", "times"), [(429, 3), (500, 2), (503, 2), (409, 1)])
def test_a_busy_provider_is_waited_for(till: Till, status: int, times: int) -> None:
    till.paid()
    till.judge.order("status", REFUND, status=status, times=times)
    till.gives_back(100)
    till.work()
    waits = till.jobs()[-1]
    assert waits.state == "waiting"
    assert waits.due_at > waits.created_at + timedelta(seconds=1)
    until_done(till)
    assert len(till.judge.state()["refunds"]) == 1
    assert till.payment().refunded_amount == Decimal(100)
    keys = {each["key"] for each in till.judge.log("POST", "/refunds")}
    assert len(keys) == 1


def test_a_failure_stripe_keeps_for_the_key_is_looked_into_before_it_is_asked_anew(till: Till) -> None:
    till.paid()
    till.judge.order("saved_500", REFUND)
    till.gives_back(100)
    until_done(till)
    log = till.judge.log("", "/refunds")
    assert [each["status"] for each in log if each["method"] == "POST"] == [500, 500, 200]
    assert log[[each["is_replay"] for each in log].index(True) + 1]["method"] == "GET"
    assert len(till.judge.state()["refunds"]) == 1
    assert till.payment().refunded_amount == Decimal(100)


@pytest.mark.parametrize("fault", ["drop", "delay"])
def test_a_provider_that_hangs_up_or_is_slow(till: Till, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from plugins.stripe import wire

    monkeypatch.setattr(wire, "PATIENCE", 0.5)
    till.held()
    till.judge.order(fault, CAPTURE, seconds=1.5)
    till.captures()
    until_done(till)
    if fault == "delay":
        import time

        time.sleep(1.5)
        until_done(till)
    assert till.payment().paid_amount == DUE
    assert carried_out(till, "/capture") == 1
    assert till.entries() == ["authorised", "captured"]


@pytest.mark.parametrize("place", ["http://127.0.0.1:{port}", "http://stripe.invalid", "https://127.0.0.1:{simulator}"])
def test_refused_connections_unknown_hosts_and_broken_tls(till: Till, place: str) -> None:
    till.paid()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    working = config.settings()
    wrong = place.format(port=port, simulator=till.judge.url.rpartition(":")[2])
    config.use(replace(working, services=(("stripe", wrong),)))
    till.gives_back(100)
    till.work()
    assert till.jobs()[-1].state == "waiting"
    assert till.payment().pending_amount == Decimal(100)
    config.use(working)
    until_done(till)
    assert till.payment().refunded_amount == Decimal(100)


def test_a_key_that_is_misused_is_an_alarm_and_nothing_is_sent_again(till: Till) -> None:
    till.paid()
    till.judge.order("lose_answer", REFUND)
    till.gives_back(100)
    till.work()
    row = till.jobs()[-1]
    changed = {**row.request, "request": {**row.request["request"], "amount": "200"}}
    import json

    till.told("update job set request = cast(:r as jsonb) where id = :i", r=json.dumps(changed), i=row.id)
    till.due_now()
    assert till.jobs()[-1].state == "failed"
    assert till.reviews() == [("uncertain", "")]
    assert [each["amount"] for each in till.judge.state()["refunds"].values()] == [10000]
    assert till.payment().pending_amount == Decimal(100)
    # whoever looks at it takes over what the provider says
    from plugins.payments import decisions

    with till.boss.acting():
        decisions.match(session().query(PaymentReview.id).scalar())
    till.work()
    assert till.payment().refunded_amount == Decimal(100)


def test_an_old_key_is_not_sent_before_a_look(till: Till) -> None:
    till.paid()
    till.judge.order("lose_answer", REFUND)
    till.gives_back(100)
    till.work()
    till.judge.later(25)
    with clock.frozen(clock.now() + timedelta(hours=25)):
        till.due_now()
    assert len(till.judge.state()["refunds"]) == 1
    assert till.payment().refunded_amount == Decimal(100)
    after = till.judge.log("", "")[-1]
    assert after["method"] == "GET"


def test_an_old_key_of_what_never_arrived_is_sent_after_the_look(till: Till) -> None:
    till.held()
    till.judge.order("drop", CAPTURE)
    till.captures()
    till.work()
    till.judge.later(25)
    with clock.frozen(clock.now() + timedelta(hours=25)):
        till.due_now()
    assert till.payment().paid_amount == DUE
    assert carried_out(till, "/capture") == 1


def test_a_provider_that_stays_away_is_told_to_a_person_and_found_later(till: Till) -> None:
    till.paid()
    till.judge.order("lose_answer", REFUND)
    till.judge.order("status", REFUND, times=20)
    till.gives_back(100)
    until_done(till, 14)
    assert till.jobs()[-1].state == "failed"
    assert till.reviews() == [("uncertain", "")]
    assert till.payment().pending_amount == Decimal(100)
    till.looks()
    assert till.payment().refunded_amount == Decimal(100)
    assert len(till.judge.state()["refunds"]) == 1


def test_taken_at_the_provider_meanwhile_is_taken(till: Till) -> None:
    import httpx

    till.held()
    intent = till.payment().provider_reference
    head = {"Authorization": f"Bearer {till.account}"}
    httpx.post(f"{till.judge.url}/v1/payment_intents/{intent}/capture", headers=head)
    till.captures()
    until_done(till)
    assert till.payment().paid_amount == DUE
    assert till.entries() == ["authorised", "captured"]


def test_cancelled_at_the_provider_meanwhile_is_released(till: Till) -> None:
    import httpx

    till.held()
    intent = till.payment().provider_reference
    head = {"Authorization": f"Bearer {till.account}"}
    httpx.post(f"{till.judge.url}/v1/payment_intents/{intent}/cancel", headers=head)
    till.captures()
    until_done(till)
    assert till.payment().status == "released"
    assert till.payment().under_way == ""


def test_what_was_refused_for_good_frees_the_money(till: Till) -> None:
    till.paid()
    import httpx

    head = {"Authorization": f"Bearer {till.account}"}
    sent = {"payment_intent": till.payment().provider_reference}
    httpx.post(f"{till.judge.url}/v1/refunds", data=sent, headers=head)
    till.gives_back(100)
    until_done(till)
    assert till.refunds()[0].status == "failed"
    assert till.payment().pending_amount == 0


def test_wrong_credentials_wait_to_be_mended(till: Till) -> None:
    from erp import transaction, vault

    till.paid()
    with till.boss.acting(), transaction():
        vault.put("stripe", "secret_key", "rk_live_wrong_0123456789")
    till.gives_back(100)
    till.work()
    assert till.jobs()[-1].state == "waiting"
    with till.boss.acting(), transaction():
        vault.put("stripe", "secret_key", till.account)
    until_done(till)
    assert till.payment().refunded_amount == Decimal(100)
