"""An order is approved by two of three whom a table names: one is away, one hands on, a line is left out, one votes by mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Flask

from erp import operations
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import parse
from erp.workflow.linting.linter import lint_file
from erp.workflow.people import tasks
from tests.erp.workflow.drawn import publish
from tests.erp.workflow.engine_tools import catalogue
from tests.erp.workflow.test_approvals import look
from tests.erp.workflow.test_dropping import with_parts
from tests.erp.workflow.test_people import Office, office
from tests.scenarios.browser import Open, Window

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


def test_two_of_three_decide_in_the_browser(
    app: Flask, office: Office, visit: Open, run_jobs: Callable[[], int], truth: Callable[..., Any]
):
    maker = office.company.person("Counter", name="Charles")
    zainab = office.company.person("Counter", name="Zainab")
    moses = office.company.person("TENANT_MANAGER", name="Moses")
    table = TABLE.replace("APPROVERS", f"{office.anne.member_id}, {office.peter.member_id}, TENANT_MANAGER")
    publish(
        office.grace, {"id": "choose", "decision": "who_approves"}, {"id": "set", "script": "drops = 'lines'"},
        {"id": "approve_order", "calls": "approval"},
        {"id": "send_order", "candidates": "'Technician' if approved else 'Counter'"},
        decisions={"who_approves": table},
    )  # fmt: skip
    office.away(office.anne, zainab)
    order, _ticks = with_parts(office, office.order(by=maker))
    task = office.task(order, "decide")
    assert (task.process, task.scope) == ("approval", "approve_order")
    run_jobs()

    # Zainab stands in for Anne
    window = visit(zainab)
    window.go(f"/inbox/{task.id}")
    for words in (
        "You stand in for Anne, who is away until",
        "Rule 2 of “Who approves” names them",
        "2 of 3 must approve",
    ):
        window.says(words)
    window.page.fill("[name=comment]", "Fair price")
    window.send("Approve")
    window.says("Approve: done")

    # Peter hands his voice on to Moses, who leaves a part out: Zainab's vote was about something else
    peter, handed = visit(office.peter), visit(moses)
    hand_on(peter, task.id, "Moses", "I know the supplier too well")
    handed.go(f"/inbox/{task.id}")
    handed.says("I know the supplier too well")
    handed.page.get_by_label("Second battery, KES 6,500.00").check()
    handed.page.fill("[name=comment]", "One battery is enough")
    handed.send("Approve")
    handed.says("Approve: done")
    run_jobs()
    window.go(f"/inbox/{task.id}")
    for words in ("Moses changed it after votes were cast; they count no more.", "Second battery", "removed"):
        window.says(words)

    # Grace decides from her mail: the link is one click, her answer the other
    mail = visit(size="phone")
    it_is_decided_by_mail(mail, _link(office, truth))
    went_on = office.task(order)
    assert (went_on.element, went_on.candidates) == ("send_order", ["Technician"])
    who_was_not_there_reads_it_all(visit(maker, javascript=False), order)


def hand_on(window: Window, task: int, whom: str, note: str) -> None:
    window.go(f"/inbox/{task}")
    window.page.locator("#delegate summary").click()
    window.page.fill("#delegate [name=note]", note)
    window.page.locator("#delegate").get_by_role("button", name=whom).click()
    window.says(f"is now with {whom}", "body")


def it_is_decided_by_mail(window: Window, link: str) -> None:
    window.go(link)
    window.says("Grace, your decision is asked for.", "body")
    window.page.get_by_role("button", name="Approve").click()
    window.says("You have decided: approved", "body")


def who_was_not_there_reads_it_all(window: Window, order: int) -> None:
    window.go(f"/repair_order/{order}/history")
    for words in (
        "asked Anne, Peter, Manager; 2 must approve",
        "Rule 2 of “Who approves” names them",
        "Zainab for Anne",
        "given to Moses: “I know the supplier too well”",
        "left out “Second battery, KES 6,500.00” – “One battery is enough”",
        "open again, because the document was changed",
        "approved (by mail)",
        "decided, approved by 2 of 2 needed",
    ):
        window.says(words)
    window.go(f"/repair_order/{order}/process?element=approve_order")
    window.says("approved by 2 of 2 needed")


def _link(office: Office, truth: Callable[..., Any]) -> str:
    """What the last mail to Grace leads to."""
    to = f"%{office.grace.username}%"
    mails = [str(text) for (text,) in truth('select text from mail_message where "to" like :to order by id', to=to)]
    link = re.search(r"/approve/\w+", mails[-1])
    assert link is not None
    return link[0]


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
