"""Base of loopback simulators: a stateful HTTP service of its own process, with a log that judges and faults to order.

Besides what it simulates, every simulator answers below `/_sim/`:
  POST /_sim/fault   {"fault": ..., "on": "POST /v1/refunds", "times": 1, "status": 500, "seconds": 1}
  GET  /_sim/log     every request in order: method, path, key, status, whether it was carried out
  GET  /_sim/state   everything it holds
  POST /_sim/go_on   whoever waits for a delay waits no longer
  POST /_sim/clock   {"seconds": 90000}: its clock goes on by so much
  POST /_sim/connect {"credentials": {...}, "webhook": ...}: an account and where it wants to be told things
  POST /_sim/reset   nothing is held, no fault is left, the clock is right
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

HOST = "127.0.0.1"
FAULTS = ("status", "delay", "delay_answer", "drop", "lose_answer", "malformed", "truncated")
"""Answers `status` instead · waits before · carries out, then waits · hangs up before · carries out, then hangs up ·
carries out, then answers half-broken JSON · carries out, then stops in the middle of the answer."""


@dataclass
class Fault:
    """What goes wrong with the next `times` requests whose "METHOD path" begins with `on`."""

    fault: str
    on: str = ""
    times: int = 1
    status: int = 500
    seconds: float = 1


@dataclass
class Asked:
    """A request as a simulator reads it; `sent` are the fields of its form or query."""

    method: str
    path: str
    sent: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def line(self) -> str:
        """What faults are ordered by."""
        return f"{self.method} {self.path}"


@dataclass
class Said:
    """An answer: JSON of `body`, or a page."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    def encoded(self) -> bytes:
        """The bytes of the body."""
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


@dataclass
class Logged:
    """A request in the log."""

    at: float
    method: str
    path: str
    key: str
    sent: dict[str, str]
    fault: str = ""
    status: int = 0
    carried_out: bool = False
    """Whether the simulator did what was asked, whatever the asker heard of it."""
    is_replay: bool = False


class Simulator:
    """What is held and how it misbehaves; a service derives from it and answers `handle` and `state`."""

    key_header = "Idempotency-Key"
    faults_known: tuple[str, ...] = FAULTS

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.log: list[Logged] = []
        self.faults: list[Fault] = []
        self.ahead = 0.0
        self.waited_for = threading.Event()

    def now(self) -> float:
        """Its clock, in seconds since 1970."""
        return time.time() + self.ahead

    def handle(self, asked: Asked, logged: Logged) -> Said:
        """Carry a request out, the lock held."""
        raise NotImplementedError

    def state(self) -> Any:
        """Everything that is held, as JSON."""
        raise NotImplementedError

    def forget(self) -> None:
        """Hold nothing."""

    def connect(self, credentials: Mapping[str, str], webhook: str) -> None:
        """Know an account, and tell it things at `webhook` from now on and nowhere else."""

    def fault(self, line: str, *kinds: str) -> Fault | None:
        """The next fault ordered for this, used up by one; of these kinds, or of those about requests."""
        with self.lock:
            for found in self.faults:
                if line.startswith(found.on) and found.fault in (kinds or FAULTS):
                    found.times -= 1
                    if found.times <= 0:
                        self.faults.remove(found)
                    return found
        return None

    def go_on(self) -> None:
        """End the delays of now; later ones take their time."""
        self.waited_for.set()
        self.waited_for = threading.Event()

    def administer(self, asked: Asked) -> Said:
        """Answer below `/_sim/`."""
        said = json.loads(asked.body or b"{}")
        with self.lock:
            if asked.line == "GET /_sim/log":
                return Said(200, [asdict(each) for each in self.log])
            if asked.line == "GET /_sim/state":
                return Said(200, self.state())
            if asked.line == "POST /_sim/clock":
                self.ahead += said["seconds"]
                return Said(200, {"now": self.now()})
            if asked.line == "POST /_sim/go_on":
                self.go_on()
                return Said(200, {})
            if asked.line == "POST /_sim/connect":
                self.connect(said["credentials"], said["webhook"])
                return Said(200, {})
            if asked.line == "POST /_sim/reset":
                self.log.clear()
                self.faults.clear()
                self.ahead = 0.0
                self.forget()
                return Said(200, {})
            if asked.line == "POST /_sim/fault" and said.get("fault") in self.faults_known:
                self.faults.append(Fault(**said))
                return Said(200, said)
        return Said(HTTPStatus.BAD_REQUEST, {"error": f"the faults are {', '.join(self.faults_known)}"})


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    simulator: Simulator

    def do_GET(self) -> None:
        """Read."""
        self._serve("GET")

    def do_POST(self) -> None:
        """Change."""
        self._serve("POST")

    def do_DELETE(self) -> None:
        """Take away."""
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_form = "json" not in self.headers.get("Content-Type", "")
        text = body.decode(errors="replace") if body and is_form else ""
        asked = Asked(
            method, parts.path, dict(parse_qsl(f"{parts.query}&{text}", keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()}, body,
        )  # fmt: skip
        if asked.path.startswith("/_sim/"):
            self._answer(self.simulator.administer(asked))
        else:
            self._misbehave(asked)

    def _misbehave(self, asked: Asked) -> None:
        simulator = self.simulator
        key = asked.headers.get(simulator.key_header.lower(), "")
        logged = Logged(simulator.now(), asked.method, asked.path, key, dict(asked.sent))
        with simulator.lock:
            simulator.log.append(logged)
        fault = simulator.fault(asked.line)
        kind = logged.fault = fault.fault if fault else ""
        if fault and kind == "status":
            logged.status = fault.status
            self._answer(Said(fault.status, {"error": {"type": "api_error", "message": "This was ordered."}}))
            return
        if fault and kind == "delay":
            simulator.waited_for.wait(fault.seconds)
        if kind == "drop":
            self._hang_up()
            return
        with simulator.lock:
            said = simulator.handle(asked, logged)
            logged.status, logged.carried_out = said.status, said.status < HTTPStatus.BAD_REQUEST
        if fault and kind == "delay_answer":
            simulator.waited_for.wait(fault.seconds)
        if kind == "lose_answer":
            self._hang_up()
        else:
            self._answer(said, kind)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _answer(self, said: Said, fault: str = "") -> None:
        body = said.encoded()
        if fault == "malformed":
            body = body[: len(body) // 2] + b"}{"
        try:
            self.send_response(said.status)
            for name, value in {"Content-Type": said.content_type, **said.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if fault == "truncated":
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                self._hang_up()
            else:
                self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the asker was killed

    def log_message(self, *_args: Any) -> None:
        """Stay silent: the log is asked for."""


class Listening(ThreadingHTTPServer):
    """Many connections at once, none refused in a burst."""

    request_queue_size = 512
    daemon_threads = True


def serve(simulator: Simulator, port: int, said: Callable[[str], None]) -> None:
    """Serve on this machine alone until the process ends; `said` is told the address, 0 takes any free port."""
    server = Listening((HOST, port), type("Bound", (Handler,), {"simulator": simulator}))
    said(f"http://{HOST}:{server.server_address[1]}")
    server.serve_forever()
