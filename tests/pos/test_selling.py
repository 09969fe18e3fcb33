"""A day at the till: opened with a float, sold for cash, some come back, counted and closed."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.usefixtures("books")


def test_a_till_sells_for_cash_and_is_closed(till, shelf):
    lamp, bulb = shelf("Lamp", "100"), shelf("Bulb", "20", cost="5")
    opened = till.open()
    assert opened["number"].startswith("CS-")
    answer = till.sell({"product_id": lamp}, {"product_id": bulb, "quantity": "2"},
                       tenders=[{"kind": "cash", "tendered": "200"}])  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert answer.json["total"] == "162.40"
    assert answer.json["change"] == "37.60"
    z = till.post("sessions/current/close", {"counted": {"1000": 1, "100": 1, "50": 1, "10": 1}})
    assert z.status_code == 200, z.text
    assert (z.json["expected"], z.json["counted"], z.json["difference"]) == ("1162.40", "1160.00", "-2.40")
