"""What a table leaves open and where its rules are in each other's way, found without asking it for every value.

    for each in analysed(model, "discount", today).findings:
        each.message        # "Nothing answers when Total > 5,000 and Member is false."

Columns are parted where their cells part them, so that finitely many cases stand for all values. The work is bounded,
and what was not looked at is said. A cell that asks more than its column's value (another name, a function of `?`) may
match anything: what it could answer is no gap, and no rule is called hidden behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from erp.decisions.axes import is_constant
from erp.decisions.cases import Box, Cases, bits, cases
from erp.decisions.errors import DecisionFailed
from erp.decisions.model import Model
from erp.decisions.nodes import Budget, Node, Path, Scope
from erp.decisions.tables import Policy, Rule, Table
from erp.decisions.values import Value
from erp.i18n import _

GAP, EMPTY, OVERLAP, CONTRADICTION, HIDDEN, NEVER = "gap", "empty", "overlap", "contradiction", "hidden", "never"
MOST = 20
"""Findings of one kind that are told."""
CALLS = 50_000
"""Functions an analysis may call."""
EMPTIES = 2
"""Cases that are told of one missing input."""


@dataclass(frozen=True)
class Finding:
    """One thing somebody should know; `rules` counts from 1, `cells` are the conditions a rule for a gap would have."""

    kind: str
    message: str
    rules: Sequence[int] = ()
    cells: Sequence[str] = ()


@dataclass(frozen=True)
class Analysis:
    """Everything found, and what was not looked at."""

    findings: Sequence[Finding]
    unseen: Sequence[tuple[int, str]] = ()
    """(rule, column) of cells that ask more than their column's value."""
    is_whole: bool = True
    """Whether the rest was looked at within the bounds."""


def analysed(model: Model, decision: str, today: date, known: Mapping[Path, Sequence[Value]] | None = None) -> Analysis:
    """Gaps, overlaps, contradictions and rules without effect of a table, as of a day; nothing for an expression.

    `known` holds all values some inputs can have. Raises DecisionFailed where there is no such decision.
    """
    table = model.find(decision).logic
    if not isinstance(table, Table):
        return Analysis([])
    scope = Scope({}, model.functions, Budget(CALLS), today)
    every = cases(table, scope, {**_of_needed(model, decision, scope), **(known or {})})
    findings = [*_never(every), *_in_the_way(table, every, scope)]
    if table.policy.is_single and all(each.default is None for each in table.outputs):
        findings += [*_gaps(table, every), *_empties(table, every)]
    return Analysis(findings, every.unseen, every.is_whole)


def _of_needed(model: Model, decision: str, scope: Scope) -> dict[Path, Sequence[Value]]:
    """All that the tables this one needs can answer, where their rules name it."""
    found: dict[Path, Sequence[Value]] = {}
    for needed in (model.decisions[id_] for id_ in model.find(decision).requires):
        table = needed.logic
        if isinstance(table, Table) and table.policy.is_single and len(table.outputs) == 1:
            default = table.outputs[0].default
            answers = [_answer(rule.outputs, scope) for rule in table.rules]
            answers += [_answer([default], scope)] if default is not None else []
            if all(each is not None for each in answers):
                found[needed.variable,] = [value for each in answers for value in each or [] if value is not None]
    return {path: values for path, values in found.items() if values}


def _never(every: Cases) -> Iterator[Finding]:
    for rule in range(every.count):
        place = next((place for place, masks in enumerate(every.possible) if not masks[rule]), None)
        if place is not None:
            column = every.axes[place].label
            message = _("Rule %(rule)s never answers: no value fits under “%(column)s”.", rule=rule + 1, column=column)
            yield Finding(NEVER, message, [rule + 1])


def _in_the_way(table: Table, every: Cases, scope: Scope) -> Iterator[Finding]:
    if table.policy in {Policy.UNIQUE, Policy.ANY}:
        yield from _clashes(table, every, scope)
    elif table.policy is Policy.FIRST:
        yield from _hidden(every, range(every.count))
    elif table.policy is Policy.PRIORITY:
        ranks = [_rank(table, rule, scope) for rule in table.rules[: every.count]]
        known = [rule for rule, rank in enumerate(ranks) if rank is not None]
        yield from _hidden(every, sorted(known, key=lambda rule: (ranks[rule] or [], rule)))


def _clashes(table: Table, every: Cases, scope: Scope) -> Iterator[Finding]:
    """Pairs that both answer where only one may, or say different things where they have to agree."""
    told, answers = 0, [_answer(rule.outputs, scope) for rule in table.rules]
    for one in range(every.count):
        box = [masks[one] for masks in every.certain]
        after = every.meeting(box) & ~((2 << one) - 1) if all(box) else 0
        for other in bits(after):
            if table.policy is Policy.ANY and not _differ(answers[one], answers[other]):
                continue
            if told == MOST:
                every.is_whole = False
                return
            told += 1
            yield _clash(table.policy, every, one, other)


def _clash(policy: Policy, every: Cases, one: int, other: int) -> Finding:
    case = _told(every, tuple(masks[one] & masks[other] for masks in every.certain)) or _("anything is asked")
    names = {"one": one + 1, "other": other + 1, "case": case}
    if policy is Policy.ANY:
        message = _("Rules %(one)s and %(other)s answer differently when %(case)s.", **names)
        return Finding(CONTRADICTION, message, [one + 1, other + 1])
    message = _("Rules %(one)s and %(other)s both answer when %(case)s; only one may.", **names)
    return Finding(OVERLAP, message, [one + 1, other + 1])


def _hidden(every: Cases, order: Sequence[int]) -> Iterator[Finding]:
    """Rules that others answer before whatever is asked; who goes first stands first."""
    before = 0
    for rule in order:
        if hiders := every.hiders(rule, before):
            rules = [each + 1 for each in bits(hiders)]
            told = _(", ").join(str(each) for each in rules)
            message = _("Rule %(rule)s never answers. These answer first: %(others)s.", rule=rule + 1, others=told)
            yield Finding(HIDDEN, message, [rule + 1, *rules])
        before |= 1 << rule


def _gaps(table: Table, every: Cases) -> Iterator[Finding]:
    """What nothing answers though every input is there."""
    boxes = every.open(every.filled()) if every.axes or every.is_whole else ()
    yield from (_gap(table, every, GAP, box) for box in boxes[:MOST])


def _empties(table: Table, every: Cases) -> Iterator[Finding]:
    """What nothing answers when one input is missing."""
    for place, each in enumerate(every.axes):
        domain = every.filled()
        domain[place] = each.every & ~each.filled
        yield from (_gap(table, every, EMPTY, box) for box in every.open(domain)[:EMPTIES])


def _gap(table: Table, every: Cases, kind: str, box: Box) -> Finding:
    case = _told(every, box)
    cells = ["-"] * len(table.columns)
    for column, each, mask in zip(every.columns, every.axes, box, strict=True):
        cells[column] = each.cell(mask)
    return Finding(
        kind, _("Nothing answers when %(case)s.", case=case) if case else _("Nothing answers at all."), cells=cells
    )


def _told(every: Cases, box: Box) -> str:
    """A case in words; '' for every case."""
    return _(" and ").join(said for each, mask in zip(every.axes, box, strict=True) if (said := each.told(mask)))


def _answer(outputs: Sequence[Node], scope: Scope) -> list[Value] | None:
    """What the cells of a rule answer, where that is the same for whatever is asked."""
    if not all(is_constant(node) for node in outputs):
        return None
    try:
        return [node.evaluate(scope) for node in outputs]
    except DecisionFailed:
        return None


def _differ(one: Sequence[Value] | None, other: Sequence[Value] | None) -> bool:
    return one is not None and other is not None and one != other


def _rank(table: Table, rule: Rule, scope: Scope) -> list[int] | None:
    found = _answer(rule.outputs, scope)
    return None if found is None else [out.rank(value) for out, value in zip(table.outputs, found, strict=True)]
