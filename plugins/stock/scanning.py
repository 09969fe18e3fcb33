"""Somebody scans a barcode in a count: what it is, which line it belongs to, and how many there are now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from erp import Conflict, Invalid, NotFound, _, clock, current, session, tasks, transaction
from plugins.products.api import converted, plain, scanned
from plugins.products.models import Product, Unit
from plugins.stock.counting import part_of
from plugins.stock.counts import StockCount, StockCountLine, StockCountScan
from plugins.stock.models import ZERO, Lot, StockLevel
from plugins.stock.movements import products

FIRST, AGAIN = "count", "recount"
"""Tasks during which people scan."""
KEY = re.compile(r"[\w-]{8,40}")
LONGEST = 200


@dataclass(frozen=True)
class Scan:
    """What was sent."""

    code: str
    key: str
    quantity: Decimal = Decimal(1)
    is_total: bool = False
    lot_id: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of it: a line with its new count, lots to choose from, or neither where nobody knows the barcode."""

    code: str
    product: Product | None = None
    unit: Unit | None = None
    line: StockCountLine | None = None
    lots: Sequence[Lot] = ()
    is_repeated: bool = False


@dataclass(frozen=True)
class Found:
    """What a code stands for."""

    product: Product
    unit: Unit
    lot_id: int | None = None


def scan(count_id: int, sent: Scan) -> Outcome:
    """Count what was scanned, once for each key.

    Raises Conflict where nobody counts now, Invalid at `code`, `quantity` or `lot`, Forbidden for the wrong role.
    """
    with transaction():
        count = _open(count_id)
        code = code_of(sent.code, sent.key)
        found = known_by(code)
        if found is None:
            is_new = _keep(count, sent, code, None, sent.quantity, 1)
            return Outcome(code, is_repeated=not is_new)
        return _count(count, sent, code, found)


def code_of(code: str, key: str) -> str:
    """The barcode that was sent under a key of its own; raises Invalid at `code`."""
    found = plain(code)[:LONGEST]
    if not found:
        raise Invalid(fields={"code": _("Scan a barcode, or type it.")})
    if not KEY.fullmatch(key):
        raise Invalid(fields={"code": _("Load the page again, then scan it once more.")})
    return found


def _open(count_id: int) -> StockCount:
    """The count, held open while this scan is written: whoever ends it waits."""
    statement = sa.select(StockCount).where(StockCount.id == count_id).with_for_update(read=True)
    count = session().scalar(statement.execution_options(populate_existing=True))
    if count is None:
        raise NotFound
    round_ = rounds(count)
    if round_ is None:
        raise Conflict(_("Nobody counts %(number)s now.", number=count.number or ""))
    return count


def rounds(count: StockCount) -> str | None:
    """The task people scan for now; None where there is none."""
    return next((each for each in (FIRST, AGAIN) if tasks.open_task(count, each) is not None), None)


def known_by(code: str) -> Found | None:
    """A product by barcode or code, or a lot by its number where only one has it."""
    by_barcode = scanned(code)
    if by_barcode is not None:
        return Found(by_barcode.product, by_barcode.unit)
    lots = list(session().scalars(sa.select(Lot).where(Lot.code == code).limit(2)))
    if len(lots) == 1:
        return Found(lots[0].product, lots[0].product.uom, lots[0].id)
    product = session().scalar(sa.select(Product).where(sa.func.lower(Product.code) == code.lower()).limit(1))
    return None if product is None else Found(product, product.uom)


def _count(count: StockCount, sent: Scan, code: str, found: Found) -> Outcome:
    kept = products({found.product.id})[found.product.id]
    lot_id = sent.lot_id or found.lot_id
    if kept.tracking == "none":
        lot_id = None
    elif lot_id is None:
        return Outcome(code, found.product, found.unit, lots=_lots(count, found.product))
    else:
        check_lot(lot_id, found.product)
    quantity = converted(sent.quantity, found.unit, found.product.uom)
    line = _line(count, found.product, lot_id)
    if not _keep(count, sent, code, line.id, quantity, line.round):
        return Outcome(code, found.product, found.unit, line, is_repeated=True)
    _add(line, quantity, is_total=sent.is_total, is_piece=kept.tracking == "serial")
    return Outcome(code, found.product, found.unit, line)


def _lots(count: StockCount, product: Product) -> list[Lot]:
    """Lots of the product that lie there, the first to be over in front; else all it has."""
    here = sa.select(StockLevel.lot_id).where(
        StockLevel.product_id == product.id, StockLevel.location_id == count.location_id, StockLevel.quantity != 0
    )
    statement = sa.select(Lot).where(Lot.product_id == product.id).order_by(Lot.expires_on, Lot.id.desc()).limit(50)
    return list(session().scalars(statement.where(Lot.id.in_(here)))) or list(session().scalars(statement))


def check_lot(lot_id: int, product: Product) -> None:
    """Raise Invalid at `lot` where it is none of the product."""
    lot = session().get(Lot, lot_id)
    if lot is None or lot.product_id != product.id:
        raise Invalid(fields={"lot": _("Choose one of the list.")})


def _line(count: StockCount, product: Product, lot_id: int | None) -> StockCountLine:
    """The line of a product, locked; made where nothing was expected. Raises Invalid where it is not counted here."""
    mine = sa.select(StockCountLine).where(
        StockCountLine.count_id == count.id, StockCountLine.product_id == product.id,
        StockCountLine.lot_id.is_not_distinct_from(lot_id),
    )  # fmt: skip
    locked = mine.with_for_update().execution_options(populate_existing=True)
    is_again = rounds(count) == AGAIN
    line = session().scalar(locked)
    if line is None and not is_again:
        _make(count, product, lot_id)
        line = session().scalar(locked)
    if line is None or (is_again and line.round == 1):
        said = _("%(product)s is not counted again.", product=product.name)
        raise Invalid(said, fields={"code": said})
    if is_again:
        _refuse_own(line)
    return line


def _make(count: StockCount, product: Product, lot_id: int | None) -> None:
    wanted = part_of(count)
    if wanted is not None and session().scalar(wanted.where(Product.id == product.id)) is None:
        said = _("%(product)s is no part of this count.", product=product.name)
        raise Invalid(said, fields={"code": said})
    row = {
        "count_id": count.id, "location_id": count.location_id, "product_id": product.id, "lot_id": lot_id,
        "round": 1, "value": ZERO, "is_open": True,
    }  # fmt: skip
    session().execute(insert(StockCountLine).on_conflict_do_nothing(), [row])
    mine = sa.select(StockCountLine.id).where(
        StockCountLine.count_id == count.id, StockCountLine.product_id == product.id
    )
    if session().scalar(mine.limit(1)) is None:
        said = _("%(product)s is being counted in another count.", product=product.name)
        raise Invalid(said, fields={"code": said})


def _refuse_own(line: StockCountLine) -> None:
    mine = sa.select(StockCountScan.id).where(
        StockCountScan.line_id == line.id, StockCountScan.round == line.round - 1,
        StockCountScan.member_id == current().member_id,
    )  # fmt: skip
    if session().scalar(mine.limit(1)) is not None:
        said = _("You counted this yourself: somebody else counts it again.")
        raise Invalid(said, fields={"code": said})


def _keep(count: StockCount, sent: Scan, code: str, line_id: int | None, quantity: Decimal, round_: int) -> bool:
    """Write what was scanned; False where it was sent before."""
    row = {
        "count_id": count.id, "line_id": line_id, "round": round_, "code": code, "quantity": quantity,
        "is_total": sent.is_total, "member_id": current().member_id, "by": current().name, "at": clock.now(),
        "key": sent.key,
    }  # fmt: skip
    statement = insert(StockCountScan).on_conflict_do_nothing(index_elements=["tenant_id", "count_id", "key"])
    return bool(list(session().scalars(statement.returning(StockCountScan.id), [row])))


def _add(line: StockCountLine, quantity: Decimal, *, is_total: bool, is_piece: bool) -> None:
    counted = quantity if is_total else (line.counted or ZERO) + quantity
    if counted < 0:
        raise Invalid(fields={"quantity": _("There cannot be fewer than none.")})
    if is_piece and counted > 1:
        raise Invalid(fields={"quantity": _("A serial number is one piece, and it is counted already.")})
    line.counted, line.expected, line.counted_at = counted, _level(line), clock.now()
    if line.level_before is None:
        line.level_before = line.expected
    session().flush()


def _level(line: StockCountLine) -> Decimal:
    found = sa.select(StockLevel.quantity).where(
        StockLevel.product_id == line.product_id, StockLevel.location_id == line.location_id,
        StockLevel.lot_id.is_not_distinct_from(line.lot_id),
    )  # fmt: skip
    return session().scalar(found) or ZERO
