"""Money goes back to the card: never more than is left, whoever asks how often, and even when it fails days later."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp import Conflict, Forbidden, Invalid, ProcessError, session, transaction
from erp.errors import ErpError
from plugins.payments.actions import facts
from plugins.payments.api import give_back
from plugins.payments.models import Payment
from plugins.stripe.provider import Stripe
from tests.stripe.conftest import DUE, Till


def given_at_provider(till: Till) -> int:
    return sum(each["amount"] for each in till.judge.state()["refunds"].values() if each["status"] != "failed")


def test_a_part_and_then_the_rest(till: Till) -> None:
    till.paid()
    till.gives_back(7028)
    assert till.payment().pending_amount == Decimal(7028)
    till.work()
    assert (till.payment().status, till.payment().refunded_amount) == ("partly_refunded", Decimal(7028))
    till.gives_back(20000)
    till.work()
    assert till.payment().status == "refunded"
    assert [refund.status for refund in till.refunds()] == ["refunded", "refunded"]
    assert given_at_provider(till) == 2702800
    assert till.entries() == ["captured", "refund_asked", "refunded", "refund_asked", "refunded"]


def test_more_than_is_left_is_refused_and_the_ledger_unchanged(till: Till) -> None:
    till.paid()
    till.gives_back(27000)
    before = till.entries()
    with pytest.raises(Invalid) as refused:
        till.gives_back(29)
    assert refused.value.fields == {"amount": "Only KES 28.00 can be given back."}
    till.work()
    till.gives_back(28)
    with pytest.raises(Conflict, match="Nothing is left"):
        till.gives_back("0.01")
    till.work()
    assert before == till.entries()[:2]
    assert given_at_provider(till) == 2702800


def test_nothing_comes_back_of_what_is_only_held(till: Till) -> None:
    till.held()
    with pytest.raises(Conflict, match="Nothing is left"):
        till.gives_back(1)


@pytest.mark.parametrize("amount", ["0", "-1", "0.001"])
def test_odd_amounts_are_refused(till: Till, amount: str) -> None:
    till.paid()
    with pytest.raises(Invalid):
        till.gives_back(Decimal(amount))


def test_whoever_may_not_cannot(till: Till) -> None:
    till.paid()
    payment_id = till.payment().id
    with till.shop.grace.acting(), pytest.raises(Forbidden), transaction():
        give_back(payment_id, Decimal(1), "other")


def test_a_refund_waits_for_the_bank_and_then_fails(till: Till) -> None:
    till.paid()
    till.judge.order("pending_refund", "POST /v1/refunds")
    till.gives_back(1000)
    till.work()
    (refund,) = till.refunds()
    assert (refund.status, till.payment().pending_amount) == ("pending", Decimal(1000))
    till.judge.settle(refund.provider_reference, "failed")
    till.looks()
    (refund,) = till.refunds()
    assert (refund.status, till.payment().pending_amount) == ("failed", Decimal(0))
    assert till.payment().status == "paid"
    assert till.payment().refundable == DUE
    assert till.reviews() == [("uncertain", "")]


def test_a_refund_that_had_succeeded_comes_back(till: Till) -> None:
    till.paid()
    till.gives_back(1000)
    till.work()
    till.judge.settle(till.refunds()[0].provider_reference, "failed")
    till.looks()
    assert till.refunds()[0].status == "failed"
    assert till.payment().refunded_amount == 0
    assert till.entries() == ["captured", "refund_asked", "refunded", "refund_returned"]
    # said again in the old state, it stays failed
    till.judge.settle(till.refunds()[0].provider_reference, "succeeded")
    till.looks()
    assert till.refunds()[0].status == "failed"


def test_a_refund_made_at_the_provider_is_looked_at_by_a_person(till: Till) -> None:
    till.paid()
    import httpx

    intent = till.payment().provider_reference
    head = {"Authorization": f"Bearer {till.account}"}
    sent = {"payment_intent": intent, "amount": "5000", "metadata[millrace_mark]": "refund:99999999999999999999"}
    assert httpx.post(f"{till.judge.url}/v1/refunds", data=sent, headers=head).status_code == 200
    till.looks()
    till.looks()
    assert till.reviews() == [("unknown_refund", "")]
    assert till.payment().refunded_amount == 0
    from plugins.payments import decisions
    from plugins.payments.models import PaymentReview

    with till.boss.acting():
        decisions.match(session().query(PaymentReview.id).scalar())
    till.work()
    assert till.payment().refunded_amount == Decimal(50)
    assert till.reviews() == [("unknown_refund", "match")]


def test_what_stripe_refuses_is_a_definite_no(till: Till) -> None:
    """Whatever our own checks miss: a refund of too much, and more taken than is held."""
    till.held()
    with till.boss.acting():
        payment = till.payment()
        asked = {**facts(payment), "amount": str(DUE + 1)}
        with pytest.raises(ProcessError) as refused:
            Stripe().capture(asked, "capture-too-much")
        assert refused.value.error_code == "amount_too_large"
    till.captures()
    till.work()
    with till.boss.acting(), pytest.raises(ProcessError):
        Stripe().refund({**asked, "mark": "refund:0", "reason": "other"}, "refund-too-much")
    assert till.entries() == ["authorised", "captured"]
    assert till.judge.state()["refunds"] == {}


def test_a_capture_after_the_hold_ran_out(till: Till) -> None:
    till.held(Decimal(500))
    till.judge.later(8 * 24)
    till.captures()
    till.work()
    assert (till.payment().status, till.payment().paid_amount) == ("released", Decimal(0))
    assert till.payment().under_way == ""


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(min_value=1, max_value=12000), min_size=2, max_size=6))
def test_however_many_ask_at_once_no_more_goes_back_than_was_paid(till: Till, amounts: list[int]) -> None:
    """One order for all examples: each begins with what the one before has left."""
    if till.boss.place.tenant_id not in _paid:
        till.paid()
        _paid.add(till.boss.place.tenant_id)
    payment_id, ready, given = till.payment().id, threading.Barrier(len(amounts)), []

    def ask(amount: int) -> None:
        with till.boss.acting():
            ready.wait()
            try:
                with transaction():
                    give_back(payment_id, Decimal(amount), "other")
                given.append(amount)
            except ErpError:
                return
            finally:
                session.remove()

    before = till.payment()
    threads = [threading.Thread(target=ask, args=(amount,)) for amount in amounts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    till.work()
    after = till.payment()
    assert after.refunded_amount == before.refunded_amount + sum(given)
    assert after.refunded_amount <= after.paid_amount
    left = before.refundable
    assert all(amount > left - sum(given) for amount in amounts if amount not in given)
    assert given_at_provider(till) == int(after.refunded_amount * 100)
    assert isinstance(after, Payment)


_paid: set[int] = set()
