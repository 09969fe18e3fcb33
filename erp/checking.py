"""`erp check`: what plugins hold to be true of their figures, looked at in every tenant; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import cast

import sqlalchemy as sa

from erp import context, prepare
from erp.context import acting
from erp.data.base import session
from erp.data.organisation import Company, each_tenant
from erp.errors import SetupError
from erp.hooks import CHECK, marked

MOST = 20
"""Differences named of one check in one tenant."""


@dataclass(frozen=True)
class Check:
    """A function of a plugin's `checks.py`."""

    name: str
    """plugin.function"""
    title: str
    differences: Callable[[], Iterable[str]]


def checks(name: str = "") -> list[Check]:
    """All checks, those of a plugin, or the one named `plugin.check`; raises SetupError when there is none."""
    found = []
    for plugin in prepare.loaded().values():
        if "checks" in plugin.modules:
            for own, function, _mark in marked(plugin.modules["checks"], CHECK):
                title = (getattr(function, "__doc__", "") or own).strip().partition("\n")[0]
                found.append(Check(f"{plugin.name}.{own}", title, cast("Callable[[], Iterable[str]]", function)))
    chosen = [each for each in found if name in {"", each.name, each.name.partition(".")[0]}]
    if not chosen:
        known = ", ".join(sorted({each.name for each in found})) or "none"
        raise SetupError(f"There is no check {name}. There are: {known}.")
    return chosen


def differences(name: str = "") -> Iterator[str]:
    """A line for each difference, tenant by tenant; at most MOST of one check in one tenant, and how it went on."""
    chosen = checks(name)
    for tenant_id in each_tenant():
        tenant = context.current()
        called = session().scalar(sa.select(Company.name).order_by(Company.id).limit(1)) or str(tenant_id)
        for each in chosen:
            with acting(source="system"):
                found = list(islice(each.differences(), MOST + 1))
            yield from (f"{called}: {each.name}: {line}" for line in found[:MOST])
            if len(found) > MOST:
                yield f"{called}: {each.name}: and more."
            session.remove()
            context.enter(tenant)
