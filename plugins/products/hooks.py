from __future__ import annotations

from collections.abc import Mapping, Sequence

from erp import money, telling
from plugins.currencies.api import RateMissing
from plugins.products.prices import Terms, steps_of

PRICE = "unit_price"


@telling.stepped.answer
def prices_in_a_line(type_name: str, row_ids: Sequence[int], around: Mapping[str, str]) -> telling.Steps:
    """What picked products cost the customer of the form, from each quantity on."""
    if type_name != "product":
        return {}
    party, currency = around.get("party", ""), around.get("currency", "")
    terms = Terms(
        party_id=int(party) if party.isascii() and party.isdecimal() and len(party) <= 18 else None,
        currency=currency if money.is_currency(currency) else "",
    )
    try:
        found = steps_of(row_ids, terms)
    except RateMissing:
        # the price is left to whoever fills in the form, who is not to be given one of another currency
        return {row_id: {PRICE: []} for row_id in row_ids}
    return {row_id: {PRICE: [(each.quantity, each.amount) for each in steps]} for row_id, steps in found.items()}
