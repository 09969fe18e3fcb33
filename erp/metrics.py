"""Figures of this host for Prometheus: counted where things happen, kept in files all its processes share.

`PROMETHEUS_MULTIPROC_DIR` names the folder; without it a process counts for itself alone.
"""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, multiprocess, values

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
PROCESS = "MILLRACE_PROCESS"
"""What the supervisor calls a process: a name outlives it, so that a new one goes on counting in the same files."""
_started_as = os.getpid()


def process_name() -> str:
    """Whose files these are: a fork has its own, and the next fork of the same parent goes on with them."""
    name = os.environ.get(PROCESS, "")
    if not name:
        return str(os.getpid())
    return name if os.getpid() == _started_as else f"{name}-fork"


def _keep_in_files() -> None:
    Path(os.environ[FOLDER]).mkdir(mode=0o700, parents=True, exist_ok=True)
    values.ValueClass = values.MultiProcessValue(process_name)  # type: ignore[no-untyped-call]


if FOLDER in os.environ:
    _keep_in_files()

REGISTRY = CollectorRegistry()
REQUESTS = Histogram(
    "millrace_request_seconds", "Requests answered", ("method", "route", "status"), registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)  # fmt: skip


def _statements() -> Counter:
    return Counter("millrace_request_statements", "Statements sent to the database by requests", registry=REGISTRY)


STATEMENTS = _statements()
JOBS = Histogram(
    "millrace_job_seconds", "Jobs run", ("kind", "outcome"), registry=REGISTRY,
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800),
)  # fmt: skip
SIGN_INS = Counter("millrace_sign_ins", "Attempts to sign in", ("outcome",), registry=REGISTRY)
REFUSALS = Counter("millrace_refusals", "What was asked too often", ("limit",), registry=REGISTRY)
WEBHOOKS = Counter("millrace_webhooks", "Notices of outside services", ("provider", "outcome"), registry=REGISTRY)
POOL = Gauge(
    "millrace_database_connections", "Connections in use", ("role",), registry=REGISTRY, multiprocess_mode="livesum"
)


def share() -> None:
    """Count in files of its own from now on: for the fork of a process that has counted nothing, once it is named."""
    global STATEMENTS, _started_as
    _started_as = os.getpid()
    if FOLDER in os.environ:
        _keep_in_files()
        REGISTRY.unregister(STATEMENTS)
        STATEMENTS = _statements()  # it alone has no labels, and has opened where it counts


def begin(folder: Path) -> None:
    """An empty folder for the figures of the processes that are about to start; done once, by what starts them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink()


def died(process: str | int) -> None:
    """What a process that is gone had at the moment counts no more; what it had done still does."""
    if FOLDER in os.environ:
        multiprocess.mark_process_dead(process)  # type: ignore[no-untyped-call]


def collected() -> CollectorRegistry:
    """What all processes of this host have counted, read now."""
    if FOLDER not in os.environ:
        return REGISTRY
    found = CollectorRegistry()
    multiprocess.MultiProcessCollector(found)  # type: ignore[no-untyped-call]
    return found
