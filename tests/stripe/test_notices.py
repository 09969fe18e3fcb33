"""Stripe tells us something: believed only when signed, kept once, in any order, and money is taken over once."""

from __future__ import annotations

import json
import secrets
import threading
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from erp import clock, session, transaction, vault
from erp.jobs import worker
from plugins.payments import decisions, jobs
from plugins.payments.models import PaymentReview
from plugins.stripe.provider import Stripe
from plugins.stripe.simulator.notices import signature
from tests.stripe.conftest import DUE, Till


def event(till: Till, kind: str = "payment_intent.succeeded", **more: Any) -> bytes:
    intent = till.payment().provider_reference
    thing = {"object": "payment_intent", "id": intent, "amount_received": 5, "currency": "kes", "metadata": {}, **more}
    return json.dumps({"id": f"evt_{secrets.token_hex(8)}", "type": kind, "data": {"object": thing}}).encode()


def send(till: Till, body: bytes, header: str | None = None) -> int:
    if header is None:
        header = signature(body, till.webhook_secret, time.time())
    return httpx.post(till.webhook_url, content=body, headers={"Stripe-Signature": header}, timeout=20).status_code


def deliveries(till: Till) -> list[Any]:
    return till.truth("select * from webhook_delivery where tenant_id = :t order by id", t=till.boss.place.tenant_id)


def told(till: Till, count: int) -> None:
    deadline = time.monotonic() + 15
    while len(till.judge.state()["sent"]) < count and time.monotonic() < deadline:
        time.sleep(0.02)


def test_the_same_notice_many_times_is_one(till: Till) -> None:
    till.held()
    till.captures()
    till.work()
    body = event(till)
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(send(till, body))) for _each in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [*statuses, send(till, body)] == [200] * 4
    assert len(deliveries(till)) == 1
    till.work()
    assert till.entries() == ["authorised", "captured"]


@pytest.mark.parametrize("what", ["old", "wrong secret", "tampered", "missing", "nonsense", "no json"])
def test_what_stripe_has_not_signed_now_is_refused(till: Till, what: str) -> None:
    till.held()
    body, now = event(till), time.time()
    header = {
        "old": signature(body, till.webhook_secret, now - 301),
        "wrong secret": signature(body, "whsec_of_somebody_else", now),
        "tampered": signature(body.replace(b'"amount_received": 5', b'"amount_received": 9'), till.webhook_secret, now),
        "missing": "",
        "nonsense": "t=x,v1=\xe4".encode("latin-1").decode("latin-1"),
        "no json": signature(b"{", till.webhook_secret, now),
    }[what]
    content = b"{" if what == "no json" else body
    answer = httpx.post(till.webhook_url, content=content, headers={"Stripe-Signature": header.encode("latin-1")})
    assert answer.status_code == 400
    assert deliveries(till) == []


def test_a_rolled_secret_and_two_signatures_are_taken(till: Till) -> None:
    till.held()
    before = till.webhook_secret
    with till.boss.acting(), transaction():
        vault.put("stripe", "webhook_secret", "whsec_the_next_one_0123456789")
    body = event(till)
    assert send(till, body, signature(body, before, time.time())) == 200
    body, now = event(till), time.time()
    both = f"{signature(body, 'whsec_unknown', now)},{signature(body, 'whsec_the_next_one_0123456789', now).partition(',')[2]}"
    assert send(till, body, both) == 200


def test_a_huge_notice_and_an_unknown_address_are_refused(till: Till) -> None:
    till.held()
    huge = event(till, note="x" * 300_000)
    assert send(till, huge) == 413
    till.webhook_url = f"{till.webhook_url[:-4]}xxxx"
    assert send(till, event(till)) == 404
    till.webhook_url = till.webhook_url.replace("/stripe/", "/other/")
    assert send(till, event(till)) == 404
    assert deliveries(till) == []


def test_another_tenant_s_address_says_nothing_of_ours(till: Till, make_company: Any, site: str) -> None:
    other = make_company("Mombasa Repairs").person("TENANT_MANAGER")
    with other.acting(), transaction():
        from erp.webhooks import address

        vault.put("stripe", "webhook_secret", "whsec_other_0123456789abcdef")
        url = address("stripe", site)
    till.held()
    body = event(till)
    header = {"Stripe-Signature": signature(body, till.webhook_secret, time.time())}
    assert httpx.post(url, content=body, headers=header).status_code == 400
    header = {"Stripe-Signature": signature(body, "whsec_other_0123456789abcdef", time.time())}
    assert httpx.post(url, content=body, headers=header).status_code == 200
    till.work()
    rows = till.truth("select outcome from webhook_delivery where tenant_id = :t", t=other.place.tenant_id)
    assert [row.outcome for row in rows] == ["not ours"]


@pytest.mark.parametrize("kind", ["customer.created", "charge.dispute.created", "payment_intent.succeeded"])
def test_what_is_not_ours_is_thanked_for_and_left(till: Till, kind: str) -> None:
    till.held()
    assert send(till, event(till, kind, id="pi_of_another_shop")) == 200
    till.work()
    assert [row.outcome for row in deliveries(till)] == ["not ours"]
    assert till.reviews() == []


def test_money_with_our_mark_that_nobody_asked_for_is_for_a_person(till: Till) -> None:
    till.held()
    mark = {"millrace_payment": "999999999"}
    assert send(till, event(till, id="pi_of_a_restored_copy", metadata=mark, amount_received=70000)) == 200
    till.work()
    with till.boss.acting():
        review = session().query(PaymentReview).one()
        assert (review.kind, review.review_amount, review.currency) == ("unknown_payment", Decimal(700), "KES")


def test_money_nobody_told_us_of_is_found_and_asked_about_once(till: Till) -> None:
    """No notice came, and the payment's row is gone, as after a restored dump; left as it is, it is not asked again."""
    till.asks()
    till.pays()
    payment_id = till.payment().id
    till.told("delete from job where subject = 'payment' and subject_id = :i", i=payment_id)
    till.told("update payment set page_reference = 'cs_gone', provider = 'stripe' where id = :i", i=payment_id)
    jobs.find_unknown()
    assert till.reviews() == []  # it may still be on its way
    with till.boss.acting():
        made = Stripe().made(clock.now() - timedelta(days=1), clock.now() + timedelta(hours=1))
    assert [each["amount"] for each in made] == ["27028.00"]
    with clock.frozen(clock.now() + timedelta(hours=1)):
        jobs.find_unknown()
        jobs.find_unknown()
        assert till.reviews() == [("unknown_payment", "")]
        with till.boss.acting():
            decisions.ignore(session().query(PaymentReview.id).scalar(), "Of the copy we tried out")
        jobs.find_unknown()
    assert till.reviews() == [("unknown_payment", "ignore")]


def test_refunded_is_told_before_paid(till: Till) -> None:
    till.judge.tells(till.account, till.webhook_url, till.webhook_secret)
    for kind in ("payment_intent.created", "payment_intent.succeeded", "checkout.session.completed"):
        till.judge.order("notice_reorder", f"notice {kind}")
    till.asks()
    till.pays()
    head = {"Authorization": f"Bearer {till.account}"}
    intent = next(iter(till.judge.state()["intents"]))
    httpx.post(f"{till.judge.url}/v1/refunds", data={"payment_intent": intent, "amount": "100"}, headers=head)
    told(till, 5)
    kinds = [each["kind"] for each in till.judge.state()["sent"]]
    assert kinds.index("refund.created") < kinds.index("payment_intent.succeeded")
    till.work()
    assert till.payment().status == "paid"
    assert till.entries() == ["captured"]
    assert till.reviews() == [("unknown_refund", "")]


def test_the_notice_comes_before_the_answer(till: Till) -> None:
    till.held()
    till.judge.tells(till.account, till.webhook_url, till.webhook_secret)
    till.judge.order("lose_answer", "POST /v1/payment_intents")
    till.captures()
    till.run_jobs()
    told(till, 1)
    till.work()
    assert till.payment().paid_amount == DUE
    assert till.jobs()[-1].state == "waiting"
    till.due_now()
    assert till.jobs()[-1].state == "done"
    assert till.entries() == ["authorised", "captured"]


def test_the_notice_is_worked_off_while_the_answer_is_on_its_way(till: Till) -> None:
    """The provider has done it and told us; whoever asked still waits for the answer, and then commits it too."""
    till.held()
    till.judge.tells(till.account, till.webhook_url, till.webhook_secret)
    till.judge.order("delay_answer", "POST /v1/payment_intents", seconds=15)
    till.captures()
    (call,) = [job.id for job in till.jobs() if job.state == "waiting"]
    asking = threading.Thread(target=worker.run, args=(call,))
    asking.start()
    told(till, 1)
    (notice,) = till.jobs("webhook")
    assert worker.run(notice.id)
    assert asking.is_alive()
    assert till.payment().paid_amount == DUE
    till.judge.go_on()
    asking.join()
    assert {job.state for kind in ("call", "webhook") for job in till.jobs(kind)} == {"done"}
    assert till.entries() == ["authorised", "captured"]


@pytest.mark.parametrize("fault", ["notice_duplicate", "notice_bad_signature", "notice_stale", "notice_lost"])
def test_whatever_becomes_of_notices_the_books_are_right(till: Till, fault: str) -> None:
    till.judge.tells(till.account, till.webhook_url, till.webhook_secret)
    till.judge.order(fault, "notice", times=4)
    till.asks()
    till.pays()
    time.sleep(0.5)
    till.work()
    till.looks()
    assert till.payment().status == "paid"
    assert till.entries() == ["captured"]


def test_a_notice_of_another_version_of_the_api_only_says_where_to_look(till: Till) -> None:
    till.asks()
    till.pays()
    page = till.payment().page_reference
    body = json.loads(event(till))
    body |= {"api_version": "2017-08-15", "type": "checkout.session.completed"}
    body["data"]["object"] = {"object": "checkout.session", "id": page}
    assert send(till, json.dumps(body).encode()) == 200
    till.work()
    assert till.payment().status == "paid"


def test_a_notice_that_cannot_be_worked_off_yet_waits(till: Till) -> None:
    till.asks()
    till.pays()
    till.judge.order("status", "GET /v1/", status=503, times=2)
    body = json.loads(event(till))
    body["data"]["object"] = {"object": "checkout.session", "id": till.payment().page_reference}
    body["type"] = "checkout.session.completed"
    assert send(till, json.dumps(body).encode()) == 200
    till.work()
    assert till.payment().status == "asked"
    till.due_now()
    till.due_now()
    assert till.payment().status == "paid"


def test_paid_in_cash_meanwhile_is_told(till: Till) -> None:
    from plugins.payments.api import take_cash
    from plugins.repairs.models import RepairOrder

    till.asks()
    till.pays()
    with till.boss.acting(), transaction():
        order = session().get_one(RepairOrder, till.order_id)
        take_cash(order, order.customer, DUE, DUE)
    with till.boss.acting():
        from plugins.payments.models import Payment

        card = session().query(Payment).filter(Payment.method == "card").one().id
    body = json.loads(event(till))
    body["type"] = "checkout.session.completed"
    body["data"]["object"] = {"object": "checkout.session", "id": page_of(till, card)}
    send(till, json.dumps(body).encode())
    till.work()
    assert till.reviews() == [("overpaid", "")]
    with till.boss.acting():
        decisions.refund(session().query(PaymentReview.id).scalar(), "Paid in cash already")
    till.work()
    assert till.reviews() == [("overpaid", "refund")]
    assert [refund.refund_amount for refund in till.refunds()] == [DUE]


def page_of(till: Till, payment_id: int) -> str:
    return str(till.truth("select page_reference from payment where id = :i", i=payment_id)[0][0])


def test_paid_after_it_was_given_up(till: Till) -> None:
    till.asks()
    till.judge.order("status", "GET /v1/checkout", status=503)
    till.told("update payment set status = 'failed' where id = :i", i=till.payment().id)
    till.told(
        "insert into payment_entry (tenant_id, payment_id, kind, amount, reference, note, at, by)"
        " select tenant_id, id, 'failed', 0, '', '', now(), '' from payment where id = :i",
        i=till.payment().id,
    )
    till.pays()
    till.looks()
    till.looks()
    assert till.payment().status == "paid"
    assert till.reviews() == [("late", "")]
