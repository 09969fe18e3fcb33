"""What is sent inside: ids of another tenant in forms, JSON, filters and pickers, fields nobody may set, and bad addresses."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from erp.data.base import Base, session
from erp.documents.lists import ListQuery
from erp.documents.types import document_type
from tests.attacks.ways import SEEN, Truth, Way, changed, said
from tests.attacks.worlds import ORDER, PLACE, SECRET, World

BIG = 2**63


def token_of(value: Any, row_id: int) -> str:
    """A page's token as somebody forges it."""
    return base64.urlsafe_b64encode(json.dumps([value, row_id]).encode()).decode().rstrip("=")


# -- ids of A --------------------------------------------------------------------------------------------


def bodies(a: World, b: World) -> dict[str, tuple[str, str, Any]]:
    """(method, address, JSON) of everything that could point from B to A."""
    party, product = a.rows["party"], a.rows["product"]
    base = {"item": "planted", "fault": "planted"}
    line = {"kind": "part", "description": "x", "quantity": "1", "unit_price": "1"}
    return {
        "a customer": ("POST", f"/api/v1/{ORDER}/", {**base, "customer": party}),
        "a customer as text": ("POST", f"/api/v1/{ORDER}/", {**base, "customer": str(party)}),
        "a product on a line": ("POST", f"/api/v1/{ORDER}/", {**base, "customer": b.rows["party"], "lines": [{**line, "product": product}]}),
        "a line's id": ("POST", f"/api/v1/{ORDER}/", {**base, "customer": b.rows["party"], "lines": [{**line, "id": a.line}]}),
        "a line into one's own": ("POST", f"/api/v1/task/{b.counter_task}/complete",
                                  {"answers": {"lines": [{**line, "id": a.line}], "promised_on": "2099-01-01", "email": "x@example.com"}}),
        "a product into one's own": ("POST", f"/api/v1/task/{b.counter_task}/complete",
                                     {"answers": {"lines": [{**line, "product": product}], "promised_on": "2099-01-01", "email": "x@example.com"}}),
        "a colleague": ("POST", f"/api/v1/task/{b.inspect}/delegate", {"member": a.boss.member_id}),
        "a huge colleague": ("POST", f"/api/v1/task/{b.inspect}/delegate", {"member": BIG}),
        "a huge customer": ("POST", f"/api/v1/{ORDER}/", {**base, "customer": BIG}),
    }  # fmt: skip


@pytest.mark.parametrize("name", [
    "a customer", "a customer as text", "a product on a line", "a line's id", "a line into one's own",
    "a product into one's own", "a colleague", "a huge colleague", "a huge customer",
])  # fmt: skip
def test_no_json_points_across(name: str, a: World, b: World, ways: list[Way], seen: Truth):
    method, url, body = bodies(a, b)[name]
    before = seen.whole()
    for way in ways[2:4]:
        answer = way.ask(method, url, json=body)
        assert answer.status_code in {404, 422}, answer.text
        assert SECRET not in said(answer)
    assert changed(before, seen.whole()) <= SEEN | {"api_key"}


def forms(a: World, b: World) -> dict[str, tuple[str, dict[str, Any]]]:
    line = {"lines-0-kind": "part", "lines-0-description": "x", "lines-0-quantity": "1", "lines-0-unit_price": "1"}
    new = {"item": "planted", "fault": "planted", "customer": str(b.rows["party"])}
    told = {"promised_on": "2099-01-01", "email": "x@example.com"}
    return {
        "a customer": (f"/{ORDER}/new", {**new, "customer": str(a.rows["party"])}),
        "a huge customer": (f"/{ORDER}/new", {**new, "customer": str(BIG)}),
        "a text that cannot be stored": (f"/{ORDER}/new", {**new, "item": "a\x00b"}),
        "a customer by name": (f"/{ORDER}/new", {**new, "customer": "", "customer__text": f"Amina {SECRET}"}),
        "a product on a line": (f"/task/{b.counter_task}", {**told, **line, "lines-0-product": str(a.rows["product"])}),
        "a line's id": (f"/task/{b.counter_task}", {**told, **line, "lines-0-id": str(a.line)}),
        "a colleague": (f"/inbox/{b.inspect}/delegate", {"member": str(a.boss.member_id)}),
        "a branch": ("/settings/place", {"place": f"{b.tenant}.{a.branch}"}),
    }


@pytest.mark.parametrize("name", [
    "a customer", "a huge customer", "a text that cannot be stored", "a customer by name", "a product on a line",
    "a line's id", "a colleague", "a branch",
])  # fmt: skip
def test_no_form_points_across(name: str, a: World, b: World, ways: list[Way], seen: Truth):
    url, form = forms(a, b)[name]
    ways[0]._token()
    before = seen.whole()
    answer = ways[0].ask("POST", url, data=form)
    assert answer.status_code in {404, 422}, said(answer)[-1500:]
    if name != "a customer by name":
        assert SECRET not in said(answer)
    assert changed(before, seen.whole()) <= SEEN


def test_picked_and_given_ids_show_no_names(a: World, ways: list[Way]):
    for url in (
        f"/{ORDER}/new?customer={a.rows['party']}", f"/{ORDER}/?customer__eq={a.rows['party']}", f"/party/pick?q={a.rows['party']}",
        "/party/pick", "/product/pick?q=Ring", f"/{ORDER}/?customer__in={a.rows['party']},1,2,3",
    ):  # fmt: skip
        answer = ways[0].ask("GET", url)
        assert answer.status_code == 200, url
        assert SECRET not in said(answer), url
        assert PLACE not in said(answer), url


QUERIES = (
    "id__eq={row}", "customer__eq={party}", "customer__in={party}", "customer__contains=Zanzibar", "sort=customer",
    "sort=-tenant_id", "tenant_id__eq={tenant}", "columns=tenant_id", "columns=company_id,extra", "columns=customer",
    "after={token}", "before={token}", "after={huge}", "after=x", "after=%00", "before={null}", "view=stuck", "view=mine",
    "q=%25", "q=%00", "size=999999999999", "size=-1", "number__eq=%27+or+1=1--", "customer__eq=1+or+1=1", "created_by__contains=Zanzibar",
    "customer.name__contains=Zanzibar", "lines__eq=1", "customer__eq=99999999999999999999", "total__gt=1e9999", "page=2",
)  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_no_list_is_widened(query: str, a: World, b: World, ways: list[Way]):
    with a.boss.acting():
        theirs = ListQuery(document_type(ORDER)).token(session().get_one(document_type(ORDER).cls, a.rows[ORDER]))
    filled = query.format(
        row=a.rows[ORDER], party=a.rows["party"], tenant=a.tenant, token=theirs,
        huge=token_of(None, 2**200), null=token_of("\x00", a.rows[ORDER]),
    )  # fmt: skip
    for way, base in ((ways[0], f"/{ORDER}/"), (ways[0], f"/{ORDER}/export.csv"), (ways[2], f"/api/v1/{ORDER}/")):
        answer = way.ask("GET", f"{base}?{filled}")
        assert answer.status_code in {200, 400, 404, 422}, f"{base}: {answer.status_code}"
        assert SECRET not in said(answer), base


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_no_version_tells_that_a_row_is_there(method: str, a: World, ways: list[Way]):
    told = set()
    for row_id in (a.rows["party"], 2**40):
        for header in ('"1"', '"2"', "*", 'W/"2"', "x", ""):
            answer = ways[2].ask(method, f"/api/v1/party/{row_id}", json={"name": "x"}, headers={"If-Match": header})
            told.add((header, answer.status_code, answer.text))
    assert len(told) == 6, "a row of A and no row at all must look alike"


def test_own_document_with_the_file_of_another(a: World, b: World, ways: list[Way]):
    for file_id in (a.files[ORDER], a.paper, b.files["party"], b.upload):
        assert ways[0].ask("GET", f"/{ORDER}/{b.rows[ORDER]}/files/{file_id}").status_code == 404
        assert ways[2].ask("GET", f"/api/v1/{ORDER}/{b.rows[ORDER]}/files/{file_id}").status_code == 404
    for job_id in (b.imported, a.imported, a.exports["party"], 2**62):
        for part in ("", "/progress", "/file"):
            assert ways[0].ask("GET", f"/party/export/{job_id}{part}").status_code == 404
    for job_id in (b.exports["party"], a.exports["party"], a.imported):
        for part in ("", "/progress", "/left-out.csv"):
            assert ways[0].ask("GET", f"/party/import/run/{job_id}{part}").status_code == 404
    for file_id in (b.files["party"], b.paper, a.upload):
        assert ways[0].ask("GET", f"/party/import/{file_id}").status_code == 404


def test_what_a_colleague_left_behind_is_theirs(b: World, browser):
    other = browser(b.company.person("TENANT_MANAGER"))
    for url in (
        f"/party/export/{b.exports['party']}",
        f"/party/export/{b.exports['party']}/file",
        f"/party/import/{b.upload}",
    ):
        assert other.ask("GET", url).status_code == 404, url


@pytest.mark.parametrize("row_id", [0, 2**63 - 1, 2**63, 2**70, "-1", "1.5", "1%00", "x", "1;drop"])
def test_odd_ids_are_not_found(row_id: Any, ways: list[Way]):
    for url in (f"/party/{row_id}", f"/party/{row_id}/files/{row_id}", f"/inbox/{row_id}", f"/mailbox/{row_id}",
                f"/party/export/{row_id}", f"/party/import/{row_id}", f"/party/import/run/{row_id}", f"/task/{row_id}"):  # fmt: skip
        assert ways[0].ask("GET", url).status_code == 404, url
    for url in (f"/incident/{row_id}/retry", f"/inbox/{row_id}/claim"):
        assert ways[0].ask("POST", url).status_code in {404, 405}, url
    for url in (f"/api/v1/party/{row_id}", f"/api/v1/task/{row_id}", f"/api/v1/party/{row_id}/files/{row_id}"):
        assert ways[2].ask("GET", url).status_code == 404, url


# -- imports ---------------------------------------------------------------------------------------------


def test_an_import_cannot_set_what_is_not_a_field(b: World, ways: list[Way], seen: Truth):
    content = b"number,name,tenant_id,id\n900,planted,1,1\n"
    sent = {"file": (io.BytesIO(content), "../../planted.csv")}
    url = ways[0].ask("POST", "/party/import", data=sent, content_type="multipart/form-data").headers["Location"]
    before = seen.whole()
    for field in ("tenant_id", "id", "version", "company_id", "created_by", "extra", "__class__"):
        form = {"column-0": "number", "column-1": "name", "column-2": field, "key": "number", "go": "1"}
        assert ways[0].ask("POST", url, data=form).status_code == 422, field
    assert changed(before, seen.whole()) <= SEEN


def test_an_import_with_a_key_of_another_makes_ones_own(a: World, b: World, ways: list[Way], seen: Truth, run_jobs):
    content = f"number,name\nT-{a.mark[-4:]},planted by import\n".encode()
    sent = {"file": (io.BytesIO(content), "planted.csv")}
    before = seen.of_tenant(a.tenant)
    url = ways[0].ask("POST", "/party/import", data=sent, content_type="multipart/form-data").headers["Location"]
    form = {"column-0": "number", "column-1": "name", "key": "number"}
    assert "Known" in ways[0].ask("POST", url, data=form).text
    assert ways[0].ask("POST", url, data={**form, "go": "1"}).status_code == 302
    run_jobs()
    assert changed(before, seen.of_tenant(a.tenant)) <= {"job"}, "what waits there may be tried again"
    assert [row.tenant_id for row in seen.rows("select tenant_id from party where name = 'planted by import'")] == [
        b.tenant
    ]
    assert SECRET not in said(ways[0].ask("GET", url)).replace(f"N-{SECRET}", ""), "a plan of A is not recalled for B"
    told = seen.rows("delete from party where name = 'planted by import' returning id")
    assert len(told) == 1


# -- fields nobody may set -------------------------------------------------------------------------------

CLOSED = {
    "state": "closed", "number": "RO-1", "total": "1.00", "subtotal": "1", "tax_rate": "0", "quote_revision": 9,
    "created_by": "x", "updated_at": "2020-01-01T00:00:00Z",
}  # fmt: skip
UNKNOWN = {
    "tenant_id": 1, "company_id": 1, "branch_id": 1, "extra": {"a": 1}, "passed_states": ["x"], "roles": ["TENANT_OWNER"],
    "permissions": [], "__class__": "x", "state_at": None, "findings__x": 1, "customer_id": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", [*CLOSED, *UNKNOWN])
def test_no_closed_field_is_set_by_json(name: str, b: World, ways: list[Way], seen: Truth):
    body = {name: {**CLOSED, **UNKNOWN}[name]}
    version = seen.version(ORDER, b.rows[ORDER])
    before = seen.whole()
    new = {"item": "planted", "fault": "planted", "customer": b.rows["party"], **body}
    sent = [
        ways[2].ask("PATCH", f"/api/v1/{ORDER}/{b.rows[ORDER]}", json=body, headers={"If-Match": f'"{version}"'}),
        ways[2].ask("POST", f"/api/v1/{ORDER}/", json=new),
        ways[2].ask(
            "POST",
            f"/api/v1/task/{b.inspect}/complete",
            json={"answers": {"findings": "x", "verdict": "repairable", **body}},
        ),
    ]
    assert [answer.status_code for answer in sent] == [422] * 3, [answer.text for answer in sent]
    assert changed(before, seen.whole()) <= SEEN


def test_no_closed_field_is_set_by_a_form(b: World, ways: list[Way], seen: Truth):
    columns = "number, state, total, tax_rate, quote_revision, tenant_id, company_id, created_by, rework_count"
    statement = f"select {columns} from repair_order where id = :i"
    before = seen.rows(statement, i=b.rows[ORDER])
    version = seen.version(ORDER, b.rows[ORDER])
    form = {name: str(value) for name, value in {**CLOSED, **UNKNOWN}.items()}
    form |= {"findings": "by form", "rework_count": "9", "version": str(version), "item": "planted"}
    answer = ways[0].ask("POST", f"/{ORDER}/{b.rows[ORDER]}/edit", data=form)
    assert answer.status_code == 302, said(answer)[-1500:]
    assert seen.rows(statement, i=b.rows[ORDER]) == before
    found = seen.rows("select item, findings from repair_order where id = :i", i=b.rows[ORDER])[0]
    assert tuple(found) == (f"Canon {b.mark}", "by form")
    new = {**form, "name": "planted by form", "kind": "person", "id": "1"}
    answer = ways[0].ask("POST", "/party/new", data=new)
    row_id = int(answer.headers["Location"].rpartition("/")[2])
    made = seen.rows("select tenant_id, version, created_by from party where id = :i", i=row_id)[0]
    assert tuple(made) == (b.tenant, 1, b.boss.name)


def test_payments_and_receipts_are_never_typed(b: World, ways: list[Way], seen: Truth):
    before = seen.whole()
    for name in ("payment", "receipt"):
        row = f"/{name}/{b.rows[name]}"
        for url in (f"/{name}/new", f"{row}/edit", f"{row}/cancel"):
            assert ways[0].ask("POST", url, data={"reason": "x"}).status_code in {403, 404}, url
        for method, url in (("POST", f"/api/v1/{name}/"), ("PATCH", f"/api/v1{row}"), ("PUT", f"/api/v1{row}")):
            answer = ways[2].ask(method, url, json={"paid_amount": "1"}, headers={"If-Match": '"1"'})
            assert answer.status_code in {403, 412, 422}, url
    assert changed(before, seen.whole()) <= SEEN


def test_a_step_of_another_role_and_a_skip_without_the_right(b: World, browser, bearer, app: Flask, seen: Truth):
    counter, technician = b.company.person("Counter"), b.company.person("Technician")
    way, other = browser(counter), browser(technician)
    way._token(), other._token()
    token = {"Authorization": f"Bearer {bearer(counter)}"}
    before = seen.of_tenant(b.tenant)
    for url in (
        f"/inbox/{b.inspect}",
        f"/task/{b.inspect}",
        f"/inbox/{b.inspect}/claim",
        f"/inbox/{b.inspect}/release",
    ):
        assert way.ask("POST", url, data={"findings": "x", "verdict": "repairable"}).status_code == 403, url
    mine = way.ask("POST", f"/inbox/{b.inspect}/delegate", data={"member": str(counter.member_id)})
    assert mine.status_code == 403
    sent = {"answers": {"findings": "x", "verdict": "repairable"}}
    assert app.test_client().post(f"/api/v1/task/{b.inspect}/complete", json=sent, headers=token).status_code == 403
    assert way.ask("POST", f"/incident/{b.incident}/skip", data={"reason": "planted"}).status_code == 403
    assert other.ask("POST", f"/incident/{b.incident}/skip", data={"reason": "planted"}).status_code == 403
    assert way.ask("POST", f"/{ORDER}/{b.rows[ORDER]}/edit", data={"findings": "x"}).status_code == 403
    nobody = browser(b.company.person("TENANT_EMPLOYEE"))
    assert nobody.ask("POST", f"/incident/{b.incident}/retry").status_code == 404
    assert (
        changed(before, seen.of_tenant(b.tenant))
        - {"tenant_member", "member_role", "ab_user", "user_session", "audit_entry"}
        == set()
    )


# -- the second and third walls --------------------------------------------------------------------------


def test_keys_between_tenants_tables_carry_the_tenant():
    tables = [table for table in Base.metadata.tables.values() if "tenant_id" in table.c]
    simple = [
        f"{table.name}.{key.column_keys}"
        for table in tables
        for key in table.foreign_key_constraints
        if "tenant_id" in key.referred_table.c and "tenant_id" not in key.column_keys
    ]
    assert simple == []


def test_a_member_of_both_writes_no_membership_from_the_other(a: World, b: World, joyce, seen: Truth):
    """Past the ORM's guard, as a bug in a statement would: the database alone must refuse."""
    from erp.data.base import AppSession, engine

    there, here = joyce
    statements = (
        f"insert into member_role (tenant_id, member_id, role_id) select {a.tenant}, {there.member_id}, max(id) from ab_role",
        f"update tenant_member set name = 'planted' where id = {there.member_id}",
        "insert into tenant_member (tenant_id, user_id, company_id, name, language, theme, is_active)"  # noqa: ISC004
        f" values ({a.tenant}, {here.user_id}, 1, 'planted', 'en', '', true)",
        f"delete from member_role where member_id = {there.member_id}",
        f"delete from tenant_member where id = {there.member_id}",
    )
    before = seen.of_tenant(a.tenant)
    for statement in statements:
        with here.acting(), AppSession(engine()) as session:
            try:
                session.connection().exec_driver_sql(statement)
                session.commit()
            except sa.exc.DBAPIError:
                session.rollback()
        assert changed(before, seen.of_tenant(a.tenant)) == set(), statement


@pytest.mark.parametrize("ids", [["x"], [str(2**70)], ["-1"], ["1", "x", "2"], ["٣"], ["\x00"]])
def test_odd_picked_rows_are_no_failure(ids: list[str], a: World, ways: list[Way]):
    for ending in ("csv", "xlsx"):
        answer = ways[0].ask("POST", f"/party/export.{ending}", data={"id": [*ids, str(a.rows["party"])]})
        assert answer.status_code in {200, 400, 404, 422}
        assert SECRET not in said(answer)
