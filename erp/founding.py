"""The first company of an installation: a link only its operator has leads to a few questions, answered once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from itsdangerous import BadSignature, URLSafeSerializer

from erp import access, clock, countries, organising, prepare
from erp.config import Settings
from erp.data import settings as company_settings
from erp.data.base import session, system, transaction
from erp.data.organisation import Tenant
from erp.errors import Conflict, Invalid, NotFound
from erp.i18n import N_, _
from erp.organising import Hours
from erp.people import accounts
from erp.provision import Provision

SALT = "founding"
TRADE = "company.trade"
"""Key of the setting that says what a company trades in."""
TRADES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "repairs": (N_("Repairs and services"), ("repair_order", "invoice")),
    "retail": (N_("General retail"), ("invoice", "repair_order")),
    "jewelry": (N_("Jewelry"), ("repair_order", "invoice")),
    "garments": (N_("Garments"), ("invoice", "repair_order")),
    "dairy": (N_("Dairy delivery"), ("invoice", "repair_order")),
}
"""{trade: (what it is called, documents it begins with, the first that is there)}"""


@dataclass(frozen=True)
class Founder:
    """Who makes the company and will own it."""

    name: str
    email: str
    username: str
    password: str


@dataclass(frozen=True)
class Charter:
    """Everything that is asked for: the company, its first branch and who owns it."""

    company: Mapping[str, str]
    """name, currency, country, language, tax_number, address, phone, email"""
    tax_rate: Decimal
    branch: str
    timezone: str
    trade: str
    hours: Hours
    holidays: Mapping[date, str] = field(default_factory=dict)
    logo: tuple[str, bytes] | None = None


def is_empty() -> bool:
    """Whether this installation has no company yet."""
    with system() as current:
        return current.scalar(sa.select(Tenant.id).limit(1)) is None


def link(settings: Settings) -> str:
    """Where the owner of an empty installation begins; opens nothing once there is a company."""
    return f"{settings.address}/begin/{_signer(settings).dumps(SALT)}"


def require_link(settings: Settings, token: str) -> None:
    """Raise NotFound for a made-up link, Conflict once there is a company."""
    try:
        _signer(settings).loads(token)
    except BadSignature:
        raise NotFound from None
    if not is_empty():
        raise Conflict(_("This installation has its company already. Sign in instead."))


def _signer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.secret_key, salt=SALT)


def found(settings: Settings, charter: Charter, founder: Founder) -> tuple[int, int]:
    """Make the company with its branch and owner; returns (user, tenant). Raises Invalid at the field that is wrong."""
    organising.checked_company(charter.company)
    organising.checked_branch({"name": charter.branch, "timezone": charter.timezone})
    facts = dict(charter.company)
    name, email = facts.pop("name"), facts.pop("email", "")
    assert settings.database_url is not None
    with Provision(settings.database_url) as owner:
        if not owner.claim_first_tenant():
            raise Conflict(_("This installation has its company already. Sign in instead."))
        place = owner.tenant(
            name, slug(name), timezone=charter.timezone, tax_rate=charter.tax_rate, branches=(charter.branch,), **facts
        )
        user_id = owner.person(founder.username, founder.name, founder.password, founder.email)
        owner.member(user_id, place, founder.name, sorted(prepare.rights_of_roles()), language=facts["language"])
    acting = access.enter_as(user_id, place.tenant_id, source="web")
    assert acting is not None
    organising.edit_company({"email": email or founder.email}, charter.logo)
    with transaction():
        branch_id = next(iter(place.branch_ids.values()))
        organising.edit_branch(branch_id, {"hours": charter.hours})
        organising.set_holidays(charter.holidays)
        company_settings.write_setting(TRADE, charter.trade)
    session.remove()
    return user_id, place.tenant_id


def slug(name: str) -> str:
    """A short name for addresses and files."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "company"


YOURS = {"name": "your_name", "email": "your_email"}
"""What the page calls the founder's own name and address, beside those of the company."""


def checked_founder(name: str, email: str, username: str, password: str, again: str) -> Founder:
    """Who founds it; raises Invalid with a sentence for each part that is wrong."""
    errors = {YOURS.get(key, key): text for key, text in accounts.checked_person(name, email, username).items()}
    errors |= accounts.checked_password(password, again, username.strip(), email.strip(), name)
    if errors:
        raise Invalid(fields=errors)
    return Founder(name.strip(), email.strip(), username.strip(), password)


def suggested_holidays(country: str) -> dict[date, str]:
    """The public holidays of this year that are still to come, and of the next."""
    today = clock.now().date()
    return {
        on: name for on, name in countries.holidays_of(country, [today.year, today.year + 1]).items() if on >= today
    }
