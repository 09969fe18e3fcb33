"""Forms in the studio: which a process asks, drafts that are kept, what is told of them, files, and what is refused."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from erp import complete, create, document_type, session, transaction
from erp.documents.types import ExtraField, declared
from erp.forms import load
from erp.modelling import drafts, forms, publishing
from erp.modelling.drafts import Parts
from erp.studio import form_offered
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import definitions
from erp.workflow.people import tasks
from tests.repairs.conftest import CAMERA

SignIn = Callable[[Person], FlaskClient]
KEY, FORM = "repair_order", "repair_order.inspect"
PLACE = f"/studio/{KEY}/forms"
WEIGHT = {"type": "number", "id": "w", "key": "weight_in", "label": "Weight", "properties": {"field": "weight_in"}}


@pytest.fixture
def mary(company: Company) -> Person:
    return company.person("TENANT_ANALYST", name="Mary Wanjiru")


@pytest.fixture
def analyst(mary: Person, sign_in: SignIn) -> FlaskClient:
    client = sign_in(mary)
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/studio/").text)
    assert found is not None
    client.environ_base["HTTP_X_CSRFTOKEN"] = found[1]
    return client


def drawn(*more: dict[str, Any]) -> dict[str, Any]:
    found = json.loads(json.dumps(definitions.shipped_form(FORM)))
    found["components"] += more
    return found


def given(page: str) -> dict[str, Any]:
    found = re.search(r'id="offered">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_forms_a_process_asks_are_listed_with_who_asks(analyst: FlaskClient):
    page = analyst.get(PLACE).text
    assert f'href="{PLACE}/{FORM}"' in page
    assert "Inspect item" in page
    assert f'href="{PLACE}" aria-current="page"' in page
    taken = analyst.get(f"{PLACE}/{FORM}/file?download=1")
    assert taken.json == definitions.shipped_form(FORM)
    assert taken.headers["Content-Disposition"] == f'attachment; filename="{FORM}.form"'
    for wrong in ("nothing", "..%2f..%2fconfig", "repair_order.nothing"):
        assert analyst.get(f"{PLACE}/{wrong}").status_code == 404
        assert analyst.get(f"{PLACE}/{wrong}/file").status_code == 404


def test_the_way_of_a_form(analyst: FlaskClient, mary: Person, company: Company, sign_in: SignIn):
    place = f"{PLACE}/{FORM}"
    said = analyst.post(f"{place}/check", json=drawn(WEIGHT)).json
    assert [(each["element"], each["rule"], each["error"]) for each in said["problems"]] == [("w", "form-edits", True)]
    assert said["said"]["fa"]["Findings"] == "یافته‌ها"
    kept = analyst.post(f"{place}/draft?saved=0", json=drawn(WEIGHT))
    assert kept.json["saved"] == 1
    stale = analyst.post(f"{place}/draft?saved=0", json=drawn())
    assert stale.status_code == 412
    assert "another window" in stale.json["error"]["message"]
    gate = analyst.get(f"/studio/{KEY}/publish").text
    assert "It fills “Weight”, which the step may not change." in gate
    analyst.post(f"{place}/let", data={"saved": "1"})
    with mary.acting():
        assert forms.asking(drafts.present(KEY), FORM)[0].edits[-1] == "weight_in"
    gate = analyst.get(f"/studio/{KEY}/publish").text
    assert "Weight (a number)" in gate
    assert "Mend the errors first" not in gate
    assert "taken away" in analyst.post(f"{place}/drop", data={"saved": "2"}, follow_redirects=True).text
    with mary.acting():
        assert not forms.is_own(drafts.present(KEY), FORM)


def test_a_form_is_begun_and_brought(analyst: FlaskClient, mary: Person):
    page = analyst.post(f"{PLACE}/new", data={"name": "No good", "saved": "0"})
    assert page.status_code == 422
    assert "small letters" in page.text
    assert analyst.post(f"{PLACE}/new", data={"name": "inspect", "saved": "0"}).status_code == 409
    begun = analyst.post(f"{PLACE}/new", data={"name": "weigh", "saved": "0"})
    assert begun.headers["Location"] == f"{PLACE}/{KEY}.weigh"
    assert given(analyst.get(begun.headers["Location"]).text)["schema"]["components"] == []
    file = {"file": (io.BytesIO(json.dumps(drawn(WEIGHT)).encode()), "x.form"), "saved": "1"}
    told = analyst.post(f"{PLACE}/{KEY}.weigh/import", data=file, follow_redirects=True).text
    assert "The file is the form now." in told
    assert given(told)["schema"]["id"] == f"{KEY}.weigh"
    for content, why in ((b"<form/>", "it is not JSON"), (b"[]", "no list of components"), (b"{" * 99_999, "not JSON")):
        wrong = {"file": (io.BytesIO(content), "x.form"), "saved": "2"}
        assert why in analyst.post(f"{PLACE}/{KEY}.weigh/import", data=wrong, follow_redirects=True).text
    large = analyst.post(f"{PLACE}/{KEY}.weigh/draft?saved=2", data=b" " * 600_000)
    assert large.status_code == 422
    assert analyst.post(f"{PLACE}/{KEY}.nothing/draft?saved=2", json=drawn()).status_code == 404
    with mary.acting():
        assert len(drafts.present(KEY).forms[f"{KEY}.weigh"]["components"]) == len(drawn(WEIGHT)["components"])


def test_who_may_only_look_changes_nothing(company: Company, sign_in: SignIn):
    """An owner who is no analyst sees the studio; a technician does not."""
    technician = sign_in(company.person("Technician"))
    assert technician.get(PLACE).status_code == 403
    assert technician.get(f"{PLACE}/{FORM}/preview").status_code == 403


def test_the_preview_is_the_form_of_the_inbox(analyst: FlaskClient, mary: Person, company: Company):
    analyst.post(f"{PLACE}/{FORM}/draft?saved=0", json=drawn(WEIGHT))
    place = f"{PLACE}/{FORM}/preview"
    shown = analyst.get(place)
    assert 'name="weight_in"' in shown.text
    assert "Inspect item" in shown.text
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    policy = shown.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "form-action 'none'" in policy
    assert "frame-ancestors 'none'" in analyst.get(PLACE).headers["Content-Security-Policy"]
    persian = analyst.get(f"{place}?language=fa").text
    assert 'dir="rtl"' in persian
    assert "یافته‌ها" in persian
    counter = analyst.get(f"{place}?role=Counter").text
    assert "does not do this step" in counter
    assert "<fieldset disabled" in counter
    assert "does not do this step" not in analyst.get(f"{place}?role=Technician").text


def test_a_preview_shows_a_document_to_who_may_see_it_only(company: Company, sign_in: SignIn):
    with company.person("Counter", "Technician").acting():
        amina = create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"}).id
        order = create(KEY, {**CAMERA, "customer": amina}).id
    place = f"{PLACE}/{FORM}/preview"
    both = sign_in(company.person("TENANT_ANALYST", "Technician"))
    assert "Amina Hassan" in both.get(place).text
    assert "Amina Hassan" in both.get(f"{place}?document={order}").text
    assert "062021004418" in both.get(place).text
    assert "062021004418" not in both.get(f"{place}?document=").text
    assert both.get(f"{place}?document={order + 1000}").status_code == 404
    assert both.get(f"{place}?document=x").status_code == 404


def test_a_step_of_the_customer_is_shown_as_their_page(company: Company, sign_in: SignIn):
    with company.person("Counter", "Technician").acting():
        amina = create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"}).id
        create(KEY, {**CAMERA, "customer": amina})
    both = sign_in(company.person("TENANT_ANALYST", "Technician"))
    place = f"{PLACE}/repair_order.decide_quote/preview"
    theirs = both.get(place)
    assert "form-action 'none'" in theirs.headers["Content-Security-Policy"]
    assert "Please look at our quote" in theirs.text or "Our offer is" in theirs.text
    assert 'class="mr-bare mr-portal"' in theirs.text
    assert 'name="decision"' in theirs.text
    told = theirs.text.partition("mr-portal-say")[2]
    assert "Amina Hassan" not in told, "the page tells them of the item, not of our record of them"
    assert 'dir="rtl"' in both.get(f"{place}?language=fa&role=Customer").text
    counter = both.get(f"{place}?role=Counter").text
    assert 'class="mr-taskpage"' in counter
    alone = sign_in(company.person("TENANT_ANALYST")).get(place).text
    assert "Please tell us how you decide." in alone
    assert "062021004418" not in alone


def test_a_field_the_company_made_is_asked_like_any_other(company: Company, mary: Person):
    """It is offered, the step may be let change it, and what is answered is in the document."""
    with company.person("TENANT_OWNER").acting(), transaction():
        session().add(ExtraField(document_type=KEY, name="shelf_colour", kind="text", label="Colour of the shelf"))
    colour = {"type": "textfield", "id": "c", "key": "shelf_colour", "properties": {"field": "shelf_colour"}}
    with mary.acting():
        assert "shelf_colour" in {each["value"] for each in form_offered.offered(KEY)["fields"]}
        draft = drafts.save_parts(KEY, Parts(forms={FORM: drawn(colour)}), saved=0)
        let = Parts(forms.letting(KEY, drafts.present(KEY), FORM))
        draft = drafts.save_parts(KEY, let, saved=draft.version)
        publishing.publish(KEY, saved=draft.version, note="Shelves have colours")
    with company.person("Counter", "Technician").acting():
        amina = create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"}).id
        order = create(KEY, {**CAMERA, "customer": amina}).id
        task = tasks.open_of(KEY, [order])[0]
        complete(task.id, {"findings": "Stuck", "verdict": "repairable", "shelf_colour": "Blue"})
        row = session().get(document_type(KEY).cls, order)
        assert row is not None
        assert row.extra["shelf_colour"] == "Blue"


@pytest.mark.parametrize("key", ["repair_order", "invoice"])
def test_whatever_is_offered_can_be_asked(key: str, company: Company):
    """Each component of the palette and each field of the document, put down as it is, is a form without a problem."""
    with company.person("TENANT_ANALYST").acting():
        found = form_offered.offered(key)
    kind = declared()[key]
    pieces = [{"key": f"new_{each['value']}", "label": each["label"], **each["draw"]} for each in found["palette"]]
    fields = [each["draw"] | ({"components": [c["draw"] for c in each["columns"]]} if each["columns"] else {})
              for each in found["fields"]]  # fmt: skip
    form = load(json.dumps({"components": [{"id": f"c{at}", **each} for at, each in enumerate([*pieces, *fields])]}))
    assert form.of_document(kind.editable).problems == ()
    assert {entry.binds for entry in form.fields if entry.binds} == {entry.name for entry in kind.editable}
