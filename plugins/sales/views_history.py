"""The pages of a history: upload, columns and rules, trial run, import, result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, flash, redirect, request

from erp import Conflict, Invalid, _, company, i18n, importing
from erp.screens import Answer, Choice, Input, Link, Tally, imports, rows_as_csv
from plugins.sales.history import runs, trials
from plugins.sales.history.plans import COLUMNS, REQUIRED, Plan
from plugins.sales.history.rules import RULES, SETTINGS, Rule, Setting
from plugins.sales.history.telling import HEADS, lines_of
from plugins.sales.history.trials import Trial
from plugins.sales.models import CHANNELS, TENDERS

BASE = "/sale/import"
WRONG = 100


def page(step: str, action: str, **more: Any) -> imports.ImportPage:
    """A page of the import."""
    return imports.ImportPage(step, _("Bring a shop's history in"), action, [Link(_("Sales"), "/sale/")], **more)


def note() -> str:
    """What should be known before anything is done."""
    return _(
        "Each line of the file is a sold or returned line. Lines of one number are one sale or refund; customers and "
        "products that are not there are made. All of it comes in as history: no process begins, nobody is written to, "
        "no money moves."
    )


def upload() -> Answer:
    """The page that asks for a file."""
    return imports.take_file(page, BASE, note())


def plan(file_id: int) -> Answer:
    """The columns and rules; a post has the plan tried, and with `go` starts it."""
    table = importing.opened(file_id)
    url = f"{BASE}/{file_id}"
    if request.method != "POST":
        return imports.shown(_columns(table, runs.recalled(table), url, {}))
    wished = runs.recalled(table)
    try:
        wished = _posted(table)
        if request.form.get("go"):
            return redirect(f"{BASE}/run/{runs.start(wished, file_id).id}")
        if not request.form.get("again"):
            return redirect(f"{BASE}/run/{trials.start(wished, file_id).id}")
    except Invalid as error:
        errors = dict(error.fields) or {"": error.message}
        return imports.shown(_columns(table, wished, url, errors), 422)
    return imports.shown(_columns(table, wished, url, {}))


def _posted(table: importing.Table) -> Plan:
    """The plan as the form says it."""
    sent = request.form
    columns = {goes: column for place, column in enumerate(table.columns) if (goes := sent.get(f"column-{place}", ""))}
    choices = {name: sent[f"rule-{name}"] for name in (*RULES, *SETTINGS) if sent.get(f"rule-{name}")}
    texts = ("cancelled_by", "adjusted_by", "services", "channel", "tender", "cost_percent")
    more = {name: sent[f"text-{name}"].strip() for name in texts if f"text-{name}" in sent}
    return Plan.from_json({"columns": columns, "choices": choices, **more})


def _columns(table: importing.Table, wished: Plan, url: str, errors: Mapping[str, str]) -> imports.ImportPage:
    goes = {column: name for name, column in wished.columns.items()}
    samples, choices = table.samples(), tuple(Choice(name, str(label)) for name, label in COLUMNS.items())
    columns = [
        imports.MapColumn(
            column,
            samples.get(column, [])[:3],
            Input(f"column-{place}", column, "choice", goes.get(column, ""), choices=choices,
                  placeholder=_("Leave out"), error=errors.get(goes.get(column, "-"), "")),
        )
        for place, column in enumerate(table.columns)
    ]  # fmt: skip
    missing = [f"{COLUMNS[name]}: {errors[name]}" for name in REQUIRED if name in errors and name not in wished.columns]
    loose = [said for name, said in errors.items() if name not in {*COLUMNS, "channel", "tender", "cost_percent"}]
    return page(
        "map", url, columns=columns, rules=_rules(wished, errors), submit=_("Try it"), note=note(), back_url=BASE,
        errors=[*missing, *loose],
    )  # fmt: skip


def _rules(wished: Plan, errors: Mapping[str, str]) -> list[imports.Rules]:
    """What becomes of each kind of dirt, and what holds for the whole file."""
    known: dict[str, Rule | Setting] = {**RULES, **SETTINGS}
    chosen = {name: rule for name, rule in known.items() if rule.choices}
    asked = [
        Input(
            f"rule-{name}", str(rule.title), "choice", wished.choice(name), required=True, hint=str(rule.text),
            choices=tuple(Choice(value, str(label)) for value, label in rule.choices.items()),
        )
        for name, rule in chosen.items()
    ]  # fmt: skip
    count = len([name for name in RULES if name in chosen])
    return [
        imports.Rules(_("The whole file"), [*asked[count:], *_texts(wished, errors)]),
        imports.Rules(_("What becomes of its dirt"), asked[:count]),
    ]


def _texts(wished: Plan, errors: Mapping[str, str]) -> list[Input]:
    def picked(name: str, label: str, value: str, known: Mapping[str, str]) -> Input:
        options = tuple(Choice(key, str(text)) for key, text in known.items())
        return Input(f"text-{name}", label, "choice", value, choices=options, required=True, error=errors.get(name, ""))

    return [
        picked("tender", _("Paid with"), wished.tender, TENDERS),
        picked("channel", _("Channel"), wished.channel, CHANNELS),
        Input("text-cost_percent", _("What goods cost us"), value=i18n.digits(f"{wished.cost_percent:f}"), unit="%",
              hint=_("In percent of the price, where a product does not say."), error=errors.get("cost_percent", "")),
        Input("text-cancelled_by", _("Cancellations begin with"), value=wished.cancelled_by, max_length=10),
        Input("text-adjusted_by", _("Adjustments begin with"), value=wished.adjusted_by, max_length=10),
        Input("text-services", _("Codes that are no goods"), value=wished.services, wide=True,
              hint=_("Separated by commas; * stands for any letters.")),
    ]  # fmt: skip


def _trial(found: runs.Progress) -> Answer:
    """How far a trial is, then what the import would do; the plan goes along unseen."""
    back, url = f"{BASE}/{found.file_id}", f"{BASE}/run/{found.job_id}"
    kept = _kept(found.plan, found.columns)
    if not found.is_over:
        return imports.shown(_going(found, "check", back, hidden=kept))
    if found.state != "done":
        said = found.error or _("The trial was stopped.")
        return imports.shown(page("check", back, errors=[said], hidden=kept))
    return imports.shown(_tried(found.plan, Trial.from_json(found.result), back, f"{url}/lines", kept))


def _kept(wished: Plan, columns: Sequence[str]) -> list[tuple[str, str]]:
    """A plan as the fields of its form."""
    places = [(f"column-{columns.index(column)}", goes) for goes, column in wished.columns.items()]
    rules = [(f"rule-{name}", choice) for name, choice in wished.choices.items()]
    texts = ("cancelled_by", "adjusted_by", "services", "channel", "tender", "cost_percent")
    return [*places, *rules, *((f"text-{name}", str(getattr(wished, name))) for name in texts)]


def _tried(
    wished: Plan, trial: Trial, url: str, lines_url: str, kept: Sequence[tuple[str, str]]
) -> imports.ImportPage:  # fmt: skip
    made = trial.made
    opening = int(trial.opening) if wished.choice("opening") == "needed" else 0
    tallies = [
        Tally("good", made.get("sale", 0), _("Sales"), i18n.format_money(trial.total, company().currency)),
        Tally("good", made.get("refund", 0), _("Refunds"), _("of sales")),
        Tally("move", made.get("stock", 0), _("Corrections"), _("of stock")),
        Tally("idle", opening, _("Opening stock"), _("of %(count)s products", count=i18n.format_number(trial.opened))),
        Tally("wait", trial.left_out, _("Lines left out"), _("of %(count)s", count=i18n.format_number(trial.rows))),
    ]
    makes = sum(made.values())
    return page(
        "check", url, tallies=tallies, found=_found(wished, trial.met, lines_url), hidden=kept,
        wrong=[imports.RowError(row, "", "", said) for row, said in trial.problems],
        wrong_note=_("First %(shown)s of %(count)s", shown=i18n.format_number(WRONG),
                     count=i18n.format_number(trial.problem_count)) if trial.problem_count > WRONG else "",
        note=_said_of(trial),
        submit=_("Bring %(count)s numbers in", count=i18n.format_number(makes)) if makes else "",
    )  # fmt: skip


def _said_of(trial: Trial) -> str:
    if trial.first is None or trial.last is None:
        return ""
    return _("From %(first)s until %(last)s.", first=i18n.format_date(trial.first), last=i18n.format_date(trial.last))


def _found(wished: Plan, met: Mapping[str, int], url: str) -> Sequence[imports.FoundRule]:
    """The rules that were met, each with where its lines are fetched."""
    return [
        imports.FoundRule(
            str(rule.title), str(rule.text), str(rule.choices.get(wished.choice(name), "")), met[name],
            f"{url}?rule={name}",
        )
        for name, rule in RULES.items()
        if met.get(name)
    ]  # fmt: skip


def watch(job_id: int) -> Answer:
    """The trial or the import while it runs, then what it did."""
    found = runs.progress(job_id)
    if found.is_trial:
        return _trial(found)
    url = f"{BASE}/run/{job_id}"
    if not found.is_over:
        return imports.shown(_going(found, "run", url))
    return imports.shown(
        page(
            "done", BASE, tallies=_tallies(found.made), found=_found(found.plan, found.met, f"{url}/lines"),
            wrong=[imports.RowError(row, "", "", said) for row, said in found.problems],
            links=[
                Link(_("Open the sales"), "/sale/", "shopping-cart"),
                Link(_("Refunds"), "/sale_refund/", "receipt-refund"),
            ],
            errors=[found.error] if found.error else [], note=_said_of_stopped(found),
        )
    )  # fmt: skip


def _going(found: runs.Progress, step: str, action: str, **more: Any) -> imports.ImportPage:
    url = f"{BASE}/run/{found.job_id}"
    return page(
        step, action, percent=found.percent, progress=_words(found), progress_url=f"{url}/progress",
        stop_url=f"{url}/stop", **more,
    )  # fmt: skip


def _said_of_stopped(found: runs.Progress) -> str:
    if not found.is_stopped:
        return ""
    done, total = i18n.format_number(found.done), i18n.format_number(found.total)
    return _(
        "Stopped after %(done)s of %(total)s lines. What the rules found is told of the whole file; the same file "
        "brings the rest in.",
        done=done, total=total,
    )  # fmt: skip


def _tallies(made: Mapping[str, int]) -> list[Tally]:
    told = (
        ("sale", _("Sales"), _("added")),
        ("refund", _("Refunds"), _("added")),
        ("stock", _("Corrections"), _("of stock")),
        ("customers", _("Customers"), _("added")),
        ("products", _("Products"), _("added")),
        ("known", _("Known"), _("as they are")),
    )
    return [
        Tally("idle" if name == "known" else "good", made[name], label, sub)
        for name, label, sub in told
        if made.get(name)
    ]


def _words(found: runs.Progress) -> str:
    if found.phase == "reading":
        return _("Reading the file")
    if not found.total:
        return _("Waiting for a worker")
    phase = {
        "customers": _("Customers"), "products": _("Products"), "opening": _("Opening stock"),
    }.get(found.phase, "")  # fmt: skip
    return phase or _(
        "%(done)s of %(total)s", done=i18n.format_number(found.done), total=i18n.format_number(found.total)
    )


def state(job_id: int) -> dict[str, object]:
    """How far it is, as the page's script reads it."""
    found = runs.progress(job_id)
    return {"percent": found.percent, "text": _words(found), "finished": found.is_over}


def stop(job_id: int) -> Answer:
    """Stop it; one that is over by now just shows what it did."""
    is_trial = runs.progress(job_id).is_trial
    try:
        runs.stop(job_id)
        if not is_trial:
            flash(_("The import is stopped. What it had written stays."), "info")
    except Conflict as refusal:
        flash(refusal.message, "warning")
    return redirect(f"{BASE}/run/{job_id}")


def lines(owner_id: int) -> Response:
    """The lines a rule was met by, as CSV; all of them where none is named."""
    rule = RULES.get(request.args.get("rule", ""))
    heads = [
        _("Row"), _("Rule"), *(str(COLUMNS[name]) for name in
        ("number", "code", "description", "quantity", "price", "moment", "customer", "country")), _("Became"),
    ]  # fmt: skip
    assert len(heads) == len(HEADS)
    title = str(rule.title) if rule is not None else _("Lines with rules")
    return rows_as_csv(title, heads, lines_of(owner_id, rule.name if rule is not None else ""))
