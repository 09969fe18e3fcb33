"""Counts: what lies on the shelf is counted by people with scanners, and the difference is posted once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Document,
    Invalid,
    TenantScoped,
    _,
    _l,
    amount,
    choice,
    clock,
    current,
    flag,
    integer,
    key_to,
    link,
    long_text,
    moment,
    text,
)
from erp import quantity as number
from plugins.products.models import ProductCategory
from plugins.stock.models import ZERO, Location

KINDS: Mapping[str, str] = {"full": _l("All that lies there"), "cycle": _l("A part of it")}
CLASSES: Mapping[str, str] = {
    "A": _l("A: four fifths of what leaves, by its cost"), "B": _l("B: the next 15 %"), "C": _l("C: the rest"),
}  # fmt: skip
POSTED = "posted"


class StockCount(Document):
    """Stock count. Stock counts.

    What lies at a place is counted, by several people at once; what differs is counted again, and posted once.
    """

    prefix = "CNT"
    relies_on = (POSTED,)
    icon = "clipboard-list"
    group = _l("Stock")
    amount_field = "net_amount"
    takes_history = False

    if TYPE_CHECKING:
        location_id: Mapped[int]
        category_id: Mapped[int | None]

    location: Mapped[Location] = link(_l("Where"), listed=True)
    kind: Mapped[str] = choice(_l("Counted"), KINDS, default="full", listed=True)
    category: Mapped[ProductCategory | None] = link(
        _l("Category"), help=_l("Of a part: with all that stands below it.")
    )
    abc: Mapped[str | None] = choice(_l("Class"), CLASSES, help=_l("Of a part: by what left here in the last year."))
    is_blind: Mapped[bool] = flag(
        _l("Counted blind"), default=True, help=_l("Whoever counts does not see how many there should be.")
    )
    tolerance: Mapped[Decimal] = number(
        _l("Counted again from"), default=ZERO, minimum=ZERO, maximum=Decimal(100), places=2, unit="%",
        help=_l("Difference, as a part of what was expected; 0 has every difference counted again."),
    )  # fmt: skip
    note: Mapped[str | None] = long_text(_l("Note"))
    decision_note: Mapped[str | None] = text(_l("Said to it"), length=400, readonly=True)
    begun_at: Mapped[datetime | None] = moment(_l("Begun"), readonly=True, listed=True)
    ended_at: Mapped[datetime | None] = moment(_l("Ended"), readonly=True)
    line_count: Mapped[int] = integer(_l("Lines"), readonly=True, default=0)
    difference_count: Mapped[int] = integer(_l("Lines that differ"), readonly=True, default=0)
    gross_amount: Mapped[Decimal] = amount(
        _l("Differences"), readonly=True, default=ZERO, help=_l("Losses and finds added up: what is approved.")
    )
    net_amount: Mapped[Decimal] = amount(_l("Stock changes by"), readonly=True, default=ZERO, listed=True, total=True)

    @property
    def summary(self) -> str:
        """Where it is counted, for inbox and search."""
        return self.location.name

    @property
    def is_under_way(self) -> bool:
        """Whether people count."""
        return self.begun_at is not None and self.ended_at is None

    def recompute(self) -> None:
        """It belongs to the branch of the place that is counted."""
        if self.location is not None and self.location.branch_id is not None:
            self.branch_id = self.location.branch_id

    def check(self) -> None:
        """A place of ours, and a part that is named; raises Invalid naming the field."""
        if not self.location.is_held:
            raise Invalid(fields={"location": _("Choose a place in the house.")})
        if self.kind == "cycle" and self.category is None and not self.abc:
            raise Invalid(fields={"category": _("Say which part: a category, a class, or both.")})
        if self.kind == "full" and (self.category is not None or self.abc):
            named = "category" if self.category is not None else "abc"
            raise Invalid(fields={named: _("All that lies there is counted: leave this empty, or count a part.")})


class StockCountLine(TenantScoped):
    """One product, or one lot of it, in a count: how many there should be and how many there were."""

    __tablename__ = "stock_count_line"
    __table_args__ = (
        key_to("stock_count", "count_id", ondelete="CASCADE"),
        key_to("location", "location_id"),
        key_to("product", "product_id"),
        key_to("lot", "lot_id"),
        sa.UniqueConstraint("tenant_id", "count_id", "product_id", "lot_id", postgresql_nulls_not_distinct=True),
        sa.Index(
            "stock_count_line_open", "tenant_id", "location_id", "product_id", "lot_id", unique=True,
            postgresql_where=sa.text("is_open"), postgresql_nulls_not_distinct=True,
        ),
        sa.CheckConstraint("counted >= 0 and (counted is null) = (expected is null)", name="stock_count_line_counted"),
    )  # fmt: skip
    count_id: Mapped[int] = mapped_column(sa.BigInteger)
    location_id: Mapped[int] = mapped_column(sa.BigInteger)
    product_id: Mapped[int] = mapped_column(sa.BigInteger)
    lot_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    round: Mapped[int] = mapped_column(default=1)
    """How often it is counted: 2 where the first count differed too much."""
    expected: Mapped[Decimal | None] = mapped_column(sa.Numeric(18, 6))
    """The level at the moment it was last counted, so that what is sold meanwhile is no difference."""
    counted: Mapped[Decimal | None] = mapped_column(sa.Numeric(18, 6))
    level_before: Mapped[Decimal | None] = mapped_column(sa.Numeric(18, 6))
    """The level when this round of it began; where it is another than expected, goods moved while it was counted."""
    first_counted: Mapped[Decimal | None] = mapped_column(sa.Numeric(18, 6))
    first_expected: Mapped[Decimal | None] = mapped_column(sa.Numeric(18, 6))
    value: Mapped[Decimal] = mapped_column(sa.Numeric(19, 4), default=ZERO)
    """What the difference is worth."""
    counted_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    is_open: Mapped[bool] = mapped_column(default=True)
    """Until its count ends; nothing is counted in two counts at once."""

    @property
    def difference(self) -> Decimal:
        """How many more there are, with a minus how many fewer; nothing while it is not counted."""
        return ZERO if self.counted is None or self.expected is None else self.counted - self.expected


class StockCountScan(TenantScoped):
    """What somebody scanned or typed in a count; never changed. One without a line is a barcode nobody knows."""

    __tablename__ = "stock_count_scan"
    __table_args__ = (
        key_to("stock_count", "count_id", ondelete="CASCADE"),
        key_to("stock_count_line", "line_id", ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "count_id", "key"),
        sa.Index("stock_count_scan_line", "tenant_id", "line_id", "round"),
        {"info": {"append_only": True}},
    )
    count_id: Mapped[int] = mapped_column(sa.BigInteger)
    line_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    round: Mapped[int] = mapped_column(default=1)
    code: Mapped[str] = mapped_column(sa.String(200), default="")
    quantity: Mapped[Decimal] = mapped_column(sa.Numeric(18, 6))
    is_total: Mapped[bool] = mapped_column(default=False)
    """Whether it says how many there are in all, instead of how many more."""
    member_id: Mapped[int | None] = mapped_column(sa.BigInteger, default=lambda: current().member_id)
    by: Mapped[str] = mapped_column(sa.String(200), default=lambda: current().name)
    at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True), default=lambda: clock.now())
    key: Mapped[str] = mapped_column(sa.String(40))
    """What the scanner's page calls it: sent twice, it counts once."""
