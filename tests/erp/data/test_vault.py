"""Credentials: sealed with keys that change, never shown again, never logged, in nobody's answer."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from erp import cli, transaction, vault
from erp.config import Settings
from erp.data.base import session
from erp.errors import SetupError
from erp.jobs import worker
from erp.jobs.models import Job
from erp.jobs.outbox import put
from erp.testing.pytest_plugin import Company, Person


@pytest.fixture
def boss(company: Company) -> Person:
    return company.person("TENANT_OWNER", "TENANT_MANAGER", "PLATFORM_ADMIN", "Counter", "Accountant")


@pytest.fixture
def kept(boss: Person) -> str:
    """A secret of the company."""
    value = f"sk_test_{secrets.token_hex(16)}"
    with boss.acting(), transaction():
        vault.put("stripe", "secret_key", value)
    return value


@pytest.fixture
def keys(settings: Settings) -> Iterator[Path]:
    """The installation's key file, as it was before afterwards."""
    path = settings.var / vault.FILE
    before = path.read_text()
    yield path
    path.write_text("\n".join(dict.fromkeys([*path.read_text().split(), *before.split()])))
    vault.keys.read(settings)


def read(boss: Person) -> str:
    with boss.acting():
        return vault.credential("stripe", "secret_key")


def sealed(truth: Callable[..., list[Any]], boss: Person) -> str:
    rows = truth("select sealed from credential where tenant_id = :t and name = 'secret_key'", t=boss.place.tenant_id)
    return str(rows[0].sealed)


def test_keys_rotate_and_what_was_sealed_stays_readable(
    app: Flask, settings: Settings, boss: Person, kept: str, keys: Path, truth: Callable[..., list[Any]],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    before, old = sealed(truth, boss), keys.read_text().split()
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("MILLRACE_VAR", str(settings.var))
    assert cli.main(["keys", "rotate"]) == 0
    assert "Sealed" in capsys.readouterr().out
    now = keys.read_text().split()
    assert now[1:] == old
    after = sealed(truth, boss)
    assert after.partition(".")[0] != before.partition(".")[0]
    assert kept not in before + after
    assert read(boss) == kept
    # without the old keys all is readable still: nothing hangs on them any more
    keys.write_text(now[0])
    vault.keys.read(settings)
    assert read(boss) == kept
    keys.write_text(vault._new_key())
    vault.keys.read(settings)
    with pytest.raises(SetupError, match="cannot be opened"):
        read(boss)


def test_keys_of_the_environment_are_only_sealed_with(app: Flask, settings: Settings) -> None:
    ring = vault.Keys()
    ring.read(replace(settings, credential_keys=(vault._new_key(), vault._new_key())))
    with pytest.raises(SetupError, match="CREDENTIAL_KEYS"):
        ring.add()


def test_a_sealed_secret_opens_nowhere_else(kept: str, boss: Person, truth: Callable[..., list[Any]]) -> None:
    with pytest.raises(SetupError):
        vault.keys.open(sealed(truth, boss), vault._place(boss.place.tenant_id + 1, "stripe", "secret_key"))


def _fail(text: str) -> None:
    raise ValueError(text)


def test_logs_and_failed_work_hold_no_secret(boss: Person, kept: str, caplog: pytest.LogCaptureFixture) -> None:
    try:
        _fail(f"refused: {read(boss)}")
    except ValueError:
        logging.getLogger("erp.test").exception("with %s", kept)
    worker.registry.handle("test.leaks", lambda _claim: _fail(f"the server says {kept}"))
    with boss.acting():
        with transaction():
            job = put(Job(kind="test.leaks", key=f"leak-{secrets.token_hex(4)}", max_attempts=1))
        worker.run(job.id)
        with boss.acting():
            assert vault.MASK in session().get_one(Job, job.id).error
    assert vault.MASK in caplog.text
    assert kept not in caplog.text


@pytest.mark.parametrize("step", [pytest.param(12, id="sample"), pytest.param(1, id="all", marks=pytest.mark.soak)])
def test_no_page_and_no_answer_holds_a_secret(app: Flask, boss: Person, kept: str, sign_in: Any, step: int) -> None:
    browser = sign_in(boss)
    pages = [
        rule.rule for rule in app.url_map.iter_rules()
        if not rule.arguments and "GET" in (rule.methods or ()) and not rule.rule.endswith(("/stream", "/logout/"))
    ]  # fmt: skip
    assert "/services/" in pages
    told = []
    for page in {*pages[::step], "/services/"}:
        answer = browser.get(page)
        if kept.encode() in answer.get_data() or kept in str(answer.headers):
            told.append(page)
    assert told == []
    shown = browser.get("/services/").get_data(as_text=True)
    assert kept[-4:] in shown
