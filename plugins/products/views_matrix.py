"""The matrix of a family: which variants there are and what each costs, and the page on which they are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import product as combinations

from werkzeug.datastructures import MultiDict

from erp import Invalid, _, company, i18n
from erp.screens import Cell, Column, Field, Kind, LinesShown, Link, Opened, Row
from plugins.products.families import AttributeValue, FamilySize, ProductFamily
from plugins.products.models import Product
from plugins.products.variants import (
    Axis,
    Key,
    Wish,
    axes_of,
    key_of,
    keys_of,
    suggested_pattern,
    variant_figures,
    variants_of,
)

PRICE = Field("price", Kind.MONEY, places=4, minimum=Decimal(0))


@dataclass(frozen=True)
class Box:
    """A place of the matrix: the variant that is there, or the tick that wishes for one."""

    key: str
    label: str
    code: str = ""
    url: str = ""
    price: str = ""
    figures: str = ""
    is_ticked: bool = False


@dataclass(frozen=True)
class Line:
    """A row of the matrix: one value of the first axis, and what its variants cost."""

    id: int
    label: str
    swatch: str
    price: str
    boxes: Sequence[Box]
    error: str = ""


@dataclass(frozen=True)
class Sheet:
    """The rows and columns for one value of a third axis, or the only ones."""

    label: str
    columns: Sequence[tuple[str, str]]
    """(name, swatch)"""
    lines: Sequence[Line]


@dataclass(frozen=True)
class MatrixPage:
    """products/matrix.html."""

    title: str
    action: str
    cancel_url: str
    crumbs: Sequence[Link]
    first: str
    """Name of the first axis."""
    sheets: Sequence[Sheet]
    pattern: str
    example: str
    takes: bool
    missing: int
    is_empty: bool
    errors: Mapping[str, str] = field(default_factory=dict)


def typed(form: MultiDict[str, str], family: ProductFamily) -> Wish:
    """What was posted; raises Invalid at `price-<value>` for what is no price."""
    axes = axes_of(family)
    keys = list(keys_of(axes)) if form.get("all") else [key for each in form.getlist("key") for key in _key(each)]
    prices: dict[int, Decimal] = {}
    errors: dict[str, str] = {}
    for value in axes[0].values if axes else ():
        try:
            price = PRICE.parse(form.get(f"price-{value.id}", ""))
        except ValueError as error:
            errors[f"price-{value.id}"] = str(error)
            continue
        if price is not None:
            prices[value.id] = price
    if errors:
        raise Invalid(fields=errors)
    return Wish(keys, form.get("pattern", "")[:80], prices, takes=bool(form.get("takes")))


def _key(text: str) -> Iterator[Key]:
    try:
        yield key_of(text)
    except ValueError:
        return


def matrix_page(it: Opened, form: MultiDict[str, str] | None, errors: Mapping[str, str]) -> MatrixPage:
    """The page with what was typed, or as it is opened."""
    family: ProductFamily = it.row
    axes, there = axes_of(family), variants_of(family)
    sent = form if form is not None else MultiDict()
    pattern = sent.get("pattern") or suggested_pattern(axes)
    missing = sum(key not in there for key in keys_of(axes))
    codes = {"family": family.code} | {
        str(place + 1): axis.values[0].code or "" for place, axis in enumerate(axes) if axis.values
    }
    example = pattern
    for name, code in codes.items():
        example = example.replace(f"{{{name}}}", code)
    return MatrixPage(
        title=_("Variants of %(family)s", family=family.name),
        action=f"{it.url}/matrix",
        cancel_url=it.url,
        crumbs=[Link(str(it.type.plural), f"/{it.type.name}/"), Link(family.name, it.url)],
        first=axes[0].attribute.name if axes else "",
        sheets=_sheets(family, axes, there, sent, errors),
        pattern=pattern,
        example=example,
        takes=bool(sent.get("takes")),
        missing=missing,
        is_empty=not there and not missing,
        errors=errors,
    )


def _sheets(
    family: ProductFamily, axes: Sequence[Axis], there: Mapping[Key, Product], sent: MultiDict[str, str],
    errors: Mapping[str, str],
) -> list[Sheet]:  # fmt: skip
    ticked, figures = set(sent.getlist("key")), _figures(there)
    found: list[Sheet] = []
    for title, columns, rows in _laid(axes):
        lines = [
            Line(
                value.id, value.name, value.picture_url,
                sent.get(f"price-{value.id}", "") if not found else "",
                [_box(key, label, there.get(key), ticked, figures) for key, label in places],
                errors.get(f"price-{value.id}", ""),
            )
            for value, places in rows
        ]  # fmt: skip
        found.append(Sheet(title, columns, lines))
    return found


Laid = tuple[str, list[tuple[str, str]], list[tuple[AttributeValue, list[tuple[Key, str]]]]]


def _laid(axes: Sequence[Axis]) -> Iterator[Laid]:
    """(title, columns, rows of a value and the keys beside it) for each sheet."""
    if not axes:
        return
    second = axes[1].values if len(axes) > 1 else []
    for third in combinations(*(axis.values for axis in axes[2:])):
        rows: list[tuple[AttributeValue, list[tuple[Key, str]]]] = []
        for first in axes[0].values:
            picked = [(first, each, *third) for each in second] if second else [(first, *third)]
            places = [(tuple(one.id for one in each), ", ".join(one.name for one in each)) for each in picked]
            rows.append((first, places))
        columns = [(each.name, each.picture_url) for each in second] or [(_("Variant"), "")]
        yield ", ".join(each.name for each in third), columns, rows


def _figures(there: Mapping[Key, Product]) -> dict[int, str]:
    """{product: what plugins say of it}."""
    ids = [each.id for each in there.values()]
    found: dict[int, list[str]] = {}
    for answer in variant_figures(ids) if ids else ():
        for key, said in answer.items():
            found.setdefault(key, []).append(said)
    return {key: " · ".join(said) for key, said in found.items()}


def _box(key: Key, label: str, variant: Product | None, ticked: set[str], figures: Mapping[int, str]) -> Box:
    name = "-".join(map(str, key))
    if variant is None:
        return Box(name, label, is_ticked=name in ticked)
    price = i18n.format_money(variant.unit_price, company().currency)
    return Box(name, label, variant.code, f"/product/{variant.id}", price, figures.get(variant.id, ""))


def tables(family: ProductFamily) -> list[LinesShown]:
    """The matrix as it is read: code, price, and what plugins say of each variant."""
    axes, there = axes_of(family), variants_of(family)
    if not there:
        return [LinesShown(_("Variants"), [], [], empty=_("None yet: make them on one page under “Variants”."))]
    figures = _figures(there)
    found: list[LinesShown] = []
    for title, columns, rows in _laid(axes):
        head = [Column("value", axes[0].attribute.name, "title")]
        head += [Column(f"column-{place}", name) for place, (name, _swatch) in enumerate(columns)]
        body = [
            Row(
                str(value.id),
                value.name,
                [Cell(value.name, picture=value.picture_url), *_cells(places, there, figures)],
            )
            for value, places in rows
        ]
        found.append(LinesShown(title or _("Variants"), head, body, tag=str(len(there)) if not found else ""))
    return found


def _cells(
    places: Sequence[tuple[Key, str]], there: Mapping[Key, Product], figures: Mapping[int, str]
) -> Iterator[Cell]:
    for key, _label in places:
        variant = there.get(key)
        if variant is None:
            yield Cell("–")
        else:
            said = [i18n.format_money(variant.unit_price, company().currency), figures.get(variant.id, "")]
            yield Cell(variant.code, sub=" · ".join(filter(None, said)), url=f"/product/{variant.id}")


MEASURES = ("chest", "waist", "hips", "length")
INCH = Decimal("2.54")


def in_inches(family: ProductFamily) -> list[LinesShown]:
    """The size chart as it is read where people measure in inches; nothing where nothing is measured."""
    taken = [name for name in MEASURES if any(getattr(each, name) for each in family.sizes)]
    if not taken:
        return []
    labels = {"chest": _("Chest"), "waist": _("Waist"), "hips": _("Hips"), "length": _("Length")}
    columns = [Column("size", _("Size"), "title"), Column("us", _("US")), Column("uk", _("UK"))]
    columns += [Column(name, _("%(measure)s, in", measure=labels[name]), number=True) for name in taken]
    rows = [
        Row(
            str(each.id),
            each.size,
            [Cell(each.size), Cell(each.us or "–"), Cell(each.uk or "–"), *_inches(each, taken)],
        )
        for each in family.sizes
    ]
    return [LinesShown(_("Size chart in inches"), columns, rows)]


def _inches(size: FamilySize, taken: Sequence[str]) -> Iterator[Cell]:
    for name in taken:
        found: Decimal | None = getattr(size, name)
        exact = None if found is None else (found / INCH).quantize(Decimal("0.1"), ROUND_HALF_UP)
        yield Cell("–" if exact is None else i18n.format_number(exact), "number")
