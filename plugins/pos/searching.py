"""What a cashier looks for: customers by name or phone, sales by number; and customers made in a moment."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from erp import Invalid, _, acting, archiving, create, document_type, i18n, session
from plugins.parties.models import Party
from plugins.pos.desk import Desk
from plugins.pos.ledgers import PosSale
from plugins.pos.sent import Sent
from plugins.sales.models import Sale

FOUND = 12


def search(text: str, here: Desk) -> dict[str, Any]:
    """Customers and this branch's sales that match; nothing for less than two letters."""
    text = text.strip()[:100]
    if len(text) < 2:
        return {"customers": [], "sales": []}
    columns = (Party.name, Party.phone, Party.phone_e164, Party.number)
    named = sa.or_(*(column.icontains(text, autoescape=True) for column in columns))
    customers = (
        sa.select(Party)
        .where(Party.is_customer, ~archiving.archived(document_type("party")), named)
        .order_by(Party.name)
        .limit(FOUND)
    )
    sales = (
        sa.select(Sale)
        .join(PosSale, PosSale.sale_id == Sale.id)
        .where(Sale.number.icontains(text, autoescape=True), Sale.branch_id == here.branch_id)
        .order_by(Sale.id.desc())
        .limit(FOUND)
    )
    return {
        "customers": [told(each) for each in session().scalars(customers)],
        "sales": [{"id": each.id, "number": each.number, "at": i18n.format_datetime(each.sold_at),
                   "total": i18n.format_money(each.total, each.currency)} for each in session().scalars(sales)],
    }  # fmt: skip


def told(party: Party) -> dict[str, Any]:
    """A customer as the till shows one."""
    return {"id": party.id, "name": party.name, "phone": party.phone or "", "email": party.email or ""}


def add_customer(found: object) -> dict[str, Any]:
    """A new customer with name, phone and e-mail; raises Invalid at the field that is wrong."""
    sent = Sent(found)
    values = {name: sent.text(name) or None for name in ("phone", "email")}
    if values["email"] and "@" not in values["email"]:
        raise Invalid(fields={"email": _("This is not an e-mail address.")})
    # a cashier may not list or change customers; one made here is their work at the till
    with acting(source="job"):
        made = create("party", {"name": sent.text("name", required=True), **values})
    return told(session().get_one(Party, made.id))
