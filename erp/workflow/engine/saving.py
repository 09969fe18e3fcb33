"""From running processes to plain values and back; bodies of a large repetition are folded into bytes each.

A body that is only waited for costs nothing but an entry in a table: it is made again from the data of its repetition
when somebody touches it. What has changed is kept as the difference to that data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from erp.i18n import _
from erp.workflow import snapshot
from erp.workflow.engine.bodies import DONE, FOLDED, WAITING, Bodies, Buffer
from erp.workflow.engine.gateways import Inclusive, Meeting
from erp.workflow.engine.tokens import ADDRESS, CalledProcess, Process, Token
from erp.workflow.errors import SnapshotInvalid
from erp.workflow.scripting.values import Stamps, Values

PREFIX = 8

Read = Callable[[Any], Any]
Keep = Callable[[tuple[Buffer, ...]], Any]
"""Where the bytes of a repetition go, and what stands for them."""


def processes(top: Process) -> Iterator[Process | CalledProcess]:
    """All that run; a caller comes before what it called, so that it is there when the called process is restored."""
    yield top
    yield from sorted(top.subprocesses.values(), key=lambda called: called.depth)


def saved(top: Process) -> tuple[list[Any], list[tuple[Buffer, ...]]]:
    """The processes as plain values, and the bytes that stand beside them."""
    parts: list[tuple[Buffer, ...]] = []

    def keep(part: tuple[Buffer, ...]) -> int:
        parts.append(part)
        return len(parts) - 1

    for outer in top.run.folders.values():
        fold(outer)
    return [_saved_process(process, keep) for process in processes(top)], parts


def laid_open(top: Process) -> tuple[list[list[Any]], list[tuple[Buffer, ...]]]:
    """The processes as plain values with every body of a repetition among them, and the bytes beside them."""
    parts: list[tuple[Buffer, ...]] = []

    def keep(part: tuple[Buffer, ...]) -> int:
        parts.append(part)
        return len(parts) - 1

    for outer in list(top.run.folders.values()):
        unfold_all(outer)
    return [_saved_process(process, keep) for process in processes(top)], parts


def restore(top: Process, saved_processes: list[Any], parts: list[memoryview]) -> None:
    """Bring back what was saved; raises KeyError, ValueError, TypeError or IndexError for what does not fit."""
    for entry in saved_processes:
        _restore_process(top, entry, parts.__getitem__)


def address_of(task_id: UUID) -> bytes:
    """The repetition an id belongs to, if it is one in a folded body."""
    return task_id.bytes[:PREFIX]


def number_of(task_id: UUID) -> int:
    """The body an id belongs to, if it is one in a folded body."""
    return int.from_bytes(task_id.bytes[PREFIX:ADDRESS], "big")


# one body


def fold(outer: Token) -> None:
    """Keep the bodies that are alive as bytes, and let go of them."""
    assert outer.bodies is not None
    for number, body in outer.unfolded.items():
        if _is_as_begun(outer, body):
            outer.bodies.put(number, WAITING)
        else:
            below = [_saved_process(process, b"".join, outer) for process in _below(body)]
            outer.bodies.put(number, FOLDED, snapshot.text([_saved_token(body, b"".join, outer), below]))
        _let_go(body)
    outer.unfolded.clear()


def put_aside(outer: Token, number: int) -> None:
    """Let go of a body that only waits; nothing is kept of it but its place."""
    body = outer.unfolded[number]
    if _is_as_begun(outer, body):
        _let_go(body)
        del outer.unfolded[number]


def unfold(outer: Token, number: int) -> Token | None:
    """The body, alive again; None if it is over."""
    bodies = outer.bodies
    if bodies is None or number >= bodies.count:
        return None
    if number in outer.unfolded or bodies.state(number) == DONE:
        return outer.unfolded.get(number)
    if bodies.state(number) == WAITING:
        return outer.task_spec.as_begun(outer, number)  # type: ignore[no-any-return]
    token, below = snapshot.value(bodies.get(number))
    body = _restore_token(outer.workflow, token, bytes, outer)
    for entry in below:
        _restore_process(outer.workflow.top_workflow, entry, bytes, outer)
    return body


def unfold_all(outer: Token) -> None:
    """Every body that is not over, alive again."""
    assert outer.bodies is not None
    for number in list(outer.bodies.all_in(WAITING, FOLDED)):
        unfold(outer, number)


def _is_as_begun(outer: Token, body: Token) -> bool:
    more = {name for name, stamp in body.stamps.items() if outer.stamps.get(name) != stamp}
    is_task = body.task_spec.manual and body.has_state(TaskState.READY) and len(body.internal_data) == 2
    is_call = body.internal_data.get("call") is True and len(body.internal_data) == 3
    return (is_task or is_call) and more <= {outer.task_spec.element.repeat.item}


def _below(token: Token) -> Iterator[CalledProcess]:
    called: dict[UUID, CalledProcess] = token.workflow.top_workflow.subprocesses
    waiting = [token]
    while waiting:
        found = called.get(waiting.pop(0).id)
        if found is not None:
            yield found
            waiting.extend(found.live.values())


def _let_go(body: Token) -> None:
    run = body.run_state
    gone = list(_below(body))
    for process in gone:
        del process.top_workflow.subprocesses[process.parent_task_id]
        for token in process.live.values():
            run.watching.pop(token.id, None)
    for key in [key for key in run.meetings if key[0] in gone]:
        del run.meetings[key]
    body.workflow.live.pop(body.id)
    body.remove()


# values


def _saved_process(process: Process | CalledProcess, keep: Keep, base: Token | None = None) -> list[Any]:
    caller = process.parent_task_id
    return [
        process.spec.name,
        caller.hex if caller else None,
        process.completed,
        process.success,
        *_difference(process.data, process.stamps, base),
        [_saved_token(token, keep, base) for token in process.live.values()],
        process.is_handled,
    ]


def _saved_token(token: Token, keep: Keep, base: Token | None = None) -> list[Any]:
    internal = token.internal_data
    if token.bodies is not None:
        internal = {**internal, "bodies": keep(token.bodies.pieces())}
    values, stamps = _difference(token.data, token.stamps, base)
    return [token.id.hex, token.task_spec.name, token.state, token.origin, values, stamps, internal]


def _difference(values: Values, stamps: Stamps, base: Token | None) -> tuple[Values, Stamps]:
    # what has the same stamp has the same value
    if base is None:
        return values, stamps
    changed = {name: stamp for name, stamp in stamps.items() if base.stamps.get(name) != stamp}
    return {name: values[name] for name in changed if name in values}, changed


def _together(values: Values, stamps: Stamps, base: Token | None) -> tuple[Values, Stamps]:
    if base is None:
        return values, stamps
    kept = {name: value for name, value in base.data.items() if name not in stamps}
    return {**kept, **values}, {**base.stamps, **stamps}


def _restore_process(top: Process, entry: list[Any], read: Read, base: Token | None = None) -> None:
    name, caller, completed, success, values, stamps, tokens, *handled = entry
    if caller is None:
        process: Process | CalledProcess = top
    else:
        above = top.get_task_from_id(UUID(hex=caller))
        if above.task_spec.spec != name:
            raise SnapshotInvalid(
                _("The saved state does not fit this version of the diagram (%(reason)s).", reason=name)
            )
        process = top.create_subprocess(above, name)
        above.task_spec.attach(above, process)
    process.completed, process.success = completed, success
    process.is_handled = bool(handled and handled[0])  # format 1 knew no event subprocesses
    process.data, process.stamps = _together(values, stamps, base)
    for token in tokens:
        _restore_token(process, token, read, base)


def _restore_token(process: Process | CalledProcess, entry: list[Any], read: Read, base: Token | None = None) -> Token:
    id_, name, state, origin, values, stamps, internal = entry
    spec = process.spec.task_specs[name]
    token = Token(process, spec, process.task_tree, state, UUID(hex=id_))
    run = token.run_state
    token.origin, token.internal_data = origin, internal
    token.data, token.stamps = _together(values, stamps, base)
    if "bodies" in internal:
        token.bodies = Bodies(internal["count"], read(internal.pop("bodies")))
    if "address" in internal:
        run.folders[bytes.fromhex(internal["address"])] = token
    if "of" in internal:
        process.tasks[internal["of"]].unfolded[internal["n"]] = token
    if isinstance(spec, Meeting) and state == TaskState.WAITING:
        process.arrivals.setdefault(name, []).append(token)
        if isinstance(spec, Inclusive):
            run.meetings[process, name] = None
    if "watch" in internal:
        process.triggers[token.id] = token
    if "on" in internal:
        run.watching.setdefault(internal["on"], []).append(token)
    if state == TaskState.READY and not spec.manual:
        run.ready.append(token)
    return token
