"""Every address by every way in: nothing of tenant A is read, changed or linked, and each attack works without walls."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import pytest
from flask import Flask

from erp.web.guard import PUBLIC as MARK
from tests.attacks.table import ANSWERED, CHANGED, DIFFERS, MEMBERSHIP, PUBLIC, READ, ROWS, TENANCY, Row
from tests.attacks.ways import BEARER, COOKIE, Address, Truth, Way, addresses, said, sampled
from tests.attacks.worlds import BOTH, ORDER, PLACE, SECRET, World

SAME = {"HEAD": "GET"}


def rows_of(method: str) -> list[Row]:
    return [row for row in ROWS if row.method == method]


def fitting(app: Flask, row: Row, step: int = 1) -> list[Address]:
    return [
        each
        for each in sampled(app, step, crc32(str(row).encode()))
        if (each.view, each.name) == (row.view, row.name) and row.method in (each.rule.methods or ())
    ]


def version_of(seen: Truth, a: World, address: Address) -> int:
    """Of the row that is reached for; tasks belong to the repair order."""
    name = address.type_name or ORDER
    return seen.version(name, a.rows[name])


def ask(way: Way, row: Row, address: Address, a: World, b: World, version: int, method: str = "") -> Any:
    sent = dict(row.sent(a, b, version)) if row.sent is not None else {}
    return way.ask(method or row.method, address.url(a), **sent)


def expected(way: Way, row: Row, address: Address, method: str) -> int:
    is_api = address.rule.rule.startswith("/api/")
    if way.kind != (BEARER if is_api else COOKIE):
        return 302 if not is_api and method in {"GET", "HEAD"} else 401
    needs = [(address.verb, address.type_name)] if address.verb else []
    if row.needs is not None:
        needs.append((row.needs[0], row.needs[1] or address.type_name))
    if not all(pair in way.permissions for pair in needs):
        return 403
    return (row.statuses or {}).get(address.type_name, row.status)


def test_every_address_has_a_row(app: Flask):
    known = {str(row) for row in ROWS} | set(PUBLIC)
    found = {
        f"{method} {each.view}.{each.name}": each.rule.rule
        for each in addresses(app)
        for method in (each.rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {name: rule for name, rule in found.items() if name not in known} == {}, (
        "add a row to tests/attacks/table.py"
    )
    assert known - set(found) == set(), "these rows stand for no address any more"


def test_what_is_public_is_on_the_list(app: Flask):
    for each in addresses(app):
        function = app.view_functions[each.rule.endpoint]
        names = {f"{method} {each.view}.{each.name}" for method in (each.rule.methods or set()) - {"HEAD", "OPTIONS"}}
        assert bool(getattr(function, MARK, False)) == bool(names & set(PUBLIC)), each.rule


@pytest.mark.parametrize("step", [pytest.param(32, id="sample"), pytest.param(1, id="all", marks=pytest.mark.soak)])
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_nothing_of_another_tenant(row: Row, step: int, app: Flask, a: World, b: World, ways: list[Way], seen: Truth):
    """What is made for every type is tried on every 32nd of them, and on others at the next address."""
    before, wrong = seen.of_tenant(a.tenant), []
    for address in fitting(app, row, step):
        version = version_of(seen, a, address)
        for method in ("HEAD", "GET") if row.method == "GET" else (row.method,):
            for way in ways if method != "HEAD" else (ways[0], ways[4]):
                if row.wall == MEMBERSHIP and way.name == BOTH:
                    continue
                answer = ask(way, row, address, a, b, version, method)
                wanted, told = expected(way, row, address, method), said(answer)
                if answer.status_code != wanted or SECRET in told or (PLACE in told and way.name != BOTH):
                    found = (
                        f"{answer.status_code}, not {wanted}" if answer.status_code != wanted else "tells the secret"
                    )
                    wrong.append(f"{way.name}: {method} {address.url(a)}: {found}")
    assert wrong == []
    assert seen.of_tenant(a.tenant) == before
    assert seen.across() == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.wall == TENANCY], ids=str)
def test_each_attack_succeeds_with_the_walls_off(
    row: Row, app: Flask, a: World, b: World, ways, seen: Truth, walls_off
):
    is_api = row.view == "rest" or row.view.endswith("Api")
    way = ways[2] if is_api else ways[0]
    way._token() if way.kind == COOKIE else None
    for address in fitting(app, row):
        if address.type_name and address.type_name not in row.types:
            continue
        version = version_of(seen, a, address)
        guarded = said(ask(way, row, address, a, b, version)) if row.wins == DIFFERS else ""
        with walls_off() as truth:
            before = truth.of_tenant(a.tenant)
            answer = ask(way, row, address, a, b, version)
            told = said(answer)
            assert answer.status_code < 400, f"{address.url(a)}: {told[-3000:]}"
            if row.wins == READ:
                assert SECRET in told, address.url(a)
            elif row.wins == CHANGED:
                assert truth.of_tenant(a.tenant) != before or truth.across(), address.url(a)
            elif row.wins == DIFFERS:
                assert told != guarded
            else:
                assert row.wins == ANSWERED
