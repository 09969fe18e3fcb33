"""docs/guide/developer.md as something to do: its blocks in their order, followed in a copy of this repository."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from erp.config import ROOT
from tests.site_copy import Site

GUIDE = ROOT / "docs" / "guide" / "developer.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MADE = frozenset({"yaml", "toml", "sql"})
"""Languages of files the guide adds to what `erp new` wrote."""
NAMED = re.compile(r"^`([\w./]+)`$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A piece of the guide: its language, the file named before it, and what it says."""

    language: str
    file: str
    text: str


def blocks() -> Iterator[Block]:
    """What the guide says to do."""
    guide = GUIDE.read_text()
    for found in BLOCK.finditer(guide):
        before = NAMED.findall(guide[: found.start()])
        yield Block(found[1], before[-1] if before else "", found[2])


def follow(block: Block, site: Site) -> None:
    """Do what the block says."""
    if block.language == "sh":
        for line in block.text.strip().splitlines():
            site.run(*shlex.split(line))
        return
    path = site.root / block.file
    assert path.exists() or block.language in MADE, f"`erp new` did not write {block.file}, which the guide changes."
    path.write_text(changed(path, block.text) if block.language == "diff" else block.text)


def changed(path: Path, diff: str) -> str:
    """The file with the first place that reads as the `-` lines put as the `+` lines say."""
    rows = diff.splitlines(keepends=True)
    old = "".join(row[1:] for row in rows if row.startswith("-"))
    new = "".join(row[1:] for row in rows if row.startswith("+"))
    text = path.read_text()
    assert old in text, f"{path.name} does not read as the guide says:\n{old}"
    return text.replace(old, new, 1)
