"""Somebody scans what they pick or receive: what it is, which line it belongs to, and how many there are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from erp import Conflict, Invalid, NotFound, _, clock, current, files, i18n, repeated, session, tasks
from plugins.products.api import converted
from plugins.products.models import Product
from plugins.stock.api import Found, check_lot, code_of, followed, known_by, levels
from plugins.stock.models import ZERO, Lot
from plugins.transfers.models import (
    CONDITIONS,
    DAMAGED,
    GOOD,
    PICK,
    RECEIVE,
    RECOUNT,
    WRONG,
    Transfer,
    TransferLine,
    TransferScan,
)

STAGES = {PICK: PICK, RECEIVE: RECEIVE, RECOUNT: RECEIVE}
"""{task during which people scan: what their scans are for}"""


@dataclass(frozen=True)
class Scan:
    """What was sent."""

    code: str
    key: str
    quantity: Decimal = Decimal(1)
    condition: str = GOOD
    lot_id: int | None = None
    photo: files.Kept | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of it: how many there are now, lots to choose from, or no product where nobody knows the barcode."""

    code: str
    product: Product | None = None
    line: TransferLine | None = None
    condition: str = GOOD
    count: Decimal = ZERO
    """How many of it were counted in this delivery."""
    lots: Sequence[Lot] = ()
    is_repeated: bool = False


def stage_of(transfer: Transfer) -> tuple[str, str] | None:
    """(task, what scans are for) the actor may scan for now; None where there is none."""
    for task in tasks.open_of(transfer.__tablename__, [transfer.id]):
        if task.element in STAGES and tasks.may_do(task):
            return task.element, STAGES[task.element]
    return None


@repeated
def scan(transfer_id: int, sent: Scan) -> Outcome:
    """Count what was scanned, once for each key.

    Raises Conflict where nobody counts now, Invalid at `code`, `quantity`, `condition` or `lot`.
    """
    transfer, stage = _open(transfer_id)
    code = code_of(sent.code, sent.key)
    if sent.condition not in CONDITIONS:
        raise Invalid(fields={"condition": _("Choose one of the list.")})
    found = known_by(code)
    if found is None:
        row = _row(transfer, stage, sent, code)
        return Outcome(code, is_repeated=not _keep(row))
    return _count(transfer, stage, sent, code, found)


def _open(transfer_id: int) -> tuple[Transfer, str]:
    """The transfer, held open while this scan is written: whoever ends the step waits."""
    statement = sa.select(Transfer).where(Transfer.id == transfer_id).with_for_update(read=True)
    transfer = session().scalar(statement.execution_options(populate_existing=True))
    if transfer is None:
        raise NotFound
    found = stage_of(transfer)
    if found is None:
        raise Conflict(_("Nobody counts %(number)s now, or it is for somebody else.", number=transfer.number or ""))
    return transfer, found[1]


def _count(transfer: Transfer, stage: str, sent: Scan, code: str, found: Found) -> Outcome:
    is_tracked = followed([found.product.id]).get(found.product.id, "none") != "none"
    lot_id = (sent.lot_id or found.lot_id) if is_tracked else None
    if is_tracked and lot_id is None:
        return Outcome(code, found.product, lots=_lots(transfer, stage, found.product))
    if lot_id is not None:
        check_lot(lot_id, found.product)
    line = _line(transfer, stage, found.product, lot_id)
    condition = _condition(stage, sent, line)
    quantity = converted(sent.quantity, found.unit, found.product.uom, field="quantity")
    own = {"line_id": line.id if line is not None else None, "product_id": found.product.id, "lot_id": lot_id}
    row = _row(transfer, stage, sent, code) | own | {"condition": condition, "quantity": quantity}
    if sent.photo is not None and not _is_known(transfer, sent.key):
        row["file_id"] = files.attach(sent.photo.row(DAMAGED), transfer.__tablename__, transfer.id).id
    is_new = _keep(row)
    count = _sum(transfer, stage, own, condition)
    _refuse(stage, line, count, _sum(transfer, stage, own, None))
    return Outcome(code, found.product, line, condition, count, is_repeated=not is_new)


def _lots(transfer: Transfer, stage: str, product: Product) -> list[Lot]:
    """Lots to choose from: while picking those that lie there, while receiving those that were sent."""
    if stage == PICK:
        ids = [each.lot_id for each in levels([product.id], [transfer.from_location_id]) if each.lot_id]
    else:
        ids = [line.lot_id for line in transfer.lines if line.product_id == product.id and line.lot_id]
    statement = sa.select(Lot).where(Lot.id.in_(ids)).order_by(Lot.expires_on, Lot.id)
    return list(session().scalars(statement))


def _line(transfer: Transfer, stage: str, product: Product, lot_id: int | None) -> TransferLine | None:
    """The line of a product and lot; None for what is not on the papers. Raises Invalid while picking."""
    own = [line for line in transfer.lines if line.product_id == product.id]
    exact = [line for line in own if line.lot_id == lot_id]
    fitting = exact or ([line for line in own if line.lot_id is None] if stage == PICK else [])
    if not fitting and stage == PICK:
        said = _("%(product)s is not asked for.", product=product.name)
        raise Invalid(said, fields={"code": said})
    return fitting[0] if fitting else None


def _condition(stage: str, sent: Scan, line: TransferLine | None) -> str:
    if stage == PICK:
        return GOOD
    return WRONG if line is None else sent.condition


def _row(transfer: Transfer, stage: str, sent: Scan, code: str) -> dict[str, object]:
    return {
        "transfer_id": transfer.id, "stage": stage, "delivery": transfer.deliveries, "code": code,
        "quantity": sent.quantity, "condition": sent.condition, "member_id": current().member_id,
        "by": current().name, "at": clock.now(), "key": sent.key, "line_id": None, "product_id": None, "lot_id": None,
        "file_id": None,
    }  # fmt: skip


def _is_known(transfer: Transfer, key: str) -> bool:
    mine = TransferScan.transfer_id == transfer.id, TransferScan.key == key
    return session().scalar(sa.select(TransferScan.id).where(*mine)) is not None


def _keep(row: dict[str, object]) -> bool:
    """Write what was scanned; False where it was sent before."""
    statement = insert(TransferScan).on_conflict_do_nothing(index_elements=["tenant_id", "transfer_id", "key"])
    return bool(list(session().scalars(statement.returning(TransferScan.id), [row])))


def _sum(transfer: Transfer, stage: str, own: dict[str, int | None], condition: str | None) -> Decimal:
    """How many of it were counted in this delivery, in one condition or all."""
    where = [getattr(TransferScan, name).is_not_distinct_from(value) for name, value in own.items()]
    if condition is not None:
        where.append(TransferScan.condition == condition)
    statement = sa.select(sa.func.coalesce(sa.func.sum(TransferScan.quantity), 0)).where(
        TransferScan.transfer_id == transfer.id, TransferScan.stage == stage,
        TransferScan.delivery == transfer.deliveries, *where,
    )  # fmt: skip
    return session().scalar(statement) or ZERO


def _refuse(stage: str, line: TransferLine | None, count: Decimal, every: Decimal) -> None:
    if count < 0:
        raise Invalid(fields={"quantity": _("There cannot be fewer than none.")})
    if stage == PICK and line is not None and every > line.quantity:
        said = _(
            "%(count)s of %(product)s are asked for, not more.",
            count=i18n.format_number(line.quantity), product=line.product.name,
        )  # fmt: skip
        raise Invalid(said, fields={"quantity": said})
