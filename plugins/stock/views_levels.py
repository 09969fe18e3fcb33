"""What is where, as tables below products, places and lots."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from erp import _, can, current, i18n, session
from erp.screens import Cell, Column, LinesShown, Row
from plugins.products.models import Product
from plugins.stock.beginning import HELD
from plugins.stock.models import STOCKED, ZERO, Location, Lot, ProductStock, StockCost, StockLevel, StockMove
from plugins.stock.reading import expected_at

LAST_MOVES, MOST_ROWS = 10, 200


def at_place(place: Location) -> list[LinesShown]:
    """The products at a place that is ours."""
    if not place.is_held or not can("list", "product"):
        return []
    sums = (sa.func.sum(StockLevel.quantity), sa.func.sum(StockLevel.reserved))
    statement = (
        sa.select(Product.id, Product.name, Product.code, *sums)
        .join(StockLevel, StockLevel.product_id == Product.id)
        .where(StockLevel.location_id == place.id)
        .group_by(Product.id)
        .having(sa.or_(sums[0] != 0, sums[1] != 0))
        .order_by(Product.name, Product.id)
    )
    rows = session().execute(statement.limit(MOST_ROWS)).all()
    is_road = place.kind == "transit"
    shown = [
        Row(str(key), name, [Cell(name, sub=code, url=f"/product/{key}"), *_counts(count, reserved, is_road=is_road)])
        for key, name, code, count, reserved in rows
    ]
    count = session().scalar(sa.select(sa.func.count()).select_from(statement.subquery())) or 0
    label = _("Stock")
    if count > MOST_ROWS:
        label = _("Stock: the first %(shown)s of %(count)s products", shown=MOST_ROWS, count=count)
    return [LinesShown(label, [Column("product", _("Product"), "title"), *_heads()], shown, empty=_("Nothing."))]


def of_lot(lot: Lot) -> list[LinesShown]:
    """Where a lot is and what was moved of it."""
    rows = _by_place(StockLevel.lot_id == lot.id)
    columns = [Column("place", _("Place"), "title"), *_heads()]
    shown = [LinesShown(_("In stock"), columns, rows, empty=_("None is here."))]
    return [*shown, _last_moves(StockMove.lot_id == lot.id)] if can("list", "stock_move") else shown


def of_product(product: Product) -> list[LinesShown]:
    """Levels by place and lot, and the last moves, of a product that is kept in stock."""
    kept = sa.select(ProductStock.is_stocked).where(ProductStock.record_id == product.id)
    if product.kind not in STOCKED or not can("list", "stock_move") or session().scalar(kept) is False:
        return []
    moves = _last_moves(StockMove.product_id == product.id)
    return [_levels_of(product), *([moves] if moves.rows else [])]


def _levels_of(product: Product) -> LinesShown:
    expected = expected_at(product.id)
    rows = _by_place(StockLevel.product_id == product.id, expected)
    columns = [Column("place", _("Place"), "title"), *_heads(), Column("incoming", _("Expected"), "more", number=True)]
    return LinesShown(_("In stock"), columns, rows, empty=_("None is here."), tag=_worth(product))


def _worth(product: Product) -> str:
    """What all of it cost, for those who may see it and all branches."""
    if not can("see_value", "stock_move") or current().branches is not None:
        return ""
    value = session().scalar(sa.select(StockCost.value).where(StockCost.product_id == product.id))
    return "" if value is None else _("Cost: %(value)s", value=i18n.format_money(value))


def _heads() -> list[Column]:
    return [
        Column("on_hand", _("In stock"), "amount", number=True),
        Column("reserved", _("Reserved"), "more", number=True),
        Column("available", _("Available"), "more", number=True),
    ]


def _counts(count: Decimal, reserved: Decimal, *, is_road: bool = False) -> list[Cell]:
    """In stock, reserved and available; what is on the road is nobody's to sell."""
    free = ZERO if is_road else count - reserved
    return [
        Cell(i18n.format_number(count), "number", late=count < 0),
        Cell(i18n.format_number(reserved), "number"),
        Cell(i18n.format_number(free), "number", late=free < 0),
    ]


def _by_place(which: sa.ColumnElement[bool], expected: dict[int, Decimal] | None = None) -> list[Row]:
    """A row for each place and lot where something is or is expected; with what is expected where that is asked."""
    statement = (
        sa.select(Location.id, Location.name, Location.kind, Lot.code, StockLevel.quantity, StockLevel.reserved)
        .join(StockLevel, StockLevel.location_id == Location.id)
        .outerjoin(Lot, Lot.id == StockLevel.lot_id)
        .where(which, Location.kind.in_(HELD), sa.or_(StockLevel.quantity != 0, StockLevel.reserved != 0))
        .order_by(Location.name, Location.id, Lot.code)
        .limit(MOST_ROWS)
    )
    left, rows = dict(expected or {}), []
    for place_id, name, kind, code, count, reserved in session().execute(statement):
        counts = _counts(count, reserved, is_road=kind == "transit")
        cells = [Cell(name, sub=code or "", url=f"/location/{place_id}"), *counts]
        coming = left.pop(place_id, ZERO)
        more = [] if expected is None else [Cell(i18n.format_number(coming), "number")]
        rows.append(Row(f"{place_id}", name, [*cells, *more]))
    for place_id, coming in left.items():
        place = session().get_one(Location, place_id)
        cells = [Cell(place.name, url=f"/location/{place_id}"), *_counts(ZERO, ZERO)]
        rows.append(Row(f"{place_id}", place.name, [*cells, Cell(i18n.format_number(coming), "number")]))
    return rows


def _called(place: Location | None) -> str:
    """A place as it is called, where the reader's branches reach it."""
    return _("another branch") if place is None else place.name


def _last_moves(which: sa.ColumnElement[bool]) -> LinesShown:
    statement = sa.select(StockMove).where(which, StockMove.quantity > 0).order_by(StockMove.id.desc())
    rows = [
        Row(
            str(move.id), f"#{move.id}",
            [
                Cell(i18n.format_date(move.moved_on), sub=move.note, url=f"/stock_move/{move.id}"),
                Cell(_called(move.from_location)),
                Cell(_called(move.to_location)),
                Cell(i18n.format_number(move.quantity), "number"),
            ],
        )
        for move in session().scalars(statement.limit(LAST_MOVES))
    ]  # fmt: skip
    columns = [
        Column("day", _("Day"), "title"), Column("from", _("From"), "more"), Column("to", _("To"), "more"),
        Column("quantity", _("Quantity"), "amount", number=True),
    ]  # fmt: skip
    return LinesShown(_("Last moves"), columns, rows, empty=_("None yet."))
