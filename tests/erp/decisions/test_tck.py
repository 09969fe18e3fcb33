"""The DMN Technology Compatibility Kit, level 2, where DMN_TCK names its folder: every case answers as expected."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from erp.decisions import read

FOLDER = Path(os.environ.get("DMN_TCK") or "nowhere")
CASES = "{http://www.omg.org/spec/DMN/20160719/testcase}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="DMN_TCK names no folder")


def value_in(node: Any) -> Any:
    """The value of a `value`, `list` or `component` element."""
    found = node.find(f"{CASES}value")
    if found is not None:
        return None if found.get(f"{XSI}nil") == "true" else typed(found.get(f"{XSI}type", ""), found.text or "")
    if parts := node.findall(f"{CASES}component"):
        return {part.get("name"): value_in(part) for part in parts}
    listed = node.find(f"{CASES}list")
    return None if listed is None else [value_in(item) for item in listed.findall(f"{CASES}item")]


def typed(kind: str, text: str) -> Any:
    if kind.endswith((":decimal", ":double", ":integer")):
        return Decimal(text)
    return text == "true" if kind.endswith(":boolean") else text


def same(found: Any, wanted: Any) -> bool:
    """Equal, numbers to eight places, as the kit's cases write theirs."""
    if isinstance(found, Decimal) and isinstance(wanted, Decimal):
        return abs(found - wanted) < Decimal("1e-8")
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(same(found[name], wanted[name]) for name in found)
    return bool(found == wanted)


def cases() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*/*-test-*.xml")):
        root = etree.parse(path).getroot()
        model = path.parent / (root.findtext(f"{CASES}modelName") or "")
        for case in root.findall(f"{CASES}testCase"):
            told = {node.get("name"): value_in(node) for node in case.findall(f"{CASES}inputNode")}
            for node in case.findall(f"{CASES}resultNode"):
                wanted = value_in(node.find(f"{CASES}expected"))
                yield pytest.param(model, node.get("name"), told, wanted, id=f"{model.stem} {case.get('id')}")


@pytest.mark.parametrize(("model", "decision", "told", "wanted"), list(cases()))
def test_case(model: Path, decision: str, told: dict[str, Any], wanted: Any) -> None:
    assert same(read(model.read_bytes()).decide(decision, told).value, wanted)
