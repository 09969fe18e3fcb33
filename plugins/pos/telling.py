"""What a till knows when it opens: where it is, who is at it, and by which rules it counts."""

from __future__ import annotations

from typing import Any

from erp import Company, can, company, current, money, today
from plugins.currencies.api import rules_for
from plugins.pos import denominations, desk, holding, shelf
from plugins.pos.checking_out import TAKEN
from plugins.pos.desk import Desk
from plugins.pos.ledgers import KINDS
from plugins.pos.models import CashSession
from plugins.receipts.api import plain
from plugins.sales.models import TENDERS
from plugins.taxes.api import on_day

TAX_FIELD = "tax_category_id"


def state(here: Desk, *, is_locked: bool = False) -> dict[str, Any]:
    """Everything the page shows around its cart."""
    own = company()
    with desk.working_at(here):
        return {
            "terminal": {"id": here.terminal.id, "name": here.terminal.name, "printer": here.terminal.printer or "",
                         "place": here.place.name, "branch_id": here.branch_id},
            "cashier": {"id": current().member_id, "name": current().name},
            "is_locked": is_locked,
            "session": told(here.session) if here.session is not None else None,
            "company": _company(own),
            "tenders": [{"kind": kind, "label": str(TENDERS[kind])} for kind in TAKEN],
            "denominations": list(denominations.of(own.currency)),
            "limits": {"discount_percent": plain(here.terminal.max_discount)},
            "overrides": [{"kind": kind, "label": str(label)} for kind, label in KINDS.items()],
            "taxes": _terms(own.currency),
            "rights": {"allow": can("allow", "cash_session")},
            "held": holding.count(here),
            "favourites": shelf.favourites(here),
        }  # fmt: skip


def told(mine: CashSession) -> dict[str, Any]:
    """A session as the till shows it."""
    return {
        "id": mine.id, "number": mine.number, "cashier": mine.cashier, "opened_at": mine.opened_at.isoformat(),
        "float": plain(mine.float_amount),
    }  # fmt: skip


def _company(own: Company) -> dict[str, Any]:
    cash = rules_for(own.currency, cash=True)
    return {
        "name": own.name, "currency": own.currency, "places": money.exponent(own.currency),
        "cash_step": plain(cash.step), "mode": cash.mode,
    }  # fmt: skip


def _terms(currency: str) -> dict[str, Any]:
    """As forms have it: `pricing.js` counts with it."""
    known = on_day(today())
    choices = {str(key): taxes for key, taxes in known.by_category.items()}
    return money.Terms(rules_for(currency), known.default, choices, TAX_FIELD).as_json()
