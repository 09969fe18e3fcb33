from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import render_template

from erp import NotFound, _, current, i18n, print_document
from erp.screens import (
    Answer,
    Cell,
    Column,
    DocumentHead,
    DocumentView,
    LinesShown,
    Link,
    Opened,
    Row,
    allowed,
    expose,
    head,
    pdf,
)
from plugins.repairs.models import QUOTE_STATUSES, RepairQuote, quote_of, quotes_of, rules
from plugins.repairs.papers import work_order
from plugins.repairs.quotes import Change, Kept, compare

MOODS = {"open": "wait", "approved": "good", "declined": "bad", "expired": "bad", "replaced": "done"}


@dataclass(frozen=True)
class QuotePage:
    """repairs/quote.html: one revision, compared with another where one was named."""

    head: DocumentHead
    tables: Sequence[LinesShown]
    links: Sequence[Link]


class RepairOrders(DocumentView):
    """The repair orders' pages; taking in asks what the counter sees, the rest is found out later."""

    type_name = "repair_order"
    add_fields = (
        "customer", "item", "serial", "accessories", "fault", "condition", "storage", "promised_on", "product",
        "purchased_on", "has_proof",
    )  # fmt: skip

    def asked(self) -> Sequence[str]:
        """The weight too, where items are weighed."""
        return (*self.add_fields, "weight_in") if rules().weighs else self.add_fields

    def links(self, it: Opened) -> Sequence[Link]:
        """The technician's paper."""
        return [Link(_("Print work order"), f"{it.url}/work-order", "printer")]

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """Every revision of the quote."""
        found = quotes_of(it.row)
        if not found:
            return ()
        heads = [
            Column("revision", _("Quote"), "title"),
            Column("state", _("State"), "state"),
            Column("by", _("Answered by"), "who"),
            Column("total", _("Total"), "amount", number=True),
        ]
        rows = [_row(it, quote) for quote in reversed(found)]
        return [LinesShown(_("Quotes"), heads, rows)]

    @expose("/<int:row_id>/work-order")
    @allowed("show")
    def work_order(self, row_id: int) -> Answer:
        """The technician's paper as things stand now, in the reader's language."""
        it = self.opened(row_id)
        content = work_order(it.row)
        return pdf(print_document("repairs/work_order.html", content, language=current().language), f"{it.number}.pdf")

    @expose("/<int:row_id>/quotes/<int:revision>")
    @allowed("show")
    def quote(self, row_id: int, revision: int) -> Answer:
        """A revision of the quote as it was."""
        return self._quote(row_id, revision, 0)

    @expose("/<int:row_id>/quotes/<int:revision>/with/<int:other>")
    @allowed("show")
    def compared(self, row_id: int, revision: int, other: int) -> Answer:
        """Two revisions side by side."""
        return self._quote(row_id, revision, other)

    def _quote(self, row_id: int, revision: int, other: int) -> Answer:
        it = self.opened(row_id)
        quote, before = quote_of(it.row, revision), quote_of(it.row, other) if other else None
        if quote is None or (other and before is None):
            raise NotFound
        table = _plain(quote, it) if before is None else _compared(before, quote, it)
        links = [
            Link(_("Compare with quote %(revision)s", revision=i18n.format_number(each.revision)),
                 f"{it.url}/quotes/{quote.revision}/with/{each.revision}", "git-compare")
            for each in quotes_of(it.row) if each.revision not in {revision, other}
        ]  # fmt: skip
        return render_template("repairs/quote.html", view=QuotePage(head(it, ""), [table], links))


def _row(it: Opened, quote: RepairQuote) -> Row:
    name = f"{it.number}-{quote.revision}"
    until = _("Until %(day)s", day=i18n.format_date(quote.valid_until))
    status = str(QUOTE_STATUSES[quote.status])
    by = quote.decided_by if quote.status in {"approved", "declined"} else ""
    cells = [
        Cell(name, sub=until, url=f"{it.url}/quotes/{quote.revision}"),
        Cell(status, "state", mark=MOODS[quote.status]),
        Cell(by, sub=i18n.format_datetime(quote.decided_at) if quote.decided_at else ""),
        Cell(_bare(quote.total, it.currency), "number"),
    ]
    return Row(str(quote.revision), name, cells)


def _bare(amount: Decimal, currency: str) -> str:
    return i18n.format_money(amount, currency).removeprefix(f"{currency} ")


def _line(row: Kept | None, currency: str) -> str:
    return "–" if row is None else _bare(Decimal(row["total"]), currency)


def _figures(row: Kept | None, currency: str) -> str:
    """`4.5 × 3,200.00`."""
    if row is None:
        return ""
    return f"{i18n.format_number(Decimal(row['quantity']))} × {_bare(Decimal(row['unit_price']), currency)}"


def _plain(quote: RepairQuote, it: Opened) -> LinesShown:
    heads = [Column("what", _("Description"), "title"), Column("total", _("Total"), "amount", number=True)]
    rows = [
        Row(str(place), row["description"],
            [Cell(row["description"], sub=_figures(row, it.currency)), Cell(_line(row, it.currency), "number")])
        for place, row in enumerate(quote.lines)
    ]  # fmt: skip
    total = [Cell(_("Total, tax included")), Cell(_bare(quote.total, it.currency), "number")]
    return LinesShown(_title(quote, it), heads, [*rows, Row("total", total[0].text, total)], tag=it.currency)


def _compared(before: RepairQuote, after: RepairQuote, it: Opened) -> LinesShown:
    heads = [
        Column("what", _("Description"), "title"),
        Column("change", _("Change"), "state"),
        Column("before", _title(before, it), "more", number=True),
        Column("after", _title(after, it), "amount", number=True),
    ]
    rows = [_change(str(place), each, it.currency) for place, each in enumerate(compare(before, after))]
    total = [
        Cell(_("Total, tax included")),
        Cell(""),
        Cell(_bare(before.total, it.currency), "number"),
        Cell(_bare(after.total, it.currency), "number"),
    ]
    return LinesShown(_("What changed"), heads, [*rows, Row("total", total[0].text, total)], tag=it.currency)


def _change(key: str, each: Change, currency: str) -> Row:
    mood = "done" if each.is_same else "good" if each.before is None else "bad" if each.after is None else "move"
    cells = [
        Cell(each.description, sub=_figures(each.after or each.before, currency)),
        Cell(each.kind, "state", mark=mood),
        Cell(_line(each.before, currency), "number"),
        Cell(_line(each.after, currency), "number"),
    ]
    return Row(key, each.description, cells)


def _title(quote: RepairQuote, it: Opened) -> str:
    return _("Quote %(number)s", number=f"{it.number}-{quote.revision}")
