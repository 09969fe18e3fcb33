"""Why a document went this way, told to somebody who was not there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html

from erp import clock, complete
from erp.testing.pytest_plugin import Company, Person
from erp.workflow.diagrams import spoken
from erp.workflow.diagrams.elements import Timer
from erp.workflow.diagrams.spoken import Named
from erp.workflow.people import tasks
from tests.erp.workflow.drawn import publish
from tests.repairs.conftest import Shop


@pytest.fixture
def shop(company: Company, run_jobs: Callable[[], int]) -> Shop:
    grace, daniel = company.person("Counter", name="Grace Njeri"), company.person("Technician", name="Daniel Otieno")
    return Shop(grace, daniel, run_jobs)


def panel(client: FlaskClient, shop: Shop, element: str) -> str:
    """What the panel of an element says, in one line."""
    page = html.fromstring(client.get(f"/repair_order/{shop.order_id}/process?element={element}").text)
    return " ".join(" ".join(page.get_element_by_id("why").itertext()).split())


def test_a_question_tells_what_it_asked_of_whom_and_what_it_tried(shop: Shop, sign_in: Callable[[Person], FlaskClient]):
    shop.receive()
    shop.do(shop.daniel, "inspect", findings="Mount bent", verdict="unrepairable", fault_kind="accident")
    said = panel(sign_in(shop.grace), shop, "repairable")
    assert "No, so the process went on to “Unrepairable”." in said
    assert "Because: “Can it be repaired?” is “Cannot be repaired”." in said
    assert "Can it be repaired? Cannot be repaired Inspect item, Daniel Otieno" in said
    assert "in the step Daniel Otieno took; version 1 of the process." in said
    assert "Not taken Yes: on to “Inspected”" in said
    table = panel(sign_in(shop.grace), shop, "decide_warranty")
    assert "Rule 2 says" in table
    assert "Kind of fault Drop or accident Drop or accident, Liquid inside, Misuse, or opened by others Yes" in table


def test_a_step_tells_who_did_it_when_and_whether_in_time(shop: Shop, sign_in: Callable[[Person], FlaskClient]):
    shop.receive()
    waiting = panel(sign_in(shop.grace), shop, "inspect")
    assert "Technician has it now, for" in waiting
    with clock.frozen(clock.now() + timedelta(days=1, hours=2)):
        shop.do(shop.daniel, "inspect", findings="Mount bent", verdict="repairable", fault_kind="accident")
    said = panel(sign_in(shop.grace), shop, "inspect")
    assert "Done by Daniel Otieno" in said
    assert "1 d 2 h after it came." in said
    assert "2 h late" in said
    assert "The document has not come here." in panel(sign_in(shop.grace), shop, "repair")


def test_a_called_process_tells_its_version_and_what_happened_there(
    shop: Shop, company: Company, sign_in: Callable[[Person], FlaskClient]
):
    peter = company.person("TENANT_MANAGER", name="Peter Kariuki")
    script = "approvers = 'Technician, TENANT_MANAGER'\nquorum = 'all'\norder = 'parallel'"
    publish(shop.grace, {"id": "name_them", "script": script}, {"id": "ask", "calls": "approval"})
    shop.receive()
    for who, decision in ((shop.daniel, "approve"), (peter, "approve")):
        with who.acting():
            task = next(each for each in tasks.open_of("repair_order", [shop.order_id]))
            complete(task.id, {"decision": decision, "comment": "Fair price"})
    said = panel(sign_in(shop.grace), shop, "ask")
    assert "Over since" in said
    assert "Calls Approval Version 1" in said
    assert "asked Technician, Manager" in said
    assert "approved – “Fair price” Daniel Otieno" in said
    assert "decided, approved by 2 of 2 needed" in said


def test_conditions_and_times_in_words():
    names = {
        "document.total": Named("Total"),
        "verdict": Named("Verdict", {"ok": "Can be repaired"}),
        "sure": Named("Sure?"),
    }
    conditions = {
        "document.total > 1000 and not urgent": "Total is above 1,000 and Urgent is not so",
        "verdict == 'ok' or verdict == \"no\"": "Verdict is “Can be repaired” or Verdict is “no”",
        "sure == True": "“Sure?” is so",
        "document.note != None": "Note is filled in",
        "document.total * 2 > 5": "",
        "a and b or c": "",
        "len(lines) > 2": "",
        "": "",
        "1 +": "",
    }
    assert {text: spoken.condition(text, names) for text in conditions} == conditions
    assert spoken.duration("P1DT12H") == "1 day, 12 hours"
    assert spoken.duration("soon") == "soon"
    assert spoken.timer(Timer("duration", "P2D")) == "after 2 days"
    assert spoken.timer(Timer("cycle", "R3/PT1H")) == "every 1 hour, 3 times"
    assert spoken.timer(Timer("cycle", "R/P1D")) == "every 1 day, without end"
    assert spoken.timer(Timer("duration", "")) == "after "
