"""The DMN Technology Compatibility Kit, level 2, where DMN_TCK names its folder: every case answers as expected."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from erp.decisions import kit

FOLDER = Path(os.environ.get("DMN_TCK") or "nowhere")
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="DMN_TCK names no folder")


@pytest.mark.parametrize("case", list(kit.cases(FOLDER)), ids=str)
def test_case(case: kit.Case) -> None:
    assert kit.judged(case).reason == ""
