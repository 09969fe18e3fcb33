"""Every kind of event at every place: it is run as SpiffWorkflow runs it, or refused with its id and a way out."""

from __future__ import annotations

import itertools
import re
import time
from collections import Counter
from io import BytesIO
from typing import Any

import pytest
from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.util.task import TaskState

from erp.workflow import engine
from erp.workflow.diagrams.diagram import parse
from erp.workflow.diagrams.dialect import refusals
from erp.workflow.engine import Instance
from erp.workflow.errors import DiagramRefused, ProcessError
from tests.erp.workflow.engine_tools import Caller
from tests.erp.workflow.tiny import KINDS, PLACES, RUN, drawn

ACCEPTED = [(place, kind) for place in PLACES for kind in KINDS if kind in RUN[place]]
REFUSED = [(place, kind) for place, kind in itertools.product(PLACES, KINDS) if kind not in RUN[place]]
FROM_OUTSIDE = {"message", "signal"}
TIMERS = {"duration", "date", "cycle"}
FINISHED = ("completed", "passed", "decided", "script", "action", "error_caught", "sent", "received", "timer_fired")


@pytest.mark.parametrize(("place", "kind"), REFUSED)
def test_what_is_not_run_is_refused_at_the_element_with_a_way_out(place: str, kind: str) -> None:
    xml = drawn(place, kind).encode()
    found = [problem for problem in refusals(parse(xml)) if problem.element_id in ("it", "sub")]
    assert found, "accepted"
    assert all(len(problem.message) > 25 for problem in found), found
    with pytest.raises(DiagramRefused):
        engine.compile({"tiny": xml}, "tiny")


class Ours:
    """Played in ours, saved and loaded at every wait."""

    def __init__(self, place: str, kind: str) -> None:
        self.caller, self.done = Caller(), Counter[str]()
        self.spec = engine.compile({"tiny": drawn(place, kind).encode()}, "tiny")
        at = "it" if place == "start" and kind != "none" else ""
        self.instance = Instance.start(self.spec, {}, self.caller, at)
        self._keep()

    def _keep(self) -> None:
        events = self.instance.changes.events
        # what is received or fired and completed with it is one visit
        self.done.update({(e.element_id, e.task_id): 1 for e in events if e.kind in FINISHED and e.element_id}.keys())
        self.instance = Instance.load(self.spec, self.instance.snapshot(), self.caller)

    def it_comes(self, kind: str) -> None:
        if kind in TIMERS:
            self.caller.later(hours=1)
            (timer,) = self.instance.timers()
            self.instance.fire(timer.id)
        elif kind in FROM_OUTSIDE:
            (waits,) = self.instance.subscriptions()
            self.instance.receive(waits.id, {})
        self._keep()

    def work(self) -> None:
        for task in self.instance.open_tasks():
            self.instance.complete(task.id)
            self._keep()

    @property
    def passed(self) -> Counter[str]:
        return Counter(element for element, _token in self.done)

    @property
    def outcome(self) -> Any:
        return self.passed, self.instance.result, self.instance.ended


class Stock:
    """Played in SpiffWorkflow as it comes, in memory."""

    def __init__(self, place: str, kind: str) -> None:
        xml = drawn(place, kind).replace("PT1H", "PT0.01S").replace("2026-03-01T10", "2020-03-01T10")
        # stock wants timers as Python
        xml = re.sub(r"(<bpmn:time\w+>)([^<]*)(</bpmn:time)", r'\1"\2"\3', xml)
        parser = SpiffBpmnParser()
        parser.add_bpmn_io(BytesIO(xml.encode()))
        self.workflow = BpmnWorkflow(parser.get_spec("tiny"), parser.get_subprocess_specs("tiny"))
        self.workflow.do_engine_steps()

    def it_comes(self, kind: str) -> None:
        if kind in TIMERS:
            time.sleep(0.02)
            self.workflow.refresh_timers()
        elif kind in FROM_OUTSIDE:
            specs = [self.workflow.spec, *self.workflow.subprocess_specs.values()]
            (it,) = [each for spec in specs for each in spec.task_specs.values() if each.bpmn_id == "it"]
            self.workflow.catch(BpmnEvent(it.event_definition, payload={}))
        self.workflow.do_engine_steps()

    def work(self) -> None:
        for task in self.workflow.get_tasks(state=TaskState.READY, manual=True):
            task.run()
            self.workflow.do_engine_steps()

    @property
    def outcome(self) -> Any:
        done = Counter(
            task.task_spec.bpmn_id
            for task in self.workflow.get_tasks(state=TaskState.COMPLETED)
            if getattr(task.task_spec, "bpmn_id", None)
        )
        data = {name: value for name, value in self.workflow.data.items() if name != "data_objects"}
        return done, data, self.workflow.is_completed()


STOCK_IS_WRONG = {
    ("start", "cycle"): "goes on in one process instead of beginning another",
    ("inside", "message"): "goes on with what was interrupted, and keeps nothing of what the event's part wrote",
    ("inside", "signal"): "goes on with what was interrupted, and keeps nothing of what the event's part wrote",
    ("inside", "duration"): "goes on with what was interrupted",
    ("inside", "date"): "goes on with what was interrupted",
    ("inside beside", "message"): "keeps nothing of what the event's part wrote",
    ("inside beside", "signal"): "keeps nothing of what the event's part wrote",
}
"""Each with what stock does; that it takes an error nobody catches for a normal end is told beside other elements."""


def played(world: type[Ours | Stock], place: str, kind: str) -> Any:
    run = world(place, kind)
    if place not in ("throw", "end") and kind != "none" and not (world is Ours and place == "start"):
        for _time in range(2 if kind == "cycle" and world is Ours else 1):
            run.it_comes(kind)
    run.work()
    done, data, ended = run.outcome
    del done["box"]  # stock counts a failed subprocess as completed
    if kind == "cycle":
        del done["sub"]  # and one that begins twice as one
    return done, data, ended


@pytest.mark.parametrize(
    ("place", "kind"), [each for each in ACCEPTED if each not in STOCK_IS_WRONG and each != ("end", "error")]
)
def test_what_is_run_comes_to_its_end_as_in_stock(place: str, kind: str) -> None:
    ours = played(Ours, place, kind)
    assert ours == played(Stock, place, kind)
    assert ours[2]


@pytest.mark.parametrize(("place", "kind"), STOCK_IS_WRONG)
def test_where_stock_is_wrong_ours_does_what_is_drawn(place: str, kind: str) -> None:
    passed = ["it", "after", "over"] if place == "start" else ["begun", "it", "after", "over", "sub"]
    if place.endswith("beside"):
        passed += ["work", "done"]
    assert played(Ours, place, kind) == (Counter(passed), {"came": True}, True)
    assert played(Stock, place, kind) != (Counter(passed), {"came": True}, True)


def test_an_error_that_nobody_catches_is_no_end() -> None:
    with pytest.raises(ProcessError):
        Ours("end", "error")
