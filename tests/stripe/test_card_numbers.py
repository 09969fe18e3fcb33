"""No request to us ever holds a card's number: a customer pays in a browser, and all that reached us is looked through."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from erp import card_numbers, config, create, session
from erp.errors import Invalid
from erp.testing.pytest_plugin import Company
from plugins.parties.models import Party
from tests.stripe.conftest import ASKS, DECLINED, VISA, Judge, Till, _Quiet


class Recorder:
    """Our application, with everything that is sent to it written down."""

    def __init__(self, app: Flask) -> None:
        self.app, self.seen = app, []

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        heads = [
            f"{name}={value}" for name, value in environ.items() if name.startswith(("HTTP_", "CONTENT", "REQUEST"))
        ]
        self.seen.append(
            "\n".join([environ["PATH_INFO"], environ["QUERY_STRING"], *heads, body.decode(errors="replace")])
        )
        return self.app(environ, start)


@pytest.fixture
def recorded(app: Flask, judge: Judge) -> Iterator[Recorder]:
    """Our application on a socket of its own; customers' links lead there."""
    recorder = Recorder(app)
    server = make_server("127.0.0.1", 0, recorder, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    config.use(replace(config.settings(), base_url=f"http://127.0.0.1:{server.server_port}"))
    yield recorder
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_payment_in_the_browser_brings_us_no_number(till: Till, recorded: Recorder, chromium: Browser) -> None:
    base = config.settings().address
    till.judge.tells(
        till.account, till.webhook_url.replace(till.webhook_url.split("/hooks")[0], base), till.webhook_secret
    )
    page = chromium.new_page()
    page.goto(base + till.asks())
    page.wait_for_url("**/pay/cs_test_*")
    for card in (DECLINED, ASKS):
        page.fill("[name=number]", card)
        page.fill("[name=cvc]", "123")
        page.click("button")
    page.click("button[value=fail]")
    page.fill("[name=number]", VISA)
    page.click("button")
    page.wait_for_url(f"{base}/pay/*")
    till.work()
    page.reload()
    assert "is paid" in page.content()
    page.close()
    assert any("/hooks/" in request for request in recorded.seen)
    assert any("back=paid" in request for request in recorded.seen)
    assert [request for request in recorded.seen if card_numbers.holds_card_number(request)] == []


def test_a_number_somebody_types_into_a_note_is_neither_kept_nor_logged(
    company: Company, sign_in: Any, caplog: pytest.LogCaptureFixture
) -> None:
    boss = company.person("TENANT_OWNER", "Counter")
    page: FlaskClient = sign_in(boss)
    with boss.acting():
        with pytest.raises(Invalid) as refused:
            create("party", {"name": "Amina", "note": f"Pays with {VISA}, exp 12/34"})
        assert "card's number" in refused.value.fields["note"]
        # a phone's IMEI keeps the same check digit and is no card
        assert create("party", {"name": "Amina", "note": "IMEI 356938035643809"}).id
        assert session().query(Party).count() == 1
    with caplog.at_level(logging.WARNING):
        logging.getLogger("erp.test").warning("typed %s and %s", VISA, VISA.replace(" ", "-"))
        page.get(f"/party/?q={VISA}")
    assert caplog.messages[0] == f"typed {card_numbers.MASK} and {card_numbers.MASK}"
    assert not card_numbers.holds_card_number(caplog.text)
