"""How fast notices of a payment provider are taken in, by the web server as `make run` starts it, on real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import secrets
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from erp import transaction
from erp.cli import main
from erp.config import Settings
from erp.data import vault
from erp.run import programs as running
from erp.run import redis, supervisor
from erp.run.children import Child
from erp.webhooks import address as webhook_address
from plugins.stripe.simulator.notices import signature
from tests.bench.site import Site

NOTICES, CONNECTIONS, SECONDS = 1000, 200, 5.0
SECRET = "whsec_of_the_bench_0123456789"
FILLER = "x" * 1500
"""What Stripe's events hold besides what we read."""


@dataclass
class Taken:
    """One delivery: seconds from when it was due until its answer, and the answer's status; 0 when there was none."""

    seconds: float
    status: int


def measure(site: Site) -> dict[str, float]:
    """payment.webhook_*: one after the other for five seconds, and all at the same moment."""
    assert site.app is not None
    _more_files()
    with tempfile.TemporaryDirectory() as folder, redis.running(Path(folder) / "redis") as redis_url:
        path = _company(site)
        with served(site, Path(folder), redis_url) as (port, web):
            asyncio.run(_spread(port, path, 100, 1.0))  # every thread has its connections now
            before, used = _kept(site), busy(web)
            spread = asyncio.run(_spread(port, path, NOTICES, SECONDS))
            between, used = _kept(site), busy(web) - used
            burst = asyncio.run(_burst(port, path, NOTICES))
            after = _kept(site)
    taken = sorted(each.seconds * 1000 for each in spread)
    lost = 2 * NOTICES - (after - before)
    refused = sum(each.status != 200 for each in (*spread, *burst))
    assert between - before == NOTICES, f"{NOTICES - (between - before)} of the spread notices are not kept"
    return {
        "payment.webhook_ms_p95": taken[int(len(taken) * 0.95)],
        "payment.webhook_ms_median": taken[len(taken) // 2],
        "payment.webhook_cpu_ms": used * 1000 / NOTICES,
        "payment.webhook_burst_lost": max(lost, refused),
        "payment.webhook_burst_s": max(each.seconds for each in burst),
    }


def _more_files() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))


def _company(site: Site) -> str:
    """Credentials of the one company; the path its notices go to."""
    site.act()
    with transaction():
        vault.put("stripe", "secret_key", f"sk_test_{secrets.token_hex(12)}")
        vault.put("stripe", "webhook_secret", SECRET)
        return webhook_address("stripe", "")


def busy(leader: int) -> float:
    """Seconds of processor time the children of a process and the processes of its session have used so far."""
    used = 0
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            values = place.read_text().rpartition(")")[2].split()
            is_theirs = str(leader) in {values[1], values[3]}  # each of PostgreSQL's has a session of its own
            used += int(values[11]) + int(values[12]) if is_theirs else 0
    return used / os.sysconf("SC_CLK_TCK")


def _kept(site: Site) -> int:
    return int(site.run_sql("select count(*) from webhook_delivery")[0][0])


@contextmanager
def served(site: Site, folder: Path, redis_url: str) -> Iterator[tuple[int, int]]:
    """Port and process of the web server as the supervisor starts it."""
    port, (web, *_others) = programs(site, folder, redis_url)
    web.start()
    try:
        assert web.process is not None
        yield port, web.process.pid
    finally:
        web.stop()


def programs(site: Site, folder: Path, redis_url: str) -> tuple[int, list[Child]]:
    """Port and programs of an installation as the supervisor would start them, the web server first."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    own: Settings = site.app.config["MILLRACE"]
    settings = replace(own, port=port, redis_url=redis_url)
    env = {**supervisor.environment(settings), "SECRET_KEY": settings.secret_key}
    (settings.var / "log").mkdir(exist_ok=True)
    found = running.shipped(main, settings, {**env, "PATH": os.environ["PATH"]})
    for each in found:
        each.log = folder / each.log.name
        each.work = None  # a fork of this process would begin with its connections
    return port, found


def _request(path: str) -> bytes:
    """A delivery as Stripe sends it, of an event of its own, signed now."""
    thing = {"object": "payment_intent", "id": f"pi_{secrets.token_hex(12)}", "metadata": {}, "description": FILLER}
    event = {"id": f"evt_{secrets.token_hex(12)}", "type": "payment_intent.succeeded", "data": {"object": thing}}
    body = json.dumps(event).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Stripe-Signature: {signature(body, SECRET, time.time())}\r\n\r\n"
    )
    return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


async def _spread(port: int, path: str, notices: int, seconds: float) -> list[Taken]:
    """So many deliveries evenly over so many seconds, on connections that stay open."""
    lines = [await asyncio.open_connection("127.0.0.1", port) for _each in range(CONNECTIONS)]
    begin = time.perf_counter() + 0.1

    async def one_line(place: int) -> list[Taken]:
        reader, writer = lines[place]
        found = []
        for number in range(place, notices, CONNECTIONS):
            due = begin + number * seconds / notices
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(_request(path))
            status = await _answer(reader)
            found.append(Taken(time.perf_counter() - due, status))
        writer.close()
        return found

    answered = await asyncio.gather(*(one_line(place) for place in range(CONNECTIONS)))
    return [taken for each in answered for taken in each]


async def _burst(port: int, path: str, notices: int) -> list[Taken]:
    """All at the same moment, each on a connection of its own."""
    requests = [_request(path) for _each in range(notices)]
    begin = time.perf_counter()

    async def one(content: bytes) -> Taken:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(content)
            status = await asyncio.wait_for(_answer(reader), 60)
            writer.close()
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            status = 0
        return Taken(time.perf_counter() - begin, status)

    return list(await asyncio.gather(*(one(content) for content in requests)))
