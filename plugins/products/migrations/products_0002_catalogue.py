"""What a catalogue is made of: categories, brands, units, barcodes, costs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "products_0002"
down_revision = "products_0001"
branch_labels = None
depends_on = None


UNITS = (
    ("piece", "piece", "count", "1", "1", 0, True),
    ("pair", "pair", "count", "2", "1", 0, True),
    ("dozen", "dozen", "count", "12", "1", 0, True),
    ("set", "set", "other", "1", "1", 0, True),
    ("hour", "hour", "time", "1", "1", 2, False),
    ("minute", "minute", "time", "1", "60", 0, False),
    ("day", "day", "time", "24", "1", 2, False),
    ("gram", "gram", "mass", "1", "1", 2, False),
    ("kilogram", "kilogram", "mass", "1000", "1", 3, False),
    ("tonne", "tonne", "mass", "1000000", "1", 6, False),
    ("carat", "carat", "mass", "0.2", "1", 2, False),
    ("ounce", "ounce", "mass", "28.349523125", "1", 3, False),
    ("pound", "pound", "mass", "453.59237", "1", 3, False),
    ("metre", "metre", "length", "1", "1", 3, False),
    ("centimetre", "centimetre", "length", "0.01", "1", 1, False),
    ("millimetre", "millimetre", "length", "0.001", "1", 0, False),
    ("inch", "inch", "length", "0.0254", "1", 3, False),
    ("foot", "foot", "length", "0.3048", "1", 3, False),
    ("square_metre", "square metre", "area", "1", "1", 3, False),
    ("litre", "litre", "volume", "1", "1", 3, False),
    ("millilitre", "millilitre", "volume", "0.001", "1", 0, False),
)
"""code, name, dimension, factor, per, places, is_exact: as companies began with them."""


def upgrade() -> None:
    op.create_table(
        "brand",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("website", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "name"),
    )
    op.create_table(
        "product_category",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["product_category.tenant_id", "product_category.id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "parent_id", "name", postgresql_nulls_not_distinct=True),
    )
    op.create_index(op.f("ix_product_category_parent_id"), "product_category", ["parent_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("per", sa.Numeric(precision=24, scale=12), nullable=False),
        sa.Column("factor", sa.Numeric(precision=24, scale=12), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("is_exact", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("factor > 0 and per > 0", name="unit_factor_positive"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "code"),
        sa.UniqueConstraint("tenant_id", "id"),
    )
    op.create_table(
        "product_barcode",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=80), nullable=True),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "document_id"], ["product.tenant_id", "product.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
        sa.UniqueConstraint("tenant_id", "key"),
    )
    op.create_index(op.f("ix_product_barcode_document_id"), "product_barcode", ["document_id"], unique=False)
    op.add_column("product", sa.Column("cost", sa.Numeric(precision=19, scale=4), nullable=True))
    op.add_column("product", sa.Column("category_id", sa.BigInteger(), nullable=True))
    op.add_column("product", sa.Column("brand_id", sa.BigInteger(), nullable=True))
    op.add_column("product", sa.Column("uom_id", sa.BigInteger(), nullable=True))
    op.add_column("product", sa.Column("sales_uom_id", sa.BigInteger(), nullable=True))
    op.add_column("product", sa.Column("purchase_uom_id", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_product_brand_id"), "product", ["brand_id"], unique=False)
    op.create_index(op.f("ix_product_category_id"), "product", ["category_id"], unique=False)
    op.create_index(op.f("ix_product_purchase_uom_id"), "product", ["purchase_uom_id"], unique=False)
    op.create_index(op.f("ix_product_sales_uom_id"), "product", ["sales_uom_id"], unique=False)
    op.create_index(op.f("ix_product_uom_id"), "product", ["uom_id"], unique=False)
    op.create_foreign_key(None, "product", "product_category", ["tenant_id", "category_id"], ["tenant_id", "id"])
    op.create_foreign_key(None, "product", "unit", ["tenant_id", "sales_uom_id"], ["tenant_id", "id"])
    op.create_foreign_key(None, "product", "unit", ["tenant_id", "uom_id"], ["tenant_id", "id"])
    op.create_foreign_key(None, "product", "brand", ["tenant_id", "brand_id"], ["tenant_id", "id"])
    op.create_foreign_key(None, "product", "unit", ["tenant_id", "purchase_uom_id"], ["tenant_id", "id"])
    _give_units()
    op.alter_column("product", "uom_id", nullable=False)
    op.drop_column("product", "uom")


def _give_units() -> None:
    """Every company gets the usual units, and each product the one it was kept in."""
    connection = op.get_bind()
    for code, name, dimension, factor, per, places, is_exact in UNITS:
        connection.execute(
            sa.text(
                "insert into unit (tenant_id, code, name, dimension, factor, per, places, is_exact, version, created_at,"
                " created_by, updated_at, updated_by, extra) select id, :code, :name, :dimension, :factor, :per, :places,"
                " :is_exact, 1, now(), '', now(), '', '{}' from tenant"
            ),
            {
                "code": code, "name": name, "dimension": dimension, "factor": factor, "per": per, "places": places,
                "is_exact": is_exact,
            },
        )  # fmt: skip
    op.execute(
        "update product set uom_id = coalesce("
        "(select id from unit where unit.tenant_id = product.tenant_id and unit.code = product.uom),"
        "(select id from unit where unit.tenant_id = product.tenant_id and unit.code = 'piece'))"
    )


def downgrade() -> None:
    op.add_column("product", sa.Column("uom", sa.String(length=40), nullable=True))
    op.execute(
        "update product set uom = (select code from unit where unit.tenant_id = product.tenant_id and unit.id = uom_id)"
    )
    op.alter_column("product", "uom", nullable=False)
    for name in ("purchase_uom_id", "sales_uom_id", "uom_id", "brand_id", "category_id", "cost"):
        op.drop_column("product", name)
    for name in ("product_barcode", "unit", "product_category", "brand"):
        op.drop_table(name)
