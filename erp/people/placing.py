"""Which roles a member plays and which branches they are limited to: read for many, written for one, and noted."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role

from erp.access import OWN, Member, MemberBranch, MemberOwnRole, MemberRole
from erp.data import audit
from erp.data.base import session
from erp.data.organisation import Branch
from erp.people import giving
from erp.people.accounts import SUBJECT


def roles_of(ids: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    """{member: keys of the roles they play}."""
    shipped = sa.select(MemberRole.member_id, Role.name).join(Role, Role.id == MemberRole.role_id)
    own = sa.select(MemberOwnRole.member_id, MemberOwnRole.own_role_id)
    found: dict[int, list[str]] = {}
    for member_id, name in session().execute(shipped.where(MemberRole.member_id.in_(ids)).order_by(Role.name)):
        found.setdefault(member_id, []).append(name)
    for member_id, role_id in session().execute(own.where(MemberOwnRole.member_id.in_(ids))):
        found.setdefault(member_id, []).append(f"{OWN}{role_id}")
    return {member_id: tuple(keys) for member_id, keys in found.items()}


def branches_of(ids: Collection[int]) -> Mapping[int, frozenset[int]]:
    """{member: branches they are limited to}."""
    statement = sa.select(MemberBranch.member_id, MemberBranch.branch_id).where(MemberBranch.member_id.in_(ids))
    found: dict[int, set[int]] = {}
    for member_id, branch_id in session().execute(statement):
        found.setdefault(member_id, set()).add(branch_id)
    return {member_id: frozenset(branches) for member_id, branches in found.items()}


def branches() -> Mapping[int, str]:
    """{id: name} of every branch of the tenant, by name."""
    return {row.id: row.name for row in session().execute(sa.select(Branch.id, Branch.name).order_by(Branch.name))}


def set_roles(member: Member, keys: Collection[str]) -> None:
    """Make a member play exactly these roles, and write down what changed; rights are the caller's."""
    before = roles_of([member.id]).get(member.id, ())
    if set(before) == set(keys):
        return
    named = {name: role_id for role_id, name in session().execute(sa.select(Role.id, Role.name))}
    session().execute(sa.delete(MemberRole).where(MemberRole.member_id == member.id))
    session().execute(sa.delete(MemberOwnRole).where(MemberOwnRole.member_id == member.id))
    for key in sorted(set(keys)):
        if key.startswith(OWN):
            session().add(MemberOwnRole(member_id=member.id, own_role_id=int(key.removeprefix(OWN))))
        else:
            session().add(MemberRole(member_id=member.id, role_id=named[key]))
    titles = {key: grant.title for key, grant in giving.every().items()}
    told = [[titles.get(key, key) for key in sorted(keys_)] for keys_ in (before, set(keys))]
    audit.note("changed", SUBJECT, member.id, roles=told)


def set_branches(member: Member, wanted: Collection[int], branch_id: int | None = None) -> None:
    """Limit a member to exactly these branches, none for all, and place them; rights are the caller's."""
    before = branches_of([member.id]).get(member.id, frozenset())
    if before != set(wanted):
        session().execute(sa.delete(MemberBranch).where(MemberBranch.member_id == member.id))
        session().add_all(MemberBranch(member_id=member.id, branch_id=each) for each in sorted(wanted))
        names = branches()
        told = [[names[each] for each in sorted(ids)] for ids in (before, wanted)]
        audit.note("changed", SUBJECT, member.id, branches=told)
    place = branch_id if branch_id is not None else member.branch_id
    if wanted and place not in wanted:
        place = min(wanted)
    if place != member.branch_id:
        found = session().get(Branch, place or 0)
        if found is not None:
            member.branch_id, member.company_id = found.id, found.company_id
