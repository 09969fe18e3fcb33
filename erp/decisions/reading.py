"""A DMN file read into a model: every cell is parsed here, once, so that asking is only evaluating."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from lxml import etree

from erp import markup
from erp.decisions import parsing
from erp.decisions.errors import DecisionInvalid
from erp.decisions.model import Decision, Formula, Model
from erp.decisions.nodes import Knowledge, Listed, Matching, Node, Scope, Test, Tests, Unreadable
from erp.decisions.tables import AGGREGATES, Column, Output, Policy, Rule, Table
from erp.decisions.types import ANYTHING, BASIC, Type
from erp.decisions.values import Value
from erp.i18n import _

MOST_RULES = 2000
MOST_DECISIONS = 100
SPACES = ("https://www.omg.org/spec/DMN/", "http://www.omg.org/spec/DMN/")
"""Beginnings of the namespaces of the standard's versions; they hold the same elements for what is read here."""


@lru_cache(maxsize=256)
def read(xml: bytes) -> Model:
    """The model a DMN file holds; raises DecisionInvalid naming the cell that is wrong."""
    return _Reader(root_of(xml)).model()


@dataclass(frozen=True)
class Complaint:
    """A cell that cannot be read: `rule` counts from 1 and is 0 for the head, `place` counts columns, outputs last."""

    decision: str
    """Its id."""
    rule: int
    place: int
    message: str


def survey(xml: bytes) -> tuple[Model, list[Complaint]]:
    """The model with all that can be read in it, and each cell that cannot; raises DecisionInvalid for no model."""
    complaints: list[Complaint] = []
    return _Reader(root_of(xml), complaints).model(), complaints


def root_of(xml: bytes) -> etree._Element:
    """The `definitions` of a DMN file; raises DecisionInvalid."""
    root = markup.root(xml, DecisionInvalid)
    if _tag(root) != "definitions" or not str(etree.QName(root).namespace).startswith(SPACES):
        raise DecisionInvalid(_("This file holds no decisions."))
    return root


def _tag(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _children(node: etree._Element, *tags: str) -> Iterator[etree._Element]:
    return (child for child in node if _tag(child) in tags)


def _child(node: etree._Element | None, tag: str) -> etree._Element | None:
    return None if node is None else next(_children(node, tag), None)


def _text(node: etree._Element | None, tag: str = "text") -> str:
    found = _child(node, tag)
    return "".join(str(part) for part in found.itertext()).strip() if found is not None else ""


def _name(node: etree._Element) -> str:
    return " ".join((node.get("name") or node.get("id") or "").split())


# cells are the same from one change of a table to the next
_expression = lru_cache(maxsize=8192)(parsing.expression)
_unary_tests = lru_cache(maxsize=8192)(parsing.unary_tests)


class _Reader:
    """Reads one file; names and functions are collected first, since cells are cut by them."""

    def __init__(self, root: etree._Element, complaints: list[Complaint] | None = None) -> None:
        self.root = root
        self.complaints = complaints
        """Where wrong cells are told; None lets the first one end the reading."""
        self.at = ("", 0, 0)
        """Decision, rule and place of the cell being read."""
        self.decisions = {node.get("id", ""): node for node in _children(root, "decision")}
        self.knowledge = {node.get("id", ""): node for node in _children(root, "businessKnowledgeModel")}
        self.inputs = list(_children(root, "inputData"))
        self.names = {_variable(node) for node in (*self.decisions.values(), *self.inputs)}
        self.names |= {_name(part) for part in root.iter() if _tag(part) in {"itemComponent", "formalParameter"}}
        self.known = frozenset(self.names)
        self.functions: list[str] = []
        self.items = {_name(node): node for node in _children(root, "itemDefinition")}

    def model(self) -> Model:
        """Everything in the file."""
        if not 0 < len(self.decisions) + len(self.knowledge) <= MOST_DECISIONS:
            raise DecisionInvalid(_("A file holds at least one decision and at most %(count)s.", count=MOST_DECISIONS))
        model = Model(
            name=_name(self.root),
            decisions={id_: self._decision(node) for id_, node in self.decisions.items()},
            inputs={_variable(node): self._type_of(node) for node in self.inputs},
            functions={_name(node): self._knowledge(node) for node in self.knowledge.values()},
        )
        refuse_circles({each.name: [self.called(id_) for id_ in each.requires] for each in model.decisions.values()})
        refuse_circles({_name(node): self._needs(node) for node in self.knowledge.values()})
        return model

    def called(self, id_: str) -> str:
        """The name of a decision."""
        return _name(self.decisions[id_])

    def _needs(self, node: etree._Element) -> list[str]:
        """Names of the functions a decision or function says it needs; it may call no others."""
        needed = [need.get("href", "").lstrip("#") for need in node.iter() if _tag(need) == "requiredKnowledge"]
        return [_name(self.knowledge[id_]) for id_ in needed if id_ in self.knowledge]

    def _decision(self, node: etree._Element) -> Decision:
        table, formula = _child(node, "decisionTable"), _child(node, "literalExpression")
        name, self.functions = _name(node), self._needs(node)
        self.at = (node.get("id", ""), 0, 0)
        if table is not None:
            logic: Table | Formula = self._table(table, name)
        elif formula is not None:
            logic = Formula(self._expression(_text(formula), name), _text(formula))
        else:
            raise DecisionInvalid(
                _("“%(name)s” is neither a decision table nor an expression; other kinds are not evaluated.", name=name)
            )
        needed = [need.get("href", "").lstrip("#") for need in node.iter() if _tag(need) == "requiredDecision"]
        if missing := [each for each in needed if each not in self.decisions]:
            raise DecisionInvalid(
                _("“%(name)s” needs the decision “%(id)s”, which is not here.", name=name, id=missing[0])
            )
        kind = ANYTHING if isinstance(logic, Table) else self._type_of(node)
        return Decision(node.get("id", ""), name, _variable(node), logic, kind, needed)

    def _knowledge(self, node: etree._Element) -> Knowledge:
        logic = _child(node, "encapsulatedLogic")
        body = _child(logic, "literalExpression")
        if logic is None or body is None:
            raise DecisionInvalid(_("“%(name)s” is no expression; other kinds are not evaluated.", name=_name(node)))
        self.functions, self.at = self._needs(node), (node.get("id", ""), 0, 0)
        parameters = [_name(each) for each in _children(logic, "formalParameter")]
        return Knowledge(_name(node), parameters, self._expression(_text(body), _name(node)))

    # tables

    def _table(self, node: etree._Element, name: str) -> Table:
        policy, aggregate = node.get("hitPolicy", "UNIQUE"), node.get("aggregation", "")
        if policy not in set(Policy) or (aggregate and aggregate not in AGGREGATES):
            raise DecisionInvalid(_("“%(name)s”: there is no hit policy “%(policy)s”.", name=name, policy=policy))
        columns = [self._column(each, name, place) for place, each in enumerate(_children(node, "input"))]
        outputs = [self._output(each, place) for place, each in enumerate(_children(node, "output"), len(columns))]
        rows = list(_children(node, "rule"))
        if not outputs or len(rows) > MOST_RULES:
            raise DecisionInvalid(
                _("“%(name)s” needs an output column and at most %(count)s rules.", name=name, count=MOST_RULES)
            )
        if aggregate and (policy != Policy.COLLECT or len(outputs) > 1):
            raise DecisionInvalid(_("“%(name)s”: only one collected output can be summed up.", name=name))
        rules = [self._rule(each, number, name, len(columns), outputs) for number, each in enumerate(rows, 1)]
        return Table(columns, outputs, rules, Policy(policy), aggregate)

    def _column(self, node: etree._Element, table: str, place: int) -> Column:
        self.at = (self.at[0], 0, place)
        expression = _child(node, "inputExpression")
        text = _text(expression)
        label = " ".join((node.get("label") or text).split())
        kind = self._named(expression.get("typeRef", "") if expression is not None else "")
        found = self._expression(text, f"{table}, {label}")
        return Column(label, found, self._allowing(kind, node, "inputValues"), text)

    def _output(self, node: etree._Element, place: int) -> Output:
        self.at = (self.at[0], 0, place)
        kind = self._allowing(self._named(node.get("typeRef", "")), node, "outputValues")
        default = _text(_child(node, "defaultOutputEntry"))
        name = " ".join((node.get("name") or "").split())
        return Output(
            name=name,
            label=" ".join((node.get("label") or name).split()),
            type=kind,
            order=[] if kind.allowed is None else _values_of(kind.allowed),
            default=self._expression(default, name) if default else None,
        )

    def _rule(self, node: etree._Element, number: int, table: str, width: int, outputs: Sequence[Output]) -> Rule:
        where = _("%(table)s, rule %(number)s", table=table, number=number)
        cells = [_text(each) for each in _children(node, "inputEntry")]
        results = [_text(each) for each in _children(node, "outputEntry")]
        if len(cells) != width or len(results) != len(outputs):
            raise DecisionInvalid(_("“%(where)s” has not as many cells as there are columns.", where=where))
        return Rule(
            number=number,
            id=node.get("id", ""),
            tests=[self._tests(cell, where, number, place) for place, cell in enumerate(cells)],
            outputs=[self._result(result, where, number, place) for place, result in enumerate(results, width)],
            note=_text(node, "description"),
            cells=cells,
            results=results,
        )

    # cells and types

    def _result(self, text: str, where: str, number: int, place: int) -> Node:
        self.at = (self.at[0], number, place)
        return self._expression(text or "null", where)

    def _tests(self, text: str, where: str, number: int, place: int) -> Test:
        self.at = (self.at[0], number, place)
        return self._allowed(text, where)

    def _expression(self, text: str, where: str) -> Node:
        try:
            return _expression(text, self.known, frozenset(self.functions))
        except DecisionInvalid as error:
            return self._wrong(text, where, error)

    def _allowed(self, text: str, where: str) -> Test:
        try:
            return _unary_tests(text, self.known, frozenset(self.functions))
        except DecisionInvalid as error:
            return self._wrong(text, where, error)

    def _wrong(self, text: str, where: str, error: DecisionInvalid) -> Unreadable:
        if self.complaints is None:
            raise _at(where, text, error) from error
        self.complaints.append(Complaint(*self.at, error.message))
        return Unreadable(text)

    def _type_of(self, node: etree._Element) -> Type:
        variable = _child(node, "variable")
        return self._named(variable.get("typeRef", "") if variable is not None else "")

    def _named(self, ref: str, seen: Collection[str] = ()) -> Type:
        """A type by its name; an unknown one allows everything."""
        plain = ref.removeprefix("feel:")
        if plain in BASIC:
            return Type(plain, plain)
        item = self.items.get(ref)
        if item is None or ref in seen:
            return ANYTHING
        return self._item(item, {*seen, ref})

    def _item(self, node: etree._Element, seen: Collection[str]) -> Type:
        base = self._named(_text(node, "typeRef"), seen)
        parts = {_name(part): self._item(part, seen) for part in _children(node, "itemComponent")}
        kind = replace(base, name=_name(node), parts=parts or base.parts)
        if node.get("isCollection") == "true":
            kind = replace(kind, is_list=True)
        return self._allowing(kind, node, "allowedValues")

    def _allowing(self, kind: Type, node: etree._Element, tag: str) -> Type:
        text = _text(_child(node, tag))
        return replace(kind, allowed=self._allowed(text, _name(node)), allowed_text=text) if text else kind


def refuse_circles(needs: Mapping[str, Sequence[str]]) -> None:
    """Raise DecisionInvalid naming those that need one another."""
    waiting, done = dict(needs), set[str]()
    while waiting:
        free = [name for name, needed in waiting.items() if done.issuperset(needed)]
        if not free:
            raise DecisionInvalid(_("These need one another in a circle: %(names)s.", names=_(", ").join(waiting)))
        for name in free:
            del waiting[name]
        done.update(free)


def _variable(node: etree._Element) -> str:
    found = _child(node, "variable")
    return _name(node if found is None else found)


def _values_of(allowed: Test) -> list[Value]:
    """The values a list of allowed ones names, in its order."""
    scope = Scope({})
    found: list[Value] = []
    for test in allowed.tests if isinstance(allowed, Tests) else ():
        if isinstance(test, Matching):
            value = test.expression.evaluate(scope)
            found.extend(value if isinstance(test.expression, Listed) else [value])
    return found


def _at(where: str, text: str, error: DecisionInvalid) -> DecisionInvalid:
    said = _("“%(where)s”, “%(text)s”: %(reason)s", where=where, text=text[:80], reason=error.message)
    return DecisionInvalid(said, detail={"where": where})
