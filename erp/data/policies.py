"""The second tenancy wall: roles, grants and row-level security, laid anew after every migration.

A table with `tenant_id` cannot be forgotten, not even one of a plugin that takes no part: the database itself is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from erp.data.base import APP, OWNER, PLATFORM, Base

TENANT = "nullif(current_setting('app.tenant_id', true), '')::bigint"
USER = "nullif(current_setting('app.user_id', true), '')::bigint"

OWN_POLICIES: Mapping[str, str] = {
    "tenant": f"id = {TENANT}",
    "ab_user": f"id = {USER} or id in (select user_id from tenant_member where tenant_id = {TENANT})",  # noqa: S608 - two constants
}
"""Tables whose rule is not plainly `tenant_id = the tenant`."""

READ_TOO: Mapping[str, str] = {
    "tenant_member": f"user_id = {USER}",
    "user_session": f"user_id = {USER}",
    "member_role": f"member_id in (select id from tenant_member where user_id = {USER})",  # noqa: S608
}
"""What a person may read beyond the tenant they act in: their own memberships and sessions; nobody writes those."""

APPEND_ONLY = "append_only"
"""Mark in a table's `info`: rows are written once and stay, as those of a ledger do."""

PLATFORM_GRANTS: Mapping[str, str] = {
    "tenant": "select (id, name, slug, status)",
    "user_session": "select, insert, update, delete",
    "audit_entry": "select (id, tenant_id, at), insert, delete",
    "platform_entry": "select, insert, delete",
    # an address a service was given says which tenant it speaks to
    "webhook_address": "select (tenant_id, provider, token_hash)",
    "tenant_member": "select",
    "member_role": "select",
    "idempotency_key": "select (expires_at), delete",
    "job": "select, update, delete",
    "signed_link": "select",
    "api_key": "select, update (last_used_at)",
    # an account is made when its owner takes an invitation, and is nobody's but theirs
    "ab_user": "select, insert, update (login_count, fail_login_count, last_login, password, changed_on, email, "
    "first_name, last_name)",
    "workflow_incident": "select (status, document_type, element)",
    "schedule": "select, insert, update, delete",
    "wording": "select, insert, update",
}
"""What `system()` may touch: claiming jobs, sign-in with its sessions, signed links, metrics what has expired, and the
installation's own wording."""

READ_ONLY = (
    "ab_role",
    "ab_permission",
    "ab_view_menu",
    "ab_permission_view",
    "ab_permission_view_role",
    "role_rights",
    "alembic_version",
)
"""Tables a request may read: FAB's definitions and what is of the whole installation."""


TABLES = sa.text("""
    select relname as name, exists (
        select from pg_attribute where attrelid = pg_class.oid and attname = 'tenant_id' and not attisdropped
    ) as is_scoped
    from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by relname
""")
"""The tables there are, and whether their rows are of tenants."""


def make_roles(connection: sa.Connection) -> None:
    """The three NOLOGIN roles, granted to the login that migrates; existing ones are kept."""
    for role in (OWNER, APP, PLATFORM):
        exists = connection.scalar(sa.text("select 1 from pg_roles where rolname = :role"), {"role": role})
        if not exists:
            connection.execute(sa.text(f"create role {role} nologin"))
        connection.execute(sa.text(f"grant {role} to current_user"))
    connection.execute(sa.text(f"grant all on schema public to {OWNER}"))


def lay(connection: sa.Connection) -> None:
    """Grants and policies for every table there is; run as the owner.

    They go to the database as one text: near two thousand statements are laid at each start.
    """
    found = connection.execute(TABLES).all()
    statements = ";\n".join(_laid({row.name: row.is_scoped for row in found}))
    connection.exec_driver_sql(statements)


def _laid(tables: Mapping[str, bool]) -> Iterator[str]:
    """The statements for tables of {name: whether its rows are of tenants}."""
    yield f"grant usage on schema public to {APP}, {PLATFORM}"
    for name, is_scoped in tables.items():
        if is_scoped or name in OWN_POLICIES:
            yield from _guard(name)
    for name in READ_ONLY:
        if name in tables:
            yield f'grant select on "{name}" to {APP}, {PLATFORM}'
    for name, rights in PLATFORM_GRANTS.items():
        if name in tables:
            yield from _platform(name, rights)
    yield f"grant usage on all sequences in schema public to {APP}"
    if "ab_user" in tables:
        yield f"grant usage on sequence ab_user_id_seq to {PLATFORM}"


def _guard(name: str) -> Iterator[str]:
    rule = OWN_POLICIES.get(name, f"tenant_id = {TENANT}")
    rights = {
        "tenant": "select",
        "ab_user": "select",
        "audit_entry": "select, insert",
        "workflow_event": "select, insert",
        "user_session": "select, update (ended_at)",
    }
    if name in Base.metadata.tables and Base.metadata.tables[name].info.get(APPEND_ONLY):
        rights[name] = "select, insert"
    yield from (
        f'alter table "{name}" enable row level security',
        f'alter table "{name}" force row level security',
        f'drop policy if exists tenant on "{name}"',
        f'create policy tenant on "{name}" to {APP} using ({rule}) with check ({rule})',
        f'drop policy if exists own on "{name}"',
        *([f'create policy own on "{name}" for select to {APP} using ({READ_TOO[name]})'] if name in READ_TOO else []),
        f'drop policy if exists owner on "{name}"',
        f'create policy owner on "{name}" to {OWNER} using (true) with check (true)',
        f'revoke all on "{name}" from {APP}',
        f'grant {rights.get(name, "select, insert, update, delete")} on "{name}" to {APP}',
    )


def _platform(name: str, rights: str) -> Iterator[str]:
    yield from (
        f'drop policy if exists platform on "{name}"',
        f'create policy platform on "{name}" to {PLATFORM} using (true) with check (true)',
        f'revoke all on "{name}" from {PLATFORM}',
        f'grant {rights} on "{name}" to {PLATFORM}',
    )
