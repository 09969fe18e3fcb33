"""Make tenants, companies, branches and people: done by the owner role, at set-up and by platform commands only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

import sqlalchemy as sa
from babel.support import LazyProxy
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, User, ViewMenu
from sqlalchemy.dialects.postgresql import BYTEA, aggregate_order_by
from sqlalchemy.orm import Session, selectinload

from erp import clock, context
from erp.access import Member, MemberBranch, MemberRole, RoleRights
from erp.data.base import OWNER, Base, connected, engine_for
from erp.data.organisation import Branch, Company, Tenant, each_tenant
from erp.hooks import hook
from erp.passwords import hash_password
from erp.plugins import Beginning


@hook
def upgraded() -> None:
    """Asked in every tenant at the end of `erp migrate`: add what came with this version to what is kept already."""


def upgrade_all(url: str) -> None:
    """Let the plugins complete what every tenant has; who acted before acts again afterwards."""
    before = context.current()
    with connected(url):
        for _tenant_id in each_tenant():
            upgraded()
    context.enter(before)


_beginnings: dict[str, Sequence[Beginning]] = {}


def begin_with(rows: Mapping[str, Sequence[Beginning]]) -> None:
    """Set what every tenant begins with, {table: rows}; `prepare` collects it from the plugins."""
    _beginnings.clear()
    _beginnings.update(rows)


@dataclass(frozen=True)
class Place:
    """A tenant with its first company and branches."""

    tenant_id: int
    company_id: int
    branch_ids: Mapping[str, int]


class Provision:
    """One transaction of the owner role; use as a context manager."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for(url, OWNER, poolclass=sa.NullPool)
        self.session = Session(self._engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        if kind is None:
            self.session.commit()
        self.session.close()
        self._engine.dispose()

    def has_tenants(self) -> bool:
        """Whether anything was set up already."""
        return self.session.scalar(sa.select(Tenant.id).limit(1)) is not None

    def claim_first_tenant(self) -> bool:
        """Whether there is no tenant yet; until this transaction ends nobody else is told so."""
        self.session.execute(sa.text("lock table tenant in exclusive mode"))
        return not self.has_tenants()

    def has_slug(self, slug: str) -> bool:
        """Whether a tenant goes by this short name."""
        return self.session.scalar(sa.select(Tenant.id).where(Tenant.slug == slug)) is not None

    def set_plan(self, slug: str, plan: str) -> bool:
        """Put a tenant on one of the installation's plans; whether there is such a tenant."""
        found: Any = self.session.execute(sa.update(Tenant).where(Tenant.slug == slug).values(plan=plan))
        return bool(found.rowcount)

    def has_person(self, username: str) -> bool:
        """Whether somebody signs in by this name."""
        return self.session.scalar(sa.select(User.id).where(User.username == username)) is not None

    def tenant(
        self, name: str, slug: str, *, currency: str, country: str, timezone: str, language: str = "en",
        tax_rate: Decimal = Decimal(0), branches: Iterable[str] = ("Main",), address: str = "", phone: str = "",
        tax_number: str = "",
    ) -> Place:  # fmt: skip
        """A new tenant with one company and its branches."""
        tenant = Tenant(name=name, slug=slug)
        self.session.add(tenant)
        self.session.flush()
        company = Company(
            tenant_id=tenant.id, name=name, currency=currency, country=country, language=language, tax_rate=tax_rate,
            address=address, phone=phone, tax_number=tax_number,
        )  # fmt: skip
        self.session.add(company)
        self.session.flush()
        made = {}
        for branch_name in branches:
            branch = Branch(tenant_id=tenant.id, company_id=company.id, name=branch_name, timezone=timezone)
            self.session.add(branch)
            self.session.flush()
            made[branch_name] = branch.id
        self.begin(tenant.id, language)
        return Place(tenant.id, company.id, made)

    def begin(self, tenant_id: int, language: str) -> None:
        """Give a tenant what it begins with, in its language; a table in which it has rows already is left alone."""
        for table, rows in _beginnings.items():
            cls = Base.metadata.tables[table]
            if self.session.scalar(sa.select(cls.c.id).where(cls.c.tenant_id == tenant_id).limit(1)) is None:
                with context.acting(language=language):
                    told = list(self._spread(tenant_id, rows))
                self.session.execute(sa.insert(cls), [{**row, "tenant_id": tenant_id} for row in told])

    def _spread(self, tenant_id: int, rows: Sequence[Beginning]) -> Iterator[dict[str, Any]]:
        """The rows as they are written: one of each, one for every branch of what is asked with a branch."""
        own = sa.select(Branch).where(Branch.tenant_id == tenant_id).order_by(Branch.id)
        branches = list(self.session.scalars(own)) if any(callable(row) for row in rows) else []
        for row in rows:
            for found in map(row, branches) if callable(row) else (row,):
                yield {name: _told(value) for name, value in found.items()}

    def begin_all(self) -> None:
        """The same for every tenant there is, after a plugin came to take part."""
        for tenant_id in list(self.session.scalars(sa.select(Tenant.id).order_by(Tenant.id))):
            own = sa.select(Company.language).where(Company.tenant_id == tenant_id).order_by(Company.id).limit(1)
            self.begin(tenant_id, self.session.scalar(own) or "en")

    def person(self, username: str, name: str, password: str, email: str = "") -> int:
        """A user who may sign in; an existing one is returned as they are."""
        known = self.session.scalar(sa.select(User).where(User.username == username))
        if known is not None:
            return int(known.id)
        first, _space, last = name.partition(" ")
        user = User(
            username=username, first_name=first, last_name=last or "-", email=email or f"{username}@example.com",
            active=True, password=hash_password(password), login_count=0, fail_login_count=0, created_on=clock.now(),
        )  # fmt: skip
        self.session.add(user)
        self.session.flush()
        return int(user.id)

    def member(
        self,
        user_id: int,
        place: Place,
        name: str,
        roles: Iterable[str],
        *,
        branch: str | None = None,
        language: str = "en",
        limited_to: Iterable[str] = (),
    ) -> int:
        """Make a person a member of a tenant, playing roles; `limited_to` names the only branches they reach."""
        branch_id = place.branch_ids[branch] if branch else next(iter(place.branch_ids.values()))
        member = Member(
            tenant_id=place.tenant_id, user_id=user_id, company_id=place.company_id, branch_id=branch_id, name=name,
            language=language,
        )  # fmt: skip
        self.session.add(member)
        self.session.flush()
        for role in roles:
            role_id = self.session.scalar(sa.select(Role.id).where(Role.name == role))
            if role_id is None:
                raise LookupError(f"No plugin declares the role {role}.")
            self.session.add(MemberRole(tenant_id=place.tenant_id, member_id=member.id, role_id=role_id))
        for place_name in limited_to:
            branch_id = place.branch_ids[place_name]
            self.session.add(MemberBranch(tenant_id=place.tenant_id, member_id=member.id, branch_id=branch_id))
        self.session.flush()
        return int(member.id)

    def sync_roles(self, roles: Mapping[str, Iterable[tuple[str, str]]]) -> None:
        """Bring the role definitions to what the plugins declare: {role: (verb, type) pairs}."""
        current = self.session
        permissions = {row.name: row for row in current.scalars(sa.select(Permission))}
        views = {row.name: row for row in current.scalars(sa.select(ViewMenu))}
        pairs = {(row.permission.name, row.view_menu.name): row for row in current.scalars(sa.select(PermissionView))}
        known = {row.name: row for row in current.scalars(sa.select(Role).options(selectinload(Role.permissions)))}
        for name, rights in roles.items():
            role = known.get(name) or Role(name=name)
            current.add(role)
            wanted = []
            for verb, view in sorted(set(rights)):
                key = (f"can_{verb}", view)
                if key not in pairs:
                    permission = permissions.setdefault(key[0], Permission(name=key[0]))
                    menu = views.setdefault(view, ViewMenu(name=view))
                    pairs[key] = PermissionView(permission=permission, view_menu=menu)
                    current.add(pairs[key])
                wanted.append(pairs[key])
            role.permissions = wanted
        current.flush()
        for row in current.execute(_marks_of_roles()):
            current.merge(RoleRights(role_id=row.id, mark=row.mark))
        current.flush()


def _marks_of_roles() -> sa.Select[Any]:
    """(id, mark) of each shipped role: one hash of all it gives."""
    given = sa.func.concat(Permission.name, " ", ViewMenu.name)
    told = sa.func.coalesce(sa.func.string_agg(given, aggregate_order_by(sa.literal_column("','"), given)), "")
    return (
        sa.select(Role.id, sa.func.encode(sa.func.sha256(sa.cast(told, BYTEA)), "hex").label("mark"))
        .outerjoin(Role.permissions)
        .outerjoin(PermissionView.permission)
        .outerjoin(PermissionView.view_menu)
        .group_by(Role.id)
    )


def _told(value: Any) -> Any:
    """A text in the acting language, anything else as it is."""
    return str(value) if isinstance(value, LazyProxy) else value
