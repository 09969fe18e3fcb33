from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from erp import _l
from plugins.accounting.api import Amount, ClosingCheck, Event, closing_checks, postable
from plugins.banking import closing


@postable.answer
def events_of_banking() -> Sequence[Event]:
    """What banks say, as posting rules name it."""
    moved = (Amount("moved", _l("the amount")),)
    return [Event("bank_entry", _l("a statement says what nobody had posted"), moved)]


@closing_checks.answer
def statements_in_a_close(first: date, last: date) -> Sequence[ClosingCheck]:
    """Whether every line of a statement is matched."""
    return closing.own_checks(first, last)
