"""Bringing a file in, page by page: upload, columns, trial run, import, result."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from erp import importing
from erp.documents.types import DocumentType
from erp.errors import Invalid
from erp.forms.inputs import Choice, Input
from erp.i18n import _, format_number
from erp.importing import Outcome, Plan, Skip, Source, Table
from erp.screens.bulk import Tally
from erp.screens.lists import lower
from erp.web.shapes import Link

Answer = Response | BaseResponse | str | tuple[str, int]
WRONG = 100
STEPS = ("upload", "map", "check", "run", "done")
RULES = 1
"""Empty rules offered beside those there are."""


@dataclass(frozen=True)
class Rules:
    """Fields under one heading; folded away when they are seldom needed."""

    label: str
    fields: Sequence[Input]
    folded: bool = False


@dataclass(frozen=True)
class MapColumn:
    """A column of the file, its first values, and where it goes."""

    header: str
    samples: Sequence[str]
    field: Input


@dataclass(frozen=True)
class RowError:
    """A row that cannot be taken, and why."""

    line: int
    column: str
    value: str
    message: str


@dataclass(frozen=True)
class FoundRule:
    """A visible rule, how many rows it was met by, and where these are fetched."""

    label: str
    text: str
    chosen: str
    """What becomes of them."""
    count: int
    url: str = ""


@dataclass(frozen=True)
class ImportPage:
    """millrace/import.html; step: upload | map | check | run | done."""

    step: str
    title: str
    action: str
    crumbs: Sequence[Link] = ()
    errors: Sequence[str] = ()
    back_url: str = ""
    submit: str = ""
    fields: Sequence[Input] = ()
    columns: Sequence[MapColumn] = ()
    tallies: Sequence[Tally] = ()
    found: Sequence[FoundRule] = ()
    """check, done: the rules of the file."""
    wrong: Sequence[RowError] = ()
    wrong_note: str = ""
    percent: int = 0
    progress: str = ""
    progress_url: str = ""
    stop_url: str = ""
    note: str = ""
    """What should be known before anything is done."""
    links: Sequence[Link] = ()
    rules: Sequence[Rules] = ()
    """map: what tells records apart, fixed texts, what is left out."""
    hidden: Sequence[tuple[str, str]] = ()
    """What the trial run carries to the import."""
    steps: Sequence[str] = STEPS
    """The steps there are, where somebody brings something in by fewer."""


def page(kind: DocumentType, step: str, action: str, **more: Any) -> ImportPage:
    """A page of an import of this type."""
    title = _("Import: %(things)s", things=str(kind.plural))
    return ImportPage(step, title, action, [Link(str(kind.plural), f"/{kind.name}/")], **more)


def shown(view: ImportPage, status: int = 200) -> Answer:
    """The page as it is sent."""
    return render_template("millrace/import.html", view=view), status


# -- upload ----------------------------------------------------------------------------------------------


def upload(kind: DocumentType) -> Answer:
    """The page that asks for a file of rows of this type."""
    importing.importable(kind.name)
    return take_file(partial(page, kind), f"/{kind.name}/import", _history(kind))


def take_file(made: Callable[..., ImportPage], address: str, note: str) -> Answer:
    """A page that asks for a file; a post keeps it and goes on to its columns, at `address/<file>`.

    `made(step, action, **more)` gives the page its title and crumbs.
    """
    error = ""
    if request.method == "POST":
        given = request.files.get("file")
        try:
            kept = importing.keep(given.filename or "file", given.read()) if given and given.filename else None
            if kept is not None:
                return redirect(f"{address}/{kept.id}")
            error = _("Choose a file first.")
        except Invalid as refusal:
            error = refusal.fields.get("file", refusal.message)
    hint = _("CSV or Excel, also packed as .gz. The first row names the columns. Nothing is written yet.")
    asked = Input("file", _("File"), "file", required=True, hint=hint, error=error, accept=".csv,.xlsx,.gz,text/csv")
    view = made("upload", address, fields=[asked], submit=_("Read the file"), note=note)
    return shown(view, 422 if error else 200)


def _history(kind: DocumentType) -> str:
    """What is said of documents before they come in."""
    if not kind.is_document:
        return ""
    return _(
        "%(things)s come in as history: with their old numbers, in a final state. No process begins, nobody is "
        "written to, no money moves, nothing is posted to the books. Rows of one number are one document; what goes to "
        "“Line: …” makes its lines.",
        things=str(kind.plural),
    )


# -- columns and trial run -------------------------------------------------------------------------------


def plan(kind: DocumentType, file_id: int) -> Answer:
    """The columns; a post tries the plan, and with `go` starts it."""
    table = importing.opened(file_id)
    url = f"/{kind.name}/import/{file_id}"
    if request.method != "POST":
        return shown(_columns(kind, table, importing.recalled(kind.name, table), url))
    wished = _posted(kind, table)
    try:
        if request.form.get("go"):
            job = importing.start(wished, file_id)
            return redirect(f"/{kind.name}/import/run/{job.id}")
        if not request.form.get("again"):
            return shown(_trial(kind, importing.dry_run(wished, table), url))
    except Invalid as error:
        return shown(_columns(kind, table, wished, url, error), 422)
    return shown(_columns(kind, table, wished, url))


def _posted(kind: DocumentType, table: Table) -> Plan:
    """The plan as the form says it."""
    sources: dict[str, Source] = {}
    for place, column in enumerate(table.columns):
        name = request.form.get(f"column-{place}", "")
        if name:
            sources[name] = Source(column, "", _pick(name), bool(request.form.get(f"positive-{name}")))
    for name, _label in importing.choices(kind):
        text = request.form.get(f"text-{name}", "").strip()
        if text and name not in sources:
            sources[name] = Source("", text[:400], _pick(name))
    skips = []
    for place in range(20):
        column, test = request.form.get(f"skip-{place}-column", ""), request.form.get(f"skip-{place}-test", "")
        if column and test in importing.TESTS:
            skips.append(Skip(column, test, request.form.get(f"skip-{place}-value", "")[:400]))
    tidy = {
        column: how
        for place, column in enumerate(table.columns)
        if (how := request.form.get(f"tidy-{place}", "")) in importing.TIDIES
    }
    return Plan(kind.name, request.form.get("key", ""), sources, tuple(skips), tidy)


def _pick(name: str) -> str:
    pick = request.form.get(f"pick-{name}", "first")
    return pick if pick in importing.PICKS else "first"


def _columns(kind: DocumentType, table: Table, wished: Plan, url: str, error: Invalid | None = None) -> ImportPage:
    """The page of the columns with a plan filled in."""
    errors = error.fields if error else {}
    names = importing.choices(kind)
    goes = {source.column: name for name, source in wished.sources.items() if source.column}
    samples = table.samples()
    columns = []
    for place, column in enumerate(table.columns):
        field = goes.get(column, "")
        choices = tuple(Choice(name, label) for name, label in names)
        asked = Input(
            f"column-{place}",
            column,
            "choice",
            field,
            choices=choices,
            placeholder=_("Leave out"),
            error=errors.get(field, ""),
        )
        columns.append(MapColumn(column, samples.get(column, [])[:3], asked))
    own = {name for name, _label in names}
    loose = [text for name, text in errors.items() if name not in own and name != "key"]
    return page(
        kind, "map", url,
        columns=columns,
        rules=_rules(kind, table, wished, errors),
        submit=_("Try it"),
        note=_history(kind),
        back_url=f"/{kind.name}/import",
        errors=[*loose, *([] if loose or not error else [error.message])],
    )  # fmt: skip


def _rules(kind: DocumentType, table: Table, wished: Plan, errors: Mapping[str, str]) -> list[Rules]:
    """How rows become records: the key, which value counts, fixed texts, what is left out and tidied."""
    names = dict(importing.choices(kind))
    keys = tuple(Choice(name, label) for name, label in names.items())
    hint = _("Rows with the same value are the same record; one that is there already is changed.")
    label, key = _("Records are told apart by"), errors.get("key", "")
    records = [Input("key", label, "choice", wished.key, choices=keys, required=True, hint=hint, error=key)]
    records += _picks(kind, wished, names)
    needed = {entry.name for entry in kind.fields if entry.required} | {kind.cls.title_field}
    texts = [(name in needed, entry) for name, entry in _texts(wished, names, errors)]
    return [
        Rules(_("Records"), records),
        Rules(
            _("Texts for every row"), [entry for is_needed, entry in texts if is_needed or entry.value or entry.error]
        ),
        Rules(_("Rows left out"), _skips(table, wished)),
        Rules(
            _("More texts, and how values are written"),
            [
                *(entry for is_needed, entry in texts if not (is_needed or entry.value or entry.error)),
                *_tidies(table, wished),
            ],
            folded=not wished.tidy,
        ),
    ]


def _picks(kind: DocumentType, wished: Plan, names: Mapping[str, str]) -> list[Input]:
    """Whose value counts where rows of one record differ."""
    picks = tuple(Choice(name, str(text)) for name, text in importing.PICKS.items())
    numbers = {entry.name for entry in kind.fields if entry.is_number}
    found = []
    for name, source in wished.sources.items():
        if name != wished.key and name in names and source.column:
            label = _("If rows differ in %(field)s", field=names[name])
            found.append(Input(f"pick-{name}", label, "choice", source.pick, choices=picks, required=True))
            if name in numbers:
                text = _("%(field)s: only above zero", field=names[name])
                found.append(Input(f"positive-{name}", text, "boolean", "1" if source.positive else ""))
    return found


def _texts(wished: Plan, names: Mapping[str, str], errors: Mapping[str, str]) -> list[tuple[str, Input]]:
    """Fixed texts for the fields no column goes to."""
    hint = _("The same for every row; {Column} stands for its value.")
    found = []
    for name, label in names.items():
        source = wished.sources.get(name)
        if source is None or not source.column:
            asked = Input(
                f"text-{name}", label, value=source.text if source else "", hint=hint, error=errors.get(name, "")
            )
            found.append((name, asked))
    return found


def _skips(table: Table, wished: Plan) -> list[Input]:
    columns = tuple(Choice(column, column) for column in table.columns)
    tests = tuple(Choice(name, str(text)) for name, text in importing.TESTS.items())
    found = []
    for place in range(min(len(wished.skips) + RULES, 20)):
        rule = wished.skips[place] if place < len(wished.skips) else Skip("", "empty")
        base = f"skip-{place}"
        found += [
            Input(
                f"{base}-column",
                _("Leave out rows where"),
                "choice",
                rule.column,
                choices=columns,
                placeholder=_("No rule"),
            ),
            Input(f"{base}-test", _("Test"), "choice", rule.test, choices=tests, required=True),
            Input(f"{base}-value", _("Value"), value=rule.value, wide=True),
        ]
    return found


def _tidies(table: Table, wished: Plan) -> list[Input]:
    ways = tuple(Choice(name, str(text)) for name, text in importing.TIDIES.items())
    used = {column for source in wished.sources.values() for column in source.columns()}
    found = []
    for place, column in enumerate(table.columns):
        if column in used:
            label, way = _("Write “%(column)s”", column=column), wished.tidy.get(column, "")
            found.append(Input(f"tidy-{place}", label, "choice", way, choices=ways, placeholder=_("As it is")))
    return found


def _trial(kind: DocumentType, outcome: Outcome, url: str) -> ImportPage:
    """What the import would do; the plan goes along unseen."""
    hidden = [(name, value) for name, value in request.form.items() if re.fullmatch(r"[a-z]+(-[\w.-]+)?", name)]
    hidden = [pair for pair in hidden if pair[0] not in {"csrf_token", "go", "again"}]
    taken = outcome.new + outcome.changed
    submit = _("Import %(count)s %(things)s", count=format_number(taken), things=lower(str(kind.plural)))
    return page(
        kind, "check", url,
        tallies=tallies_of(outcome.as_json()),
        wrong=[RowError(each.row, each.column, each.value, each.message) for each in outcome.problems[:WRONG]],
        wrong_note=_note(outcome.problem_count),
        submit=submit if taken else "",
        hidden=hidden,
        back_url=url,
    )  # fmt: skip


def _note(count: int) -> str:
    return (
        _("First %(shown)s of %(count)s", shown=format_number(WRONG), count=format_number(count))
        if count > WRONG
        else ""
    )


def tallies_of(found: Mapping[str, Any]) -> list[Tally]:
    """What an import did or would do, in figures."""
    skipped: Mapping[str, int] = found.get("skipped", {})
    tallies = [
        Tally("good", found.get("new", 0), _("New"), _("added")),
        Tally("good", found.get("changed", 0), _("Known"), _("changed")),
        Tally("idle", found.get("unchanged", 0), _("Known"), _("as they are")),
    ]
    tallies += [Tally("wait", count, rule, _("left out by the rule")) for rule, count in skipped.items()]
    if found.get("problem_count"):
        tallies.append(Tally("bad", found["problem_count"], _("Rows with mistakes"), _("not taken")))
    return tallies
