"""Claiming among a million sleepers, and a no-op through outbox, RQ and completion."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import IO

import psycopg
import sqlalchemy as sa
from rq import Queue

from erp.config import Settings
from erp.data.base import system, transaction
from erp.jobs import claims, outbox, redis_queue
from erp.jobs.models import Job
from erp.run import redis
from tests.bench.site import Site

SLEEPERS = 1_000_000
BURST = 1000
FILL = """
insert into job (tenant_id, kind, state, due_at, queue, key, request, context, progress, attempts, max_attempts, subject,
    error, created_at)
select :tenant, 'bench.noop', 'waiting', now() + interval '1 day' + g * interval '1 second', 'short', 'sleep-' || g, '{}',
    '{}', '{}', 0, 6, '', '', now() from generate_series(1, :count) g
"""
CLAIM = sa.text(
    """
    update job set state = 'running', locked_until = now() + interval '20 seconds' where id in (
        select id from job where state = 'waiting' and due_at <= now() order by due_at limit 100 for update skip locked)
    """
)


def measure(site: Site) -> dict[str, float]:
    """jobs.claim_ms and jobs.vs_rq."""
    assert site.app is not None
    site.act()
    ours, theirs = _throughput(site)
    site.run_sql(FILL, tenant=site.place.tenant_id, count=SLEEPERS)
    site.vacuum("job")
    claim = _claim_ms(site)
    site.run_sql("delete from job")
    return {"jobs.claim_ms": claim, "jobs.per_s": ours, "jobs.rq_per_s": theirs, "jobs.vs_rq": ours / theirs}


def _claim_ms(site: Site) -> float:
    taken = []
    for turn in range(15):
        site.run_sql(
            FILL.replace("now() + interval '1 day' + g * interval '1 second'", "now()").replace("sleep-", f"due{turn}-"),
            tenant=site.place.tenant_id, count=100,
        )  # fmt: skip
        with system() as current:
            start = time.perf_counter()
            claimed = current.execute(CLAIM)
            taken.append(time.perf_counter() - start)
            assert claimed.rowcount == 100, claimed.rowcount
    return statistics.median(taken) * 1000


def _throughput(site: Site) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder, redis.running(Path(folder) / "redis") as url:
        connection = redis_queue.connect(url)
        settings = replace(Settings(), database_url=site.url, redis_url=url)
        ours = _ours(site, settings, connection, Path(folder) / "worker.log")
        theirs = _theirs(url, connection)
        connection.close()
    return ours, theirs


def _worker(code: str, log: IO[bytes] | None = None, **variables: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **variables}, stderr=log)


def _ours(site: Site, settings: Settings, connection: object, log: Path) -> float:
    """Jobs a second of our worker, which writes its line for each as always, to a file."""
    redis_queue.wake_with(connection)  # type: ignore[arg-type]
    outbox.set_waker(None)
    for place in range(BURST):
        with transaction():
            outbox.put(Job(kind="bench.noop", key=f"noop-{place}"))
    redis_queue.wake_with(connection)  # type: ignore[arg-type]
    for told in claims.due(limit=BURST):
        outbox.wake(*told)
    code = (
        "from erp import config, prepare, cli; from erp.jobs import worker; from tests.bench import jobs;"
        "worker.registry.handle('bench.noop', worker._in_transaction(jobs.nothing)); cli.serve_worker(config.from_env(), 'short')"
    )
    with log.open("wb") as lines:
        child = _worker(code, lines, DATABASE_URL=site.url, REDIS_URL=settings.redis_url or "", SECRET_KEY="x" * 40)
    looking = psycopg.connect(site.url.replace("+psycopg", ""), autocommit=True)
    done = "select count(*) from job where kind = 'bench.noop' and state = 'done'"
    try:
        return _rate(lambda: looking.execute(done).fetchone()[0])  # type: ignore[index]
    except TimeoutError as error:
        error.add_note(log.read_text()[-2000:])
        raise
    finally:
        looking.close()
        outbox.set_waker(None)
        child.send_signal(signal.SIGKILL)
        child.wait()


def _theirs(url: str, connection: object) -> float:
    code = (
        f"import redis; from rq import Queue, SimpleWorker; c = redis.Redis.from_url({url!r});"
        "SimpleWorker([Queue('bare', connection=c)], connection=c).work(logging_level='ERROR')"
    )
    queue = Queue("bare", connection=connection)
    for _place in range(BURST):
        queue.enqueue_call(nothing, args=(None,), result_ttl=0)
    child = _worker(code)
    try:
        return _rate(lambda: BURST - len(queue))
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


def _rate(done: object) -> float:
    """Jobs a second between a tenth and nine tenths of the burst."""
    low, high, began = BURST // 10, BURST * 9 // 10, 0.0
    deadline = time.monotonic() + 120
    count = 0
    while time.monotonic() < deadline:
        count = done()  # type: ignore[operator]
        if count >= low and not began:
            began, low = time.perf_counter(), count
        if count >= high and began:
            return (count - low) / (time.perf_counter() - began)
        time.sleep(0.05)
    raise TimeoutError(f"only {count} of {BURST} jobs ran")


def nothing(_job: object) -> None:
    """The job that does nothing."""
