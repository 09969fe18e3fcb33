"""Somebody follows docs/guide/api.md with curl, command by command, and sees what it says they will."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from erp.config import ROOT
from erp.testing.pytest_plugin import PASSWORD, Company

GUIDE = ROOT / "docs" / "guide" / "api.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MARK = "\x1e"
ANYTHING = "…"


def like(told: Any, seen: Any, place: str = "") -> None:
    """What the guide tells is there: the same words, any number for a number, anything for “…”."""
    if told == ANYTHING:
        return
    if isinstance(told, dict):
        assert isinstance(seen, dict), place
        for name, value in told.items():
            assert name in seen, f"{place}/{name} is not in {list(seen)}"
            like(value, seen[name], f"{place}/{name}")
    elif isinstance(told, list):
        assert isinstance(seen, list), place
        assert bool(told) == bool(seen), f"{place}: {seen}"
        for value, other in zip(told, seen, strict=False):
            like(value, other, f"{place}[]")
    elif isinstance(told, int) and not isinstance(told, bool):
        assert isinstance(seen, int), place
    else:
        assert told == seen, place


@pytest.mark.skipif(shutil.which("curl") is None, reason="the guide is about curl")
def test_following_the_guide_does_what_it_says(address: str, company: Company, tmp_path: Path):
    person = company.person("Counter", "Technician", "TENANT_MANAGER", name="Grace Njeri")
    blocks = BLOCK.findall(GUIDE.read_text())
    script = "".join(f"{text}\nprintf '{MARK}'\n" for language, text in blocks if language == "sh")
    environment = {**os.environ, "MILLRACE": address, "WHO": person.username, "PASSWORD": PASSWORD}
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    said = ran.stdout.split(MARK)
    assert ran.returncode == 0, f"{said[-1]}\n{ran.stderr}\nafter {len(said)} blocks"
    place = -1
    for language, text in blocks:
        if language == "sh":
            place += 1
        else:
            like(json.loads(text), json.loads(said[place].strip().splitlines()[-1]), f"block {place}")
    pages = next(text for text in said if "Dalila" in text)
    assert [name for name in ("Amina Hassan", "Bahati", "Chege", "Dalila") if name in pages] == re.findall(
        r"'name': '([^']*)'", pages
    )
    assert "404" in said[-2]
    assert '</api/v1/errors#not_found>; rel="help"' in said[-2]
