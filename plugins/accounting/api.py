"""The money ledger for other plugins: what happened is posted by rules that an accountant reads and changes."""

from __future__ import annotations

from plugins.accounting.balances import Sums, balance, sums
from plugins.accounting.charts import charts, choose_chart
from plugins.accounting.events import Amount, Event, postable
from plugins.accounting.foreign import in_books
from plugins.accounting.locks import locked_until, refuse_locked
from plugins.accounting.posting import Part, Posting, keeps_books, post, post_many
from plugins.accounting.reading import entries_of
from plugins.accounting.reversing import reverse
from plugins.accounting.years import cover_years, make_year

__all__ = [
    "Amount",
    "Event",
    "Part",
    "Posting",
    "Sums",
    "balance",
    "charts",
    "choose_chart",
    "cover_years",
    "entries_of",
    "in_books",
    "keeps_books",
    "locked_until",
    "make_year",
    "post",
    "post_many",
    "postable",
    "refuse_locked",
    "reverse",
    "sums",
]
