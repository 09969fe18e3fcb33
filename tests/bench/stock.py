"""Goods by the thousand: moves with valuation and journal beside bare rows, and levels over a million moves."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from erp import create, session, transaction
from erp.data.organisation import today
from erp.provision import Provision
from plugins.accounting.api import choose_chart, keeps_books
from plugins.stock.api import Movement, Source, Step, as_of, home, on_hand, place, post_many
from tests.bench import bare_rows
from tests.bench.bare_rows import DOCUMENTS, LINES
from tests.bench.lists import median
from tests.bench.site import Site

ROUNDS = 9
MOVES, PRODUCTS = 1_000_000, 10_000
FILL_PRODUCTS = """
insert into product (tenant_id, name, code, kind, uom_id, unit_price, version, created_at, created_by, updated_at,
  updated_by, extra)
select :tenant, 'Bench ' || g, 'BENCH-' || g, 'goods',
  (select id from unit where tenant_id = :tenant and code = 'piece'), 1, 1, now(), '', now(), '', '{}'
from generate_series(1, :count) g
"""
FILL_MOVES = """
insert into stock_move (tenant_id, product_id, from_location_id, to_location_id, quantity, value, event, moved_on,
  moved_at, note, source_type, source_id, source_line, source_key, version, created_at, created_by, updated_at,
  updated_by, extra)
select :tenant, :first + g % :products, case when g % 20 < 11 then :outside else :here end,
  case when g % 20 < 11 then :here else :outside end, 1, 1, 'goods_received', current_date - (g * 400 / :count)::int,
  now(), '', '', 0, '', '', 1, now(), '', now(), '', '{}'
from generate_series(1, :count) g
"""
FILL_LEVELS = """
insert into stock_level (tenant_id, product_id, location_id, quantity, reserved, is_negative, is_serial)
select :tenant, product_id, :here, n, 0, n < 0, false from (
  select product_id, sum(case when to_location_id = :here then quantity else -quantity end) as n from stock_move
  where tenant_id = :tenant and product_id between :first and :first + :products - 1 group by product_id) s
"""


def measure(site: Site) -> dict[str, float]:
    """stock.moves_vs_bare: rows a second ÷ bare, 1 and 8 clients; on_hand_growth: 1,000,000 ÷ 1,000; as_of_s."""
    assert site.app
    _become_keeper(site)
    if not keeps_books():
        choose_chart("general", today().replace(month=1, day=1))
    found = {
        "stock.moves_vs_bare": _against_bare(site, 1),
        "stock.moves_vs_bare_8": _against_bare(site, 8),
    }
    return found | _over_a_million(site)


def _become_keeper(site: Site) -> None:
    with Provision(site.url) as owner:
        site.user_id = owner.person("keeper", "Kim Keeper", "secret of the bench")
        owner.member(site.user_id, site.place, "Kim Keeper", ["TENANT_OWNER", "TENANT_MANAGER"])
    site.act()


def _against_bare(site: Site, clients: int) -> float:
    """How many times faster bare rows are: both in turn, by so many at once, each with products of their own."""
    ends = place("supplier").id, home().id, place("customer").id
    posting, inserting = (
        [[create("product", {"name": f"Lamp {n}-{m}-{clients}"}).id for m in range(LINES)] for n in range(clients)]
        for _way in range(2)
    )
    known = bare_rows.known()
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + 1):
        before = _written(site)
        posted = _at_once(site, [lambda own=own, turn=turn: _post(own, ends, turn) for own in posting])
        between = _written(site)
        deeds = [lambda own=own, turn=turn: bare_rows.insert(own, ends, turn, known) for own in inserting]
        bare = _at_once(site, deeds)
        assert _less(between, before) == _less(_written(site), between), "bare must write as many rows"
        if turn:
            taken[0].append(posted)
            taken[1].append(bare)
    return statistics.median(taken[1]) / statistics.median(taken[0])


def _written(site: Site) -> list[int]:
    """Rows of every table a posting writes."""
    return [site.run_sql(f"select count(*) from {name}")[0][0] for name in bare_rows.TABLES]


def _less(now: list[int], before: list[int]) -> list[int]:
    return [one - other for one, other in zip(now, before, strict=True)]


def _at_once(site: Site, deeds: list[Callable[[], Any]]) -> float:
    """Seconds until all are done, each in a thread and session of its own."""
    start = threading.Barrier(len(deeds) + 1)

    def run(deed: Callable[[], Any]) -> None:
        site.act()
        session().connection()
        start.wait()
        deed()
        session.remove()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


def _post(products: list[int], ends: tuple[int, int, int], turn: int) -> None:
    supplier, here, customer = ends
    steps = []
    for n in range(DOCUMENTS):
        comes = n % 2 == 0
        steps.append(Step(
            [
                Movement(each, supplier if comes else here, here if comes else customer, Decimal(2 if comes else 1),
                         value=Decimal("19.99") if comes else None)
                for each in products
            ],
            today(), Source("bench", products[0] * 1_000_000 + turn * 1000 + n, "", f"Document {n}"),
        ))  # fmt: skip
    with transaction():
        post_many(steps)


def _over_a_million(site: Site) -> dict[str, float]:
    tenant, here, outside = site.place.tenant_id, home().id, place("supplier").id
    own = {"tenant": tenant, "here": here, "outside": outside}
    site.run_sql(FILL_PRODUCTS, tenant=tenant, count=PRODUCTS + 2)
    first = site.run_sql("select min(id) from product where code like 'BENCH-%'")[0][0]
    few, many = first + PRODUCTS, first + PRODUCTS + 1
    for product, count in ((few, 1000), (many, MOVES)):
        site.run_sql(FILL_MOVES, **own, first=product, products=1, count=count)
    site.run_sql(FILL_MOVES, **own, first=first, products=PRODUCTS, count=MOVES)
    site.run_sql(FILL_LEVELS, **own, first=first, products=PRODUCTS + 2)
    site.vacuum("stock_move", "stock_level", "product")
    site.act()
    assert on_hand(few) > 0
    seconds = [median(lambda product=product: on_hand(product), 300) for product in (few, many, few, many)]
    start = time.perf_counter()
    told = as_of(today() - timedelta(days=200), range(first, first + PRODUCTS))
    taken = time.perf_counter() - start
    assert len(told) > PRODUCTS / 2
    return {"stock.on_hand_growth": min(seconds[1::2]) / min(seconds[::2]), "stock.as_of_s": taken}
