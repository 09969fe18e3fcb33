"""The guide as the program reads it: Markdown files of the installation and of plugins, in parts that name their pages.

A part begins at a heading of the second or third order. `<!-- help: inbox repair_order.show -->` below the heading says
which pages it is about: the name of a page (`inbox`, `list`, `show`), of a type, or of both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from PIL import Image

from erp.config import ROOT

FOLDER = ("docs", "guide")
"""Below the installation and below each plugin's own folder; a folder of a language's name lies within."""
PICTURES = ("docs", "images")
PICTURE = re.compile(r"(?:\.\./)+images/([\w-]+\.png)")
PICTURES_URL = "/help/images/"
HELP = re.compile(r"^<!--\s*help:\s*([\w. ,-]+?)\s*-->\s*\n?", re.MULTILINE)
HEADING = re.compile(r"^(#{1,3})\s+(.+?)\s*#*\s*$")
FENCE = re.compile(r"^\s*(```|~~~)")
DEFAULT = "en"
ORDER = ("office", "analyst", "cashier", "accountant", "operator", "developer")
"""The guides in the order their readers are many; others follow by name."""


@dataclass(frozen=True)
class Part:
    """A stretch of a guide under one heading."""

    guide: str
    anchor: str
    title: str
    level: int
    text: str
    """Markdown, its heading not included."""
    pages: frozenset[str] = frozenset()

    @property
    def url(self) -> str:
        """Where it stands in its guide."""
        return f"/help/{self.guide}#{self.anchor}"


@dataclass(frozen=True)
class Guide:
    """One file: its name, its title, and its parts; the first has what stands before the first heading."""

    name: str
    title: str
    parts: tuple[Part, ...]

    @property
    def url(self) -> str:
        """Where it is read."""
        return f"/help/{self.name}"


def guides(folders: Sequence[Path], language: str) -> Mapping[str, Guide]:
    """Every guide by its name, in the reader's language where there is one; of two of one name the first counts."""
    return _guides(tuple(folders), language)


@cache
def _guides(folders: tuple[Path, ...], language: str) -> Mapping[str, Guide]:
    found: dict[str, Guide] = {}
    for folder in folders:
        place = folder.joinpath(*FOLDER)
        for path in sorted(place.glob("*.md")):
            spoken = place / language / path.name
            read = spoken if language != DEFAULT and spoken.is_file() else path
            found.setdefault(path.stem, parsed(path.stem, read.read_text(encoding="utf-8")))
    rank = {name: at for at, name in enumerate(ORDER)}
    return {name: found[name] for name in sorted(found, key=lambda each: (rank.get(each, len(rank)), each))}


def parsed(name: str, text: str) -> Guide:
    """A guide read from Markdown."""
    title, parts, taken = name.replace("_", " ").capitalize(), [], set[str]()
    heading, level, lines = "", 1, list[str]()
    for found, order, line in _lines(text):
        if not found:
            lines.append(line)
            continue
        if order == 1:
            title = found
            continue
        parts.append(_part(name, heading or title, level, lines, taken))
        heading, level, lines = found, order, []
    parts.append(_part(name, heading or title, level, lines, taken))
    return Guide(name, title, tuple(part for part in parts if part.text.strip() or part.level > 1))


def _lines(text: str) -> Iterator[tuple[str, int, str]]:
    """(heading, its order, the line); an empty heading for other lines, and inside of code for all."""
    is_code = False
    for line in text.split("\n"):
        if FENCE.match(line):
            is_code = not is_code
        found = None if is_code else HEADING.match(line)
        yield (found[2], len(found[1]), line) if found else ("", 0, line)


def _part(guide: str, title: str, level: int, lines: Sequence[str], taken: set[str]) -> Part:
    text = "\n".join(lines).strip()
    pages = frozenset(name for group in HELP.findall(text) for name in re.split(r"[ ,]+", group))
    anchor = base = re.sub(r"[^\w]+", "-", title.lower()).strip("-") or "part"
    for count in range(2, 1000):
        if anchor not in taken:
            break
        anchor = f"{base}-{count}"
    taken.add(anchor)
    return Part(guide, anchor, title, level, HELP.sub("", text), pages)


def fitting(known: Mapping[str, Guide], names: Sequence[str]) -> list[Part]:
    """The parts about a page, those of its most telling name first."""
    every = [part for guide in known.values() for part in guide.parts]
    found = [part for name in names for part in every if name in part.pages]
    return list(dict.fromkeys(found))


def matching(known: Mapping[str, Guide], words: Sequence[str], most: int = 30) -> list[Part]:
    """The parts that hold every word, those with one in their heading first."""
    wanted = [word.casefold() for word in words]
    found = []
    for place, part in enumerate(part for guide in known.values() for part in guide.parts):
        title, text = part.title.casefold(), part.text.casefold()
        if all(word in title or word in text for word in wanted):
            found.append((-sum(word in title for word in wanted), place, part))
    return [part for _rank, _place, part in sorted(found, key=lambda each: each[:2])[:most]]


def excerpt(part: Part, words: Sequence[str], most: int = 180) -> str:
    """A stretch of the part's plain text about the first of the words."""
    plain = " ".join(re.sub(r"!\[.*?\]\(\S*?\)|[`*_#>|\[\]]|\(\S+?\)", "", part.text).split())
    at = min((place for word in words if (place := plain.casefold().find(word.casefold())) >= 0), default=0)
    begin = max(0, plain.rfind(" ", 0, max(0, at - 60)))
    cut = plain[begin : begin + most].strip()
    return f"{'…' if begin else ''}{cut}{'…' if begin + most < len(plain) else ''}"


# -- HTML ------------------------------------------------------------------------------------------------


def html(part: Part, places: Sequence[Path] = ()) -> str:
    """The part as HTML that is safe to print: raw HTML in a guide stays text, links lead nowhere but to pages.

    Pictures are looked for in `places`.
    """
    return str(_markdown().render(part.text, {"folders": places}))


@cache
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.add_render_rule("link_open", _link)
    made.add_render_rule("image", _image)
    made.add_render_rule("table_open", lambda *_args: '<div class="mr-scroll"><table class="mr-grid tight">')
    made.add_render_rule("table_close", lambda *_args: "</table></div>")
    return made


def _link(renderer: object, tokens: Sequence[Token], at: int, options: object, env: object) -> str:
    """Links between guides lead to their pages here, others out of the program say nothing of where they came from."""
    token = tokens[at]
    address = str(token.attrGet("href") or "")
    found = re.fullmatch(r"(?:\./)?([\w-]+)\.md(#[\w-]+)?", address)
    if found:
        token.attrSet("href", f"/help/{found[1]}{found[2] or ''}")
    elif address.startswith(("http://", "https://")):
        token.attrSet("rel", "noopener noreferrer")
    return str(renderer.renderToken(tokens, at, options, env))  # type: ignore[attr-defined]


def _image(_renderer: object, tokens: Sequence[Token], at: int, _options: object, env: Mapping[str, Any]) -> str:
    """A picture that lies with the guide, in its size, so that nothing jumps; for any other its description stands."""
    said = escapeHtml(tokens[at].content)
    found = PICTURE.fullmatch(str(tokens[at].attrGet("src") or ""))
    path = picture(env["folders"], found[1]) if found else None
    if found is None or path is None:
        return f"<em>{said}</em>" if said else ""
    with Image.open(path) as opened:
        width, height = opened.size
    address = f"{PICTURES_URL}{found[1]}"
    size = f'width="{width}" height="{height}"'
    return f'<a class="mr-shot" href="{address}"><img src="{address}" alt="{said}" {size} loading="lazy"></a>'


def picture(places: Sequence[Path], name: str) -> Path | None:
    """Where a picture of a guide lies; of two of one name the first counts."""
    paths = (place.joinpath(*PICTURES, name) for place in places)
    return next((path for path in paths if path.is_file()), None)


def folders(plugins: Sequence[Path]) -> list[Path]:
    """Where guides lie: the installation's, then each plugin's own."""
    return [ROOT, *plugins]
