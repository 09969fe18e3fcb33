"""Lists, their views, counts and the search: nothing of another company, nothing of a type one may not list."""

from __future__ import annotations

from dataclasses import replace

import pytest
from werkzeug.datastructures import MultiDict

from erp import context
from erp.documents import saved_views, searching
from erp.documents.types import declared, document_type
from erp.errors import Forbidden, NotFound
from erp.screens.filters import filter_part
from erp.screens.search import search_page
from tests.attacks.worlds import ORDER, OWN, SECRET

ASKED = (
    "/search?q=Zanzibar", "/search/suggest?q=Zanzibar", "/search?q=C-Zanz", "/party/pick?q=Zanzibar",
    f"/{ORDER}/?q=Zanzibar", f"/{ORDER}/filter?field=customer", f"/{ORDER}/filter?field=state",
    f"/{ORDER}/filter?field=customer&customer__in={{party}}&was=customer__in", f"/{ORDER}/views", f"/{ORDER}/columns",
    f"/{ORDER}/?saved={{view}}", f"/{ORDER}/?customer__in={{party}}&saved={{view}}",
)  # fmt: skip


def test_the_index_holds_where_both_walls_are_down(a, b, browser, walls_off):
    """Its words begin with their tenant and its functions ask the transaction for it: a third wall."""
    mine = browser(a.boss)
    assert SECRET in mine.ask("GET", "/search/suggest?q=Zanzibar").text
    boss = browser(b.boss)
    with walls_off():
        assert SECRET not in boss.ask("GET", "/search/suggest?q=Zanzibar").text
        assert OWN in boss.ask("GET", f"/search/suggest?q={OWN}").text


@pytest.mark.parametrize("address", ASKED)
def test_no_way_of_asking_a_list_tells_of_another_company(a, b, browser, address):
    told = browser(b.boss).ask("GET", address.format(party=a.rows["party"], view=a.views[ORDER])).text
    assert SECRET not in told


def test_a_view_of_another_company_is_not_begun_with(a, b):
    with b.boss.acting():
        for name in (saved_views.begin_with, saved_views.remove):
            with pytest.raises(NotFound):
                name(document_type(ORDER), a.views[ORDER])


def test_a_shared_view_gives_nobody_a_right(a):
    """It is a list's arguments: who may not list the type sees neither the view nor the rows."""
    with a.company.person("Technician").acting() as acting:
        narrow = replace(acting, permissions=frozenset(pair for pair in acting.permissions if pair[1] != ORDER))
        context.enter(narrow)
        with pytest.raises(Forbidden):
            saved_views.begin_with(document_type(ORDER), a.views[ORDER])


def test_values_of_a_type_one_may_not_list_are_not_counted(a):
    with a.boss.acting() as acting:
        asked = MultiDict({"field": "customer"})
        assert SECRET in str(filter_part(document_type(ORDER), asked, {}))
        context.enter(replace(acting, permissions=acting.permissions - {("list", "party")}))
        with pytest.raises(NotFound):
            filter_part(document_type(ORDER), asked, {})
        assert "Customer" not in str(filter_part(document_type(ORDER), MultiDict(), {}))


def test_the_search_leaves_out_types_one_may_not_list_or_show(a):
    with a.boss.acting() as acting:
        assert {"Customers", "Repair orders"} <= {group.label for group in search_page("Zanzibar").groups}
        for verb in ("list", "show"):
            context.enter(replace(acting, permissions=acting.permissions - {(verb, "party"), (verb, ORDER)}))
            assert not {"Customers", "Repair orders"} & {group.label for group in search_page("Zanzibar").groups}
        context.enter(replace(acting, permissions=frozenset()))
        assert search_page("Zanzibar").groups == []


def test_naming_another_tenant_in_the_question_leads_nowhere(a, b):
    with b.boss.acting():
        for text in (f"{a.tenant}:party:zanzibar", f"{a.tenant}:party:zanzibar7731'|'x"):
            assert searching.likely(list(declared()), text, 10) == {}
