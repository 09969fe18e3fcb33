"""What changes from one decision table to another: inputs, outputs, rules, and what is made of several that fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from erp.decisions import Decision, DecisionInvalid, Model
from erp.decisions import read as read_decisions
from erp.decisions.tables import Policy, Rule, Table
from erp.i18n import _
from erp.modelling.differences import CHANGED, Change
from erp.workflow.diagrams.diagram import Diagram

Told = tuple[str, str, str]
"""What is different, how it was, how it is."""
Cells = Mapping[str, str]
"""{column: cell} of a rule; outputs begin with `→`."""


def table_differences(
    before: tuple[Diagram, Mapping[str, str]], after: tuple[Diagram, Mapping[str, str]], names: Mapping[str, str]
) -> list[Change]:
    """Changes of every table both drawings ask, at the first step that asks it; `names` are what steps are called."""
    (was, old), (now, new) = before, after
    asked = {element.decision for element in was.elements.values()}
    found, told = [], set[str]()
    for id_, element in now.elements.items():
        key = element.decision
        if not key or key not in asked or key in told or old.get(key) == new.get(key):
            continue
        told.add(key)
        first, last = _read(old.get(key)), _read(new.get(key))
        if first is not None and last is not None:
            found += [Change(CHANGED, id_, names.get(id_, id_), *each) for each in differences_of(first, last)]
    return found


def _read(dmn: str | None) -> Model | None:
    try:
        return read_decisions(dmn.encode()) if dmn else None
    except DecisionInvalid:
        return None


def differences_of(before: Model, after: Model) -> Iterator[Told]:
    """Everything two files decide differently; where rows are drawn and what they are tried with does not count."""
    several = len({*before.decisions, *after.decisions}) > 1
    for id_, decision in after.decisions.items():
        old = before.decisions.get(id_)
        if old is None:
            yield _("new table"), "", decision.name
            continue
        for what, was, now in _of_decision(old, decision):
            yield _("table “%(table)s”, %(what)s", table=decision.name, what=what) if several else what, was, now
    for id_, decision in before.decisions.items():
        if id_ not in after.decisions:
            yield _("table"), decision.name, ""


def _of_decision(before: Decision, after: Decision) -> Iterator[Told]:
    if before.name != after.name:
        yield _("name"), before.name, after.name
    if before.variable != after.variable:
        yield _("what its answer is called"), before.variable, after.variable
    if isinstance(before.logic, Table) and isinstance(after.logic, Table):
        yield from _of_table(before.logic, after.logic)
    elif before.logic != after.logic:
        yield _("how it is decided"), _decided(before), _decided(after)


def _decided(decision: Decision) -> str:
    return _("by a table") if isinstance(decision.logic, Table) else decision.logic.text


def _of_table(before: Table, after: Table) -> Iterator[Told]:
    words = policy_words()
    if (before.policy, before.aggregate) != (after.policy, after.aggregate):
        was, now = (_(", ").join([words[each.policy], *filter(None, [each.aggregate])]) for each in (before, after))
        yield _("when several rules fit"), was, now
    yield from _named(_("input"), _("new input"), _columns(before), _columns(after))
    yield from _named(_("output"), _("new output"), _outputs(before), _outputs(after))
    yield from _rules(before, after)


def _named(what: str, new: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Told]:
    for name, said in after.items():
        if name not in before:
            yield new, "", said
        elif before[name] != said:
            yield what, before[name], said
    yield from ((what, said, "") for name, said in before.items() if name not in after)


def _columns(table: Table) -> dict[str, str]:
    """{what is asked: `Total (document.total, number)`}."""
    return {
        each.text: f"{each.label} ({', '.join(filter(None, [each.text, each.type.name, each.type.allowed_text]))})"
        for each in table.columns
    }


def _outputs(table: Table) -> dict[str, str]:
    return {
        each.name: f"{each.label or each.name} ({', '.join(filter(None, [each.type.name, each.type.allowed_text]))})"
        for each in table.outputs
    }


def _rules(before: Table, after: Table) -> Iterator[Told]:
    pairs = _pairs(before, after)
    kept = {old.number for _new, old in pairs if old is not None}
    for new, old in pairs:
        cells = _cells(after, new)
        if old is None:
            yield _("new rule %(number)s", number=new.number), "", _said(cells)
            continue
        was = _cells(before, old)
        for column, text in cells.items():
            if column in was and was[column] != text:
                what = _("rule %(number)s, “%(column)s”", number=new.number, column=column.removeprefix("→ "))
                yield what, was[column] or "-", text or "-"
        if new.note != old.note:
            yield _("rule %(number)s, note", number=new.number), old.note, new.note
    for old in before.rules:
        if old.number not in kept:
            yield _("rule %(number)s", number=old.number), _said(_cells(before, old)), ""
    order = [old.number for _new, old in pairs if old is not None]
    if order != sorted(order):
        first, last = (_(", ").join(map(str, each)) for each in (sorted(order), order))
        yield _("order of the rules"), first, last


def _pairs(before: Table, after: Table) -> list[tuple[Rule, Rule | None]]:
    """Each rule with what it was before: the one of its id, else one that says the same and has no other."""
    by_id = {rule.id: rule for rule in before.rules if rule.id}
    found = {rule.number: by_id.pop(rule.id, None) for rule in after.rules}
    taken = {old.number for old in found.values() if old is not None}
    for rule in after.rules:
        if found[rule.number] is None:
            same = (
                old for old in before.rules if old.number not in taken and _cells(before, old) == _cells(after, rule)
            )
            found[rule.number] = old = next(same, None)
            taken |= {old.number} if old is not None else set()
    return [(rule, found[rule.number]) for rule in after.rules]


def _cells(table: Table, rule: Rule) -> dict[str, str]:
    names = [*(each.label for each in table.columns), *(f"→ {each.label or each.name}" for each in table.outputs)]
    return dict(zip(names, [*rule.cells, *rule.results], strict=True))


def _said(cells: Cells) -> str:
    """`Total > 5000, Member true → Percent 5`; cells that ask nothing are left out."""
    asked = [f"{name} {text}" for name, text in cells.items() if not name.startswith("→") and text not in {"", "-"}]
    answers = [
        f"{name.removeprefix('→').strip()} {text}".strip() for name, text in cells.items() if name.startswith("→")
    ]
    when, then = _(", ").join(asked) or _("always"), _(", ").join(answers)
    return f"{when} → {then}"


def policy_words() -> Mapping[Policy, str]:
    """What is made of several rules that fit."""
    return {
        Policy.UNIQUE: _("only one rule may fit"),
        Policy.FIRST: _("the first that fits"),
        Policy.PRIORITY: _("the most important answer"),
        Policy.ANY: _("any; all that fit say the same"),
        Policy.COLLECT: _("all of them"),
        Policy.RULE_ORDER: _("all of them, in the order of the rules"),
        Policy.OUTPUT_ORDER: _("all of them, the most important answer first"),
    }
