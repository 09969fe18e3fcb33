"""Plugins come and go, each in an installation of its own: one breaks, one is switched off, one is removed."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.site_copy import Site, copied

LOAN = """
from pathlib import Path

import pytest

from erp import create, prepare
from erp.config import Settings


@pytest.fixture(scope="session")
def settings(database):
    return Settings(var=Path("var"), database_url=database, secret_key="seen")


def test_a_loan(company, sign_in, app):
    person = company.person("TENANT_OWNER", "Counter")
    there = "loans" in prepare.loaded()
    if there:
        with person.acting():
            create("loan", {"subject": "Camera", "lines": []})
    page = sign_in(person).get("/")
    print("LOADED", *prepare.loaded())
    print("MENU", "/loan/" in page.text, sign_in(person).get("/loan/").status_code, sign_in(person).get("/inbox/").status_code)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, database: str):
    """An installation with a plugin of its own."""
    with copied(tmp_path_factory.mktemp("installing"), database, "installing") as made:
        made.run("erp", "new", "plugin", "loans", "--depends", "parties")
        made.run("erp", "new", "document", "loan", "--plugin", "loans")
        made.run("erp", "migration", "loans", "first")
        made.run("erp", "migrate")
        yield made


@pytest.fixture(autouse=True)
def _var(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLRACE_VAR", str(site.root / "var"))


def tables(site: Site) -> set[str]:
    engine = sa.create_engine(site.database_url, poolclass=sa.NullPool)
    try:
        return set(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


def refused(site: Site, *words: str, typed: str = "") -> str:
    """What a command that must fail says."""
    code, said = site.erp(*words, typed=typed)
    assert code == 1, said
    return said


def test_a_new_plugin_takes_part(site: Site):
    assert "loans          Loans" in site.run("erp", "plugin", "list")
    site.run("python", "-m", "ruff", "check", "--exclude", "migrations", "plugins/loans", "tests/loans")
    site.run("python", "-m", "pytest", "-q", "tests/loans")


def test_a_broken_plugin_is_reported_and_the_others_go_on(site: Site):
    models = site.root / "plugins" / "loans" / "models.py"
    whole = models.read_text()
    for wrong in ("import nothing_of_this_name\n" + whole, whole.replace("class Loan(", "class Loan(1/0, ")):
        models.write_text(wrong)
        said = site.run("erp", "plugin", "list")
        assert "loans          takes no part. The plugin loans cannot be loaded" in said
        assert "repairs        Repairs" in said
    site.run("erp", "migrate")
    assert "loan" in tables(site)
    models.write_text(whole)


def test_a_link_to_nowhere_is_left_out_by_a_new_process(site: Site):
    models = site.root / "plugins" / "loans" / "models.py"
    whole = models.read_text()
    stray = '\n\nclass Stray(Record):\n    """Stray. Strays."""\n\n    name: Mapped[str] = text()\n    to: Mapped[Unicorn] = link()\n'
    models.write_text(whole.replace("from erp import ", "from erp import Record, link, ", 1) + stray)
    said = site.run("erp", "plugin", "list")
    assert "loans          takes no part. stray.to_id points to unicorn, which no plugin declares." in said
    assert "repairs        Repairs" in said
    models.write_text(whole)


def test_a_plugin_that_is_switched_off_hides_and_keeps_its_tables(site: Site):
    assert "cannot do without parties" in refused(site, "plugin", "disable", "parties")
    site.run("erp", "plugin", "disable", "loans")
    try:
        site.run("erp", "migrate")
        assert "loan" in tables(site)
        page = seen(site)
        assert "MENU False 404 200" in page
        assert "loans" not in page.partition("LOADED")[2].partition("\n")[0]
    finally:
        site.run("erp", "plugin", "enable", "loans")
    assert "loans          Loans" in site.run("erp", "plugin", "list")


def test_a_plugin_is_removed_after_its_name_was_typed_and_nothing_stands_on_it(site: Site):
    standing = refused(site, "plugin", "remove", "parties", typed="parties\n")
    assert "cannot do without parties" in standing
    assert "loans" in standing
    assert "That was not its name" in refused(site, "plugin", "remove", "loans", typed="yes\n")
    assert {"loan", "loan_line"} <= tables(site)
    before = tables(site)
    assert "loans is removed; 2 tables are gone." in site.run("erp", "plugin", "remove", "loans", typed="loans\n")
    assert before - tables(site) == {"loan", "loan_line"}
    assert "It was removed" in site.run("erp", "plugin", "list")
    site.run("erp", "plugin", "enable", "loans")
    site.run("erp", "migrate")
    assert "loan" in tables(site)


def seen(site: Site) -> str:
    """What somebody sees who signs in to an installation that starts now."""
    test: Path = site.root / "tests" / "test_loan_seen.py"
    test.write_text(LOAN)
    return site.run("python", "-m", "pytest", "-q", "-s", "tests/test_loan_seen.py")
