"""How large files and functions have grown."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

ROOTS = ("erp", "plugins")


def sources() -> Iterator[Path]:
    """The project's own Python files, without migrations."""
    for root in ROOTS:
        for path in sorted(Path(root).rglob("*.py")):
            if not {"migrations", "node_modules"} & set(path.parts):
                yield path


def functions(path: Path) -> Iterator[int]:
    """Lines of every function of a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


def measure() -> dict[str, float]:
    """The longest and the typical."""
    files = {path: len(path.read_text().splitlines()) for path in sources()}
    lengths = [length for path in files for length in functions(path)]
    return {
        "house.file_lines_max": max(files.values()),
        "house.file_lines_median": statistics.median(files.values()),
        "house.function_lines_max": max(lengths),
        "house.function_lines_median": statistics.median(lengths),
    }
