from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import render_template, request

from erp import Conflict, Invalid, _, i18n, repeated, session, tasks
from erp.screens import (
    Answer,
    Cell,
    Column,
    DocumentView,
    Field,
    Kind,
    LinesShown,
    Opened,
    Question,
    Row,
    TaskButton,
    allowed,
    asked,
    expose,
)
from plugins.products.models import Product
from plugins.stock.models import ZERO, Lot
from plugins.transfers import views_scanning
from plugins.transfers.models import CONDITIONS, IN_TRANSIT, PICK, Transfer, TransferLine, TransferReceipt
from plugins.transfers.scanning import stage_of
from plugins.transfers.settling import OUTCOMES, Decision, settle

INVESTIGATE = "investigate"


class Transfers(DocumentView):
    """The transfers' pages, with those on which people scan and decide what becomes of what differs."""

    type_name = "transfer"
    add_fields = ("from_location", "to_location", "needed_on", "reason", "lines")

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """Scanning while goods are picked or received, deciding line by line while something differs."""
        found = []
        if stage := stage_of(it.row):
            label = _("Scan what you pick") if stage[1] == PICK else _("Scan what came")
            found.append(TaskButton(label, f"{it.url}/scan", "barcode"))
        if _may_settle(it.row):
            found.append(TaskButton(_("Settle line by line"), f"{it.url}/settle", "scale"))
        return found

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """What came, when, and in which condition."""
        return _receipts(it)

    @expose("/<int:row_id>/scan", methods=("GET", "POST"))
    @allowed("edit")
    def scan(self, row_id: int) -> Answer:
        """The page for a phone or a scanner; a post counts what was scanned."""
        it = self.opened(row_id)
        stage = stage_of(it.row)
        if stage is None:
            raise Conflict(_("Nobody counts %(number)s now, or it is for somebody else.", number=it.number))
        task = tasks.open_task(it.row, stage[0])
        form = request.form if request.method == "POST" else None
        page, status = views_scanning.scan_page(it, stage[1], task.id if task else 0, form, request.files.get("photo"))
        return render_template("transfers/scan.html", view=page), status

    @expose("/<int:row_id>/settle", methods=("GET", "POST"))
    @allowed("edit")
    def settle(self, row_id: int) -> Answer:
        """What becomes of each line's missing and rejected goods."""
        it = self.opened(row_id)
        if not _may_settle(it.row):
            raise Conflict(_("Nothing of %(number)s is to be settled now, or somebody else does it.", number=it.number))
        return asked(it, "settle", _question(it.row))


def _may_settle(transfer: Transfer) -> bool:
    task = tasks.open_task(transfer, INVESTIGATE)
    return task is not None and tasks.may_do(task)


def _question(transfer: Transfer) -> Question:
    open_ones = [
        (line, bucket) for line in transfer.lines for bucket in (IN_TRANSIT, "rejected") if getattr(line, bucket)
    ]
    fields, values = [], {}
    for line, bucket in open_ones:
        count = getattr(line, bucket)
        said = _missing(line, count) if bucket == IN_TRANSIT else _rejected(line, count)
        fields.append(Field(f"outcome-{line.id}-{bucket}", Kind.CHOICE, said, choices=tuple(OUTCOMES.items())))
        fields.append(
            Field(f"quantity-{line.id}-{bucket}", Kind.DECIMAL, _("How many of them"), minimum=ZERO, maximum=count)
        )
        values[f"quantity-{line.id}-{bucket}"] = count
    note = _("Leave a line empty to decide on it later. When all is decided, finish “Settle difference” in the inbox.")
    return Question(
        _("Settle line by line"), _("Settle"), lambda typed: _settle(transfer.id, typed), fields, values, note
    )


def _missing(line: TransferLine, count: Decimal) -> str:
    return _("%(product)s, missing: %(count)s", product=line.product.name, count=i18n.format_number(count))


def _rejected(line: TransferLine, count: Decimal) -> str:
    return _("%(product)s, rejected: %(count)s", product=line.product.name, count=i18n.format_number(count))


@repeated
def _settle(transfer_id: int, typed: dict[str, Any]) -> str:
    """Carry out what was decided, all of it or nothing; raises Invalid at the field that is wrong."""
    statement = sa.select(Transfer).where(Transfer.id == transfer_id).with_for_update()
    transfer = session().scalars(statement.execution_options(populate_existing=True)).one()
    if not _may_settle(transfer):
        raise Conflict(_("Somebody settled it meanwhile."))
    decisions = [
        Decision(line, bucket, outcome, typed.get(f"quantity-{line.id}-{bucket}") or ZERO)
        for line in transfer.lines
        for bucket in (IN_TRANSIT, "rejected")
        if (outcome := typed.get(f"outcome-{line.id}-{bucket}"))
    ]
    if not decisions:
        raise Invalid(_("Choose what becomes of at least one line."))
    settle(transfer, decisions)
    return _("Settled.")


def _receipts(it: Opened) -> list[LinesShown]:
    statement = (
        sa.select(TransferReceipt, Product.name, Lot.code)
        .join(TransferLine, TransferLine.id == TransferReceipt.line_id)
        .join(Product, Product.id == TransferLine.product_id)
        .outerjoin(Lot, Lot.id == TransferReceipt.lot_id)
        .where(TransferReceipt.transfer_id == it.row.id)
        .order_by(TransferReceipt.id)
        .limit(200)
    )
    rows = [_receipt(it, *found) for found in session().execute(statement)]
    columns = [
        Column("product", _("Product"), "title"), Column("condition", _("Condition"), "more"),
        Column("by", _("Received by"), "who"), Column("count", _("How many"), "amount", number=True),
    ]  # fmt: skip
    return [LinesShown(_("What came"), columns, rows)] if rows else []


def _receipt(it: Opened, row: TransferReceipt, name: str, lot: str | None) -> Row:
    over = _("%(count)s more than was sent", count=i18n.format_number(row.over)) if row.over else ""
    photo = f"{it.url}/files/{row.file_id}" if row.file_id else ""
    cells = [
        Cell(name, sub=" · ".join(filter(None, (lot, over, row.note)))),
        Cell(str(CONDITIONS[row.condition]), url=photo, sub=_("Photo") if photo else ""),
        Cell(row.by, sub=i18n.format_datetime(row.at)),
        Cell(i18n.format_number(row.quantity), "number"),
    ]
    return Row(str(row.id), name, cells)
