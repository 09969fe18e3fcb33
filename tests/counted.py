"""How often the database is asked by each request of a program, as a program sends them one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from erp import session
from erp.data.base import tally
from tests.erp.rest.conftest import Program


class Counted:
    """Programs that carry a document through its process, each request counted."""

    def __init__(self) -> None:
        self.statements: list[int] = []

    def post(self, program: Program, path: str, sent: Any) -> Any:
        """What is answered."""
        session.remove()
        before, tally.statements = tally.statements, 0
        answer = program.post(path, sent)
        self.statements.append(tally.statements)
        tally.statements += before
        assert answer.status_code < 300, answer.text
        return answer.json

    def do(self, program: Program, before: Any, **answers: Any) -> Any:
        """Do the one task that an answer says is open."""
        (task,) = before["open_tasks"]
        return self.post(program, f"task/{task['id']}/complete", {"answers": answers})


def fewest(deed: Callable[[Counted], object]) -> Sequence[int]:
    """Statements of each request once everything is known; what is looked at again now and then is left out."""
    found = []
    for _time in range(4):
        counted = Counted()
        deed(counted)
        found.append(counted.statements)
    return [min(times) for times in zip(*found[1:], strict=True)]
