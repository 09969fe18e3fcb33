"""Finds texts for people that would stay English whoever reads them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

ERRORS = frozenset({"Conflict", "ErpError", "Forbidden", "Invalid", "NotFound", "UserError"})
COLUMNS = frozenset(
    {
        "amount",
        "choice",
        "day",
        "email",
        "flag",
        "integer",
        "lines",
        "link",
        "long_text",
        "moment",
        "phone",
        "quantity",
        "rate",
        "text",
    }
)
_SILENT = re.compile(
    r"\{#.*?#\}|<!--.*?-->|<(style|script|svg|kbd)\b.*?</\1>|\{%-?\s*(?:trans|blocktrans).*?endtrans\s*-?%\}", re.DOTALL
)
_CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_READ = re.compile(r"\s(?:title|alt|placeholder|aria-label)\s*=\s*\"([^\"]*)\"")
_CLASSES = re.compile(r"mr-[a-z-]+( mr-[a-z-]+)*")
"""Of a page's body, which a block gives back."""
_WORD = re.compile(r"[A-Za-z]{3,}")


def untranslated_in_python(source: str) -> Iterator[tuple[int, str]]:
    """(line, sentence) of errors and labels given as plain text."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in ERRORS and node.args and _is_text(node.args[0]):
            yield node.lineno, f"raises {name} with a text outside _()."
        if name in COLUMNS:
            named = [word.value for word in node.keywords if word.arg in {"label", "help"}]
            if any(_is_text(part) for part in [*node.args[:1], *named]):
                yield node.lineno, f"{name}() has a label or help outside _l()."


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return True
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_WORD.search(node.value))


def untranslated_in_template(source: str) -> Iterator[tuple[int, str]]:
    """(line, words) of bare words between tags and in attributes people read."""
    kept = _SILENT.sub(_blank, source)
    for found in _READ.finditer(kept):
        if _WORD.search(_CODE.sub("", found[1])):
            yield _line(kept, found.start(1)), found[1]
    plain = _CODE.sub(_blank, kept)
    plain = re.sub(r"<[^>]*>", _blank, plain, flags=re.DOTALL)
    for number, line in enumerate(plain.splitlines(), 1):
        text = re.sub(r"&\w+;", "", line).strip()
        if _WORD.search(text) and not _CLASSES.fullmatch(text):
            yield number, text


def _blank(found: re.Match[str]) -> str:
    """Nothing, on as many lines; a cut between what stood before and after."""
    return "\n" * found[0].count("\n") or " "


def _line(source: str, at: int) -> int:
    return source.count("\n", 0, at) + 1
