"""What machines ask: whether we live, whether we can work, and the figures."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from erp import metrics
from erp.config import ROOT, Settings
from erp.data import base, schema
from erp.data.base import session, transaction
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.testing.pytest_plugin import PASSWORD, Company
from erp.workflow.operating import incidents
from tests.repairs.conftest import Shop, shop

__all__ = ["shop"]

TOKEN = "prometheus-reads-with-this"


@pytest.fixture
def open_figures(app: Flask, settings: Settings) -> Iterator[Callable[[], dict[str, float]]]:
    """The figures as Prometheus reads them: {name{label="…"}: value}."""
    app.config["MILLRACE"] = replace(settings, metrics_token=TOKEN)

    def read() -> dict[str, float]:
        answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return figures(answer.text)

    yield read
    app.config["MILLRACE"] = settings


def figures(text: str) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_nobody_reads_the_figures_without_the_token(app: Flask, open_figures: Any, settings: Settings):
    assert app.test_client().get("/metrics").status_code == 401
    assert app.test_client().get("/metrics", headers={"Authorization": "Bearer guessed"}).status_code == 401
    app.config["MILLRACE"] = settings
    assert app.test_client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_requests_jobs_and_sign_ins_are_counted(
    app: Flask, open_figures: Callable[[], dict[str, float]], company: Company
):
    before = open_figures()
    person = company.person("Counter")
    for password in (PASSWORD, "wrong"):
        app.test_client().post("/api/v1/security/login", json={"username": person.username, "password": password})
    app.test_client().get("/nothing/of/Amina")
    with person.acting(), transaction():
        row = Job(kind="test.figures", key="a")
        outbox.put(row)
        outbox.put(Job(kind="test.figures", key="b"))
    worker.run(row.id)
    after = open_figures()

    def grew(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert grew("millrace_request_seconds_count{method=POST,route=/api/v1/security/login,status=200}") == 1
    assert grew("millrace_request_seconds_count{method=POST,route=/api/v1/security/login,status=401}") == 1
    assert grew("millrace_request_seconds_count{method=GET,route=(unknown),status=404}") == 1
    assert grew("millrace_sign_ins_total{outcome=done}") == grew("millrace_sign_ins_total{outcome=failed}") == 1
    assert grew("millrace_job_seconds_count{kind=test.figures,outcome=waiting}") == 1
    assert grew("millrace_request_statements_total{}") > 2
    assert grew("millrace_jobs{kind=test.figures,state=waiting}") == 2
    assert grew("millrace_outbox_due{}") >= 1
    assert after["millrace_database_up{}"] == 1
    assert "millrace_incidents_open{}" in after
    assert not re.search("Amina|savanna", " ".join(after), re.IGNORECASE)


def test_what_is_stuck_is_counted_by_process_and_step(
    open_figures: Callable[[], dict[str, float]], company: Company, shop: Shop
):
    name = "millrace_incidents{element=render_quotation,process=repair_order}"
    before = open_figures().get(name, 0)
    shop.run_jobs = lambda: 0
    shop.receive()
    shop.inspect()
    shop.quote()
    with shop.grace.acting("system"), transaction():
        job = session().scalars(sa.select(Job).where(Job.kind == "workflow.call")).one()
        row = Claim(job.id, job.tenant_id, job.kind, job.key, job.request, job.context, 6, 6, job.queue)
        incidents.give_up(row, "No paper")
    assert open_figures()[name] == before + 1


def test_the_figures_say_when_the_database_is_away(open_figures: Callable[[], dict[str, float]], database: str):
    base.connect("postgresql+psycopg://nobody@127.0.0.1:1/none")
    try:
        assert open_figures()["millrace_database_up{}"] == 0
    finally:
        base.connect(database)


COUNTING = """
import os
from erp import metrics
metrics.SIGN_INS.labels("done").inc()
metrics.POOL.labels("app").set(3)
if os.fork() == 0:
    metrics.SIGN_INS.labels("done").inc()
    os._exit(0)
os.wait()
if os.fork() == 0:
    metrics.SIGN_INS.labels("done").inc()
    os._exit(0)
os.wait()
"""
TELLING = "from erp import metrics; from prometheus_client import generate_latest; print(generate_latest(metrics.collected()).decode())"


def test_all_processes_of_a_host_count_together_and_their_followers_go_on(tmp_path: Path):
    def run(code: str, name: str) -> str:
        environment = {**os.environ, metrics.FOLDER: str(tmp_path / "metrics"), metrics.PROCESS: name}
        return subprocess.run(
            [sys.executable, "-c", code], env=environment, cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout

    for name in ("worker-1", "worker-2", "worker-1"):
        run(COUNTING, name)
    told = figures(run(TELLING, ""))
    assert told["millrace_sign_ins_total{outcome=done}"] == 9
    kept = {path.name for path in (tmp_path / "metrics").glob("counter_worker*")}
    assert kept == {f"counter_worker-{number}{whose}.db" for number in (1, 2) for whose in ("", "-fork")}
    metrics.begin(tmp_path / "metrics")
    assert figures(run(TELLING, "")).get("millrace_sign_ins_total{outcome=done}", 0) == 0


# -- health ----------------------------------------------------------------------------------------------


def test_a_process_that_answers_lives_whatever_is_missing(app: Flask, database: str):
    base.connect("postgresql+psycopg://anne:secret@127.0.0.1:1/none")
    try:
        assert app.test_client().get("/health/live").json == {"status": "live"}
        answer = app.test_client().get("/health/ready")
        assert (answer.status_code, answer.json) == (503, {"status": "not ready", "missing": ["database"]})
    finally:
        base.connect(database)
    assert app.test_client().get("/health/ready").json == {"status": "ready"}


def test_without_redis_it_works_on_and_says_so(app: Flask, settings: Settings, redis_url: str):
    for url, told in ((redis_url, {}), ("redis://:secret@127.0.0.1:1/0", {"missing": ["redis"]})):
        app.config["MILLRACE"] = replace(settings, redis_url=url)
        answer = app.test_client().get("/health/ready")
        assert (answer.status_code, answer.json) == (200, {"status": "ready", **told})
    app.config["MILLRACE"] = settings


def test_ready_says_that_migrations_are_missing_and_is_at_ease_with_newer_ones(app: Flask, truth: Any):
    present = [row[0] for row in truth("select version_num from alembic_version")]
    folders = [path.parent for path in ROOT.glob("plugins/*/migrations/*_0001_*.py")]
    assert schema.is_newest(present, folders)
    assert schema.is_newest([*present, "core_9999"], folders)
    assert not schema.is_newest(["core_0001"], folders)
    with patch.object(schema, "is_newest", return_value=False):
        answer = app.test_client().get("/health/ready")
    assert (answer.status_code, answer.json["missing"]) == (503, ["migrations"])
