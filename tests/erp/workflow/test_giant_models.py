"""Models far larger than anybody draws are judged, compiled and run, or refused, in bounded time and memory."""

from __future__ import annotations

import contextlib
import resource
import time

import pytest

from erp.errors import ErpError
from erp.workflow import engine
from erp.workflow.engine import Instance
from erp.workflow.linting.linter import lint_file
from tests.erp.workflow.engine_tools import Caller, catalogue, spec

HEAD = "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='p' isExecutable='true'>"
TAIL = "</process></definitions>"


def script(id_: str) -> str:
    return f"<scriptTask id='{id_}' name='n'><script>x = 1</script></scriptTask>"


def flow(one: str, other: str, condition: str = "") -> str:
    inner = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    return f"<sequenceFlow id='f_{one}_{other}' sourceRef='{one}' targetRef='{other}'>{inner}</sequenceFlow>"


def chain(count: int) -> str:
    steps = "".join(script(f"t{n}") + flow(f"t{n - 1}", f"t{n}") for n in range(1, count))
    return f"<startEvent id='t0'/>{steps}<endEvent id='e'/>{flow(f't{count - 1}', 'e')}"


def side_by_side(count: int) -> str:
    ways = "".join(script(f"t{n}") + flow("g", f"t{n}") + flow(f"t{n}", "h") for n in range(count))
    gates = "<parallelGateway id='g'/><parallelGateway id='h'/>"
    return f"<startEvent id='s'/>{flow('s', 'g')}{gates}{ways}<endEvent id='e'/>{flow('h', 'e')}"


def inclusive(count: int, ways: int) -> str:
    found = f"<startEvent id='s'/>{flow('s', 'o0')}"
    for n in range(count):
        found += f"<inclusiveGateway id='o{n}' name='q' default='f_o{n}_a{n}_0'/><inclusiveGateway id='j{n}'/>"
        for way in range(ways):
            step = f"a{n}_{way}"
            found += script(step) + flow(f"o{n}", step, "True" if way else "") + flow(step, f"j{n}")
        found += flow(f"j{n}", f"o{n + 1}")
    return f"{found}<endEvent id='o{count}'/>"


def nested(depth: int) -> str:
    before = "".join(f"<startEvent id='s{n}'/>{flow(f's{n}', f'b{n}')}<subProcess id='b{n}'>" for n in range(depth))
    after = "".join(f"</subProcess><endEvent id='e{n}'/>{flow(f'b{n}', f'e{n}')}" for n in reversed(range(depth)))
    return f"{before}<startEvent id='z'/><endEvent id='y'/>{flow('z', 'y')}{after}"


GIANTS = {
    "a chain": chain(4000),
    "very many paths at once": side_by_side(2000),
    "inclusive gateways one after another": inclusive(300, 3),
    "an inclusive gateway with many ways": inclusive(1, 25),
    "parts in parts": nested(30),
    "too many parts in parts": nested(2000),
    "a name of three million letters": f"<startEvent id='s' name='{'x' * 3_000_000}'/>",
    "a condition of a hundred thousand brackets": "<startEvent id='s'/>"
    + flow("s", "g") + "<exclusiveGateway id='g'/>" + flow("g", "e", "(" * 100_000) + "<endEvent id='e'/>",
    "elements in elements": "<a>" * 50_000 + "</a>" * 50_000,
}  # fmt: skip


@pytest.mark.parametrize("name", GIANTS)
def test_giants_do_no_harm(name: str) -> None:
    xml = f"{HEAD}{GIANTS[name]}{TAIL}".encode()
    started = time.thread_time()
    assert lint_file(xml, catalogue())  # none is drawn, if nothing else
    assert time.thread_time() - started < 2
    with contextlib.suppress(ErpError):
        Instance.start(engine.compile({"p": xml}, "p"), {}, Caller())
    assert time.thread_time() - started < 4


def test_a_body_for_each_of_thousands_shares_what_it_came_with() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = Instance.start(spec("lines"), {"lines": list(range(3000))}, Caller())
    assert len(lines.changes.opened) == 6000
    lines.snapshot()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024
