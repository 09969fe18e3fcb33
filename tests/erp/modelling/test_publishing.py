"""From a drawing to a version: drafts of several people, what a version changes, two who publish, an old one again."""

from __future__ import annotations

import re
from dataclasses import replace
from time import process_time

import pytest

from erp import create
from erp.data.base import transaction
from erp.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from erp.modelling import checking, drafts, library, publishing, trying
from erp.modelling.differences import differences
from erp.modelling.drafts import Parts
from erp.modelling.placing import Placed, placed
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import definitions
from erp.workflow.diagrams.diagram import parse
from erp.workflow.people import tasks
from erp.workflow.rehearsal import cases
from erp.workflow.rehearsal.cases import Case
from tests.erp.studio import everything
from tests.erp.workflow.drawn import drawn
from tests.repairs.conftest import CAMERA

KEY = "repair_order"


def redrawn(**changes: str) -> bytes:
    """The shipped drawing with some texts put in the place of others."""
    text = (definitions.shipped(KEY) or b"").decode()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def with_check(text: bytes) -> bytes:
    """The drawing with a step `check_stone` between the reception and the inspection."""
    found = text.decode()
    step = """<bpmn:userTask id="check_stone" name="Check the stone"><bpmn:extensionElements><spiffworkflow:properties>
      <spiffworkflow:property name="form" value="repair_order.phone_customer" /></spiffworkflow:properties>
      </bpmn:extensionElements><bpmn:incoming>f_received</bpmn:incoming><bpmn:outgoing>f_stone</bpmn:outgoing></bpmn:userTask>
      <bpmn:sequenceFlow id="f_stone" sourceRef="check_stone" targetRef="inspect" />
      <bpmn:startEvent id="received\""""
    found = found.replace('<bpmn:startEvent id="received"', step, 1)
    found = found.replace(
        "<bpmn:flowNodeRef>inspect</bpmn:flowNodeRef>",
        "<bpmn:flowNodeRef>inspect</bpmn:flowNodeRef><bpmn:flowNodeRef>check_stone</bpmn:flowNodeRef>",
        1,
    )
    found = re.sub(r'(id="f_received" sourceRef="received" targetRef=)"inspect"', r'\1"check_stone"', found)
    shape = '<bpmndi:BPMNShape id="c_di" bpmnElement="check_stone"><dc:Bounds x="0" y="0" width="100" height="80" /></bpmndi:BPMNShape>'
    return found.replace("</bpmndi:BPMNPlane>", f"{shape}</bpmndi:BPMNPlane>", 1).encode()


@pytest.fixture
def mary(company: Company) -> Person:
    return company.person("TENANT_ANALYST", name="Mary Wanjiru")


@pytest.fixture
def john(company: Company) -> Person:
    return company.person("TENANT_ANALYST", name="John Kamau")


def test_a_new_version_is_what_new_documents_run(company: Company, mary: Person):
    grace = company.person("Counter", "Technician", name="Grace Njeri")
    with grace.acting():
        amina = create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"}).id
        old = create(KEY, {**CAMERA, "customer": amina}).id
    with mary.acting():
        drawing = drafts.live(KEY)
        draft = drafts.save(KEY, with_check(drawing.bpmn), saved=0, base_id=drawing.base_id)
        told = publishing.preview(draft)
        assert [(each.kind, each.element) for each in told.changes] == [("added", "check_stone")]
        assert "Technician" in told.changes[0].what
        assert "Received" in told.changes[0].what
        assert (told.number, dict(told.staying), checking.errors(told.remarks)) == (2, {1: 1}, [])
        with pytest.raises(Invalid) as refused:
            publishing.publish(KEY, saved=draft.version, note=" ")
        assert "note" in refused.value.fields
        assert publishing.publish(KEY, saved=draft.version, note="Gems were not looked at", tag="autumn") == 2
        assert drafts.find(KEY) is None
        row = definitions.versions(KEY)[0]
        assert (row.number, row.published_by, row.note, row.tag) == (
            2,
            "Mary Wanjiru",
            "Gems were not looked at",
            "autumn",
        )
    with grace.acting():
        new = create(KEY, {**CAMERA, "customer": amina}).id
        assert [task.element for task in tasks.open_of(KEY, [old])] == ["inspect"]
        assert [task.element for task in tasks.open_of(KEY, [new])] == ["check_stone"]
    with mary.acting():
        assert publishing.running(KEY) == {2: 1, 1: 1}
        first = definitions.versions(KEY)[1]
        assert publishing.again(KEY, first.id) == 3
        assert definitions.versions(KEY)[0].bpmn == first.bpmn
        with pytest.raises(Invalid):
            publishing.again(KEY, definitions.versions(KEY)[0].id)
        entry = next(each for each in library.entries() if each.key == KEY)
        assert (entry.number, entry.running, entry.published_by, entry.has_newer_shipped) == (
            3,
            2,
            "Mary Wanjiru",
            False,
        )


def test_two_who_draw_at_once_lose_nothing(mary: Person, john: Person):
    with mary.acting():
        first = drafts.save(KEY, redrawn(**{"Inspect item": "Look at the item"}), saved=0)
        assert first.version == 1
    with john.acting():
        with pytest.raises(StaleVersion, match="Mary Wanjiru") as told:
            drafts.save(KEY, redrawn(**{"Inspect item": "Open the item"}), saved=0)
        assert told.value.detail["version"] == 1
        mine = drafts.save(KEY, redrawn(**{"Inspect item": "Open the item"}), saved=1, replace=True)
        assert mine.version == 2
        assert mine.set_aside == []
    with mary.acting():
        with pytest.raises(StaleVersion, match="John Kamau"):
            drafts.discard(KEY, saved=1)
        again = drafts.save(KEY, redrawn(**{"Inspect item": "Look at the item"}), saved=1, replace=True)
        assert [(each["author"], "Open the item" in each["bpmn"]) for each in again.set_aside] == [("John Kamau", True)]
        assert b"Open the item" in drafts.set_aside(KEY, 0).bpmn
        drafts.discard(KEY, saved=3)
        with pytest.raises(StaleVersion) as gone:
            drafts.save(KEY, redrawn(), saved=3)
        assert gone.value.detail["gone"]


def test_a_second_person_agrees(company: Company, mary: Person, john: Person):
    owner = company.person("TENANT_OWNER")
    with owner.acting():
        publishing.ask_for_second_person(wanted=True)
    with mary.acting():
        draft = drafts.save(KEY, redrawn(**{"Inspect item": "Look at the item"}), saved=0)
        assert publishing.publish(KEY, saved=draft.version, note="Plainer words") is None
        with pytest.raises(Conflict):
            publishing.publish(KEY, saved=draft.version, note="Plainer words")
    with john.acting():
        publishing.send_back(KEY, saved=1)
    with mary.acting():
        publishing.publish(KEY, saved=1, note="Plainer words")
        # a change takes the proposal back: nobody agrees to what they have not seen
        drafts.save(KEY, redrawn(**{"Inspect item": "See to the item"}), saved=1)
        publishing.publish(KEY, saved=2, note="Plainer words")
    with john.acting():
        with pytest.raises(StaleVersion):
            publishing.publish(KEY, saved=1, note="")
        assert publishing.publish(KEY, saved=2, note="") == 2
        row = definitions.versions(KEY)[0]
        assert (row.note, row.published_by) == ("Plainer words", "John Kamau")
        assert row.proposed_by == "Mary Wanjiru"


def test_what_cannot_run_is_not_published(mary: Person):
    with mary.acting():
        draft = drafts.save(
            KEY, redrawn(**{'name="form" value="repair_order.inspect"': 'name="form" value="nowhere"'}), saved=0
        )
        found = checking.errors(publishing.preview(draft).remarks)
        assert [(each.element, each.label) for each in found] == [("inspect", "Inspect item")]
        with pytest.raises(Invalid, match="errors"):
            publishing.publish(KEY, saved=1, note="Try it")
        for wrong in (b"", b"<a/>", b"not xml", definitions.shipped("invoice") or b""):
            with pytest.raises(Invalid):
                drafts.save(KEY, wrong, saved=1)


def test_rights(company: Company):
    manager, counter = company.person("TENANT_MANAGER"), company.person("Counter")
    with manager.acting():
        assert any(each.key == KEY for each in library.entries())
        assert drafts.present(KEY).bpmn
        with pytest.raises(Forbidden):
            drafts.save(KEY, redrawn(), saved=0)
    with counter.acting():
        for forbidden in (
            library.entries,
            lambda: drafts.present(KEY),
            lambda: publishing.publish(KEY, saved=0, note="x"),
        ):
            with pytest.raises(Forbidden):
                forbidden()


def test_a_newer_shipped_file_is_offered_and_not_forced(mary: Person):
    with mary.acting():
        with transaction():
            definitions.publish(KEY, redrawn(**{"Inspect item": "Look at the item"}), first=True)
        entry = next(each for each in library.entries() if each.key == KEY)
        assert (entry.number, entry.has_newer_shipped) == (1, True)
        told = publishing.changes(KEY, drafts.live(KEY), drafts.shipped(KEY))
        assert [(each.element, each.what, each.before, each.after) for each in told] == [
            ("inspect", "name", "Look at the item", "Inspect item")
        ]
        draft = drafts.put(KEY, drafts.shipped(KEY))
        assert publishing.publish(KEY, saved=draft.version, note="As it is shipped now") == 2
        assert not library.has_newer_shipped(KEY)


def test_a_document_without_a_process_gets_one(company: Company, mary: Person):
    with mary.acting():
        free = drafts.free_keys()
        assert free
        key = next(iter(free))
        draft = drafts.put(key, drafts.blank(key, free[key]))
        assert checking.errors(publishing.preview(draft).remarks) == []
        assert publishing.preview(draft).number == 1
        assert publishing.publish(key, saved=draft.version, note="It has states now") == 1
        assert key not in drafts.free_keys()
        with pytest.raises(NotFound):
            drafts.present("nothing_like_it")


def test_a_file_from_elsewhere_keeps_what_is_unknown(mary: Person):
    content = b"""<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
      xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="t"><process id="P1" name="Theirs">
      <startEvent id="s"/><complexGateway id="odd" camunda:asyncBefore="true"/><endEvent id="e"/>
      <sequenceFlow id="f1" sourceRef="s" targetRef="odd"/><sequenceFlow id="f2" sourceRef="odd" targetRef="e"/>
      </process></definitions>"""
    with mary.acting():
        draft = drafts.put(KEY, drafts.brought(KEY, content))
        assert b'camunda:asyncBefore="true"' in draft.bpmn
        found = checking.errors(publishing.preview(draft).remarks)
        assert "odd" in {each.element for each in found}
        with pytest.raises(Invalid) as refused:
            drafts.brought(KEY, b"<html/>")
        assert refused.value.fields["file"]


def test_which_version_of_another_process_is_called(mary: Person):
    """The newest as it is published, one version for good, or the newest with a tag; others are never taken."""
    with mary.acting(), transaction():
        tagged = definitions.publish("approval", definitions.shipped("approval") or b"", tag="spring")
        newest = definitions.publish("approval", (definitions.shipped("approval") or b"") + b"<!-- newer -->")
        asked = {
            "": newest,
            '<spiffworkflow:property name="version" value="1" />': tagged,
            '<spiffworkflow:property name="tag" value="spring" />': tagged,
        }
        for bound, wanted in asked.items():
            made = definitions.publish("asking", calling("approval", bound))
            assert drafts.definition("asking", made).calls == {"approval": wanted}, bound
        with pytest.raises(Invalid, match="no such version"):
            definitions.publish("asking", calling("approval", '<spiffworkflow:property name="tag" value="winter" />'))
        found = checking.remarks(
            "asking", calling("approval", '<spiffworkflow:property name="version" value="7" />'), {}, {}
        )
        assert "call-version" in {each.rule for each in found}


def calling(other: str, bound: str) -> bytes:
    """A process that only calls another one."""
    xml = drawn({"id": "ask", "calls": other}, key="asking").decode()
    inner = (
        f"<bpmn:extensionElements><spiffworkflow:properties>{bound}</spiffworkflow:properties></bpmn:extensionElements>"
    )
    return xml.replace(f'calledElement="{other}" />', f'calledElement="{other}">{inner}</bpmn:callActivity>').encode()


def test_what_is_drawn_elsewhere_and_what_is_gone(mary: Person):
    """A browser shows both on the canvas; words of conditions and times are those of people."""
    old = everything.bpmn()
    moved = old.replace(b'x="160" y="0"', b'x="170" y="40"')
    gone = re.sub(rb'<bpmn:endEvent id="over".*?</bpmn:endEvent>', b"", moved)
    gone = re.sub(rb'<bpmndi:BPMNShape id="over_di".*?</bpmndi:BPMNShape>', b"", gone)
    found = placed(old, gone)
    assert found.moved == {"approve": "Approve"}
    assert found.gone == {"over": (320.0, 450.0, 36.0, 36.0)}
    assert placed(None, old) == placed(old, b"<p/>") == Placed()
    changed = old.replace(b"document.total &gt; 1", b"document.total &gt; 20").replace(b">P2D<", b">PT36H<", 1)
    with mary.acting():
        told = {(each.what, each.before, each.after) for each in differences(parse(old), parse(changed))}
    assert told == {
        ("condition", "Total is above 1", "Total is above 20"),
        ("time", "after 2 days", "after 36 hours"),
    }


def test_a_failing_case_of_the_company_needs_a_reason_of_who_proposes(company: Company, mary: Person, john: Person):
    with company.person("TENANT_OWNER").acting():
        publishing.ask_for_second_person(wanted=True)
    with mary.acting():
        own = cases.dump([Case("It is sold", expect={"state": "sold"})])
        draft = drafts.save_parts(KEY, Parts(cases=own), saved=0)
        assert drafts.live(KEY).cases != own
        with pytest.raises(Invalid) as refused:
            publishing.publish(KEY, saved=draft.version, note="Why not")
        assert set(refused.value.fields) == {"waived"}
        assert publishing.publish(KEY, saved=draft.version, note="Why not", waived="The case is wrong") is None
    with john.acting():
        publishing.publish(KEY, saved=draft.version, note="")
        row = definitions.versions(KEY)[0]
        assert (row.waived, row.cases, row.proposed_by) == ("The case is wrong", own, "Mary Wanjiru")
        began = drafts.put(KEY, drafts.live(KEY))
        assert began.cases == own


def test_shipped_cases_warn_and_edited_ones_forbid(mary: Person):
    with mary.acting():
        drawing = drafts.live(KEY)
        draft = drafts.save(KEY, with_check(drawing.bpmn), saved=0, base_id=drawing.base_id)
        told = publishing.preview(draft).tests
        assert told is not None
        assert (len(told.failing), told.forbids) == (3, False)
        first, *others = told.cases
        renamed = cases.dump([replace(first, name="Ours"), *others])
        draft = drafts.save_parts(KEY, Parts(cases=renamed), saved=draft.version)
        assert publishing.tests_of(draft).forbids
        mended = replace(first, name="Ours", steps=[{"complete": "check_stone"}, *first.steps])
        draft = drafts.save_parts(KEY, Parts(cases=cases.dump([mended, *others])), saved=draft.version)
        assert publishing.publish(KEY, saved=draft.version, note="Stones") == 2


def test_twenty_cases_are_played_within_the_request_that_saves(mary: Person):
    with mary.acting():
        drawing = drafts.live(KEY)
        twenty = cases.dump((cases.load(drawing.cases) * 7)[:20])
        started = process_time()
        told = trying.results(KEY, replace(drawing, cases=twenty), seconds=30)
        assert (len(told.cases), told.all_hold) == (20, True)
        assert process_time() - started < trying.AT_ONCE
        short = trying.results(KEY, replace(drawing, cases=twenty), seconds=0)
        assert (short.unplayed, short.forbids) == (19, False)
