"""What the customer is sent, and what the link in it opens."""

from __future__ import annotations

import re

import pytest

from erp import session
from erp.documents.signed_links import LinkGone, open_link
from plugins.repairs.letters import link_token
from plugins.repairs.models import RepairOrder
from tests.repairs.conftest import Shop


@pytest.fixture
def quoted(shop: Shop) -> Shop:
    """An order whose quote has been mailed."""
    shop.receive()
    shop.inspect()
    shop.quote()
    return shop


def address(text: str) -> str:
    found = re.search(r"https?://\S+/link/\S+", text)
    assert found is not None
    return found[0]


def test_the_quote_is_mailed_with_its_pdf_and_one_link(quoted: Shop) -> None:
    (mail,) = quoted.mails()
    assert mail.to == "amina@example.com"
    assert mail.subject == f"Quote for your Canon EOS R6 Mark II, {quoted.look('number')}"
    assert mail.about == quoted.look("number")
    assert "Hello Amina Hassan," in mail.text
    assert "KES 27,028.00" in mail.text
    assert [each["media_type"] for each in mail.attachments] == ["application/pdf"]
    assert address(mail.text).rpartition("/")[2] == token_of(quoted)


def test_the_link_opens_this_quote_and_the_decision_only(quoted: Shop) -> None:
    grant = open_link(token_of(quoted))
    assert (grant.subject, grant.subject_id, grant.holder) == ("repair_order", quoted.order_id, "Amina Hassan")
    assert grant.scope == {
        "task": "decide_quote",
        "files": ["quotation"],
        "facts": ["serial", "promised_on"],
    }
    with quoted.grace.acting():
        assert grant.content_hash == session().get_one(RepairOrder, quoted.order_id).content_hash()
    with pytest.raises(LinkGone):
        open_link("guessed")


def test_after_two_days_the_customer_is_reminded_with_the_same_link(shop: Shop) -> None:
    shop.quote_earlier(days=3)
    shop.wait(2, "reminder_due")
    quote, reminder = shop.mails()
    assert address(reminder.text) == address(quote.text)
    assert reminder.subject == f"Your decision on {shop.look('number')}"
    assert shop.open == ["decide_quote"]
    assert shop.look("state") == "quoted"


def test_after_fourteen_days_no_answer_counts_as_a_no(shop: Shop) -> None:
    shop.quote_earlier(days=20)
    shop.wait(14, "quote_expired")
    assert shop.look("state") == "declined"
    assert shop.open == ["return_item"]
    assert shop.look("decline_note").startswith("No answer until ")


def test_who_is_asked_by_phone_gets_no_mail(shop: Shop) -> None:
    shop.receive(email=None)
    shop.inspect()
    shop.quote()
    assert shop.mails() == []


def test_the_customer_hears_that_the_item_is_ready_and_what_is_to_pay(quoted: Shop) -> None:
    quoted.decide("accept")
    quoted.repair()
    quoted.do(quoted.daniel, "check_quality", quality="pass")
    mail = quoted.mails()[-1]
    assert mail.subject == f"Your Canon EOS R6 Mark II is ready, {quoted.look('number')}"
    assert "To pay: KES 27,028.00." in mail.text


def test_another_price_is_another_quote(quoted: Shop) -> None:
    with quoted.grace.acting():
        order = session().get_one(RepairOrder, quoted.order_id)
        before, token = order.content_hash(), link_token(order)
        with session.no_autoflush:
            order.lines[0].unit_price += 1
            order.recompute()
            assert order.content_hash() != before
            assert link_token(order) != token


def token_of(shop: Shop) -> str:
    with shop.grace.acting():
        return link_token(session().get_one(RepairOrder, shop.order_id))
