"""Adds to Python files that are there already: names to import, classes, rights of roles."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from erp.errors import SetupError


def with_code(present: str, more: str) -> str:
    """The present module with the classes of `more` at its end; what they import is imported once."""
    tree, added = ast.parse(present), ast.parse(more)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    known = {name for node in imports for name in _names(node)}
    lines = []
    for node in added.body:
        if isinstance(node, ast.ImportFrom) and (missing := sorted(set(_names(node)) - known)):
            lines.append(f"from {node.module} import {', '.join(name for _module, name in missing)}")
        elif isinstance(node, ast.Import) and not known >= set(_names(node)):
            lines.append(ast.unparse(node))
    at = imports[-1].end_lineno or 0 if imports else 0
    rows = present.rstrip("\n").split("\n")
    body = _after_imports(more, added)
    return "\n".join([*rows[:at], *lines, *rows[at:], "", "", body.strip("\n"), ""])


def _names(node: ast.Import | ast.ImportFrom) -> list[tuple[str, str]]:
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    return [(module, name.name) for name in node.names if name.asname is None]


def _after_imports(source: str, tree: ast.Module) -> str:
    last = max(n.end_lineno or 0 for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom))
    return "\n".join(source.split("\n")[last:])


WIDEST = 120
"""Characters of a line."""


def with_roles(present: str, rights: Mapping[str, str]) -> str:
    """The plugin's declaration with more rights for its roles; raises SetupError when it declares none."""
    roles = _roles(present)
    rows = present.split("\n")
    known = {
        key.value: value for key, value in zip(roles.keys, roles.values, strict=True) if isinstance(key, ast.Constant)
    }
    end = (roles.end_lineno or 1) - 1
    fresh = [f'        "{role}": "{text}",' for role, text in rights.items() if role not in known]
    if roles.lineno == roles.end_lineno:
        inside = rows[end][: (roles.end_col_offset or 1) - 1].rstrip().rstrip(",")
        rows[end : end + 1] = [*_opened(inside), *fresh, "    }"]
        return with_roles("\n".join(rows), rights) if known else "\n".join(rows)
    for role, text in rights.items():
        value = known.get(role)
        if isinstance(value, ast.Constant):
            row, column = (value.end_lineno or 1) - 1, (value.end_col_offset or 1) - 1
            if text not in str(value.value):
                longer = f"{rows[row][:column]}, {text}{rows[row][column:]}"
                # a long row goes on in the next one: nobody breaks a text by itself
                broken = f'{rows[row][:column]}, "\n        "{text}{rows[row][column:]}'
                rows[row] = longer if len(longer) <= WIDEST else broken
    rows[end:end] = fresh
    return "\n".join(rows)


def _opened(row: str) -> list[str]:
    """The lines of a dictionary written on one line, up to its last entry."""
    head, _brace, entries = row.partition("{")
    return [
        f"{head}{{  # noqa: RUF012 - read once, never changed",
        *([f"        {entries.strip()},"] if entries.strip() else []),
    ]


def _roles(source: str) -> ast.Dict:
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Dict)
            and ast.unparse(node.targets[0]) == "roles"
        ):
            return node.value
    raise SetupError("The plugin declares no roles; write `roles = {}` into its class first.")
