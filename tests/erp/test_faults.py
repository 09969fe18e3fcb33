"""What is told to Sentry, read from the wire: a stand-in of its server on a real socket."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

import pytest
import sentry_sdk

from erp import faults, mailbox
from erp.config import Settings
from erp.data.base import transaction
from erp.errors import SetupError
from erp.jobs import outbox, worker
from erp.jobs.models import Job
from erp.testing.pytest_plugin import Company, Person
from tests.erp.web.conftest import Browser, signed_in

__all__ = ["signed_in"]
PRIVATE = (
    "Amina",
    "Hassan",
    "553 218",
    "553218",
    "amina@example.com",
    "Error 20 said so",
    "s3cr3t",
    "millrace=",
    "Wanjiru",
)

TYPED = " ".join(PRIVATE[:6])
"""Values; what is written in the source itself is no secret, and the lines around an error are told."""


class Sentry:
    """Keeps the bytes it was sent, unpacked."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.came = threading.Event()
        sentry = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                packed = self.headers.get("Content-Encoding") == "gzip"
                sentry.bodies.append(str(self.headers) + (gzip.decompress(body) if packed else body).decode())
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_words: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def events(self) -> list[dict[str, Any]]:
        """What was told so far, once everything is on its way."""
        sentry_sdk.flush(10)
        lines = [line for body in self.bodies for line in body.splitlines() if line.startswith("{")]
        return [event for line in lines if "event_id" in (event := json.loads(line)) and "tags" in event]


def fails(*_given: object) -> None:
    """Hold values and break with them."""
    values = TYPED.split()
    raise ValueError(f"{values!r} {TYPED}")


@pytest.fixture
def sentry(settings: Settings) -> Iterator[Sentry]:
    stand_in = Sentry()
    stand_in.thread.start()
    faults.init(replace(settings, sentry_dsn=f"http://public@127.0.0.1:{stand_in.server.server_port}/7"))
    yield stand_in
    sentry_sdk.get_client().close(1)
    sentry_sdk.init(None)
    stand_in.server.shutdown()
    stand_in.thread.join()
    stand_in.server.server_close()


def test_an_error_on_a_page_leaves_without_anything_personal(
    sentry: Sentry, company: Company, signed_in: Callable[[Person], Browser]
):
    boss = company.person("TENANT_MANAGER", name="Wanjiru Kamau")
    member = signed_in(boss)
    member.get("/")
    with patch("erp.web.mails.require"), patch.object(mailbox, "page", side_effect=fails):
        page = member.get(
            f"/mailbox/?q={TYPED}", headers={"Authorization": "Bearer s3cr3t", "X-Forwarded-For": "10.1.2.3"}
        )
    assert page.status_code == 500
    (event,) = sentry.events()
    assert event["tags"]["request"] == page.headers["X-Request-ID"]
    assert event["tags"]["tenant"] == str(company.place.tenant_id)
    assert event["user"] == {"id": str(boss.user_id)}
    error = event["exception"]["values"][-1]
    assert error["type"] == "ValueError"
    assert "value" not in error
    assert error["stacktrace"]["frames"][-1]["function"] == "fails"
    assert event["logentry"] == {"message": "%s %s failed, reference %s"}
    whole = "".join(sentry.bodies)
    for secret in (*PRIVATE, "Savanna", member.token):
        assert secret not in whole, secret


def test_a_job_is_told_of_once_it_is_given_up(sentry: Sentry, company: Company):
    with patch.dict(worker.registry.handlers, {"test.breaks": fails}), company.person("Counter").acting():
        with transaction():
            row = Job(kind="test.breaks", key="a", request={"phone": "0700553218"}, max_attempts=1)
            outbox.put(row)
        worker.run(row.id)
    (event,) = sentry.events()
    told = {name: event["tags"][name] for name in ("job", "kind", "tenant")}
    assert told == {"job": str(row.id), "kind": "test.breaks", "tenant": str(company.place.tenant_id)}
    for secret in PRIVATE:
        assert secret not in "".join(sentry.bodies), secret


def test_what_users_do_wrong_is_nobodys_fault(sentry: Sentry, company: Company, signed_in: Callable[[Person], Browser]):
    member = signed_in(company.person("Counter"))
    assert member.get("/party/999999").status_code == 404
    assert member.client.post("/party/new", data={}).status_code == 400
    assert sentry.events() == []


def test_nothing_is_told_without_an_address_and_a_wrong_one_is_said(settings: Settings):
    faults.init(settings)
    assert getattr(sentry_sdk.get_client(), "transport", None) is None
    with pytest.raises(SetupError, match="SENTRY_DSN is not an address of Sentry"):
        faults.init(replace(settings, sentry_dsn="sentry.example.com"))
