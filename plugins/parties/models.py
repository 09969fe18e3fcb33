from __future__ import annotations

import re
from typing import ClassVar

import sqlalchemy as sa
from babel import Locale
from sqlalchemy.orm import Mapped, mapped_column

from erp import (
    Invalid,
    Line,
    Record,
    _,
    _l,
    archiving,
    choice,
    company,
    document_type,
    email,
    flag,
    i18n,
    key_to,
    lines,
    long_text,
    read_setting,
    session,
    text,
)
from erp import phone as number_to_call
from plugins.parties.phones import international

KINDS = {"person": _l("Person"), "company": _l("Company")}
PHONES = {"mobile": _l("Mobile"), "work": _l("Work"), "home": _l("Home"), "other": _l("Other")}
ADDRESSES = {"billing": _l("Invoices"), "delivery": _l("Deliveries"), "home": _l("Home"), "other": _l("Other")}
TAX_NUMBERS = {"KE": (r"[AP]\d{9}[A-Z]", "P051234567X"), "IR": (r"\d{10,12}", "10101234567")}
"""{country: (how its tax numbers are written, one as an example)}; those of other countries are taken as they are."""
DUPLICATES = "parties.duplicates"
"""Setting: `allow` shows what looks like the same party, `refuse` does not keep it a second time."""


class Party(Record):
    """Customer. Customers.

    Somebody we deal with: a person or a company, as customer, supplier, colleague or all of them.
    """

    icon = "users"
    group = _l("Sales")
    subtitle_field = "phone"
    quick_fields = ("name", "phone", "email")
    verbs = {  # noqa: RUF012 - read once, never changed
        "merge": _l("Merge two into one"),
        "set_duplicates": _l("Say what happens to duplicates"),
    }
    untold = frozenset({"member_id", "merged_into_id"})
    """History says in words of its own what was linked and merged."""
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "number"),
        sa.UniqueConstraint("tenant_id", "member_id"),
        key_to("tenant_member", "member_id"),
        key_to("party", "merged_into_id"),
        sa.Index("party_by_phone", "tenant_id", "phone_e164"),
        sa.Index("party_by_email", "tenant_id", sa.text("lower(email)")),
    )

    number: Mapped[str | None] = text(
        _l("Customer number"), length=40, search=True, listed=True, help=_l("The number your other books know them by.")
    )
    name: Mapped[str] = text(_l("Name"), search=True, listed=True)
    kind: Mapped[str] = choice(_l("Kind"), KINDS, default="person", listed=True)
    is_customer: Mapped[bool] = flag(_l("Customer"), default=True)
    is_supplier: Mapped[bool] = flag(_l("Supplier"), listed=True)
    is_employee: Mapped[bool] = flag(_l("Employee"))
    phone: Mapped[str | None] = number_to_call(_l("Phone"), search=True, listed=True)
    phone_e164: Mapped[str | None] = number_to_call(_l("Phone from abroad"), search=True, readonly=True)
    email: Mapped[str | None] = email(_l("E-mail"), search=True, listed=True, help=_l("Quotes and notices go there."))
    language: Mapped[str | None] = choice(
        _l("Language"), i18n.LANGUAGE_NAMES, help=_l("Of quotes, notices and receipts.")
    )
    tax_number: Mapped[str | None] = text(_l("Tax number"), length=40, search=True)
    country: Mapped[str | None] = text(_l("Country"), length=60, listed=True)
    address: Mapped[str | None] = long_text(_l("Address"))
    note: Mapped[str | None] = long_text(_l("Note"), help=_l("For colleagues; the customer never sees it."))
    member_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """The colleague who signs in here and is this party too."""
    merged_into_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    """The party it turned out to be; it is put away then."""
    phones: Mapped[list[PartyPhone]] = lines(_l("More phones"), quiet=True)
    emails: Mapped[list[PartyEmail]] = lines(_l("More e-mail addresses"), quiet=True)
    addresses: Mapped[list[PartyAddress]] = lines(_l("More addresses"), quiet=True)

    def recompute(self) -> None:
        """Phones as the world dials them, the tax number as it is written; raises Invalid for one of a wrong form."""
        country = company().country
        self.phone_e164 = international(self.phone, country)
        for each in self.phones:
            each.phone_e164 = international(each.phone, country)
        if not self.tax_number:
            return
        self.tax_number = self.tax_number.translate(i18n.LATIN).strip().upper()
        pattern, example = TAX_NUMBERS.get(country, ("", ""))
        if pattern and not self._is_from_elsewhere() and not re.fullmatch(pattern, self.tax_number):
            raise Invalid(fields={"tax_number": _("Tax numbers here are written like %(example)s.", example=example)})

    def _is_from_elsewhere(self) -> bool:
        """Whether its country is named and none of the company's own names."""
        named = (self.country or "").strip().casefold()
        own = company().country
        names = {str(Locale.parse(each).territories.get(own, own)).casefold() for each in i18n.LANGUAGE_NAMES}
        return bool(named) and named not in {own.casefold(), *names}

    def check(self) -> None:
        """Refuse a second of the same, where the company wants that."""
        if read_setting(DUPLICATES, "allow") != "refuse":
            return
        with session().no_autoflush:
            found = self.alike()
        if found:
            errors = {
                name: _("%(party)s has this already: number %(id)s.", party=other.name, id=other.number or other.id)
                for name, other in found.items()
            }
            raise Invalid(fields=errors)

    def alike(self) -> dict[str, Party]:
        """{what they share: another party} with the same phone, e-mail address or tax number, none that is put away."""
        found: dict[str, Party] = {}
        phones = {each for each in (self.phone_e164, *(one.phone_e164 for one in self.phones)) if each}
        rules: dict[str, sa.ColumnElement[bool]] = {}
        if phones:
            further = sa.select(PartyPhone.document_id).where(PartyPhone.phone_e164.in_(phones))
            rules["phone"] = sa.or_(Party.phone_e164.in_(phones), Party.id.in_(further))
        if self.email:
            rules["email"] = sa.func.lower(Party.email) == self.email.lower()
        if self.tax_number:
            rules["tax_number"] = Party.tax_number == self.tax_number
        for name, rule in rules.items():
            others = sa.and_(Party.id != (self.id or 0), ~archiving.archived(document_type("party")))
            statement = sa.select(Party).where(rule, others).order_by(Party.id).limit(1)
            if (other := session().scalar(statement)) is not None:
                found[name] = other
        return found


class PartyPhone(Line["Party"], table="phones"):
    """Another number somebody is reached at."""

    title_field: ClassVar[str] = "phone"
    __table_args__ = (sa.Index("party_phone_by_number", "tenant_id", "phone_e164"),)

    phone: Mapped[str] = number_to_call(_l("Phone"), search=True)
    kind: Mapped[str] = choice(_l("Kind"), PHONES, default="mobile")
    note: Mapped[str | None] = text(_l("Note"), length=80, help=_l("Whose it is, when to call."))
    phone_e164: Mapped[str | None] = number_to_call(_l("From abroad"), search=True, readonly=True)


class PartyEmail(Line["Party"], table="emails"):
    """Another e-mail address."""

    title_field: ClassVar[str] = "email"

    email: Mapped[str] = email(_l("E-mail"), search=True)
    note: Mapped[str | None] = text(_l("Note"), length=80)


class PartyAddress(Line["Party"], table="addresses"):
    """Another place: where invoices or deliveries go."""

    title_field: ClassVar[str] = "street"

    street: Mapped[str] = text(_l("Street and number"), search=True)
    kind: Mapped[str] = choice(_l("Kind"), ADDRESSES, default="delivery")
    city: Mapped[str | None] = text(_l("City"), length=80)
    postcode: Mapped[str | None] = text(_l("Postcode"), length=20)
    country: Mapped[str | None] = text(_l("Country"), length=60)
