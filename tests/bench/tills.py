"""A till's checkout: three lines sold for cash with stock, number, money and books, beside bare rows and by the hundred.

By the hundred it goes through the web server as the house starts it, each client a till of its own.
"""

from __future__ import annotations

import http.client
import json
import re
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from erp import clock, create, session, transaction
from erp.data.organisation import today
from erp.provision import Provision
from erp.run import redis
from plugins.accounting.api import choose_chart
from plugins.accounting.models import Account, FiscalPeriod, Journal, JournalEntry, JournalLine
from plugins.pos import registering
from plugins.pos.ledgers import PosSale
from plugins.pos.models import CashSession
from plugins.sales.models import Sale, SaleLine, SaleTender
from plugins.stock.api import Movement, home, place, post
from plugins.stock.models import StockLevel, StockMove
from tests.bench.lists import counted
from tests.bench.notices import busy, served
from tests.bench.purchases import tryton
from tests.bench.site import Site

PRODUCTS, LINES, TIMES, SECONDS = 60, 3, 200, 8.0
JSON = {"Accept": "application/json"}


@dataclass
class Counter:
    """A browser that is a till, by its cookies and its token."""

    client: Any
    token: str
    place: int

    def post(self, path: str, sent: object) -> Any:
        """What it is answered; anything but success ends the measurement."""
        answer = self.client.post(f"/till/{path}", json=sent, headers={**JSON, "X-CSRFToken": self.token})
        assert answer.status_code == 200, answer.text
        return answer.json

    def headers(self) -> dict[str, str]:
        """The same for a connection of its own."""
        cookies = "; ".join(f"{each.key}={each.value}" for each in self.client._cookies.values())
        return {**JSON, "Cookie": cookies, "X-CSRFToken": self.token, "Content-Type": "application/json"}


def measure(site: Site) -> dict[str, float]:
    """pos.checkout_*: one till in this process; pos.per_s_*: through the web server; vs_tryton_8 where PEER_HOME is set."""
    assert site.app
    products, terminals = _shop(site)
    counters = [_counter(site, terminal, place) for place, terminal in enumerate(terminals)]
    found = _one(site, counters[0], products) | _served(site, counters, products)
    if peer := tryton("pos_post"):  # with goods and books, as ours
        found["pos.tryton_per_s_8"] = peer
        found["pos.vs_tryton_8"] = found["pos.per_s_8"] / peer
    return found


def _shop(site: Site) -> tuple[list[int], list[int]]:
    """Goods on the shelf, books that are kept, and nine tills."""
    with Provision(site.url) as owner:
        site.user_id = owner.person("till", "Tina Till", "secret of the bench")
        owner.member(site.user_id, site.place, "Tina Till", ["TENANT_OWNER", "TENANT_MANAGER"])
    site.act()
    choose_chart("general", today().replace(month=1, day=1))
    made = [create("product", {"name": f"Till {n}", "unit_price": Decimal(100)}).id for n in range(PRODUCTS)]
    shelf, outside = home().id, place("supplier").id
    post([Movement(each, outside, shelf, Decimal(10**6), value=Decimal(10**7)) for each in made], on=today())
    return made, [create("terminal", {"name": f"Bench {n}", "location": shelf}).id for n in range(9)]


def _counter(site: Site, terminal_id: int, place_: int) -> Counter:
    client = site.client()
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/profile/").text)
    assert token is not None
    site.act()
    counter = Counter(client, token[1], place_)
    counter.post("register", {"code": registering.make_code(terminal_id)})
    counter.post("sessions", {"float": {}})
    return counter


def _cart(products: list[int], turn: int) -> dict[str, Any]:
    lines = [{"product_id": products[(turn * LINES + n) % len(products)], "quantity": 1} for n in range(LINES)]
    return {"uuid": str(uuid4()), "lines": lines, "tenders": [{"kind": "cash", "tendered": "500"}]}


def _one(site: Site, counter: Counter, products: list[int]) -> dict[str, float]:
    """Server side, without the network; the bare rows in turn with it."""
    for turn in range(20):
        counter.post("checkout", _cart(products, turn))
    with counted() as statements:
        counter.post("checkout", _cart(products, 1))
    site.act()
    rows = _bare_rows(counter, products)
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(TIMES):
        start = time.perf_counter()
        counter.post("checkout", _cart(products, turn))
        taken[0].append(time.perf_counter() - start)
        site.act()
        start = time.perf_counter()
        _bare(rows)
        taken[1].append(time.perf_counter() - start)
    ours, bare = (sorted(each) for each in taken)
    return {
        "pos.checkout_ms_p95_1": ours[int(TIMES * 0.95)] * 1000,
        "pos.checkout_vs_bare": ours[TIMES // 2] / bare[TIMES // 2],
        "pos.checkout_queries": len(statements),
    }


def _bare_rows(counter: Counter, products: list[int]) -> list[tuple[Any, list[dict[str, Any]]]]:
    """The rows a checkout leaves, with keys of real ones: (table, rows)."""
    mine = session().scalars(sa.select(CashSession).order_by(CashSession.id).limit(1)).one()
    shelf, outside, day, now = home().id, place("customer").id, today(), clock.now()
    covers = FiscalPeriod.starts_on <= day, FiscalPeriod.ends_on >= day
    period = session().scalars(sa.select(FiscalPeriod.id).where(*covers)).one()
    account, journal = (session().scalars(sa.select(cls.id).limit(1)).one() for cls in (Account, Journal))
    money = {"net": Decimal(100), "tax": Decimal(16), "total": Decimal(116)}
    head = {"sold_at": now, "sold_on": day, "subtotal": Decimal(300), "tax": Decimal(48), "total": Decimal(348)}
    entry = {"journal_id": journal, "period_id": period, "entry_date": day, "text": "bare", "posted_at": now}
    return [
        (Sale, [head]),
        (SaleLine, [{"description": "bare", "quantity": 1, "unit_price": 100, **money} for _line in range(LINES)]),
        (SaleTender, [{"kind": "cash", "amount": Decimal(348)}]),
        (PosSale, [{"session_id": mine.id, "terminal_id": mine.terminal_id}]),
        (StockMove, _moves(products, shelf, outside, day)),
        (JournalEntry, [{**entry, "source_type": f"bare {n}", "event": "bare"} for n in range(2)]),
        (JournalLine, [{"account_id": account, "amount": Decimal(-1) ** n} for n in range(8)]),
    ]


def _moves(products: list[int], shelf: int, outside: int, day: date) -> list[dict[str, Any]]:
    return [
        {"product_id": each, "from_location_id": shelf, "to_location_id": outside, "quantity": Decimal(1),
         "value": Decimal(10), "event": "goods_issued", "moved_on": day}
        for each in products[:LINES]
    ]  # fmt: skip


def _bare(rows: list[tuple[Any, list[dict[str, Any]]]]) -> None:
    """The same rows by bulk insert through the same session, role and guard, and the levels that change."""
    with transaction():
        sale_id, entries = 0, list[int]()
        for cls, given in rows:
            wanted = [dict(each) for each in given]
            for place_, each in enumerate(wanted):
                if cls in {SaleLine, SaleTender}:
                    each.update(document_id=sale_id, position=place_)
                elif cls is PosSale:
                    each.update(uuid=str(uuid4()), sale_id=sale_id)
                elif cls is JournalEntry:
                    each.update(source_id=sale_id, number=uuid4().hex)
                elif cls is JournalLine:
                    each.update(document_id=entries[place_ // 4], position=place_)
            if cls is Sale:
                sale_id = session().scalars(sa.insert(cls).returning(cls.id), wanted).one()
            elif cls in {JournalEntry, JournalLine}:  # the database judges lines by the statement
                made = list(session().scalars(sa.insert(cls).returning(cls.id), wanted))
                entries = entries or made
            else:
                session().execute(sa.insert(cls), wanted)
        products = [each["product_id"] for each in rows[4][1]]
        session().execute(sa.update(StockLevel).where(StockLevel.product_id.in_(products)).values(reserved=0))


def _served(site: Site, counters: list[Counter], products: list[int]) -> dict[str, float]:
    with (
        tempfile.TemporaryDirectory() as folder,
        redis.running(Path(folder) / "redis") as redis_url,
        served(site, Path(folder), redis_url) as (port, web),
    ):
        _sold(port, counters[:8], products, 2.0)  # every thread has its connections and statements now
        before = busy(web) + _database_busy(site)
        alone = _sold(port, counters[:1], products, SECONDS)
        used = busy(web) + _database_busy(site) - before
        together = _sold(port, counters[:8], products, SECONDS)
    return {
        "pos.per_s_1": alone / SECONDS, "pos.per_s_8": together / SECONDS, "pos.cpu_ms": used * 1000 / max(alone, 1),
    }  # fmt: skip


def _sold(port: int, counters: list[Counter], products: list[int], seconds: float) -> int:
    """How many sales so many tills make, each one after the other."""
    until, made = time.perf_counter() + seconds, [0] * len(counters)

    def work(counter: Counter) -> None:
        line, turn = http.client.HTTPConnection("127.0.0.1", port), counter.place * 7
        while time.perf_counter() < until:
            line.request("POST", "/till/checkout", json.dumps(_cart(products, turn)), counter.headers())
            answer = line.getresponse()
            told = answer.read()
            assert answer.status == 200, told
            turn += 1
            made[counters.index(counter)] += 1
        line.close()

    threads = [threading.Thread(target=work, args=(each,)) for each in counters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(made)


def _database_busy(site: Site) -> float:
    """Seconds of processor time the server's processes have used so far."""
    leader = int(site.run_sql("select pg_read_file('postmaster.pid')")[0][0].split()[0])
    return busy(leader)
