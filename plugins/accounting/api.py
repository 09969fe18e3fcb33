"""The money ledger for other plugins: what happened is posted by rules that an accountant reads and changes."""

from __future__ import annotations

from plugins.accounting.agreeing import kept_since, posted_sums
from plugins.accounting.allocating import OpenLine, allocate, allocate_lines, open_lines
from plugins.accounting.balances import Sums, balance, sums
from plugins.accounting.charts import charts, choose_chart
from plugins.accounting.closing_checks import STEPS, ClosingCheck, closing_checks, closing_findings, drafts
from plugins.accounting.events import Amount, Event, postable
from plugins.accounting.foreign import in_books
from plugins.accounting.locks import locked_until, refuse_locked
from plugins.accounting.posting import Part, Posting, keeps_books, post, post_many
from plugins.accounting.reading import entries_of, numbers_of, sources_of
from plugins.accounting.reversing import reverse, take_back
from plugins.accounting.years import cover_years, make_year

__all__ = [
    "STEPS",
    "Amount",
    "ClosingCheck",
    "Event",
    "OpenLine",
    "Part",
    "Posting",
    "Sums",
    "allocate",
    "allocate_lines",
    "balance",
    "charts",
    "choose_chart",
    "closing_checks",
    "closing_findings",
    "cover_years",
    "drafts",
    "entries_of",
    "in_books",
    "keeps_books",
    "kept_since",
    "locked_until",
    "make_year",
    "numbers_of",
    "open_lines",
    "post",
    "post_many",
    "postable",
    "posted_sums",
    "refuse_locked",
    "reverse",
    "sources_of",
    "sums",
    "take_back",
]
