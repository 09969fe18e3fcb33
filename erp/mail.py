"""Mail: one message made the same way every time, handed to an SMTP server or left for the mailbox page."""

from __future__ import annotations

import base64
import hashlib
import re
import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from erp import clock
from erp.config import Settings
from erp.errors import ErpError

TIMEOUT = 20
"""Seconds a mail server may be silent."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class MailRefused(ErpError):
    """The mail cannot be delivered: the receiving server refused it for good."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "mail_refused"


class MailUnavailable(ErpError):
    """The mail server cannot be reached or is busy; trying again later may help."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "mail_unavailable"


class Attachment(NamedTuple):
    """A file of a mail."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True)
class Mail:
    """A mail to one person, with everything that makes it the same when it is sent again."""

    to: str
    """`name@example.com`, or `Amina Hassan <name@example.com>`."""
    subject: str
    text: str
    html: str = ""
    attachments: Sequence[Attachment | tuple[str, bytes, str]] = ()
    """(name, content, media type) of each."""
    message_id: str = ""
    """From `message_id_for`; receivers drop a second mail with the same one."""
    language: str = "en"
    at: datetime | None = None
    """Its date: the moment the step was done, the same however often it is sent; None for now."""

    def as_json(self) -> dict[str, Any]:
        """What a job keeps; `from_json` reads it back."""
        return {
            "to": self.to,
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "attachments": [
                {"name": name, "media_type": media_type, "content": base64.b64encode(content).decode()}
                for name, content, media_type in self.attachments
            ],
            "message_id": self.message_id,
            "language": self.language,
            "at": self.at.isoformat() if self.at else None,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Mail:
        """The mail a job kept."""
        attachments = tuple(
            Attachment(each["name"], base64.b64decode(each["content"]), each["media_type"])
            for each in kept.get("attachments") or ()
        )
        at = kept.get("at")
        return cls(
            to=kept["to"],
            subject=kept["subject"],
            text=kept["text"],
            html=kept.get("html", ""),
            attachments=attachments,
            message_id=kept.get("message_id", ""),
            language=kept.get("language", "en"),
            at=datetime.fromisoformat(at) if at else None,
        )


def message_id_for(key: str, settings: Settings) -> str:
    """The Message-ID of the mail with this key: always the same, and telling nothing of the key."""
    digest = hashlib.blake2b(key.encode(), key=settings.secret_key.encode()[:64], digest_size=20).hexdigest()
    return f"<{digest}@{_address(settings.mail_from).domain}>"


def deliver(mail: Mail, settings: Settings, *, keep: Callable[[EmailMessage], object] | None = None) -> dict[str, Any]:
    """Hand the mail to the SMTP server; raises MailRefused (final) or MailUnavailable (try again).

    Without a server nothing is sent: `keep` is given the message and the answer is `{"delivered": "mailbox"}`.
    """
    message = compose(mail, settings)
    message_id = str(message["Message-ID"])
    if not settings.smtp_url:
        if keep is not None:
            keep(message)
        return {"delivered": "mailbox", "message_id": message_id}
    try:
        server = _connect(settings.smtp_url)
    except (smtplib.SMTPException, OSError) as error:
        raise MailUnavailable(detail={"reason": _reason(error)}) from error
    try:
        server.send_message(message)
    except smtplib.SMTPNotSupportedError as error:
        raise MailRefused(detail={"reason": str(error)}) from error
    except (smtplib.SMTPException, OSError) as error:
        refused = _is_final(error)
        raise (MailRefused if refused else MailUnavailable)(detail={"reason": _reason(error)}) from error
    finally:
        # The mail is accepted or refused by now; how the connection ends changes nothing about that.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
    return {"delivered": "smtp", "message_id": message_id}


# -- the message -----------------------------------------------------------------------------------------


def compose(mail: Mail, settings: Settings) -> EmailMessage:
    """The message; the same mail gives the same bytes. Raises MailRefused when the address is none."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(settings.mail_from)
    message["To"] = _address(mail.to)
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = format_datetime(mail.at or clock.now())
    message["Message-ID"] = mail.message_id or message_id_for(repr(mail), settings)
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    for name, content, media_type in mail.attachments:
        kind, _slash, subtype = media_type.partition("/")
        message.add_attachment(content, maintype=kind, subtype=subtype or "octet-stream", filename=_one_line(name))
    seed = hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()[:24]
    for place, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{seed}_{place}")
    return message


def _one_line(text: str) -> str:
    """The text without anything that could begin another header."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ", text).split())


def _address(text: str) -> Address:
    """The address with its name; raises MailRefused for several, for none and for anything crooked."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise MailRefused(f"“{_one_line(text)}” is not one e-mail address.")
    found = getaddresses([text])
    name, plain = found[0] if len(found) == 1 else ("", "")
    local, at, domain = plain.rpartition("@")
    if (
        not at
        or not local
        or not re.fullmatch(r"[^@\s<>(),;:\"\[\]\\]+", local)
        or not re.fullmatch(r"[\w.-]+", domain)
    ):
        raise MailRefused(f"“{text}” is not one e-mail address.")
    try:
        return Address(name, local, domain.encode("idna").decode())
    except ValueError as error:
        raise MailRefused(f"“{text}” is not one e-mail address.") from error


# -- the server ------------------------------------------------------------------------------------------


def _connect(smtp_url: str) -> smtplib.SMTP:
    """A server ready to take mail: encrypted whenever it can be, signed in when the URL has a user."""
    url = urlsplit(smtp_url)
    host, trusted = url.hostname or "localhost", ssl.create_default_context()
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT, context=trusted)
    else:
        server = smtplib.SMTP(host, url.port or 25, timeout=TIMEOUT)
    try:
        server.ehlo_or_helo_if_needed()
        encrypted = url.scheme == "smtps"
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=trusted)
            server.ehlo()
            encrypted = True
        if url.username:
            _sign_in(server, unquote(url.username), unquote(url.password or ""), private=encrypted or host in LOOPBACK)
    except BaseException:
        server.close()
        raise
    return server


def _sign_in(server: smtplib.SMTP, user: str, password: str, *, private: bool) -> None:
    if not private:
        raise smtplib.SMTPException("The mail server offers no encryption; the password was not sent.")
    server.login(user, password)


def _is_final(error: Exception) -> bool:
    """Whether the server refused sender, recipient or content with a 5xx answer."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def _reason(error: Exception) -> str:
    """What the server said, in one line."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = [f"{code} {_said(text)}" for code, text in error.recipients.values()]
        return _one_line("; ".join(answers))[:500]
    if isinstance(error, smtplib.SMTPResponseException):
        return _one_line(f"{error.smtp_code} {_said(error.smtp_error)}")[:500]
    return _one_line(str(error) or type(error).__name__)[:500]


def _said(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
