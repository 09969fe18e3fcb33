"""What every provider of card payments keeps to: a test module of its plugin derives from `ProviderPromises`.

    class TestStripe(ProviderPromises):
        @pytest.fixture
        def play(self, till): ...

`play` is the provider before a simulator of its service; see `Play`. The promises are what makes a lost answer, a
killed worker and a late repeat harmless: the same key does a thing once, a look comes before a repeat that may be too
old for its key, and every answer is the provider's whole view.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from erp import ErpError, ProcessError
from plugins.payments.providers import Provider, Request

AMOUNT, NOTHING = "100.00", Decimal(0)


class Play(Protocol):
    """A provider, and somebody before its simulator who pays, loses answers and counts."""

    provider: Provider

    def request(self, **more: Any) -> Request:
        """What every request says, of a new payment."""

    def pays(self, reference: str) -> None:
        """A customer pays on this page."""

    def lose_next_answer(self) -> None:
        """The service carries the next request out and hangs up."""

    def count(self, what: str) -> int:
        """How often the service really did it: page, capture, release or refund."""


class ProviderPromises:
    """Each method is a promise."""

    def test_a_page_is_made_once_and_nothing_is_paid_yet(self, play: Play) -> None:
        """Asked again with its key, it is the same page."""
        asked = _to_open(play)
        page = play.provider.open_page(asked, "page-1")
        assert play.provider.open_page(asked, "page-1") == page
        assert play.count("page") == 1
        assert datetime.fromisoformat(page["until"]).tzinfo is not None
        seen = play.provider.read({**asked, "page": page["reference"]})
        assert (seen["status"], Decimal(seen["held"]), Decimal(seen["captured"])) == ("open", NOTHING, NOTHING)

    def test_what_was_paid_is_seen_with_its_number_and_amount(self, play: Play) -> None:
        """A sale is taken at once, in decimal text of its currency."""
        request, seen = _paid(play)
        assert (seen["status"], seen["currency"]) == ("paid", request["currency"])
        assert Decimal(seen["captured"]) == Decimal(AMOUNT)
        assert seen["reference"]
        assert seen["refunds"] == []

    def test_a_deposit_is_held_and_a_part_of_it_taken_once(self, play: Play) -> None:
        """The rest is released by that; a repeat with the key changes nothing."""
        request, seen = _paid(play, hold=True)
        assert (seen["status"], Decimal(seen["held"])) == ("held", Decimal(AMOUNT))
        for _time in range(2):
            seen = play.provider.capture({**request, "amount": "60.00"}, "capture-1")
            assert (seen["status"], Decimal(seen["captured"]), Decimal(seen["held"])) == ("paid", Decimal(60), NOTHING)
        assert play.count("capture") == 1

    def test_what_is_held_can_be_given_up(self, play: Play) -> None:
        """And stays given up."""
        request, _seen = _paid(play, hold=True)
        for _time in range(2):
            assert play.provider.release({**request, "held": True}, "release-1")["status"] == "cancelled"
        assert play.count("release") == 1

    def test_more_than_there_is_is_a_definite_no(self, play: Play) -> None:
        """ProcessError, which nobody sends again; nothing happened."""
        request, _seen = _paid(play, hold=True)
        _refused(lambda: play.provider.capture({**request, "amount": "100.01"}, "capture-2"))
        play.provider.capture({**request, "amount": AMOUNT}, "capture-3")
        _refused(lambda: play.provider.refund(_back(request, "100.01"), "refund-2"))
        seen = play.provider.read(request)
        assert (Decimal(seen["captured"]), seen["refunds"]) == (Decimal(AMOUNT), [])

    def test_a_refund_carries_our_mark_and_happens_once(self, play: Play) -> None:
        """By the mark it is found again, whoever tells of it."""
        request, _seen = _paid(play)
        for _time in range(2):
            seen = play.provider.refund(_back(request, "40.00"), "refund-1")
            assert [(each["mark"], Decimal(each["amount"])) for each in seen["refunds"]] == [("refund:1", Decimal(40))]
            assert seen["refunds"][0]["status"] in {"pending", "refunded"}
        assert play.count("refund") == 1

    def test_a_lost_answer_is_no_definite_no_and_is_made_good_by_the_same_key(self, play: Play) -> None:
        """The heart of it: nobody knows, so it is asked again, and happens once."""
        request, _seen = _paid(play)
        play.lose_next_answer()
        try:
            play.provider.refund(_back(request, "40.00"), "refund-1")
        except ProcessError as error:
            raise AssertionError("a lost answer must not be told as a definite no") from error
        except ErpError:
            play.provider.refund(_back(request, "40.00"), "refund-1")
        assert play.count("refund") == 1

    def test_a_repeat_that_is_too_old_for_its_key_looks_first(self, play: Play) -> None:
        """Services forget keys; what was done before is seen and not done again."""
        request, _seen = _paid(play)
        play.provider.refund(_back(request, "40.00"), "refund-1")
        long_ago = datetime.fromisoformat(request["asked_at"]) - timedelta(days=3)
        old = {**_back(request, "40.00"), "asked_at": long_ago.isoformat()}
        assert len(play.provider.refund(old, "another-key-for-the-same")["refunds"]) == 1
        assert play.count("refund") == 1


def _to_open(play: Play, *, hold: bool = False) -> Request:
    return {
        **play.request(), "amount": AMOUNT, "hold": hold, "what": "R-1", "email": "", "language": "en",
        "address": "http://127.0.0.1:9/pay/x",
    }  # fmt: skip


def _paid(play: Play, *, hold: bool = False) -> tuple[Request, Any]:
    """A payment a customer has made: what further requests say of it, and how it is seen."""
    asked = _to_open(play, hold=hold)
    page = play.provider.open_page(asked, "page-1")["reference"]
    play.pays(page)
    request = {**asked, "page": page}
    seen = play.provider.read(request)
    return {**request, "reference": seen["reference"]}, seen


def _back(request: Request, amount: str) -> Request:
    return {**request, "amount": amount, "mark": "refund:1", "reason": "other"}


def _refused(call: Any) -> None:
    try:
        call()
    except ProcessError:
        return
    raise AssertionError("more than there is must be refused for good")
