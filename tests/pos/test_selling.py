"""A day at the till: opened with a float, sold for cash, some come back, counted and closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from erp import clock
from erp.data.base import tally
from tests.pos.conftest import pin_of

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


def test_the_receipt_goes_by_mail_once_the_sale_is_made(till, shelf, manager, run_jobs, truth):
    lamp = shelf("Lamp", "100")
    till.open()
    sold = till.sell({"product_id": lamp}, receipt="mail", email="amina@example.com").json
    kinds = truth("select kind from job where subject = 'sale' and subject_id = :id", id=sold["sale"])
    assert [row[0] for row in kinds] == ["workflow.begin"], "no process runs inside the checkout"
    run_jobs()
    mail = truth('select "to", subject, attachments from mail_message where about = :number', number=sold["number"])
    assert [(row[0], row[1]) for row in mail] == [("amina@example.com", f"Your receipt {sold['number']}")]
    assert mail[0][2][0]["name"] == f"{sold['number']}.pdf"
    assert truth("select state from sale where id = :id", id=sold["sale"])[0][0] == "completed"


def test_a_receipt_is_printed_on_the_roll_and_later_only_where_somebody_allows_it(till, shelf, manager):
    lamp = shelf("Lamp", "100")
    till.open()
    sold = till.sell({"product_id": lamp}, tenders=[{"kind": "cash", "tendered": "200"}]).json
    paper = till.client.get(sold["receipt_url"])
    assert paper.status_code == 200
    assert all(word in paper.text for word in ("Lamp", sold["number"], "116.00", "84.00", "<svg"))
    with clock.frozen(clock.now() + timedelta(hours=1)):
        assert till.get(f"receipts/{sold['number']}/paper").json["error"]["code"] == "override_needed"
        allowed = {"pin": pin_of(manager), "kind": "reprint", "reason": "Lost it"}
        token = till.post("override", allowed).json["token"]
        assert "COPY" in till.get(f"receipts/{sold['number']}/paper?override={token}").text


def test_a_sale_asks_as_often_however_long_it_is(till, shelf):
    goods = [shelf(f"Lamp {place}", "100") for place in range(12)]
    till.open()

    def asked(*ids: int) -> int:
        """Statements of a sale of these, once everything is known: the fewest of three."""
        found = []
        for _time in range(3):
            tally.statements = 0
            assert till.sell(*({"product_id": each} for each in ids)).status_code == 200
            found.append(tally.statements)
        return min(found)

    short, long = asked(*goods[:2]), asked(*goods)
    assert short == long <= 26


def test_the_number_others_wait_for_is_the_last_thing_a_sale_asks(till, shelf):
    lamp, asked = shelf("Lamp", "100"), list[str]()
    till.open()

    def hear(_connection: object, _cursor: object, statement: str, *_told: object) -> None:
        asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        assert till.sell({"product_id": lamp}).status_code == 200
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)
    assert asked[-1].startswith("WITH taken AS")
    assert "number_sequence" in asked[-1]
