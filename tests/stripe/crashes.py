"""Captures and refunds whose processes or database are killed on the way; the simulated Stripe's own log is the judge."""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import psycopg

from erp import ask, config, create, session, transaction
from erp.access import enter_as
from erp.config import ROOT, Settings
from erp.data import base, vault
from erp.jobs import worker
from erp.provision import Provision
from erp.webhooks import address as webhook_address
from plugins.payments.actions import ReadPayment
from plugins.payments.api import pay_page, payments_of
from plugins.payments.models import Payment
from plugins.repairs.models import RepairOrder
from tests.stripe.crashing import CALLS, DATABASE, DATABASE_NOTICES, NOTICES, Point

VISA = "4242424242424242"
HELD, BACK, PARTS = Decimal(50), Decimal("1.25"), 20
"""What is held and taken, what is given back at a time, and how often of one payment."""
PATIENCE = 60
"""Seconds within which everything is done after a kill."""


@dataclass(frozen=True)
class Run:
    """One kill: while what is done, at which point, and who dies; without a point the answer is lost on the way."""

    what: str
    point: str
    victim: str = "process"

    def __str__(self) -> str:
        return f"{self.what}, {self.point or 'answer lost'}, {self.victim}"


def every_run() -> list[Run]:
    """Each named point once."""
    found = [Run(what, point) for what in ("capture", "refund") for point in ("", *CALLS)]
    found += [Run(what, point, "database") for what in ("capture", "refund") for point in DATABASE]
    found += [Run("capture", point) for point in NOTICES]
    return found + [Run("capture", point, "database") for point in DATABASE_NOTICES]


def some_runs(seed: int) -> list[Run]:
    """A few of them: of captures, refunds and notices four kills of a process and one of the database each."""
    rng, kinds = random.Random(seed), dict[tuple[str, bool, str], list[Run]]()
    for run in every_run():
        kinds.setdefault((run.what, run.point in NOTICES, run.victim), []).append(run)
    return [run for kind, of_it in kinds.items() for run in rng.sample(of_it, 1 if kind[2] == "database" else 4)]


@dataclass
class Tally:
    """What the runs came to."""

    runs: int = 0
    duplicates: int = 0
    lost: int = 0
    notes: list[str] = field(default_factory=list)


class Wreck:
    """A company that charges cards, the simulated Stripe it does so through, and processes to be killed."""

    def __init__(self, settings: Settings, stripe_url: str, mother: subprocess.Popen[str]) -> None:
        self.settings, self.stripe, self.mother = settings, httpx.Client(base_url=stripe_url, timeout=20), mother
        assert mother.stdout is not None
        self.web = f"http://127.0.0.1:{mother.stdout.readline().strip()}"
        self.account = f"sk_test_{secrets.token_hex(12)}"
        self.secret = f"whsec_{secrets.token_hex(16)}"
        assert settings.database_url is not None
        with Provision(settings.database_url) as owner:
            place = owner.tenant("Crash Ltd", f"crash-{secrets.token_hex(6)}", currency="KES", country="KE",
                                 timezone="Africa/Nairobi")  # fmt: skip
            self.user = owner.person(f"crash-{secrets.token_hex(4)}", "Amos Kariuki", secrets.token_urlsafe(12))
            owner.member(self.user, place, "Amos Kariuki", ["TENANT_MANAGER", "Counter"])
        self.tenant = place.tenant_id
        self.paid = self.parts = 0
        self._open()

    def _open(self) -> None:
        self.act()
        party = create("party", {"name": "Amina Hassan"})
        self.order = create("repair_order", {"customer": party.id, "item": "Canon", "fault": "Error 20"}).id
        with transaction():
            vault.put("stripe", "secret_key", self.account)
            vault.put("stripe", "webhook_secret", self.secret)
            self.hook = webhook_address("stripe", self.web)
        self.sql("update repair_order set total = 1000000 where id = %s", self.order)
        self.sql("delete from job where tenant_id = %s", self.tenant)
        for what in ("capture", "refund"):  # what the mother has done once, her children do quickly
            payment, amount = self._to_act_on(what)
            self.order_of(do="ask", what=what, payment=payment, amount=str(amount), stays=True)
            self.order_of(do="work", stays=True)

    # -- the world outside ----------------------------------------------------------------------------------

    def act(self) -> None:
        """Act as the company's one person."""
        session.remove()
        assert enter_as(self.user, self.tenant, source="web") is not None

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Read or change as the superuser, once the database is there."""
        url = (self.settings.database_url or "").replace("+psycopg", "")
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with psycopg.connect(url, autocommit=True) as connection:
                    result = connection.execute(statement.encode(), values)
                    return result.fetchall() if result.description else []
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def order_of(self, **order: Any) -> int:
        """Have the mother fork a child; returns its process id."""
        assert self.mother.stdin is not None
        assert self.mother.stdout is not None
        self.mother.stdin.write(json.dumps({"user": self.user, "tenant": self.tenant, **order}) + "\n")
        self.mother.stdin.flush()
        return int(self.mother.stdout.readline())

    def over(self, pid: int) -> None:
        """Wait until a child has ended."""
        deadline = time.monotonic() + PATIENCE
        while Path("/proc", str(pid)).exists():
            assert time.monotonic() < deadline, f"{pid} goes on"
            time.sleep(0.01)

    def state(self) -> dict[str, Any]:
        """What the simulated Stripe holds."""
        return dict(self.stripe.get("/_sim/state").json())

    def paid_by_card(self, purpose: str, amount: Decimal) -> int:
        """A new payment, held or paid; its id."""
        self.act()
        with transaction():
            order = session().get_one(RepairOrder, self.order)
            pay_page(order, order.customer, amount, purpose=purpose)
        self._drain()
        self.act()
        payment = payments_of(session().get_one(RepairOrder, self.order))[-1]
        httpx.post(payment.page_url, data={"number": VISA}, timeout=20)
        with transaction():
            ask(session().get_one(Payment, payment.id), ReadPayment, f"look:{secrets.token_hex(6)}")
        self._drain()
        return payment.id

    def _drain(self) -> None:
        for (job_id,) in self.sql(
            "select id from job where tenant_id = %s and state = 'waiting' order by id", self.tenant
        ):
            worker.run(job_id)

    # -- one run --------------------------------------------------------------------------------------------

    def carry_out(self, run: Run, tally: Tally) -> None:
        """Kill once, let the rest go on, and ask the judge."""
        point = {**CALLS, **NOTICES}.get(run.point)
        payment, amount = self._to_act_on(run.what)
        reference = self.sql("select provider_reference from payment where id = %s", payment)[0][0]
        before = self._done(run.what, reference)
        wanted = {"what": run.what, "payment": payment, "amount": str(amount)}
        if run.point in NOTICES:
            assert point is not None
            self._told(run, point, wanted, reference)
        else:
            self._asked(run, point, wanted)
        self._recover()
        tally.runs += 1
        done = self._done(run.what, reference) - before
        tally.duplicates += max(0, done - 1)
        if problems := self._problems(payment, reference, done):
            tally.lost += 1
            tally.notes.append(f"{run}: {', '.join(problems)}")

    def _to_act_on(self, what: str) -> tuple[int, Decimal]:
        """A payment whose hold is taken, or one of which a part is given back; and the amount."""
        if what == "capture":
            return self.paid_by_card("deposit", HELD), HELD
        if self.parts % PARTS == 0:
            self.paid = self.paid_by_card("sale", BACK * PARTS)
        self.parts += 1
        return self.paid, BACK

    def _asked(self, run: Run, point: Point | None, wanted: dict[str, Any]) -> None:
        bomb = {"point": run.point, "victim": run.victim}
        is_asking = point is not None and point.who == "ask"
        self.over(self.order_of(do="ask", **wanted, **(bomb if is_asking else {})))
        while not self._is_asked():  # whoever saw no answer presses the button again
            self.over(self.order_of(do="ask", **wanted))
        if point is None:
            line = "POST /v1/refunds" if run.what == "refund" else "POST /v1/payment_intents"
            self.stripe.post("/_sim/fault", json={"fault": "lose_answer", "on": line})
        if not is_asking:
            self.over(self.order_of(do="work", **bomb))

    def _is_asked(self) -> bool:
        asked = "select 1 from job where tenant_id = %s and state <> 'done' and subject in ('payment', 'refund')"
        return bool(self.sql(asked, self.tenant))

    def _told(self, run: Run, point: Point, wanted: dict[str, Any], reference: str) -> None:
        """The capture's answer is lost, so that the notice alone brings the news."""
        account = {"secret_key": self.account, "webhook_secret": self.secret}
        self.stripe.post("/_sim/connect", json={"credentials": account, "webhook": self.hook})
        bomb = {"point": run.point, "victim": run.victim}
        sent = len(self.state()["sent"])
        web = self.order_of(do="web", **(bomb if point.who == "web" else {}))
        self.over(self.order_of(do="ask", **wanted))
        self.stripe.post("/_sim/fault", json={"fault": "lose_answer", "on": "POST /v1/payment_intents"})
        (call,) = self.sql(
            "select id from job where tenant_id = %s and state = 'waiting' and subject in ('payment', 'refund')",
            self.tenant,
        )[0]
        self.act()
        worker.run(call)
        if point.who == "web" and run.victim == "process":
            self.over(web)
            web = self.order_of(do="web")
        self._until_sent(sent, reference)
        if point.who == "work":
            self.over(self.order_of(do="work", **bomb))
        os.kill(web, 9)
        self.over(web)
        self.stripe.post("/_sim/connect", json={"credentials": account, "webhook": ""})

    def _until_sent(self, since: int, reference: str) -> None:
        deadline = time.monotonic() + PATIENCE
        known = {each["id"] for each in self.state()["events"] if each["data"]["object"]["id"] == reference}
        while not any(e["status"] == 200 and e["event_id"] in known for e in self.state()["sent"][since:]):
            assert time.monotonic() < deadline, "the notice did not get through"
            time.sleep(0.1)

    def _recover(self) -> None:
        """Workers go on; what waits for its next attempt does not wait as long as in real life."""
        base.session.remove()
        deadline = time.monotonic() + PATIENCE
        while self.sql(
            "select 1 from job where tenant_id = %s and state in ('waiting', 'running') limit 1", self.tenant
        ):
            assert time.monotonic() < deadline, "something is stuck"
            self.sql("update job set due_at = now() where tenant_id = %s and state = 'waiting'", self.tenant)
            self.over(self.order_of(do="work"))

    # -- the judge ------------------------------------------------------------------------------------------

    def _done(self, what: str, reference: str) -> int:
        """How often the provider really did it, replays left out."""
        log = self.stripe.get("/_sim/log").json()
        real = [each for each in log if each["method"] == "POST" and each["carried_out"] and not each["is_replay"]]
        if what == "capture":
            return sum(each["path"] == f"/v1/payment_intents/{reference}/capture" for each in real)
        return sum(each["path"] == "/v1/refunds" and each["sent"]["payment_intent"] == reference for each in real)

    def _problems(self, payment: int, reference: str, done: int) -> list[str]:
        state = self.state()
        theirs = state["intents"][reference]
        given = sum(each["amount"] for each in state["refunds"].values() if each["payment_intent"] == reference)
        row = self.sql(
            "select paid_amount, refunded_amount, pending_amount, under_way, authorised_amount from payment"
            " where id = %s", payment,
        )[0]  # fmt: skip
        facts = {
            "carried out once": done == 1,
            "paid as there": row[0] * 100 == theirs["amount_received"],
            "given back as there": row[1] * 100 == given,
            "nothing pending": row[2] == 0 and row[3] == "" and row[4] * 100 == theirs["amount_capturable"],
            "no failed job": not self.sql(
                "select 1 from job where tenant_id = %s and state = 'failed'", self.tenant
            ),
            "nothing to look at": not self.sql(
                "select 1 from payment_review where tenant_id = %s and resolution = ''", self.tenant
            ),
            "one entry each": not self.sql(
                "select 1 from payment_entry where payment_id = %s and refund_id is null group by kind having count(*) > 1",
                payment,
            ),
        }  # fmt: skip
        return [f"not {name}" for name, holds in facts.items() if not holds]


@contextmanager
def wrecked(settings: Settings, log: Path) -> Iterator[Wreck]:
    """The company with its processes, for an installation this process is prepared for."""
    simulator = [sys.executable, "-m", "plugins.stripe.simulator"]
    with subprocess.Popen(simulator, cwd=ROOT, stdout=subprocess.PIPE, text=True) as playing:
        assert playing.stdout is not None
        url = playing.stdout.readline().strip()
        env = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": settings.database_url or "",
            "SECRET_KEY": settings.secret_key, "MILLRACE_VAR": str(settings.var), "SERVICES": f"stripe={url}",
        }  # fmt: skip
        config.use(replace(settings, services=(("stripe", url),)))
        command = [sys.executable, "-m", "tests.stripe.crashing"]
        with log.open("ab") as output, subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, text=True
        ) as mother:  # fmt: skip
            wreck = Wreck(settings, url, mother)
            try:
                yield wreck
            finally:
                wreck.stripe.close()
                config.use(settings)
                mother.kill()
                playing.kill()
