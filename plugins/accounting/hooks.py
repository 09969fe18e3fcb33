from collections.abc import Sequence
from datetime import date

from erp import _l, upgraded
from plugins.accounting import charts, closing
from plugins.accounting.api import Amount, ClosingCheck, Event, closing_checks, postable


@postable.answer
def own_events() -> Sequence[Event]:
    """What the ledger posts itself."""
    difference = Amount("difference", _l("the difference"))
    return [
        Event("currency_difference", _l("a currency cost something else when it was paid"), (difference,)),
        Event("voucher_posted", _l("a voucher is posted"), ()),
        Event("reversed", _l("an entry is taken back"), ()),
        Event("year_closed", _l("a year is closed"), ()),
    ]


@closing_checks.answer
def own_part_of_a_close(first: date, last: date) -> Sequence[ClosingCheck]:
    """What the ledger itself can say."""
    return list(closing.own_checks(first, last))


@upgraded.answer
def charts_came_to_have_more() -> None:
    """Books begun before a plugin or version came get its accounts and rules."""
    charts.complete()
