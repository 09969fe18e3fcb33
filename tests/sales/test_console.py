"""`erp import history`: a shop's history from the console, tried and brought in."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from erp import cli, session
from erp.config import Settings
from erp.data.organisation import Tenant
from erp.testing.pytest_plugin import Company
from tests.sales.shop_file import made

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(
    app: Flask, settings: Settings, company: Company, monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> Run:
    """`run("--dry-run")` as the manager: (exit code, what was said)."""
    monkeypatch.setenv("DATABASE_URL", str(settings.database_url))
    monkeypatch.setenv("MILLRACE_VAR", str(settings.var))
    boss = company.person("TENANT_MANAGER")
    with boss.acting():
        slug = session().scalars(sa.select(Tenant.slug)).one()
    (tmp_path / "shop.csv").write_bytes(made(400))

    def go(*words: str, user: str = boss.username) -> tuple[int, str]:
        code = cli.main(["import", "history", str(tmp_path / "shop.csv"), "--company", slug, "--as", user, *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return go


def test_a_history_is_tried_and_brought_in(run: Run, company: Company, truth: Any, tmp_path: Path):
    sold = "select count(*) from sale where tenant_id = :t"
    code, said = run("--dry-run", "--write-plan", str(tmp_path / "plan.json"))
    assert (code, truth(sold, t=company.place.tenant_id)[0][0]) == (0, 0)
    assert said.startswith("400 lines: ")
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert plan["columns"]["customer"] == "CustomerID"
    plan["choices"] = {"duplicate": "drop"}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    code, said = run("--plan", str(tmp_path / "plan.json"), "--left-out", str(tmp_path / "lines.csv"))
    assert (code, truth(sold, t=company.place.tenant_id)[0][0]) == (0, 74)
    assert "\n  Cancelled: 7\n" in said
    lines = list(csv.DictReader((tmp_path / "lines.csv").read_text().splitlines()))
    assert len([line for line in lines if "Cancelled" in line["rules"].split(", ")]) == 7
    again = run("--plan", str(tmp_path / "plan.json"))
    assert "known 90" in again[1]


def test_who_may_not_and_what_does_not_fit_is_a_sentence(run: Run, company: Company, tmp_path: Path):
    (tmp_path / "plan.json").write_text(json.dumps({"columns": {"number": "Colour"}}))
    for words, more, sentence in (
        ((), {"user": company.person("Technician").username}, "You may not do this"),
        (("--plan", str(tmp_path / "plan.json")), {}, "The file has no column “Colour”."),
    ):
        code, said = run(*words, **more)
        assert code == 1, sentence
        assert sentence in said
