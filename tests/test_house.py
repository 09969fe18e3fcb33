"""The walls of the house that no linter knows: read from the source, each with the sentence of docs/house.md it holds."""

from __future__ import annotations

import ast
import gc
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from erp.config import ROOT
from erp.testing.conformance.texts import untranslated_in_template

MOST_FILE_LINES, MOST_FUNCTION_LINES = 400, 60
SOURCES = [
    path
    for folder in ("erp", "plugins")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not {"migrations", "node_modules", "__pycache__"} & set(path.relative_to(ROOT).parts)
]
TEMPLATES = [
    path for folder in ("erp/web", "erp/screens", "erp/rest") for path in sorted((ROOT / folder).rglob("*.html"))
]
WRITTEN = [
    path
    for folder in ("erp", "plugins", "workflows", "forms", "reports", "docs", "tests")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".md", ".html", ".js", ".mjs", ".css", ".bpmn", ".form", ".json", ".jinja", ".toml"}
    and not {"node_modules", "dist", "__pycache__", "build"} & set(path.relative_to(ROOT).parts)
]
CLOCK = ROOT / "erp" / "clock.py"
Function = ast.FunctionDef | ast.AsyncFunctionDef
ASKED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Call, ast.Attribute)
MACHINE = re.compile(
    r"(?<![\w.])/(?:work|home|root|Users)/\w|\b(?:proxy|mirror|artifactory|nexus)\.[\w.-]+/", re.IGNORECASE
)
UNFINISHED = re.compile(r"(?:#|//|<!--|\{#|/\*)\s*(?:TO" + r"DO|FIXME|XXX|HACK)\b|\bTO" + r"DO:")
MONEY_ROOMS = ("plugins/", "erp/money/", "erp/documents/", "erp/forms/", "erp/operations/", "erp/importing/")
"""Where amounts are kept, typed and added; elsewhere floats are seconds and millimetres."""
NO_WORDS = re.compile(r'Message-ID|[^<>]*="[^<>]*')
"""Attributes that macros give back, and a name of the mail standard."""


def place(path: Path, line: int = 0) -> str:
    """Where it is, as people write it."""
    return f"{path.relative_to(ROOT)}:{line}" if line else str(path.relative_to(ROOT))


@cache
def trees() -> dict[Path, ast.Module]:
    """The source, read when the first of these tests asks."""
    gc.disable()  # all of it stays: looking through it for garbage takes longer than reading it
    try:
        return {path: ast.parse(path.read_bytes()) for path in SOURCES}
    finally:
        gc.freeze()
        gc.enable()


@cache
def walked() -> dict[type[ast.AST], list[tuple[Path, ast.AST]]]:
    """{kind: (file, node) of each of its nodes}, of the kinds that are asked for here."""
    found: dict[type[ast.AST], list[tuple[Path, ast.AST]]] = {kind: [] for kind in ASKED}
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if type(node) in found:
                found[type(node)].append((path, node))
    return found


def nodes(*kinds: type[ast.AST]) -> Iterator[tuple[Path, ast.AST]]:
    """(file, node) of every node of these kinds in the source."""
    for kind in kinds:
        yield from walked()[kind]


def test_files_are_short() -> None:
    lines = {place(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: count for name, count in lines.items() if count > MOST_FILE_LINES} == {}


def test_no_folder_has_the_name_of_a_module_beside_it() -> None:
    both = [place(path) for path in SOURCES if path.with_suffix("").is_dir()]
    assert both == [], "a room is a file or a folder; of the two mypy takes now this one, now that one"


def test_functions_are_short() -> None:
    lines = {
        f"{place(path, node.lineno)} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, Function)
    }
    assert {name: count for name, count in lines.items() if count > MOST_FUNCTION_LINES} == {}


def test_no_import_stands_inside_a_function() -> None:
    found = [
        place(path, inner.lineno)
        for path, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert found == []


def test_every_public_name_says_what_it_is() -> None:
    found = []
    for path, tree in trees().items():
        for name, node in _public(tree):
            if not ast.get_docstring(node) and not _is_overload(node):
                found.append(f"{place(path, node.lineno)} {name}")
    assert found == []


def _public(tree: ast.Module | ast.ClassDef) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                yield from ((f"{node.name}.{name}", inner) for name, inner in _public(node))


def _is_overload(node: Function | ast.ClassDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == "overload" for mark in node.decorator_list)


def test_only_the_clock_knows_what_time_it_is() -> None:
    found = []
    for path, node in nodes(ast.Call):
        assert isinstance(node, ast.Call)
        last = getattr(node.func, "attr", getattr(node.func, "id", ""))
        called = ast.unparse(node.func) if last.endswith(("now", "today", "utcfromtimestamp")) else ""
        naive = called.endswith(("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "utcfromtimestamp"))
        if naive and path != CLOCK:
            found.append(f"{place(path, node.lineno)} {called}()")
    assert found == []


def test_money_is_never_a_float() -> None:
    found = []
    for path, node in nodes(ast.Call, ast.Attribute):
        is_made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
        is_column = isinstance(node, ast.Attribute) and node.attr in {"Float", "Double", "REAL"}
        if is_column or (is_made and place(path).startswith(MONEY_ROOMS)):
            found.append(place(path, getattr(node, "lineno", 0)))
    assert found == []


def test_nothing_is_left_unfinished() -> None:
    found = [
        place(path, number)
        for path in WRITTEN
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    found = [
        f"{place(path, number)} {line.strip()[:80]}"
        for path in [*WRITTEN, ROOT / "pyproject.toml", ROOT / "Makefile", ROOT / "README.md"]
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if MACHINE.search(line) and path != Path(__file__)
    ]
    assert found == []


def test_no_lock_names_a_registry() -> None:
    locks = [
        ROOT / "requirements.lock",
        ROOT / "requirements-dev.lock",
        ROOT / "erp" / "frontend" / "package-lock.json",
    ]
    named = [place(path) for path in locks if re.search(r"--(?:extra-)?index-url|\"resolved\"", path.read_text())]
    assert named == []


@pytest.mark.parametrize("path", TEMPLATES, ids=place)
def test_words_of_a_page_can_be_translated(path: Path) -> None:
    found = untranslated_in_template(path.read_text())
    assert [(line, words) for line, words in found if not NO_WORDS.fullmatch(words)] == []
