"""The trial balance over a hundred times the lines: what is folded is read, not what was posted."""

from __future__ import annotations

from datetime import UTC, datetime

from plugins.accounting.api import choose_chart, keeps_books, sums
from plugins.accounting.balances import BATCH, fold
from tests.bench import lists
from tests.bench.site import Site

FEW, MANY = 10_000, 1_000_000
"""Lines, two of an entry; a few entries wait to be folded in both, as they do while people post."""
WAITING = 50
FILL = """
with accounts as (select array_agg(id order by id) as ids from account where tenant_id = :tenant),
added as (insert into journal_entry (tenant_id, company_id, journal_id, period_id, entry_date, event, source_type, source_id,
  source_key, reason, text, posted_at, number, state, passed_states, currency, version, created_at, created_by,
  updated_at, updated_by, extra)
select :tenant, :company, (select min(id) from journal where tenant_id = :tenant), p.id, day, 'bench', 'bench', g, '',
  '', '', now(), 'B-' || g, '', '[]', 'KES', 1, now(), '', now(), '', '{}'
from generate_series(cast(:first as int), cast(:last as int)) g,
  lateral (select date '2026-01-01' + g % 334 as day) as days
  join fiscal_period p on p.tenant_id = :tenant and day between p.starts_on and p.ends_on
returning id, source_id)
insert into journal_line (tenant_id, document_id, position, account_id, amount, text, currency)
select :tenant, e.id, side, ids[1 + (e.source_id + side * 7) % cardinality(ids)], (1 - 2 * side) * (1 + e.source_id % 977),
  '', '' from added e, accounts, generate_series(0, 1) side
"""


def measure(site: Site) -> dict[str, float]:
    """ledger.trial_balance_growth: balances of all accounts over 1,000,000 lines ÷ over 10,000; both in ms beside it."""
    assert site.app is not None
    site.act()
    if not keeps_books():
        choose_chart("kenya", datetime(2026, 1, 1, tzinfo=UTC).date())
    few = _measured(site, 1, FEW // 2)
    many = _measured(site, FEW // 2 + 1, MANY // 2)
    return {
        "ledger.trial_balance_growth": many / few,
        "ledger.trial_balance_ms": many * 1000,
        "ledger.fold_lines_per_s": _folding(site),
    }


def _measured(site: Site, first: int, last: int) -> float:
    """Seconds of a trial balance once so many entries are posted, most of them folded."""
    _fill(site, first, last)
    site.act()
    while fold() == BATCH:
        pass
    _fill(site, 10_000_000 + last, 10_000_000 + last + WAITING - 1)
    site.vacuum("journal_entry", "journal_line", "ledger_balance", "ledger_unfolded")
    site.act()
    assert sum(each.balance for each in sums().values()) == 0
    return lists.median(sums, 40)


def _fill(site: Site, first: int, last: int) -> None:
    """Entries and their lines in one statement; nobody will search for them."""
    place = site.place
    site.run_sql("alter table journal_entry disable trigger search_added_journal_entry")
    site.run_sql(FILL, tenant=place.tenant_id, company=place.company_id, first=first, last=last)
    site.run_sql("alter table journal_entry enable trigger search_added_journal_entry")


def _folding(site: Site) -> float:
    """Lines added to balances in a second."""
    entries = 20_000
    _fill(site, 20_000_000, 20_000_000 + entries - 1)
    site.act()
    started = datetime.now(UTC)
    while fold() == BATCH:
        pass
    return 2 * entries / (datetime.now(UTC) - started).total_seconds()
