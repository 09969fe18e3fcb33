from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from erp import Document, _l, amount, choice, link, moment, text
from plugins.parties.models import Party

METHODS = {"cash": _l("Cash")}


class Payment(Document):
    """Payment. Payments.

    Money received for another document. It is made by `api.take_cash`, never typed and never changed.
    """

    prefix = "PAY"
    gapless = True
    icon = "cash"
    group = _l("Money")
    subtitle_field = "subject_number"
    amount_field = "paid_amount"
    __table_args__ = (
        sa.Index("payment_subject", "tenant_id", "subject_type", "subject_id"),
        sa.CheckConstraint("paid_amount > 0", name="payment_positive"),
        sa.CheckConstraint("tendered_amount - change_amount = paid_amount", name="payment_adds_up"),
    )

    party: Mapped[Party] = link(_l("Customer"), readonly=True, listed=True)
    paid_amount: Mapped[Decimal] = amount(_l("Paid"), readonly=True, listed=True, total=True)
    method: Mapped[str] = choice(_l("Method"), METHODS, readonly=True, default="cash", listed=True)
    tendered_amount: Mapped[Decimal] = amount(_l("Cash received"), readonly=True)
    change_amount: Mapped[Decimal] = amount(_l("Change given"), readonly=True)
    paid_at: Mapped[datetime] = moment(_l("Paid at"), readonly=True, listed=True)
    cashier: Mapped[str] = text(_l("Cashier"), readonly=True, listed=True)
    subject_type: Mapped[str] = mapped_column(sa.String(60))
    """Type of the document it pays; the link is held as type, id and number, since any type may be paid."""
    subject_id: Mapped[int] = mapped_column(sa.BigInteger)
    subject_number: Mapped[str] = text(_l("For"), length=40, readonly=True, search=True, listed=True)
