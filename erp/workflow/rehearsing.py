"""A process rehearsed: answers and results come from a script, the clock moves when the script says so. Pure.

case = case_of({"document": {"total": 900}, "steps": [{"complete": "inspect", "answers": {"fault": "screen"}},
                                                      {"wait": "P2D"}], "expect": {"ended": True}})
rehearsed = rehearse(spec, decisions, case)
rehearsed.trace, rehearsed.data, rehearsed.problems
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from erp.decisions import DecisionFailed, Model, Outcome
from erp.errors import ErpError, Invalid
from erp.i18n import _
from erp.workflow import timing
from erp.workflow.business import Hours
from erp.workflow.diagram import Element
from erp.workflow.engine import Instance, SetTimer, Spec, Subscription, UserTask
from erp.workflow.errors import ProcessError
from erp.workflow.values import Values, cleaned

BEGINS = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""A Monday morning, where a case does not say when it is."""
MOST_TIMERS = 1_000
"""How often timers may fire within one wait."""
PARTS = frozenset({"name", "at", "start", "data", "document", "actions", "steps", "expect"})
MOVES: Mapping[str, frozenset[str]] = {
    "complete": frozenset({"answers"}),
    "wait": frozenset(),
    "message": frozenset({"key", "values"}),
    "signal": frozenset({"values"}),
}
EXPECTED = frozenset({"trace", "data", "state", "ended", "waiting"})
_SILENT = frozenset({"entered", "cancelled", "failed"})
"""Events that do not say that an element was passed."""


class CaseInvalid(Invalid):
    """This is not a case a process can be rehearsed with."""

    code = "case_invalid"


@dataclass(frozen=True)
class Case:
    """One rehearsal as it is written down."""

    name: str = ""
    at: datetime = BEGINS
    start: str = ""
    """Id of the start event; "" for the plain one."""
    data: Mapping[str, Any] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    """What expressions read as `document`."""
    actions: Mapping[str, Any] = field(default_factory=dict)
    """By element id or action name: a result, {"results": one after another}, or {"error": code}."""
    steps: Sequence[Mapping[str, Any]] = ()
    expect: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rehearsed:
    """What a rehearsal came to."""

    case: Case
    trace: Sequence[str]
    """Ids of the elements that were passed, in order."""
    data: Mapping[str, Any]
    """Process data at the end, or as what waits sees it."""
    state: str
    """The last milestone."""
    ended: bool
    waiting: Sequence[str]
    """Ids of the elements that wait for somebody or something."""
    problems: Sequence[str]
    """Why it went wrong, or what is not as expected; none when all is well."""

    @property
    def holds(self) -> bool:
        """Whether it went as the case says."""
        return not self.problems


def case_of(written: Any) -> Case:
    """A case from plain lists and dictionaries; raises CaseInvalid naming what nobody understands."""
    if not isinstance(written, Mapping):
        raise CaseInvalid(_("A case has parts: %(parts)s.", parts=", ".join(sorted(PARTS))))
    _refuse_others(written, PARTS, _("a case"))
    steps = written.get("steps") or []
    if not isinstance(steps, list):
        raise CaseInvalid(_("The steps of a case are a list."))
    for number, step in enumerate(steps, 1):
        kinds = [kind for kind in MOVES if isinstance(step, Mapping) and kind in step]
        if len(kinds) != 1:
            raise CaseInvalid(_("Step %(number)s is one of these: %(kinds)s.", number=number, kinds=", ".join(MOVES)))
        _refuse_others(step, {kinds[0], *MOVES[kinds[0]]}, _("step %(number)s", number=number))
    parts = {name: _mapping(written, name) for name in ("data", "document", "actions", "expect")}
    _refuse_others(parts["expect"], EXPECTED, "expect")
    moment = written.get("at", BEGINS)
    return Case(
        name=str(written.get("name", "")),
        at=_moment(moment),
        start=str(written.get("start") or ""),
        steps=[plain(step) for step in steps],
        **{name: plain(part) for name, part in parts.items()},
    )


def _refuse_others(written: Mapping[Any, Any], known: frozenset[str] | set[str], where: str) -> None:
    others = sorted(str(name) for name in written if name not in known)
    if others:
        raise CaseInvalid(
            _("“%(name)s” means nothing in %(where)s; known are %(known)s.",
              name=others[0], where=where, known=", ".join(sorted(known)))
        )  # fmt: skip


def _mapping(written: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = written.get(name) or {}
    if not isinstance(found, Mapping):
        raise CaseInvalid(_("“%(name)s” holds names and values.", name=name))
    return found


def _moment(written: Any) -> datetime:
    if isinstance(written, str):
        try:
            return timing.parse_moment(written)
        except timing.TimingInvalid as error:
            raise CaseInvalid(error.message) from error
    if isinstance(written, datetime):
        return written if written.tzinfo is not None else written.replace(tzinfo=UTC)
    if isinstance(written, date):
        return datetime(written.year, written.month, written.day, 9, tzinfo=UTC)
    raise CaseInvalid(_("“at” is a moment like 2026-01-05T09:00:00Z."))


def plain(value: Any) -> Any:
    """A value as process data keeps it: numbers with a point are Decimals, moments have a zone."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


# -- playing ----------------------------------------------------------------------------------------------------


def rehearse(spec: Spec, decisions: Mapping[str, Model], case: Case) -> Rehearsed:
    """Play a case to its end. An error on the way is one of its problems, and what was reached is told all the same."""
    stage = Stage(decisions, case)
    rehearsal = _Rehearsal(spec, stage, case)
    problems: list[str] = []
    try:
        rehearsal.play()
    except ErpError as error:
        problems.append(error.message)
    found = rehearsal.told(problems)
    return found if problems else rehearsal.told(list(_differences(found)))


def _differences(found: Rehearsed) -> Iterator[str]:
    expect = found.case.expect
    for name in ("trace", "state", "ended", "waiting"):
        here = getattr(found, name)
        if name in expect and here != expect[name]:
            yield _("%(what)s: %(found)s instead of %(wanted)s.", what=name, found=here, wanted=expect[name])
    for name, wanted in (expect.get("data") or {}).items():
        if name not in found.data:
            yield _("data: there is no “%(name)s”.", name=name)
        elif found.data[name] != wanted:
            yield _("data: “%(name)s” is %(found)s instead of %(wanted)s.",
                    name=name, found=found.data[name], wanted=wanted)  # fmt: skip


class Stage:
    """The world a rehearsed process sees: actions answer as the case says, the clock stands still between steps."""

    def __init__(self, decisions: Mapping[str, Model], case: Case) -> None:
        self.decisions = decisions
        self.moment = case.at
        self._document = case.document
        self._actions = dict(case.actions)
        self._turns: dict[str, int] = {}

    def hours(self) -> Hours:
        """Always open: a case says how much time passes, whatever the hours of a branch."""
        return Hours()

    def now(self) -> datetime:
        """The moment the case has come to."""
        return self.moment

    def names(self) -> Mapping[str, Any]:
        """`document`, as the case has it."""
        return {"document": self._document}

    def is_call(self, action: str) -> bool:
        """Nothing goes outside."""
        del action
        return False

    def act(self, action: str, parameters: Mapping[str, Any], element: Element) -> Any:
        """The result the case has for the element or the action; None where it has none. May raise ProcessError."""
        del parameters
        key = element.id if element.id in self._actions else action
        written = self._actions.get(key)
        if isinstance(written, Mapping) and set(written) == {"results"}:
            turn = self._turns[key] = self._turns.get(key, -1) + 1
            results = written["results"]
            written = results[min(turn, len(results) - 1)] if results else None
        if isinstance(written, Mapping) and set(written) == {"error"}:
            raise ProcessError(str(written["error"]), _("The case says so."))
        return written

    def decide(self, decision: str, values: Mapping[str, Any]) -> Outcome:
        """What a decision answers; raises DecisionFailed."""
        model = self.decisions.get(decision)
        if model is None:
            raise DecisionFailed(_("There is no decision “%(name)s” here.", name=decision))
        return model.decide(decision, {**values, **self.names()}, self.moment.date())


class _Rehearsal:
    def __init__(self, spec: Spec, stage: Stage, case: Case) -> None:
        self.spec, self.stage, self.case = spec, stage, case
        self.instance: Instance | None = None

    def play(self) -> None:
        begun = self.instance = Instance.start(self.spec, cleaned(self.case.data), self.stage, self.case.start)
        for number, step in enumerate(self.case.steps, 1):
            move = next(kind for kind in MOVES if kind in step)
            try:
                getattr(self, f"_{move}")(begun, step)
            except ErpError as error:
                raise CaseInvalid(_("Step %(number)s: %(reason)s", number=number, reason=error.message)) from error

    def _complete(self, instance: Instance, step: Mapping[str, Any]) -> None:
        wanted = step["complete"]
        found = next((task for task in instance.open_tasks() if task.place.element_id == wanted), None)
        if found is None:
            raise CaseInvalid(_("Nobody is asked for “%(name)s” here.", name=wanted))
        instance.complete(found.id, step.get("answers") or {})

    def _wait(self, instance: Instance, step: Mapping[str, Any]) -> None:
        until = timing.parse_duration(str(step["wait"])).after(self.stage.moment)
        for _turn in range(MOST_TIMERS):
            due = sorted((timer for timer in instance.timers() if timer.due <= until), key=lambda timer: timer.due)
            if not due:
                self.stage.moment = until
                return
            self.stage.moment = max(self.stage.moment, due[0].due)
            instance.fire(due[0].id)
        raise CaseInvalid(_("Timers fire more than %(count)s times in this wait.", count=MOST_TIMERS))

    def _message(self, instance: Instance, step: Mapping[str, Any]) -> None:
        key = step.get("key")
        for wanted in instance.subscriptions():
            if (wanted.kind, wanted.name) == ("message", step["message"]) and key in {None, wanted.key}:
                instance.receive(wanted.id, step.get("values") or {})
                return
        raise CaseInvalid(_("Nobody waits for the message “%(name)s” here.", name=step["message"]))

    def _signal(self, instance: Instance, step: Mapping[str, Any]) -> None:
        waiting = [w.id for w in instance.subscriptions() if (w.kind, w.name) == ("signal", step["signal"])]
        if not waiting:
            raise CaseInvalid(_("Nobody waits for the signal “%(name)s” here.", name=step["signal"]))
        for id_ in waiting:
            if id_ in {wanted.id for wanted in instance.subscriptions()}:
                instance.receive(id_, step.get("values") or {})

    def told(self, problems: list[str]) -> Rehearsed:
        instance = self.instance
        if instance is None:
            return Rehearsed(self.case, [], {}, "", False, [], problems)
        changes = instance.changes
        passed = [e.element_id for e in changes.events if e.element_id and e.kind not in _SILENT]
        return Rehearsed(
            case=self.case,
            trace=passed,
            data=instance.result if instance.ended else _seen(instance),
            state=changes.state.id if changes.state is not None else "",
            ended=instance.ended,
            waiting=sorted(entry.place.element_id for entry in _waits(instance)),
            problems=problems,
        )


def _waits(instance: Instance) -> list[SetTimer | Subscription | UserTask]:
    return [*instance.timers(), *instance.subscriptions(), *instance.open_tasks()]


def _seen(instance: Instance) -> Values:
    found: Values = {}
    for entry in _waits(instance):
        found.update(instance.values(entry.id))
    return found
