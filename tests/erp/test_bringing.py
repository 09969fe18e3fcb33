"""`erp import` on the console: in a member's name, with their rights, and a sentence for everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask

from erp import cli, session
from erp.config import Settings
from erp.data.organisation import Tenant
from erp.documents.lists import ListQuery
from erp.documents.types import document_type
from erp.testing.pytest_plugin import Company

CUSTOMERS = "CustomerID,Name\n17850,Lakeside Clinic\n13047,Amina Hassan\n99,\n"


@pytest.fixture
def bring(
    app: Flask, settings: Settings, company: Company, monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
):
    """`bring("party", …)` as the manager; (exit code, what was said)."""
    monkeypatch.setenv("DATABASE_URL", str(settings.database_url))
    monkeypatch.setenv("MILLRACE_VAR", str(settings.var))
    boss = company.person("TENANT_MANAGER")
    with boss.acting():
        slug = session().scalars(sa.select(Tenant.slug)).one()
    (tmp_path / "customers.csv").write_text(CUSTOMERS)

    def run(*words: str, user: str = boss.username, to: str = slug, file: str = "customers.csv") -> tuple[int, str]:
        code = cli.main(["import", "party", str(tmp_path / file), "--company", to, "--as", user, *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run, boss, tmp_path


def test_a_file_is_tried_with_the_plan_it_prints_and_brought_in_at_once(bring):
    run, boss, folder = bring
    code, said = run("--dry-run", "--write-plan", str(folder / "plan.json"))
    assert code == 0
    plan = json.loads((folder / "plan.json").read_text())
    assert plan["sources"]["name"]["column"] == "Name"
    plan |= {"key": "number", "sources": {**plan["sources"], "number": {"column": "CustomerID"}}}
    (folder / "plan.json").write_text(json.dumps(plan))
    code, said = run("--dry-run", "--plan", str(folder / "plan.json"))
    assert "2 would be new, 0 changed, 0 as they are.\n1 rows cannot be taken:\n  row 4, Name: Fill this in." in said
    code, said = run("--plan", str(folder / "plan.json"), "--left-out", str(folder / "left.xlsx"))
    assert (code, said.splitlines()[0]) == (1, "2 were new, 0 changed, 0 as they are.")
    assert openpyxl.load_workbook(folder / "left.xlsx").worksheets[0]["A2"].value == "99"
    with boss.acting():
        assert sorted(row.title for row in ListQuery(document_type("party")).page().rows) == [
            "Amina Hassan", "Lakeside Clinic",
        ]  # fmt: skip
    (folder / "customers.csv").write_text(CUSTOMERS.replace("99,\n", ""))
    assert run() == (0, "0 were new, 0 changed, 2 as they are.\n")  # by the plan remembered for these columns


def test_whoever_may_not_and_whatever_does_not_fit_is_a_sentence(bring, company: Company):
    run, _boss, folder = bring
    (folder / "plan.json").write_text("{")
    (folder / "list.json").write_text("[]")
    (folder / "key.json").write_text(json.dumps({"key": "colour", "sources": {"name": {"column": "Colour"}}}))
    for words, changes, sentence in (
        ((), {"user": company.person("Technician").username}, "You may not do this"),
        ((), {"user": "nobody"}, "nobody is no member of"),
        ((), {"to": "elsewhere"}, "There is no company elsewhere."),
        ((), {"file": "none.csv"}, "none.csv cannot be read: No such file or directory."),
        (("--plan", str(folder / "plan.json")), {}, "plan.json is not JSON"),
        (("--plan", str(folder / "list.json")), {}, "list.json is no plan"),
        (("--plan", str(folder / "key.json")), {}, "key: Choose the field that tells the records apart."),
    ):
        code, said = run(*words, **changes)
        assert code == 1
        assert sentence in said
