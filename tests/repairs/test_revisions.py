"""More is found while it is repaired: a new revision of the quote, asked for again, the old one still readable."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from flask import Flask

from erp import Invalid, session
from erp.documents.signed_links import LinkGone, open_link
from plugins.repairs.models import RepairOrder, quotes_of
from plugins.repairs.quotes import compare
from tests.repairs.conftest import LINES, Shop

FLEX = {"kind": "part", "description": "Lens flex cable", "quantity": Decimal(1), "unit_price": Decimal(3900)}


@pytest.fixture
def more(shop: Shop) -> Shop:
    """An approved repair in which a torn cable was found."""
    shop.approved()
    shop.do(shop.daniel, "repair", outcome="more", more_needed="The flex cable is torn")
    return shop


def requote(shop: Shop) -> None:
    shop.quote([*shop.rows(), FLEX])


def statuses(shop: Shop) -> list[tuple[int, str, str]]:
    with shop.grace.acting():
        order = session().get_one(RepairOrder, shop.order_id)
        return [(each.revision, each.status, each.decided_by) for each in quotes_of(order)]


def links(shop: Shop) -> list[str]:
    return [found[1] for mail in shop.mails() if (found := re.search(r"/link/(\w+)", mail.text))]


def test_a_new_revision_is_approved_before_work_goes_on(more: Shop) -> None:
    assert more.open == ["prepare_quote"]
    requote(more)
    assert more.look("state", "quote_revision", "approved_revision", "total") == ("quoted", 2, 1, Decimal(31552))
    assert more.open == ["decide_quote"]
    mail = more.mails()[-1].text
    assert "needs more than we thought. The repair now costs KES 31,552.00" in mail
    assert statuses(more) == [(1, "approved", "Grace Njeri"), (2, "open", "")]
    more.decide("accept")
    assert more.look("approved_revision") == 2
    assert more.open == ["repair"]
    more.finished()
    assert more.look("state") == "ready"


def test_the_link_of_the_first_quote_says_that_it_was_replaced(more: Shop, app: Flask) -> None:
    requote(more)
    old, new = links(more)
    with pytest.raises(LinkGone, match="replaced by something newer"):
        open_link(old)
    assert open_link(new).subject_id == more.order_id
    page = app.test_client().get(f"/link/{old}")
    assert page.status_code == 404
    assert "replaced by something newer" in page.text
    page = app.test_client().get(f"/link/{new}")
    assert "More is needed: KES 31,552.00 instead of KES 27,028.00." in page.text
    assert "Compared with the offer before" in page.text
    assert "Lens flex cable" in page.text


def test_revisions_are_compared_line_by_line(more: Shop, sign_in: object) -> None:
    requote(more)
    with more.grace.acting():
        first, second = quotes_of(session().get_one(RepairOrder, more.order_id))
        assert [each.kind for each in compare(first, second)] == ["As before", "As before", "As before", "New"]
        assert [each.kind for each in compare(second, first)][-1] == "No longer"
        changed = [{**first.lines[0], "quantity": "2"}, *first.lines[1:]]
        first.lines = changed
        assert compare(first, second)[0].kind == "Changed"
        session().rollback()
    page = sign_in(more.grace).get(f"/repair_order/{more.order_id}")  # type: ignore[operator]
    assert f"{more.look('number')}-1" in page.text
    page = sign_in(more.grace).get(f"/repair_order/{more.order_id}/quotes/2")  # type: ignore[operator]
    assert "Compare with quote 1" in page.text
    page = sign_in(more.grace).get(f"/repair_order/{more.order_id}/quotes/2/with/1")  # type: ignore[operator]
    assert "What changed" in page.text
    assert "31,552.00" in page.text
    assert "27,028.00" in page.text
    assert sign_in(more.grace).get(f"/repair_order/{more.order_id}/quotes/9").status_code == 404  # type: ignore[operator]


def test_declined_it_is_finished_as_approved_before(more: Shop) -> None:
    requote(more)
    more.decide("decline", decline_reason="price")
    assert more.open == ["settle_declined"]
    more.do(more.grace, "settle_declined", decision="finish")
    assert more.open == ["repair"]
    assert more.look("total", "approved_revision") == (Decimal(27028), 1)
    assert [each[:2] for each in statuses(more)] == [(1, "approved"), (2, "declined")]
    more.finished()
    assert more.look("state") == "ready"


def test_declined_it_goes_back_for_the_inspection_fee(shop: Shop) -> None:
    shop.approved(inspection_fee=Decimal(1500))
    shop.do(shop.daniel, "repair", outcome="more", more_needed="The flex cable is torn")
    shop.quote([*shop.rows(), FLEX], inspection_fee=Decimal(1500))
    shop.decide("decline", decline_reason="price")
    shop.do(shop.grace, "settle_declined", decision="return")
    assert shop.look("state", "outcome", "total") == ("declined", "returned", Decimal(1740))
    assert shop.open == ["take_payment"]
    shop.do(shop.grace, "take_payment", tendered=Decimal(2000), handed_over=True)
    assert shop.look("state") == "returned_unrepaired"


def test_nobody_works_on_what_is_not_approved(shop: Shop) -> None:
    shop.approved()
    with pytest.raises(Invalid) as refused:
        shop.do(shop.daniel, "repair", work_done="All new", outcome="done", lines=[*shop.rows(), FLEX])
    assert "has not approved" in refused.value.fields["lines"]
    with pytest.raises(Invalid) as refused:
        shop.do(shop.daniel, "repair", outcome="more")
    assert set(refused.value.fields) == {"more_needed"}
    shop.repair()
    assert shop.look("repaired_by") == "Daniel Otieno"


def test_what_breaks_for_good_while_it_is_repaired(shop: Shop) -> None:
    shop.approved()
    shop.do(shop.daniel, "repair", outcome="unrepairable")
    assert shop.look("state") == "unrepairable"
    with pytest.raises(Invalid) as refused:
        shop.do(shop.grace, "settle_unrepairable", outcome="replaced")
    assert set(refused.value.fields) == {"replacement"}
    shop.do(shop.grace, "settle_unrepairable", outcome="replaced", replacement="Canon R8", replacement_serial="77")
    assert shop.open == ["hand_over"]
    shop.do(shop.grace, "hand_over", handed_over=True)
    assert shop.look("state", "outcome", "replacement_serial") == ("delivered", "replaced", "77")


def test_who_has_mail_and_phones_in_is_answered_at_the_counter(shop: Shop) -> None:
    shop.receive()
    shop.inspect()
    shop.quote(LINES)
    shop.do(shop.grace, "decide_quote", decision="accept", decline_note="Phoned at noon")
    assert shop.look("state") == "in_repair"
    assert statuses(shop) == [(1, "approved", "Grace Njeri")]
