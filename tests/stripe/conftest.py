"""A shop that charges cards: a simulated Stripe in a process of its own, and our application served on a real socket."""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import httpx
import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from erp import ask, config, session, transaction
from erp.config import ROOT, Settings
from erp.data import vault
from erp.testing.pytest_plugin import Company, Person
from erp.webhooks import address as webhook_address
from plugins.payments.actions import ReadPayment
from plugins.payments.api import give_back, pay_page
from plugins.payments.cards import capture, release
from plugins.payments.ledger import entries_of, figures
from plugins.payments.models import Payment, PaymentEntry, PaymentReview, Refund
from plugins.repairs.models import RepairOrder
from tests.repairs.conftest import Shop

VISA, DECLINED, NO_FUNDS = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 9995"
ASKS, ASKS_TOO = "4000 0027 6000 3184", "4000 0025 0000 3155"
DUE = Decimal(27028)


class Judge:
    """The simulated Stripe from outside: what it was asked, what it did, and how it is to misbehave."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=20)

    def order(self, fault: str, on: str = "", **more: Any) -> None:
        """Misbehave next time."""
        answer = self.http.post("/_sim/fault", json={"fault": fault, "on": on, **more})
        assert answer.status_code == 200, answer.text

    def go_on(self) -> None:
        """Answers that were ordered to be late are given now."""
        self.http.post("/_sim/go_on", json={})

    def state(self) -> dict[str, Any]:
        return dict(self.http.get("/_sim/state").json())

    def log(self, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """Requests to the API, in order."""
        found = self.http.get("/_sim/log").json()
        return [each for each in found if each["method"].startswith(method) and path in each["path"]]

    def later(self, hours: float) -> None:
        self.http.post("/_sim/clock", json={"seconds": hours * 3600})

    def keeps(self, permille: int) -> None:
        """So much of a thousand of every payment."""
        self.http.post("/_sim/fees", json={"permille": permille})

    def settle(self, refund: str, status: str) -> None:
        self.http.post("/_sim/settle", json={"refund": refund, "status": status})

    def tells(self, account: str, url: str, secret: str) -> None:
        """Send the account's events there."""
        self.http.post("/_sim/webhooks", json={"account": account, "url": url, "secret": secret})

    def reset(self) -> None:
        self.http.post("/_sim/reset", json={})


@pytest.fixture(scope="session")
def simulator() -> Iterator[Judge]:
    """One simulated Stripe for this test process."""
    command = [sys.executable, "-m", "plugins.stripe.simulator"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        made = Judge(process.stdout.readline().strip())
        yield made
        made.http.close()
        process.terminate()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def site(app: Flask) -> Iterator[str]:
    """Our application on a socket of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def judge(simulator: Judge, settings: Settings, site: str) -> Iterator[Judge]:
    """The simulated Stripe, holding nothing yet."""
    simulator.reset()
    config.use(replace(settings, services=(("stripe", simulator.url),), base_url=site))
    yield simulator
    config.use(settings)


@dataclass
class Till:
    """A shop with an order of 27,028.00, its credentials at Stripe, and short ways to charge a card for it."""

    shop: Shop
    boss: Person
    judge: Judge
    account: str
    webhook_secret: str
    webhook_url: str
    run_jobs: Callable[[], int]
    truth: Callable[..., list[Any]]
    told: Callable[..., None]

    @property
    def order_id(self) -> int:
        return self.shop.order_id

    def asks(self, amount: Decimal = DUE, purpose: str = "sale", return_url: str = "/link/x") -> str:
        """The counter asks for a card; returns our address of the page, and the page is made."""
        with self.boss.acting(), transaction():
            order = session().get_one(RepairOrder, self.order_id)
            url = pay_page(order, order.customer, amount, purpose=purpose, return_url=return_url)
        self.work()
        return url

    def work(self) -> None:
        """Workers do what is due."""
        self.run_jobs()

    def payment(self) -> Payment:
        """The newest payment, as it is now."""
        with self.boss.acting():
            return session().query(Payment).order_by(Payment.id.desc()).limit(1).one()

    def pays(self, card: str = VISA, answer: str = "") -> httpx.Response:
        """The customer types a card on the provider's page, and answers the bank if it asks."""
        page = httpx.post(self.payment().page_url, data={"number": card}, timeout=20)
        if page.headers.get("Location", "").startswith("/bank/"):
            page = httpx.post(self.judge.url + page.headers["Location"], data={"answer": answer}) if answer else page
        return page

    def looks(self, *, adopt: bool = False) -> None:
        """Our books are compared with the provider's."""
        payment_id = self.payment().id
        with self.boss.acting(), transaction():
            ask(session().get_one(Payment, payment_id), ReadPayment, f"look:{secrets.token_hex(6)}", adopt=adopt)
        self.work()

    def captures(self, amount: Decimal | None = None) -> None:
        payment = self.payment()
        with self.boss.acting(), transaction():
            capture(payment.id, payment.authorised_amount if amount is None else amount)

    def releases(self) -> None:
        payment_id = self.payment().id
        with self.boss.acting(), transaction():
            release(payment_id)

    def gives_back(self, amount: Decimal | int, reason: str = "requested_by_customer") -> int:
        payment_id = self.payment().id
        with self.boss.acting(), transaction():
            return give_back(payment_id, Decimal(amount), reason).id

    def refunds(self) -> list[Refund]:
        with self.boss.acting():
            return session().query(Refund).order_by(Refund.id).all()

    def reviews(self) -> list[tuple[str, str]]:
        """(kind, resolution) of what people have to look at."""
        with self.boss.acting():
            return [(each.kind, each.resolution) for each in session().query(PaymentReview).order_by(PaymentReview.id)]

    def entries(self) -> list[str]:
        """Kinds of the newest payment's ledger; its figures must be their sums."""
        payment = self.payment()
        with self.boss.acting():
            entries = entries_of(payment.id)
            found = figures(entries)
            assert (found.held, found.captured, found.refunded, found.pending, found.status) == (
                payment.authorised_amount, payment.paid_amount, payment.refunded_amount, payment.pending_amount,
                payment.status,
            )  # fmt: skip
            return [entry.kind for entry in entries]

    def entry(self, place: int) -> PaymentEntry:
        """An entry of the newest payment's ledger."""
        payment_id = self.payment().id
        with self.boss.acting():
            return entries_of(payment_id)[place]

    def held(self, amount: Decimal = DUE) -> None:
        """A deposit is held on a card, and we know."""
        self.asks(amount, "deposit")
        self.pays()
        self.looks()
        assert self.payment().status == "authorised"

    def paid(self, amount: Decimal = DUE) -> None:
        """A card is charged, and we know."""
        self.asks(amount)
        self.pays()
        self.looks()
        assert self.payment().status == "paid"

    def jobs(self, kind: str = "call") -> list[Any]:
        """The tenant's rows of a kind."""
        return self.truth(
            "select * from job where kind = :kind and tenant_id = :tenant order by id",
            kind=kind,
            tenant=self.boss.place.tenant_id,
        )

    def due_now(self) -> None:
        """What waits for its next attempt is due, and done."""
        waiting = [row.id for kind in ("call", "webhook") for row in self.jobs(kind) if row.state == "waiting"]
        self.hurry(waiting)
        self.work()

    def hurry(self, ids: list[int]) -> None:
        """Rows wait no longer."""
        self.told("update job set due_at = now() where id = any(:ids)", ids=ids)


@pytest.fixture
def till(
    company: Company, judge: Judge, site: str, run_jobs: Callable[[], int], truth: Callable[..., list[Any]], told: Any
) -> Till:
    """The till of a shop that has just connected to Stripe."""
    grace, daniel = company.person("Counter", name="Grace Njeri"), company.person("Technician", name="Daniel Otieno")
    boss = company.person("TENANT_MANAGER", "Counter", name="Amos Kariuki")
    shop = Shop(grace, daniel, run_jobs)
    shop.receive()
    shop.inspect()
    shop.quote()
    shop.decide("accept")
    account, secret = f"sk_test_{secrets.token_hex(12)}", f"whsec_{secrets.token_hex(16)}"
    with boss.acting(), transaction():
        vault.put("stripe", "secret_key", account)
        vault.put("stripe", "webhook_secret", secret)
        url = webhook_address("stripe", site)
    return Till(shop, boss, judge, account, secret, url, run_jobs, truth, told)


@pytest.fixture
def told(database: str) -> Callable[..., None]:
    """What an administrator would do, as the superuser."""
    import sqlalchemy as sa

    def change(statement: str, **values: Any) -> None:
        engine = sa.create_engine(database, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.execute(sa.text(statement), values)
        engine.dispose()

    return change
