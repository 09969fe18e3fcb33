"""The mailbox's pages: what customers would have been sent, while no mail server is set."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_appbuilder import BaseView, expose

from erp import context, mailbox
from erp.access import require
from erp.data import files
from erp.errors import NotFound
from erp.i18n import _
from erp.mailbox import MailMessage
from erp.web.files import sent
from erp.web.shapes import FileRow, MailboxView, MailRow, MailView


class Mailbox(BaseView):
    """List and single mails."""

    route_base = "/mailbox"
    default_view = "list"

    @expose("/")
    def list(self) -> Any:
        """The newest mails first."""
        require("list", mailbox.PERMISSION)
        before = request.args.get("before", "")
        rows, after = mailbox.page(int(before) if before.isdecimal() and len(before) <= 18 else None)
        view = MailboxView(
            rows=[MailRow(row.subject, row.to, row.at, f"/mailbox/{row.id}", row.about) for row in rows],
            note=_("No mail server is set, so mail to customers is kept here instead of being sent."),
            next_url=f"/mailbox/?before={after}" if after else "",
        )
        return self.render_template("millrace/mailbox.html", view=view)

    @expose("/<int:mail_id>")
    def show(self, mail_id: int) -> Any:
        """One mail with its attachments."""
        require("list", mailbox.PERMISSION)
        mail = mailbox.get(mail_id)
        view = MailView(
            subject=mail.subject,
            sender=mail.sender,
            to=mail.to,
            at=mail.at,
            text=mail.text,
            attachments=[_attachment(mail, place) for place in range(len(mail.attachments))],
            back_url="/mailbox/",
            message_id=mail.message_id,
        )
        return self.render_template("millrace/mail.html", view=view)

    @expose("/<int:mail_id>/file/<int:place>")
    def file(self, mail_id: int, place: int) -> Response:
        """An attachment as it would have been sent."""
        require("list", mailbox.PERMISSION)
        mail = mailbox.get(mail_id)
        if place >= len(mail.attachments):
            raise NotFound
        kept = mail.attachments[place]
        content = files.read(context.current().tenant_id or 0, str(kept["sha256"]))
        return sent(content, str(kept["name"]), str(kept["media_type"]))


def _attachment(mail: MailMessage, place: int) -> FileRow:
    kept = mail.attachments[place]
    return FileRow(str(kept["name"]), f"/mailbox/{mail.id}/file/{place}", int(kept["size"]), at=mail.at)
