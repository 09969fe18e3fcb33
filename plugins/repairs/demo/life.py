"""The life of one repair order: who does what when, as it happens in a shop."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from random import Random
from typing import Any

from plugins.repairs.demo.shelf import LABOUR, PRICES, Item
from plugins.repairs.demo.stage import Stage

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OPENS, CLOSES, NAIROBI = 8, 18, timedelta(hours=3)
TYPE = "repair_order"
PRINTED = 10 * DAY
"""Papers of orders that came in so lately are made: those that somebody still looks at."""
COUNTER = {"Westlands": ("Grace Njeri",), "Mombasa": ("Salim Bakari",)}
BENCH = {"Westlands": ("Daniel Otieno", "Mary Wanjiku"), "Mombasa": ("Zainab Omar",)}


def in_hours(moment: datetime) -> datetime:
    """The moment, or the next opening: Monday to Saturday, 8 to 18 in Nairobi."""
    here = moment + NAIROBI
    if here.hour >= CLOSES:
        here = here.replace(hour=OPENS, minute=here.minute) + DAY
    if here.hour < OPENS:
        here = here.replace(hour=OPENS)
    if here.weekday() == 6:
        here = here.replace(hour=OPENS) + DAY
    return here - NAIROBI


@dataclass(frozen=True)
class Fate:
    """What becomes of an order where chance does not decide."""

    kind: str = ""
    """unrepairable | declined | silent (never answers) | keen (accepts at once) | more (waits with a second quote) |
    refused (declines the second quote) | forgotten (never collects)"""
    stops_at: str = ""
    """State after which nobody has done anything yet."""
    fails: str = ""
    """Action of a call that fails for good; the order stays stuck there."""


@dataclass
class Life:
    """One order from the counter to its end; each step is a moment to wait for and then something done."""

    stage: Stage
    rng: Random
    products: dict[str, int]
    party_id: int
    party_name: str
    item: Item
    branch: str
    received_at: datetime
    ends_at: datetime
    order_id: int = 0
    now: datetime = field(init=False)
    fate: Fate = field(default_factory=Fate)
    is_stuck: bool = False
    is_waiting: bool = False
    discount: int = field(init=False)

    def __post_init__(self) -> None:
        self.now, self.discount = self.received_at, self.rng.choice((0, 0, 0, 0, 5, 10))

    def run(self) -> Iterator[datetime]:
        """Yields the moment of each next step; whoever drives it sets the clock to it first."""
        yield self._at(self.received_at)
        self._receive()
        yield self._after(2, 30)
        verdict, is_covered = self._inspected()
        if verdict == "unrepairable":
            yield from self._returned()
            return
        if not is_covered:
            yield self._after(0.5, 8)
            self._quote()
            accepted = yield from self._decided()
            if not accepted:
                yield from self._returned()
                return
            yield from self._deposited()
            yield from self._found_more()
        yield from self._repaired(is_covered=is_covered)
        if self.fate.kind == "forgotten":
            yield from self._forgotten()
            return
        yield from self._collected()

    @property
    def is_over(self) -> bool:
        """Whether nobody goes on with it, though it may not be at its end."""
        if self.is_stuck or self.is_waiting:
            return True
        return bool(self.stage.look(self.order_id, "state") == (self.fate.stops_at or None))

    # -- when --------------------------------------------------------------------------------------------

    def _at(self, moment: datetime) -> datetime:
        self.now = in_hours(moment)
        return self.now

    def _after(self, least: float, most: float) -> datetime:
        return self._at(self.now + HOUR * self.rng.uniform(least, most))

    # -- what --------------------------------------------------------------------------------------------

    def _do(self, who: str, element: str, **answers: Any) -> None:
        self.stage.complete(who, self.order_id, element, answers)

    def _counter(self) -> str:
        return self.rng.choice(COUNTER[self.branch])

    def _technician(self) -> str:
        return self.rng.choice(BENCH[self.branch])

    def _receive(self) -> None:
        rng, item = self.rng, self.item
        digits = "".join(str(rng.randrange(10)) if sign == "#" else sign for sign in item.serial)
        values = {
            "customer": self.party_id,
            "item": item.name,
            "serial": digits,
            "fault": item.fault,
            "condition": rng.choice(("As new", "Light scratches", "Scratched, one dent", "Worn but complete")),
            "accessories": item.accessories or None,
            "storage": f"Shelf {rng.choice('ABCD')}{rng.randrange(1, 7)}, box {rng.randrange(1, 30)}",
            "promised_on": (self.now + DAY * rng.randrange(5, 12)).date(),
        }
        self.order_id = self.stage.create(self._counter(), TYPE, values)

    def _inspected(self) -> tuple[str, bool]:
        is_beyond = self.rng.random() < 0.07 if not self.fate.kind else self.fate.kind == "unrepairable"
        verdict = "unrepairable" if is_beyond else "repairable"
        is_covered = not self.fate.kind and not is_beyond and self.rng.random() < 0.08
        findings = self.item.findings if verdict == "repairable" else "Beyond repair: the board is broken"
        condition = self.stage.look(self.order_id, "condition")
        self._do(
            self._technician(),
            "inspect",
            findings=findings,
            condition=condition,
            **self._warranty(is_covered),
            verdict=verdict,
        )
        return verdict, is_covered

    def _warranty(self, is_covered: bool) -> dict[str, Any]:
        """What the technician knows of the warranty."""
        if is_covered:
            bought, kind = self.now - DAY * self.rng.randrange(40, 360), "defect"
        elif self.rng.random() < 0.07:
            bought, kind = self.now - DAY * self.rng.randrange(380, 700), "defect"
        else:
            bought = self.now - DAY * self.rng.randrange(30, 2000)
            kind = self.rng.choice(("accident", "wear", "liquid", "wear"))
        return {"fault_kind": kind, "purchased_on": bought.date(), "has_proof": kind == "defect"}

    def _quote(self, *more: dict[str, Any]) -> None:
        self._do(
            self._counter(),
            "prepare_quote",
            lines=[*self._lines(), *more],
            promised_on=(self.now + DAY * self.rng.randrange(4, 11)).date(),
            email=self.stage.look(self.order_id, "email"),
            inspection_fee=Decimal(1500),
            quote_note=None,
        )
        self._calls()

    def _lines(self) -> list[dict[str, Any]]:
        hours = {"L-DIAG": Decimal(1), self.item.labour: Decimal(self.item.hours)}
        amounts = {**hours, **{code: Decimal(1) for code in self.item.parts}}
        discount = Decimal(self.discount)
        return [
            {
                "kind": "labour" if code in LABOUR else "part",
                "product": self.products[code],
                "description": PRICES[code][0] if code in LABOUR else f"{PRICES[code][0]} {code}",
                "quantity": amount,
                "unit_price": Decimal(PRICES[code][1]),
                "discount": Decimal(0) if code in LABOUR else discount,
            }
            for code, amount in amounts.items()
        ]

    def _calls(self) -> None:
        papers = self.fate != Fate() and self.ends_at - self.received_at < PRINTED
        self.is_stuck = self.stage.work(self.order_id, fails=self.fate.fails, papers=papers)

    def _decided(self) -> Generator[datetime, None, bool]:
        """Whether the customer accepts."""
        by_link = "decide_quote" in self.stage.open(self.order_id)
        waits = HOUR * self.rng.choice((1, 2, 3, 5, 8, 20, 26, 44, 70, 95, 130) if not self.fate.kind else (1, 2, 3, 5))
        answers = {"decision": "accept", "decline_reason": None, "decline_note": None}
        if self.rng.random() < 0.1 if not self.fate.kind else self.fate.kind == "declined":
            answers |= {"decision": "decline", "decline_reason": self.rng.choice(("price", "time", "replaced"))}
        if not by_link:
            yield self._after(1, 26)
            self._do(self._counter(), "record_decision", email=self.stage.look(self.order_id, "email"), **answers)
            return answers["decision"] == "accept"
        asked = self.now
        if self.fate.kind == "silent" or (not self.fate.kind and self.rng.random() < 0.03):
            waits = DAY * 20
        if waits > 2 * DAY:
            self.now = asked + 2 * DAY
            yield self.now
            self.stage.fire(self.order_id, "reminder_due")
            self._calls()
        if waits > 14 * DAY:
            self.now = asked + 14 * DAY
            yield self.now
            self.stage.fire(self.order_id, "quote_expired")
            return False
        self.now = asked + waits
        yield self.now
        self.stage.complete(f"{self.party_name} (link)", self.order_id, "decide_quote", answers)
        return answers["decision"] == "accept"

    def _deposited(self) -> Iterator[datetime]:
        """Dear work waits for its deposit."""
        if "collect_deposit" not in self.stage.open(self.order_id):
            return
        yield self._after(2, 30)
        paid = {"method": "mpesa", "reference": f"S{self.rng.randrange(10**9):09d}"}
        self._do(self._counter(), "collect_deposit", outcome="pay", **paid)
        self._calls()

    def _found_more(self) -> Iterator[datetime]:
        """Some items need more than was seen at first: the customer is asked again."""
        if self.fate.kind not in {"more", "refused"} and (self.fate.kind or self.rng.random() > 0.06):
            return
        yield self._after(4, 60)
        needed = "The seal beneath is torn as well"
        self._do(self._technician(), "repair", outcome="more", more_needed=needed)
        yield self._after(0.5, 5)
        seal = {"kind": "part", "description": "Seal", "quantity": Decimal(1), "unit_price": Decimal(1900)}
        self._quote(seal)
        if self.fate.kind == "more":
            self.is_waiting = True
            return
        yield self._after(1, 30)
        element = "decide_quote" if "decide_quote" in self.stage.open(self.order_id) else "record_decision"
        who = f"{self.party_name} (link)" if element == "decide_quote" else self._counter()
        if self.fate.kind != "refused":
            self.stage.complete(who, self.order_id, element, {"decision": "accept"})
            yield from self._deposited()
            return
        self.stage.complete(who, self.order_id, element, {"decision": "decline", "decline_reason": "price"})
        yield self._after(1, 5)
        self._do(self._counter(), "settle_declined", decision="finish", settle_note="Leaves the seal as it is")

    def _forgotten(self) -> Iterator[datetime]:
        """Nobody comes for it: reminders go out."""
        ready = self.now
        for days in (30, 60, 90):
            self.now = ready + days * DAY + HOUR
            yield self.now
            self.stage.fire(self.order_id, "thirty_days")
            self._calls()

    def _repaired(self, *, is_covered: bool) -> Iterator[datetime]:
        for turn in range(3):
            yield self._after(4, 90)
            place = f"Ready {self.rng.randrange(1, 20)}"
            used = {"lines": self._lines()} if is_covered and turn == 0 else {}
            self._do(self._technician(), "repair", work_done=self.item.work, storage=place, **used)
            yield self._after(1, 10)
            passes = turn == 2 or self.rng.random() < 0.9
            checks = {"fault_gone": passes, "works": True, "complete": True}
            note = "Tried for twenty minutes" if passes else "The fault comes back when it is warm"
            quality = "pass" if passes else "rework"
            self._do(self._technician(), "check_quality", quality=quality, quality_note=note, **checks)
            if passes:
                break
        self._calls()
        if "phone_customer" in self.stage.open(self.order_id):
            yield self._after(0.5, 8)
            self._do(self._counter(), "phone_customer", call_note="Comes this week")

    def _collected(self) -> Iterator[datetime]:
        yield self._after(3, 24 * self.rng.choice((1, 2, 3, 5, 9)))
        someone = {"collected_by": self.rng.choice((None, None, None, None, "A neighbour")), "handed_over": True}
        if "hand_over" in self.stage.open(self.order_id):
            self._do(self._counter(), "hand_over", **someone)
            return
        total: Decimal = self.stage.look(self.order_id, "total")
        tendered = (total / 500).quantize(Decimal(1), rounding=ROUND_UP) * 500
        self._do(self._counter(), "take_payment", tendered=tendered, **someone)
        self._calls()

    def _returned(self) -> Iterator[datetime]:
        if "settle_unrepairable" in self.stage.open(self.order_id):
            yield self._after(1, 20)
            self._do(self._counter(), "settle_unrepairable", outcome="returned")
        yield self._after(20, 120)
        if "take_payment" in self.stage.open(self.order_id):
            self._do(self._counter(), "take_payment", tendered=Decimal(2000), handed_over=True)
            self._calls()
            return
        self._do(self._counter(), "return_item", handed_over=True, collected_by=None)
