"""The members of a company: who they are, what they play, where they work; changed here and written into history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User

from erp.access import OWNER, Member, require, seen_as
from erp.access.members import players
from erp.context import Context
from erp.data import audit
from erp.data.base import repeated, session
from erp.errors import Conflict, NotFound
from erp.i18n import _
from erp.people import accounts, giving
from erp.people.accounts import SUBJECT
from erp.people.invitations import withdraw_all_of
from erp.people.placing import branches, branches_of, roles_of, set_branches, set_roles
from erp.sessions import UserSession

RIGHT = "member"
MOST = 1000


@dataclass(frozen=True)
class Colleague:
    """A member as their page shows them."""

    id: int
    user_id: int
    name: str
    username: str
    email: str
    is_active: bool
    roles: tuple[str, ...]
    """Keys of shipped and own roles."""
    branches: frozenset[int]
    """Branches they are limited to; none for all."""
    branch_id: int | None
    last_seen: datetime | None


def all_of() -> list[Colleague]:
    """Every member of the company, those who left last; six statements."""
    require("list", RIGHT)
    statement = sa.select(Member, User.username, User.email, User.last_login).join(User, User.id == Member.user_id)
    rows = session().execute(statement.order_by(Member.is_active.desc(), Member.name, Member.id).limit(MOST)).all()
    return _read([(row[0], row[1], row[2], row[3]) for row in rows])


def one(member_id: int) -> Colleague:
    """A member; raises NotFound."""
    require("list", RIGHT)
    statement = sa.select(Member, User.username, User.email, User.last_login).join(User, User.id == Member.user_id)
    row = session().execute(statement.where(Member.id == member_id)).first()
    if row is None:
        raise NotFound
    return _read([(row[0], row[1], row[2], row[3])])[0]


def _read(rows: Sequence[tuple[Member, str, str, datetime | None]]) -> list[Colleague]:
    ids = [member.id for member, *_more in rows]
    roles, limits, seen = roles_of(ids), branches_of(ids), _seen([member.user_id for member, *_more in rows])
    return [
        Colleague(
            member.id, member.user_id, member.name, username, email, member.is_active, roles.get(member.id, ()),
            limits.get(member.id, frozenset()), member.branch_id,
            seen.get(member.user_id) or (None if came is None else came.replace(tzinfo=UTC)),
        )
        for member, username, email, came in rows
    ]  # fmt: skip


def _seen(user_ids: Collection[int]) -> Mapping[int, datetime]:
    """{user: when they last did anything here}."""
    newest = sa.func.max(UserSession.last_seen_at)
    statement = sa.select(UserSession.user_id, newest).where(UserSession.user_id.in_(user_ids))
    return {row[0]: row[1] for row in session().execute(statement.group_by(UserSession.user_id))}


def acting_as(member: Member | Colleague) -> Context | None:
    """What a colleague acts with when they come in; None once they have left."""
    return seen_as(member.user_id, source="web")


# -- changes ---------------------------------------------------------------------------------------------


@repeated
def change(member_id: int, roles: Collection[str], limited_to: Collection[int], branch_id: int | None = None) -> None:
    """Give a member these roles and branches, and no others.

    Raises Forbidden for what the actor has not, Conflict when no owner would be left, Invalid, NotFound.
    """
    member = _locked(member_id)
    before = set(roles_of([member_id]).get(member_id, ()))
    giving.require_roles(before ^ set(roles))
    _require_reach(member)
    wanted = giving.require_branches(limited_to, branches(), roles)
    if OWNER in before and OWNER not in roles:
        _require_other_owner(member_id)
    set_roles(member, roles)
    set_branches(member, wanted, branch_id)


@repeated
def end(member_id: int) -> None:
    """End a membership: whoever it was is out at their next request. Raises Forbidden, Conflict, NotFound."""
    member = _locked(member_id)
    _require_reach(member)
    if not member.is_active:
        return
    if OWNER in roles_of([member_id]).get(member_id, ()):
        _require_other_owner(member_id)
    member.is_active = False
    withdraw_all_of(member_id)
    audit.note("changed", SUBJECT, member_id, is_active=[True, False])


@repeated
def take_back(member_id: int) -> None:
    """Let a former member in again, as they were. Raises Forbidden when that is more than the actor may give."""
    member = _locked(member_id)
    roles = roles_of([member_id]).get(member_id, ())
    giving.require_roles(roles)
    giving.require_branches(branches_of([member_id]).get(member_id, frozenset()), branches(), roles)
    if not member.is_active:
        member.is_active = True
        audit.note("changed", SUBJECT, member_id, is_active=[False, True])


@repeated
def mail_reset(member_id: int) -> None:
    """Mail a colleague a link to a new password; whoever asks for it neither sees nor sets it."""
    member = _locked(member_id)
    if not member.is_active:
        raise NotFound
    accounts.send_reset(member.user_id)
    audit.note("reset_asked", SUBJECT, member_id)


def _locked(member_id: int) -> Member:
    require("edit", RIGHT)
    found = session().get(Member, member_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(_("There is no such colleague."))
    return found


def _require_reach(member: Member) -> None:
    if (theirs := acting_as(member)) is not None:
        giving.require_reach(theirs)


def _require_other_owner(member_id: int) -> None:
    """Two owners who leave at once meet at this lock: one of them stays."""
    owners = sa.select(Member.id).where(Member.id.in_(players(OWNER)), Member.is_active).order_by(Member.id)
    if not set(session().scalars(owners.with_for_update())) - {member_id}:
        raise Conflict(_("Nobody else owns this company. Make a colleague an owner first."))
