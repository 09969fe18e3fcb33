r"""What a report is: `reports/<plugin>/NAME.toml` beside `NAME.sql`, and nothing else.

    title = "Sales by day"                      # every text is translated
    text = "What was sold, day by day."
    roles = ["Accountant", "TENANT_MANAGER"]    # who may run it; an owner may run all
    sort = ["-day"]                             # columns of the SQL, the minus for the largest first

    [[parameters]]                              # bound as :name, never put into the text
    name = "period"
    type = "period"                             # date period choice link text number flag
    label = "Period"
    default = "this_month"                      # required = true refuses an empty one

    [[parameters]]
    name = "customer"
    type = "link"
    to = "party"
    label = "Customer"

    [[columns]]                                 # in this order; what the SQL gives besides is not shown
    name = "day"
    type = "date"                               # text integer decimal quantity money date datetime percent flag
    label = "Day"
    group = true                                # rows of one value stand together, with subtotals
    link = { report = "sales_lines", day = "day", customer = ":customer" }

    [[columns]]
    name = "net"
    type = "money"                              # of the company; currency = "column" names the row's own
    label = "Net"
    total = true                                # summed; total = "margin / net" divides the sums of two columns

    [chart]                                     # bar, line or pie
    type = "bar"
    x = "day"
    y = ["net"]

    [tile]                                      # on the overview: a figure, or the chart; [[tile]] for several
    label = "Sold today"
    column = "net"
    parameters = { period = "today" }

A column's `link` leads to a document, `{ document = "invoice", id = "invoice_id" }` with the column of its id (where
the type itself stands in a column: `{ document_in = "source_type", id = "source_id" }`), or to another report: each
further key is a parameter there, its value a column here or `:name` of a parameter here.

Money, quantities and percentages are numeric; a percentage is a fraction (0.16 is 16 %). A parameter of type `period`
is bound four times: `:period_from` and `:period_to` are its first and last day, `:period_begin` and `:period_end` the
first moment and the first one after. Always there: `:today`, `:company`, `:currency`, `:language`, `:timezone`.

The SQL is one SELECT. `{branches o.branch_id}` in its WHERE becomes the condition that the reader reaches the branch;
a report whose SQL has none is refused to members who are limited to some branches. A colon that is no parameter is
written `\:`. The tenant is narrowed by row-level security; `sort` orders the rows, not the SQL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from erp.documents.fields import Field, Kind
from erp.i18n import _

BIND = re.compile(r"(?<![:\w\\]):([a-z_]\w*)(?!:)")
"""A bound parameter in the SQL, as SQLAlchemy reads it."""
BRANCHES = re.compile(r"\{branches ([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)?)\}")
"""Where the SQL is narrowed to branches, with the column that names one."""
ALWAYS = frozenset({"today", "company", "currency", "language", "timezone"})
"""Parameters every report has without declaring them."""
PERIOD_PARTS = ("from", "to", "begin", "end")
RATIO = re.compile(r"([a-z_]\w*) / ([a-z_]\w*)")
RIGHT = "report:"
"""Begins the name under which rights on a report are given: `show` and `export` on `report:sales_by_day`."""


class ColumnKind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    QUANTITY = "quantity"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    PERCENT = "percent"
    FLAG = "flag"


class ParameterKind(StrEnum):
    """What a parameter takes."""

    DATE = "date"
    PERIOD = "period"
    CHOICE = "choice"
    LINK = "link"
    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"


KINDS: Mapping[str, Kind] = {
    ColumnKind.TEXT: Kind.TEXT,
    ColumnKind.INTEGER: Kind.INTEGER,
    ColumnKind.DECIMAL: Kind.DECIMAL,
    ColumnKind.QUANTITY: Kind.DECIMAL,
    ColumnKind.MONEY: Kind.MONEY,
    ColumnKind.DATE: Kind.DATE,
    ColumnKind.DATETIME: Kind.DATETIME,
    ColumnKind.PERCENT: Kind.DECIMAL,
    ColumnKind.FLAG: Kind.BOOLEAN,
}
"""How files write what a column holds."""
NUMBERS = frozenset({ColumnKind.INTEGER, ColumnKind.DECIMAL, ColumnKind.QUANTITY, ColumnKind.MONEY, ColumnKind.PERCENT})
TYPED: Mapping[str, Kind] = {
    ParameterKind.DATE: Kind.DATE,
    ParameterKind.CHOICE: Kind.CHOICE,
    ParameterKind.LINK: Kind.LINK,
    ParameterKind.TEXT: Kind.TEXT,
    ParameterKind.NUMBER: Kind.DECIMAL,
    ParameterKind.FLAG: Kind.BOOLEAN,
}


@dataclass(frozen=True)
class Parameter:
    """What a report asks before it runs."""

    name: str
    kind: ParameterKind
    label: str
    default: str = ""
    """As it is typed; `today` for a day, the name of a period."""
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    to: str = ""
    """LINK: the document type."""

    @property
    def binds(self) -> tuple[str, ...]:
        """The names it is bound under."""
        if self.kind is ParameterKind.PERIOD:
            return tuple(f"{self.name}_{part}" for part in PERIOD_PARTS)
        return (self.name,)

    def field(self) -> Field:
        """The same as a field of a form, for every kind but a period."""
        choices = tuple((value, _(label)) for value, label in self.choices)
        return Field(
            self.name, TYPED[self.kind], _(self.label), required=self.required, choices=choices, target=self.to
        )


@dataclass(frozen=True)
class Link:
    """Where a cell leads."""

    document: str = ""
    document_in: str = ""
    """The column that holds the document type."""
    id: str = ""
    report: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    """{parameter there: column here, or `:parameter` here}."""

    @property
    def columns(self) -> set[str]:
        """The columns it needs."""
        named = {self.document_in, self.id, *(each for each in self.given.values() if not each.startswith(":"))}
        return named - {""}


@dataclass(frozen=True)
class Column:
    """What a report shows of each row."""

    name: str
    kind: ColumnKind
    label: str
    total: bool = False
    ratio: tuple[str, str] | None = None
    """Its total is the sum of the one column by that of the other."""
    group: bool = False
    currency: str = ""
    """MONEY: the column that holds the currency of the row."""
    link: Link | None = None
    places: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    """TEXT: what values are called."""

    @property
    def is_number(self) -> bool:
        """Whether it stands at the right."""
        return self.kind in NUMBERS

    def field(self) -> Field:
        """The same as files write it."""
        choices = tuple((value, _(label)) for value, label in self.choices)
        return Field(
            self.name, Kind.CHOICE if choices else KINDS[self.kind], _(self.label), total=self.total, choices=choices
        )


@dataclass(frozen=True)
class Chart:
    """A picture of the rows."""

    kind: str
    x: str
    y: tuple[str, ...]


@dataclass(frozen=True)
class Tile:
    """What the overview shows of a report."""

    label: str
    column: str = ""
    """The total of this column; '' for the chart."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    order: int = 100


@dataclass(frozen=True)
class Report:
    """A report as its files declare it."""

    name: str
    plugin: str
    title: str
    sql: str
    columns: tuple[Column, ...]
    text: str = ""
    icon: str = "report-analytics"
    roles: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    sort: tuple[str, ...] = ()
    chart: Chart | None = None
    tiles: tuple[Tile, ...] = ()

    @property
    def right(self) -> str:
        """What rights on it are given on."""
        return f"{RIGHT}{self.name}"

    @cached_property
    def groups(self) -> tuple[Column, ...]:
        """The columns whose values hold rows together, the outermost first."""
        return tuple(column for column in self.columns if column.group)

    @cached_property
    def selected(self) -> tuple[str, ...]:
        """The columns asked of the database: those shown, then those links and currencies need."""
        names = [column.name for column in self.columns]
        for column in self.columns:
            names += sorted(column.link.columns) if column.link is not None else []
            names += [column.currency] if column.currency else []
            names += list(column.ratio or ())
        return tuple(dict.fromkeys(names))

    @cached_property
    def is_narrowed(self) -> bool:
        """Whether its SQL says which branch a row belongs to."""
        return BRANCHES.search(self.sql) is not None

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names of the parameters the SQL is bound to."""
        return frozenset(BIND.findall(self.sql))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of its SQL: among them the tables it reads."""
        return frozenset(re.findall(r"[a-z_][a-z0-9_]*", self.sql.lower()))

    def column(self, name: str) -> Column | None:
        """A column by its name."""
        return next((column for column in self.columns if column.name == name), None)

    def parameter(self, name: str) -> Parameter | None:
        """A parameter by its name."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)

    def texts(self) -> list[str]:
        """Everything people read."""
        found = [self.title, self.text, *(tile.label for tile in self.tiles)]
        found += [part.label for part in self.parameters] + [part.label for part in self.columns]
        choices = [part.choices for part in self.parameters] + [part.choices for part in self.columns]
        found += [label for each in choices for _value, label in each]
        return [text for text in found if text]
