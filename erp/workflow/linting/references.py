"""Judges what a diagram names: roles, forms, actions, decisions, processes and fields that have to be there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from erp.decisions import DecisionFailed, Model
from erp.forms import Form
from erp.i18n import _
from erp.workflow.diagrams.diagram import Diagram, Element
from erp.workflow.diagrams.dialect import ERROR, WARNING
from erp.workflow.linting import form_fit
from erp.workflow.scripting import scripts

CUSTOMER = "Customer"

Reasons = Iterator[tuple[str, str, str, str]]
"""Element id, rule, severity and message of each problem."""


class ActionShape(Protocol):
    """An action as the linter sees it."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """{name: type}."""

    @property
    def optional(self) -> Collection[str]:
        """Names of parameters that may be left out."""


class Catalogue(Protocol):
    """What there is for the diagram's document to name."""

    @property
    def actions(self) -> Mapping[str, ActionShape]:
        """Actions by name, former names included."""

    @property
    def roles(self) -> Collection[str]:
        """Names of roles."""

    @property
    def forms(self) -> Mapping[str, Form]:
        """Forms by name, as this document asks them."""

    @property
    def decisions(self) -> Mapping[str, Model]:
        """Decisions by key, as they are read from their files."""

    @property
    def processes(self) -> Collection[str]:
        """Ids of processes that can be called."""

    @property
    def versions(self) -> Mapping[str, Mapping[int, str]]:
        """{process: {number of a version: its tag}}."""

    @property
    def document_fields(self) -> Collection[str]:
        """Fields of the document this process belongs to, its line fields included."""

    @property
    def branches(self) -> Collection[str]:
        """What `at` may be: the branches the document is about."""

    @property
    def relies_on(self) -> Collection[str]:
        """Ids of milestones that code asks for."""


def names(diagram: Diagram, catalogue: Catalogue) -> Reasons:
    """Everything the diagram names that is not in the catalogue, or does not fit."""
    for element in diagram.elements.values():
        if element.kind in ("userTask", "manualTask"):
            yield from _lane(element, catalogue)
        if element.kind == "userTask":
            yield from _form(element, catalogue)
        if element.kind == "serviceTask" and element.action:
            yield from _action(element, catalogue)
        if element.kind == "businessRuleTask" and element.decision:
            yield from _decision(element, catalogue)
        if element.kind == "callActivity" and element.called:
            yield from _call(diagram, element, catalogue)
    yield from _fields(diagram, catalogue)


def _lane(element: Element, catalogue: Catalogue) -> Reasons:
    if not element.lane:
        yield element.id, "no-lane", ERROR, _("It lies in no lane, so nobody may do it.")
    elif element.lane != CUSTOMER and element.lane not in catalogue.roles:
        yield element.id, "lane-role", ERROR, _("The lane “%(lane)s” is no role.", lane=element.lane)
    stand_in = element.properties.get("stand_in", "").strip()
    if stand_in and stand_in not in catalogue.roles:
        yield element.id, "stand-in-role", ERROR, _("The stand-in “%(name)s” is no role.", name=stand_in)


def _form(element: Element, catalogue: Catalogue) -> Reasons:
    if not element.form and not element.is_approval:
        yield element.id, "form-empty", ERROR, _("It names no form.")
    elif element.form and element.form not in catalogue.forms:
        yield element.id, "form-unknown", ERROR, _("There is no form “%(form)s”.", form=element.form)
    elif element.form:
        yield from _asked(element, catalogue.forms[element.form])
    for name in element.edits:
        if name not in catalogue.document_fields:
            yield (
                element.id,
                "edits-field",
                ERROR,
                _("It edits “%(name)s”, which the document does not have.", name=name),
            )


def _asked(element: Element, form: Form) -> Reasons:
    """What is wrong with a form where this step asks it, each by the label of its field."""
    labels = {entry.name: str(entry.label) or entry.name for entry in form.fields}
    for each in form_fit.judge(form, element.edits):
        where = labels.get(each.element, each.element)
        message = _("Form, “%(field)s”: %(problem)s", field=where, problem=each.message) if where else each.message
        yield element.id, each.rule, ERROR if each.is_error else WARNING, message


def _action(element: Element, catalogue: Catalogue) -> Reasons:
    action = catalogue.actions.get(element.action)
    if action is None:
        yield element.id, "action-unknown", ERROR, _("There is no action “%(name)s”.", name=element.action)
        return
    given = {parameter.name: parameter.type for parameter in element.parameters}
    if len(given) < len(element.parameters):
        yield element.id, "parameter-twice", ERROR, _("A parameter is given twice.")
    for name, kind in given.items():
        if name not in action.parameters:
            yield (
                element.id,
                "parameter-unknown",
                ERROR,
                _(
                    "The action “%(action)s” has no parameter “%(name)s”.",
                    action=element.action,
                    name=name,
                ),
            )
        elif action.parameters[name] != kind:
            yield (
                element.id,
                "parameter-kind",
                ERROR,
                _(
                    "The parameter “%(name)s” is of the type %(wanted)s, not %(given)s.",
                    name=name,
                    wanted=action.parameters[name],
                    given=kind,
                ),
            )
    for name in action.parameters:
        if name not in given and name not in action.optional:
            yield (
                element.id,
                "parameter-missing",
                ERROR,
                _(
                    "The action “%(action)s” needs the parameter “%(name)s”.",
                    action=element.action,
                    name=name,
                ),
            )


def _decision(element: Element, catalogue: Catalogue) -> Reasons:
    model = catalogue.decisions.get(element.decision)
    if model is None:
        yield element.id, "decision-unknown", ERROR, _("There is no decision “%(name)s”.", name=element.decision)
        return
    try:
        read, given = model.paths(element.decision), model.outputs(element.decision)
    except DecisionFailed as error:
        yield element.id, "decision-invalid", ERROR, error.message
        return
    for path in sorted(read):
        if path[0] == "document" and len(path) > 1 and path[1] not in catalogue.document_fields:
            yield (
                element.id,
                "field-unknown",
                ERROR,
                _("It reads “%(name)s”, which the document does not have.", name=".".join(path[:2])),
            )
    for name in given:
        if not name.isidentifier() or name.startswith("_") or name in {*scripts.NAMES, "document"}:
            yield element.id, "variable-name", ERROR, _("“%(name)s” cannot be the name of a variable.", name=name)


def _call(diagram: Diagram, element: Element, catalogue: Catalogue) -> Reasons:
    if element.called == diagram.id:
        yield element.id, "calls-itself", ERROR, _("The process calls itself.")
    elif element.called not in catalogue.processes:
        yield element.id, "call-unknown", ERROR, _("There is no process “%(name)s”.", name=element.called)
    else:
        yield from _bound(diagram, element, catalogue)


def _bound(diagram: Diagram, element: Element, catalogue: Catalogue) -> Reasons:
    version, tag = element.called_version, element.called_tag
    known = catalogue.versions.get(element.called, {})
    if version and tag:
        yield element.id, "call-version", ERROR, _("It names a version and a tag; keep one of them.")
    elif version and version not in {str(number) for number in known}:
        yield (
            element.id, "call-version", ERROR,
            _("There is no version %(number)s of “%(name)s”.", number=version, name=element.called),
        )  # fmt: skip
    elif tag and tag not in known.values():
        yield (
            element.id, "call-version", ERROR,
            _("No version of “%(name)s” has the tag “%(tag)s”.", name=element.called, tag=tag),
        )  # fmt: skip
    first = next(each for each in diagram.elements.values() if each.called == element.called)
    if (first.called_version, first.called_tag) != (version, tag):
        yield (
            element.id, "call-versions", ERROR,
            _("“%(step)s” calls another version of the same process; take one version for both.", step=first.label),
        )  # fmt: skip


def _fields(diagram: Diagram, catalogue: Catalogue) -> Reasons:
    texts = [(flow.source, flow.condition, False) for flow in diagram.flows if flow.condition]
    for element in diagram.elements.values():
        if element.script:
            texts.append((element.id, element.script, True))
        texts.extend((element.id, parameter.expression, False) for parameter in element.parameters)
        if element.repeat is not None:
            texts.extend((element.id, text, False) for text in (element.repeat.count, element.repeat.condition) if text)
    for id_, text, is_script in texts:
        for path in scripts.names_in(text, is_script=is_script):
            if path[0] == "document" and len(path) > 1 and path[1] not in catalogue.document_fields:
                yield (
                    id_,
                    "field-unknown",
                    ERROR,
                    _("It reads “%(name)s”, which the document does not have.", name=".".join(path[:2])),
                )
