from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from erp import Record, _l, choice, email, long_text, phone, text

KINDS = {"person": _l("Person"), "company": _l("Company")}
LANGUAGES = {"en": "English", "fa": "فارسی"}


class Party(Record):
    """Customer. Customers.

    Somebody we deal with: a person or a company, as customer, supplier or both.
    """

    icon = "users"
    group = _l("Sales")
    subtitle_field = "phone"
    quick_fields = ("name", "phone", "email")
    __table_args__ = (sa.UniqueConstraint("tenant_id", "number"),)

    number: Mapped[str | None] = text(
        _l("Customer number"), length=40, search=True, listed=True, help=_l("The number your other books know them by.")
    )
    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    kind: Mapped[str] = choice(_l("Kind"), KINDS, default="person", listed=True)
    phone: Mapped[str | None] = phone(_l("Phone"), search=True, listed=True)
    email: Mapped[str | None] = email(_l("E-mail"), search=True, listed=True, help=_l("Quotes and notices go there."))
    language: Mapped[str | None] = choice(_l("Language"), LANGUAGES, help=_l("Of quotes, notices and receipts."))
    country: Mapped[str | None] = text(_l("Country"), length=60, listed=True)
    address: Mapped[str | None] = long_text(_l("Address"))
    note: Mapped[str | None] = long_text(_l("Note"), help=_l("For colleagues; the customer never sees it."))
