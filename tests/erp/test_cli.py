"""The command line: what an operator types, and what they are told."""

from __future__ import annotations

import re
import secrets

import pytest
from flask import Flask

from erp import cli
from erp.config import Settings

FACTS = ["--currency", "KES", "--country", "KE", "--timezone", "Africa/Nairobi"]


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs a command against the database under test; its exit code and what it said."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("MILLRACE_VAR", str(settings.var))

    def run(*words: str) -> tuple[int, str]:
        code = cli.main(words)
        said = capsys.readouterr()
        return code, (said.out + said.err).strip()

    return run


def test_a_company_of_ones_own_can_be_signed_in_to(command, app: Flask):
    name, owner = f"Rift Repairs {secrets.token_hex(3)}", f"anne-{secrets.token_hex(3)}"
    code, said = command("company", name, *FACTS, "--owner", owner)
    assert code == 0
    password = said.rpartition(" ")[2]
    browser = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/login/").text)
    answer = browser.post("/login/", data={"username": owner, "password": password, "csrf_token": token[1]})
    assert answer.status_code == 302
    page = browser.get("/repair_order/")
    assert page.status_code == 200
    assert name in page.text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"--currency": "shillings"}, "three capital letters"),
        ({"--country": "Kenya"}, "the country as two"),
        ({"--timezone": "Nairobi"}, "There is no time zone Nairobi."),
    ],
)
def test_facts_that_make_no_sense_are_a_sentence(command, changes, sentence):
    facts = dict(zip(FACTS[::2], FACTS[1::2], strict=True)) | changes
    code, said = command("company", "Rift", *(word for pair in facts.items() for word in pair), "--owner", "rift")
    assert code == 1
    assert sentence in said


def test_nothing_is_made_twice(command):
    name, owner = f"Twice {secrets.token_hex(3)}", f"twice-{secrets.token_hex(3)}"
    assert command("company", name, *FACTS, "--owner", owner)[0] == 0
    assert command("company", name, *FACTS, "--owner", "other") == (1, f"There is a company called {name} already.")
    code, said = command("company", f"{name} Two", *FACTS, "--owner", owner)
    assert (code, said) == (1, f"Somebody signs in as {owner} already. Choose another user name.")
