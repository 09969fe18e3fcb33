from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from erp import Document, _l, telling
from plugins.accounting.api import Amount, Event, postable
from plugins.purchasing import ordering
from plugins.purchasing.billing import BILLED
from plugins.purchasing.bills import SupplierBill
from plugins.purchasing.crediting import CREDITED
from plugins.purchasing.credits import SupplierCreditNote
from plugins.purchasing.landed import LANDED
from plugins.purchasing.models import PurchaseOrder

ORDERING = frozenset({"purchase_order", "request_for_quotation"})
"""Forms whose lines are in the unit a product is bought in, where they name none."""
BUYING = ORDERING | {"supplier_bill", "supplier_credit_note"}
PRICE = "unit_price"


@postable.answer
def events() -> Sequence[Event]:
    """A bill or credit note with its net, what goods cost otherwise and its taxes; and what is spread."""
    amounts = (
        Amount("net", _l("net amount")), Amount("difference", _l("what goods cost besides")), Amount("tax", _l("tax")),
    )  # fmt: skip
    cost = (Amount("cost", _l("cost")),)
    return [
        Event(BILLED, _l("a supplier's bill is received"), amounts),
        Event(CREDITED, _l("a supplier's credit note is received"), amounts),
        Event(LANDED, _l("what goods cost besides is spread"), cost),
    ]


@telling.stepped.answer
def prices_suppliers_asked(type_name: str, row_ids: Sequence[int], around: Mapping[str, str]) -> telling.Steps:
    """What picked products were last ordered for from the supplier of the form; nothing of what customers pay."""
    if type_name != "product" or around.get("form") not in BUYING:
        return {}
    party = around.get("party", "")
    known: Mapping[int, Decimal] = {}
    if party.isdecimal() and len(party) <= 18:
        known = ordering.last_prices(row_ids, int(party), as_bought=around["form"] in ORDERING)
    return {key: {PRICE: [(Decimal(0), known[key])] if key in known else []} for key in row_ids}


@telling.stopped.answer
def end_what_was_stopped(document: Document, reason: str) -> None:
    """Goods of a stopped order are expected no more, and the number of a stopped paper may come again."""
    if isinstance(document, PurchaseOrder):
        ordering.end(document)
    if isinstance(document, SupplierBill) and document.posted_on is None:
        document.bill_key = ""
    if isinstance(document, SupplierCreditNote) and document.posted_on is None:
        document.credit_key = ""
