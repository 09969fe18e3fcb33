"""The customer decides on a quote by the link in the mail: on a phone, without signing in, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from erp import session
from tests.erp.web.conftest import Browser, Quote

Truth = Callable[..., list]


def test_the_page_shows_the_quote_and_changes_nothing(browser: Browser, quote: Quote):
    page = browser.get(quote.link)
    assert page.status_code == 200
    assert "Canon EOS R6" in page.text
    assert "Lens mount ring" in page.text
    assert "24,128.00" in page.text
    assert 'value="accept"' in page.text
    assert 'value="decline"' in page.text
    assert quote.tasks() == ["decide_quote"]


def test_every_opening_is_logged(browser: Browser, quote: Quote, truth: Truth):
    browser.get(quote.link)
    browser.get(quote.link)
    rows = truth(
        "select actor, source from audit_entry where kind = 'opened_link' and subject_id = :id", id=quote.order_id
    )
    assert [tuple(row) for row in rows] == [("Amina Hassan (link)", "link")] * 2


def test_the_customer_accepts_and_the_process_goes_on(browser: Browser, quote: Quote, truth: Truth):
    browser.get(quote.link)
    answer = browser.post(quote.link, {"decision": "accept"})
    assert answer.status_code == 303
    assert "Thank you" in browser.get(quote.link).text
    assert "decide_quote" not in quote.tasks()
    (row,) = truth(
        "select closed_by from workflow_task where element = 'decide_quote' and document_id = :id", id=quote.order_id
    )
    assert row.closed_by == "Amina Hassan (link)"


def test_a_second_answer_is_told_who_answered_and_when(browser: Browser, quote: Quote, truth: Truth):
    browser.get(quote.link)
    browser.post(quote.link, {"decision": "accept"})
    again = browser.post(quote.link, {"decision": "decline"})
    assert again.status_code == 409
    assert "Thank you. Your answer has reached us" in again.text
    (row,) = truth("select decline_reason from repair_order where id = :id", id=quote.order_id)
    assert row.decline_reason is None


def test_declining_keeps_the_reason(browser: Browser, quote: Quote, truth: Truth):
    browser.get(quote.link)
    browser.post(quote.link, {"decision": "decline", "decline_reason": "price", "decline_note": "Sorry"})
    (row,) = truth("select decline_reason, decline_note from repair_order where id = :id", id=quote.order_id)
    assert tuple(row) == ("price", "Sorry")


def test_an_answer_that_does_not_fit_is_kept_and_explained(browser: Browser, quote: Quote):
    browser.get(quote.link)
    page = browser.post(
        quote.link, {"decision": "decline", "decline_reason": "nonsense", "decline_note": "Too late for me"}
    )
    assert page.status_code == 422
    assert "Choose one of the list" in page.text
    assert "Too late for me" in page.text
    assert quote.tasks() == ["decide_quote"]


def test_without_the_token_of_the_page_nothing_is_answered(browser: Browser, quote: Quote):
    assert browser.client.post(quote.link, data={"decision": "accept"}).status_code == 400
    assert quote.tasks() == ["decide_quote"]


def test_a_changed_quote_cannot_be_accepted_by_the_old_link(browser: Browser, quote: Quote, truth: Truth):
    browser.get(quote.link)
    truth_changes(quote)
    page = browser.post(quote.link, {"decision": "accept"})
    assert page.status_code == 409
    assert "replaced by a newer one" in page.text
    assert "replaced by a newer one" in browser.get(quote.link).text
    assert quote.tasks() == ["decide_quote"]


def truth_changes(quote: Quote) -> None:
    """Somebody adds a line after the mail went out."""
    from erp.data.base import transaction
    from erp.documents.types import document_type

    with quote.owner.acting(source="system"), transaction():
        order = session().get_one(document_type("repair_order").cls, quote.order_id)
        order.lines[0].unit_price = 9000
        order.recompute()


@pytest.mark.parametrize("token", ["nothing", "0" * 48, "a" * 400, "..%2f..", "%00"])
def test_an_unknown_link_says_so_and_no_more(browser: Browser, quote: Quote, token: str):
    page = browser.get(f"/link/{token}")
    assert page.status_code == 404
    assert "Canon" not in page.text


def test_a_revoked_or_expired_link_is_gone(browser: Browser, quote: Quote, database: str):
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(
            text("update signed_link set expires_at = now() - interval '1 s' where subject_id = :id"),
            {"id": quote.order_id},
        )
    engine.dispose()
    page = browser.get(quote.link)
    assert page.status_code == 404
    assert "expired or was replaced" in page.text


def test_the_link_opens_nothing_else(browser: Browser, quote: Quote):
    browser.get(quote.link)
    for address in (f"/repair_order/{quote.order_id}", "/inbox/", "/mailbox/", "/"):
        assert browser.get(address).status_code in {302, 404}
    assert browser.get(f"{quote.link}/file/999999").status_code == 404


def test_only_the_prints_the_link_names_may_be_read(browser: Browser, quote: Quote, database: str, truth: Truth):
    (paper,) = truth("select id from file where owner = 'repair_order' and owner_id = :id", id=quote.order_id)
    assert f"{quote.link}/file/{paper.id}" in browser.get(quote.link).text
    answer = browser.get(f"{quote.link}/file/{paper.id}")
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("update signed_link set scope = scope - 'files'"))
    engine.dispose()
    assert f"{quote.link}/file/{paper.id}" not in browser.get(quote.link).text
    assert browser.get(f"{quote.link}/file/{paper.id}").status_code == 404


def test_the_page_speaks_the_customers_language_and_can_be_switched(browser: Browser, quote: Quote):
    assert 'lang="en"' in browser.get(quote.link).text
    browser.post("/settings/language", {"language": "fa", "next": quote.link})
    page = browser.get(quote.link)
    assert 'lang="fa" dir="rtl"' in page.text
    assert "۲۴٬۱۲۸٫۰۰" in page.text


def test_openings_are_limited_for_a_link_and_guesses_for_an_address(app: Flask, quote: Quote):
    client, elsewhere = app.test_client(), {"REMOTE_ADDR": "198.51.100.4"}
    codes = [client.get(f"/link/guess{turn}").status_code for turn in range(31)]
    assert codes == [404] * 30 + [429]
    assert client.get(quote.link).status_code == 429
    codes = [client.get(quote.link, environ_base=elsewhere).status_code for _turn in range(101)]
    assert codes == [200] * 100 + [429]


def test_two_answers_at_once_count_as_one(browser: Browser, quote: Quote, app: Flask, truth: Truth):
    from concurrent.futures import ThreadPoolExecutor

    browsers = [Browser(app.test_client()) for _turn in range(4)]
    for each in browsers:
        each.get(quote.link)
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda each: each.post(quote.link, {"decision": "accept"}).status_code, browsers))
    assert sorted(codes) == [303, 409, 409, 409]


def test_an_order_of_a_suspended_company_is_not_shown(browser: Browser, quote: Quote, database: str):
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(
            text("update tenant set status = 'suspended' where id = :id"), {"id": quote.owner.place.tenant_id}
        )
    engine.dispose()
    assert browser.get(quote.link).status_code == 404
