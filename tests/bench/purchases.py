"""Purchases a second through HTTP, every step a user takes: drawn up, submitted, received; beside Tryton where it is."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from erp import create
from erp.data.organisation import today
from erp.provision import Provision
from plugins.accounting.api import choose_chart
from tests.bench.site import PASSWORD, Site

PRODUCTS, SUPPLIERS, LINES = 300, 20, 3
CLIENTS, TURNS = 8, 3
USED = 200
"""What was done before it is measured."""
SECONDS = int(os.environ.get("BENCH_SECONDS", "12"))
PEER = Path("tryton") / "bench_tryton.py"


class Client:
    """Somebody who buys, on a connection that stays open."""

    def __init__(self, port: int, token: str = "") -> None:
        self._web = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def sign_in(self, username: str = "buyer") -> str:
        """A token, which says at every request who asks; signing in is limited by the minute."""
        sent = {"username": username, "password": PASSWORD}
        return str(self.send("/api/v1/security/login", sent)["access_token"])

    def send(self, path: str, body: Any = None) -> Any:
        """What is answered; a body is posted."""
        sent = None if body is None else json.dumps(body)
        self._web.request("GET" if body is None else "POST", path, sent, self._headers)
        answer = self._web.getresponse()
        told = json.loads(answer.read())
        assert answer.status < 300, (path, answer.status, told)
        return told

    def make(self, type_name: str, **values: Any) -> Any:
        """A document that is made."""
        return self.send(f"/api/v1/{type_name}/", values)

    def do(self, before: Any, **answers: Any) -> Any:
        """Do the one task that an answer says is open; what is answered then."""
        (task,) = before["open_tasks"]
        return self.send(f"/api/v1/task/{task['id']}/complete", {"answers": answers})


class Goods:
    """What is bought from whom."""

    def __init__(self, site: Site) -> None:
        site.act()
        self.suppliers = [create("party", {"name": f"Supplier {n}", "is_supplier": True}).id for n in range(SUPPLIERS)]
        self.products = [create("product", {"name": f"Bought {n}"}).id for n in range(PRODUCTS)]


def measure(site: Site) -> dict[str, float]:
    """purchase.per_s_1 and per_s_8; vs_tryton_8 where PEER_HOME is set."""
    assert site.app is not None
    with Provision(site.url) as owner:
        site.user_id = owner.person("buyer", "Bea Buyer", PASSWORD)
        owner.member(site.user_id, site.place, "Bea Buyer", ["TENANT_MANAGER", "TENANT_OWNER"])
    site.act()
    choose_chart("kenya", today().replace(month=1, day=1))
    goods = Goods(site)
    with serving(site) as port:
        token = Client(port).sign_in()
        buying = [partial(buy, Client(port, token), goods) for _each in range(CLIENTS)]
        break_in(site, buying)
        return {"purchase.per_s_1": per_second(buying[:1])} | beside_tryton(
            "purchase", "purchase", partial(per_second, buying)
        )


@contextmanager
def serving(site: Site) -> Iterator[int]:
    """The port on which the application is served as it is installed: gunicorn with two processes."""
    port = _free_port()
    folder = tempfile.TemporaryDirectory()
    home = Path(folder.name)
    env = {
        **os.environ, "DATABASE_URL": site.url, "MILLRACE_VAR": str(home), "SECRET_KEY": secrets.token_hex(32),
        "PLANS": "measured=1000000000",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "erp.app:create_app()", "--config", "python:erp.run.serving",
               "--bind", f"127.0.0.1:{port}", "--timeout", "120", "--keep-alive", "60"]  # fmt: skip
    with folder, (home / "web.log").open("w") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            try:
                _await(port, server)
            except (AssertionError, TimeoutError) as error:
                error.add_note((home / "web.log").read_text()[-2000:])
                raise
            yield port
        finally:
            server.terminate()
            server.wait(30)


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    for _again in range(600):
        assert server.poll() is None, "the server ended at once"
        with suppress(OSError, http.client.HTTPException, AssertionError, ValueError):
            Client(port).send("/health/live")
            return
        time.sleep(0.2)
    raise TimeoutError("the server does not answer")


def per_second(deeds: Sequence[Callable[[random.Random], None]]) -> float:
    """How often a second people do what they do over and over, all at once."""
    for deed in deeds:
        deed(random.Random(1))
    done = itertools.count()
    until = time.perf_counter() + SECONDS
    wrong: list[BaseException] = []

    def work(deed: Callable[[random.Random], None], seed: int) -> None:
        rng = random.Random(seed)
        try:
            while time.perf_counter() < until:
                deed(rng)
                next(done)
        except BaseException as error:
            wrong.append(error)

    begun = time.perf_counter()
    threads = [threading.Thread(target=work, args=(deed, seed)) for seed, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[0]
    return next(done) / (time.perf_counter() - begun)


def break_in(site: Site, deeds: Sequence[Callable[[random.Random], None]]) -> None:
    """A database that has been in use, and statistics as autovacuum keeps them: plans of empty tables read all of them."""
    for turn in range(USED):
        deeds[turn % len(deeds)](random.Random(turn))
    site.vacuum(*(name for (name,) in site.run_sql("select relname from pg_stat_user_tables where n_tup_ins > 0")))


def buy(buyer: Client, goods: Goods, rng: random.Random) -> None:
    """One purchase of three lines, as in the peer: drawn up, submitted and sent; received onto the shelf."""
    lines = [
        {"product": product, "description": "Goods", "quantity": "2", "unit_price": "5"}
        for product in rng.sample(goods.products, LINES)
    ]
    order = buyer.make("purchase_order", supplier=rng.choice(goods.suppliers), lines=lines)
    buyer.do(order, decision="submit")
    receipt = buyer.make("goods_receipt", order=order["id"])
    buyer.do(receipt, decision="receive")


def beside_tryton(name: str, case: str, ours: Callable[[], float]) -> dict[str, float]:
    """What eight clients get done a second here and, where Tryton is, there: in turn, as a machine's speed changes."""
    own, theirs = ours(), tryton(case)
    if not theirs:
        return {f"{name}.per_s_8": own}
    turns = [(own, theirs), *((ours(), tryton(case)) for _again in range(1, TURNS))]
    own, theirs = (sum(each) / TURNS for each in zip(*turns, strict=True))
    return {f"{name}.per_s_8": own, f"{name}.tryton_per_s_8": theirs, f"{name}.vs_tryton_8": own / theirs}


def tryton(case: str) -> float:
    """How often a second Tryton does a case with eight clients, 0 where it is not there."""
    home, tools = os.environ.get("PEER_HOME", ""), os.environ.get("BENCH", "")
    if not home or not tools:
        return 0
    command = [os.environ["TRYPY"], str(Path(tools) / PEER), str(SECONDS), case]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.findall(r'"clients": 8, "per_s": ([\d.]+)', told)
    return float(found[0]) if found else 0
