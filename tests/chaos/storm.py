"""Many instances of all kinds of processes, driven through two webs while everything around them is killed."""

from __future__ import annotations

import json
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import redis
from sqlalchemy.exc import SQLAlchemyError

from erp import api_keys, create, operations
from erp.config import Settings
from erp.data.base import transaction
from erp.errors import ErpError
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import definitions
from tests.chaos import outside
from tests.chaos.database import Database
from tests.chaos.kinds import Kind, Told
from tests.chaos.mother import DATABASE, KILLS, POINTS, WEBS, Order
from tests.erp.workflow.outside import ORDER
from tests.scenarios.processes import environment

PEOPLE, WORKERS = 4, 2
PATIENCE = 90
"""Seconds without any step, once nobody is killed any more, after which what has not ended stands still."""
SHORT_LIFE, LONG_LIFE = 3.0, 15.0
"""Seconds a process lives at most: one that is killed at any moment, and one that waits for its point."""
SKIPPED = {"web": (0, 0, 0, 1), "work": (0, 0, 0, 1), "relay": (0, 5, 20, 40)}
"""How often a point may be passed before; the relay comes by many times in a second."""
CAMERA = {"item": "Canon EOS R6", "fault": "Error 20"}


@dataclass
class Place:
    """A company whose repair orders run one kind of process."""

    kind: Kind
    company: Company
    person: Person
    customer: int
    key: str
    begun: int = 0

    @property
    def tenant(self) -> int:
        """Its id."""
        return self.person.place.tenant_id


@dataclass
class Slot:
    """A place in the installation that is filled again whenever its process has died."""

    do: str
    place: int
    pid: int = 0
    order: Order = field(default_factory=lambda: Order("web"))
    dies_at: float = 0.0


class Storm:
    """One installation with its companies; `rage` until it is enough, then everything may come to its end."""

    def __init__(self, settings: Settings, places: Sequence[Place], folder: Path, seed: int) -> None:
        assert settings.database_url is not None
        assert settings.redis_url is not None
        self.places = {place.tenant: place for place in places}
        self.database, self.redis_url = Database(settings.database_url), settings.redis_url
        self.rng, self.log, self.kills_log = random.Random(seed), folder / "outside.log", folder / "kills.log"
        self.random_kills: Counter[str] = Counter()
        self.unexpected: list[str] = []
        self.is_over = threading.Event()
        self.seeks = False
        """Whether enough have been killed anywhere, and only points where nobody has died yet are waited for."""
        self.lock = threading.Lock()
        env = environment(settings, REDIS_URL=settings.redis_url) | {
            outside.LOG: str(self.log), KILLS: str(self.kills_log)
        }  # fmt: skip
        with (folder / "children.log").open("ab") as output:
            self.mother = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.mother"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=output, text=True,
            )  # fmt: skip
        first = next(place for place in places if not place.kind.starts_at)
        first.begun = 1
        self._say({
            "tenants": list(self.places), "key": first.key, "path": f"/api/v1/{ORDER}/",
            "order": {**CAMERA, "customer": first.customer},
        })  # fmt: skip
        self.webs = [f"http://127.0.0.1:{port}/api/v1" for port in self._hear()]
        self.slots = [Slot("web", place) for place in range(WEBS)] + [Slot("work", place) for place in range(WORKERS)]
        self.slots.append(Slot("relay", 0))

    # -- the installation ------------------------------------------------------------------------------------

    def _say(self, what: Any) -> None:
        assert self.mother.stdin is not None
        self.mother.stdin.write(json.dumps(what) + "\n")
        self.mother.stdin.flush()

    def _hear(self) -> Any:
        assert self.mother.stdout is not None
        return json.loads(self.mother.stdout.readline())

    def _armed(self, do: str) -> tuple[str, str]:
        """A point at which a process of this kind is to die, and who dies; mostly one that was reached seldom so far.

        One in five is told no point: it is killed at whatever it is doing. Whoever `seeks` is told one that is left.
        """
        mine = [(name, "process") for name, point in POINTS.items() if point.who == do]
        mine += [(name, "database") for name, _victim in mine if name in DATABASE]
        if self.seeks:
            reached = self.kills()
            left = [each for each in mine if not reached[": ".join(each)]]
            return self.rng.choice(left) if left else ("", "process")
        if self.rng.random() < 0.2:
            return "", "process"
        if self.rng.random() < 0.7:
            reached = self.kills()
            mine = sorted(mine, key=lambda each: reached[": ".join(each)])[: 1 + len(mine) // 4]
        return self.rng.choice(mine)

    def fill(self, slot: Slot, *, calm: bool = False) -> None:
        """Start a process where one has died."""
        point, victim = ("", "process") if calm else self._armed(slot.do)
        calm = calm or (self.seeks and not point)
        slot.order = Order(slot.do, slot.place, point, victim, 0 if calm else self.rng.choice(SKIPPED[slot.do]))
        self._say(vars(slot.order))
        slot.pid = self._hear()
        life = LONG_LIFE if point else self.rng.uniform(0.3, SHORT_LIFE)
        slot.dies_at = float("inf") if calm else time.monotonic() + life

    def kill(self, slot: Slot) -> None:
        """Kill a process at whatever it is doing."""
        with suppress(ProcessLookupError):
            os.kill(slot.pid, signal.SIGKILL)

    def kills(self) -> Counter[str]:
        """Kills so far: at each point, and at random moments."""
        lines = self.kills_log.read_text().splitlines() if self.kills_log.exists() else []
        at_points = Counter(": ".join(json.loads(line)) for line in lines)
        return at_points + self.random_kills

    def reached(self) -> int:
        """At how many points somebody has died."""
        return sum(not name.endswith("any moment") for name in self.kills())

    def _rage(self, enough: Callable[[], bool]) -> None:
        next_backend = next_flush = time.monotonic() + 2
        for slot in self.slots:
            slot.dies_at = time.monotonic() + self.rng.uniform(0.3, SHORT_LIFE)
        while not enough():
            self._raise_the_dead()
            for slot in self.slots:
                if time.monotonic() > slot.dies_at:
                    self.random_kills[f"{slot.do}: any moment"] += 1
                    self.kill(slot)
            if not self.seeks and time.monotonic() > next_backend:
                next_backend = time.monotonic() + self.rng.uniform(1, 4)
                self._hurt_database()
            if time.monotonic() > next_flush:
                next_flush = time.monotonic() + self.rng.uniform(1, 4)
                with redis.Redis.from_url(self.redis_url) as connection:
                    connection.flushall()
            time.sleep(0.02)

    def _hurt_database(self) -> None:
        """One connection is cut, or, more seldom, a server process killed: then PostgreSQL ends all and recovers."""
        hard = self.rng.random() < 0.15
        query = "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
        if not hard:
            self.database.ask(f"select pg_terminate_backend(pid) from ({query} order by random() limit 1) one")
        elif found := self.database.ask(f"{query} order by random() limit 1"):
            with suppress(ProcessLookupError):
                os.kill(found[0][0], signal.SIGKILL)
        self.random_kills["database: any moment" if hard else "connection: any moment"] += 1

    # -- people ----------------------------------------------------------------------------------------------

    def run(self, enough: Callable[[], bool], live: int) -> None:
        """Begin `live` instances at a time until it is `enough`, with kills; then let all come to their ends."""
        for slot in self.slots:
            self.fill(slot, calm=True)
        self.enough, self.live = enough, live
        people = [threading.Thread(target=self._work, args=(self.rng.random(),)) for _each in range(PEOPLE)]
        for each in people:
            each.start()
        try:
            self._rage(enough)
            self._settle()
        finally:
            self.is_over.set()
            for each in people:
                each.join()

    def _settle(self) -> None:
        """Nobody is killed any more; what waits for another attempt need not wait as long as in real life."""
        for slot in self.slots:
            self.kill(slot)
        time.sleep(0.2)
        for slot in self.slots:
            self.fill(slot, calm=True)
        done, moved_at = -1, time.monotonic()
        while (self.left() or self._jobs_left()) and time.monotonic() < moved_at + PATIENCE:
            self.database.ask(
                "update job set due_at = now() where state = 'waiting' and attempts > 0 and tenant_id = any(%s)",
                list(self.places),
            )
            if (so_far := self._steps_done()) != done:
                done, moved_at = so_far, time.monotonic()
            self._raise_the_dead(calm=True)
            time.sleep(0.5)

    def _raise_the_dead(self, *, calm: bool = False) -> None:
        """Start a process wherever one has died, as the supervisor does: also one that met a database in recovery."""
        for slot in self.slots:
            if not _is_alive(slot.pid):
                self.fill(slot, calm=calm)

    def _steps_done(self) -> int:
        """What has happened so far, in all instances and in the rows of work."""
        statement = (
            "select (select count(*) from workflow_event where tenant_id = any(%s))"
            " + (select count(*) from job where tenant_id = any(%s) and state = 'done' and kind like 'workflow%%')"
        )
        return int(self.database.ask(statement, list(self.places), list(self.places))[0][0])

    def left(self) -> int:
        """How many instances have been begun and have not ended; one that no row tells of yet counts too."""
        ended = "select count(*) from workflow_instance where status = 'ended' and tenant_id = any(%s)"
        return self.begun - int(self.database.ask(ended, list(self.places))[0][0])

    def _jobs_left(self) -> int:
        """Rows of work that are due soon, or run."""
        due = "state = 'running' or state = 'waiting' and due_at < now() + interval '1 minute'"
        return int(self.database.ask(
            f"select count(*) from job where tenant_id = any(%s) and ({due})", list(self.places))[0][0]
        )  # fmt: skip

    @property
    def begun(self) -> int:
        """How many instances people have begun."""
        return sum(place.begun for place in self.places.values())

    def _work(self, seed: float) -> None:
        rng = random.Random(seed)
        while not self.is_over.is_set():
            try:
                if not self._do_one(rng):
                    time.sleep(0.1)
            except httpx.TransportError:
                time.sleep(0.02)  # the web died under us: whoever saw no answer looks again
            except Exception as error:
                self.unexpected.append(repr(error)[:300])
                time.sleep(0.1)
        self.database.leave()

    def _do_one(self, rng: random.Random) -> bool:
        """Do one task, send one message, or begin one instance; False when there is nothing to do."""
        tenants = list(self.places)
        tasks = self.database.ask(
            "select tenant_id, instance_id, element, id, '' from workflow_task where status = 'open'"
            " and tenant_id = any(%s)", tenants,
        )  # fmt: skip
        waits = self.database.ask(
            "select tenant_id, instance_id, element, name, key from workflow_subscription where tenant_id = any(%s)",
            tenants,
        )
        found = [*tasks, *waits]
        if not self.enough() and len({row[1] for row in found}) < self.live and rng.random() < 0.5:
            self._begin(rng)
            return True
        return any(self._act(rng, *row) for row in rng.sample(found, min(6, len(found))))

    def _begin(self, rng: random.Random) -> None:
        """One more instance, asked for until somebody has answered."""
        with self.lock:
            place = min(self.places.values(), key=lambda each: each.begun)
            place.begun += 1
            number = place.begun
        wanted = {**CAMERA, "customer": place.customer}
        path = f"/{ORDER}/"
        if place.kind.starts_at:
            payload = {"reference": f"Leica {number}", "who": place.customer}
            path, wanted = "/message/", {"name": "order_came", "payload": payload, "message_id": f"begin-{number}"}
        while not self.is_over.is_set():
            with suppress(httpx.TransportError):
                if self._post(rng, place, path, wanted, f"begin-{number}"):
                    return
            time.sleep(0.05)

    def _act(self, rng: random.Random, tenant: int, instance: int, element: str, what: Any, key: str) -> bool:
        place = self.places[tenant]
        deed = place.kind.deeds.get(element)
        if deed is None:
            return False
        told: Told = Counter({
            (row[0], row[1]): row[2] for row in self.database.ask(
                "select kind, element, count(*) from workflow_event where instance_id = %s group by 1, 2", instance)
        })  # fmt: skip
        values = deed.now(element, told)
        if values is None:
            return False
        if isinstance(what, int):
            answers = {name: value if isinstance(value, bool) else str(value) for name, value in values.items()}
            self._post(rng, place, f"/task/{what}/complete", {"answers": answers})
            return True
        message_id = f"{instance}-{element}-{told['received', element]}"
        if element in place.kind.signals:
            self._signal(place, what, dict(values), message_id)
        else:
            sent = {"name": what, "key": key, "payload": dict(values), "message_id": message_id}
            self._post(rng, place, "/message/", sent)
        return True

    def _signal(self, place: Place, name: str, payload: dict[str, Any], message_id: str) -> None:
        """Signals are sent by nobody but processes and this program itself."""
        with suppress(ErpError, SQLAlchemyError), place.person.acting("system"):
            operations.send_signal(name, payload, message_id)

    def _post(self, rng: random.Random, place: Place, path: str, sent: Any, once: str = "") -> bool:
        headers = {"Authorization": f"Bearer {place.key}"} | ({"Idempotency-Key": once} if once else {})
        answer = httpx.post(f"{rng.choice(self.webs)}{path}", json=sent, headers=headers, timeout=20)
        if answer.status_code in (200, 201, 202):
            return True
        # somebody was quicker, or the database was away
        if answer.status_code not in (404, 409, 500, 503):
            self.unexpected.append(f"{place.kind.name}: {path} {answer.status_code} {answer.text[:200]}")
        return False

    def stop(self) -> None:
        """Nobody is left."""
        self.is_over.set()
        for slot in self.slots:
            self.kill(slot)
        for pipe in (self.mother.stdin, self.mother.stdout):
            assert pipe is not None
            pipe.close()
        self.mother.kill()
        self.mother.wait()
        self.database.leave()


def _is_alive(pid: int) -> bool:
    return Path("/proc", str(pid)).exists()


def found(kinds: Sequence[Kind], make_company: Callable[[], Company]) -> list[Place]:
    """A company for each kind, its process published, with somebody who plays every role."""
    places = []
    for kind in kinds:
        company = make_company()
        person = company.person("Counter", "Technician", "TENANT_MANAGER", name=f"Grace {secrets.token_hex(3)}")
        with person.acting("system"), transaction():
            for key in (*kind.calls, ORDER):
                definitions.publish(key, kind.files[key], forms=kind.forms, decisions=kind.decisions)
        with person.acting("system"):
            customer = create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"}).id
            with transaction():
                key = api_keys.issue("Storm")
        places.append(Place(kind, company, person, customer, key))
    return places


@contextmanager
def raised(settings: Settings, places: Sequence[Place], folder: Path, seed: int) -> Iterator[Storm]:
    """The installation for the length of a `with`."""
    storm = Storm(settings, places, folder, seed)
    try:
        yield storm
    finally:
        storm.stop()
