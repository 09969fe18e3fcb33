"""Models tried from their files: no database and no company is asked."""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from erp import prepare
from erp.decisions import Model, kit, read
from erp.errors import ErpError, Invalid, SetupError
from erp.modelling import catalogue, trying
from erp.workflow import definitions, engine
from erp.workflow.diagrams.diagram import Diagram, parse
from erp.workflow.linting.linter import ERROR, Problem, lint
from erp.workflow.rehearsal import cases
from erp.workflow.rehearsal.cases import Case
from erp.workflow.rehearsal.rehearsing import Rehearsed, rehearse

COMMANDS = frozenset({"decision", "workflow"})


def add_commands(commands: Any) -> None:
    """The arguments of `erp decision` and `erp workflow`."""
    decision = commands.add_parser("decision", help="ask a decision table, or play test cases of the DMN TCK")
    what = decision.add_subparsers(dest="what", required=True)
    asked = what.add_parser("evaluate", help="the answer of a decision, and the rules that gave it, as JSON")
    asked.add_argument("file", type=Path, help="warranty.dmn")
    asked.add_argument("--decision", required=True, help="its id or name")
    asked.add_argument("--input", default="{}", help='what it is told, as JSON: {"age": 3}; - reads it from stdin')
    played = what.add_parser("test", help="play every case below a folder; what does not hold is a line each")
    played.add_argument("folder", type=Path)
    workflow = commands.add_parser("workflow", help="judge diagrams, or rehearse a process with written cases")
    what = workflow.add_subparsers(dest="what", required=True)
    judged = what.add_parser("lint", help="what is wrong with diagrams: everything that would be dropped, hang or fail")
    judged.add_argument("files", type=Path, nargs="+", metavar="FILE")
    judged.add_argument("--json", action="store_true", help="a line of JSON for each file")
    run = what.add_parser("run", help="play cases: answers are scripted, actions simulated, nothing is kept")
    run.add_argument("file", type=Path, help="repair_order.bpmn; what it calls and asks is beside it, or shipped")
    run.add_argument(
        "--cases", type=Path, help="a list of cases as YAML or JSON; else repair_order.cases.yaml beside it"
    )
    run.add_argument("--json", action="store_true", help="a line of JSON for each case")


def run(chosen: argparse.Namespace, stdin: Any) -> tuple[str, bool]:
    """Carry out a parsed command, the plugins loaded: what to say, and whether all is as it should be."""
    if chosen.command == "workflow":
        return judge(chosen) if chosen.what == "lint" else rehearsal(chosen)
    if chosen.what == "test":
        return play(chosen.folder)
    return evaluate(chosen.file, chosen.decision, stdin.read() if chosen.input == "-" else chosen.input), True


def evaluate(file: Path, decision: str, told: str) -> str:
    """The answer as JSON: its value, and for each decision on the way its inputs, outputs and matched rules."""
    outcome = kit.ask(read(_content(file)), decision, _inputs(told))
    answer = {"value": kit.as_json(outcome.value), "rulings": [ruling.as_json() for ruling in outcome.rulings]}
    return json.dumps(answer, ensure_ascii=False, indent=1)


def play(folder: Path) -> tuple[str, bool]:
    """A line for each case that does not answer as it should, and how many do; whether all do."""
    verdicts = [kit.judged(case) for case in kit.cases(folder)]
    if not verdicts:
        raise SetupError(f"There are no cases below {folder}.")
    wrong = [f"{each.case}: {each.reason}" for each in verdicts if not each.holds]
    held = len(verdicts) - len(wrong)
    return "\n".join([*wrong, f"{held} of {len(verdicts)} cases answer as they should."]), not wrong


def judge(chosen: argparse.Namespace) -> tuple[str, bool]:
    """A line for each file, or for each of its problems; whether none has an error. What is no diagram has one."""
    roles = prepare.rights_of_roles().keys()
    found = [(file, _problems(file, roles)) for file in chosen.files]
    said = (_judged(file, problems) if chosen.json else _listed(file, problems) for file, problems in found)
    return "\n".join(said), not any(problem.is_error for _file, problems in found for problem in problems)


def _problems(file: Path, roles: Collection[str]) -> list[Problem]:
    try:
        diagram = parse(_content(file))
    except ErpError as error:
        return [Problem("", "file", ERROR, error.message)]
    forms, processes, decisions = (file.parent.glob(pattern) for pattern in ("*.form", "*.bpmn", "*.dmn"))
    known = catalogue.shipped(
        diagram.id,
        roles,
        forms={each.stem: each.read_text(errors="replace") for each in forms},
        processes=[each.stem for each in processes],
        decisions={each.stem: each.read_text(errors="replace") for each in decisions},
    )
    return lint(diagram, known)


def _judged(file: Path, problems: Sequence[Problem]) -> str:
    told = [
        {"element": each.element_id, "rule": each.rule, "severity": each.severity, "message": each.message}
        for each in problems
    ]
    line = {"file": str(file), "ok": not any(each.is_error for each in problems), "problems": told}
    return json.dumps(line, ensure_ascii=False)


def _listed(file: Path, problems: Sequence[Problem]) -> str:
    lines = [f"{file}: {each.element_id or '-'}: {each.severity}: {each.message} ({each.rule})" for each in problems]
    return "\n".join(lines or [f"{file}: nothing is wrong"])


def rehearsal(chosen: argparse.Namespace) -> tuple[str, bool]:
    """A line for each case, and whether all went as they say."""
    bpmn = _content(chosen.file)
    diagram = parse(bpmn)
    spec = engine.compile(_called(chosen.file.parent, diagram, bpmn), diagram.id)
    decisions = _asked(chosen.file.parent, spec)
    written = chosen.cases or chosen.file.with_name(f"{diagram.id}.cases.yaml")
    played = [rehearse(spec, decisions, case) for case in _cases(written, diagram.id)]
    said = (_line(each) if chosen.json else _sentence(each, number) for number, each in enumerate(played, 1))
    return "\n".join(said), all(each.holds for each in played)


def _line(found: Rehearsed) -> str:
    line = {
        "case": found.case.name, "ok": found.holds, "trace": list(found.trace), "data": kit.as_json(found.data),
        "state": found.state, "ended": found.ended, "waiting": list(found.waiting), "problems": list(found.problems),
    }  # fmt: skip
    return json.dumps(line, ensure_ascii=False)


def _sentence(found: Rehearsed, number: int) -> str:
    name = found.case.name or f"case {number}"
    return f"{name}: as expected" if found.holds else f"{name}: {'; '.join(found.problems)}"


def _cases(file: Path, key: str) -> list[Case]:
    """The cases of a file; fields of the document a case says nothing of are empty."""
    try:
        found = cases.load(_content(file).decode(errors="replace"))
    except ErpError as error:
        raise Invalid(f"{file.name}: {error.message}") from error
    if not found:
        raise Invalid(f"{file.name} should hold a list of cases.")
    return [trying.filled(key, each) for each in found]


def _called(folder: Path, diagram: Diagram, bpmn: bytes) -> Mapping[str, bytes]:
    """The process and every one it calls, from the folder or as shipped."""
    found, waiting = {diagram.id: bpmn}, set(diagram.called())
    while waiting:
        key = waiting.pop()
        if key in found:
            continue
        content = _beside(folder, f"{key}.bpmn", definitions.shipped(key))
        if content is None:
            raise SetupError(f"{diagram.id} calls {key}, and there is no {key}.bpmn.")
        found[key] = content
        waiting |= parse(content).called()
    return found


def _asked(folder: Path, spec: engine.Spec) -> Mapping[str, Model]:
    """The decisions its business rule tasks ask, from the folder or as shipped."""
    names = {e.decision for diagram in spec.diagrams.values() for e in diagram.elements.values() if e.decision}
    found = {}
    for name in sorted(names):
        content = _beside(folder, f"{name}.dmn", (definitions.shipped_decision(name) or "").encode())
        if not content:
            raise SetupError(f"{spec.key} asks the decision {name}, and there is no {name}.dmn.")
        found[name] = read(content)
    return found


def _beside(folder: Path, name: str, shipped: bytes | None) -> bytes | None:
    """A file of the folder itself, else what is shipped: a diagram names what it calls, and may name a way out."""
    file = folder / name
    return _content(file) if file.parent == folder and file.is_file() else shipped


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SetupError(f"{file} cannot be read: {error.strerror}.") from error


def _inputs(text: str) -> Mapping[str, Any]:
    try:
        told = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise Invalid(f"The input is not JSON: {error}") from error
    if not isinstance(told, dict):
        raise Invalid('The input is JSON like {"age": 3}.')
    return told
