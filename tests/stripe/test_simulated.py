"""The demo company's simulated Stripe: reached by its own credentials alone, and not started once real ones are kept."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from flask import Flask

from erp import config, transaction, vault
from erp.config import Settings
from erp.run import simulators, supervisor
from erp.testing.pytest_plugin import Company, Person
from plugins.stripe.wire import NothingHappened, talking
from tests.stripe.conftest import Judge


@pytest.fixture
def boss(app: Flask, company: Company, settings: Settings) -> Iterator[Person]:
    """A manager of a company that was introduced to every simulator there is."""
    simulators.introduce(company.place.tenant_id, settings)
    person = company.person("TENANT_MANAGER")
    yield person
    real_keys(person)


def real_keys(person: Person) -> None:
    with person.acting(), transaction():
        vault.put("stripe", "secret_key", f"sk_live_{secrets.token_hex(12)}")


def wanted(settings: Settings, folder: Path) -> list[simulators.Simulator]:
    (folder / "log").mkdir(exist_ok=True)
    keys = settings.var / vault.FILE
    (folder / vault.FILE).write_text(keys.read_text())
    found = simulators.wanted(replace(settings, var=folder), supervisor.environment(settings))
    vault.init(settings)
    return found


def test_it_runs_while_somebody_holds_its_credentials(settings: Settings, boss: Person, tmp_path: Path) -> None:
    (found,) = wanted(settings, tmp_path)
    found.child.start()
    try:
        simulators.connect([found])
        ready = simulators.reached(settings, [found])
        assert ready.simulators == (("stripe", found.address),)
        assert f"stripe={found.address}" in supervisor.environment(ready)["SIMULATORS"]
        ((credentials, hook),) = found.accounts
        assert hook.startswith(f"http://{settings.host}:{settings.port}/hooks/stripe/")
        assert simulators.running(replace(settings, var=tmp_path)).simulators == ready.simulators
        config.use(ready)
        with boss.acting(), talking() as talk:
            assert list(talk.payment_intents.list().data) == []
        (asked,) = [each for each in httpx.get(f"{found.address}/_sim/log").json() if each["path"].startswith("/v1/")]
        assert asked["status"] == 200
        assert credentials["secret_key"].startswith("sk_test_simulated_")
    finally:
        config.use(settings)
        found.child.stop()
    assert simulators.running(replace(settings, var=tmp_path)).simulators == ()
    real_keys(boss)
    assert wanted(settings, tmp_path) == []


def test_real_keys_never_meet_it_and_its_own_lead_nowhere_else(boss: Person, judge: Judge) -> None:
    service = judge.url  # stands for Stripe itself here
    with boss.acting(), pytest.raises(NothingHappened), talking():
        raise AssertionError
    config.use(replace(config.settings(), simulators=(("stripe", "http://127.0.0.1:9"),)))
    real_keys(boss)
    with boss.acting(), pytest.raises(NothingHappened), talking() as talk:
        talk.payment_intents.list()  # the judge refuses a live key, and it was asked
    assert [each["status"] for each in httpx.get(f"{service}/_sim/log").json()] == [401]
