"""How often something may be tried: counted in Redis where there is one, else in this process.

People at their work are never counted: an office sits behind one address, and a screen is asked for as often as
somebody clicks. What is counted are guesses, strangers, and the requests of programs.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from flask import Flask, Response, current_app, g

from erp import clock, context, metrics
from erp.errors import ErpError
from erp.i18n import _
from erp.jobs.counts import PARTS, Asked, Counted, CountsAway, SharedCounts

log = logging.getLogger(__name__)
AWAY = timedelta(seconds=5)
"""A Redis that did not answer is left alone so long, so that requests do not wait for it one by one."""
MOST_KEYS = 20_000
"""Counts one process keeps for itself before it drops those that are over."""


@dataclass(frozen=True)
class Limit:
    """So many times in so many seconds."""

    name: str
    most: int
    seconds: int


SIGN_IN = Limit("sign-in", 5, 60)
"""Attempts of one address with one name, both ways in together."""
WRONG = Limit("wrong", 30, 600)
"""Wrong names and passwords of one address: the same word tried on many people. Right ones are not counted."""
WRONG_NAME = Limit("wrong-name", 30, 3600)
"""Wrong passwords for one account from devices it is not known on, all addresses together. Known ones go on."""
DOOR = Limit("door", 2_000, 3600)
"""Pages around signing in, of one address: wide, because a whole office may come to work behind one."""
STRANGER = Limit("stranger", 100, 3600)
"""What nobody needs who has not signed in: addresses that are not there, programs without a valid credential."""
GUESS = Limit("guess", 30, 60)
"""Links of customers that open nothing, of one address."""
LINK = Limit("link", 100, 3600)
"""Openings of one customer's link, from wherever."""
USER = Limit("user", 1_000, 3600)
"""Requests of one user's programs, tokens and keys together; the company's plan says how many."""
RESET = Limit("reset", 3, 3600)
"""Mails with a link to a new password: asked for by one address, and for one account."""


class TooManyRequests(ErpError):
    """This was tried too often; wait a little.

    Wait as many seconds as the header Retry-After says, then send it again.
    """

    status = 429  # type: ignore[assignment]
    code = "too_many_requests"

    def __init__(self, seconds: int) -> None:
        when = _("Try again in %(seconds)s seconds.", seconds=seconds)
        if seconds > 120:
            when = _("Try again in %(minutes)s minutes.", minutes=-(-seconds // 60))
        often = _("This was tried too often.")
        super().__init__(f"{often} {when}", detail={"retry_after": seconds})
        self.seconds = seconds


class OwnCounts:
    """The counts of one process, alike to those in Redis."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, dict[int, int]]] = {}
        self._lock = threading.Lock()

    def take(self, asked: Sequence[Asked], now: int) -> list[Counted]:
        """Count unless one of the limits is reached; `now` in milliseconds."""
        with self._lock:
            if len(self._kept) > MOST_KEYS:
                self._kept = {key: row for key, row in self._kept.items() if _left(row, now)}
            found = [self._look(each, now) for each in asked]
            if all(counted.count + max(each.cost, 1) <= each.most for each, counted in zip(asked, found, strict=True)):
                for each in asked:
                    self._count(each, now)
        return found

    def _look(self, asked: Asked, now: int) -> Counted:
        step = asked.milliseconds // PARTS
        left = _left(self._kept.get(asked.key, (step, {})), now)
        oldest = min(left, default=now // step)
        return Counted(sum(left.values()), -((now - (oldest + PARTS) * step) // 1000))

    def _count(self, asked: Asked, now: int) -> None:
        if asked.cost == 0:
            return
        step = asked.milliseconds // PARTS
        left = _left(self._kept.get(asked.key, (step, {})), now)
        left[now // step] = left.get(now // step, 0) + asked.cost
        self._kept[asked.key] = (step, left)


def _left(row: tuple[int, dict[int, int]], now: int) -> dict[int, int]:
    """The parts of a count that are not over."""
    step, parts = row
    return {part: count for part, count in parts.items() if part > now // step - PARTS}


class Limits:
    """Counters of one process, shared with the others through Redis; a Redis that is away is replaced by memory."""

    def __init__(self) -> None:
        self._own = OwnCounts()
        self._shared: SharedCounts | None = None
        self._away_until: datetime | None = None

    def connect(self, redis_url: str | None) -> None:
        """Count in Redis from now on; nothing is asked of it until the first attempt."""
        self._own, self._away_until = OwnCounts(), None
        self._shared = None if redis_url is None else SharedCounts(redis_url)

    def take(self, limit: Limit, *whose: str, beside: Sequence[tuple[Limit, str]] = ()) -> tuple[int, int]:
        """Count one attempt; (how many are left, seconds until there is more room).

        `beside` are limits that must not be reached either, but are not counted. Raises TooManyRequests.
        """
        asked = [_asked(limit, whose, 1), *(_asked(other, (key,), 0) for other, key in beside)]
        found = self._take(asked, round(clock.now().timestamp() * 1000))
        full = [
            counted.seconds
            for each, counted in zip(asked, found, strict=True)
            if counted.count + max(each.cost, 1) > each.most
        ]
        if full:
            metrics.REFUSALS.labels(limit.name).inc()
            raise TooManyRequests(max(1, *full))
        return limit.most - found[0].count - 1, found[0].seconds

    def _take(self, asked: Sequence[Asked], now: int) -> list[Counted]:
        if self._shared is not None and (self._away_until is None or self._away_until <= clock.now()):
            try:
                found = self._shared.take(asked, now)
            except CountsAway:
                log.warning("Redis is away; attempts are counted in this process for now")
                self._away_until = clock.now() + AWAY
            else:
                self._away_until = None
                return found
        return self._own.take(asked, now)


def _asked(limit: Limit, whose: tuple[str, ...], cost: int) -> Asked:
    return Asked(":".join((limit.name, *whose)), limit.most, limit.seconds * 1000, cost)


def network() -> str:
    """Whose address this request comes from; of the newer ones the half that stands for one household or office."""
    return network_of(context.current().address)


def network_of(text: str) -> str:
    """The same of any address; what is none is itself."""
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if not isinstance(address, IPv6Address):
        return text
    mapped = address.ipv4_mapped
    return str(mapped) if mapped is not None else address.exploded[:19]


limits = Limits()


def init_app(app: Flask) -> None:
    """Answers to programs say how much is left of their limit."""
    app.after_request(_say_what_is_left)


def count_stranger() -> None:
    """One request of somebody nobody knows; raises TooManyRequests."""
    limits.take(STRANGER, network())


def count_user() -> None:
    """One request of the acting user's program, by the plan of their company; raises TooManyRequests."""
    acting = context.current()
    plans = dict(current_app.config["MILLRACE"].plans)
    most = plans.get(acting.plan) or next(iter(plans.values()))
    limit = Limit(USER.name, most, USER.seconds)
    try:
        left, seconds = limits.take(limit, f"{acting.tenant_id}", f"{acting.user_id}")
    except TooManyRequests as error:
        g.rate = (most, 0, error.seconds)
        raise
    g.rate = (most, left, seconds)


def _say_what_is_left(answer: Response) -> Response:
    if "rate" in g:
        names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
        answer.headers.extend({name: str(number) for name, number in zip(names, g.rate, strict=True)})
    return answer
