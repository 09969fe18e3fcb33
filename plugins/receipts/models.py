from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp import Document, _l, amount, integer, link, text
from plugins.parties.models import Party
from plugins.payments.models import Payment


class Receipt(Document):
    """Receipt. Receipts.

    What a payment was for, as it was printed; the paper is a file of the receipt and never changes.
    """

    prefix = "RC"
    gapless = True
    icon = "receipt"
    group = _l("Money")
    subtitle_field = "subject_number"
    amount_field = "total"

    party: Mapped[Party] = link(_l("Customer"), readonly=True, listed=True)
    payment: Mapped[Payment] = link(_l("Payment"), readonly=True, listed=True)
    subject_number: Mapped[str] = text(_l("For"), length=40, readonly=True, search=True, listed=True)
    total: Mapped[Decimal] = amount(_l("Total"), readonly=True, listed=True, total=True)
    language: Mapped[str] = text(_l("Language"), length=5, readonly=True, default="en")
    print_count: Mapped[int] = integer(_l("Printed"), readonly=True, default=0, help=_l("The original and every copy."))
    content: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """What the paper says, frozen when the money was taken: a copy is rendered from it, whatever changed since."""
