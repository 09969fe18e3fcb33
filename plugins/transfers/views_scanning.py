"""What the scanner's page shows and takes, while goods are picked and while they are received."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import uuid4

import sqlalchemy as sa
from werkzeug.datastructures import FileStorage, MultiDict

from erp import Invalid, _, files, i18n, session
from erp.screens import Field, Kind, Link, Opened
from plugins.products.models import Product
from plugins.stock.models import ZERO, Lot
from plugins.transfers.models import CONDITIONS, DAMAGED, GOOD, PICK, WRONG, Transfer, TransferLine, TransferScan
from plugins.transfers.scanning import Outcome, Scan, scan

QUANTITY = Field("quantity", Kind.DECIMAL, places=6)


@dataclass(frozen=True)
class Scanned:
    """What the last scan became: `kind` is good, wait or bad."""

    kind: str
    text: str
    sub: str = ""
    count: str = ""


@dataclass(frozen=True)
class Expected:
    """A line, or what is on no line: how many were counted of how many there should be, and whether that fits."""

    text: str
    sub: str
    count: str
    kind: str = ""


@dataclass(frozen=True)
class ScanPage:
    """transfers/scan.html."""

    title: str
    action: str
    crumbs: Sequence[Link]
    key: str
    submit: str
    lines: Sequence[Expected]
    done_url: str
    done_label: str
    conditions: Sequence[tuple[str, str]] = ()
    condition: str = GOOD
    result: Scanned | None = None
    code: str = ""
    quantity: str = "1"
    lots: Sequence[tuple[int, str]] = ()
    errors: Mapping[str, str] = field(default_factory=dict)


def scan_page(
    it: Opened, stage: str, task_id: int, form: MultiDict[str, str] | None, photo: FileStorage | None
) -> tuple[ScanPage, int]:
    """The page and its status; what was sent is counted first."""
    outcome, errors = None, {}
    if form is not None:
        try:
            outcome = scan(it.row.id, _sent(form, photo))
        except Invalid as refusal:
            errors = dict(refusal.fields) or {"code": refusal.message}
    return _page(it, stage, task_id, form, outcome, errors), 422 if errors else 200


def _sent(form: MultiDict[str, str], photo: FileStorage | None) -> Scan:
    text, lot = form.get("quantity", "").strip(), form.get("lot", "")
    try:
        quantity = QUANTITY.parse(text) if text else Decimal(1)
    except ValueError as error:
        raise Invalid(str(error), fields={"quantity": str(error)}) from error
    lot_id = int(lot) if lot.isdecimal() and len(lot) <= 18 else None
    kept = None
    if photo is not None and photo.filename:
        kept = files.receive(photo.filename, photo.read(), field="photo")
    return Scan(form.get("code", ""), form.get("key", ""), quantity, form.get("condition") or GOOD, lot_id, kept)


def _page(
    it: Opened, stage: str, task_id: int, form: MultiDict[str, str] | None, outcome: Outcome | None,
    errors: Mapping[str, str],
) -> ScanPage:  # fmt: skip
    asks = outcome is not None and bool(outcome.lots)
    sent = form if form is not None and (errors or asks) else MultiDict({"quantity": "1"})
    is_picking = stage == PICK
    return ScanPage(
        title=_("Pick for %(place)s", place=it.row.to_location.name) if is_picking
        else _("Receive from %(place)s", place=it.row.from_location.name),
        action=f"{it.url}/scan",
        crumbs=[Link(str(it.type.plural), f"/{it.type.name}/"), Link(it.number, it.url)],
        key=uuid4().hex,
        submit=_("Pick") if is_picking else _("Count"),
        lines=expected(it.row, stage),
        done_url=f"/inbox/{task_id}",
        done_label=_("All is picked") if is_picking else _("All is counted"),
        conditions=() if is_picking else [(key, str(label)) for key, label in CONDITIONS.items()],
        condition=sent.get("condition") or GOOD,
        result=_told(stage, outcome) if outcome is not None else None,
        code="" if "code" in errors else sent.get("code", ""),  # a scanner types on where the cursor is
        quantity=sent.get("quantity", "1"),
        lots=[(lot.id, lot_words(lot)) for lot in outcome.lots] if outcome is not None else (),
        errors=errors,
    )  # fmt: skip


def _told(stage: str, outcome: Outcome) -> Scanned:
    if outcome.product is None:
        return Scanned("bad", _("Nobody knows this barcode."), outcome.code)
    if outcome.lots:
        return Scanned("wait", outcome.product.name, _("Which lot?"))
    if outcome.line is None and not outcome.count:
        return Scanned("bad", outcome.product.name, _("It is kept by lots, and none of it is here."))
    said = [str(CONDITIONS[outcome.condition])] if outcome.condition != GOOD else []
    if outcome.line is None:
        said.append(_("not on this transfer: it is kept apart until somebody decides"))
    elif stage != PICK and outcome.condition == GOOD and outcome.count > outcome.line.in_transit:
        said.append(_("more than was sent: whoever receives it needs the right, and says why"))
    if outcome.is_repeated:
        said.append(_("sent before, counted once"))
    kind = "good" if not said or outcome.is_repeated else "wait"
    count = f"{i18n.format_number(outcome.count)} {outcome.product.uom.name}"
    return Scanned(kind, outcome.product.name, " · ".join(said), count)


def lot_words(lot: Lot) -> str:
    """A lot and until when it is good."""
    until = _("until %(day)s", day=i18n.format_date(lot.expires_on)) if lot.expires_on else ""
    return " · ".join(filter(None, (lot.code, until)))


def expected(transfer: Transfer, stage: str) -> list[Expected]:
    """Every line that is still to be counted, and what came besides."""
    sums = _sums(transfer, stage)
    lines = [
        _expected(line, stage, {key[2]: count for key, count in sums.items() if key[0] == line.id})
        for line in transfer.lines
        if (line.quantity if stage == PICK else line.in_transit) or any(key[0] == line.id for key in sums)
    ]
    besides = [
        Expected(str(name), str(CONDITIONS[WRONG]), i18n.format_number(count), "bad")
        for (line_id, name, _condition), count in sums.items()
        if line_id is None
    ]
    return lines + besides


def _expected(line: TransferLine, stage: str, counts: Mapping[str, Decimal]) -> Expected:
    wanted = line.quantity if stage == PICK else line.in_transit
    every = sum(counts.values(), ZERO)
    sub = [lot_words(line.lot)] if line.lot is not None else []
    sub += [
        f"{i18n.format_number(count)} {CONDITIONS[key]}" for key, count in counts.items() if key in (DAMAGED, WRONG)
    ]
    kind = "good" if every == wanted and len(counts) <= 1 and counts.get(GOOD) else "wait" if every <= wanted else "bad"
    told = _("%(count)s of %(wanted)s", count=i18n.format_number(every), wanted=i18n.format_number(wanted))
    return Expected(line.product.name, " · ".join(sub), told, kind if every else "")


def _sums(transfer: Transfer, stage: str) -> dict[tuple[int | None, str, str], Decimal]:
    """{(line, product, condition): how many}; what was taken back is left out."""
    count = sa.func.sum(TransferScan.quantity)
    keys = (TransferScan.line_id, Product.name, TransferScan.condition)
    statement = (
        sa.select(*keys, count)
        .join(Product, Product.id == TransferScan.product_id)
        .where(
            TransferScan.transfer_id == transfer.id, TransferScan.stage == stage,
            TransferScan.delivery == transfer.deliveries,
        )
        .group_by(*keys)
        .having(count > 0)
        .order_by(*keys)
    )  # fmt: skip
    return {(line_id, name, condition): many for line_id, name, condition, many in session().execute(statement)}
