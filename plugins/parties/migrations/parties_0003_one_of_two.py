"""Which colleague a party is, and which party it was merged into."""

import sqlalchemy as sa
from alembic import op

revision = "parties_0003"
down_revision = "parties_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("party", sa.Column("member_id", sa.BigInteger(), nullable=True))
    op.add_column("party", sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_party_merged_into_id"), "party", ["merged_into_id"], unique=False)
    op.create_unique_constraint("party_tenant_id_member_id_key", "party", ["tenant_id", "member_id"])
    op.create_foreign_key(
        "party_tenant_id_member_id_fkey", "party", "tenant_member", ["tenant_id", "member_id"], ["tenant_id", "id"]
    )
    op.create_foreign_key(
        "party_tenant_id_merged_into_id_fkey", "party", "party", ["tenant_id", "merged_into_id"], ["tenant_id", "id"]
    )


def downgrade() -> None:
    op.drop_constraint("party_tenant_id_merged_into_id_fkey", "party", type_="foreignkey")
    op.drop_constraint("party_tenant_id_member_id_fkey", "party", type_="foreignkey")
    op.drop_constraint("party_tenant_id_member_id_key", "party", type_="unique")
    op.drop_index(op.f("ix_party_merged_into_id"), table_name="party")
    op.drop_column("party", "merged_into_id")
    op.drop_column("party", "member_id")
