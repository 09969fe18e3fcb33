"""The people of `load`, threads of a process of its own: cashiers at tills and colleagues at desks, at a human pace.

Plan in, what happened out, both JSON: `python -m tests.bench.crowd plan.json`.
"""

from __future__ import annotations

import gzip
import http.client
import json
import random
import re
import sys
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

PACKED = {"Accept-Encoding": "gzip"}
JSON = {**PACKED, "Accept": "application/json", "Content-Type": "application/json"}
FORM = {**PACKED, "Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
SALE_EVERY, LOOK_EVERY = (8.0, 12.0), (3.0, 5.0)
"""Seconds from one customer to the next, and from one look or click at a desk to the next."""
SILENT = 1.5
"""Seconds after which a browser opens a new connection: gunicorn closes silent ones after two."""
OK, SEEN_ELSEWHERE = (200,), (302, 303)
FLOAT = 2000


class Refused(Exception):
    """An answer nobody expected; it is written down already."""


@dataclass
class Told:
    """What happened to all of them."""

    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """{kind of request: milliseconds of each}"""
    errors: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)


class Browser:
    """One person's connection, kept open while they are busy."""

    def __init__(self, port: int, headers: Mapping[str, str], told: Told) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers, self._told, self._used = dict(headers), told, 0.0

    def ask(
        self,
        kind: str,
        path: str,
        sent: bytes | None = None,
        *,
        looks: Mapping[str, str] = FORM,
        expects: Collection[int] = OK,
    ) -> bytes:
        """The body of an answer, its time kept under `kind`; what is sent is posted. Raises Refused."""
        if time.monotonic() - self._used > SILENT:
            self._line.close()
        began = time.perf_counter()
        try:
            self._line.request("GET" if sent is None else "POST", path, sent, {**self._headers, **looks})
            answer = self._line.getresponse()
            body = answer.read()
            is_packed = answer.getheader("Content-Encoding") == "gzip"
        except (OSError, http.client.HTTPException) as error:
            self._line.close()
            raise self.wrong(path, repr(error)) from error
        self._used = time.monotonic()
        self._told.taken[kind].append((time.perf_counter() - began) * 1000)
        body = gzip.decompress(body) if is_packed else body
        if answer.status not in expects:
            raise self.wrong(path, f"{answer.status} {body[:400].decode(errors='replace')}")
        return body

    def ask_json(self, kind: str, path: str, sent: Any = None) -> Any:
        """The same of the till's JSON."""
        body = None if sent is None else json.dumps(sent).encode()
        return json.loads(self.ask(kind, f"/till/{path}", body, looks=JSON))

    def wrong(self, path: str, what: str) -> Refused:
        """Write down what should not have happened."""
        self._told.errors.append(f"{path}: {what}")
        return Refused(path)

    def did(self, what: str) -> None:
        """Count what was done."""
        self._told.done[what] += 1


@dataclass
class Till:
    """A cashier: a customer every eight to twelve seconds; some pay by phone or card, some bring things back."""

    browser: Browser
    products: Sequence[int]
    customers: Sequence[int]
    rng: random.Random
    drawer: Decimal = Decimal(FLOAT)
    receipts: list[str] = field(default_factory=list)
    """Of sales nothing of which came back yet."""

    def opened(self) -> None:
        """The page, what it loads, and a session with a float."""
        self.browser.ask("page", "/till/")
        self.browser.ask_json("page", "state")
        self.browser.ask_json("catalogue", "catalogue")
        self.browser.ask_json("session", "sessions", {"float": {"1": FLOAT}})

    def turn(self) -> None:
        """One customer."""
        chance = self.rng.random()
        if chance < 0.04 and self.receipts:
            self._take_back()
        elif chance < 0.08:
            self._hold_and_recall()
        elif chance < 0.10:
            self.browser.ask_json("x", "sessions/current/x")
        self._sell(self._scanned())

    def closed(self) -> None:
        """Counted and closed: what is in the drawer is what the books say."""
        told = self.browser.ask_json("session", "sessions/current/close", {"counted": {"1": int(self.drawer)}})
        if Decimal(told["difference"]):
            self.browser.wrong("close", f"{told['number']}: {told['difference']} too much or too little")

    def _scanned(self) -> list[dict[str, Any]]:
        """One to five things; every third is one of the twenty everybody buys."""
        found = []
        for _line in range(self.rng.randint(1, 5)):
            among = self.products[:20] if self.rng.random() < 0.33 else self.products
            found.append({"product_id": self.rng.choice(among), "quantity": self.rng.choice((1, 1, 1, 2, 3))})
        return found

    def _sell(self, lines: Sequence[Mapping[str, Any]]) -> None:
        kind = self.rng.choice(("cash", "cash", "cash", "mpesa", "card_machine"))
        cart: dict[str, Any] = {"lines": lines}
        if self.rng.random() < 0.1:
            cart["customer_id"] = self.rng.choice(self.customers)
            self.browser.ask_json("price", "price", {**cart, "cash": kind == "cash"})
        tender = {"kind": kind, "tendered": "100000"} if kind == "cash" else {"kind": kind, "reference": "QJ4X"}
        told = self.browser.ask_json("checkout", "checkout", {**cart, "uuid": str(uuid.uuid4()), "tenders": [tender]})
        self.drawer += Decimal(told["payable"]) if kind == "cash" else 0
        self.receipts.append(told["number"])
        self.browser.did("sales")

    def _take_back(self) -> None:
        """One piece of an earlier sale, by its receipt, for cash."""
        number = self.receipts.pop(self.rng.randrange(len(self.receipts)))
        found = self.browser.ask_json("receipt", f"receipts/{number}")
        line = {"sale_line_id": found["lines"][0]["sale_line_id"], "quantity": 1, "reason": "returned"}
        sent = {"uuid": str(uuid.uuid4()), "sale_id": found["sale"], "lines": [line], "tenders": [{"kind": "cash"}]}
        self.drawer -= Decimal(self.browser.ask_json("return", "returns", sent)["total"])
        self.browser.did("returns")

    def _hold_and_recall(self) -> None:
        """A customer forgot the milk; the next one is served meanwhile."""
        hold = self.browser.ask_json(
            "hold", "holds", {"name": "Milk", "total": "1", "cart": {"lines": self._scanned()}}
        )
        self._sell(self._scanned())
        cart = self.browser.ask_json("hold", f"holds/{hold['id']}/take", {})["cart"]
        self._sell(cart["lines"])
        self.browser.did("holds")


@dataclass
class Desk:
    """A colleague in the office: a list, the same narrowed, a document of it, a task of a repair; over and over."""

    browser: Browser
    orders: list[int]
    """Repairs whose tasks are theirs."""
    documents: Mapping[str, int]
    """{type: how many were there before}"""
    customers: Sequence[int]
    rng: random.Random
    steps: int = 0
    type_name: str = "sale"
    seen: list[int] = field(default_factory=list)
    """Documents of the list they look at."""

    def turn(self) -> None:
        """The next look or click."""
        at, self.steps = self.steps % 4, self.steps + 1
        (self._list, self._narrow, self._open, self._task)[at]()

    def _list(self) -> None:
        self.type_name = self.rng.choice(sorted(self.documents))
        self._look("")

    def _narrow(self) -> None:
        """Search for a number, or narrow to a customer, a state or what is large."""
        count = self.documents[self.type_name]
        conditions = {
            "sale": {"channel__in": "counter", "total__gt": "200"},
            "repair_order": {"state__in": "in_repair"},
            "invoice": {"due_on__within": "last_30_days"},
        }
        chosen = self.rng.choice((
            {"q": f"{PREFIXES[self.type_name]}-{self.rng.randint(1, count)}"},
            {"customer__in": str(self.rng.choice(self.customers))},
            conditions[self.type_name],
        ))  # fmt: skip
        self._look("?" + urlencode(chosen))

    def _look(self, asked: str) -> None:
        page = self.browser.ask("list", f"/{self.type_name}/{asked}").decode()
        self.seen = [int(each) for each in re.findall(rf'href="/{self.type_name}/(\d+)"', page)] or self.seen
        self.browser.did("lists")

    def _open(self) -> None:
        if self.seen:
            self.browser.ask("document", f"/{self.type_name}/{self.rng.choice(self.seen)}")
            self.browser.did("documents")
        self.seen = []

    def _task(self) -> None:
        """The open task of the next repair: inspected, and the next time quoted."""
        path = f"/repair_order/{self.orders[0]}"
        task = re.search(r'href="(/task/\d+|/inbox/\d+)"', self.browser.ask("document", path).decode())
        if task is None:
            raise self.browser.wrong(path, "no task of mine is open")
        form = self.browser.ask("form", task[1]).decode()
        version = re.search(r'name="version" value="(\d+)"', form)
        answers = QUOTED if 'name="promised_on"' in form else INSPECTED
        if answers is QUOTED:
            self.orders.pop(0)
        sent = urlencode({**answers, "version": version[1] if version else ""}).encode()
        self.browser.ask("task", task[1], sent, expects=SEEN_ELSEWHERE)
        self.browser.ask("document", path)
        self.browser.did("tasks")


PREFIXES = {"sale": "LS", "repair_order": "BN", "invoice": "LI"}
INSPECTED = {"findings": "The shutter is worn", "verdict": "repairable"}
QUOTED = {
    "lines-0-kind": "labour", "lines-0-description": "Shutter, replaced", "lines-0-quantity": "1",
    "lines-0-unit_price": "4500", "promised_on": "2099-01-15", "email": "amina@example.com",
}  # fmt: skip


def busy(turn: Callable[[], None], pause: tuple[float, float], rng: random.Random, until: float) -> None:
    """Do it again and again with pauses; who is refused goes on with the next."""
    time.sleep(rng.uniform(0, pause[1]))  # nobody begins at the same moment
    while time.monotonic() < until:
        with suppress(Refused):
            turn()
        time.sleep(rng.uniform(*pause))


def sold(till: Till, until: float) -> None:
    """A cashier's day until the drawer is counted."""
    busy(till.turn, SALE_EVERY, till.rng, until)
    with suppress(Refused):
        till.closed()


def opened(plan: Mapping[str, Any], told: Told) -> list[Till]:
    """The tills, their sessions opened one after the other before anybody comes in."""
    found = []
    for place, headers in enumerate(plan["tills"]):
        browser = Browser(plan["port"], headers, told)
        till = Till(browser, plan["products"], plan["customers"], random.Random(place))
        with suppress(Refused):
            till.opened()
            found.append(till)
    return found


def main() -> None:
    """Play the plan and tell."""
    plan, told = json.loads(Path(sys.argv[1]).read_text()), Told()
    tills, until = opened(plan, told), time.monotonic() + plan["seconds"]
    threads = [threading.Thread(target=sold, args=(till, until)) for till in tills]
    for place, each in enumerate(plan["desks"]):
        browser, rng = Browser(plan["port"], each["headers"], told), random.Random(100 + place)
        desk = Desk(browser, each["orders"], plan["documents"], plan["customers"], rng)
        threads.append(threading.Thread(target=busy, args=(desk.turn, LOOK_EVERY, rng, until)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"taken": told.taken, "errors": told.errors, "done": told.done}))


if __name__ == "__main__":
    main()
