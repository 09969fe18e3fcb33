"""Money that has arrived in one sum, as a statement says, and pays one document or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from erp import Conflict, Document, Invalid, _, require
from plugins.payments.dues import Due, document_at, due_of, payer
from plugins.payments.models import Payment
from plugins.payments.tenders import Tender, lock, take


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came: how, how much, on which day, on which account of the chart, and what the statement calls it."""

    method: str
    amount: Decimal
    on: date
    account_id: int
    reference: str


def take_arrived(wanted: Sequence[Due], arrived: Arrived) -> list[Payment]:
    """A payment for each of these documents, all or none, those due first paid first; inside a transaction.

    The last one is paid in part where too little came; what is too much stays with it as the customer's credit and is
    put before a person. Raises Forbidden, Invalid at the key of a document for which nothing is left, Conflict where
    one is paid already, and as `take`.
    """
    require("edit", "payment")
    found = [(due, _locked(due)) for due in wanted]
    parts = _parts(found, arrived.amount)
    return [
        payment
        for place, ((due, document), amount) in enumerate(zip(found, parts, strict=True))
        for payment in _taken(document, due, amount, arrived, place)
    ]


def _locked(due: Due) -> Document:
    document = document_at(due.type_name, due.document_id)
    if document is None:
        raise Conflict(_("%(number)s is not to be paid any more.", number=due.number))
    lock(document)
    return document


def _parts(found: Sequence[tuple[Due, Document]], amount: Decimal) -> list[Decimal]:
    """What each gets; the last one whatever is left."""
    parts, left = [], amount
    for due, document in found:
        still = due_of(document)
        if still <= 0:
            raise Conflict(_("%(number)s is paid already.", number=due.number))
        if left <= 0:
            raise Invalid(fields={due.key: _("Nothing is left for it: leave it out.")})
        parts.append(min(still, left))
        left -= parts[-1]
    parts[-1] += left
    return parts


def _taken(document: Document, due: Due, amount: Decimal, arrived: Arrived, place: int) -> list[Payment]:
    party = payer(document)
    if party is None:
        raise Conflict(_("%(number)s is not to be paid any more.", number=due.number))
    # a reference of M-Pesa is written down once: the first payment holds it
    reference = f"{arrived.reference}/{place + 1}" if place else arrived.reference
    tender = Tender(arrived.method, amount, reference=reference, on=arrived.on, account_id=arrived.account_id)
    return take(document, party, [tender], may_exceed=arrived.method != "cash")
