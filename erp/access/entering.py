"""From a user and a tenant to who is acting: membership, roles, branches and rules, read in one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Permission as FabPermission
from flask_appbuilder.security.sqla.models import PermissionView, Role, User, ViewMenu, assoc_permissionview_role

from erp import context, sessions
from erp.access.members import (
    OWN,
    AccessRule,
    Member,
    MemberBranch,
    MemberOwnRole,
    MemberRole,
    OwnRole,
    RoleRights,
    role_name,
)
from erp.context import Books, Context, Grant, Here, Rule
from erp.data.base import session, system
from erp.data.organisation import Branch, Company, Tenant
from erp.data.tenancy import CHECKED, OWN_PLANS, enter, plans
from erp.sessions import Proof, UserSession

READING = frozenset({"list", "show", "export"})
"""Verbs that change nothing."""
Pairs = frozenset[tuple[str, str]]
KEPT = 500
"""Sets of roles whose rights are kept added up."""


@dataclass(frozen=True)
class Place:
    """A tenant the person may switch to."""

    tenant_id: int
    name: str


@dataclass(frozen=True)
class Scope:
    """What of its member's rights an API key carries."""

    is_read_only: bool = False
    types: frozenset[str] | None = None
    """The document types it is for; None for everything."""

    def carries(self, verb: str, type_name: str) -> bool:
        """Whether this right goes along."""
        return (verb in READING or not self.is_read_only) and (self.types is None or type_name in self.types)


EVERYTHING = Scope()


def enter_as(
    user_id: int,
    tenant_id: int | None,
    *,
    source: str,
    language: str = "",
    proof: Proof | None = None,
    scope: Scope = EVERYTHING,
) -> Context | None:
    """Act as a user in the wished tenant, else in their first one; None when they belong to none that is active.

    With a `proof` it is None too when that shows no open session of theirs.
    """
    before = context.current()
    nobody = replace(context.NOBODY, source=source, address=before.address, writes=before.writes)
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
    acting = _acting(context.current(), member, language, scope)
    if proof is not None:
        acting = replace(acting, session_id=member.session_id)
    context.enter(acting)
    if proof is not None:
        sessions.seen(member.session_id, member.kind, member.begun_at, member.last_seen_at)
    return acting


def seen_as(user_id: int, *, source: str, language: str = "") -> Context | None:
    """The context a user acts in when they come into the present tenant; None when they do not belong to it."""
    tenant_id = context.current().tenant_id
    member = _membership(user_id, tenant_id, None)
    if member is None:
        return None
    return _acting(replace(context.NOBODY, user_id=user_id, tenant_id=tenant_id, source=source), member, language)


def _acting(known: Context, member: Any, language: str, scope: Scope = EVERYTHING) -> Context:
    """Who acts: what is known of the way in, and what the membership gives there."""
    shipped = _shipped_with(dict(member.shipped_roles or ()))
    grants = (*shipped, *_own(member.own_roles or ()))
    names = {grant.role for grant in grants}
    pairs = _sum_of(tuple(grant.pairs for grant in grants))
    return replace(
        known,
        member_id=member.id,
        company_id=member.company_id,
        branch_id=member.branch_id,
        name=member.name,
        language=language or member.language,
        calendar=member.calendar,
        timezone=member.timezone or "UTC",
        here=Here(member.branch_id, member.timezone, member.day_starts_at) if member.timezone else None,
        books=Books(member.company_id, member.currency) if member.currency else None,
        plan=member.plan,
        roles=frozenset().union(*(grant.lanes for grant in grants)),
        permissions=pairs if scope == EVERYTHING else frozenset(pair for pair in pairs if scope.carries(*pair)),
        grants=grants,
        branches=frozenset(member.branches) if member.branches else None,
        rules=tuple(rule for rule in _rules(member.rules or ()) if rule.role in names),
        types=scope.types,
        is_read_only=scope.is_read_only,
    )


@lru_cache(KEPT)
def _sum_of(each: tuple[Pairs, ...]) -> Pairs:
    """All of them together: roles give a thousand rights, and who plays them comes in again and again."""
    return frozenset[tuple[str, str]]().union(*each)


def _tenants_of(user_id: int) -> list[int]:
    """Where the person is a member, the oldest membership first; some may be suspended."""
    member = Member.__table__
    statement = sa.select(member.c.tenant_id).where(member.c.user_id == user_id, member.c.is_active)
    return [row.tenant_id for row in _checked(statement.order_by(member.c.id))]


def _membership(user_id: int, tenant_id: int | None, proof: Proof | None) -> Any:
    """The membership with its branches, roles, the tenant's rules and the session that is shown; one statement."""
    values: dict[str, Any] = {"user_id": user_id, "tenant_id": tenant_id, "plans": plans()}
    if proof is None:
        return _checked(_memberships(), **values).first()
    return _checked(_shown_memberships(by_token=bool(proof.token)), **values, **sessions.shown(proof)).first()


@cache
def _shown_memberships(*, by_token: bool) -> sa.Select[Any]:
    """The same with the session a request shows, while it is open."""
    row = UserSession.__table__.c
    told = (row.id.label("session_id"), row.kind, row.begun_at, row.last_seen_at)
    return _memberships().add_columns(*told).where(sessions.is_open(Member.__table__.c.user_id, by_token=by_token))


@cache
def _memberships() -> sa.Select[Any]:
    """The membership of `user_id` in `tenant_id`; every request asks it, so it is put together once."""
    member, branch, tenant, user = Member.__table__, Branch.__table__, Tenant.__table__, User.__table__
    company = Company.__table__
    limited, own, played, rule = (cls.__table__ for cls in (MemberBranch, OwnRole, MemberOwnRole, AccessRule))
    branches = sa.select(sa.func.array_agg(limited.c.branch_id)).where(limited.c.member_id == member.c.id)
    role = sa.func.jsonb_build_array(own.c.id, own.c.name, own.c.rights, own.c.lanes)
    roles = (
        sa.select(sa.func.jsonb_agg(role))
        .select_from(own.join(played, played.c.own_role_id == own.c.id))
        .where(played.c.member_id == member.c.id)
    )
    row = sa.func.jsonb_build_array(Role.name, RoleRights.mark)
    shipped = (
        sa.select(sa.func.jsonb_agg(row))
        .select_from(MemberRole.__table__.join(Role, Role.id == MemberRole.role_id))
        .outerjoin(RoleRights, RoleRights.role_id == Role.id)
        .where(MemberRole.member_id == member.c.id)
    )
    parts = (rule.c.id, rule.c.role, rule.c.document_type, rule.c.verb, rule.c.conditions)
    rules = sa.select(sa.func.jsonb_agg(sa.func.jsonb_build_array(*parts))).where(
        rule.c.tenant_id == member.c.tenant_id
    )
    return (
        sa.select(
            member.c.id, member.c.company_id, member.c.branch_id, member.c.name, member.c.language, member.c.calendar,
            branch.c.timezone, branch.c.day_starts_at, company.c.currency, tenant.c.plan,
            branches.correlate(member).scalar_subquery().label("branches"),
            roles.correlate(member).scalar_subquery().label("own_roles"),
            shipped.correlate(member).scalar_subquery().label("shipped_roles"),
            rules.correlate(member).scalar_subquery().label("rules"),
            OWN_PLANS.label("plans"),
        )
        .select_from(
            member.join(user, sa.and_(user.c.id == member.c.user_id, user.c.active))
            .join(tenant, sa.and_(tenant.c.id == member.c.tenant_id, tenant.c.status == "active"))
            .outerjoin(branch, sa.and_(branch.c.tenant_id == member.c.tenant_id, branch.c.id == member.c.branch_id))
            .outerjoin(company, sa.and_(company.c.tenant_id == member.c.tenant_id, company.c.id == member.c.company_id))
        )
        .where(
            member.c.user_id == sa.bindparam("user_id"), member.c.tenant_id == sa.bindparam("tenant_id"),
            member.c.is_active,
        )
    )  # fmt: skip


def rights_of_roles() -> sa.Select[Any]:
    """(role, verb, type, mark) of shipped roles; a role that gives nothing is one row without verb."""
    grants = assoc_permissionview_role
    return (
        sa.select(Role.name, FabPermission.name, ViewMenu.name, RoleRights.mark)
        .select_from(Role)
        .outerjoin(RoleRights, RoleRights.role_id == Role.id)
        .outerjoin(grants, grants.c.role_id == Role.id)
        .outerjoin(PermissionView, PermissionView.id == grants.c.permission_view_id)
        .outerjoin(FabPermission, FabPermission.id == PermissionView.permission_id)
        .outerjoin(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
    )


def _grants(rows: Iterable[Any]) -> dict[tuple[str, str | None], Grant]:
    """{(shipped role, mark): what it gives} from rows of `rights_of_roles`, by role."""
    found: dict[tuple[str, str | None], set[tuple[str, str]]] = {}
    for role, verb, view, mark in rows:
        pairs = found.setdefault((role, mark), set())
        if verb and verb.startswith("can_"):
            pairs.add((verb.removeprefix("can_"), view))
    return {key: _shipped(key[0], frozenset(found[key])) for key in sorted(found, key=itemgetter(0))}


_marked: dict[tuple[str, str | None], Grant] = {}
"""What a role of this mark gives; a mark is of one set of rights, in whatever database."""


def _shipped_with(marks: Mapping[str, str | None]) -> list[Grant]:
    """What shipped roles give, by role; the database is asked for those whose mark was not seen yet."""
    unseen = [role for role, mark in marks.items() if mark is None or (role, mark) not in _marked]
    found = _grants(_checked(rights_of_roles().where(Role.name.in_(unseen)))) if unseen else {}
    _marked.update({key: grant for key, grant in found.items() if key[1] is not None})
    read = {grant.role: grant for grant in found.values()}
    return [read.get(role) or _marked[role, marks[role]] for role in sorted(marks)]


def _shipped(role: str, pairs: Pairs) -> Grant:
    return Grant(role, role_name(role), pairs, frozenset({role}))


def shipped_grants() -> list[Grant]:
    """Every shipped role with what it gives."""
    return list(_grants(_checked(rights_of_roles())).values())


def shipped_roles() -> frozenset[str]:
    """The names of all shipped roles."""
    return frozenset(_checked(sa.select(Role.name)).scalars())


_declared: set[str] = set()


def declare_roles(names: Iterable[str]) -> None:
    """Note which roles the plugins that take part declare; each of them is there since the last migration."""
    _declared.clear()
    _declared.update(names)


def known_roles(names: Collection[str]) -> frozenset[str]:
    """Those of the names that are shipped roles; the database is asked only for those nobody declares."""
    wished = frozenset(names)
    return wished if wished <= _declared else wished & shipped_roles()


def _own(rows: Iterable[Any]) -> list[Grant]:
    return [
        Grant(f"{OWN}{role_id}", name, frozenset((verb, kind) for verb, kind in rights), frozenset(lanes))
        for role_id, name, rights, lanes in rows
    ]


def own_grants() -> list[Grant]:
    """Every role of the tenant's own with what it gives, by name."""
    rows = session().execute(sa.select(OwnRole.id, OwnRole.name, OwnRole.rights, OwnRole.lanes).order_by(OwnRole.name))
    return _own(rows)


def _rules(rows: Iterable[Any]) -> list[Rule]:
    return [
        Rule(rule_id, role, kind, verb, tuple((str(f), str(operator), str(value)) for f, operator, value in conditions))
        for rule_id, role, kind, verb, conditions in rows
    ]


def _checked(statement: Any, **values: Any) -> Any:
    """Run a statement on membership tables: row-level security narrows it to the user or the tenant."""
    return session().connection().execute(statement, values, execution_options={CHECKED: True})


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
