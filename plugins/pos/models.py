from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import Document, Invalid, Line, Record, _, _l, amount, flag, integer, key_to, lines, link, moment, text
from erp import quantity as number
from plugins.pos import ledgers as ledgers  # noqa: PLC0414 - its tables belong to the models
from plugins.products.api import PriceList
from plugins.products.models import Product
from plugins.stock.models import Location

ZERO = Decimal(0)
HUNDRED = Decimal(100)


class Terminal(Record):
    """Terminal. Terminals.

    A till: which browser may sell, from which place and at which prices. One that is revoked sells nothing any more.
    """

    icon = "device-desktop"
    group = _l("Counter")
    __table_args__ = (sa.UniqueConstraint("tenant_id", "name"), sa.Index("terminal_code", "code_hash", unique=True))

    if TYPE_CHECKING:
        location_id: Mapped[int]
        price_list_id: Mapped[int | None]

    name: Mapped[str] = text(_l("Name"), length=60, search=True, listed=True)
    location: Mapped[Location] = link(
        _l("Sells from"), listed=True, help=_l("Goods leave this place; its branch is the till's.")
    )
    price_list: Mapped[PriceList | None] = link(
        _l("Price list"), listed=True, help=_l("Empty: what anybody pays, and customers with a list of their own pay.")
    )
    max_discount: Mapped[Decimal] = number(
        _l("Discount without a manager"), default=Decimal(10), minimum=ZERO, maximum=HUNDRED, places=2, unit="%"
    )
    printer: Mapped[str | None] = text(_l("Printer"), length=60, help=_l("What people call it; the browser prints."))
    registered_at: Mapped[datetime | None] = moment(_l("Registered"), readonly=True, listed=True)
    device: Mapped[str | None] = text(_l("Browser"), readonly=True)
    is_revoked: Mapped[bool] = flag(_l("Revoked"), readonly=True, listed=True)
    favourites: Mapped[list[Favourite]] = lines(_l("Favourites"), quiet=True)
    """Products on the first page of its shelf, in this order."""
    code_hash: Mapped[str | None] = mapped_column(sa.String(64))
    """Of the code that registers a browser once."""
    code_expires_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    key_hash: Mapped[str | None] = mapped_column(sa.String(64))
    """Of what the registered browser keeps; empty where none is."""

    untold = frozenset({"code_hash", "code_expires_at", "key_hash"})

    def check(self) -> None:
        """It sells from a shelf of a branch, and each favourite stands there once; raises Invalid naming the field."""
        errors = {}
        if self.location.kind != "internal" or self.location.branch_id is None:
            errors["location"] = _("Choose a place of a branch.")
        seen = set[Product]()
        for place, each in enumerate(self.favourites):
            if each.product in seen:
                errors[f"favourites-{place}-product"] = _("This product stands here twice.")
            seen.add(each.product)
        if errors:
            raise Invalid(fields=errors)


class Favourite(Line["Terminal"], table="favourites"):
    """Favourite. Favourites."""

    __tablename__ = "terminal_favourite"
    title_field: ClassVar[str] = "name"

    if TYPE_CHECKING:
        product_id: Mapped[int]

    product: Mapped[Product] = link(_l("Product"))

    @property
    def name(self) -> str:
        """What people call it: its product."""
        return self.product.title if self.product is not None else ""


class CashSession(Document):
    """Cash session. Cash sessions.

    One drawer from when it is opened with its float until it is counted. Sales are posted when they are made, so that
    closing only counts.
    """

    prefix = "CS"
    verbs = {  # noqa: RUF012 - read once, never changed
        "sell": _l("Sell at a till"),
        "allow": _l("Allow by PIN what a cashier may not"),
    }
    icon = "cash"
    group = _l("Counter")
    subtitle_field = "cashier"
    amount_field = "difference_amount"
    takes_history = False
    __table_args__ = (
        key_to("tenant_member", "cashier_id"),
        sa.Index(
            "cash_session_open", "tenant_id", "terminal_id", unique=True, postgresql_where=sa.text("closed_at is null")
        ),
    )

    if TYPE_CHECKING:
        terminal_id: Mapped[int]

    terminal: Mapped[Terminal] = link(_l("Terminal"), readonly=True, listed=True)
    cashier: Mapped[str] = text(_l("Cashier"), readonly=True, search=True, listed=True)
    cashier_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    opened_at: Mapped[datetime] = moment(_l("Opened"), readonly=True, listed=True)
    float_amount: Mapped[Decimal] = amount(_l("Float"), readonly=True, default=ZERO)
    float_count: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    """{denomination: how many}"""
    closed_at: Mapped[datetime | None] = moment(_l("Closed"), readonly=True, listed=True)
    closed_by: Mapped[str | None] = text(_l("Closed by"), readonly=True)
    counted_amount: Mapped[Decimal] = amount(_l("Counted"), readonly=True, default=ZERO)
    expected_amount: Mapped[Decimal] = amount(_l("Expected"), readonly=True, default=ZERO)
    difference_amount: Mapped[Decimal] = amount(_l("Difference"), readonly=True, default=ZERO, listed=True, total=True)

    @property
    def summary(self) -> str:
        """Till and cashier, for search."""
        return f"{self.terminal.name}, {self.cashier}"


class ZReport(Document):
    """Z report. Z reports.

    What a session came to, frozen when it was closed; numbered without gaps and never changed.
    """

    prefix = "Z"
    icon = "report-money"
    group = _l("Counter")
    amount_field = "total"
    takes_history = False
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "session_id"),
        {"info": {"append_only": True}},
    )

    if TYPE_CHECKING:
        session_id: Mapped[int]

    session: Mapped[CashSession] = link(_l("Session"), readonly=True, listed=True)
    till: Mapped[str] = text(_l("Terminal"), readonly=True, search=True, listed=True)
    cashier: Mapped[str] = text(_l("Cashier"), readonly=True, listed=True)
    closed_at: Mapped[datetime] = moment(_l("Closed"), readonly=True, listed=True)
    sale_count: Mapped[int] = integer(_l("Sales"), readonly=True, default=0)
    refund_count: Mapped[int] = integer(_l("Refunds"), readonly=True, default=0)
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, default=ZERO, listed=True, total=True)
    tax: Mapped[Decimal] = amount(_l("Tax"), readonly=True, default=ZERO)
    expected_amount: Mapped[Decimal] = amount(_l("Cash expected"), readonly=True, default=ZERO)
    counted_amount: Mapped[Decimal] = amount(_l("Cash counted"), readonly=True, default=ZERO)
    difference_amount: Mapped[Decimal] = amount(_l("Difference"), readonly=True, default=ZERO, listed=True, total=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """Everything the paper says, numbers as text."""

    @property
    def summary(self) -> str:
        """Till and cashier, for search."""
        return f"{self.till}, {self.cashier}"


class CashDifference(Document):
    """Cash difference. Cash differences.

    What a drawer held too much or too little when it was counted; made after its session was closed and posted.
    """

    prefix = "CD"
    icon = "scale"
    group = _l("Counter")
    subtitle_field = "cashier"
    amount_field = "difference_amount"
    takes_history = False
    __table_args__ = (sa.UniqueConstraint("tenant_id", "session_id"),)

    if TYPE_CHECKING:
        session_id: Mapped[int]

    session: Mapped[CashSession] = link(_l("Session"), readonly=True, listed=True)
    cashier: Mapped[str] = text(_l("Cashier"), readonly=True, search=True, listed=True)
    difference_amount: Mapped[Decimal] = amount(_l("Difference"), readonly=True, default=ZERO, listed=True, total=True)
    off_amount: Mapped[Decimal] = amount(_l("Too much or missing"), readonly=True, default=ZERO)
    """The difference without its sign, for the table that says whether somebody is asked."""
    explanation: Mapped[str | None] = text(_l("Explanation"), length=300, search=True, listed=True)
    found_amount: Mapped[Decimal | None] = amount(_l("Found of it"))

    @property
    def summary(self) -> str:
        """Whose drawer it was, for search."""
        return self.cashier
