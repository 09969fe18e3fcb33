"""reached"""

import phonenumbers
import sqlalchemy as sa
from alembic import op

revision = "parties_0002"
down_revision = "parties_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "party_address",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("city", sa.String(length=80), nullable=True),
        sa.Column("postcode", sa.String(length=20), nullable=True),
        sa.Column("country", sa.String(length=60), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "document_id"], ["party.tenant_id", "party.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_index(op.f("ix_party_address_document_id"), "party_address", ["document_id"], unique=False)
    op.create_table(
        "party_email",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=80), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "document_id"], ["party.tenant_id", "party.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_index(op.f("ix_party_email_document_id"), "party_email", ["document_id"], unique=False)
    op.create_table(
        "party_phone",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=80), nullable=True),
        sa.Column("phone_e164", sa.String(length=40), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "document_id"], ["party.tenant_id", "party.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_index(op.f("ix_party_phone_document_id"), "party_phone", ["document_id"], unique=False)
    op.create_index("party_phone_by_number", "party_phone", ["tenant_id", "phone_e164"], unique=False)
    op.add_column("party", sa.Column("is_customer", sa.Boolean(), nullable=False, server_default=sa.text("true")))
    op.add_column("party", sa.Column("is_supplier", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("party", sa.Column("is_employee", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.add_column("party", sa.Column("phone_e164", sa.String(length=40), nullable=True))
    op.add_column("party", sa.Column("tax_number", sa.String(length=40), nullable=True))
    for name in ("is_customer", "is_supplier", "is_employee"):
        op.alter_column("party", name, server_default=None)
    _dial_from_abroad()
    op.create_index("party_by_email", "party", ["tenant_id", sa.literal_column("lower(email)")], unique=False)
    op.create_index("party_by_phone", "party", ["tenant_id", "phone_e164"], unique=False)


def _dial_from_abroad() -> None:
    """Every number there is gets its international form, read as people of the company's country dial."""
    connection = op.get_bind()
    last = 0
    countries = dict(connection.execute(sa.text("select tenant_id, min(country) from company group by 1")).all())
    while True:
        rows = connection.execute(
            sa.text("select id, tenant_id, phone from party where phone <> '' and id > :last order by id limit 2000"),
            {"last": last},
        ).all()
        if not rows:
            return
        last = rows[-1].id
        found = [{"id": row.id, "e164": _dialled(row.phone, countries.get(row.tenant_id, ""))} for row in rows]
        connection.execute(sa.text("update party set phone_e164 = :e164 where id = :id"), found)


def _dialled(typed: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def downgrade() -> None:
    op.drop_index("party_by_phone", table_name="party")
    op.drop_index("party_by_email", table_name="party")
    op.drop_column("party", "tax_number")
    op.drop_column("party", "phone_e164")
    op.drop_column("party", "is_employee")
    op.drop_column("party", "is_supplier")
    op.drop_column("party", "is_customer")
    op.drop_index("party_phone_by_number", table_name="party_phone")
    op.drop_index(op.f("ix_party_phone_document_id"), table_name="party_phone")
    op.drop_table("party_phone")
    op.drop_index(op.f("ix_party_email_document_id"), table_name="party_email")
    op.drop_table("party_email")
    op.drop_index(op.f("ix_party_address_document_id"), table_name="party_address")
    op.drop_table("party_address")
