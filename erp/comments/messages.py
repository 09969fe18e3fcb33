"""Messages about a document: said by whoever may see it, put right for a short while, never about anything unseen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context, operations
from erp.access import Member, colleagues_who_may
from erp.data.base import repeated, session
from erp.data.tenancy import TenantScoped, key_to
from erp.documents.base import Record
from erp.documents.types import declared
from erp.errors import Conflict, Forbidden, Invalid, NotFound
from erp.i18n import _
from erp.notifications import may_see, notify

LONGEST = 4000
"""Letters of one message."""
CHANGEABLE = timedelta(minutes=15)
"""How long one's own message may be put right or taken back."""
SHOWN = 50
MENTION = re.compile(r"(?<![\w@])@(?=\S)")


class Comment(TenantScoped):
    """A message about a document; one taken back keeps its place and loses its text."""

    __tablename__ = "comment"
    __table_args__ = (
        key_to("tenant_member", "member_id"),
        sa.Index("comment_subject", "tenant_id", "subject", "subject_id", "id"),
    )
    subject: Mapped[str] = mapped_column(sa.String(60))
    subject_id: Mapped[int] = mapped_column(sa.BigInteger)
    text: Mapped[str] = mapped_column(sa.Text())
    mentions: Mapped[list[list[Any]]] = mapped_column(JSONB, default=list)
    """[member id, name as it stands in the text] of each."""
    member_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Empty when a program said it."""
    author: Mapped[str] = mapped_column(sa.String(200))
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    edited_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    removed_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))

    @property
    def is_changeable(self) -> bool:
        """Whether the acting member may still put it right or take it back."""
        own = self.member_id is not None and self.member_id == context.current().member_id
        return own and self.removed_at is None and clock.now() - self.at < CHANGEABLE


@dataclass(frozen=True)
class Piece:
    """A part of a message's text; `name` marks a mention."""

    text: str
    is_mention: bool = False


@repeated
def add(type_name: str, row_id: int, text: str) -> Comment:
    """Say something about a document one may see; whoever is named with @ and may see it too is told."""
    row = operations.get(type_name, row_id)
    acting = context.current()
    said = checked(text)
    mentions = _mentioned(type_name, row_id, said)
    comment = Comment(
        subject=type_name, subject_id=row_id, text=said, member_id=acting.member_id, author=acting.name,
        mentions=[[member.id, member.name] for member in mentions],
    )  # fmt: skip
    session().add(comment)
    session().flush()
    _tell(comment, row, {member.id for member in mentions})
    return comment


@repeated
def change(comment_id: int, text: str) -> Comment:
    """Put one's own message right while that is possible; who is named newly is told."""
    comment, row = _own(comment_id)
    said = checked(text)
    mentions = _mentioned(comment.subject, comment.subject_id, said)
    known = {member_id for member_id, _name in comment.mentions}
    comment.text, comment.edited_at = said, clock.now()
    comment.mentions = [[member.id, member.name] for member in mentions]
    _tell(comment, row, {member.id for member in mentions} - known)
    return comment


@repeated
def take_back(comment_id: int) -> Comment:
    """Take one's own message back while that is possible; its place stays, empty."""
    comment, _row = _own(comment_id)
    comment.text, comment.mentions, comment.removed_at = "", [], clock.now()
    return comment


def get(comment_id: int) -> Comment:
    """A message of a document the actor may see; raises NotFound."""
    comment = session().get(Comment, comment_id)
    if comment is None or comment.subject not in declared():
        raise NotFound
    operations.get(comment.subject, comment.subject_id)
    return comment


def _own(comment_id: int) -> tuple[Comment, Record]:
    comment = get(comment_id)
    session().refresh(comment, with_for_update=True)
    if comment.member_id is None or comment.member_id != context.current().member_id:
        raise Forbidden(_("Only who wrote a message may change it."))
    if not comment.is_changeable:
        minutes = int(CHANGEABLE.total_seconds() // 60)
        raise Conflict(_("A message can be changed for %(minutes)s minutes; write another one.", minutes=minutes))
    return comment, operations.get(comment.subject, comment.subject_id)


def page(type_name: str, row_id: int, *, before: int | None = None, most: int = SHOWN) -> tuple[list[Comment], int]:
    """Messages about a document, the newest first, and the id the next page is asked with (0 on the last)."""
    statement = sa.select(Comment).where(Comment.subject == type_name, Comment.subject_id == row_id)
    if before is not None:
        statement = statement.where(Comment.id < before)
    found = list(session().scalars(statement.order_by(Comment.id.desc()).limit(most + 1)))
    return found[:most], found[most - 1].id if len(found) > most else 0


def counted(type_name: str, row_id: int) -> sa.ScalarSelect[int]:
    """How many messages a document has; a part of a larger statement."""
    return (
        sa.select(sa.func.count(Comment.id))
        .where(Comment.subject == type_name, Comment.subject_id == row_id, Comment.removed_at.is_(None))
        .scalar_subquery()
    )


def pieces(comment: Comment) -> list[Piece]:
    """The text with its mentions told apart."""
    names = sorted({f"@{name}" for _member_id, name in comment.mentions}, key=len, reverse=True)
    if not names:
        return [Piece(comment.text)]
    parted = re.split(f"({'|'.join(map(re.escape, names))})", comment.text)
    return [Piece(part, part in names) for part in parted if part]


def colleagues(type_name: str, text: str = "", most: int = 20) -> list[Member]:
    """Whom a message about documents of this type may name, by a part of their name."""
    able = colleagues_who_may("show", type_name, text, most + 1)
    return [each for each in able if each.id != context.current().member_id][:most]


def checked(text: str, longest: int = LONGEST, field: str = "text") -> str:
    """The text as it is kept; raises Invalid at its field when empty, too long or of no use."""
    said = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n"))
    if not said:
        raise Invalid(fields={field: _("Write something first.")})
    if len(said) > longest:
        raise Invalid(fields={field: _("This is longer than %(most)s letters.", most=longest)})
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", said):
        raise Invalid(fields={field: _("This text holds characters that cannot be stored.")})
    return said


def _mentioned(type_name: str, row_id: int, text: str) -> list[Member]:
    """The colleagues named with @ who may see the document; the longest name that fits counts."""
    if not MENTION.search(text):
        return []
    everybody = session().scalars(sa.select(Member).where(Member.is_active))
    longest_first = sorted(everybody, key=lambda each: len(each.name), reverse=True)
    found: dict[int, Member] = {}
    for place in MENTION.finditer(text):
        rest = text[place.end() :].casefold()
        name = next((each.name for each in longest_first if _begins(rest, each.name.casefold())), None)
        found |= {each.id: each for each in longest_first if name is not None and each.name == name}
    return [each for each in found.values() if may_see(each.id, (type_name, row_id))]


def _begins(text: str, name: str) -> bool:
    after = text[len(name) : len(name) + 1]
    return bool(name) and text.startswith(name) and not (after.isalnum() or after == "_")


def _tell(comment: Comment, row: Record, members: set[int]) -> None:
    for member_id in sorted(members):
        notify(
            member_id, "mentioned", subject=(comment.subject, comment.subject_id),
            url=f"/{comment.subject}/{comment.subject_id}/messages#message-{comment.id}",
            key=f"mentioned:{comment.id}", who=comment.author, document=row.called, excerpt=excerpt(comment.text),
        )  # fmt: skip


def excerpt(text: str, most: int = 160) -> str:
    """The beginning of a text in one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
