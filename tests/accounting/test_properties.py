"""Whatever is posted, reversed, settled and locked in whatever order: debits are credits, and nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp import Conflict, Invalid, create, session, transaction
from erp.checking import differences
from plugins.accounting.allocating import settle_oldest
from plugins.accounting.api import Part, Posting, choose_chart, open_lines, post, post_many, reverse, sums
from plugins.accounting.balances import fold
from plugins.accounting.models import JournalEntry, JournalLine, LedgerLock

FIRST = date(2026, 1, 1)
EVENTS = (("invoice_issued", "net"), ("payment_received", "received"), ("goods_issued", "cost"), ("sale_made", "paid"))
amounts = st.decimals(min_value=-10000, max_value=10000, places=2)
steps = st.one_of(
    st.tuples(st.just("post"), st.integers(0, 3), st.integers(0, 360), st.lists(amounts, min_size=1, max_size=3)),
    st.tuples(st.just("reverse"), st.integers(0, 20)),
    st.tuples(st.just("lock"), st.sampled_from(("all", "sales", "tax")), st.integers(0, 200)),
    st.tuples(st.just("settle")),
    st.tuples(st.just("fold"), st.integers(1, 5)),
)


def carry_out(step, party, made, source):
    match step:
        case ("post", which, offset, given_amounts):
            event, name = EVENTS[which]
            parts = [Part(name, amount, party_id=party) for amount in given_amounts]
            with transaction():
                made.append(post(Posting(event, FIRST + timedelta(days=offset), "sale", source, parts)))
        case ("reverse", which):
            if found := [each for each in made if each]:
                made.append(reverse(found[which % len(found)], reason="Random"))
        case ("lock", kind, offset):
            create("ledger_lock", {"kind": kind, "until": FIRST + timedelta(days=offset), "reason": "Random"})
        case ("settle",):
            settle_oldest(party)
        case ("fold", count):
            fold(count)


def test_any_sequence_leaves_books_that_agree(make_company):
    @settings(max_examples=6, suppress_health_check=list(HealthCheck))
    @given(st.lists(steps, min_size=5, max_size=25))
    def run(sequence):
        company = make_company()
        with company.person("Accountant").acting():
            choose_chart("general", FIRST)
            party, made = create("party", {"name": "Amina"}).id, []
            for source, step in enumerate(sequence, 1):
                before = {
                    row.kind: row.until for row in session().scalars(sa.select(LedgerLock).order_by(LedgerLock.id))
                }
                try:
                    carry_out(step, party, made, source)
                except (Invalid, Conflict):
                    session().rollback()
                    continue
                if step[0] == "post" and made[-1] and (until := before.get("all")):
                    assert session().get(JournalEntry, made[-1]).entry_date > until
            assert sum(each.balance for each in sums().values()) == 0
            by_lines = dict(
                session()
                .execute(
                    sa.select(JournalLine.account_id, sa.func.sum(JournalLine.amount)).group_by(JournalLine.account_id)
                )
                .all()
            )
            assert {key: each.balance for key, each in sums().items()} == by_lines
            receivable = {line.account_id for line in open_lines(party)}
            for account in receivable:
                assert sum(line.open for line in open_lines(party) if line.account_id == account) == by_lines[account]
        assert list(differences("accounting")) == []

    run()


def test_tills_that_post_at_once_post_everything_once(company):
    person = company.person("Accountant")
    with person.acting():
        choose_chart("general", FIRST)

    def till(number):
        with person.acting():
            for sale in range(12):
                key = number % 4 * 100 + sale  # two tills tell each sale
                parts = [Part("net", Decimal(sale + 1)), Part("paid", Decimal(sale + 1), tender="cash")]
                with transaction():
                    post_many([Posting("sale_made", FIRST, "sale", key, parts)])
                if sale % 5 == 0:
                    fold()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(till, range(8)))
    with person.acting():
        assert session().scalar(sa.select(sa.func.count(JournalEntry.id))) == 4 * 12
        assert sum(each.balance for each in sums().values()) == 0
        assert max(each.debit for each in sums().values()) == 4 * sum(range(1, 13))
        while fold():
            pass
    assert list(differences("accounting")) == []


def test_a_lock_that_crosses_a_posting_lets_nothing_slip_under(company):
    person = company.person("Accountant")
    with person.acting():
        choose_chart("general", FIRST)

    def till(number):
        with person.acting():
            for sale in range(15):
                try:
                    with transaction():
                        post(Posting("sale_made", FIRST, "sale", number * 100 + sale, [Part("net", Decimal(1))]))
                except (Invalid, sa.exc.IntegrityError):
                    return

    def lock(_number):
        with person.acting():
            create("ledger_lock", {"kind": "all", "until": FIRST, "reason": "Told"})
            return session().scalar(sa.select(sa.func.count(JournalEntry.id)))

    with ThreadPoolExecutor(5) as pool:
        running = [pool.submit(till, number) for number in range(4)]
        at_the_lock = pool.submit(lock, 0).result()
        for each in running:
            each.result()
    with person.acting():
        assert session().scalar(sa.select(sa.func.count(JournalEntry.id))) == at_the_lock
