"""What lay where in a locked period stays so: by screen, REST, import, workflow or SQL as the application's role."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from erp import Forbidden, Invalid, complete, create, session, tasks, today, transaction
from erp.data.tenancy import CHECKED
from erp.operations import edit
from erp.testing.pytest_plugin import PASSWORD
from plugins.accounting.api import choose_chart
from plugins.stock.api import on_hand, reverse
from plugins.stock.models import StockMove

LOCKED, OPEN = date(2026, 1, 15), date(2026, 2, 3)
MOVE = """
insert into stock_move (tenant_id, product_id, from_location_id, to_location_id, quantity, value, event, moved_on,
  moved_at, note, source_type, source_id, source_line, source_key, version, created_at, created_by, updated_at,
  updated_by, extra)
select tenant_id, product_id, from_location_id, to_location_id, 1, 1, event, :day, moved_at, '', 'forged', 1, '', '',
  1, created_at, '', updated_at, '', '{}' from stock_move where id = :id
"""


@pytest.fixture
def lamp(shop):
    """A product of which ten came in January; January is told."""
    product = shop.product("Lamp")
    shop.receive(product, 10, 1000, on=LOCKED)
    with shop.company.person("Accountant").acting():
        choose_chart("kenya", date(2026, 1, 1))
        create("ledger_lock", {"kind": "all", "until": date(2026, 1, 31), "reason": "January is told"})
    return product


def sql(statement, **values):
    """As anybody would who reached the database as the application does."""
    with transaction():
        session().connection().execute(sa.text(statement), values, execution_options={CHECKED: True})


def adjustment(shop, lamp, **values):
    lines = [{"product": lamp, "location": shop.here, "quantity": Decimal(-2)}]
    return create("stock_adjustment", {"reason": "damage", "adjusted_on": LOCKED, "lines": lines, **values})


def task_of(made):
    (task,) = tasks.open_of("stock_adjustment", [made.id])
    return task


def test_a_workflow_is_refused_beside_the_day(shop, lamp):
    made = adjustment(shop, lamp)
    with pytest.raises(Invalid) as refused:
        complete(task_of(made).id, {"decision": "submit"})
    assert "books are closed" in refused.value.fields["adjusted_on"]
    complete(task_of(adjustment(shop, lamp, adjusted_on=OPEN)).id, {"decision": "submit"})
    assert (on_hand(lamp, on=date(2026, 1, 31)), on_hand(lamp)) == (10, 8)


def test_screens_and_rest_are_refused_the_same(shop, lamp, sign_in):
    made = adjustment(shop, lamp)
    task, version = task_of(made).id, made.version
    move = session().scalars(sa.select(StockMove.id)).one()
    boss = sign_in(shop.boss)
    found = re.search(r'name="csrf-token" content="([^"]+)"', boss.get("/inbox/").text)
    boss.environ_base["HTTP_X_CSRFTOKEN"] = found[1]
    typed = {"reason": "damage", "adjusted_on": "2026-01-15", "decision": "submit", "version": version}
    line = {"lines-0-product": lamp, "lines-0-location": shop.here, "lines-0-quantity": "-2"}
    refused = boss.post(f"/task/{task}", data={**typed, **line})
    assert refused.status_code == 422
    assert "books are closed until" in refused.text
    sent = {"username": shop.boss.username, "password": PASSWORD, "tenant": shop.boss.place.tenant_id}
    token = boss.post("/api/v1/security/login", json=sent).json["access_token"]
    program = {"Authorization": f"Bearer {token}"}
    refused = boss.post(f"/api/v1/task/{task}/complete", json={"answers": {"decision": "submit"}}, headers=program)
    assert refused.status_code == 422
    assert "books are closed" in refused.json["error"]["detail"]["fields"]["adjusted_on"]
    for address in ("/stock_move/new", f"/stock_move/{move}/edit", "/stock_move/import"):
        assert boss.get(address).status_code in {403, 404}, address
    for method, address in (("post", ""), ("patch", move), ("put", move)):
        sent = getattr(boss, method)(f"/api/v1/stock_move/{address}", json={}, headers={"If-Match": '"1"', **program})
        assert sent.status_code == 403, (method, sent.text)
    with shop.boss.acting(), pytest.raises(Forbidden):
        edit(move, "stock_move", {"quantity": Decimal(5)}, version=1)


def test_sql_moves_nothing_in_a_locked_period_and_changes_no_move(lamp):
    (move,) = session().scalars(sa.select(StockMove.id)).all()
    with pytest.raises(IntegrityError, match="locked until 2026-01-31"):
        sql(MOVE, day=LOCKED, id=move)
    for statement in (
        "update stock_move set moved_on = :day where id = :id",
        "update stock_move set moved_on = :day, quantity = 1 where id = :id",
        "delete from stock_move where id = :id and moved_on < :day",
        "truncate stock_move",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            sql(statement, **({"day": OPEN, "id": move} if ":id" in statement else {}))
    sql(MOVE, day=OPEN, id=move)


def test_what_is_taken_back_is_taken_back_today(shop, lamp):
    move = session().scalars(sa.select(StockMove.id)).one()
    (mirror,) = reverse([move])
    assert session().get_one(StockMove, mirror).moved_on == today()
    assert (on_hand(lamp, on=today() - timedelta(days=1)), on_hand(lamp)) == (10, 0)
    other = shop.receive(lamp, 1, 100)
    with shop.company.person("Accountant").acting():
        create("ledger_lock", {"kind": "all", "until": today(), "reason": "Today is told"})
    with pytest.raises(Invalid) as refused:
        reverse([other])
    assert "books are closed" in refused.value.fields["moved_on"]
