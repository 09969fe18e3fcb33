"""Variants of families, and bundles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "products_0005"
down_revision = "products_0004"
branch_labels = None
depends_on = None

TABLES = (
    "product_value", "product_component", "product_family_size", "product_family_material", "product_family_axis",
    "product_attribute_value",
)  # fmt: skip


def upgrade() -> None:
    _record("product_attribute", sa.Column("name", sa.String(60), nullable=False), _choice("kind", nullable=False),
            sa.UniqueConstraint("tenant_id", "name"))  # fmt: skip
    _record(
        "product_family",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        *(_id(name, nullable=True) for name in ("category_id", "brand_id", "uom_id", "sales_uom_id", "purchase_uom_id")),
        sa.Column("unit_price", sa.Numeric(19, 4), nullable=False),
        _choice("season", nullable=True),
        sa.Column("collection", sa.String(80), nullable=True),
        sa.Column("style", sa.String(80), nullable=True),
        sa.Column("care", sa.Text(), nullable=True),
        *(_key(f"{name}_id", target) for name, target in (
            ("category", "product_category"), ("brand", "brand"), ("uom", "unit"), ("sales_uom", "unit"),
            ("purchase_uom", "unit"),
        )),
        sa.UniqueConstraint("tenant_id", "code"),
        sa.CheckConstraint("unit_price >= 0", name="product_family_unit_price_positive"),
    )  # fmt: skip
    for name in ("category_id", "brand_id", "uom_id", "sales_uom_id", "purchase_uom_id"):
        op.create_index(op.f(f"ix_product_family_{name}"), "product_family", [name])
    _lines()
    _variants()


def _lines() -> None:
    _line("product_attribute_value", "product_attribute", sa.Column("name", sa.String(60), nullable=False),
          sa.Column("code", sa.String(12), nullable=True), sa.Column("hex", sa.String(7), nullable=True),
          sa.CheckConstraint("hex ~ '^#[0-9a-f]{6}$'", name="attribute_value_hex_is_colour"))  # fmt: skip
    _line("product_family_axis", "product_family", _id("attribute_id"), _key("attribute_id", "product_attribute"))
    op.create_index(op.f("ix_product_family_axis_attribute_id"), "product_family_axis", ["attribute_id"])
    _line("product_family_material", "product_family", sa.Column("material", sa.String(80), nullable=False),
          sa.Column("percent", sa.Numeric(18, 6), nullable=False))  # fmt: skip
    _line(
        "product_family_size", "product_family", sa.Column("size", sa.String(20), nullable=False),
        *(sa.Column(name, sa.String(20), nullable=True) for name in ("eu", "us", "uk")),
        *(sa.Column(name, sa.Numeric(18, 6), nullable=True) for name in ("chest", "waist", "hips", "length")),
    )  # fmt: skip
    _line("product_component", "product", _id("component_id"), sa.Column("quantity", sa.Numeric(18, 6), nullable=False),
          _key("component_id", "product"))  # fmt: skip
    op.create_index(op.f("ix_product_component_component_id"), "product_component", ["component_id"])


def _variants() -> None:
    op.add_column("product", sa.Column("family_id", sa.BigInteger(), nullable=True))
    op.add_column("product", sa.Column("variant", sa.String(200), nullable=True))
    op.add_column("product", sa.Column("variant_key", sa.String(80), nullable=True))
    op.create_index(op.f("ix_product_family_id"), "product", ["family_id"])
    op.create_foreign_key(None, "product", "product_family", ["tenant_id", "family_id"], ["tenant_id", "id"])
    op.create_unique_constraint(None, "product", ["tenant_id", "family_id", "variant_key"])
    op.create_table(
        "product_value",
        *_scope(),
        *(_id(name) for name in ("product_id", "attribute_id", "value_id")),
        _key("product_id", "product", ondelete="CASCADE"),
        _key("attribute_id", "product_attribute"),
        _key("value_id", "product_attribute_value"),
        sa.UniqueConstraint("tenant_id", "product_id", "attribute_id"),
    )
    op.create_index(op.f("ix_product_value_value_id"), "product_value", ["value_id"])


def _id(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _choice(name: str, *, nullable: bool) -> sa.Column[str]:
    return sa.Column(name, sa.String(40), nullable=nullable)


def _key(column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], ondelete=ondelete)


def _scope() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_id", "id"),
    )


def _record(name: str, *items: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        *_scope(),
        *items,
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(200), nullable=False),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    )


def _line(name: str, owner: str, *items: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        *_scope(),
        *items,
        _id("document_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        _key("document_id", owner, ondelete="CASCADE"),
    )
    op.create_index(op.f(f"ix_{name}_document_id"), name, ["document_id"])


def downgrade() -> None:
    op.drop_table("product_value")
    for name in ("variant_key", "variant", "family_id"):
        op.drop_column("product", name)
    for name in TABLES[1:]:
        op.drop_table(name)
    op.drop_table("product_family")
    op.drop_table("product_attribute")
