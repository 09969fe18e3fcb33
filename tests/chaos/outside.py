"""What the processes of the storm call: two services outside, whose log nobody rolls back, and two inline actions."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

from erp import Call, ProcessError, action
from plugins.repairs.models import RepairOrder

LOG = "STORM_LOG"
"""Environment variable: the file that is the world outside."""
MOST_PRICE, MOST_AMOUNT, MOST_QUANTITY = 1_000, 100_000, 100


def refuses(name: str, parameters: dict[str, Any]) -> str:
    """The code of the error a service or action answers with, "" if it does what is asked."""
    if name == "book_carrier" and parameters["price"] > MOST_PRICE:
        return "refused"
    if name == "capture" and parameters["amount"] > MOST_AMOUNT:
        return "card_refused"
    if name == "reserve" and parameters["quantity"] > MOST_QUANTITY:
        return "sold_out"
    return ""


def tell(name: str, key: str, document: int) -> None:
    """The service does it, and knows it for ever; with a key it has seen it does nothing a second time."""
    line = json.dumps({"name": name, "key": key, "document": document}) + "\n"
    descriptor = os.open(os.environ[LOG], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, line.encode())
    os.close(descriptor)


def told(log: Path) -> list[dict[str, Any]]:
    """All that the services were asked, replays too."""
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def _ask(name: str, request: dict[str, Any], key: str) -> str:
    tell(name, key, request["document"])
    if code := refuses(name, {each: Decimal(request[each]) for each in ("price", "amount") if each in request}):
        raise ProcessError(code, "No luck.")
    return f"done-{key}"


class Capture(Call):
    """Take money by card."""

    order: RepairOrder
    amount: Decimal
    reference: str

    def request(self) -> Any:
        """Which order, and how much."""
        return {"document": self.order.id, "amount": str(self.amount)}

    def send(self, request: Any, key: str) -> Any:
        """Ask the bank."""
        return _ask("capture", request, key)

    def record(self, answer: Any) -> Any:
        """The bank's reference."""
        return answer


class BookCarrier(Call):
    """Have a parcel fetched."""

    order: RepairOrder
    price: Decimal
    is_express: bool

    def request(self) -> Any:
        """Which order, and at what price."""
        return {"document": self.order.id, "price": str(self.price)}

    def send(self, request: Any, key: str) -> Any:
        """Ask the carrier."""
        return _ask("book_carrier", request, key)

    def record(self, answer: Any) -> Any:
        """The carrier's label."""
        return answer


@action
def notify(order: RepairOrder, role: str) -> None:
    """Count on the order that somebody was told."""
    del role
    order.rework_count += 1


@action
def reserve(order: RepairOrder, quantity: int, note: str) -> str:
    """Count on the order that something was reserved."""
    if code := refuses("reserve", {"quantity": quantity}):
        raise ProcessError(code, "None left.")
    order.rework_count += 1
    return note
