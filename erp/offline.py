"""Models tried from their files: no database, no company, no plugin is asked."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from erp.decisions import kit, read
from erp.errors import Invalid, SetupError


def parse(commands: Any) -> None:
    """The arguments of `erp decision`."""
    decision = commands.add_parser("decision", help="ask a decision table, or play test cases of the DMN TCK")
    what = decision.add_subparsers(dest="what", required=True)
    asked = what.add_parser("evaluate", help="the answer of a decision, and the rules that gave it, as JSON")
    asked.add_argument("file", type=Path, help="warranty.dmn")
    asked.add_argument("--decision", required=True, help="its id or name")
    asked.add_argument("--input", default="{}", help='what it is told, as JSON: {"age": 3}; - reads it from stdin')
    played = what.add_parser("test", help="play every case below a folder; what does not hold is a line each")
    played.add_argument("folder", type=Path)


def decide(chosen: argparse.Namespace, stdin: Any) -> str:
    """Carry out `erp decision`; what to say. Raises SetupError with every case that does not hold."""
    if chosen.what == "test":
        return play(chosen.folder)
    return evaluate(chosen.file, chosen.decision, stdin.read() if chosen.input == "-" else chosen.input)


def evaluate(file: Path, decision: str, told: str) -> str:
    """The answer as JSON: its value, and for each decision on the way its inputs, outputs and matched rules."""
    outcome = kit.ask(read(_content(file)), decision, _inputs(told))
    answer = {"value": kit.as_json(outcome.value), "rulings": [ruling.as_json() for ruling in outcome.rulings]}
    return json.dumps(answer, ensure_ascii=False, indent=1)


def play(folder: Path) -> str:
    """How many cases answer as they should; raises SetupError with a line for each that does not."""
    verdicts = [kit.judged(case) for case in kit.cases(folder)]
    if not verdicts:
        raise SetupError(f"There are no cases below {folder}.")
    held = sum(verdict.holds for verdict in verdicts)
    said = f"{held} of {len(verdicts)} cases answer as they should."
    if held < len(verdicts):
        raise SetupError("\n".join([*(f"{each.case}: {each.reason}" for each in verdicts if not each.holds), said]))
    return said


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
