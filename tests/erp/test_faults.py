"""What is told to Sentry, read from the wire: a stand-in of its server on a real socket."""

from __future__ import annotations

import gzip
import json
import logging
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
from erp.data import vault
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


SECRETS = {
    "secret_key": "sk_test_9f8e7d6c5b4a39281706",
    "webhook_secret": "whsec_0a1b2c3d4e5f60718293",
    "card": "4000002760003184",
    "card_in_groups": "4242 4242 4242 4242",
    "password": "correct-horse-battery-9",
    "email": "amina.hassan@example.com",
    "phone": "+254700553218",
}


def leaks(_claim: object) -> None:
    """Hold every secret and tell of it in each way a program, or one it uses, could."""
    held = dict(SECRETS)
    told = " ".join(held.values())
    sentry_sdk.add_breadcrumb(category="http", message=told, data=held)
    scope = sentry_sdk.get_isolation_scope()
    scope.set_user({"email": held["email"], "username": told})
    scope.set_context("request", held)
    scope.set_extra("body", told)
    scope.set_tag("card", held["card"])
    scope.set_transaction_name(f"/pay/{told}")
    scope.add_attachment(bytes=told.encode(), filename="body.txt")
    theirs = logging.getLogger("somebody.elses")
    theirs.error("sent with %s", told, extra=held)
    theirs.error(f"sent with {told}")
    logging.getLogger("erp.test").error("asked with %s", told, stack_info=True)
    try:
        raise KeyError(told)
    except KeyError as error:
        error.add_note(told)
        raise ConnectionError(f"{held!r} were refused: {told}") from error


def test_no_credential_card_password_or_address_leaves_whatever_broke(sentry: Sentry, company: Company):
    with patch.dict(worker.registry.handlers, {"test.leaks": leaks}), company.person("TENANT_MANAGER").acting():
        with transaction():
            vault.put("stripe", "secret_key", SECRETS["secret_key"])
            vault.put("stripe", "webhook_secret", SECRETS["webhook_secret"])
            row = Job(kind="test.leaks", key="a", request=SECRETS, max_attempts=1)
            outbox.put(row)
        worker.run(row.id)
    events = sentry.events()
    assert [event.get("logentry", {}).get("message") for event in events] == [
        "sent with %s", None, "asked with %s", "job %s (%s) attempt %s failed",
    ]  # fmt: skip
    assert [error["type"] for error in events[-1]["exception"]["values"]] == ["KeyError", "ConnectionError"]
    whole = "".join(sentry.bodies)
    for name, secret in SECRETS.items():
        assert secret not in whole, name
        assert secret.strip("+").replace(" ", "") not in whole, name


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
