"""Invitations: a colleague is asked by mail, opens the link, and is at work with what they were invited to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context
from erp.access import Member, require
from erp.config import settings
from erp.data import audit, tenancy
from erp.data.audit import Audited
from erp.data.base import repeated, session
from erp.data.organisation import Branch, Company, Tenant
from erp.data.tenancy import TenantScoped, key_to
from erp.documents import signed_links
from erp.documents.signed_links import LinkGone, SignedLink
from erp.errors import Conflict, Invalid, NotFound
from erp.i18n import _
from erp.mail import Mail
from erp.people import accounts, giving, letters, placing
from erp.people.letters import NotNeeded, Written

DAYS = 7
"""How long a link opens."""
PURPOSE = "invitation"
RIGHT = "member"


class Invitation(Audited, TenantScoped):
    """A colleague who was asked; what they will play and where is settled by who asks."""

    __tablename__ = "invitation"
    __table_args__ = (key_to("tenant_member", "member_id"), key_to("tenant_member", "invited_by_id"))
    name: Mapped[str] = mapped_column(sa.String(200))
    email: Mapped[str] = mapped_column(sa.String(320))
    language: Mapped[str] = mapped_column(sa.String(5))
    roles: Mapped[list[str]] = mapped_column(JSONB, default=list)
    """Keys of roles."""
    branches: Mapped[list[int]] = mapped_column(JSONB, default=list)
    """Branches they will be limited to; none for all."""
    invited_by: Mapped[str] = mapped_column(sa.String(200), default="")
    invited_by_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    member_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Who they are since they came."""
    sent_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    accepted_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    withdrawn_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer, be its link old or not."""
        return self.accepted_at is None and self.withdrawn_at is None


@dataclass(frozen=True)
class Wish:
    """Whom to invite, and to what."""

    name: str
    email: str
    roles: tuple[str, ...]
    language: str = "en"
    branches: tuple[int, ...] = ()


def waiting() -> list[Invitation]:
    """Invitations nobody has taken yet, the newest first."""
    require("list", RIGHT)
    is_open = sa.and_(Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
    return list(session().scalars(sa.select(Invitation).where(is_open).order_by(Invitation.id.desc()).limit(200)))


@repeated
def invite(wish: Wish) -> Invitation:
    """Ask a colleague by mail; an older invitation to the same address is replaced.

    Raises Forbidden for what the actor has not, or Invalid at `name`, `email`, `roles` or `branches`. Whether the
    address has an account makes no difference.
    """
    require("add", RIGHT)
    errors = accounts.checked_person(wish.name, wish.email, "xx")
    if not wish.roles:
        errors["roles"] = _("Choose at least one.")
    if errors:
        raise Invalid(fields=errors)
    giving.require_roles(wish.roles)
    there = set(session().scalars(sa.select(Branch.id)))
    limits = giving.require_branches(set(wish.branches), there, wish.roles)
    for older in waiting():
        if older.email.casefold() == wish.email.strip().casefold():
            _withdraw(older)
    now = clock.now()
    acting = context.current()
    found = Invitation(
        name=wish.name.strip()[:200], email=wish.email.strip(), language=wish.language, roles=sorted(set(wish.roles)),
        branches=sorted(limits), invited_by=acting.name, invited_by_id=acting.member_id, sent_at=now,
        expires_at=now + timedelta(days=DAYS),
    )  # fmt: skip
    session().add(found)
    session().flush()
    _send(found)
    return found


@repeated
def invite_all(wishes: Sequence[Wish]) -> list[Invitation]:
    """Ask several colleagues, all of them or none; raises Invalid at `email-2` for the address of the third."""
    made, errors = [], dict[str, str]()
    for place, wish in enumerate(wishes):
        try:
            made.append(invite(wish))
        except Invalid as error:
            errors |= {f"{name}-{place}": text for name, text in error.fields.items()}
    if errors:
        raise Invalid(fields=errors)
    return made


@repeated
def resend(invitation_id: int) -> Invitation:
    """Mail it again with a new link; the old link opens nothing any more."""
    found = _open(invitation_id)
    giving.require_roles(found.roles)
    found.sent_at = clock.now()
    found.expires_at = found.sent_at + timedelta(days=DAYS)
    session().flush()
    _send(found)
    return found


@repeated
def withdraw(invitation_id: int) -> Invitation:
    """Take it back: its link opens nothing any more."""
    found = _open(invitation_id)
    _withdraw(found)
    return found


def withdraw_all_of(member_id: int) -> None:
    """Take back what a member who leaves has asked for; rights are the caller's."""
    is_open = sa.and_(Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
    for found in session().scalars(sa.select(Invitation).where(is_open, Invitation.invited_by_id == member_id)):
        _withdraw(found)


def _open(invitation_id: int) -> Invitation:
    require("edit", RIGHT)
    found = session().get(Invitation, invitation_id, with_for_update=True, populate_existing=True)
    if found is None or not found.is_open:
        raise NotFound(_("This invitation is not open any more."))
    return found


def _withdraw(found: Invitation) -> None:
    found.withdrawn_at = clock.now()
    session().execute(
        sa.update(SignedLink)
        .where(SignedLink.purpose == PURPOSE, SignedLink.subject_id == found.id, SignedLink.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


# -- the link --------------------------------------------------------------------------------------------


def token_of(found: Invitation) -> str:
    """The token of the link that was mailed last; made anew from the secret each time, and kept nowhere."""
    parts = (PURPOSE, context.current().tenant_id, found.id, found.sent_at.isoformat())
    return signed_links.token_for(settings().secret_key, *parts)


def _send(found: Invitation) -> None:
    link = SignedLink(
        purpose=PURPOSE, subject=Invitation.__tablename__, subject_id=found.id, holder=found.name,
        language=found.language,
    )  # fmt: skip
    signed_links.issue(link, token=token_of(found), days=DAYS)
    letters.leave(letters.INVITATION, {"invitation": found.id, "sent_at": found.sent_at.isoformat()})


def write(request: Mapping[str, Any]) -> Written:
    """The mail of an invitation; raises NotNeeded once it is taken, withdrawn or sent anew."""
    found = session().get(Invitation, request["invitation"])
    if found is None or not found.is_open or found.sent_at.isoformat() != request["sent_at"]:
        raise NotNeeded
    company = session().get_one(Tenant, context.current().tenant_id).name
    with context.acting(language=found.language):
        text = _(
            "Hello %(name)s,\n\n%(who)s invites you to work at %(company)s in Millrace. Open this address, choose a "
            "user name and a password, and you are in:\n\n%(link)s\n\nIt opens for %(days)s days. If you do not know "
            "what this is about, do nothing.",
            name=found.name, who=found.invited_by, company=company, days=DAYS,
            link=f"{settings().address}/join/{token_of(found)}",
        )  # fmt: skip
        subject = _("%(who)s invites you to %(company)s", who=found.invited_by, company=company)
    return Written(Mail(found.email, subject, text, language=found.language, at=found.sent_at))


def opened(token: str) -> Invitation:
    """What a link invites to; enters its tenant in the invited person's name. Changes nothing; raises LinkGone."""
    grant = signed_links.open_link(token)
    if grant.purpose != PURPOSE:
        raise LinkGone
    acting = context.Context(
        tenant_id=grant.tenant_id,
        name=grant.holder,
        language=context.current().language,
        source="link",
        address=context.current().address,
    )
    tenancy.enter(acting)
    found = session().get(Invitation, grant.subject_id)
    tenant = session().get(Tenant, grant.tenant_id)
    if found is None or not found.is_open or tenant is None or tenant.status != "active":
        raise LinkGone
    return found


@repeated
def accept(token: str, username: str, password: str, again: str) -> int:
    """Take an invitation with a new account; returns the user.

    Raises LinkGone, or Invalid at `username`, `password` or `again`.
    """
    found = _taken(token)
    errors = accounts.checked_person(found.name, found.email, username)
    errors |= accounts.checked_password(password, again, username, found.email, found.name)
    if errors:
        raise Invalid(fields=errors)
    user_id = accounts.make(found.name, found.email, username, password)
    _join(found, user_id)
    return user_id


@repeated
def accept_as(token: str, user_id: int) -> None:
    """Take an invitation with the account one has; raises LinkGone, or Conflict for who belongs there already."""
    found = _taken(token)
    _join(found, user_id)


def _taken(token: str) -> Invitation:
    """The invitation, locked: whoever comes second finds it taken."""
    found = opened(token)
    session().refresh(found, with_for_update=True)
    if not found.is_open:
        raise LinkGone
    return found


def _join(found: Invitation, user_id: int) -> None:
    member = session().scalar(sa.select(Member).where(Member.user_id == user_id).with_for_update())
    if member is not None and member.is_active:
        raise Conflict(_("You work here already. Sign in instead."))
    if member is None:
        first = session().scalars(sa.select(Company).order_by(Company.id).limit(1)).one()
        place = session().scalar(sa.select(Branch.id).where(Branch.company_id == first.id).order_by(Branch.id).limit(1))
        member = Member(user_id=user_id, company_id=first.id, branch_id=place, name=found.name)
        session().add(member)
    member.is_active, member.language = True, found.language
    session().flush()
    known = giving.every()
    placing.set_roles(member, [key for key in found.roles if key in known])
    placing.set_branches(member, found.branches)
    found.accepted_at, found.member_id = clock.now(), member.id
    audit.note("joined", accounts.SUBJECT, member.id, invited_by=[None, found.invited_by])
