"""The messages tab: what colleagues said about a document, and the reminders that are open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from erp import clock, context
from erp.comments import messages, reminders
from erp.comments.messages import LONGEST, Comment, Piece
from erp.comments.reminders import NOTE, FollowUp
from erp.errors import Invalid
from erp.forms.inputs import Choice, Input
from erp.i18n import _, format_date, input_date, local, parse_date
from erp.screens import words
from erp.screens.heads import DocumentHead, Opened, head
from erp.web.shapes import Face

COLLEAGUES = 200
"""Names a choice offers."""


@dataclass(frozen=True)
class Message:
    """One message; `change_url` while its writer may put it right."""

    id: int
    pieces: Sequence[Piece]
    text: str
    who: str
    face: Face
    at: datetime
    is_edited: bool = False
    is_removed: bool = False
    change_url: str = ""
    error: str = ""
    """Why what was typed to put it right is refused; `text` is what was typed."""


@dataclass(frozen=True)
class Reminder:
    """An open reminder."""

    note: str
    who: str
    by: str
    due: str
    late: bool
    done_url: str


@dataclass(frozen=True)
class MessagesPage:
    """millrace/messages.html."""

    head: DocumentHead
    url: str
    reminders_url: str
    messages: Sequence[Message]
    reminders: Sequence[Reminder]
    fields: Sequence[Input]
    """Of a new reminder."""
    asks: bool
    """Whether the form of a new reminder stands open: something in it was refused."""
    most: int = LONGEST
    text: str = ""
    error: str = ""
    colleagues_url: str = ""
    next_url: str = ""


@dataclass(frozen=True)
class ReminderTyped:
    """What was typed into the form of a reminder, with what is wrong there."""

    member: str = ""
    due_on: str = ""
    note: str = ""
    errors: Mapping[str, str] | None = None

    @classmethod
    def of(cls, form: Mapping[str, str]) -> ReminderTyped:
        """What a browser sent."""
        return cls(form.get("member", ""), form.get("due_on", ""), form.get("note", ""))

    @property
    def member_id(self) -> int:
        """The chosen colleague, 0 for none."""
        return int(self.member) if self.member.isdecimal() and len(self.member) <= 18 else 0

    def day(self) -> date | None:
        """The typed day, None when empty; raises Invalid at `due_on`."""
        try:
            return parse_date(self.due_on) if self.due_on.strip() else None
        except ValueError as error:
            raise Invalid(fields={"due_on": str(error)}) from error

    def refused(self, refusal: Invalid) -> ReminderTyped:
        """The same with what is wrong."""
        return replace(self, errors=refusal.fields or {"note": refusal.message})


def messages_page(
    it: Opened, *, before: int | None = None, typed: str = "", error: str = "", changing: int = 0,
    reminder: ReminderTyped | None = None,
) -> MessagesPage:  # fmt: skip
    """The tab; `typed` and `error` are of the message that was refused, `changing` names it if it was there before."""
    url = f"{it.url}/messages"
    found, following = messages.page(it.type.name, it.row.id, before=before)
    shown = [_message(each, url) for each in found]
    if changing:
        shown = [replace(each, text=typed, error=error) if each.id == changing else each for each in shown]
    return MessagesPage(
        head=head(it, "messages"),
        url=url,
        reminders_url=f"{it.url}/reminders",
        messages=shown,
        reminders=[_reminder(each, it.url) for each in reminders.open_of(it.type.name, it.row.id)],
        fields=_asked(it, reminder or ReminderTyped()),
        asks=reminder is not None,
        text="" if changing else typed,
        error="" if changing else error,
        colleagues_url=f"{it.url}/colleagues",
        next_url=f"{url}?before={following}" if following else "",
    )


def _message(comment: Comment, url: str) -> Message:
    return Message(
        id=comment.id,
        pieces=messages.pieces(comment),
        text=comment.text,
        who=comment.author,
        face=words.face_of(comment.author, me=context.current().name),
        at=comment.at,
        is_edited=comment.edited_at is not None,
        is_removed=comment.removed_at is not None,
        change_url=f"{url}/{comment.id}" if comment.is_changeable else "",
    )


def _reminder(row: FollowUp, url: str) -> Reminder:
    me = context.current().member_id
    return Reminder(
        note=row.note,
        who=_("You") if row.member_id == me else row.member,
        by="" if row.made_by_id == row.member_id else row.made_by,
        due=format_date(row.due_on),
        late=row.due_on < local(clock.now()).date(),
        done_url=f"{url}/reminders/{row.id}",
    )


def _asked(it: Opened, typed: ReminderTyped) -> list[Input]:
    errors, acting = typed.errors or {}, context.current()
    choices = [Choice(str(acting.member_id), _("Me"))]
    choices += [Choice(str(each.id), each.name) for each in messages.colleagues(it.type.name, most=COLLEAGUES)]
    tomorrow = input_date(local(clock.now()).date() + timedelta(days=1))
    return [
        Input(
            "member", _("Who"), "choice", typed.member or str(acting.member_id), required=True, choices=choices,
            error=errors.get("member", ""),
        ),
        Input(
            "due_on", _("On"), "date", typed.due_on or ("" if errors else tomorrow), required=True,
            error=errors.get("due_on", ""), hint=_("Year-month-day; it comes at 8 in the morning."),
        ),
        Input("note", _("What about"), "text", typed.note, error=errors.get("note", ""), wide=True, max_length=NOTE),
    ]  # fmt: skip
