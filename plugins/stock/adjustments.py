"""Adjustments: goods that are damaged, gone, found or there from the beginning, with who agreed to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from erp import Document, Invalid, Line, _, _l, amount, choice, currency, day, lines, link, long_text, money, text
from erp import quantity as number
from plugins.products.models import Product
from plugins.stock.models import ZERO, Location, Lot
from plugins.stock.movements import Movement, checked, known
from plugins.stock.places import place
from plugins.stock.worth import worth_of

REASONS: Mapping[str, str] = {
    "damage": _l("Damaged"), "theft": _l("Stolen or lost"), "expired": _l("Past its day"), "found": _l("Found"),
    "correction": _l("Correction"), "opening": _l("Opening stock"),
}  # fmt: skip
TAKES, BRINGS = frozenset({"damage", "theft", "expired"}), frozenset({"found", "opening"})
"""Reasons that only take goods away, and those that only bring some; a correction does both."""
POSTED = "posted"


class StockAdjustment(Document):
    """Stock adjustment. Stock adjustments.

    Goods that are damaged, gone, found, or there from the beginning: what is on the shelf again agrees with the books.
    """

    prefix = "ADJ"
    relies_on = (POSTED,)
    icon = "adjustments"
    group = _l("Stock")
    amount_field = "net_amount"
    takes_history = False

    reason: Mapped[str] = choice(_l("Reason"), REASONS, default="correction", listed=True)
    adjusted_on: Mapped[date | None] = day(_l("Day"), listed=True, help=_l("Empty: the day it is posted."))
    note: Mapped[str | None] = long_text(_l("What happened"), help=_l("Photos of damage may be added as files."))
    decision_note: Mapped[str | None] = text(_l("Said to it"), length=400, readonly=True)
    gross_amount: Mapped[Decimal] = amount(
        _l("All lines together"), readonly=True, default=ZERO, help=_l("Losses and finds added up: what is approved.")
    )
    net_amount: Mapped[Decimal] = amount(_l("Stock changes by"), readonly=True, default=ZERO, listed=True, total=True)
    lines: Mapped[list[StockAdjustmentLine]] = lines(_l("Lines"))

    @property
    def summary(self) -> str:
        """Why and what, for inbox and search."""
        first = self.lines[0].product.name if self.lines and self.lines[0].product is not None else ""
        return _(": ").join(filter(None, (str(REASONS.get(self.reason, "")), first)))

    def recompute(self) -> None:
        """It belongs to the branch of its places, where they are all at one."""
        at = {line.location.branch_id for line in self.lines if line.location is not None}
        if len(at) == 1 and None not in at:
            (self.branch_id,) = at

    def check(self) -> None:
        """Each line can be moved as it says, and is worth what it costs now; raises Invalid at each field."""
        if self.passed(POSTED):
            raise Invalid(_("A posted adjustment is never changed: make another one."))
        errors = {name: said for index, line in enumerate(self.lines) for name, said in self._wrong(index, line)}
        if errors:
            raise Invalid(next(iter(errors.values())), fields=errors)
        moves = self.movements()
        if moves:
            checked(moves, known(moves))
        self.value()

    def _wrong(self, index: int, line: StockAdjustmentLine) -> Sequence[tuple[str, str]]:
        at, count = f"lines-{index}-", line.quantity or ZERO
        if not count:
            return [(f"{at}quantity", _("Say how many more or, with a minus, how many fewer there are."))]
        if count > 0 and self.reason in TAKES:
            return [(f"{at}quantity", _("For this reason goods only go: write it with a minus."))]
        if count < 0 and self.reason in BRINGS:
            return [(f"{at}quantity", _("For this reason goods only come: write it without a minus."))]
        if count < 0 and line.unit_cost is not None:
            return [(f"{at}unit_cost", _("What goes is valued by what it cost; leave this empty."))]
        if line.location is not None and not line.location.is_held:
            return [(f"{at}location", _("Choose a place in the house."))]
        return ()

    def value(self) -> None:
        """Work out what every line is worth as costs are now."""
        worth = worth_of({line.product.id for line in self.lines})
        own = currency()
        for line in self.lines:
            line.value = line.worth(own) or worth[line.product.id].of(line.quantity)
        self.net_amount = sum((line.value for line in self.lines), ZERO)
        self.gross_amount = sum((abs(line.value) for line in self.lines), ZERO)

    def movements(self) -> list[Movement]:
        """What posting it moves: to where losses go, or from there."""
        loss, own = place("loss").id, currency()
        return [line.movement(f"lines-{index}-", loss, own) for index, line in enumerate(self.lines)]


class StockAdjustmentLine(Line["StockAdjustment"]):
    """Adjusted product. Adjusted products."""

    if TYPE_CHECKING:
        lot_id: Mapped[int | None]

    named_by = "product"
    product: Mapped[Product] = link(_l("Product"))
    location: Mapped[Location] = link(_l("Where"))
    lot: Mapped[Lot | None] = link(_l("Lot"))
    quantity: Mapped[Decimal] = number(_l("More or fewer"), help=_l("With a minus where goods are gone."))
    unit_cost: Mapped[Decimal | None] = amount(
        _l("Cost of one"), minimum=ZERO, help=_l("Of what is found; empty for what others of it cost.")
    )
    value: Mapped[Decimal] = amount(_l("Worth"), readonly=True, default=ZERO)

    @property
    def description(self) -> str:
        """What it is called in lists of lines."""
        return self.product.name if self.product is not None else ""

    def worth(self, currency: str) -> Decimal | None:
        """What found goods cost as typed; None where that follows from others."""
        if self.unit_cost is None:
            return None
        return money.rounded(Fraction(self.unit_cost) * Fraction(self.quantity), currency)

    def movement(self, at: str, loss: int, currency: str) -> Movement:
        """The move this line makes."""
        lot_id = self.lot.id if self.lot is not None else None
        origin, target = (loss, self.location.id) if self.quantity > 0 else (self.location.id, loss)
        return Movement(
            self.product.id, origin, target, abs(self.quantity), lot_id, self.worth(currency), at=at,
            line=str(self.id or ""),
        )  # fmt: skip
