"""Finds the texts to translate, for `make translate`: in Python calls, docstrings, roles, diagrams and forms."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, BinaryIO, TypeAlias

from babel.messages.extract import extract_python

from erp import decisions, forms
from erp.access import ROLE_NAMES
from erp.documents.base import snake
from erp.documents.types import names_in
from erp.plugins import title_in
from erp.workflow.diagrams.diagram import BPMN, parse, read_root

Found: TypeAlias = tuple[int, Any, Any, Any]
"""Line, function, its arguments and comments, as Babel takes them; texts outside calls have no function."""
SHOWN = frozenset({"Document", "Record"})
"""Bases of the classes whose docstring names them on pages."""

ERRORS = frozenset({"ErpError", "UserError", "Forbidden", "NotFound", "Conflict", "Invalid"})
"""Bases of the errors whose docstring says what they mean and what to do."""


def python(file: BinaryIO, keywords: Mapping[str, Any], tags: Collection[str], options: Any) -> Iterator[Found]:
    """Calls of `_` and its like; titles of document types and plugins; names of roles; what errors mean."""
    yield from extract_python(file, keywords, tags, options)
    file.seek(0)
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.ClassDef):
            for text in _declared(node):
                yield node.lineno, None, text, []


def _declared(node: ast.ClassDef) -> Iterator[str]:
    bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
    documentation = ast.get_docstring(node) or ""
    if bases & SHOWN and not any(ast.unparse(part) == "__abstract__ = True" for part in node.body):
        yield from names_in(documentation, snake(node.name))
    if bases & ERRORS and documentation:
        sentence, _line, remedy = documentation.partition("\n")
        yield from (text for text in (sentence, " ".join(remedy.split())) if text)
    if "Plugin" in bases:
        yield title_in(documentation, node.name)
        for part in node.body:
            if isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == "roles":
                yield from (role for role in _keys(part.value) if role not in ROLE_NAMES)


def _keys(table: ast.expr) -> Iterator[str]:
    """The texts a dictionary's values stand under, whatever these are made of."""
    keys = table.keys if isinstance(table, ast.Dict) else ()
    yield from (key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def diagrams(file: BinaryIO, keywords: Any, tags: Any, options: Any) -> Iterator[Found]:
    """Names and documentation of a process, its lanes, elements and flows; notes beside them."""
    source = file.read()
    diagram = parse(source)
    found = [(0, text) for text in (diagram.name, diagram.documentation, *diagram.lanes)]
    for element in diagram.elements.values():
        found += [(element.line, element.name), (element.line, element.documentation)]
    found += [(0, flow.name) for flow in diagram.flows]
    found += [(0, (note.text or "").strip()) for note in read_root(source).iter(f"{BPMN}text")]
    yield from ((line, None, text, []) for line, text in found if text)


def rules(file: BinaryIO, keywords: Any, tags: Any, options: Any) -> Iterator[Found]:
    """Names of decisions, labels of their columns, notes and answers of their rules."""
    for decision in decisions.read(file.read()).decisions.values():
        yield from ((0, None, text, []) for text in (decision.name, *decision.texts()) if text)


def reports(file: BinaryIO, keywords: Any, tags: Any, options: Any) -> Iterator[Found]:
    """Title, text, labels and choices of a report."""
    told = tomllib.loads(file.read().decode())
    parts = [*told.get("parameters", ()), *told.get("columns", ())]
    found = [told.get("title", ""), told.get("text", ""), told.get("tile", {}).get("label", "")]
    found += [part.get("label", "") for part in parts]
    found += [label for part in parts for label in part.get("choices", {}).values()]
    yield from ((0, None, text, []) for text in dict.fromkeys(found) if text)


def drawn_forms(file: BinaryIO, keywords: Any, tags: Any, options: Any) -> Iterator[Found]:
    """Labels, hints, choices and texts of a form."""
    yield from ((0, None, text, []) for text in forms.load(file.read()).texts)
