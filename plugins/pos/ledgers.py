"""What happens at tills, row by row: sales, cash that goes in and out, what was allowed, carts that wait, and PINs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from erp import TenantScoped, _l, clock, current, key_to

APPEND_ONLY = {"info": {"append_only": True}}
DIRECTIONS = {"in": _l("Cash in"), "out": _l("Cash out")}
KINDS = {
    "discount": _l("Discount over the limit"),
    "price": _l("Price changed"),
    "below_cost": _l("Sold below cost"),
    "return": _l("Return without a receipt"),
    "cash_out": _l("Cash taken out"),
    "reprint": _l("Receipt printed again"),
    "expired": _l("Sold past its day"),
}
"""What a cashier needs somebody else for."""


class PosSale(TenantScoped):
    """A sale or refund made at a till, in the transaction that made it; the browser's own number makes it once."""

    __tablename__ = "pos_sale"
    __table_args__ = (
        key_to("cash_session", "session_id"),
        key_to("terminal", "terminal_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sale_id"],
            ["sale.tenant_id", "sale.id"],
            name="pos_sale_sale",
            deferrable=True,
            initially="DEFERRED",
        ),
        key_to("sale_refund", "refund_id"),
        sa.UniqueConstraint("tenant_id", "uuid"),
        sa.UniqueConstraint("tenant_id", "sale_id"),
        sa.UniqueConstraint("tenant_id", "refund_id"),
        sa.Index("pos_sale_session", "tenant_id", "session_id"),
        sa.CheckConstraint("num_nonnulls(sale_id, refund_id) = 1", name="pos_sale_one"),
        APPEND_ONLY,
    )
    uuid: Mapped[str] = mapped_column(UUID(as_uuid=False))
    session_id: Mapped[int] = mapped_column(sa.BigInteger)
    terminal_id: Mapped[int] = mapped_column(sa.BigInteger)
    sale_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    refund_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    receipt: Mapped[str] = mapped_column(sa.String(10), default="none")
    """print, mail or none"""
    email: Mapped[str] = mapped_column(sa.String(200), default="")


class CashMovement(TenantScoped):
    """Cash that was put into a drawer or taken out of it beside sales; the browser's own number books it once."""

    __tablename__ = "cash_movement"
    __table_args__ = (
        key_to("cash_session", "session_id"),
        sa.UniqueConstraint("tenant_id", "uuid"),
        sa.Index("cash_movement_session", "tenant_id", "session_id"),
        sa.CheckConstraint("amount > 0", name="cash_movement_positive"),
        APPEND_ONLY,
    )
    uuid: Mapped[str] = mapped_column(UUID(as_uuid=False))
    session_id: Mapped[int] = mapped_column(sa.BigInteger)
    direction: Mapped[str] = mapped_column(sa.String(3))
    amount: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4))
    reason: Mapped[str] = mapped_column(sa.String(200))
    override_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    by: Mapped[str] = mapped_column(sa.String(200), default=lambda: current().name)
    member_id: Mapped[int | None] = mapped_column(sa.BigInteger, default=lambda: current().member_id)


class TillOverride(TenantScoped):
    """What somebody allowed a cashier by their PIN: who asked, who allowed it, why and what."""

    __tablename__ = "till_override"
    __table_args__ = (
        key_to("terminal", "terminal_id"),
        key_to("tenant_member", "asked_by_id"),
        key_to("tenant_member", "allowed_by_id"),
        sa.UniqueConstraint("tenant_id", "token_hash"),
        sa.Index("till_override_at", "tenant_id", "at"),
        APPEND_ONLY,
    )
    terminal_id: Mapped[int] = mapped_column(sa.BigInteger)
    session_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    kind: Mapped[str] = mapped_column(sa.String(20))
    reason: Mapped[str] = mapped_column(sa.String(200))
    about: Mapped[str] = mapped_column(sa.String(200), default="")
    asked_by_id: Mapped[int] = mapped_column(sa.BigInteger)
    asked_by: Mapped[str] = mapped_column(sa.String(200))
    allowed_by_id: Mapped[int] = mapped_column(sa.BigInteger)
    allowed_by: Mapped[str] = mapped_column(sa.String(200))
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    token_hash: Mapped[str] = mapped_column(sa.String(64))


class TillOverrideUse(TenantScoped):
    """The one thing that was done with what somebody allowed."""

    __tablename__ = "till_override_use"
    __table_args__ = (
        key_to("till_override", "override_id"),
        sa.UniqueConstraint("tenant_id", "override_id"),
        sa.Index("till_override_use_sale", "tenant_id", "sale_id"),
        APPEND_ONLY,
    )
    override_id: Mapped[int] = mapped_column(sa.BigInteger)
    sale_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    refund_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    did: Mapped[str] = mapped_column(sa.String(200), default="")
    """In words: the product, its price before and after."""
    amount: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4), default=Decimal(0))
    """What it cost us: the discount, or what was taken out."""
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())


class TillPin(TenantScoped):
    """A member's PIN at tills; only a keyed digest of it is kept, the key is the installation's."""

    __tablename__ = "till_pin"
    __table_args__ = (
        key_to("tenant_member", "member_id"),
        sa.UniqueConstraint("tenant_id", "member_id"),
        sa.UniqueConstraint("tenant_id", "digest"),
    )
    member_id: Mapped[int] = mapped_column(sa.BigInteger)
    digest: Mapped[str] = mapped_column(sa.String(64))
    made_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())


class TillAttempt(TenantScoped):
    """A wrong PIN typed at a till."""

    __tablename__ = "till_attempt"
    __table_args__ = (
        key_to("terminal", "terminal_id"),
        sa.Index("till_attempt_at", "tenant_id", "terminal_id", "at"),
    )
    terminal_id: Mapped[int] = mapped_column(sa.BigInteger)
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())


class PosHold(TenantScoped):
    """A cart that waits at a branch until somebody takes it; `taken_at` is set once."""

    __tablename__ = "pos_hold"
    __table_args__ = (
        key_to("branch", "branch_id"),
        sa.Index("pos_hold_waiting", "tenant_id", "branch_id", postgresql_where=sa.text("taken_at is null")),
    )
    branch_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    name: Mapped[str] = mapped_column(sa.String(80), default="")
    cart: Mapped[dict[str, Any]] = mapped_column(JSONB)
    total: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4), default=Decimal(0))
    held_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    held_by: Mapped[str] = mapped_column(sa.String(200), default=lambda: current().name)
    taken_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    taken_by: Mapped[str | None] = mapped_column(sa.String(200))
