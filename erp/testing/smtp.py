"""A loopback SMTP server that holds what it gets and misbehaves on request.

Start it with `python -m erp.testing.smtp PORT [ADMIN_PORT]`; 0 takes any free port, and ADMIN_PORT is PORT + 1.
The admin side speaks JSON over HTTP:
  GET /messages            all that is held, one entry for each Message-ID with the number of times it came
  GET /messages/<id>       one of them (404 when it never came)
  POST /faults             {"fault": "refuse" | "busy" | "lose_answer" | "delay", "times": 1, "seconds": 1, "to": ""}
  POST /forget             nothing is held, no fault is left
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

FAULTS = ("refuse", "busy", "lose_answer", "delay")
"""550 to a recipient · 451 to the data · the data held but the connection cut · an answer `seconds` late."""
HOST = "127.0.0.1"
PASSWORD = b"simulated"
"""The password every user signs in with."""


@dataclass
class Held:
    """A message as it came; a receiver drops a repeated Message-ID, so `times` above one was still one mail."""

    message_id: str
    sender: str
    recipients: list[str]
    subject: str
    text: str
    attachments: list[str]
    raw: str
    times: int = 1


@dataclass
class Fault:
    """What goes wrong with the next `times` mails, or with the next ones `to` an address."""

    fault: str
    times: int = 1
    seconds: float = 0
    to: str = ""


class Store:
    """Everything the simulator holds, shared by its two sides."""

    def __init__(self) -> None:
        self.messages: dict[str, Held] = {}
        self.faults: list[Fault] = []
        self.lock = threading.Lock()

    def fault(self, recipients: list[str], *kinds: str) -> Fault | None:
        """The next fault that concerns one of these recipients, if it is of these kinds; it is used up by this."""
        with self.lock:
            found = next((each for each in self.faults if not each.to or each.to in recipients), None)
            if found is None or found.fault not in kinds:
                return None
            found.times -= 1
            if found.times <= 0:
                self.faults.remove(found)
            return found

    def take(self, sender: str, recipients: list[str], raw: bytes) -> None:
        """Hold a message; one that came before is only counted."""
        message = message_from_bytes(raw, policy=policy.default)
        message_id = str(message["Message-ID"] or "")
        body = message.get_body(("plain",))
        held = Held(
            message_id,
            sender,
            recipients,
            str(message["Subject"] or ""),
            body.get_content() if body is not None else "",
            [part.get_filename() or "" for part in message.iter_attachments()],
            raw.decode(errors="replace"),
        )
        with self.lock:
            if message_id in self.messages:
                self.messages[message_id].times += 1
            else:
                self.messages[message_id] = held

    def forget(self) -> None:
        """Hold nothing and behave."""
        with self.lock:
            self.messages.clear()
            self.faults.clear()


class Receiver:
    """The SMTP side."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def handle_RCPT(  # noqa: N802 - the name the server calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or refuse it for good."""
        if self.store.fault([address], "refuse"):
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a message; the answer may be late, negative or lost after the message is held."""
        fault = self.store.fault(envelope.rcpt_tos, "busy", "delay", "lose_answer")
        if fault and fault.fault == "busy":
            return "451 4.3.2 Try again later"
        if fault and fault.fault == "delay":
            await asyncio.sleep(fault.seconds)
        content = envelope.content
        raw = content.encode() if isinstance(content, str) else content or b""
        self.store.take(envelope.mail_from or "", list(envelope.rcpt_tos), raw)
        if fault and fault.fault == "lose_answer":
            server.transport.abort()
        return "250 2.0.0 Held"


class Admin(BaseHTTPRequestHandler):
    """The admin side."""

    store: Store

    def do_GET(self) -> None:
        """What is held."""
        parts = self.path.strip("/").split("/", 1)
        with self.store.lock:
            held = {key: asdict(each) for key, each in self.store.messages.items()}
        if parts == ["messages"]:
            self._answer(HTTPStatus.OK, list(held.values()))
        elif parts[0] == "messages" and (found := held.get(unquote(parts[1]))):
            self._answer(HTTPStatus.OK, found)
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "nothing here"})

    def do_POST(self) -> None:
        """Order a fault, or forget everything."""
        sent = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self.path == "/faults" and sent.get("fault") in FAULTS:
            with self.store.lock:
                self.store.faults.append(
                    Fault(
                        sent["fault"], int(sent.get("times", 1)), float(sent.get("seconds", 1)), str(sent.get("to", ""))
                    )
                )
            self._answer(HTTPStatus.OK, sent)
        elif self.path == "/forget":
            self.store.forget()
            self._answer(HTTPStatus.OK, {})
        else:
            self._answer(HTTPStatus.BAD_REQUEST, {"error": f"the faults are {', '.join(FAULTS)}"})

    def _answer(self, status: HTTPStatus, found: Any) -> None:
        body = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Stay silent."""


def authenticated(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
    """Whether somebody gave the one password."""
    # `handled` would mean that the refusal was sent already, and the client would wait for ever
    return AuthResult(success=isinstance(data, LoginPassword) and data.password == PASSWORD, handled=False)


def main(arguments: list[str]) -> None:
    """Serve until the process is ended; says both addresses in its first line."""
    port = int(arguments[0]) if arguments else 0
    admin_port = int(arguments[1]) if len(arguments) > 1 else port + 1 if port else 0
    asyncio.run(serve(port, admin_port))


async def serve(port: int, admin_port: int) -> None:
    """Both sides, for ever."""
    store = Store()
    admin = ThreadingHTTPServer((HOST, admin_port), type("BoundAdmin", (Admin,), {"store": store}))
    threading.Thread(target=admin.serve_forever, daemon=True).start()
    loop = asyncio.get_running_loop()

    def talk() -> SMTP:
        return SMTP(
            Receiver(store), authenticator=authenticated, auth_require_tls=False, loop=loop, enable_SMTPUTF8=True
        )

    server = await loop.create_server(talk, HOST, port)
    print(  # noqa: T201 - whoever started it reads the addresses here
        f"smtp://{HOST}:{server.sockets[0].getsockname()[1]} http://{HOST}:{admin.server_address[1]}", flush=True
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
