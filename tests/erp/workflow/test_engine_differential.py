"""The same diagrams in SpiffWorkflow as it comes and in ours: same elements, same data."""

import re
from collections import Counter
from io import BytesIO
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.util.task import TaskState

from tests.erp.workflow.engine_tools import Running, files

STEPS = 40
# A failed subprocess counts as completed in stock, and a joining gateway once for each token.
DIFFERENT = ("do_it", "fork", "join")


class Services(PythonScriptEngine):
    """Every service answers with nothing, as the caller of ours does."""

    def __init__(self):
        super().__init__(TaskDataEnvironment({"document": SimpleNamespace(number="R-7")}))

    def call_service(self, task, **kwargs):
        return "null"


def stock_workflow(key):
    parser = SpiffBpmnParser()
    for xml in files().values():
        # stock wants timers as Python, and takes an operator for the task of the same id
        quoted = re.sub(rb"(<bpmn:time\w+ [^>]*>)([^<]*)(</bpmn:time)", rb'\1"\2"\3', xml)
        parser.add_bpmn_io(BytesIO(quoted.replace(b'Operator id="', b'Operator id="call.')))
    return BpmnWorkflow(parser.get_spec(key), parser.get_subprocess_specs(key), script_engine=Services())


def in_stock(key, values, answers):
    workflow = stock_workflow(key)
    workflow.task_tree.data.update(values)
    workflow.do_engine_steps()
    for _ in range(STEPS):
        waiting = sorted(workflow.get_tasks(state=TaskState.READY, manual=True), key=lambda task: task.task_spec.name)
        if not waiting:
            break
        task = waiting[answers.pick(len(waiting))]
        task.data.update(answers.of(task.task_spec.name))
        task.run()
        workflow.do_engine_steps()
    done = Counter(
        task.task_spec.bpmn_id
        for task in workflow.get_tasks(state=TaskState.COMPLETED)
        if getattr(task.task_spec, "bpmn_id", None)
    )
    return done, dict(workflow.data), workflow.is_completed()


def in_ours(key, values, answers):
    run = Running(key, values)
    done = Counter()

    def count():
        finished = ("completed", "passed", "decided", "script", "action", "error_caught")
        done.update(event.element_id for event in run.changes.events if event.kind in finished and event.element_id)

    count()
    for _ in range(STEPS):
        waiting = sorted(run.instance.open_tasks(), key=lambda task: task.element.id)
        if not waiting:
            break
        task = waiting[answers.pick(len(waiting))]
        run.instance.complete(task.id, answers.of(task.element.id))
        run._keep()
        count()
    return done, run.instance.result, run.instance.ended


class Answers:
    """The same decisions for both, from one list of numbers."""

    def __init__(self, numbers, by_task):
        self.numbers = list(numbers)
        self.by_task = by_task

    def pick(self, count):
        return self.numbers.pop() % count if self.numbers else 0

    def of(self, name):
        if name not in self.by_task:
            return {}
        return {self.by_task[name]: bool(self.numbers.pop() % 2) if self.numbers else True}


CASES = [
    ("counting", {"n": 0, "limit": 7}, {}),
    ("asking", {"n": 0}, {"ask": "is_done"}),
    ("approval", {"lines": [{"amount": 300}, {"amount": 250}]}, {"approve": "is_approved"}),
    ("approval", {"lines": [{"amount": 3}]}, {"approve": "is_approved"}),
    ("embedded", {"a": [1, 1, 2]}, {"work": "worked"}),
    ("repair_order", {"parts": 900, "labour": 200}, {"approve_quote": "is_approved"}),
    ("repair_order", {"parts": 9, "labour": 2}, {}),
    ("delivery", {"quantity": 3, "price": 7}, {}),
    ("side_by_side", {"round_no": 0, "rounds": 1, "packed": [], "kept": 5}, {}),
]


@pytest.mark.parametrize(("key", "values", "by_task"), CASES)
@given(numbers=st.lists(st.integers(0, 9), max_size=30))
def test_ours_does_what_stock_does(key, values, by_task, numbers):
    stock_done, stock_values, stock_ended = in_stock(key, values, Answers(numbers, by_task))
    our_done, our_values, our_ended = in_ours(key, values, Answers(numbers, by_task))
    for different in DIFFERENT:
        our_done.pop(different, None)
        stock_done.pop(different, None)
    assert our_done == stock_done
    assert our_ended == stock_ended
    if our_ended:
        # stock takes the stale copy of a list when the other path arrives last
        for merged_wrongly in ("packed", "data_objects"):
            our_values.pop(merged_wrongly, None)
            stock_values.pop(merged_wrongly, None)
        assert our_values == stock_values
