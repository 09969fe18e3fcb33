"""A cell's text cut into words; names may hold spaces, so the known ones are looked for first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from erp.decisions.errors import DecisionInvalid
from erp.i18n import _

LONGEST = 4000
"""Characters of one cell."""
KEYWORDS = frozenset({"and", "or", "between", "in", "if", "then", "else", "true", "false", "null"})
PATTERN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>\d+(?:\.\d+)?|\.\d+)
    |(?P<text>"(?:\\.|[^"\\])*")
    |(?P<name>[^\W\d]\w*)
    |(?P<sign>\*\*|<=|>=|!=|\.\.|[-+*/()\[\],<>=.?@])""",
    re.VERBOSE,
)
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "b": "\b"}


@dataclass(frozen=True)
class Token:
    """One word: kind is number, text, name, keyword, sign or end."""

    kind: str
    text: str
    at: int


def cut(text: str, names: Iterable[str]) -> list[Token]:
    """The words of a text; raises DecisionInvalid naming what cannot be read."""
    if len(text) > LONGEST:
        raise DecisionInvalid(_("A cell may hold %(count)s characters at most.", count=LONGEST))
    spaced = sorted((name for name in names if not name.isidentifier()), key=len, reverse=True)
    found: list[Token] = []
    at = 0
    while at < len(text):
        name = next((each for each in spaced if _is_at(text, at, each)), None)
        if name is not None:
            found.append(Token("name", name, at))
            at += len(name)
            continue
        word = PATTERN.match(text, at)
        if word is None:
            raise DecisionInvalid(_("“%(text)s” cannot be read here.", text=text[at : at + 20]))
        if word.lastgroup != "space":
            found.append(_token(word))
        at = word.end()
    return [*found, Token("end", "", len(text))]


def _is_at(text: str, at: int, name: str) -> bool:
    if not text.startswith(name, at):
        return False
    around = (text[at - 1 : at], text[at + len(name) : at + len(name) + 1])
    return not any(sign.isalnum() or sign == "_" for sign in around)


def _token(word: re.Match[str]) -> Token:
    kind, text = word.lastgroup or "", word.group()
    if kind == "name" and text in KEYWORDS:
        kind = "keyword"
    if kind == "text":
        text = ESCAPE.sub(_unescaped, text[1:-1])
    return Token(kind, text, word.start())


def _unescaped(found: re.Match[str]) -> str:
    escape = found[1]
    if escape[0] in "uU" and len(escape) > 1:
        code = int(escape[1:], 16)
        return chr(code) if code <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"
    return ESCAPES.get(escape, escape)
