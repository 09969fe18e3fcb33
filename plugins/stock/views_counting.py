"""What the scanner's page shows and takes, and what a count's own page says of its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import uuid4

import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from erp import Invalid, _, i18n, session
from erp.screens import Cell, Column, Field, Kind, LinesShown, Link, Opened, Row
from plugins.products.models import Product, Unit
from plugins.stock.counting import progress, told_number, unknown_codes
from plugins.stock.counts import StockCount, StockCountLine, StockCountScan
from plugins.stock.models import Lot
from plugins.stock.scanning import AGAIN, Outcome, Scan, rounds, scan

QUANTITY = Field("quantity", Kind.DECIMAL, places=6)
LATEST, SHOWN = 8, 200
"""Scans on the scanner's page; lines on a count's own."""


@dataclass(frozen=True)
class Scanned:
    """What the last scan became: `kind` is good, wait or bad."""

    kind: str
    text: str
    sub: str = ""
    count: str = ""


@dataclass(frozen=True)
class ScanPage:
    """stock/scan.html."""

    title: str
    action: str
    crumbs: Sequence[Link]
    key: str
    done: str
    """How many lines are counted."""
    result: Scanned | None = None
    code: str = ""
    quantity: str = "1"
    is_total: bool = False
    lots: Sequence[tuple[int, str]] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    latest: Sequence[tuple[str, str, str]] = ()
    """(what, how many, who and when)"""
    finish_url: str = ""


def scan_page(it: Opened, form: MultiDict[str, str] | None) -> tuple[ScanPage, int]:
    """The page and its status; what was sent is counted first."""
    outcome, errors = None, {}
    if form is not None:
        try:
            outcome = scan(it.row.id, _sent(form))
        except Invalid as refusal:
            errors = dict(refusal.fields) or {"code": refusal.message}
    return _page(it, form, outcome, errors), 422 if errors else 200


def _sent(form: MultiDict[str, str]) -> Scan:
    text, lot = form.get("quantity", "").strip(), form.get("lot", "")
    try:
        quantity = QUANTITY.parse(text) if text else Decimal(1)
    except ValueError as error:
        raise Invalid(str(error), fields={"quantity": str(error)}) from error
    lot_id = int(lot) if lot.isdecimal() and len(lot) <= 18 else None
    return Scan(form.get("code", ""), form.get("key", ""), quantity, bool(form.get("is_total")), lot_id)


def _page(
    it: Opened, form: MultiDict[str, str] | None, outcome: Outcome | None, errors: Mapping[str, str]
) -> ScanPage:  # fmt: skip
    count: StockCount = it.row
    asks = outcome is not None and bool(outcome.lots)
    keeps = form is not None and (bool(errors) or asks)
    sent = form if form is not None and keeps else MultiDict({"quantity": "1"})
    return ScanPage(
        title=_("Count %(place)s", place=count.location.name),
        action=f"{it.url}/scan",
        crumbs=[Link(str(it.type.plural), f"/{it.type.name}/"), Link(it.number, it.url)],
        key=uuid4().hex,
        done=_done(count),
        result=_told(count, outcome) if outcome is not None else None,
        code="" if "code" in errors else sent.get("code", ""),  # a scanner types on where the cursor is
        quantity=sent.get("quantity", "1"),
        is_total=bool(sent.get("is_total")),
        lots=[(lot.id, _lot_words(lot)) for lot in outcome.lots] if outcome is not None else (),
        errors=errors,
        latest=_latest(count),
        finish_url=it.url,
    )


def _done(count: StockCount) -> str:
    lines, counted, again = progress(count.id)
    if rounds(count) == AGAIN:
        return _("%(count)s lines are still to be counted again.", count=i18n.format_number(again))
    numbers = {"counted": i18n.format_number(counted), "lines": i18n.format_number(lines)}
    return _("%(counted)s of %(lines)s lines are counted.", **numbers)


def _told(count: StockCount, outcome: Outcome) -> Scanned:
    if outcome.product is None:
        return Scanned("bad", _("Nobody knows this barcode. It is kept with the count."), outcome.code)
    if outcome.line is None:
        if not outcome.lots:
            return Scanned("bad", outcome.product.name, _("It is kept by lots, and has none yet: make one first."))
        return Scanned("wait", outcome.product.name, _("Which lot?"))
    sub = [_lot_words(session().get_one(Lot, outcome.line.lot_id))] if outcome.line.lot_id else []
    sub.append(outcome.product.code or outcome.code)
    if not count.is_blind:
        sub.append(_("expected %(count)s", count=told_number(outcome.line.expected)))
    if outcome.is_repeated:
        sub.append(_("sent before, counted once"))
    return Scanned("good", outcome.product.name, " · ".join(sub), _counted(outcome.line, outcome.product.uom))


def _counted(line: StockCountLine, unit: Unit) -> str:
    return f"{told_number(line.counted)} {unit.name}"


def _lot_words(lot: Lot) -> str:
    until = _("until %(day)s", day=i18n.format_date(lot.expires_on)) if lot.expires_on else ""
    return " · ".join(filter(None, (lot.code, until)))


def _latest(count: StockCount) -> list[tuple[str, str, str]]:
    statement = (
        sa.select(StockCountScan, Product.name)
        .outerjoin(StockCountLine, StockCountLine.id == StockCountScan.line_id)
        .outerjoin(Product, Product.id == StockCountLine.product_id)
        .where(StockCountScan.count_id == count.id)
        .order_by(StockCountScan.id.desc())
        .limit(LATEST)
    )
    return [_row_of(each, name) for each, name in session().execute(statement)]


def _row_of(each: StockCountScan, name: str | None) -> tuple[str, str, str]:
    what = name or _("%(code)s, unknown", code=each.code)
    count = told_number(each.quantity)
    many = f"= {count}" if each.is_total else f"+{count}" if each.quantity >= 0 else count
    return what, many, f"{each.by}, {i18n.format_datetime(each.at)}"


def tables(it: Opened) -> list[LinesShown]:
    """What a count says of its lines: those that differ once compared, how far they are, unknown barcodes."""
    count: StockCount = it.row
    if count.begun_at is None:
        return []
    return [*_lines_table(count, it.currency), *_unknown(count)]


def _lines_table(count: StockCount, currency: str) -> list[LinesShown]:
    tells = not (count.is_blind and rounds(count))
    statement = (
        sa.select(StockCountLine, Product.name, Lot.code)
        .join(Product, Product.id == StockCountLine.product_id)
        .outerjoin(Lot, Lot.id == StockCountLine.lot_id)
        .where(StockCountLine.count_id == count.id)
        .order_by(sa.func.abs(StockCountLine.value).desc(), Product.name, StockCountLine.id)
        .limit(SHOWN)
    )
    columns = [Column("product", _("Product"), "title"), Column("counted", _("Counted"), "amount", number=True)]
    if tells:
        columns[1:1] = [Column("expected", _("Expected"), "more", number=True)]
        columns.append(Column("difference", _("Difference"), "more", number=True))
        columns.append(Column("value", _("Worth, %(currency)s", currency=currency), "more", number=True))
    rows = [_line_row(*found, tells, currency) for found in session().execute(statement)]
    tag = i18n.format_number(count.line_count) if len(rows) < SHOWN else _("the first %(count)s", count=SHOWN)
    return [LinesShown(_("Lines"), columns, rows, tag=tag, empty=_("Nothing should lie there, and nothing was found."))]


def _line_row(line: StockCountLine, name: str, lot: str | None, tells: bool, currency: str) -> Row:
    again = _("counted again: first %(count)s", count=told_number(line.first_counted)) if line.round > 1 else ""
    cells = [
        Cell(name, sub=" · ".join(filter(None, (lot, again))), url=f"/product/{line.product_id}"),
        Cell(told_number(line.counted), "number"),
    ]
    if tells:
        apart = line.counted is not None
        cells[1:1] = [Cell(told_number(line.expected), "number")]
        cells.append(Cell(told_number(line.difference) if apart else "", "number"))
        worth = i18n.format_money(line.value, currency).removeprefix(f"{currency} ") if line.value else ""
        cells.append(Cell(worth, "number"))
    return Row(str(line.id), name, cells)


def _unknown(count: StockCount) -> list[LinesShown]:
    found = unknown_codes(count.id)
    columns = [
        Column("code", _("Barcode"), "title"), Column("by", _("Scanned by"), "who"),
        Column("times", _("Times"), "amount", number=True),
    ]  # fmt: skip
    rows = [Row(code, code, [Cell(code), Cell(by), Cell(str(times), "number")]) for code, times, by in found]
    return [LinesShown(_("Unknown barcodes"), columns, rows)] if rows else []
