"""The addresses of what stands around a document: messages, reminders, related documents, putting away."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import Response, flash, jsonify, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response as BaseResponse

from erp import context, operations
from erp.comments import messages, reminders
from erp.comments.messages import Comment
from erp.data.base import session
from erp.documents import archiving
from erp.errors import Invalid, NotFound
from erp.i18n import _, format_date
from erp.screens.guard import allowed
from erp.screens.heads import Opened
from erp.screens.messages import ReminderTyped, messages_page
from erp.screens.related import related_page

Answer = Response | BaseResponse | str | tuple[str, int]


class AroundPages(BaseView):
    """Part of every document view."""

    type_name: ClassVar[str] = ""

    def opened(self, row_id: int) -> Opened:
        """The document; the document view says how."""
        raise NotImplementedError

    # -- messages -----------------------------------------------------------------------------------------

    @expose("/<int:row_id>/messages", methods=("GET", "POST"))
    @allowed("show")
    def messages(self, row_id: int) -> Answer:
        """What was said; a post says something."""
        it = self.opened(row_id)
        if request.method != "POST":
            return self._messages(it)
        text = request.form.get("text", "")
        try:
            said = messages.add(self.type_name, row_id, text)
        except Invalid as refusal:
            return self._messages(it, typed=text, error=refusal.fields.get("text", refusal.message))
        return redirect(f"{it.url}/messages#message-{said.id}")

    def _messages(self, it: Opened, **more: Any) -> tuple[str, int]:
        before = request.args.get("before", "")
        at = int(before) if before.isdecimal() and len(before) <= 18 else None
        page = messages_page(it, before=at, **more)
        return render_template("millrace/messages.html", view=page), 422 if more else 200

    @expose("/<int:row_id>/messages/<int:comment_id>", methods=("POST",))
    @allowed("show")
    def message(self, row_id: int, comment_id: int) -> Answer:
        """Put one's own message right, or take it back."""
        it = self.opened(row_id)
        self._of(it, session().get(Comment, comment_id))
        if request.form.get("do") == "take_back":
            messages.take_back(comment_id)
            flash(_("Taken back."), "success")
            return redirect(f"{it.url}/messages")
        text = request.form.get("text", "")
        try:
            messages.change(comment_id, text)
        except Invalid as refusal:
            error = refusal.fields.get("text", refusal.message)
            return self._messages(it, typed=text, error=error, changing=comment_id)
        return redirect(f"{it.url}/messages#message-{comment_id}")

    @expose("/<int:row_id>/colleagues")
    @allowed("show")
    def colleagues(self, row_id: int) -> Answer:
        """Whom a message here may name, as JSON."""
        operations.get(self.type_name, row_id)
        found = messages.colleagues(self.type_name, request.args.get("q", "").strip()[:100])
        return jsonify({"results": [{"id": str(each.id), "text": each.name} for each in found]})

    # -- reminders ----------------------------------------------------------------------------------------

    @expose("/<int:row_id>/reminders", methods=("POST",))
    @allowed("show")
    def reminders(self, row_id: int) -> Answer:
        """Set a reminder."""
        it = self.opened(row_id)
        typed = ReminderTyped.of(request.form)
        try:
            made = reminders.add(self.type_name, row_id, member_id=typed.member_id, due_on=typed.day(), note=typed.note)
        except Invalid as refusal:
            return self._messages(it, reminder=typed.refused(refusal))
        day, is_mine = format_date(made.due_on), made.member_id == context.current().member_id
        told = _("You will be reminded on %(day)s.", day=day)
        flash(told if is_mine else _("%(who)s will be reminded on %(day)s.", who=made.member, day=day), "success")
        return redirect(f"{it.url}/messages")

    @expose("/<int:row_id>/reminders/<int:reminder_id>", methods=("POST",))
    @allowed("show")
    def reminder(self, row_id: int, reminder_id: int) -> Answer:
        """Say that a reminder is done."""
        it = self.opened(row_id)
        self._of(it, session().get(reminders.FollowUp, reminder_id))
        reminders.finish(reminder_id)
        flash(_("Done."), "success")
        return redirect(f"{it.url}/messages")

    def _of(self, it: Opened, row: Any) -> None:
        """Raise NotFound unless the row is about this document."""
        if row is None or (row.subject, row.subject_id) != (it.type.name, it.row.id):
            raise NotFound

    # -- related, put away --------------------------------------------------------------------------------

    @expose("/<int:row_id>/related")
    @allowed("show")
    def related(self, row_id: int) -> Answer:
        """What this leads to and what leads here."""
        return render_template("millrace/related.html", view=related_page(self.opened(row_id)))

    @expose("/<int:row_id>/archive", methods=("POST",))
    @allowed("edit")
    def archive(self, row_id: int) -> Answer:
        """Put a record away."""
        row = archiving.put_away(self.type_name, row_id)
        flash(_("%(name)s is put away: lists and pickers no longer offer it.", name=row.title), "success")
        return redirect(f"/{self.type_name}/{row_id}")

    @expose("/<int:row_id>/unarchive", methods=("POST",))
    @allowed("edit")
    def unarchive(self, row_id: int) -> Answer:
        """Take it back."""
        row = archiving.take_back(self.type_name, row_id)
        flash(_("%(name)s is back in lists and pickers.", name=row.title), "success")
        return redirect(f"/{self.type_name}/{row_id}")
