"""A change of an approved order: whom the table names for it is asked, and until they agree nothing comes of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from erp import Conflict, Invalid, edit, session, today
from erp.mailbox import MailMessage
from erp.workflow.people import reopening, tasks
from plugins.stock.api import expected


def change(firm, order, count):
    """Brian orders so many of the first line instead."""
    with firm.people["Brian"].acting():
        row = firm.look("purchase_order", order)
        edit(
            order,
            "purchase_order",
            {"lines": [{"id": row.lines[0].id, "quantity": Decimal(count)}]},
            version=row.version,
        )


def open_decision(firm, order):
    """The approval that is open, None for none."""
    with firm.people["Ruth"].acting():
        return tasks.open_task(firm.look("purchase_order", order), "decide")


def refuse_goods(firm, order):
    """Nothing can be received of it now."""
    with pytest.raises(Conflict, match="waits to be approved again"):
        firm.receive(order)
    session().rollback()


def mails(firm):
    """How many orders the supplier was sent."""
    firm.work()
    with firm.people["Ruth"].acting():
        return session().query(MailMessage).filter_by(to="orders@uhuru.example").count()


def test_a_change_of_an_approved_order_is_approved_again_before_anything_comes(firm):
    order = firm.sent(firm.line(firm.lamp, 100, 100), firm.line(firm.chair, 10, 200))
    with firm.people["Brian"].acting():
        row = firm.look("purchase_order", order)
        lines = [{"id": row.lines[0].id, "quantity": Decimal(120)}, {"id": row.lines[1].id}]
        edit(order, "purchase_order", {"lines": lines}, version=row.version)
    with pytest.raises(Conflict, match="waits to be approved again"):
        firm.receive(order)
    with firm.people["Mercy"].acting():
        task = tasks.open_task(firm.look("purchase_order", order), "decide")
        changed = [(each.field.name, each.before, each.after) for each in reopening.changes(task, row)]
        assert changed == [("quantity", "100", "120")]
    for who in ("Mercy", "Ruth"):
        firm.do(who, "purchase_order", order, "decide", decision="approve")
    firm.receive(order)
    assert firm.counts() == {firm.lamp: 120, firm.chair: 10}


def test_a_change_goes_to_whom_the_table_names_for_what_it_comes_to_now(firm):
    order = firm.order(firm.line(firm.lamp, 80, 100))
    firm.do("Mercy", "purchase_order", order, "decide", decision="approve")
    firm.work()
    change(firm, order, 120)
    task = open_decision(firm, order)
    assert task.candidates == ["Purchasing manager", "Stock manager", "TENANT_MANAGER"]
    firm.do("Mercy", "purchase_order", order, "decide", decision="approve")
    with pytest.raises(Conflict, match="waits to be approved again"):
        firm.receive(order)
    firm.do("Samuel", "purchase_order", order, "decide", decision="approve")
    assert open_decision(firm, order) is None
    change(firm, order, 90)
    assert open_decision(firm, order).candidates == ["Purchasing manager"]
    change(firm, order, 30)
    assert open_decision(firm, order) is None
    firm.receive(order)
    assert firm.counts() == {firm.lamp: 30}


def test_what_nobody_had_to_approve_is_approved_once_it_comes_to_more(firm):
    order = firm.sent(firm.line(firm.lamp, 10, 100))
    firm.receive(order, 6)
    with pytest.raises(Invalid) as refused:
        change(firm, order, 5)
    assert "cannot be taken off" in refused.value.fields["lines"]
    session().rollback()
    change(firm, order, 60)
    refuse_goods(firm, order)
    firm.work()
    firm.do("Mercy", "purchase_order", order, "decide", decision="approve")
    firm.work()
    firm.receive(order)
    assert firm.counts() == {firm.lamp: 60}


def test_a_change_that_is_not_agreed_to_is_taken_back_or_asked_again(firm):
    order = firm.sent(firm.line(firm.lamp, 10, 100))
    for decision, count in (("reject", 60), ("return", 61)):
        change(firm, order, count)
        firm.work()
        firm.do("Mercy", "purchase_order", order, "decide", decision=decision, comment="Ten are enough")
        assert firm.state("purchase_order", order) == "sent"
        refuse_goods(firm, order)
        with pytest.raises(Invalid, match="is not approved as it stands now"):
            firm.do("Brian", "purchase_order", order, "follow_up", decision="close")
        session().rollback()
        change(firm, order, 10)
        firm.work()
        assert open_decision(firm, order) is None
        with firm.people["Ruth"].acting():
            assert expected([firm.lamp], firm.here())[firm.lamp][0] == 10
    firm.receive(order, 4)
    change(firm, order, 60)
    firm.work()
    assert open_decision(firm, order) is None  # it says what was rejected: whoever wants it nevertheless asks
    refuse_goods(firm, order)
    firm.do("Brian", "purchase_order", order, "follow_up", decision="ask")
    firm.do("Mercy", "purchase_order", order, "decide", decision="approve")
    firm.work()
    firm.receive(order)
    assert firm.counts() == {firm.lamp: 60}
    with firm.people["Ruth"].acting():
        assert expected([firm.lamp], firm.here()) == {}


def test_who_was_asked_about_an_earlier_order_was_not_asked_about_this_one(firm):
    order = firm.order(firm.line(firm.lamp, 60, 100), needed_on=today() - timedelta(days=1))
    firm.do("Mercy", "purchase_order", order, "decide", decision="return", comment="Fewer")
    with firm.people["Brian"].acting():
        rows = [{"id": line.id, "quantity": Decimal(40)} for line in firm.lines("purchase_order", order)]
    firm.do("Brian", "purchase_order", order, "submit", decision="submit", lines=rows)
    firm.work()
    assert firm.state("purchase_order", order) == "sent"
    small = firm.sent(firm.line(firm.chair, 1, 100))
    change(firm, order, 50)
    refuse_goods(firm, order)
    firm.work()
    assert open_decision(firm, order).candidates == ["Purchasing manager"]
    firm.do("Mercy", "purchase_order", order, "decide", decision="approve")
    firm.work()
    firm.receive(order)
    change(firm, small, 2)
    firm.work()
    refuse_goods(firm, small)
    with firm.people["Ruth"].acting():
        assert firm.look("purchase_order", small).supplier_rating == "C"


@pytest.mark.parametrize("count", [10, 80])
def test_what_is_changed_and_sent_in_one_step_is_approved_before_it_goes_out(firm, count):
    order = firm.order(firm.line(firm.lamp, count, 100))
    if count > 50:
        firm.do("Mercy", "purchase_order", order, "decide", decision="approve")
    assert mails(firm) == 1
    with firm.people["Brian"].acting():
        rows = [{"id": line.id, "quantity": Decimal(95)} for line in firm.lines("purchase_order", order)]
    firm.do("Brian", "purchase_order", order, "follow_up", decision="send", lines=rows)
    assert (firm.state("purchase_order", order), mails(firm)) == ("submitted", 1)
    refuse_goods(firm, order)
    firm.do("Mercy", "purchase_order", order, "decide", decision="approve")
    assert (firm.state("purchase_order", order), mails(firm)) == ("approved", 2)
    assert firm.state("purchase_order", order) == "sent"
    firm.do("Brian", "purchase_order", order, "follow_up", decision="send")
    assert (mails(firm), firm.state("purchase_order", order)) == (3, "sent")
    firm.receive(order)
    assert firm.counts() == {firm.lamp: 95}
