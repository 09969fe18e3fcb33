"""The demo company's books: they balance, and something waits to be looked at."""

from __future__ import annotations

from collections import Counter
from random import Random

import sqlalchemy as sa

from erp import session
from erp.checking import differences
from erp.run.demo import Stage
from plugins.accounting import demo
from plugins.accounting.api import balance, sums
from plugins.accounting.vouchers import JournalVoucher


def test_two_years_of_books(accountant):
    demo.begin()
    demo.load(Stage(demo.TYPE, {demo.WHO: accountant}, demo.ANSWERS), Random(4817))
    states = Counter(session().scalars(sa.select(JournalVoucher.state)))
    assert states["draft"] == 1
    assert states["posted"] > 12
    assert sum(each.balance for each in sums().values()) == 0
    assert balance("bank") > 0
    assert list(differences("accounting")) == []
