from __future__ import annotations

from collections.abc import Sequence

from erp import _l
from plugins.accounting.api import Amount, Event, postable
from plugins.pos.differences import COUNTED
from plugins.pos.drawer import MOVED


@postable.answer
def tills_post() -> Sequence[Event]:
    """What drawers post beside sales."""
    return (
        Event(MOVED, _l("cash goes in or out of a till"), (Amount("in", _l("cash in")), Amount("out", _l("cash out")))),
        Event(COUNTED, _l("a till is counted"), (Amount("missing", _l("cash that is missing")),)),
    )
