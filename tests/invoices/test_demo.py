"""The demo company's books: every state is alive, and what is open adds up."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from random import Random

import sqlalchemy as sa

from erp import clock, create, session
from erp.run.demo import Stage
from plugins.currencies import demo as currencies_demo
from plugins.currencies.api import rate
from plugins.invoices import api, demo
from plugins.invoices.models import CreditNote, Invoice
from plugins.taxes import demo as taxes_demo


def test_a_year_of_invoices(company):
    accountant = company.person(*demo.PEOPLE[0].roles, name=demo.WHO)
    with accountant.acting(source="demo") as acting:
        for name in ("Lakeside Clinic", "Karen Schools"):
            create("party", {"name": name, "kind": "company", "email": "office@example.com"})
        people = {demo.WHO: acting}
        taxes_demo.begin()
        for module in (currencies_demo, demo):
            module.load(Stage(module.TYPE, people, module.ANSWERS), Random(4817))
        invoices = list(session().scalars(sa.select(Invoice)))
        states = Counter(invoice.state for invoice in invoices)
        assert {"settled", "credited", "sent"} <= set(states)
        assert all(invoice.created_at <= clock.now() for invoice in invoices)
        numbered = sorted((invoice.issued_on, invoice.number) for invoice in invoices if invoice.number)
        assert numbered == sorted(numbered, key=lambda pair: pair[1])
        assert all(api.outstanding(invoice) == 0 for invoice in invoices if invoice.state in {"settled", "credited"})
        assert session().scalar(sa.select(sa.func.count()).select_from(CreditNote)) > 3
        assert rate("USD", "KES", clock.now().date()) > Decimal(100)
