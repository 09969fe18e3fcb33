"""The plan of a history: which column is what, what becomes of each kind of dirt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from erp import Invalid, _, _l, i18n
from plugins.sales.history.rules import RULES, SETTINGS
from plugins.sales.models import CHANNELS, TENDERS

COLUMNS: Mapping[str, str] = {
    "number": _l("Number"),
    "code": _l("Product code"),
    "description": _l("Description"),
    "quantity": _l("Quantity"),
    "moment": _l("Date and time"),
    "price": _l("Price of one"),
    "customer": _l("Customer number"),
    "country": _l("Country"),
}
"""What a line may say."""
REQUIRED = ("number", "code", "quantity", "moment", "price")
USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
    "number": ("invoiceno", "invoice", "invoicenumber", "number", "no", "receipt", "receiptno", "order", "orderno"),
    "code": ("stockcode", "sku", "code", "productcode", "item", "itemcode", "article", "product"),
    "description": ("description", "name", "productname", "text", "itemname"),
    "quantity": ("quantity", "qty", "count", "units"),
    "moment": ("invoicedate", "date", "datetime", "soldat", "time", "day", "orderdate"),
    "price": ("unitprice", "price", "unit", "rate"),
    "customer": ("customerid", "customer", "customerno", "customernumber", "client"),
    "country": ("country", "land", "shipcountry"),
}
SERVICES = "POST, DOT, C2, M, D, S, B, BANK CHARGES, AMAZONFEE, CRUK, PADS, GIFT_*"
LONGEST = 2000
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Plan:
    """How a file of sold lines becomes a shop's history."""

    columns: Mapping[str, str]
    """{what of COLUMNS: the file's column}"""
    choices: Mapping[str, str] = field(default_factory=dict)
    """{rule or setting: choice}; what is not there is the usual one"""
    cancelled_by: str = "C"
    adjusted_by: str = "A"
    services: str = SERVICES
    """Codes without stock, by commas; * stands for any letters."""
    cost_percent: Decimal = Decimal(50)
    """What goods cost, in percent of their price, where a product does not say."""
    channel: str = "other"
    tender: str = "bank"

    def choice(self, name: str) -> str:
        """What was chosen of a rule or setting."""
        known = RULES[name].choices if name in RULES else SETTINGS[name].choices
        chosen = self.choices.get(name, "")
        return chosen if chosen in known else next(iter(known), "")

    def is_service(self, code: str) -> bool:
        """Whether a code is one of the services, in capitals or not."""
        wanted = code.upper()
        return any(fnmatchcase(wanted, each) for each in self._services())

    def _services(self) -> list[str]:
        return [each.strip().upper() for each in self.services.split(",") if each.strip()]

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return asdict(self) | {"cost_percent": str(self.cost_percent)}

    @classmethod
    def from_json(cls, sent: Any) -> Plan:
        """A plan as it was kept or sent; raises Invalid for a wrong shape. `checked` looks at the names."""
        try:
            known = {name: sent[name] for name in cls.__dataclass_fields__ if name in sent}
            for name in ("columns", "choices"):
                known[name] = {str(key): str(value) for key, value in dict(known.get(name, {})).items() if value}
            for name in set(known) - {"columns", "choices", "cost_percent"}:
                known[name] = str(known[name])[:LONGEST]
            if "cost_percent" in known:
                known["cost_percent"] = i18n.parse_decimal(str(known["cost_percent"]))
            return cls(**known)
        except (TypeError, ValueError, AttributeError):
            raise Invalid(_("This plan of an import is not complete.")) from None

    def checked(self, columns: tuple[str, ...]) -> Plan:
        """The plan if it fits a file with these columns; raises Invalid with a sentence at each field."""
        errors = {name: _("Choose a column.") for name in REQUIRED if not self.columns.get(name)}
        taken: dict[str, str] = {}
        for name, column in self.columns.items():
            if name not in COLUMNS or column not in columns:
                errors[name] = _("The file has no column “%(column)s”.", column=column)
            elif column in taken:
                errors[name] = _("“%(column)s” is used already.", column=column)
            taken[column] = name
        if not 0 <= self.cost_percent <= HUNDRED * 10:
            errors["cost_percent"] = _("Between 0 and 1,000 percent.")
        if self.channel not in CHANNELS or self.tender not in TENDERS:
            errors["tender" if self.channel in CHANNELS else "channel"] = _("Choose one of the list.")
        if errors:
            raise Invalid(_("The plan does not fit the file."), fields=errors)
        return self


def guess(columns: tuple[str, ...]) -> Plan:
    """A first plan by the columns' names; whoever imports mends it."""
    plain = {re.sub(r"[^a-z]", "", column.lower()): column for column in columns}
    found: dict[str, str] = {}
    for name, words in USUAL_NAMES.items():
        column = next((plain[word] for word in words if word in plain and plain[word] not in found.values()), "")
        if column:
            found[name] = column
    return Plan(found)
