"""A draft tried in the studio: walked as a test document, recorded, written as a table, played at the gate."""

from __future__ import annotations

import html
import io
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from erp.data.base import session
from erp.jobs.models import Job
from erp.modelling import drafts
from erp.testing.pytest_plugin import Company
from erp.workflow import definitions
from erp.workflow.models import WorkflowInstance
from erp.workflow.rehearsal import cases
from tests.erp.studio.test_pages import SignIn, at_work

KEY = "repair_order"
AT = {"~at-moment": "2026-11-02 09:00"}
QUOTE = {
    "lines-0-kind": "labour", "lines-0-description": "Clean the shutter", "lines-0-quantity": "2",
    "lines-0-unit_price": "1500", "promised_on": "2026-11-09", "email": "amina@example.com",
}  # fmt: skip


@pytest.fixture
def analyst(company: Company, sign_in: SignIn) -> FlaskClient:
    return at_work(sign_in, company.person("TENANT_ANALYST", name="Mary Wanjiru"))


class Walker:
    """Presses the panel's buttons as its script does: the case so far goes along."""

    def __init__(self, client: FlaskClient, drawing: bytes | None = None, key: str = KEY) -> None:
        self.client, self.key, self.role = client, key, ""
        self.drawing = drawing or definitions.shipped(key) or b""
        self.case = ""
        self.page = ""

    def send(self, verb: str = "", at: str = "", **typed: Any) -> TestResponse:
        record = typed.pop("record", False)
        data = {"~do": verb, "~at": at, "~case": self.case, "~as": self.role, **typed,
                "~drawing": (io.BytesIO(self.drawing), "drawing.bpmn")}  # fmt: skip
        url = f"/studio/{self.key}/try" + ("/record" if record else "")
        answer = self.client.post(url, data=data, content_type="multipart/form-data")
        self.page = html.unescape(answer.text)
        found = re.search(r'data-walk-case value="([^"]*)"', answer.text)
        self.case = html.unescape(found[1]) if found else self.case
        return answer

    @property
    def steps(self) -> list[Any]:
        return [dict(step) for step in cases.load(self.case)[0].steps]


@pytest.fixture
def walker(analyst: FlaskClient) -> Walker:
    walker = Walker(analyst)
    walker.send("begin", **AT, fault_kind="wear", email="amina@example.com", currency="KES", total="12000")
    return walker


def inspected(walker: Walker, verdict: str = "repairable") -> None:
    walker.send("complete", "inspect", findings="The shutter is stuck", fault_kind="wear", verdict=verdict)


def test_a_walk_begins_with_examples_of_what_the_process_reads(analyst: FlaskClient):
    walker = Walker(analyst)
    walker.send()
    first, _more, others = walker.page.partition("<details")
    assert 'name="fault_kind"' in first
    assert 'value="amina@example.com"' in first
    assert 'name="has_proof"' in first
    assert 'name="serial_number"' in others or 'name="serial' in others


def test_the_forms_of_the_steps_are_asked_and_measured(walker: Walker):
    assert "Inspect item" in walker.page
    walker.send("complete", "inspect", findings="")
    assert "Fill this in." in walker.page
    assert walker.steps == []
    inspected(walker)
    assert walker.steps[0]["by"] == "Technician"
    assert walker.steps[0]["answers"] == {"verdict": "repairable"}
    assert walker.steps[0]["document"]["findings"] == "The shutter is stuck"
    assert "wear and tear is never covered" in walker.page
    assert "by rule" in walker.page
    assert "Note the warranty" in walker.page


def test_actions_are_simulated_and_time_passes(walker: Walker):
    inspected(walker)
    walker.send("on")
    assert "because nothing else holds" in walker.page
    walker.send("complete", "prepare_quote", **QUOTE)
    assert walker.steps[-1]["document"]["total"] >= 3000
    walker.send("on")
    assert "Customer decides" in walker.page
    walker.send("wait", **{"~count": "14", "~unit": "days"})
    walker.send("on")
    assert "State: Declined" in walker.page
    assert "no longer needed" in walker.page
    before = len(walker.steps)
    walker.send("back", "2")
    assert (before > 5, len(walker.steps)) == (True, 2)


def test_an_action_changes_the_document_as_the_analyst_says(walker: Walker):
    walker.send("complete", "inspect", findings="Worn", verdict="repairable")
    walker.send("answer", "apply_warranty", email="amina@example.com", under_warranty="1", total="0")
    assert walker.steps[-1]["document"]["under_warranty"] is True
    assert "State: Approved" in walker.page
    wrong = walker.send("answer", "apply_warranty", total="much")
    assert wrong.status_code == 200
    assert "Nothing waits there any more" in walker.page


def test_a_failing_action_takes_its_error_path(walker: Walker):
    inspected(walker)
    walker.send("on")
    walker.send("complete", "prepare_quote", **QUOTE)
    walker.send("answer", "render_quotation", email="amina@example.com", total="much")
    assert "is not a number" in walker.page
    walker.send("answer", "render_quotation", email="amina@example.com")
    assert "goes outside, simulated" in walker.page
    walker.send("fail", "send_quotation", **{"~error": "flood"})
    assert "Nothing catches the error “flood”" in walker.page
    walker.send("fail", "send_quotation", **{"~error": "mail_refused"})
    assert "fails: mail_refused" in walker.page
    assert "Record" in walker.page


def test_who_plays_a_role_waits_for_the_others(walker: Walker):
    walker.role = "Counter"
    walker.send("show")
    assert "It waits for Technician." in walker.page
    walker.send("complete", "inspect", findings="x", verdict="repairable")
    assert "is for Technician, not for Counter" in walker.page
    walker.role = "Technician"
    inspected(walker)
    assert walker.steps[0]["by"] == "Technician"


def diagram(name: str) -> bytes:
    return (Path(__file__).parents[1] / "workflow" / "diagrams" / f"{name}.bpmn").read_bytes()


def test_messages_come_when_the_analyst_sends_them(analyst: FlaskClient):
    walker = Walker(analyst, diagram("enquiry"), key="approval")
    walker.send("begin", **AT, **{"~data": "just words"})
    assert "Write a name, a colon" in walker.page
    walker.send("begin", **AT, **{"~data": "number: R-7\nquantity: 2"})
    assert "With the key R-7" in walker.page
    walker.send("message", "get_price", price="much")
    assert "is not a number" in walker.page
    walker.send("message", "get_price", price="12.50")
    assert walker.steps[-1] == {"message": "price_named", "key": "R-7", "values": {"price": Decimal("12.50")}}
    assert "The message “price_named” comes" in walker.page
    late = Walker(analyst, diagram("enquiry"), key="approval")
    late.send("begin", **AT, **{"~data": "number: R-7\nquantity: 2"})
    late.send("fire", "no_answer")
    assert "the time is up" in late.page


def test_an_approval_asks_what_it_asks_everywhere(analyst: FlaskClient):
    walker = Walker(analyst, key="approval")
    walker.send("begin", **AT, **{"~data": "approvers: [TENANT_MANAGER]"})
    assert "Send back" in walker.page
    walker.send("complete", "decide", decision="reject", comment="Too dear")
    assert walker.steps[0]["answers"] == {
        "approved": False, "rejected": True, "returned": False, "approval": "rejected", "approval_comment": "Too dear",
    }  # fmt: skip
    assert "The process is over." in walker.page


def test_a_case_of_another_kind_than_the_fields_is_no_fault_of_the_panel(walker: Walker):
    inspected(walker)
    odd = cases.load(walker.case)[0]
    walker.case = cases.dump([replace(odd, document={**odd.document, "email": 7, "total": "much", "promised_on": [1]})])
    assert walker.send("show").status_code == 200
    assert "Note the warranty" in walker.page


def test_a_walk_writes_nothing(walker: Walker, company: Company):
    def counted() -> list[int | None]:
        with company.person("TENANT_ANALYST").acting():
            return [session().scalar(sa.select(sa.func.count()).select_from(each)) for each in (WorkflowInstance, Job)]

    before = counted()
    inspected(walker)
    walker.send("on")
    assert counted() == before
    with company.person("TENANT_ANALYST").acting():
        assert drafts.find(KEY) is None


def test_the_drawing_is_walked_as_it_is_now(walker: Walker):
    inspected(walker)
    walker.drawing = walker.drawing.replace(b'id="inspect"', b'id="look"').replace(b'"inspect"', b'"look"').replace(
        b">inspect<", b">look<"
    )  # fmt: skip
    walker.send("show")
    assert "Nobody is asked for “inspect” here." in walker.page
    assert walker.steps == []


def test_what_is_no_walk_is_refused(analyst: FlaskClient):
    walker = Walker(analyst, b"<p/>")
    assert walker.send().status_code == 422
    assert "This file is not a BPMN diagram" in walker.page
    walker = Walker(analyst)
    walker.case = "- !!python/object/apply:os.getcwd []"
    assert walker.send().status_code == 422
    assert "This is not YAML" in walker.page
    walker.case = ""
    assert walker.send("fire", "reminder_due").status_code == 200
    assert walker.send("nonsense", "x").status_code == 200
    assert Walker(analyst, key="nothing").send().status_code == 404


def test_a_recorded_walk_is_played_with_every_save(walker: Walker, analyst: FlaskClient):
    inspected(walker, "unrepairable")
    walker.send("on")
    assert walker.send("record", record=True, **{"~name": " ", "saved": "0"}).status_code == 422
    assert "Give the test case a name" in walker.page
    walker.send("record", record=True, **{"~name": "Cannot be repaired", "saved": "0"})
    assert "Recorded." in walker.page
    page = analyst.get(f"/studio/{KEY}/tests").text
    assert "4 test cases hold" in page
    assert "Cannot be repaired" in page
    broken = (definitions.shipped(KEY) or b"").replace(b'verdict == "unrepairable"', b'verdict == "never"')
    assert broken != definitions.shipped(KEY)
    kept = analyst.post(f"/studio/{KEY}/draft?saved=1", data=broken).json
    assert (kept["tests"]["words"], kept["tests"]["forbids"]) == ("1 of 4 test cases fails", True)
    assert kept["tests"]["failing"][0]["place"] == 3

    refused = analyst.post(f"/studio/{KEY}/publish", data={"saved": "2", "note": "Never"})
    assert refused.status_code == 422
    assert "Mend them, or say why" in refused.text
    assert "1 of 4 test cases fails." in refused.text
    done = analyst.post(f"/studio/{KEY}/publish", data={"saved": "2", "note": "Never", "waived": "The law has changed"})
    assert done.status_code == 302
    assert "Although test cases failed: The law has changed" in analyst.get(f"/studio/{KEY}/versions").text
    opened = analyst.post(f"/studio/{KEY}/try", data={"~open": "3"})
    assert opened.status_code == 200
    assert "it does not come to “unrepairable” in this order" in html.unescape(opened.text)


def test_a_case_is_edited_as_a_table(analyst: FlaskClient):
    page = analyst.get(f"/studio/{KEY}/tests/0").text
    assert "holds" in page
    typed = _typed(page)
    assert typed["s-0-at"] == "inspect"
    assert typed["s-0-values"] == "verdict: repairable"
    wrong = analyst.post(f"/studio/{KEY}/tests/0", data={**typed, "do": "save", "s-0-at": "nowhere", "s-2-values": "a"})
    assert wrong.status_code == 422
    assert "There is no “nowhere” in the drawing." in html.unescape(wrong.text)
    assert "Write a name, a colon" in html.unescape(wrong.text)
    added = _typed(analyst.post(f"/studio/{KEY}/tests/0", data={**typed, "do": "add"}).text)
    assert added["s-6-at"] == ""
    assert "s-5-at" not in _typed(analyst.post(f"/studio/{KEY}/tests/0", data={**typed, "do": "remove:2"}).text)
    saved = analyst.post(f"/studio/{KEY}/tests/0", data={**typed, "do": "save", "state": "scrapped"})
    assert saved.status_code == 302
    failing = html.unescape(analyst.get(f"/studio/{KEY}/tests/0").text)
    assert "state: delivered instead of scrapped." in failing
    stale = analyst.post(f"/studio/{KEY}/tests/0", data={**typed, "do": "save"})
    assert stale.status_code == 422
    assert "changed this draft" in stale.text


def _typed(page: str) -> dict[str, str]:
    """What the table's boxes hold."""
    found = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page))
    found |= dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</textarea>', page))
    for name, inner in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        found[name] = chosen[1] if chosen else ""
    return {name: html.unescape(value) for name, value in found.items() if not name.startswith("~")}


def test_cases_go_out_and_come_in_as_the_file_the_console_plays(analyst: FlaskClient):
    written = analyst.get(f"/studio/{KEY}/tests/file").text
    assert written == definitions.shipped_cases(KEY)
    both = cases.load(written)
    sent = {"file": (io.BytesIO(cases.dump(both[:1]).encode()), "a.yaml"), "replace": "1", "saved": "0"}
    analyst.post(f"/studio/{KEY}/tests/import", data=sent, content_type="multipart/form-data")
    assert cases.load(analyst.get(f"/studio/{KEY}/tests/file").text) == both[:1]
    odd = {"file": (io.BytesIO(b"- {step: 1}"), "a.yaml"), "saved": "1"}
    page = analyst.post(
        f"/studio/{KEY}/tests/import", data=odd, content_type="multipart/form-data", follow_redirects=True
    )
    assert "Case 1: “step” means nothing" in html.unescape(page.text)
    analyst.post(f"/studio/{KEY}/tests/0/remove", data={"saved": "1"})
    assert "No test case yet" in analyst.get(f"/studio/{KEY}/tests").text
    assert analyst.get(f"/studio/{KEY}/tests/0").status_code == 404


def test_who_only_looks_changes_no_case(company: Company, sign_in: SignIn):
    looker = at_work(sign_in, company.person("TENANT_MANAGER", name="Grace Njeri"))
    if looker.get(f"/studio/{KEY}/tests").status_code == 403:
        pytest.skip("managers do not see the studio here")
    assert looker.post(f"/studio/{KEY}/tests/0", data={"do": "save"}).status_code == 403
    assert looker.post(f"/studio/{KEY}/try/record", data={"~name": "x"}).status_code == 403
