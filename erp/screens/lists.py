"""The list page of any document type: views, filters, columns, one page of rows by keyset, exports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from erp import i18n
from erp.access import CUSTOMER, can
from erp.documents.fields import Field, Kind
from erp.documents.lists import COUNTED, Filter, ListQuery, Page
from erp.documents.types import DocumentType
from erp.forms.inputs import Choice, Input
from erp.i18n import _, format_number, ngettext
from erp.screens import bulk, words
from erp.screens.columns import WHERE, Shown, columns_of
from erp.screens.lookups import Records
from erp.web.shapes import Column, Empty, Link, Row, State, Tab
from erp.web.states import states_in
from erp.workflow import views

FILTERS = 12
"""Most fields the filter box shows."""


@dataclass(frozen=True)
class Chip:
    """A condition that is set, with the way to remove it."""

    label: str
    text: str
    remove_url: str


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
    query: str = ""
    search_value: str = ""
    search_hint: str = ""
    chips: Sequence[Chip] = ()
    clear_url: str = ""
    filters: Sequence[Input] = ()
    keep: Sequence[tuple[str, str]] = ()
    """Parameters every form carries along: view, sort, columns."""
    keep_filters: Sequence[tuple[str, str]] = ()
    """The conditions, carried along by the search."""
    keep_for_columns: Sequence[tuple[str, str]] = ()
    """All but the columns, carried along by their choice."""
    all_columns: Sequence[Choice] = ()
    bulk: Sequence[Link] = ()
    all_label: str = ""
    """What ticks the whole list, where it has more rows than this page."""
    summary: str = ""
    range: str = ""
    previous_url: str = ""
    next_url: str = ""
    empty: Empty | None = None


def query_of(document_type: DocumentType, args: MultiDict[str, str]) -> tuple[ListQuery, bool]:
    """(the list somebody asked for, whether the column that says where was left out).

    Empty conditions are dropped; a link given by name alone becomes its id.
    """
    plain = {name: value.strip() for name, value in args.items() if value.strip()}
    chosen = [part for value in args.getlist("columns") for part in value.split(",") if part]
    known = {entry.name for entry in columns_of(document_type)}
    plain["columns"] = ",".join(name for name in chosen if name in known)
    for entry in document_type.all_fields:
        name = f"{entry.name}__eq"
        if entry.kind is Kind.LINK and name not in plain and f"{name}__text" in plain:
            plain[name] = _meant(entry, plain[f"{name}__text"])
    return ListQuery.parse(document_type, plain), bool(chosen) and WHERE not in chosen


def _meant(entry: Field, text: str) -> str:
    try:
        return str(Records().find(entry, text))
    except ValueError:
        return "0"


class _List:
    """What one request for a list works with."""

    def __init__(self, query: ListQuery, *, hide_where: bool, first: int) -> None:
        self.query, self.type, self.first = query, query.type, first
        self.url = f"/{self.type.name}/"
        self.runs = self.type.is_document and words.has_process(self.type.name)
        self.diagram = words.live_diagram(self.type.name) if self.runs else None
        self.states: dict[str, State] = states_in(self.diagram)
        self.shown = Shown(query, self.states, where=self.runs and not hide_where)
        self.hide_where = hide_where
        self.lookup = Records()
        self.some_stuck = False

    def args(self, **changes: str) -> dict[str, str]:
        """The arguments of this list's address, changed."""
        found = self.query.args() | changes
        if self.hide_where and "columns" not in found:
            found["columns"] = ",".join(entry.name for entry in self.shown.fields)
        elif found.get("columns") and not self.hide_where and self.runs:
            found["columns"] += f",{WHERE}"
        return {name: value for name, value in found.items() if value}

    def address(self, **changes: str) -> str:
        """This list's address, changed."""
        args = self.args(**changes)
        return f"{self.url}?{urlencode(args)}" if args else self.url

    def sort_url(self, name: str) -> str:
        """The same list sorted by a column, the other way round when it is already."""
        down = self.query.sort == name
        return self.address(sort=f"-{name}" if down else name)

    # -- views, conditions --------------------------------------------------------------------------------

    def tabs(self) -> list[Tab]:
        """The built-in views of a type that has a process, counted in one statement."""
        if not self.runs:
            return []
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
        found = [Tab(_("All"), self.url, current=not self.query.view)]
        for name, label in labels.items():
            count = counts[name]
            if (name == "customer" and not with_customer) or (
                name == "stuck" and not count and self.query.view != name
            ):
                continue
            late = name in {"overdue", "stuck"} and count > 0
            found.append(
                Tab(label, f"{self.url}?view={name}", _capped(count, views.COUNTED), late, self.query.view == name)
            )
        return found

    def chips(self) -> list[Chip]:
        """The conditions in words."""
        return [Chip(*self._words(entry), self._without(entry)) for entry in self.query.filters]

    def _without(self, entry: Filter) -> str:
        return _List(self.query.without(entry), hide_where=self.hide_where, first=1).address()

    def _words(self, entry: Filter) -> tuple[str, str]:
        field = self.type.field(entry.field)
        ways = {"ne": _("not"), "ge": _("from"), "gt": _("more than"), "le": _("until"), "lt": _("less than")}
        ways |= {"contains": _("with"), "not_in": _("not")}
        if entry.operator == "empty":
            return str(field.label), _("empty")
        text = _(", ").join(self._value(field, part) for part in entry.value.split(","))
        return str(field.label), f"{ways[entry.operator]} {text}" if entry.operator in ways else text

    def _value(self, field: Field, text: str) -> str:
        if field.name == "state":
            return self.states[text].label if text in self.states else text
        try:
            value = field.parse(text)
        except ValueError:
            return text
        if field.kind is Kind.LINK:
            return self.lookup.texts(field, {value}).get(value, _("nobody"))
        return field.shown(value)

    def filters(self) -> list[Input]:
        """The fields of the filter box, with what is set."""
        present = {f"{entry.field}__{entry.operator}": entry.value for entry in self.query.filters}
        found: list[Input] = []
        for entry in self.type.all_fields:
            if len(found) < FILTERS:
                found += self._asked(entry, present)
        return found

    def _asked(self, entry: Field, present: Mapping[str, str]) -> list[Input]:
        label, name = str(entry.label), f"{entry.name}__eq"
        value = present.get(name, "")
        if entry.name == "state":
            choices = tuple(Choice(key, state.label) for key, state in self.states.items())
            return [Input(name, label, "choice", value, choices=choices)] if choices else []
        if entry.kind is Kind.CHOICE:
            choices = tuple(Choice(key, str(text)) for key, text in entry.choices)
            return [Input(name, label, "choice", value, choices=choices)]
        if entry.kind is Kind.BOOLEAN:
            choices = (Choice("1", _("Yes")), Choice("no", _("No")))
            return [Input(name, label, "choice", value, choices=choices)]
        if entry.kind is Kind.LINK:
            text = self._value(entry, value) if value else ""
            return [Input(name, label, "link", value, text, search_url=self.lookup.search_url(entry))]
        if entry.kind is Kind.DATE or entry.name == "created_at":
            until = "le" if entry.kind is Kind.DATE else "lt"
            hint = _("year-month-day")
            pairs = (("ge", _("%(field)s from", field=label)), (until, _("%(field)s until", field=label)))
            return [
                Input(f"{entry.name}__{way}", text, "date", present.get(f"{entry.name}__{way}", ""), placeholder=hint)
                for way, text in pairs
            ]
        return []

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
            return Empty(text, _("Clear filters"), self.address(q="", **self._nothing()))
        if self.query.view:
            return Empty(_("There is nothing in this view."), _("Show all"), self.url)
        text = _("No %(things)s yet.", things=lower(plural))
        if can("add", self.type.name):
            return Empty(text, _("Add the first: %(thing)s", thing=lower(title)), f"{self.url}new")
        return Empty(text)

    def _nothing(self) -> dict[str, str]:
        return {f"{entry.field}__{entry.operator}": "" for entry in self.query.filters}

    def exports(self) -> list[Link]:
        """The same list as files."""
        if not can("export", self.type.name):
            return []
        args = urlencode(self.query.args())
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
        return bulk.actions(self.type, runs=self.runs)

    def build(self) -> ListPage:
        """Everything the page shows."""
        page = self.query.page()
        tabs = self.tabs()
        self.shown.load(page.rows, stuck=self.some_stuck)
        cells = self.shown.cells(page.rows)
        rows = [Row(str(row.id), row.title, line) for row, line in zip(page.rows, cells, strict=True)]
        args = self.args()
        own = {"view", "sort", "columns", "size"}
        conditions = {name: value for name, value in args.items() if name not in own | {"q"}}
        count = _capped(page.count, COUNTED)
        things = lower(str(self.type.plural))
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
            query=urlencode(args),
            search_value=self.query.search,
            search_hint=self._search_hint(),
            chips=self.chips(),
            clear_url=self.address(**self._nothing()) if self.query.filters else "",
            filters=self.filters(),
            keep=[(name, value) for name, value in args.items() if name in own],
            keep_filters=list(conditions.items()),
            keep_for_columns=[(name, value) for name, value in args.items() if name != "columns"],
            all_columns=self._all_columns(),
            bulk=self.bulk(),
            all_label=_("All %(count)s of this list", count=count) if page.count > len(rows) else "",
            summary=_("%(count)s %(things)s", count=count, things=things),
            range=self.range(page),
            previous_url=self.address(before=page.before, at=str(before)) if page.before and self.first > 1 else "",
            next_url=self.address(after=page.after, at=str(following)) if page.after else "",
            empty=None if rows else self.empty(),
        )

    def _links(self) -> list[Link]:
        if self.type.is_document or self.type.line_cls is not None or not can("import", self.type.name):
            return []
        return [Link(_("Import"), f"{self.url}import", "upload")]

    def _search_hint(self) -> str:
        searched = [entry for entry in self.type.all_fields if entry.search]
        searched.sort(key=lambda entry: (not entry.listed, entry.kind is not Kind.LINK and entry.name != "number"))
        labels = [str(entry.label) for entry in searched][:3]
        return i18n.digits(_(", ").join([labels[0], *(lower(label) for label in labels[1:])])) if labels else ""

    def _all_columns(self) -> list[Choice]:
        chosen = set(self.shown.names())
        found = [Choice(e.name, str(e.label), current=e.name in chosen) for e in columns_of(self.type)]
        return [*found, Choice(WHERE, _("Where is it"), current=WHERE in chosen)] if self.runs else found


def lower(text: str) -> str:
    """The text inside a sentence: `Repair order` -> `repair order`, an abbreviation as it is."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _capped(count: int, limit: int) -> str:
    return f"{format_number(limit)}+" if count > limit else format_number(count)


def list_page(document_type: DocumentType, args: MultiDict[str, str]) -> ListPage:
    """The page for a request's arguments."""
    query, hide_where = query_of(document_type, args)
    at = args.get("at", "")
    paged = (query.after or query.before) and at.isdecimal() and len(at) < 10
    return _List(query, hide_where=hide_where, first=int(at) if paged else 1).build()
