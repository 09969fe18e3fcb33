"""Stripe keeps what every provider of card payments promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from erp import clock
from plugins.payments.conformance import ProviderPromises
from plugins.payments.providers import Provider, Request
from plugins.stripe.provider import Stripe
from plugins.stripe.wire import talking
from tests.stripe.conftest import VISA, Till

PATHS = {"page": "/checkout/sessions", "capture": "/capture", "release": "/cancel", "refund": "/refunds"}


class Play:
    """Stripe before its simulator."""

    def __init__(self, till: Till) -> None:
        self.provider: Provider = Stripe()
        self.till = till

    def request(self, **more: Any) -> Request:
        return {
            "provider": "stripe", "payment": 1, "reference": "", "page": "", "currency": "KES",
            "asked_at": clock.now().isoformat(), **more,
        }  # fmt: skip

    def pays(self, reference: str) -> None:
        httpx.post(f"{self.till.judge.url}/pay/{reference}", data={"number": VISA}, timeout=20)

    def lose_next_answer(self) -> None:
        self.till.judge.order("lose_answer", "POST /v1/")

    def count(self, what: str) -> int:
        log = self.till.judge.log("POST", PATHS[what])
        return sum(each["carried_out"] and not each["is_replay"] for each in log)


class TestStripe(ProviderPromises):
    """Every promise, over real sockets."""

    @pytest.fixture
    def play(self, till: Till) -> Iterator[Play]:
        """A shop's own account."""
        with till.boss.acting():
            yield Play(till)

    def test_every_refund_is_seen_however_many_there_are(self, play: Play) -> None:
        """Stripe tells of a hundred at once."""
        play.till.paid()
        reference = play.till.payment().provider_reference
        with play.till.boss.acting(), talking() as talk:
            for _each in range(101):
                talk.refunds.create({"payment_intent": reference, "amount": 100})
        with play.till.boss.acting():
            seen = play.provider.read(play.request(reference=reference))
        assert len({each["reference"] for each in seen["refunds"]}) == 101
