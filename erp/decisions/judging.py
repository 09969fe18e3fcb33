"""What is wrong with a table somebody is writing: cell by cell, in words, the rest of it still usable."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from erp.decisions.axes import is_constant
from erp.decisions.errors import DecisionFailed
from erp.decisions.model import Decision, Model
from erp.decisions.nodes import Node, Scope, Test, Unreadable
from erp.decisions.reading import Complaint, survey
from erp.decisions.tables import Table
from erp.i18n import _

DOCUMENT = "document"


def judged(xml: bytes, fields: Collection[str] = ()) -> tuple[Model, list[Complaint]]:
    """The model and every cell that cannot be read, answers the wrong type or reads a field the document has not.

    `fields` are those of the document, none where they are not known; raises DecisionInvalid for what is no model.
    """
    model, complaints = survey(xml)
    complaints = [_kinder(model, each) for each in complaints]
    for decision in model.decisions.values():
        if isinstance(decision.logic, Table):
            complaints += _of_table(decision, decision.logic, fields, Scope({}, model.functions))
    return model, complaints


def _kinder(model: Model, complaint: Complaint) -> Complaint:
    """The complaint; a column nobody has filled in yet is told what belongs there."""
    table = (
        model.find(complaint.decision).logic if complaint.rule == 0 and complaint.decision in model.decisions else None
    )
    if isinstance(table, Table) and complaint.place < len(table.columns) and not table.columns[complaint.place].text:
        return replace(complaint, message=_("Say what is asked here, for example document.total."))
    return complaint


def _of_table(decision: Decision, table: Table, fields: Collection[str], scope: Scope) -> Iterator[Complaint]:
    width = len(table.columns)
    for place, column in enumerate(table.columns):
        yield from _unknown(decision, 0, place, column.expression, fields)
    for rule in table.rules:
        for place, test in enumerate(rule.tests):
            yield from _unknown(decision, rule.number, place, test, fields)
        for place, (output, node) in enumerate(zip(table.outputs, rule.outputs, strict=True), width):
            yield from _unknown(decision, rule.number, place, node, fields)
            if is_constant(node) and not isinstance(node, Unreadable):
                try:
                    output.type.check(node.evaluate(scope), output.label or output.name)
                except DecisionFailed as error:
                    yield Complaint(decision.id, rule.number, place, error.message)


def _unknown(
    decision: Decision, rule: int, place: int, node: Node | Test, fields: Collection[str]
) -> Iterator[Complaint]:
    for path in node.paths():
        if fields and path[0] == DOCUMENT and len(path) > 1 and path[1] not in fields:
            message = _("It reads “%(name)s”, which the document does not have.", name=".".join(path[:2]))
            yield Complaint(decision.id, rule, place, message)
