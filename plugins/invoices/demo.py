"""A year of invoices to the companies among the customers: most are paid, some late, some credited."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from erp import clock, session
from plugins.invoices.api import credit
from plugins.parties.models import Party

TYPE = "invoice"
WHO = "Wanjiku Kamau"
INVOICES = 30
RECENT = timedelta(days=10)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORK: tuple[tuple[str, str, str, int], ...] = (
    ("Maintenance of the devices, monthly", "piece", "1", 18500),
    ("Calibrate pulse monitors", "hour", "4.5", 3200),
    ("Clean and align cameras", "hour", "6", 3800),
    ("Sensor cable", "piece", "3", 2600),
    ("Laptop battery", "piece", "2", 12400),
    ("Solid state drive 1 TB", "piece", "4", 10900),
    ("Collection and delivery in Nairobi", "piece", "2", 1200),
)
LAYOUT = {
    "name": "Invoices",
    "payment_terms": "net_30",
    "bank_details": "Equity Bank, Westlands branch\nSavanna Repairs Ltd, account 0123 4567 8901",
    "footer": "Registered in Nairobi, C.123456 · Goods stay ours until they are paid.",
}


@dataclass(frozen=True)
class Colleague:
    """Who keeps the books."""

    username: str = "wanjiku"
    name: str = WHO
    branch: str = "Westlands"
    roles: tuple[str, ...] = ("Accountant",)


PEOPLE = (Colleague(),)
ANSWERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("render_invoice", "render_credit_note"), lambda _request: {}),
    **dict.fromkeys(
        ("send_invoice", "send_invoice_reminder", "send_credit_note"), lambda _request: {"delivered": "mailbox"}
    ),
    "render_receipt": lambda request: {"receipt": request["receipt"]},
}
"""{action: its answer} for the papers nobody will ever look at."""


def load(stage: Any, rng: Random) -> None:
    """Play the year up to now."""
    ends_at = clock.now()
    stage.create(WHO, "invoice_layout", LAYOUT)
    parties = list(session().scalars(sa.select(Party.id).where(Party.kind == "company").order_by(Party.id)))
    moments = sorted(ends_at - DAY * rng.uniform(0.5, 360) for _invoice in range(INVOICES))
    lives = [
        _life(stage, Random(rng.random()), rng.choice(parties), moment, ends_at)  # noqa: S311 - a story, not a secret
        for moment in moments
    ]
    waiting = [(next(life), place, life) for place, life in enumerate(lives)]
    heapq.heapify(waiting)
    while waiting:
        moment, place, life = heapq.heappop(waiting)
        if moment > ends_at - HOUR / 12:
            continue
        with clock.frozen(moment):
            following = next(life, None)
        if following is not None:
            heapq.heappush(waiting, (following, place, life))


def _life(stage: Any, rng: Random, party: int, moment: datetime, ends_at: datetime) -> Iterator[datetime]:
    """One invoice; yields the moment of each next step."""
    papers = ends_at - moment < RECENT
    fate = rng.choice(("paid", "paid", "paid", "late", "late", "returned", "cancelled"))
    yield moment
    terms = rng.choice(("net_14", "net_30", "net_30", "end_of_month"))
    values = {
        "customer": party,
        "payment_terms": terms,
        "lines": _lines(rng),
        "discount": Decimal(rng.choice((0, 0, 0, 5))),
    }
    invoice_id = stage.create(WHO, TYPE, values)
    yield moment + HOUR * rng.uniform(1, 8)
    stage.complete(WHO, invoice_id, "issue", {"decision": "issue"})
    stage.work(invoice_id, papers=papers)
    if "hand_out" in stage.open(invoice_id):
        stage.complete(WHO, invoice_id, "hand_out", {"handed_out": True})
    if fate in {"returned", "cancelled"}:
        yield moment + DAY * rng.uniform(2, 9)
        _credit(stage, invoice_id, whole=fate == "cancelled", papers=papers)
    if fate == "late":
        for week in range(1, 8):
            yield moment + DAY * (7 * week + 1)
            stage.fire(invoice_id, "week_passed")
            stage.work(invoice_id, papers=False)
    if fate != "cancelled":
        yield moment + DAY * rng.uniform(51, 60) if fate == "late" else moment + DAY * rng.uniform(10, 28)
        tendered = stage.look(invoice_id, "total")
        stage.complete(WHO, invoice_id, "collect", {"tendered": tendered, "outcome": "cash"})
        stage.work(invoice_id, papers=papers)


def _lines(rng: Random) -> list[dict[str, Any]]:
    return [
        {"description": text, "uom": uom, "quantity": Decimal(quantity), "unit_price": Decimal(price)}
        for text, uom, quantity, price in rng.sample(WORK, rng.randrange(1, 5))
    ]


def _credit(stage: Any, invoice_id: int, *, whole: bool, papers: bool) -> None:
    """All of an invoice, or one of its first line, is taken back."""
    notes, note = stage.of("credit_note"), credit(invoice_id)
    lines = [{"id": line.id, "quantity": line.quantity} for line in note.lines]
    part = lines if whole else [{**lines[0], "quantity": Decimal(1)}]
    answers = {"decision": "issue", "reason": "wrong" if whole else "returned", "lines": part}
    notes.complete(WHO, note.id, "issue", answers)
    notes.work(note.id, papers=papers)
    if "hand_out" in notes.open(note.id):
        notes.complete(WHO, note.id, "hand_out", {"handed_out": True})
    if whole:
        stage.complete(WHO, invoice_id, "collect", {"tendered": None, "outcome": "check"})
