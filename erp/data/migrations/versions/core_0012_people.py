"""People: own roles, branches of members, rules, invitations, scopes of keys"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0012"
down_revision = "core_0011"
branch_labels = None
depends_on = None


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        *parts,
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )


def _key(target: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"])


def upgrade() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("tenant_member", sa.Column("phone", sa.String(length=40), server_default="", nullable=False))
    op.add_column("tenant_member", sa.Column("calendar", sa.String(length=10), server_default="", nullable=False))
    op.add_column("api_key", sa.Column("is_read_only", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("api_key", sa.Column("types", json, nullable=True))
    _table(
        "member_branch",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        _key("tenant_member", "member_id"),
        _key("branch", "branch_id"),
        sa.UniqueConstraint("tenant_id", "member_id", "branch_id"),
    )
    _table(
        "own_role",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("rights", json, nullable=False),
        sa.Column("lanes", json, nullable=False),
        sa.UniqueConstraint("tenant_id", "name"),
    )
    _table(
        "member_own_role",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("own_role_id", sa.BigInteger(), nullable=False),
        _key("tenant_member", "member_id"),
        _key("own_role", "own_role_id"),
        sa.UniqueConstraint("tenant_id", "member_id", "own_role_id"),
    )
    op.create_index(op.f("ix_member_own_role_own_role_id"), "member_own_role", ["own_role_id"], unique=False)
    _table(
        "access_rule",
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("document_type", sa.String(length=60), nullable=False),
        sa.Column("verb", sa.String(length=10), nullable=False),
        sa.Column("conditions", json, nullable=False),
    )
    op.create_index("access_rule_role", "access_rule", ["tenant_id", "role", "document_type"], unique=False)
    _table(
        "invitation",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("roles", json, nullable=False),
        sa.Column("branches", json, nullable=False),
        sa.Column("invited_by", sa.String(length=200), nullable=False),
        sa.Column("invited_by_id", sa.BigInteger(), nullable=True),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        _key("tenant_member", "member_id"),
        _key("tenant_member", "invited_by_id"),
    )
    op.add_column("mail_message", sa.Column("is_private", sa.Boolean(), server_default=sa.false(), nullable=False))
    # "only what they made": which rows a user made, without reading all of history
    op.create_index(
        "audit_entry_maker",
        "audit_entry",
        ["tenant_id", "user_id", "subject", "subject_id"],
        unique=False,
        postgresql_where=sa.text("kind = 'created' and item = ''"),
    )


def downgrade() -> None:
    op.drop_index("audit_entry_maker", table_name="audit_entry")
    op.drop_column("mail_message", "is_private")
    for name in ("invitation", "access_rule", "member_own_role", "own_role", "member_branch"):
        op.drop_table(name)
    op.drop_column("api_key", "types")
    op.drop_column("api_key", "is_read_only")
    op.drop_column("tenant_member", "calendar")
    op.drop_column("tenant_member", "phone")
