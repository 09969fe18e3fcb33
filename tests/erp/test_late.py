"""What few processes need is loaded when it is first asked for."""

import os
import subprocess
import sys

import pytest

from erp import late
from erp.config import ROOT

HEAVY = {"minio", "openpyxl", "pypdf", "reportlab", "sentry_sdk", "stripe", "xhtml2pdf", "xlsxwriter"}
STARTING = (
    "import sys; from erp import app, config, prepare; prepare.load_plugins(config.Settings()); print(*sys.modules)"
)


def test_a_process_that_starts_loads_nothing_for_prints_sheets_and_outside_services():
    loaded = subprocess.run(
        [sys.executable, "-c", STARTING], env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, check=True,
        capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert "plugins.repairs" in loaded
    assert HEAVY & set(loaded) == set()


def test_what_stands_for_a_module_answers_as_it_does_and_what_is_named_can_be_loaded_before_forks(
    tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(late, "_named", list(late._named))
    (tmp_path / "seldom_needed.py").write_text("answer = 42")
    stands = late.module("seldom_needed")
    assert "seldom_needed" not in sys.modules
    late.load()
    assert stands.answer == sys.modules["seldom_needed"].answer == 42
    with pytest.raises(AttributeError):
        assert stands.question
