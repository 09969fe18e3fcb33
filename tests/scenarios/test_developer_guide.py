"""Somebody follows docs/guide/developer.md word by word, and ends with a document type that works."""

from __future__ import annotations

import pytest

from tests.developer_guide import blocks, follow
from tests.site_copy import copied

MOST_LINES = 150


def test_the_guide_takes_few_lines_of_python() -> None:
    lines = sum(len(block.text.splitlines()) for block in blocks() if block.language == "python")
    assert lines < MOST_LINES


def test_following_the_guide_makes_a_document_type(tmp_path_factory: pytest.TempPathFactory, database: str) -> None:
    with copied(tmp_path_factory.mktemp("guide"), database, "developer_guide") as site:
        for block in blocks():
            follow(block, site)
        python = ["plugins/loans", "tests/loans", "--exclude", "migrations"]
        site.run("python", "-m", "ruff", "check", *python)
        site.run("python", "-m", "ruff", "format", "--check", *python)
        site.check_types("plugins/loans")
