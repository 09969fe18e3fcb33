"""Marks for background work; `init_app` collects them from the plugins' `jobs.py` and the platform's rooms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from erp.hooks import mark

F = TypeVar("F", bound=Callable[..., Any])
JOB, JOB_IN_PARTS, EVERY = "job", "job in parts", "every"


def job(kind: str) -> Callable[[F], F]:
    """Decorator: `function(claim)` runs rows of this kind, in a transaction that also marks them done."""
    return lambda function: mark(function, JOB, kind)


def job_in_parts(kind: str) -> Callable[[F], F]:
    """Decorator: `function(claim)` runs rows of this kind in transactions of its own, each a `parts.part`."""
    return lambda function: mark(function, JOB_IN_PARTS, kind)


def every(period: timedelta) -> Callable[[F], F]:
    """Decorator: the function runs once a period, as the platform, on one host at a time."""
    return lambda function: mark(function, EVERY, period)
