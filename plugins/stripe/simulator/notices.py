"""Sends events to the addresses that asked for them, signed as Stripe signs; misbehaves on request."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TRIES, LONGEST = 24, 3.2
"""How often an event is sent that is not taken, and seconds between two attempts at most: a minute in all."""
FAULTS = ("notice_duplicate", "notice_reorder", "notice_bad_signature", "notice_stale", "notice_lost")
"""Sent three times · sent after the next one · signed with another secret · signed ten minutes ago · not sent."""


@dataclass
class Endpoint:
    """Where an account's events go."""

    account: str
    url: str
    secret: str


@dataclass
class Sent:
    """An attempt to send an event."""

    event_id: str
    kind: str
    url: str
    status: int


def signature(body: bytes, secret: str, at: float) -> str:
    """Stripe's header: the moment and an HMAC-SHA256 over it and the body."""
    moment = int(at)
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


class Notices:
    """One thread that sends in order, and again when it was not taken."""

    def __init__(self, fault: Callable[..., Any]) -> None:
        self._fault = fault
        self._waiting: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self._held: list[tuple[str, dict[str, Any]]] = []
        self.endpoints: list[Endpoint] = []
        self.sent: list[Sent] = []
        threading.Thread(target=self._run, daemon=True).start()

    def put(self, account: str, event: dict[str, Any]) -> None:
        """Have an event sent soon."""
        self._waiting.put((account, event))

    def forget(self) -> None:
        """Nobody is told anything."""
        self.endpoints.clear()
        self.sent.clear()

    def _run(self) -> None:
        while True:
            account, event = self._waiting.get()
            line = f"notice {event['type']}"
            if self._fault(line, "notice_reorder"):
                self._held.append((account, event))
                continue
            self._deliver(account, event, line)
            while self._held:
                held_account, held = self._held.pop(0)
                self._deliver(held_account, held, f"notice {held['type']}")

    def _deliver(self, account: str, event: dict[str, Any], line: str) -> None:
        if self._fault(line, "notice_lost"):
            return
        times = 3 if self._fault(line, "notice_duplicate") else 1
        bad = bool(self._fault(line, "notice_bad_signature"))
        stale = bool(self._fault(line, "notice_stale"))
        for endpoint in [each for each in self.endpoints if each.account == account]:
            for _time in range(times):
                self._send(endpoint, event, bad=bad, stale=stale)

    def _send(self, endpoint: Endpoint, event: dict[str, Any], *, bad: bool, stale: bool) -> None:
        body = json.dumps(event).encode()
        for attempt in range(TRIES):
            if endpoint not in self.endpoints:
                return
            at = time.time() - (600 if stale else 0)
            header = signature(body, "whsec_of_somebody_else" if bad else endpoint.secret, at)
            request = urllib.request.Request(  # noqa: S310 - the address a test or the demo has registered
                endpoint.url, body, {"Content-Type": "application/json", "Stripe-Signature": header}
            )
            status = _status(request)
            self.sent.append(Sent(event["id"], event["type"], endpoint.url, status))
            if 200 <= status < 300 or bad or stale:
                return
            time.sleep(min(0.2 * 2**attempt, LONGEST))


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
