"""Members, their roles, and the one question `can()`; roles hang on the membership in a tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Permission as FabPermission
from flask_appbuilder.security.sqla.models import PermissionView, Role, User, ViewMenu, assoc_permissionview_role
from sqlalchemy.orm import Mapped, mapped_column

from erp import context, sessions
from erp.data.base import session, system
from erp.data.organisation import Branch, Tenant
from erp.data.tenancy import CHECKED, TenantScoped, enter, key_to
from erp.errors import Forbidden
from erp.i18n import N_, _
from erp.sessions import Proof, UserSession

TRUSTED = frozenset({"system", "demo", "job"})
"""Ways in that checked their right when the work was left behind."""
VERBS = ("list", "show", "add", "edit", "export", "import")
CUSTOMER = N_("Customer")
"""The lane of whoever holds a signed link; no member plays it."""
PLATFORM_ADMIN, OWNER, MANAGER, EMPLOYEE = "PLATFORM_ADMIN", "TENANT_OWNER", "TENANT_MANAGER", "TENANT_EMPLOYEE"
STARTING_ROLES: Mapping[str, str] = {
    PLATFORM_ADMIN: "installation:list show edit",
    OWNER: "member:*, role:*, audit:list export, job:list show edit, setting:list show edit, field:*, "
    "translation:list edit, view:share, mailbox:list, session:list edit",
    MANAGER: "member:list show, audit:list, job:list show edit, setting:list show, view:share, mailbox:list, "
    "session:list edit",
    EMPLOYEE: "",
}
"""Roles every tenant starts with; plugins add to them. The owner has every right inside the tenant besides."""
ROLE_NAMES = {
    PLATFORM_ADMIN: N_("Platform administrator"),
    OWNER: N_("Owner"),
    MANAGER: N_("Manager"),
    EMPLOYEE: N_("Employee"),
}
"""What people call the roles every tenant starts with; others go by their own name."""


class Member(TenantScoped):
    """A person's membership in a tenant, with the place they work at and how they like to read."""

    __tablename__ = "tenant_member"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "user_id"),
        key_to("company", "company_id"),
        key_to("branch", "branch_id"),
    )
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    company_id: Mapped[int] = mapped_column(sa.BigInteger)
    branch_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    name: Mapped[str] = mapped_column(sa.String(200))
    language: Mapped[str] = mapped_column(sa.String(5), default="en")
    theme: Mapped[str] = mapped_column(sa.String(10), default="")
    is_active: Mapped[bool] = mapped_column(default=True)


class MemberRole(TenantScoped):
    """A role a member plays."""

    __tablename__ = "member_role"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "member_id", "role_id"), key_to("tenant_member", "member_id"))
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    role_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_role.id"))


def role_name(role: str) -> str:
    """What people call a role, in their language."""
    return _(ROLE_NAMES.get(role, role))


@dataclass(frozen=True)
class Place:
    """A tenant the person may switch to."""

    tenant_id: int
    name: str


def can(verb: str, type_name: str) -> bool:
    """Whether the actor may do this to documents of this type."""
    acting = context.current()
    return acting.source in TRUSTED or (verb, type_name) in acting.permissions


def require(verb: str, type_name: str) -> None:
    """Raise Forbidden unless the actor may."""
    if not can(verb, type_name):
        raise Forbidden(_("You may not do this: your roles do not allow it."))


def has_role(role: str) -> bool:
    """Whether the actor plays a role, which is also a lane's name."""
    acting = context.current()
    return acting.source in TRUSTED or role in acting.roles


def enter_as(
    user_id: int, tenant_id: int | None, *, source: str, language: str = "", proof: Proof | None = None
) -> context.Context | None:
    """Act as a user in the wished tenant, else in their first one; None when they belong to none that is active.

    With a `proof` it is None too when that shows no open session of theirs.
    """
    nobody = replace(context.NOBODY, source=source, address=context.current().address)
    if tenant_id is None:
        enter(replace(nobody, user_id=user_id))
        tried = (enter_as(user_id, each, source=source, language=language) for each in _tenants_of(user_id))
        return next((acting for acting in tried if acting is not None), None)
    enter(replace(nobody, user_id=user_id, tenant_id=tenant_id))
    member = _membership(user_id, tenant_id, proof)
    if member is None:
        # whoever does not belong there must not stay there either
        enter(nobody)
        return None
    roles, permissions = _rights(member.id)
    acting = replace(
        context.current(),
        member_id=member.id,
        company_id=member.company_id,
        branch_id=member.branch_id,
        name=member.name,
        language=language or member.language,
        timezone=member.timezone or "UTC",
        plan=member.plan,
        session_id=None if proof is None else member.session_id,
        roles=roles,
        permissions=permissions,
    )
    context.enter(acting)
    if proof is not None:
        sessions.seen(member.session_id, member.kind, member.begun_at, member.last_seen_at)
    return acting


def _tenants_of(user_id: int) -> list[int]:
    """Where the person is a member, the oldest membership first; some may be suspended."""
    member = Member.__table__
    statement = sa.select(member.c.tenant_id).where(member.c.user_id == user_id, member.c.is_active)
    return [row.tenant_id for row in _checked(statement.order_by(member.c.id))]


def _membership(user_id: int, tenant_id: int, proof: Proof | None) -> Any:
    """The member, and the session that is shown, in one statement."""
    member, branch, tenant, user = Member.__table__, Branch.__table__, Tenant.__table__, User.__table__
    statement = (
        sa.select(
            member.c.id, member.c.company_id, member.c.branch_id, member.c.name, member.c.language, branch.c.timezone,
            tenant.c.plan,
        )
        .select_from(
            member.join(user, sa.and_(user.c.id == member.c.user_id, user.c.active))
            .join(tenant, sa.and_(tenant.c.id == member.c.tenant_id, tenant.c.status == "active"))
            .outerjoin(branch, sa.and_(branch.c.tenant_id == member.c.tenant_id, branch.c.id == member.c.branch_id))
        )
        .where(member.c.user_id == user_id, member.c.tenant_id == tenant_id, member.c.is_active)
    )  # fmt: skip
    if proof is not None:
        row = UserSession.__table__.c
        shown = (row.id.label("session_id"), row.kind, row.begun_at, row.last_seen_at)
        statement = statement.add_columns(*shown).where(sessions.is_open(member.c.user_id, proof))
    return _checked(statement).first()


def _rights(member_id: int) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """(role names, (verb, type) pairs) in one statement."""
    played, grants = MemberRole.__table__, assoc_permissionview_role
    statement = (
        sa.select(Role.name, FabPermission.name, ViewMenu.name)
        .select_from(played)
        .join(Role, Role.id == played.c.role_id)
        .outerjoin(grants, grants.c.role_id == Role.id)
        .outerjoin(PermissionView, PermissionView.id == grants.c.permission_view_id)
        .outerjoin(FabPermission, FabPermission.id == PermissionView.permission_id)
        .outerjoin(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(played.c.member_id == member_id)
    )
    rows = _checked(statement).all()
    pairs = {(verb.removeprefix("can_"), view) for _role, verb, view in rows if verb and verb.startswith("can_")}
    return frozenset(role for role, _verb, _view in rows), frozenset(pairs)


def _checked(statement: Any) -> Any:
    """Run a statement on membership tables: row-level security narrows it to the user or the tenant."""
    return session().connection().execute(statement, execution_options={CHECKED: True})


def places() -> list[Place]:
    """The tenants the acting user may switch to."""
    member, tenant = Member.__table__, Tenant.__table__
    own = context.current()
    statement = sa.select(member.c.tenant_id).where(member.c.user_id == own.user_id, member.c.is_active)
    ids = [row.tenant_id for row in _checked(statement)]
    if len(ids) < 2:
        return []
    with system() as current:
        active = sa.and_(tenant.c.id.in_(ids), tenant.c.status == "active")
        rows = current.execute(sa.select(tenant.c.id, tenant.c.name).where(active).order_by(tenant.c.name))
        return [Place(row.id, row.name) for row in rows]


def members_with(role: str) -> list[Member]:
    """The tenant's active members who play a role, by name."""
    statement = (
        sa.select(Member)
        .join(MemberRole, MemberRole.member_id == Member.id)
        .join(Role, Role.id == MemberRole.role_id)
        .where(Role.name == role, Member.is_active)
        .order_by(Member.name)
    )
    return list(session().scalars(statement))


def colleagues_who_may(verb: str, type_name: str, text: str = "", most: int = 20) -> list[Member]:
    """The tenant's active members whose roles give them this right, by name; `text` is a part of the name."""
    statement = (
        sa.select(Member)
        .join(MemberRole, MemberRole.member_id == Member.id)
        .join(assoc_permissionview_role, assoc_permissionview_role.c.role_id == MemberRole.role_id)
        .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .join(FabPermission, FabPermission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(FabPermission.name == f"can_{verb}", ViewMenu.name == type_name, Member.is_active)
        .distinct()
        .order_by(Member.name, Member.id)
        .limit(most)
    )
    if text:
        statement = statement.where(Member.name.icontains(text, autoescape=True))
    return list(session().scalars(statement))


def address_of(member_id: int) -> str:
    """The e-mail address of a member of the acting tenant, '' where there is none."""
    statement = sa.select(User.email).join(Member, Member.user_id == User.id).where(Member.id == member_id)
    return session().scalar(statement) or ""


def member_of(user_id: int) -> int | None:
    """The membership of a person in the acting tenant, while it is active."""
    return session().scalar(sa.select(Member.id).where(Member.user_id == user_id, Member.is_active))


def roles_played() -> list[str]:
    """Names of the roles somebody plays in the actor's tenant."""
    statement = sa.select(Role.name).join(MemberRole, MemberRole.role_id == Role.id).distinct().order_by(Role.name)
    return list(session().scalars(statement))
