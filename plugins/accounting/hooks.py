from collections.abc import Sequence

from erp import _l
from plugins.accounting.api import Amount, Event, postable


@postable.answer
def own_events() -> Sequence[Event]:
    """What the ledger posts itself."""
    difference = Amount("difference", _l("the difference"))
    return [
        Event("currency_difference", _l("a currency cost something else when it was paid"), (difference,)),
        Event("voucher_posted", _l("a voucher is posted"), ()),
        Event("reversed", _l("an entry is taken back"), ()),
    ]
