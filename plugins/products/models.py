from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from erp import Record, _l, amount, choice, flag, long_text, text

KINDS = {"part": _l("Part"), "labour": _l("Labour"), "goods": _l("Goods")}
UNITS = {"piece": _l("piece"), "hour": _l("hour"), "metre": _l("metre"), "gram": _l("gram"), "set": _l("set")}


class Product(Record):
    """Product. Products.

    Something we sell or use: a spare part, an hour of labour, goods of the shop.
    """

    icon = "package"
    group = _l("Stock")
    subtitle_field = "code"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "code"),
        sa.CheckConstraint("unit_price >= 0", name="product_unit_price_positive"),
    )

    code: Mapped[str] = text(_l("Code"), length=40, search=True, listed=True)
    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    kind: Mapped[str] = choice(_l("Kind"), KINDS, default="goods", listed=True)
    uom: Mapped[str] = choice(_l("Unit"), UNITS, default="piece", listed=True)
    unit_price: Mapped[Decimal] = amount(_l("Price without tax"), default=Decimal(0), minimum=Decimal(0), listed=True)
    is_active: Mapped[bool] = flag(_l("For sale"), default=True, listed=True)
    note: Mapped[str | None] = long_text(_l("Note"))
