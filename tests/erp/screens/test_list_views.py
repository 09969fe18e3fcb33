"""Saved views, columns and conditions as people keep and change them; all of it without script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from erp.data.base import session, transaction
from erp.documents import saved_views
from erp.documents.types import ExtraField, document_type
from erp.errors import Forbidden, NotFound
from erp.testing.pytest_plugin import Person
from tests.erp.screens.conftest import Workshop


def html(client: FlaskClient, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, answer.get_data(as_text=True)[:3000]
    return answer.get_data(as_text=True)


def tabs(page: str) -> list[str]:
    row = page.partition('class="mr-tabs"')[2].partition("</nav>")[0]
    return re.findall(r">([^<>]+?)(?:<b[^>]*>[^<]*</b>)?</a>", row)


def rows(page: str) -> list[str]:
    return re.findall(r'class="id" href="[^"]+"><bdi>([^<]+)', page)


def heads(page: str) -> list[str]:
    return re.findall(r'<th scope="col" class="[^"]+"[^>]*>(?:<a[^>]*>)?([^<]+)', page)


@pytest.fixture
def manager(workshop: Workshop) -> FlaskClient:
    """May share views, and receive items."""
    return workshop.sign_in(workshop.company.person("TENANT_MANAGER", "Counter", name="Peter Kariuki"))


@pytest.fixture
def two(workshop: Workshop) -> None:
    workshop.order("Canon", storage="A1")
    workshop.order("Sony")


def saved(client: FlaskClient, post: Any, name: str, query: str, **more: str) -> str:
    """Save a view; its address."""
    answer = post(client, "/repair_order/views", {"name": name, "query": query, **more})
    assert answer.status_code == 302, answer.text[:2000]
    return str(answer.headers["Location"])


@pytest.mark.usefixtures("two")
def test_a_list_is_kept_under_a_name_and_opened_by_its_tab(workshop: Workshop, grace: FlaskClient, post: Any):
    url = saved(grace, post, "On the shelf", "storage__empty=no&sort=-item&columns=number,item")
    page = html(grace, url)
    assert tabs(page)[-1] == "On the shelf"
    assert 'aria-current="page">On the shelf' in page
    assert heads(page) == ["Number", "Item"]
    assert len(rows(page)) == 1
    assert "On the shelf" not in html(workshop.sign_in(workshop.company.person("Counter")), "/repair_order/")


def test_a_name_is_given_once_and_what_was_typed_is_kept(grace: FlaskClient, post: Any):
    saved(grace, post, "Mine alone", "q=canon")
    answer = post(grace, "/repair_order/views", {"name": "mine ALONE", "query": "q=sony"})
    assert answer.status_code == 422
    assert "You have a view of this name already." in answer.text
    assert 'value="mine ALONE"' in answer.text
    assert 'name="query" value="q=sony"' in answer.text
    assert post(grace, "/repair_order/views", {"name": " ", "query": ""}).status_code == 422


@pytest.mark.usefixtures("two")
def test_a_shared_view_shows_everybody_their_own(
    workshop: Workshop, manager: FlaskClient, grace: FlaskClient, post: Any
):
    saved(manager, post, "Shelf", "storage__empty=no", share="1")
    assert "Shelf" in tabs(html(grace, "/repair_order/"))
    view = int(re.findall(r"saved=(\d+)", html(grace, "/repair_order/"))[0])
    assert post(grace, f"/repair_order/views/{view}", {"do": "remove"}).status_code == 403
    answer = post(manager, f"/repair_order/views/{view}", {"name": "Shelf", "shared_with": "Technician"})
    assert answer.status_code == 302
    assert "Shelf" not in tabs(html(grace, "/repair_order/"))
    assert "Shelf" in tabs(html(workshop.sign_in(workshop.technician), "/repair_order/"))


def test_sharing_needs_the_right_to(grace: FlaskClient, post: Any):
    page = html(grace, "/repair_order/")
    assert "Everybody sees it" not in page
    assert post(grace, "/repair_order/views", {"name": "All see it", "query": "", "share": "1"}).status_code == 403
    assert "All see it" not in html(grace, "/repair_order/views")


def test_a_view_of_my_own_is_sorted_renamed_replaced_and_removed(grace: FlaskClient, post: Any):
    first = saved(grace, post, "First", "q=canon")
    saved(grace, post, "Second", "q=sony")
    number = first.partition("saved=")[2]
    assert tabs(html(grace, "/repair_order/"))[-2:] == ["First", "Second"]
    post(grace, f"/repair_order/views/{number}", {"do": "down"})
    assert tabs(html(grace, "/repair_order/"))[-2:] == ["Second", "First"]
    post(grace, f"/repair_order/views/{number}", {"do": "rename", "name": "Firstly"})
    assert tabs(html(grace, "/repair_order/"))[-1] == "Firstly"
    page = html(grace, f"/repair_order/?q=leica&saved={number}")
    assert "Save changes to Firstly" in page
    answer = post(grace, f"/repair_order/views/{number}", {"do": "replace", "query": f"q=leica&saved={number}"})
    assert "Save changes" not in html(grace, answer.headers["Location"])
    post(grace, f"/repair_order/views/{number}", {"do": "remove"})
    assert tabs(html(grace, "/repair_order/"))[-1] == "Second"
    assert post(grace, f"/repair_order/views/{number}", {"do": "remove"}).status_code == 404


@pytest.mark.usefixtures("two")
def test_lists_begin_with_the_view_one_wants(workshop: Workshop, grace: FlaskClient, post: Any):
    number = saved(grace, post, "Shelf", "storage__empty=no").partition("saved=")[2]
    post(grace, f"/repair_order/views/{number}", {"do": "begin"})
    answer = grace.get("/repair_order/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/repair_order/?storage__empty=no&saved={number}"
    everything = html(grace, "/repair_order/?view=all")
    assert len(rows(everything)) == 2
    assert 'href="/repair_order/?view=all" aria-current="page">All' in everything
    assert workshop.sign_in(workshop.technician).get("/repair_order/").status_code == 200
    post(grace, f"/repair_order/views/{number}", {"do": "stop"})
    assert grace.get("/repair_order/").status_code == 200


@pytest.mark.usefixtures("two")
def test_a_view_that_names_a_field_that_is_gone_says_so_and_shows_the_rest(
    workshop: Workshop, grace: FlaskClient, post: Any
):
    with workshop.counter.acting(), transaction():
        session().add(ExtraField(document_type="repair_order", name="shelf_life", kind="integer", label="Shelf life"))
    url = saved(grace, post, "Old", "shelf_life__ge=3&storage__empty=no&columns=number,shelf_life,item")
    assert "Old" in tabs(html(grace, url))
    with workshop.counter.acting(), transaction() as current:
        for field in current.query(ExtraField):
            current.delete(field)
    page = html(grace, url)
    assert "This view names what is gone: shelf life. The rest of it is shown." in page
    assert len(rows(page)) == 1
    assert heads(page) == ["Number", "Item"]
    assert grace.get("/repair_order/?shelf_life__ge=3").status_code == 404


def test_columns_are_chosen_ordered_and_kept(workshop: Workshop, grace: FlaskClient, post: Any):
    workshop.order("Canon", serial="S-1")
    page = html(grace, "/repair_order/columns")
    assert re.findall(r'name="columns" value="(\w+)" checked', page)[:3] == ["number", "customer", "item"]
    answer = post(
        grace, "/repair_order/columns", {"columns": ["item", "where", "number", "nonsense"], "query": "sort=item"}
    )
    assert answer.headers["Location"] == "/repair_order/?sort=item"
    assert heads(html(grace, "/repair_order/?sort=item")) == ["Item", "Where is it", "Number"]
    assert "columns=item%2Cnumber" in html(grace, "/repair_order/"), "the export takes the same columns"
    assert heads(html(workshop.sign_in(workshop.technician), "/repair_order/"))[0] == "Number"
    assert "Where is it" not in heads(html(grace, "/repair_order/?columns=number,item"))
    post(grace, "/repair_order/columns", {"reset": "1", "query": ""})
    assert heads(html(grace, "/repair_order/"))[0] == "Number"


def test_columns_change_places_without_script(grace: FlaskClient, post: Any):
    sent = {"order": ["number", "item", "serial"], "columns": ["number", "serial"], "move": "up:serial", "query": ""}
    page = post(grace, "/repair_order/columns", sent).text
    assert re.findall(r'name="order" value="(\w+)"', page)[:3] == ["number", "serial", "item"]
    assert re.findall(r'name="columns" value="(\w+)" checked', page) == ["number", "serial"]


@pytest.mark.usefixtures("two")
def test_columns_of_a_saved_view_belong_to_the_view(grace: FlaskClient, post: Any):
    number = saved(grace, post, "Shelf", "storage__empty=no").partition("saved=")[2]
    answer = post(grace, "/repair_order/columns", {"columns": ["item"], "query": f"storage__empty=no&saved={number}"})
    assert answer.headers["Location"].endswith(f"saved={number}&columns=item")
    assert "Save changes to Shelf" in html(grace, answer.headers["Location"])
    assert heads(html(grace, "/repair_order/"))[0] == "Number"


@pytest.mark.usefixtures("two")
def test_a_filter_is_made_changed_and_refused_without_script(workshop: Workshop, grace: FlaskClient):
    assert "/repair_order/filter?q=x&amp;field=storage" in html(grace, "/repair_order/filter?q=x")
    page = html(grace, "/repair_order/filter?field=storage")
    assert re.findall(r'<option value="(\w+)"', page) == ["contains", "eq", "ne", "in", "not_in", "empty", "filled"]
    answer = grace.get("/repair_order/filter?field=storage&operator=filled&set=1&sort=item")
    assert answer.headers["Location"] == "/repair_order/?storage__empty=no&sort=item"
    answer = grace.get(
        "/repair_order/filter?storage__empty=no&was=storage__empty&field=storage&operator=eq&value=A1&set=1"
    )
    assert answer.headers["Location"] == "/repair_order/?storage__eq=A1"
    page = html(grace, "/repair_order/filter?field=total&operator=ge&value=dear&set=1", 422)
    assert "“dear” is not a number." in page
    assert 'value="dear"' in page
    assert '<option value="ge" selected>' in page
    page = html(grace, "/repair_order/filter?field=state&operator=in&set=1", 422)
    assert "Choose at least one." in page
    answer = grace.get("/repair_order/filter?field=promised_on&operator=within&period=this_month&set=1")
    assert answer.headers["Location"] == "/repair_order/?promised_on__within=this_month"
    assert "this month</a>" in html(grace, answer.headers["Location"])
    assert grace.get("/repair_order/filter?field=nothing").status_code == 404


def test_values_stand_there_with_their_counts(workshop: Workshop, grace: FlaskClient):
    amina, naomi = workshop.customer(), workshop.customer("Naomi Achieng")
    for customer in (amina, amina, naomi):
        workshop.order(customer=customer)
    page = html(grace, "/repair_order/filter?field=customer&state__eq=received")
    boxes = re.findall(r'value="(\d+)"(?: checked)?><span[^>]*>([^<]+)</span><span[^>]*>([^<]+)', page)
    assert [box[1:] for box in boxes] == [("Amina Hassan", "2"), ("Naomi Achieng", "1")]
    page = html(grace, f"/repair_order/filter?field=state&customer__eq={naomi}&state__eq=quoted&was=state__eq")
    assert re.search(r'value="received"><span[^>]*>Received</span><span[^>]*>1<', page)
    assert re.search(r'value="quoted" checked><span[^>]*>Quoted</span><span[^>]*>0<', page)
    answer = grace.get(f"/repair_order/filter?field=customer&value={amina}&more__text=Naomi+Achieng&set=1")
    assert answer.headers["Location"] == f"/repair_order/?customer__in={amina}%2C{naomi}"
    assert "Amina Hassan, Naomi Achieng</a>" in html(grace, answer.headers["Location"])


def test_picked_rows_know_what_they_come_to(workshop: Workshop, grace: FlaskClient):
    workshop.order()
    assert 'data-sum="KES 0.00"' in html(grace, "/repair_order/")
    assert 'data-sum="' not in html(grace, "/party/")


def test_the_menu_is_told_how_many_are_open(workshop: Workshop, grace: FlaskClient, sign_in: Any):
    for _each in range(3):
        workshop.order()
    answer = grace.get("/counts")
    assert {name: count for name, count in answer.json.items() if count} == {"repair_order": "3"}
    assert answer.headers["Cache-Control"] == "private, max-age=60"
    assert 'data-open="repair_order"' in html(grace, "/")
    assert sign_in(workshop.company.person()).get("/counts").json == {}


def test_the_search_suggests_by_type_what_one_may_see(workshop: Workshop, grace: FlaskClient, sign_in: Any):
    order = workshop.order("Canon EOS R6", customer=workshop.customer("Canon Hassan"))
    groups = grace.get("/search/suggest?q=cano").json["groups"]
    assert {group["label"]: [row["label"] for row in group["rows"]] for group in groups} == {
        "Customers": ["Canon Hassan"],
        "Repair orders": [f"{groups[-1]['rows'][0]['label'].partition(',')[0]}, Canon EOS R6"],
    }
    assert groups[-1]["rows"][0]["url"] == f"/repair_order/{order}"
    assert sign_in(workshop.company.person()).get("/search/suggest?q=cano").json["groups"] == []
    assert grace.get("/search/suggest?q=").json["groups"] == []


def test_what_is_found_says_whose_it_is_and_how_it_stands(workshop: Workshop, grace: FlaskClient):
    workshop.order("Canon EOS R6", customer=workshop.customer("Amina Yusuf"))
    [group] = grace.get("/search/suggest?q=eos").json["groups"]
    assert group["rows"][0]["sub"].startswith("Amina Yusuf")
    assert '<span class="mr-state idle">Received</span>' in html(grace, "/search?q=eos")


def test_an_exact_number_opens_at_once(workshop: Workshop, grace: FlaskClient):
    order = workshop.order()
    number = re.findall(r"<bdi>(RO-[\d-]+)", html(grace, "/repair_order/"))[0]
    assert grace.get(f"/search?q={number.lower().replace('-', ' ')}").headers["Location"] == f"/repair_order/{order}"


def test_a_list_with_views_still_asks_few_questions(workshop: Workshop, grace: FlaskClient, post: Any):
    for place in range(5):
        saved(grace, post, f"View {place}", "storage__empty=no")
    kind = document_type("repair_order")
    with workshop.counter.acting():
        assert len(saved_views.kept(kind.name).views) == 5


def test_nobody_begins_with_or_changes_a_view_of_somebody_else(workshop: Workshop):
    kind = document_type("repair_order")

    def by(person: Person, deed: Any, *args: Any) -> Any:
        with person.acting():
            return deed(kind, *args)

    made = by(workshop.counter, saved_views.save, "Mine", {"q": "x"})
    for deed, args in (
        (saved_views.begin_with, (made.id,)),
        (saved_views.change, (made.id, "Theirs", "")),
        (saved_views.replace_list, (made.id, {})),
        (saved_views.move, (made.id, 1)),
        (saved_views.remove, (made.id,)),
    ):
        with pytest.raises(NotFound):
            by(workshop.technician, deed, *args)
    with pytest.raises(Forbidden):
        by(workshop.company.person(), saved_views.save, "Nothing", {})
