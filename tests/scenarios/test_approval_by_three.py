"""An order is approved by two of three whom a table names: one is away, one hands on, it changes, one votes by mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Flask

from erp import complete, operations
from erp.data.base import session, transaction
from erp.documents.types import document_type
from erp.testing.pytest_plugin import Person
from erp.workflow import definitions, reopening, tasks
from erp.workflow.diagram import parse
from erp.workflow.linter import lint_file
from tests.erp.workflow.drawn import publish
from tests.erp.workflow.engine_tools import catalogue
from tests.erp.workflow.test_approval_mail import post
from tests.erp.workflow.test_approvals import look
from tests.erp.workflow.test_people import Office, office

__all__ = ["office"]
TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="rules" name="Rules" namespace="t">
<decision id="who_approves" name="Who approves"><decisionTable id="t" hitPolicy="FIRST">
<input id="i" label="Item"><inputExpression id="e" typeRef="string"><text>document.item</text></inputExpression></input>
<output id="o1" label="Approvers" name="approvers" typeRef="string" />
<output id="o2" label="Quorum" name="quorum" typeRef="number" />
<rule id="r1"><inputEntry id="a"><text>"Pin"</text></inputEntry>
<outputEntry id="b"><text>"Counter"</text></outputEntry><outputEntry id="c"><text>1</text></outputEntry></rule>
<rule id="r2"><inputEntry id="d"><text>-</text></inputEntry>
<outputEntry id="f"><text>"APPROVERS"</text></outputEntry><outputEntry id="g"><text>2</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def test_two_of_three_decide(
    app: Flask, office: Office, sign_in: Callable[[Person], Any], run_jobs: Callable[[], int], truth: Callable[..., Any]
):
    maker = office.company.person("Counter", name="Charles")
    zainab = office.company.person("Counter", name="Zainab")
    peter = office.peter.member_id
    table = TABLE.replace("APPROVERS", f"{office.anne.member_id}, {peter}, TENANT_MANAGER")
    publish(
        office.grace, {"id": "choose", "decision": "who_approves"}, {"id": "approve_order", "calls": "approval"},
        {"id": "send_order", "candidates": "'Technician' if approved else 'Counter'"},
        decisions={"who_approves": table},
    )  # fmt: skip
    office.away(office.anne, zainab)
    order = office.order(by=maker)
    task = office.task(order, "decide")
    assert (task.process, task.scope) == ("approval", "approve_order")
    run_jobs()

    # Zainab stands in for Anne, and Peter hands his voice on to a colleague of the lane
    inbox = sign_in(zainab).get(f"/inbox/{task.id}").get_data(as_text=True)
    assert "For Anne, away until" in inbox
    assert "Rule 2 of “Who approves” names them" in inbox
    assert "2 of 3 must approve" in inbox
    with zainab.acting():
        complete(task.id, {"decision": "approve", "comment": "Fair price"})

    # then the order changes: her vote counts no more, and she sees what changed
    with office.grace.acting(source="system"), transaction():
        row: Any = session().get_one(document_type("repair_order").cls, order)
        row.item = "Two cameras"
        session().flush()
        reopening.look_again(row)
    run_jobs()
    page = sign_in(zainab).get(f"/inbox/{task.id}").get_data(as_text=True)
    assert "they count no more" in page
    assert "Two cameras" in page
    with zainab.acting():
        complete(task.id, {"decision": "approve"})

    # Grace decides from her mail
    mails = [
        str(text)
        for (text,) in truth('select text from mail_message where "to" like :to order by id', to=_address(office))
    ]
    link = re.search(r"/approve/\w+", mails[-1])
    assert link is not None
    assert post(app.test_client(), link[0], decision="approve", comment="").status_code == 303
    assert office.task(order).element == "send_order"
    assert office.task(order).candidates == ["Technician"]
    assert look(office, task).status == "done"

    # and who was not there reads it all
    told = sign_in(office.grace).get(f"/repair_order/{order}/history").get_data(as_text=True)
    for words in (
        "asked Anne, Peter, Manager; 2 must approve",
        "Rule 2 of “Who approves” names them",
        "Zainab for Anne",
        "open again, because the document was changed",
        "approved (by mail)",
        "decided, approved by 2 of 2 needed",
    ):
        assert words in told, words
    why = sign_in(office.grace).get(f"/repair_order/{order}/process?element=approve_order").get_data(as_text=True)
    assert "approved by 2 of 2 needed" in why


def _address(office: Office) -> str:
    return f"%{office.grace.username}%"


def test_the_shipped_approval_is_what_any_process_may_call(app: Flask):
    shipped = definitions.shipped("approval")
    assert shipped is not None
    assert parse(shipped).elements["decide"].is_approval
    assert [each.message for each in lint_file(shipped, catalogue())] == []


def test_a_voice_is_handed_on_and_taken_by_one_alone(office: Office):
    publish(office.grace, {"id": "set", "script": f"approvers = [{office.peter.member_id}]"},
            {"id": "approve_order", "calls": "approval"}, {"id": "send_order"})  # fmt: skip
    task = office.task(office.order(by=office.anne), "decide")
    with office.peter.acting():
        operations.delegate(task.id, office.grace.member_id, "I know the supplier too well")
    assert office.doers(look(office, task)) == {"Grace"}
    with office.grace.acting():
        assert tasks.get(task.id).note == "I know the supplier too well"
