"""Texts an analyst writes between fields: a little Markdown or HTML in, HTML that is safe to print out."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

_KEPT = frozenset({"p", "strong", "b", "em", "i", "u", "code", "ul", "ol", "li", "h1", "h2", "h3", "h4", "a"})
_EMPTY = frozenset({"br", "hr"})
_SILENT = frozenset({"script", "style", "iframe", "object", "template", "svg", "math", "title", "textarea"})
_LINKED = re.compile(r"(https?://|mailto:|tel:)", re.IGNORECASE)


class _Cleaner(HTMLParser):
    """Writes what it knows to be harmless again, and the rest as plain text or not at all."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.open: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        elif self.silent:
            return
        elif tag in _EMPTY:
            self.parts.append(f"<{tag}>")
        elif tag in _KEPT:
            self.open.append(tag)
            self.parts.append(f"<{tag}{_address(dict(attrs)) if tag == 'a' else ''}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif not self.silent and tag in self.open:
            while (last := self.open.pop()) != tag:
                self.parts.append(f"</{last}>")
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(escape(data))

    def finished(self) -> str:
        self.close()
        return "".join(self.parts + [f"</{tag}>" for tag in reversed(self.open)])


def _address(attrs: dict[str, str | None]) -> str:
    address = (attrs.get("href") or "").strip()
    return f' href="{escape(address)}" rel="noopener noreferrer"' if _LINKED.match(address) else ""


def clean_html(source: str) -> str:
    """The HTML with only headings, paragraphs, lists, emphasis and outward links left."""
    cleaner = _Cleaner()
    cleaner.feed(source)
    return cleaner.finished()


def markdown(source: str) -> str:
    """HTML of headings, lists, rules, emphasis, code and links; everything else is text."""
    blocks = re.split(r"\n\s*\n", source.replace("\r\n", "\n").strip())
    return "".join(_block(block) for block in blocks if block.strip())


def _block(block: str) -> str:
    lines = [line.strip() for line in block.strip().split("\n")]
    if len(lines) == 1 and re.fullmatch(r"(-\s*){3,}|(\*\s*){3,}|_{3,}", lines[0]):
        return "<hr>"
    heading = re.fullmatch(r"(#{1,4})\s+(.*)", lines[0])
    if heading:
        level = len(heading[1])
        return f"<h{level}>{_inline(heading[2])}</h{level}>" + (_block("\n".join(lines[1:])) if lines[1:] else "")
    for tag, mark in (("ul", r"[-*+]\s+"), ("ol", r"\d+[.)]\s+")):
        if all(re.match(mark, line) for line in lines):
            entries = "".join(f"<li>{_inline(re.sub(mark, '', line, count=1))}</li>" for line in lines)
            return f"<{tag}>{entries}</{tag}>"
    return f"<p>{'<br>'.join(_inline(line) for line in lines)}</p>"


def _inline(line: str) -> str:
    text = escape(line)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    text = re.sub(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"(?<![\w*])[*_](?=\S)([^*_]+?)(?<=\S)[*_](?![\w*])", r"<em>\1</em>", text)
    return re.sub(r"\[([^\]]+)\]\(([^()\s]+)\)", _anchor, text)


def _anchor(found: re.Match[str]) -> str:
    address = found[2]
    return f'<a href="{address}" rel="noopener noreferrer">{found[1]}</a>' if _LINKED.match(address) else found[1]
