"""Who works at the demo company, and who its customers are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from erp import create

COMPANY: dict[str, Any] = {
    "name": "Savanna Repairs Ltd",
    "slug": "savanna",
    "currency": "KES",
    "country": "KE",
    "timezone": "Africa/Nairobi",
    "language": "en",
    "tax_rate": Decimal(16),
    "branches": ("Westlands", "Mombasa"),
    "address": "Muthithi Road 14, Westlands, Nairobi",
    "phone": "+254 20 445 0180",
    "tax_number": "P051234567X",
}


@dataclass(frozen=True)
class Colleague:
    """Somebody who can sign in to the demo company."""

    username: str
    name: str
    branch: str
    roles: tuple[str, ...]


PEOPLE = (
    Colleague("grace", "Grace Njeri", "Westlands", ("Counter",)),
    Colleague("daniel", "Daniel Otieno", "Westlands", ("TENANT_EMPLOYEE", "Technician")),
    Colleague("mary", "Mary Wanjiku", "Westlands", ("TENANT_EMPLOYEE", "Technician")),
    Colleague("salim", "Salim Bakari", "Mombasa", ("Counter",)),
    Colleague("zainab", "Zainab Omar", "Mombasa", ("Technician",)),
    Colleague("peter", "Peter Kariuki", "Westlands", ("TENANT_MANAGER", "Counter", "Technician")),
    Colleague("lydia", "Lydia Mutua", "Westlands", ("TENANT_ANALYST",)),
    Colleague("anne", "Anne Chebet", "Westlands", ("TENANT_OWNER", "PLATFORM_ADMIN")),
)
GIVEN = (
    "Amina", "Brian", "Caroline", "David", "Esther", "Fatuma", "Faith", "George", "Halima", "Ibrahim", "Joseph",
    "Joyce", "Kevin", "Lilian", "Mercy", "Naomi", "Omar", "Paul", "Peter", "Rose", "Samuel", "Tabitha", "Wanjiru",
    "Yusuf", "Zipporah",
)  # fmt: skip
FAMILY = (
    "Abdi", "Achieng", "Barasa", "Chepkoech", "Gathoni", "Hassan", "Juma", "Kamau", "Kiplagat", "Kiptoo", "Mohamed",
    "Muthoni", "Mutua", "Mwangi", "Mwende", "Ndungu", "Njoroge", "Nyambura", "Ochieng", "Odhiambo", "Okoth", "Otieno",
    "Wafula", "Wambui", "Were",
)  # fmt: skip
COMPANIES = (
    "Lakeside Clinic", "Rift Valley Tours", "Otieno Electronics Ltd", "Nyali Beach Hotel", "Uhuru Studio",
    "Karen Schools", "Tamarind Kitchens", "Coast Wedding Films",
)  # fmt: skip
REACHED = {
    "Lakeside Clinic": (False, "Kisumu", "Oginga Odinga Street 4, gate B"),
    "Otieno Electronics Ltd": (True, "Nairobi", "Luthuli Avenue 21, second floor"),
    "Nyali Beach Hotel": (False, "Mombasa", "Beach Road 9, staff entrance"),
}
"""{company: (whether we buy there too, city, where things are delivered)}; those with several phones and addresses."""
FIRST_NUMBER = 17850


def load_parties(rng: Random) -> list[int]:
    """About sixty customers; returns their ids."""
    return [create("party", values).id for values in (*_companies(rng), *_persons(rng, 52))]


def _phone(rng: Random) -> str:
    return f"+254 7{rng.randrange(10, 100)} {rng.randrange(1000):03d} {rng.randrange(1000):03d}"


def _companies(rng: Random) -> Iterator[dict[str, Any]]:
    for place, name in enumerate(COMPANIES):
        mailbox = name.lower().replace(" ", "-")
        yield {
            "number": str(FIRST_NUMBER + place),
            "name": name,
            "kind": "company",
            "phone": _phone(rng),
            "email": f"office@{mailbox}.example",
            "country": "Kenya",
        } | _more_of(name, mailbox, rng)


def _more_of(name: str, mailbox: str, rng: Random) -> dict[str, Any]:
    """What some companies are besides customers, and where else they are reached."""
    if name not in REACHED:
        return {}
    is_supplier, city, street = REACHED[name]
    return {
        "is_supplier": is_supplier,
        "phones": [
            {"phone": _phone(rng), "kind": "work", "note": "Reception"},
            {"phone": _phone(rng), "kind": "mobile", "note": "Driver, for deliveries"},
        ],
        "emails": [{"email": f"bills@{mailbox}.example", "note": "Invoices"}],
        "addresses": [
            {"street": "P.O. Box 4120", "kind": "billing", "city": city, "postcode": "00100", "country": "Kenya"},
            {"street": street, "kind": "delivery", "city": city, "country": "Kenya"},
        ],
    }


def _persons(rng: Random, count: int) -> Iterator[dict[str, Any]]:
    names = [f"{given} {family}" for given in GIVEN for family in FAMILY]
    for place, name in enumerate(rng.sample(names, count)):
        given, family = name.lower().split()
        yield {
            "number": str(FIRST_NUMBER + len(COMPANIES) + place),
            "name": name,
            "kind": "person",
            "phone": _phone(rng),
            "email": f"{given}.{family}@example.com" if rng.random() < 0.75 else None,
            "country": "Kenya",
        }
