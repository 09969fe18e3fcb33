"""Diagrams played in SpiffWorkflow as it comes and in ours, with the same answers: elements passed, data, ended."""

import re
from collections import Counter
from io import BytesIO
from types import SimpleNamespace

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.util.task import TaskState

from tests.erp.workflow.engine_tools import Running, files

STEPS = 40


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
        waiting = sorted(
            workflow.get_tasks(state=TaskState.READY, manual=True), key=lambda task: task.task_spec.bpmn_id
        )
        if not waiting:
            break
        task = waiting[answers.pick(len(waiting))]
        task.data.update(answers.of(task.task_spec.bpmn_id))
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
        waiting = sorted(run.instance.open_tasks(), key=lambda task: (task.element.id, task.place.number))
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
