"""The list page of any document type: views, filters, columns, one page of rows by keyset, exports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from erp import i18n
from erp.access import CUSTOMER, can
from erp.documents import archiving, saved_views
from erp.documents.fields import Kind
from erp.documents.lists import COUNTED, ListQuery, Page
from erp.documents.saved_views import Kept
from erp.documents.types import DocumentType
from erp.i18n import _, format_number, ngettext
from erp.screens import bulk, words
from erp.screens.asked import Asked, addressed, asked_of
from erp.screens.columns import WHERE, Shown
from erp.screens.filters import Chip, Spoken
from erp.screens.list_views import ALL, changed_view, gone_note, saved_tabs, view_url
from erp.web.shapes import Column, Empty, Link, Row, State, Tab
from erp.web.states import states_in
from erp.workflow import views


@dataclass(frozen=True)
class ListPage:
    """millrace/list.html."""

    title: str
    url: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    crumbs: Sequence[Link] = ()
    new_url: str = ""
    new_label: str = ""
    links: Sequence[Link] = ()
    exports: Sequence[Link] = ()
    export_note: str = ""
    views: Sequence[Tab] = ()
    save_view_url: str = ""
    may_share: bool = False
    changed_view: Link | None = None
    """Keeps the present list under the name of the view the reader came from."""
    views_url: str = ""
    """Where views are renamed, shared, sorted and removed."""
    note: str = ""
    query: str = ""
    search_value: str = ""
    search_hint: str = ""
    chips: Sequence[Chip] = ()
    clear_url: str = ""
    filter_url: str = ""
    columns_url: str = ""
    keep: Sequence[tuple[str, str]] = ()
    """What the search carries along."""
    bulk: Sequence[Link] = ()
    all_label: str = ""
    """What ticks the whole list, where it has more rows than this page."""
    summary: str = ""
    range: str = ""
    previous_url: str = ""
    next_url: str = ""
    empty: Empty | None = None


class _List:
    """What one request for a list works with."""

    def __init__(self, asked: Asked, kept: Kept, first: int, own: Sequence[Link], onward: Sequence[Link] = ()) -> None:
        self.asked, self.kept, self.first, self.own, self.onward = asked, kept, first, own, onward
        self.query, self.type, self.url = asked.query, asked.query.type, asked.url
        self.runs = self.type.is_document and words.has_process(self.type.name)
        self.diagram = words.live_diagram(self.type.name) if self.runs else None
        self.states: dict[str, State] = states_in(self.diagram)
        where = self.runs and (not asked.columns or WHERE in asked.columns)
        self.shown = Shown(self.query, self.states, where=where, order=asked.columns)
        self.some_stuck = False

    def sort_url(self, name: str) -> str:
        """The same list sorted by a column, the other way round when it is already."""
        down = self.query.sort == name
        return self.asked.address(sort=f"-{name}" if down else name)

    # -- views, conditions --------------------------------------------------------------------------------

    def tabs(self) -> list[Tab]:
        """All, the built-in views of a type that has a process, then those people saved."""
        saved = saved_tabs(self.asked, self.kept)
        is_all = not self.query.view and not any(tab.current for tab in saved)
        everything = addressed(self.url, {"view": ALL}) if self.kept.default else self.url
        built_in = self._built_in() if self.runs else self._put_away()
        return [Tab(_("All"), everything, current=is_all), *built_in, *saved]

    def _put_away(self) -> Iterator[Tab]:
        """The records that are put away, when there are any."""
        if not archiving.is_archivable(self.type):
            return
        count, current = archiving.count(self.type, views.COUNTED), self.query.view == archiving.VIEW
        if count or current:
            address = f"{self.url}?view={archiving.VIEW}"
            yield Tab(_("Put away"), address, _capped(count, views.COUNTED), current=current and not self.asked.saved)

    def _built_in(self) -> Iterator[Tab]:
        """Counted in one statement."""
        counts = views.counts(self.type)
        self.some_stuck = bool(counts["stuck"])
        labels = {
            "open": _("Open"),
            "mine": _("Mine"),
            "customer": _("Waiting for customer"),
            "overdue": _("Overdue"),
            "stuck": _("Stuck"),
        }
        with_customer = self.diagram is not None and CUSTOMER in self.diagram.lanes
        for name, label in labels.items():
            count, current = counts[name], self.query.view == name and not self.asked.saved
            if (name == "customer" and not with_customer) or (name == "stuck" and not count and not current):
                continue
            late = name in {"overdue", "stuck"} and count > 0
            yield Tab(label, f"{self.url}?view={name}", _capped(count, views.COUNTED), late, current)

    # -- the page -----------------------------------------------------------------------------------------

    def range(self, page: Page) -> str:
        """`51–100 of 128, the newest first`."""
        if not page.rows:
            return ""
        first, last = self.first, self.first + len(page.rows) - 1
        text = _(
            "%(first)s–%(last)s of %(count)s",
            first=format_number(first), last=format_number(last), count=_capped(page.count, COUNTED),
        )  # fmt: skip
        return _(", ").join((text, self.order()))

    def order(self) -> str:
        """How the list is sorted, in words."""
        name = self.query.sort.removeprefix("-")
        down = self.query.sort.startswith("-")
        if name == "id":
            return _("the newest first") if down else _("the oldest first")
        label = str(self.type.field(name).label)
        return _("by %(field)s, downwards", field=label) if down else _("by %(field)s", field=label)

    def empty(self) -> Empty:
        """Why there is nothing, and what to do."""
        plural, title = str(self.type.plural), str(self.type.title)
        if self.query.filters or self.query.search:
            count = len(self.query.filters) + bool(self.query.search)
            text = ngettext("Nothing matches this filter.", "Nothing matches these %(num)s filters.", count)
            return Empty(text, _("Clear filters"), replace(self.asked, query=self._unsearched()).unfiltered())
        if self.query.view:
            return Empty(_("There is nothing in this view."), _("Show all"), self.url)
        text = _("No %(things)s yet.", things=lower(plural))
        if can("add", self.type.name):
            return Empty(text, _("Add the first: %(thing)s", thing=lower(title)), f"{self.url}new")
        return Empty(text)

    def _unsearched(self) -> ListQuery:
        return replace(self.query, search="")

    def exports(self) -> list[Link]:
        """The same list as files."""
        if not can("export", self.type.name):
            return []
        args = urlencode(self.asked.exported())
        ending = f"?{args}" if args else ""
        return [
            Link(_("Excel sheet"), f"{self.url}export.xlsx{ending}", "file-type-xls", sub="XLSX"),
            Link(_("Plain table"), f"{self.url}export.csv{ending}", "file-type-csv", sub="CSV"),
            *(
                [Link(_("Bring an edited sheet back"), f"{self.url}sheet", "file-import")]
                if self._takes_sheets()
                else []
            ),
        ]

    def _takes_sheets(self) -> bool:
        return bool(self.type.editable) and can("edit", self.type.name)

    def bulk(self) -> list[Link]:
        """What may be done with picked rows."""
        return [*bulk.actions(self.type, runs=self.runs), *self.own]

    def build(self) -> ListPage:
        """Everything the page shows."""
        page = self.query.shown_page()
        tabs = self.tabs()
        self.shown.load(page.rows, stuck=self.some_stuck)
        cells = self.shown.cells(page.rows)
        rows = [
            Row(str(row.id), row.title, line, self.shown.sum_of(row))
            for row, line in zip(page.rows, cells, strict=True)
        ]
        args = self.asked.args()
        count = _capped(page.count, COUNTED)
        things = lower(str(self.type.title if page.count == 1 else self.type.plural))
        following, before = self.first + len(rows), max(1, self.first - self.query.size)
        return ListPage(
            title=str(self.type.plural),
            url=self.url,
            columns=self.shown.columns(self.sort_url),
            rows=rows,
            crumbs=[Link(_("Overview"), "/")],
            new_url=f"{self.url}new" if can("add", self.type.name) else "",
            new_label=_("New %(thing)s", thing=lower(str(self.type.title))),
            links=self._links(),
            exports=self.exports(),
            export_note=_("%(count)s %(things)s, exactly as filtered", count=count, things=things),
            views=tabs,
            save_view_url=f"{self.url}views",
            may_share=can("share", "view"),
            changed_view=changed_view(self.asked, self.kept),
            views_url=addressed(f"{self.url}views", args),
            note=gone_note(self.asked),
            query=urlencode(args),
            search_value=self.query.search,
            search_hint=self._search_hint(),
            chips=Spoken(self.states).chips(self.asked),
            clear_url=self.asked.unfiltered() if self.query.filters else "",
            filter_url=addressed(f"{self.url}filter", args),
            columns_url=addressed(f"{self.url}columns", args),
            keep=[(name, value) for name, value in args.items() if name != "q"],
            bulk=self.bulk(),
            all_label=_("All %(count)s of this list", count=count) if page.count > len(rows) else "",
            summary=_("%(count)s %(things)s", count=count, things=things),
            range=self.range(page),
            previous_url=self.asked.address(before=page.before, at=str(before))
            if page.before and self.first > 1
            else "",
            next_url=self.asked.address(after=page.after, at=str(following)) if page.after else "",
            empty=None if rows else self.empty(),
        )

    def _links(self) -> list[Link]:
        takes = getattr(self.type.cls, "takes_history", True) or getattr(self.type.cls, "takes_files", False)
        if not takes or not can("import", self.type.name):
            return [*self.onward]
        return [*self.onward, Link(_("Import"), f"{self.url}import", "upload")]

    def _search_hint(self) -> str:
        searched = [entry for entry in self.type.all_fields if entry.search]
        searched.sort(key=lambda entry: (not entry.listed, entry.kind is not Kind.LINK and entry.name != "number"))
        labels = [str(entry.label) for entry in searched][:3]
        return i18n.digits(_(", ").join([labels[0], *(lower(label) for label in labels[1:])])) if labels else ""


def lower(text: str) -> str:
    """The text inside a sentence: `Repair order` -> `repair order`, an abbreviation as it is."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _capped(count: int, limit: int) -> str:
    return f"{format_number(limit)}+" if count > limit else format_number(count)


def list_page(
    document_type: DocumentType, args: MultiDict[str, str], own: Sequence[Link] = (), onward: Sequence[Link] = ()
) -> ListPage | str:
    """The page for a request's arguments, or the address of the view the member's lists begin with.

    `own` is what the type's view adds to what may be done with picked rows, `onward` what else the list leads to.
    """
    kept = saved_views.kept(document_type.name)
    if not args and kept.default is not None:
        return view_url(kept.default)
    asked = asked_of(document_type, args, kept)
    at = args.get("at", "")
    paged = (asked.query.after or asked.query.before) and at.isdecimal() and len(at) < 10
    return _List(asked, kept, int(at) if paged else 1, own, onward).build()
