"""A message led to the one who waits for it among a million others."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from erp import operations
from erp.access import enter_as
from erp.data.base import session, transaction
from erp.workflow import definitions
from erp.workflow.messaging import messages
from tests.bench.site import Site
from tests.erp.workflow.outside import CAMERA, ORDER, drawn

SUBSCRIPTIONS = 1_000_000
ROUNDS = 200
FILL = """
insert into workflow_subscription (tenant_id, instance_id, token, element, kind, name, key, opened_at)
select :tenant, (select max(id) from workflow_instance), 'bench-' || g, 'get_price', 'message', 'price_named', 'B-' || g,
    now() from generate_series(1, :count) g
"""


def measure(site: Site) -> dict[str, float]:
    """workflow.message_ms: who waits is found; message_sent_ms: kept for later; message_taken_ms: the step it wakes."""
    assert site.app is not None
    site.act()
    with transaction():
        definitions.publish(ORDER, drawn("enquiry"))
    customer = operations.create("party", {"name": "Amina Hassan"}).id
    numbers = [operations.create(ORDER, {**CAMERA, "customer": customer}).number for _round in range(ROUNDS)]
    site.run_sql(FILL, tenant=site.place.tenant_id, count=SUBSCRIPTIONS)
    site.vacuum("workflow_subscription", "workflow_message")
    enter_as(site.user_id, site.place.tenant_id, source="job")
    ours = iter(numbers)
    found = _median(lambda turn: messages.receiver("price_named", f"B-{turn * 4999 + 1}"))
    kept = _median(lambda turn: operations.send_message("price_agreed", f"C-{turn}", {"note": "x"}, f"kept-{turn}"))
    taken = _median(lambda turn: operations.send_message("price_named", next(ours), {"price": 1}, f"taken-{turn}"))
    assert {each.status for each in messages.page()} == {"taken"}
    site.run_sql("delete from workflow_subscription")
    return {"workflow.message_ms": found, "workflow.message_sent_ms": kept, "workflow.message_taken_ms": taken}


def _median(call: Callable[[int], object]) -> float:
    taken = []
    for turn in range(ROUNDS):
        session.remove()
        start = time.perf_counter()
        call(turn)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[20:]) * 1000
