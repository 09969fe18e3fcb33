"""Who belongs to a tenant: members, the roles they play, the branches they are limited to, roles a tenant made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Permission as FabPermission
from flask_appbuilder.security.sqla.models import PermissionView, Role, User, ViewMenu, assoc_permissionview_role
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp.data.audit import Audited
from erp.data.base import Base, session
from erp.data.tenancy import TenantScoped, key_to
from erp.i18n import N_, _

PLATFORM_ADMIN, OWNER, MANAGER, EMPLOYEE = "PLATFORM_ADMIN", "TENANT_OWNER", "TENANT_MANAGER", "TENANT_EMPLOYEE"
ANALYST = "TENANT_ANALYST"
STARTING_ROLES: Mapping[str, str] = {
    PLATFORM_ADMIN: "installation:list show edit",
    OWNER: "member:*, role:*, audit:list export, job:list show edit, setting:list show edit, field:*, "
    "message:list send, incident:list, translation:list edit, view:share, mailbox:list, session:list edit",
    MANAGER: "member:list show add edit, role:list, audit:list, job:list show edit, setting:list show, view:share, "
    "message:list send, incident:list, mailbox:list, session:list edit, process:list show",
    ANALYST: "process:list show edit publish migrate",
    EMPLOYEE: "",
}
"""Roles every tenant starts with; plugins add to them. The owner has every right inside the tenant besides."""
ROLE_NAMES = {
    PLATFORM_ADMIN: N_("Platform administrator"),
    OWNER: N_("Owner"),
    MANAGER: N_("Manager"),
    ANALYST: N_("Analyst"),
    EMPLOYEE: N_("Employee"),
}
"""What people call the roles every tenant starts with; others go by their own name."""
OWN = "own:"
"""Begins the key of a role a tenant made."""


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
    phone: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")
    language: Mapped[str] = mapped_column(sa.String(5), default="en")
    calendar: Mapped[str] = mapped_column(sa.String(10), default="", server_default="")
    """`gregorian` or `jalali`; empty for the usual one of the language."""
    theme: Mapped[str] = mapped_column(sa.String(10), default="")
    is_active: Mapped[bool] = mapped_column(default=True)


class MemberRole(TenantScoped):
    """A shipped role a member plays."""

    __tablename__ = "member_role"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "member_id", "role_id"), key_to("tenant_member", "member_id"))
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    role_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_role.id"))


class RoleRights(Base):
    """A mark of all a shipped role gives: who was told its rights under this mark need not be told them again."""

    __tablename__ = "role_rights"
    role_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_role.id", ondelete="CASCADE"), primary_key=True)
    mark: Mapped[str] = mapped_column(sa.String(64))


class BranchManager(Audited, TenantScoped):
    """Who manages a branch: one member, if any. No column of the branch, which members are tied to in turn."""

    __tablename__ = "branch_manager"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "branch_id"),
        key_to("branch", "branch_id"),
        key_to("tenant_member", "member_id"),
    )
    is_part = True
    branch_id: Mapped[int] = mapped_column(sa.BigInteger)
    member_id: Mapped[int] = mapped_column(sa.BigInteger)

    def audit_subject(self) -> tuple[str, int, str]:
        """Filed under the branch."""
        return "branch", self.branch_id, ""


class MemberBranch(TenantScoped):
    """A branch a member is limited to; who has none reaches all of them."""

    __tablename__ = "member_branch"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "member_id", "branch_id"),
        key_to("tenant_member", "member_id"),
        key_to("branch", "branch_id"),
    )
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    branch_id: Mapped[int] = mapped_column(sa.BigInteger)


class OwnRole(Audited, TenantScoped):
    """A role a tenant made by ticking rights; other tenants neither see nor collide with it."""

    __tablename__ = "own_role"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "name"),)
    name: Mapped[str] = mapped_column(sa.String(80))
    note: Mapped[str] = mapped_column(sa.String(400), default="")
    rights: Mapped[list[list[str]]] = mapped_column(JSONB, default=list)
    """[verb, type] pairs."""
    lanes: Mapped[list[str]] = mapped_column(JSONB, default=list)
    """Shipped roles whose lanes it plays."""

    @property
    def key(self) -> str:
        """How rules, invitations and grants name it."""
        return f"{OWN}{self.id}"


class MemberOwnRole(TenantScoped):
    """A role of the tenant's own a member plays."""

    __tablename__ = "member_own_role"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "member_id", "own_role_id"),
        key_to("tenant_member", "member_id"),
        key_to("own_role", "own_role_id"),
    )
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    own_role_id: Mapped[int] = mapped_column(sa.BigInteger, index=True)


class AccessRule(Audited, TenantScoped):
    """A rule that narrows what a role gives: on rows of a type that keep these conditions only."""

    __tablename__ = "access_rule"
    __table_args__ = (sa.Index("access_rule_role", "tenant_id", "role", "document_type"),)
    role: Mapped[str] = mapped_column(sa.String(80))
    document_type: Mapped[str] = mapped_column(sa.String(60))
    verb: Mapped[str] = mapped_column(sa.String(10))
    """`show` or `edit`."""
    conditions: Mapped[list[list[Any]]] = mapped_column(JSONB, default=list)
    """[field, operator, value] of each; all must hold."""


def role_name(role: str) -> str:
    """What people call a shipped role, in their language."""
    return _(ROLE_NAMES.get(role, role))


def players(role: str) -> sa.Select[int]:
    """Ids of the members who play a shipped role's lane, by itself or by a role of the tenant's own."""
    shipped = sa.select(MemberRole.member_id).join(Role, Role.id == MemberRole.role_id).where(Role.name == role)
    own = (
        sa.select(MemberOwnRole.member_id)
        .join(OwnRole, OwnRole.id == MemberOwnRole.own_role_id)
        .where(OwnRole.lanes.contains([role]))
    )
    return shipped.union(own)  # type: ignore[return-value] # a union of selects is one


def members_with(role: str) -> list[Member]:
    """The tenant's active members who play a role, by name."""
    statement = sa.select(Member).where(Member.id.in_(players(role)), Member.is_active).order_by(Member.name)
    return list(session().scalars(statement))


def colleagues(most: int) -> list[Member]:
    """The tenant's active members, by name."""
    return list(
        session().scalars(sa.select(Member).where(Member.is_active).order_by(Member.name, Member.id).limit(most))
    )


def plays(member_id: int, role: str) -> bool:
    """Whether a member plays a role's lane."""
    own = sa.select(Member.id).where(Member.id == member_id, Member.is_active, Member.id.in_(players(role)))
    return session().scalar(own) is not None


def colleagues_who_may(verb: str, type_name: str, text: str = "", most: int = 20) -> list[Member]:
    """The tenant's active members whose roles give them this right, by name; `text` is a part of the name."""
    shipped = (
        sa.select(MemberRole.member_id)
        .join(assoc_permissionview_role, assoc_permissionview_role.c.role_id == MemberRole.role_id)
        .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .join(FabPermission, FabPermission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(FabPermission.name == f"can_{verb}", ViewMenu.name == type_name)
    )
    own = (
        sa.select(MemberOwnRole.member_id)
        .join(OwnRole, OwnRole.id == MemberOwnRole.own_role_id)
        .where(OwnRole.rights.contains([[verb, type_name]]))
    )
    statement = sa.select(Member).where(Member.id.in_(shipped.union(own)), Member.is_active)
    if text:
        statement = statement.where(Member.name.icontains(text, autoescape=True))
    return list(session().scalars(statement.order_by(Member.name, Member.id).limit(most)))


def address_of(member_id: int) -> str:
    """The e-mail address of a member of the acting tenant, '' where there is none."""
    statement = sa.select(User.email).join(Member, Member.user_id == User.id).where(Member.id == member_id)
    return session().scalar(statement) or ""


def member_of(user_id: int) -> int | None:
    """The membership of a person in the acting tenant, while it is active."""
    return session().scalar(sa.select(Member.id).where(Member.user_id == user_id, Member.is_active))


def roles_played() -> list[str]:
    """Names of the shipped roles somebody plays in the actor's tenant."""
    statement = sa.select(Role.name).join(MemberRole, MemberRole.role_id == Role.id).distinct().order_by(Role.name)
    return list(session().scalars(statement))
