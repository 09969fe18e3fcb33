"""A sale is made: goods leave the shelf, the books are told, and its rows are written, each table in one statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from erp import (
    Invalid,
    _,
    audit,
    begin_later,
    bulk,
    clock,
    company,
    current,
    day_of,
    number_at_end,
    session,
    transaction,
)
from plugins.accounting.api import Posting
from plugins.accounting.api import post_many as tell_books
from plugins.parties.models import Party
from plugins.products.api import components
from plugins.sales.checkout import NOTHING, Basket, Ready, Tender, Wanted, basket, is_cash, owes, settled
from plugins.sales.ledger import SALE_MADE, Head, Sums, posting
from plugins.sales.models import Sale, SaleLine, SaleTender
from plugins.sales.moving import stocked_of
from plugins.stock.api import Movement, Source, Step, home, place, post_many
from plugins.taxes.api import told


@dataclass
class Sold:
    """A sale that was made; its number is known once its transaction ends."""

    id: int
    currency: str
    total: Decimal
    payable: Decimal
    change: Decimal
    number: str = ""


@dataclass(frozen=True)
class Bought:
    """Who buys, through which channel, and where the receipt goes."""

    customer: Party | None = None
    channel: str = "counter"
    receipt_email: str = ""
    at: datetime | None = None


WALK_IN = Bought()


def sell(
    wanted: Sequence[Wanted],
    tenders: Sequence[Tender],
    bought: Bought = WALK_IN,
    *,
    discount: Decimal = NOTHING,
    ready: Ready | None = None,
    sale_id: int | None = None,
    judge: Callable[[Basket], None] | None = None,
) -> Sold:
    """Sell in one transaction, raising as `api.check_out`; its process begins after the commit.

    `ready` is what is known of the products, `sale_id` an id that was taken from the table's own sequence.
    """
    with transaction():
        moment, own = bought.at or clock.now(), company().currency
        if bought.customer is None and owes(tenders):
            raise Invalid(fields={"customer": _("Choose who buys on account.")})
        on = day_of(moment, current().branch_id)
        categories = ready.categories if ready is not None else None
        found = basket(wanted, own, on, cash=is_cash(tenders), discount=discount, own=categories)
        if judge is not None:
            judge(found)
        paid = settled(tenders, found.sums.payable, own)
        key = sale_id or new_id()
        rows, entries = found.rows(), list[Posting]()
        head = _head(found, bought, key, moment)
        source = Source(Sale.__tablename__, key, note=_note(bought))
        head["cost"] = _take(found, rows, Step(_moves(found, ready), head["sold_on"], source), entries)
        tell_books([*entries, _posting(head, found, rows, paid, _note(bought))])
        _write(head, rows, paid)
        change = sum((each["change_amount"] for each in paid), NOTHING)
        sold = Sold(key, own, found.sums.total, found.sums.payable, change)
        number_at_end(Sale(company_id=head["company_id"], branch_id=head["branch_id"]), key, lambda n: _told(sold, n))
        return sold


def new_id() -> int:
    """The id of a sale that is about to be written."""
    sequence = sa.cast(sa.func.pg_get_serial_sequence(Sale.__tablename__, "id"), sa.dialects.postgresql.REGCLASS)
    return int(session().scalars(sa.select(sa.func.nextval(sequence))).one())


def _head(found: Basket, bought: Bought, key: int, moment: datetime) -> dict[str, Any]:
    acting, sums, customer = current(), found.sums, bought.customer
    return {
        "id": key, "sold_at": moment, "sold_on": day_of(moment, acting.branch_id), "channel": bought.channel,
        "customer_id": customer.id if customer is not None else None,
        "country": (customer.country or "") if customer is not None else "",
        "employee": acting.name, "employee_id": acting.member_id, "receipt_email": bought.receipt_email or None,
        "subtotal": sums.net, "tax": sums.tax, "total": sums.total, "rounding": sums.rounding,
        "tax_totals": told(sums.taxes), "company_id": acting.company_id or company().id,
        "branch_id": acting.branch_id, "currency": company().currency,
    }  # fmt: skip


def _note(bought: Bought) -> str:
    return bought.customer.name if bought.customer is not None else _("Walk-in customer")


def _moves(found: Basket, ready: Ready | None) -> list[Movement]:
    """What leaves the shelf; of a bundle its parts."""
    wanted = [
        (at, each, part)
        for at, each in enumerate(found.wanted)
        if each.product is not None
        for part in components(each.product, each.quantity)
    ]
    stocked = ready.stocked if ready is not None else frozenset[int]()
    stocked |= stocked_of(
        part.product for _at, each, part in wanted if ready is None or part.product is not each.product
    )
    wanted = [(at, each, part) for at, each, part in wanted if part.product.id in stocked]
    if not wanted:
        return []
    here = ready.place_id if ready is not None else home().id
    there = (ready.outside_id if ready is not None else None) or place("customer").id
    return [
        Movement(part.product.id, here, there, part.quantity, each.lot_id, line=str(at), at=f"lines-{at}-")
        for at, each, part in wanted
    ]


def _take(found: Basket, rows: Sequence[dict[str, Any]], step: Step, entries: list[Posting]) -> Decimal:
    """Take the goods from the shelf: what they cost, which each line learns; `entries` hear it for the books."""
    (posted,) = post_many([step], books=entries.extend)
    for movement, made in zip(step.movements, posted, strict=True):
        rows[int(movement.line)]["cost"] += made.value
    return sum((made.value for made in posted), NOTHING)


def _posting(
    head: Mapping[str, Any], found: Basket, rows: Sequence[Mapping[str, Any]], paid: Sequence[Mapping[str, Any]],
    note: str,
) -> Posting:  # fmt: skip
    categories = [
        each.product.category.id if each.product is not None and each.product.category is not None else None
        for each in found.wanted
    ]
    sums = [
        Sums(row["net"], row["taxes"], category, row["tax_category_id"])
        for row, category in zip(rows, categories, strict=True)
    ]
    about = Head(
        SALE_MADE, Sale.__tablename__, head["id"], note, head["sold_on"], head["customer_id"], head["branch_id"]
    )  # fmt: skip
    return posting(about, sums, [(each["kind"], each["amount"]) for each in paid], head["rounding"])


def _write(head: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], paid: Sequence[Mapping[str, Any]]) -> None:
    """The sale with its lines and tenders, who made it, and the process that begins when it is committed."""
    key, now, name = head["id"], clock.now(), current().name
    stamps = {
        "version": 1, "created_at": now, "created_by": name, "updated_at": now, "updated_by": name, "extra": {},
        "state": "", "passed_states": [],
    }  # fmt: skip
    bulk.insert_rows(Sale, list(head), [head], stamps)
    bulk.insert_rows(SaleLine, list(rows[0]), rows, {"document_id": key})
    if paid:
        tenders = [{**each, "position": at} for at, each in enumerate(paid)]
        bulk.insert_rows(SaleTender, list(tenders[0]), tenders, {"document_id": key})
    audit.note("created", Sale.__tablename__, key, total=[None, f"{head['total']:f}"])
    begin_later(Sale.__tablename__, key)


def _told(sold: Sold, number: str) -> None:
    sold.number = number
    known = session().identity_map.get(identity_key(Sale, sold.id))
    if known is not None:
        set_committed_value(known, "number", number)
