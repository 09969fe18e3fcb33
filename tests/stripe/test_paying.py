"""A customer pays by card on the provider's page: now, or held until the work is done."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from erp import Conflict, session
from plugins.payments.api import due_of
from plugins.payments.checks import payments_are_posted
from plugins.repairs.models import RepairOrder
from tests.accounting.posted import Posted
from tests.stripe.conftest import ASKS, ASKS_TOO, DECLINED, DUE, NO_FUNDS, VISA, Till


def due(till: Till) -> Decimal:
    with till.boss.acting():
        return due_of(session().get_one(RepairOrder, till.order_id))


def test_a_customer_is_led_to_the_page_pays_and_comes_back(till: Till, site: str) -> None:
    url = till.asks()
    first = httpx.get(site + url)
    assert first.status_code == 200
    assert first.headers["Refresh"].startswith(f"0;url={till.judge.url}/pay/cs_test_")
    back = till.pays(VISA).headers["Location"]
    assert back.startswith(site + url)
    assert "on its way" in httpx.get(back).text
    till.work()
    assert "KES 27,028.00 is paid" in httpx.get(back).text
    assert till.payment().status == "paid"
    assert till.entries() == ["captured"]
    assert due(till) == 0
    assert till.reviews() == []


def test_what_the_provider_keeps_is_posted_once(till: Till) -> None:
    posted = Posted(till.boss)
    posted.begin()
    till.judge.keeps(29)
    till.asks()
    till.pays()
    till.looks()
    till.looks()
    assert till.entries() == ["captured", "fee"]
    # 2.9 % of 27,028.00
    assert posted.lines("payment_received") == [
        ("1130", DUE), ("1200", -DUE), ("6400", Decimal("783.81")), ("1130", Decimal("-783.81")),
    ]  # fmt: skip
    with till.boss.acting():
        assert list(payments_are_posted()) == []
    assert till.reviews() == []


def test_a_webhook_alone_is_enough(till: Till) -> None:
    till.judge.tells(till.account, till.webhook_url, till.webhook_secret)
    till.asks()
    till.pays()
    wait_for_notices(till, 3)
    till.work()
    assert till.payment().status == "paid"
    assert till.entries() == ["captured"]


def wait_for_notices(till: Till, count: int) -> None:
    import time

    deadline = time.monotonic() + 10
    while len(till.judge.state()["sent"]) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [each["status"] for each in till.judge.state()["sent"]] == [200] * count


def test_a_deposit_is_held_then_taken_in_part(till: Till) -> None:
    till.held(Decimal(10000))
    assert (till.payment().authorised_amount, till.payment().paid_amount) == (Decimal(10000), Decimal(0))
    assert due(till) == DUE
    till.captures(Decimal("6000.50"))
    till.work()
    assert till.payment().status == "paid"
    assert till.payment().paid_amount == Decimal("6000.50")
    assert till.payment().authorised_amount == 0
    assert till.entries() == ["authorised", "captured"]
    assert due(till) == DUE - Decimal("6000.50")


def test_a_deposit_is_released(till: Till) -> None:
    till.held(Decimal(10000))
    till.releases()
    till.work()
    assert till.payment().status == "released"
    assert till.entries() == ["authorised", "released"]
    # comparing says nothing to people: the history tells what changed
    told = till.truth(
        "select changes from audit_entry where subject = 'payment' and subject_id = :i", i=till.payment().id
    )
    assert told
    assert not any("looked_at" in row.changes for row in told)
    with pytest.raises(Conflict):
        till.captures(Decimal(1))


@pytest.mark.parametrize(
    ("card", "code"),
    [
        (DECLINED, "generic_decline"),
        (NO_FUNDS, "insufficient_funds"),
        ("4000000000000069", "expired_card"),
        ("4000000000000127", "incorrect_cvc"),
        ("4000000000000119", "processing_error"),
    ],
)
def test_a_declined_card_is_told_and_another_may_be_tried(till: Till, site: str, card: str, code: str) -> None:
    url = till.asks()
    assert till.pays(card).status_code == 402
    till.looks()
    assert till.payment().status == "asked"
    assert till.entries() == ["declined"]
    assert till.entry(0).note.startswith(code)
    assert "Try another card" in httpx.get(f"{site}{url}?back=left").text
    till.looks()
    assert till.entries() == ["declined"]
    till.pays(VISA)
    till.looks()
    assert till.payment().status == "paid"
    assert till.payment().failure == ""


@pytest.mark.parametrize("card", [ASKS, ASKS_TOO])
@pytest.mark.parametrize(("answer", "status"), [("complete", "paid"), ("fail", "asked"), ("", "asked")])
def test_the_bank_asks_who_it_is(till: Till, card: str, answer: str, status: str) -> None:
    till.asks()
    till.pays(card, answer)
    till.looks()
    assert till.payment().status == status
    if not answer:
        till.judge.later(13)
        till.looks()
        assert till.payment().status == "failed"


def test_no_other_number_is_taken(till: Till) -> None:
    till.asks()
    assert "Only the test cards" in till.pays("4111 1111 1111 1111").text


def test_asking_twice_is_one_page(till: Till) -> None:
    assert till.asks() == till.asks()
    assert len(till.judge.log("POST", "/checkout/sessions")) == 1


def test_more_than_is_due_cannot_be_asked(till: Till) -> None:
    with pytest.raises(Conflict, match=r"Only KES 27,028\.00"):
        till.asks(DUE + 1)


def test_what_is_held_runs_out(till: Till) -> None:
    till.held(Decimal(500))
    till.judge.later(8 * 24)
    till.looks()
    assert till.payment().status == "released"
    assert till.payment().failure == "automatic"
