"""A drawer's session: opened with a float, cash in and out, looked at any time, counted blind and closed for good."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from erp import Conflict, _, add, clock, currency, current, i18n, next_of, repeated, session, today, whole
from plugins.accounting.api import Part, Posting, post
from plugins.pos import allowing, denominations, desk, differences
from plugins.pos.allowing import Need
from plugins.pos.carts import exact
from plugins.pos.desk import Desk
from plugins.pos.differences import COUNTED
from plugins.pos.ledgers import DIRECTIONS, CashMovement, PosSale
from plugins.pos.models import CashSession, ZReport
from plugins.pos.sent import Sent
from plugins.sales.models import TENDERS, Sale, SaleRefund, SaleRefundTender, SaleTender

MOVED = "till_cash_moved"
CASH = "cash"
ZERO = Decimal(0)


@repeated
def open_session(cookie: str, found: object) -> CashSession:
    """Open a session with the float that was counted; raises Invalid, or Conflict where one is open."""
    here, sent = desk.at(cookie), Sent(found)
    if here.session is not None:
        raise Conflict(_("%(number)s is open here already.", number=here.session.number or ""))
    amount, count = denominations.counted(sent.found.get("float"), currency(), "float")
    with desk.working_at(here):
        made = CashSession(
            terminal=here.terminal, cashier=current().name, cashier_id=current().member_id, opened_at=clock.now(),
            float_amount=amount, float_count=count,
        )  # fmt: skip
        try:
            add(made)
        except IntegrityError as error:
            raise Conflict(_("Somebody has just opened a session here.")) from error
        return made


@repeated
def move_cash(cookie: str, found: object) -> dict[str, Any]:
    """Put cash in or take it out, with a reason; the same `uuid` again changes nothing, and gives the figures of now.

    Taking out has to be allowed. Raises Invalid, OverrideNeeded, NoSession.
    """
    sent = Sent(found)
    uuid, here = sent.uuid("uuid"), desk.selling(cookie)
    desk.hold_number(uuid)
    if session().scalar(sa.select(CashMovement.id).where(CashMovement.uuid == uuid)) is not None:
        return x_report(here)
    direction = sent.one_of("direction", DIRECTIONS)
    amount, reason = sent.number("amount"), sent.text("reason", required=True)
    if amount is None or amount <= 0:
        raise sent.wrong("amount", _("This must be more than 0."))
    with desk.working_at(here):
        needs = []
        if direction == "out":
            said = _("%(amount)s taken out", amount=i18n.format_money(amount, currency()))
            needs = [Need("cash_out", "amount", said, amount)]
        allowed = allowing.allowed(needs, [sent.text("override", most=80)], here)
        allowing.use(needs, allowed)
        row = CashMovement(
            uuid=uuid, session_id=here.open_session.id, direction=direction, amount=amount, reason=reason,
            override_id=allowed["cash_out"].id if needs else None,
        )  # fmt: skip
        session().add(row)
        session().flush()
        post(Posting(
            MOVED, today(), CashMovement.__tablename__, row.id, [Part(direction, amount, text=reason)],
            text=f"{here.open_session.number} {reason}"[:300], branch_id=here.branch_id,
        ))  # fmt: skip
        return x_report(here)


def x_report(here: Desk) -> dict[str, Any]:
    """What the session comes to so far, without what should be in the drawer: it is counted blind."""
    found = figures(here.open_session)
    for name in ("expected", "expected_by_kind"):
        del found[name]
    return found


@repeated
def close(cookie: str, found: object) -> ZReport:
    """Close the session with what was counted; sales that are being made are waited for, and counted.

    Raises Invalid at what was not counted, NoSession.
    """
    sent, here = Sent(found), desk.at(cookie)
    mine = here.open_session
    counted, count = denominations.counted(sent.found.get("counted"), currency(), "counted")
    others = {row: _amount(Sent(sent.found.get("tenders") or {}, "tenders-"), row) for row in _told_kinds(sent)}
    # whoever sells holds the row until the sale is committed; from here on nobody begins one
    locked = sa.select(CashSession).where(CashSession.id == mine.id).with_for_update()
    mine = session().scalars(locked.execution_options(populate_existing=True)).one()
    if mine.closed_at is not None:
        raise desk.NoSession
    with desk.working_at(here):
        return _closed(here, mine, counted, {"count": count, "others": others})


def _closed(here: Desk, mine: CashSession, counted: Decimal, told: Mapping[str, Any]) -> ZReport:
    found = figures(mine)
    expected, own = Decimal(found["expected"]), currency()
    difference = counted - expected
    found |= {
        "counted": exact(counted, own), "difference": exact(difference, own), "count": dict(told["count"]),
        "others": {kind: exact(amount, own) for kind, amount in told["others"].items()},
    }  # fmt: skip
    mine.closed_at, mine.closed_by = clock.now(), current().name
    mine.counted_amount, mine.expected_amount, mine.difference_amount = counted, expected, difference
    report = ZReport(
        session=mine, till=here.terminal.name, cashier=mine.cashier, closed_at=mine.closed_at, figures=found,
        sale_count=found["sales"], refund_count=found["refunds"], total=Decimal(found["total"]),
        tax=Decimal(found["tax"]), expected_amount=expected, counted_amount=counted, difference_amount=difference,
        number=f"{ZReport.prefix}-{next_of(f'{current().company_id}/{ZReport.prefix}'):05d}",
    )  # fmt: skip
    found["number"] = report.number
    add(report)
    if difference:
        post(Posting(
            COUNTED, today(), CashSession.__tablename__, mine.id, [Part("missing", -difference)],
            text=f"{report.number} {mine.number}", branch_id=here.branch_id,
        ))  # fmt: skip
        differences.note(mine, difference)
    return report


def _told_kinds(sent: Sent) -> list[str]:
    given = sent.found.get("tenders") or {}
    if not isinstance(given, Mapping):
        raise sent.wrong("tenders", _("Send a JSON object."))
    return [kind for kind in given if kind in TENDERS and kind != CASH]


def _amount(sent: Sent, kind: str) -> Decimal:
    return sent.number(kind) or ZERO


# -- figures ---------------------------------------------------------------------------------------------


def figures(mine: CashSession) -> dict[str, Any]:
    """Everything a session came to, in three statements; numbers as text."""
    own = mine.currency
    with whole():
        sold, back = _documents(mine, Sale, PosSale.sale_id), _documents(mine, SaleRefund, PosSale.refund_id)
        paid, given = _by_kind(mine, SaleTender, PosSale.sale_id), _by_kind(mine, SaleRefundTender, PosSale.refund_id)
        moved = _movements(mine)
    kinds = {kind: paid.get(kind, ZERO) - given.get(kind, ZERO) for kind in TENDERS if kind in paid or kind in given}
    cash_in, cash_out = moved.get("in", ZERO), moved.get("out", ZERO)
    expected = mine.float_amount + kinds.get(CASH, ZERO) + cash_in - cash_out
    return {
        "session": mine.number, "cashier": mine.cashier, "opened_at": mine.opened_at.isoformat(),
        "at": clock.now().isoformat(), "float": exact(mine.float_amount, own), "currency": own,
        "sales": sold.count, "refunds": back.count, "sold": exact(sold.total, own), "refunded": exact(back.total, own),
        "net": exact(sold.net - back.net, own), "tax": exact(sold.tax - back.tax, own),
        "total": exact(sold.total - back.total, own), "rounding": exact(sold.rounding, own),
        "tenders": {kind: exact(amount, own) for kind, amount in kinds.items() if kind != CASH},
        "cash_in": exact(cash_in, own), "cash_out": exact(cash_out, own),
        "expected": exact(expected, own), "expected_by_kind": {kind: exact(each, own) for kind, each in kinds.items()},
    }  # fmt: skip


def _documents(mine: CashSession, cls: Any, key: Any) -> Any:
    rounding = cls.rounding if cls is Sale else sa.literal(0)
    sums = [sa.func.coalesce(sa.func.sum(column), 0).label(name) for name, column in
            (("net", cls.subtotal), ("tax", cls.tax), ("total", cls.total), ("rounding", rounding))]  # fmt: skip
    statement = (
        sa.select(sa.func.count().label("count"), *sums)
        .select_from(PosSale)
        .join(cls, cls.id == key)
        .where(PosSale.session_id == mine.id)
    )
    return session().execute(statement).one()


def _by_kind(mine: CashSession, cls: Any, key: Any) -> dict[str, Decimal]:
    statement = (
        sa.select(cls.kind, sa.func.sum(cls.amount))
        .join(PosSale, key == cls.document_id)
        .where(PosSale.session_id == mine.id)
        .group_by(cls.kind)
    )
    return dict(session().execute(statement).all())


def _movements(mine: CashSession) -> dict[str, Decimal]:
    statement = (
        sa.select(CashMovement.direction, sa.func.sum(CashMovement.amount))
        .where(CashMovement.session_id == mine.id)
        .group_by(CashMovement.direction)
    )
    return dict(session().execute(statement).all())


def told(report: ZReport) -> dict[str, Any]:
    """A Z as the till shows it."""
    return {"z": report.id, "number": report.number, **report.figures}
