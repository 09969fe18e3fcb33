"""Mail: made the same way each time, delivered to a real server, and clear about what may be tried again."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from urllib.parse import quote

import pytest

from erp.config import Settings
from erp.mail import Attachment, Mail, MailRefused, MailUnavailable, compose, deliver, message_id_for
from erp.testing.smtp import PASSWORD

SETTINGS = Settings(secret_key="a secret", mail_from="Nairobi Camera House <shop@example.com>")
QUOTE = Mail(
    to="Amina Hassan <amina@example.org>",
    subject="Your quotation RO-2026-00042",
    text="Dear Amina,\nyour camera is repaired for KES 27,028.00.\n",
    html="<p>Dear Amina</p>",
    attachments=(Attachment("quotation.pdf", b"%PDF-1.4 x", "application/pdf"),),
    message_id=message_id_for("quote:42:1", SETTINGS),
    at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
)


class Simulator:
    """The SMTP simulator in a process of its own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "erp.testing.smtp", "0"], stdout=subprocess.PIPE, text=True
        )
        self.smtp_url, self.admin = self.process.stdout.readline().split()
        self.settings = replace(SETTINGS, smtp_url=self.smtp_url)

    def ask(self, path: str, body: dict | None = None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self.admin + path, data, timeout=5) as answer:
            return json.load(answer)

    def held(self, mail: Mail):
        try:
            return self.ask(f"/messages/{quote(mail.message_id, safe='')}")
        except urllib.error.HTTPError as error:
            error.close()
            return None

    def fault(self, fault: str, **more: float) -> None:
        self.ask("/faults", {"fault": fault, **more})

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(5)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def server():
    simulator = Simulator()
    yield simulator
    simulator.stop()


@pytest.fixture(autouse=True)
def clean(request: pytest.FixtureRequest):
    if "server" in request.fixturenames:
        request.getfixturevalue("server").ask("/forget", {})


def test_a_mail_reaches_the_server(server: Simulator):
    assert deliver(QUOTE, server.settings) == {"delivered": "smtp", "message_id": QUOTE.message_id}
    held = server.held(QUOTE)
    assert held["recipients"] == ["amina@example.org"]
    assert held["sender"] == "shop@example.com"
    assert held["subject"] == "Your quotation RO-2026-00042"
    assert held["text"].replace("\r\n", "\n") == QUOTE.text
    assert held["attachments"] == ["quotation.pdf"]


def test_a_lost_answer_is_tried_again_and_arrives_once(server: Simulator):
    server.fault("lose_answer")
    with pytest.raises(MailUnavailable):
        deliver(QUOTE, server.settings)
    deliver(QUOTE, server.settings)
    assert len(server.ask("/messages")) == 1
    assert server.held(QUOTE)["times"] == 2


def test_a_refused_recipient_is_final(server: Simulator):
    server.fault("refuse")
    with pytest.raises(MailRefused) as refused:
        deliver(QUOTE, server.settings)
    assert refused.value.detail == {"reason": "550 5.1.1 No such mailbox here"}
    assert server.held(QUOTE) is None


def test_a_busy_server_is_tried_again(server: Simulator):
    server.fault("busy")
    with pytest.raises(MailUnavailable) as busy:
        deliver(QUOTE, server.settings)
    assert busy.value.detail == {"reason": "451 4.3.2 Try again later"}
    assert deliver(QUOTE, server.settings)["delivered"] == "smtp"


def test_a_silent_server_is_given_up_in_time(server: Simulator, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("erp.mail.TIMEOUT", 0.3)
    server.fault("delay", seconds=1)
    with pytest.raises(MailUnavailable):
        deliver(QUOTE, server.settings)


def test_no_server_at_all_is_tried_again():
    with pytest.raises(MailUnavailable):
        deliver(QUOTE, replace(SETTINGS, smtp_url="smtp://127.0.0.1:9"))


def test_signing_in(server: Simulator):
    url = server.smtp_url.replace("//", f"//shop%40example.com:{PASSWORD.decode()}@")
    assert deliver(QUOTE, replace(SETTINGS, smtp_url=url))["delivered"] == "smtp"
    with pytest.raises(MailUnavailable):
        deliver(QUOTE, replace(SETTINGS, smtp_url=url.replace(PASSWORD.decode(), "wrong")))


def test_persian_mails_arrive_as_written(server: Simulator):
    mail = replace(QUOTE, to="امینه <amina@example.org>", subject="پیش‌فاکتور شما", text="سلام امینه\n", language="fa")
    deliver(mail, server.settings)
    held = server.held(mail)
    assert (held["subject"], held["text"].strip()) == ("پیش‌فاکتور شما", "سلام امینه")


def test_without_a_server_mail_goes_to_the_mailbox():
    kept = []
    assert deliver(QUOTE, SETTINGS, keep=kept.append) == {"delivered": "mailbox", "message_id": QUOTE.message_id}
    assert str(kept[0]["To"]) == "Amina Hassan <amina@example.org>"


def test_the_same_mail_is_the_same_bytes():
    assert (
        compose(QUOTE, SETTINGS).as_bytes()
        == compose(Mail.from_json(json.loads(json.dumps(QUOTE.as_json()))), SETTINGS).as_bytes()
    )


def test_message_ids_are_stable_and_say_nothing():
    first = message_id_for("quote:42:1", SETTINGS)
    assert first == message_id_for("quote:42:1", SETTINGS)
    assert first != message_id_for("quote:42:2", SETTINGS)
    assert first != message_id_for("quote:42:1", replace(SETTINGS, secret_key="another"))
    assert first.endswith("@example.com>")
    assert "42" not in first.split("@")[0] or len(first) > 40


@pytest.mark.parametrize("text", ["Hello\r\nBcc: evil@example.org", "Hello\nX: y", "Hello\x00\u2028x"])
def test_a_subject_cannot_add_headers(text: str):
    mail = replace(QUOTE, subject=text, attachments=(Attachment(f"{text}.pdf", b"x", "application/pdf"),))
    message = message_from_bytes(compose(mail, SETTINGS).as_bytes(), policy=policy.default)
    assert message["Bcc"] is None
    assert message["X"] is None
    assert str(message["Subject"]).startswith("Hello")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "amina",
        "a@b@c",
        "a@b.c, d@e.f",
        "a@b.c\r\nBcc: x@y.z",
        "Amina <a@b.c> <d@e.f>",
        "a b@c.d",
        "@example.org",
        "a@",
        "<>",
    ],
)
def test_a_crooked_address_is_refused(address: str):
    with pytest.raises(MailRefused):
        compose(replace(QUOTE, to=address), SETTINGS)


def test_a_domain_with_foreign_letters_is_written_in_ascii():
    assert str(compose(replace(QUOTE, to="a@büro.example"), SETTINGS)["To"]) == "a@xn--bro-hoa.example"


def test_a_password_is_not_sent_to_a_stranger_in_the_clear(server: Simulator, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("erp.mail.LOOPBACK", frozenset())
    url = server.smtp_url.replace("//", f"//shop:{PASSWORD.decode()}@")
    with pytest.raises(MailUnavailable) as unsent:
        deliver(QUOTE, replace(SETTINGS, smtp_url=url))
    assert "password was not sent" in unsent.value.detail["reason"]
