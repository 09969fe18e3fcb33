from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any, cast

import sqlalchemy as sa
from flask import Response, flash, redirect, render_template, request
from sqlalchemy.orm import selectinload

from erp import Invalid, NotFound, _, can, document_type, i18n, require, session, transaction
from erp.screens import (
    Answer,
    Cell,
    Column,
    DocumentView,
    Field,
    Kind,
    LinesShown,
    Link,
    Opened,
    Question,
    Row,
    Shown,
    Stand,
    State,
    TaskButton,
    allowed,
    ask_branch,
    asked_at,
    asked_of_rows,
    expose,
    held_at,
    pdf,
    selection,
)
from plugins.products import barcodes, bundles, labels, repricing, variants, views_matrix, views_prices, views_repricing
from plugins.products.api import give_barcode
from plugins.products.labels import SIZES, Wish
from plugins.products.models import Barcode, Product, ProductCategory, Unit
from plugins.products.numbering import MOST_DIGITS, WAYS, Numbering, keep, numbering


class Products(DocumentView):
    """The products' pages, with their barcodes, labels and how their codes are given."""

    type_name = "product"

    def bulk(self) -> Sequence[Link]:
        """Labels of the picked products, and their prices changed."""
        found = [Link(_("Labels"), f"{self.url}bulk/labels", "barcode")]
        return [*found, *_repricing(self.type_name)]

    def links(self, it: Opened) -> Sequence[Link]:
        """Labels of this product, a barcode of the house, and how codes are given."""
        found = [Link(_("Labels"), f"{it.url}/labels", "barcode")]
        if can("edit", self.type_name):
            found.append(Link(_("Give it a barcode of ours"), f"{it.url}/barcode", "plus", post=True))
        if can("set_up", self.type_name):
            found.append(Link(_("How codes are given"), f"{self.url}numbering", "settings"))
        return found

    def facts(self, it: Opened) -> Sequence[Shown]:
        """What is earned on it, for those who may see its cost."""
        cost, price = it.row.cost, it.row.unit_price
        if cost is None or not price or not can("see_cost", self.type_name):
            return ()
        share = ((price - cost) / price * 100).quantize(Decimal("0.1"))
        return [Shown(_("Margin"), i18n.format_number(share) + " %")]

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """What lists ask for it, how its price came to be, and the bundles it is a part of."""
        found = list(views_prices.tables(it.row))
        inside = bundles.bundles_with(it.row)
        rows = [Row(str(key), title, [Cell(title, url=f"{self.url}{key}")]) for key, title in inside.items()]
        within = [LinesShown(_("Part of bundles"), [Column("name", _("Bundle"), "title")], rows)] if rows else []
        return [*found, *within]

    @expose("/bulk/prices", methods=("POST",))
    @allowed("edit")
    def prices(self) -> Answer:
        """New prices of picked products: asked, looked at, changed."""
        return views_repricing.pages(selection(self.type))

    @expose("/<int:row_id>/barcode", methods=("POST",))
    @allowed("edit")
    def give(self, row_id: int) -> Answer:
        """One more barcode, of the house's own numbers."""
        with transaction():
            made = give_barcode(session().get(Product, row_id, with_for_update=True) or _nowhere())
        flash(_("The barcode %(code)s is added.", code=made.code), "success")
        return redirect(f"{self.url}{row_id}")

    @expose("/<int:row_id>/barcode/<int:barcode_id>.svg")
    @allowed("show")
    def drawing(self, row_id: int, barcode_id: int) -> Answer:
        """A barcode as a drawing."""
        found = session().get(Barcode, barcode_id)
        if found is None or found.document_id != row_id:
            raise NotFound
        response = Response(barcodes.svg(found.kind or "code128", found.code), content_type="image/svg+xml")
        response.headers["Cache-Control"] = "private, max-age=3600"
        return response

    @expose("/<int:row_id>/labels")
    @allowed("show")
    def labels_of(self, row_id: int) -> Answer:
        """What the labels of this product are to say."""
        self.opened(row_id)
        return self._labels([row_id])

    @expose("/bulk/labels", methods=("POST",))
    @allowed("show")
    def labels(self) -> Answer:
        """The same for picked products; the second post gives the PDF."""
        return self._labels([])

    def _labels(self, ids: Sequence[int]) -> Answer:
        chosen = selection(self.type, ids)
        title = _("Labels for %(rows)s", rows=chosen.words)
        submit, fields, before = _("Show the labels"), _label_fields(), asdict(Wish())
        answer = asked_of_rows(chosen, title, "labels", submit, fields, before)
        if not isinstance(answer, Mapping):
            return answer
        typed = dict(answer)
        gives, wish = typed.pop("give_barcodes"), Wish(**typed)
        try:
            labels.check(len(chosen.ids), wish)
        except Invalid as refusal:
            return cast("Answer", asked_of_rows(chosen, title, "labels", submit, fields, before, refusal))
        products = [each for part in chosen.chunks() for each in _products(part)]
        if gives and can("edit", self.type_name):
            with transaction():
                for product in products:
                    if not product.barcodes:
                        give_barcode(product)
        if len(products) * wish.copies > labels.AT_ONCE:
            return redirect(f"{self.url}export/{labels.left(products, wish, title).id}")
        return pdf(labels.printed(products, wish), "labels.pdf")

    @expose("/numbering", methods=("GET", "POST"))
    @allowed("set_up")
    def numbering(self) -> Answer:
        """How new products are given codes; those there are keep theirs."""
        question = Question(
            title=_("How codes are given"), submit=_("Save"), do=_keep, fields=_numbering_fields(),
            values=asdict(numbering()), note=_("Products that are there keep the codes they have."),
        )  # fmt: skip
        crumbs = [Link(str(self.type.plural), self.url)]
        return asked_at(Stand(f"{self.url}numbering", self.url, crumbs), question)


def _repricing(type_name: str) -> list[Link]:
    may = can("edit", type_name)
    return [Link(_("Change prices"), f"/{type_name}/bulk/prices", "percentage")] if may else []


def _nowhere() -> Product:
    raise NotFound


def _products(ids: Sequence[int]) -> list[Product]:
    """The products of these ids, in their order."""
    statement = sa.select(Product).where(Product.id.in_(ids)).options(selectinload(Product.barcodes))
    found = {each.id: each for each in session().scalars(statement)}
    return [found[key] for key in ids if key in found]


def _label_fields() -> list[Field]:
    sizes = tuple((name, str(size.label)) for name, size in SIZES.items())
    skips = _("Places of the first sheet that are used up already.")
    return [
        Field("size", Kind.CHOICE, _("Size"), required=True, choices=sizes),
        Field("copies", Kind.INTEGER, _("Copies of each"), required=True, minimum=Decimal(1), maximum=Decimal(480)),
        Field(
            "skip", Kind.INTEGER, _("Leave free"), help=skips, required=True, minimum=Decimal(0), maximum=Decimal(39)
        ),
        Field("with_name", Kind.BOOLEAN, _("Name")),
        Field("with_price", Kind.BOOLEAN, _("Price without tax")),
        Field("with_code", Kind.BOOLEAN, _("Code")),
        Field("with_barcode", Kind.BOOLEAN, _("Barcode")),
        Field("give_barcodes", Kind.BOOLEAN, _("Give barcodes of ours to products that have none")),
    ]


def _numbering_fields() -> list[Field]:
    ways = tuple((name, str(label)) for name, label in WAYS.items())
    return [
        Field("way", Kind.CHOICE, _("Codes of new products"), required=True, choices=ways),
        Field("prefix", label=_("Prefix"), length=12, help=_("Before the number, such as P- in P-00042.")),
        Field(
            "digits", Kind.INTEGER, _("Digits"), required=True, minimum=Decimal(1), maximum=Decimal(MOST_DIGITS),
            help=_("At least so many; shorter numbers begin with zeros."),
        ),
        Field(
            "barcode_prefix", Kind.CHOICE, _("Barcodes of ours begin with"), required=True,
            choices=tuple((str(each), str(each)) for each in range(20, 30)),
            help=_("20 to 29 are kept free all over the world for use inside one shop."),
        ),
    ]  # fmt: skip


def _keep(values: dict[str, Any]) -> str:
    with transaction():
        keep(Numbering(**{**values, "prefix": values["prefix"] or ""}))
    return _("Saved.")


class Units(DocumentView):
    """The units' pages, with what one of a unit is in the others."""

    type_name = "unit"

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """One of it in every other unit of its dimension."""
        own: Unit = it.row
        others = sa.select(Unit).where(Unit.dimension == own.dimension, Unit.id != own.id).order_by(Unit.factor)
        found = list(session().scalars(others)) if own.dimension != "other" else []
        if not found:
            return ()
        rows = [
            Row(str(each.id), each.name, [Cell(each.name, url=f"/unit/{each.id}"), _size_in(own, each)])
            for each in found
        ]
        columns = [Column("unit", _("Unit"), "title"), Column("size", _("1 %(unit)s is", unit=own.name), number=True)]
        return [LinesShown(_("In other units"), columns, rows)]


def _size_in(own: Unit, other: Unit) -> Cell:
    exact = own.size / other.size
    return Cell(i18n.format_number(Decimal(exact.numerator) / Decimal(exact.denominator), 6), "number")


class Categories(DocumentView):
    """The categories' pages, with what stands below one."""

    type_name = "product_category"

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """The categories right below it."""
        below = sa.select(ProductCategory).where(ProductCategory.parent == it.row).order_by(ProductCategory.name)
        found = list(session().scalars(below))
        rows = [Row(str(each.id), each.name, [Cell(each.name, url=f"/product_category/{each.id}")]) for each in found]
        return [LinesShown(_("Below it"), [Column("name", _("Name"), "title")], rows)] if rows else ()

    def links(self, it: Opened) -> Sequence[Link]:
        """Its products, and their prices changed."""
        found = [Link(_("Its products"), f"/product/?category__in={it.row.id}", "package")]
        if can("edit", "product"):
            found.append(Link(_("Change prices"), f"{it.url}/prices", "percentage"))
        return found

    @expose("/<int:row_id>/prices")
    @allowed("show")
    def reprice(self, row_id: int) -> Answer:
        """New prices of the products of a category and of all below it; the next steps are those of picked products."""
        require("edit", "product")
        ids = repricing.of_category(self.opened(row_id).row)
        return views_repricing.pages(selection(document_type("product"), ids))


class Families(DocumentView):
    """The families' pages, with the matrix of their variants."""

    type_name = "product_family"

    def links(self, it: Opened) -> Sequence[Link]:
        """Its variants in the list of products."""
        return [Link(_("Variants as a list"), f"/product/?family__in={it.row.id}", "package")]

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """Making variants."""
        return [TaskButton(_("Variants"), f"{it.url}/matrix", "table")] if can("add", "product") else []

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """The matrix with code and price, and the size chart in inches."""
        return [*views_matrix.tables(it.row), *views_matrix.in_inches(it.row)]

    @expose("/<int:row_id>/matrix", methods=("GET", "POST"))
    @allowed("edit")
    def matrix(self, row_id: int) -> Answer:
        """Which variants there are; a post makes those that are ticked, or all that are missing."""
        it = self.opened(row_id)
        errors: Mapping[str, str] = {}
        if request.method == "POST":
            try:
                made = variants.make(row_id, views_matrix.typed(request.form, it.row))
            except Invalid as refusal:
                errors = refusal.fields or {"keys": refusal.message}
            else:
                flash(_("%(count)s variants are made.", count=i18n.format_number(len(made))), "success")
                return redirect(it.url)
        page = views_matrix.matrix_page(it, request.form if request.method == "POST" else None, errors)
        return render_template("products/matrix.html", view=page), 422 if errors else 200


class PriceLists(DocumentView):
    """The price lists' pages."""

    type_name = "price_list"

    def facts(self, it: Opened) -> Sequence[Shown]:
        """The branch it holds at."""
        return [held_at(it)]

    def links(self, it: Opened) -> Sequence[Link]:
        """Its prices, and where it holds."""
        found = [Link(_("Its prices"), f"/price_list_line/?price_list__in={it.row.id}", "cash")]
        if can("edit", self.type_name):
            found.append(Link(_("Where it holds"), f"{it.url}/branch", "building-store"))
        return found

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """Its prices."""
        return [views_prices.of_list(it.row.id)] if can("list", "price_list_line") else []

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """One more price."""
        url = f"/price_list_line/new?price_list={it.row.id}"
        return [TaskButton(_("Add a price"), url, "plus")] if can("add", "price_list_line") else []

    @expose("/<int:row_id>/branch", methods=("GET", "POST"))
    @allowed("edit")
    def branch(self, row_id: int) -> Answer:
        """The one branch it holds at, or all of them."""
        it = self.opened(row_id)
        return ask_branch(it, _("Where does %(list)s hold?", list=it.row.name))


class PriceListLines(DocumentView):
    """The pages of single prices, with a word where one is below cost."""

    type_name = "price_list_line"

    def bulk(self) -> Sequence[Link]:
        """The picked prices changed."""
        return _repricing(self.type_name)

    def badges(self, it: Opened) -> Sequence[State]:
        """Whether it is less than what its products cost us."""
        return views_prices.warnings(it)

    @expose("/bulk/prices", methods=("POST",))
    @allowed("edit")
    def prices(self) -> Answer:
        """New prices on lists: asked, looked at, changed."""
        return views_repricing.pages(selection(self.type))
