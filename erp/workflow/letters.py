"""Letter: a mail to somebody outside, in three phases like every call; a plugin says to whom and what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from erp import clock, context
from erp.data import files
from erp.data.files import File
from erp.documents.fields import Field, Kind
from erp.i18n import _l
from erp.mail import Attachment, Mail, MailRefused
from erp.mailbox import deliver
from erp.workflow.actions import Call
from erp.workflow.errors import ProcessError

REFUSED = "mail_refused"
"""The error a diagram catches when an address does not take the mail."""


class Letter(Call):
    """A mail about a document; `mail_refused` is raised when the address does not take it."""

    correctable = (
        Field("to", Kind.EMAIL, _l("Address"), required=True),
        Field("subject", label=_l("Subject"), required=True, length=200),
    )

    def address(self) -> str:
        """Where it goes."""
        raise NotImplementedError

    def language(self) -> str:
        """Its language: the reader's."""
        raise NotImplementedError

    def about(self) -> str:
        """Number of the document it is about."""
        raise NotImplementedError

    def content(self) -> tuple[str, str]:
        """Subject and text; asked in the letter's language."""
        raise NotImplementedError

    def attachments(self) -> list[File]:
        """Kept files that go with it."""
        return []

    def request(self) -> dict[str, Any]:
        """The whole mail as it will be sent, however often that is tried."""
        language = self.language()
        with context.acting(language=language):
            subject, text = self.content()
        return {
            "tenant_id": context.current().tenant_id,
            "to": self.address(),
            "subject": subject,
            "text": text,
            "language": language,
            "about": self.about(),
            "at": clock.now().isoformat(),
            "attachments": [
                {"name": each.name, "sha256": each.sha256, "media_type": each.media_type} for each in self.attachments()
            ],
        }

    def send(self, request: dict[str, Any], key: str) -> dict[str, Any]:
        """Hand it to the mail server; a repeat carries the same Message-ID, which servers drop."""
        attached = [
            Attachment(each["name"], files.read(request["tenant_id"], each["sha256"]), each["media_type"])
            for each in request["attachments"]
        ]
        mail = Mail(
            request["to"],
            request["subject"],
            request["text"],
            attachments=attached,
            language=request["language"],
            at=datetime.fromisoformat(request["at"]),
        )
        try:
            return dict(deliver(mail, key, about=request["about"]))
        except MailRefused as error:
            raise ProcessError(REFUSED, error.message) from error
