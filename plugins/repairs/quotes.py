"""Revisions of an order's quote: kept as the customer was shown them, approved or declined, compared and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import _, clock, current, i18n, session
from plugins.products.models import Product
from plugins.repairs.models import ZERO, RepairOrder, RepairOrderLine, RepairQuote, quote_of

KEPT = ("quantity", "unit_price", "discount", "covered_amount", "total")
Kept = Mapping[str, Any]


def keep(order: RepairOrder, valid_until: date) -> RepairQuote:
    """Keep the order's lines and sums as a new revision; the one still open before is replaced."""
    _close(order, "replaced")
    quote = RepairQuote(
        order_id=order.id,
        revision=order.quote_revision,
        lines=[_kept(line) for line in order.lines],
        subtotal=order.subtotal,
        tax=order.tax,
        total=order.total,
        content_hash=order.content_hash(),
        valid_until=valid_until,
        issued_at=clock.now(),
        issued_by=current().name,
    )
    session().add(quote)
    return quote


def _kept(line: RepairOrderLine) -> dict[str, Any]:
    numbers = {name: f"{Decimal(getattr(line, name) or 0).normalize():f}" for name in KEPT}
    return {"kind": line.kind, "product": line.product_id, "description": line.description, **numbers}  # type: ignore[attr-defined]


def approve(order: RepairOrder) -> None:
    """The customer accepted the newest revision: it is what may be done and what is charged."""
    _close(order, "approved")
    order.approved_revision = order.quote_revision


def decline(order: RepairOrder, status: str = "declined") -> None:
    """The customer declined the newest revision, or let it expire."""
    _close(order, status)


def _close(order: RepairOrder, status: str) -> None:
    session().execute(
        sa.update(RepairQuote)
        .where(RepairQuote.order_id == order.id, RepairQuote.status == "open")
        .values(status=status, decided_at=clock.now(), decided_by=current().name)
        .execution_options(synchronize_session="fetch")
    )


def restore(order: RepairOrder) -> None:
    """Bring the lines back to the revision that was approved before."""
    approved = quote_of(order, order.approved_revision)
    if approved is None:
        return
    serials = {line.description: (line.old_serial, line.new_serial) for line in order.lines}
    order.lines = [_line(place, row, serials) for place, row in enumerate(approved.lines)]
    order.recompute()


def _line(place: int, row: Kept, serials: Mapping[str, tuple[str | None, str | None]]) -> RepairOrderLine:
    old, new = serials.get(row["description"], (None, None))
    line = RepairOrderLine(
        position=place,
        kind=row["kind"],
        description=row["description"],
        old_serial=old,
        new_serial=new,
        quantity=Decimal(row["quantity"]),
        unit_price=Decimal(row["unit_price"]),
        discount=Decimal(row["discount"]),
    )
    if row["product"] is not None:
        line.product = session().get(Product, row["product"])
    return line


def is_as_approved(order: RepairOrder) -> bool:
    """Whether the lines are those of the approved revision, whatever serials were noted on them."""
    approved = quote_of(order, order.approved_revision)
    if approved is None:
        return not order.approved_revision
    return sorted(map(_agreed, approved.lines)) == sorted(_agreed(_kept(line)) for line in order.lines)


def _agreed(row: Kept) -> tuple[str, ...]:
    return (row["kind"], row["description"], row["quantity"], row["unit_price"], row["discount"])


# -- comparing -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A line that one of two revisions has and the other has not, or has otherwise; None where it is not there."""

    description: str
    before: Kept | None
    after: Kept | None

    @property
    def is_same(self) -> bool:
        """Whether nothing about it changed."""
        return self.before is not None and self.after is not None and _agreed(self.before) == _agreed(self.after)

    @property
    def kind(self) -> str:
        """Added, removed, changed or as before, for people."""
        if self.before is None:
            return _("New")
        if self.after is None:
            return _("No longer")
        return _("As before") if self.is_same else _("Changed")


def compare(before: RepairQuote, after: RepairQuote) -> list[Change]:
    """Every line of two revisions, those of the later first; lines are the same where kind and description are."""
    left = {(row["kind"], row["description"], place): row for place, row in _numbered(before.lines)}
    found = []
    for place, row in _numbered(after.lines):
        found.append(Change(row["description"], left.pop((row["kind"], row["description"], place), None), row))
    return found + [Change(row["description"], row, None) for row in left.values()]


def _numbered(rows: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    """Each row with how many of its kind and description came before it."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for row in rows:
        key = (row["kind"], row["description"])
        found.append((seen.get(key, 0), row))
        seen[key] = seen.get(key, 0) + 1
    return found


def told(order: RepairOrder) -> list[tuple[str, str, str]]:
    """What is new in the newest revision since the approved one, for its customer: (what, how, amount)."""
    before, after = quote_of(order, order.approved_revision), quote_of(order, order.quote_revision)
    if before is None or after is None or before.revision == after.revision:
        return []
    rows = [
        (each.description, each.kind, _amount((each.after or each.before or {}).get("total", "0"), order.currency))
        for each in compare(before, after)
        if not each.is_same
    ]
    total = _("Total, quote %(revision)s", revision=i18n.format_number(before.revision))
    return [*rows, (total, _("Approved before"), _amount(str(before.total or ZERO), order.currency))]


def _amount(text: str, currency: str) -> str:
    return i18n.format_money(Decimal(text), currency).removeprefix(f"{currency} ")
