"""A process rehearsed: answers and results come from a script, the clock moves when the script says so. Pure.

case = case_of({"document": {"total": 900}, "steps": [{"complete": "inspect", "answers": {"fault": "screen"}},
                                                      {"wait": "P2D"}], "expect": {"ended": True}})
rehearsed = rehearse(spec, decisions, case)
rehearsed.trace, rehearsed.data, rehearsed.problems
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import thread_time
from typing import Any

from erp.access import role_name
from erp.decisions import DecisionFailed, Model, Outcome
from erp.errors import ErpError
from erp.i18n import _
from erp.workflow.diagrams import timing, voting
from erp.workflow.diagrams.business import Hours
from erp.workflow.diagrams.diagram import Element
from erp.workflow.engine import Event as Happened
from erp.workflow.engine import Instance, Limits, Place, RequestedCall, SetTimer, Spec, Subscription, UserTask
from erp.workflow.errors import ProcessError
from erp.workflow.rehearsal.cases import Case, CaseInvalid, case_of, move_of
from erp.workflow.scripting.values import Values, cleaned

__all__ = ["Case", "CaseInvalid", "Fault", "Rehearsed", "Wait", "case_of", "rehearse"]

MOST_TIMERS = 1_000
"""How often timers may fire within one wait."""
LIMITS = Limits()
_SILENT = frozenset({"entered", "cancelled", "failed"})
"""Events that do not say that an element was passed."""
_BY_NAME = frozenset({"candidates", "assign_to", "approvers"})
"""Properties by which a task names people itself, whatever its lane."""


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it should be; where: `start`, `step 3`, or what was expected (`state`, `data` …)."""

    where: str
    text: str


@dataclass(frozen=True)
class Wait:
    """Something that waits; kind: task | action | timer | message | signal."""

    kind: str
    place: Place
    values: Mapping[str, Any]
    """Process data as it sees it."""
    due: datetime | None = None
    name: str = ""
    """Of the message or signal."""
    key: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What an action is told."""


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
    faults: Sequence[Fault]
    """Why it went wrong, or what is not as expected; none when all is well."""
    waits: Sequence[Wait] = ()
    happened: Sequence[Sequence[Happened]] = ()
    """What happened at the start, then in each step that was taken."""
    document: Mapping[str, Any] = field(default_factory=dict)
    moment: datetime | None = None

    @property
    def problems(self) -> list[str]:
        """Why it went wrong, in sentences."""
        return [each.text for each in self.faults]

    @property
    def holds(self) -> bool:
        """Whether it went as the case says."""
        return not self.faults


def rehearse(
    spec: Spec, decisions: Mapping[str, Model], case: Case, *, stops: bool = False, limits: Limits = LIMITS
) -> Rehearsed:
    """Play a case to its end. An error on the way is one of its faults, and what was reached is told all the same.

    An action waits for its `answer` where the case has such a step; every other one answers at once with what the case
    says under `actions`, else with nothing. With `stops` those wait too that the case says nothing of.
    """
    rehearsal = _Rehearsal(spec, Stage(decisions, case, stops=stops), case, limits)
    fault = rehearsal.play()
    if fault is not None:
        return rehearsal.told([fault])
    found = rehearsal.told([])
    return rehearsal.told(list(_differences(found)))


def _differences(found: Rehearsed) -> Iterator[Fault]:
    expect = found.case.expect
    for name in ("trace", "state", "ended", "waiting"):
        here, wanted = getattr(found, name), expect.get(name)
        if name in expect and here != (sorted(expect[name]) if name == "waiting" else wanted):
            what = {"trace": _("path"), "state": _("state"), "ended": _("over"), "waiting": _("waiting")}[name]
            told = {"what": what, "found": _told(here), "wanted": _told(wanted)}
            yield Fault(name, _("%(what)s: %(found)s instead of %(wanted)s.", **told))
    missed = _missed(found.trace, expect.get("passes") or [])
    if missed:
        yield Fault("passes", _("passes: it does not come to “%(name)s” in this order.", name=missed))
    for name, wanted in (expect.get("data") or {}).items():
        if name not in found.data:
            yield Fault("data", _("data: there is no “%(name)s”.", name=name))
        elif found.data[name] != wanted:
            yield Fault("data", _("data: “%(name)s” is %(found)s instead of %(wanted)s.",
                                  name=name, found=_told(found.data[name]), wanted=_told(wanted)))  # fmt: skip


def _told(value: Any) -> str:
    """A value as a sentence names it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value) or _("nothing")
    return _("nothing") if value in (None, "") else str(value)


def _missed(trace: Sequence[str], wanted: Sequence[str]) -> str:
    """The first of the wanted elements that is not passed after those before it; "" when all are."""
    passed = iter(trace)
    return next((each for each in wanted if each not in passed), "")


class Stage:
    """The world a rehearsed process sees: actions answer as the case says, the clock stands still between steps."""

    def __init__(self, decisions: Mapping[str, Model], case: Case, *, stops: bool = False) -> None:
        self.decisions = decisions
        self.moment = case.at
        self.document = dict(case.document)
        self._actions = dict(case.actions)
        self._asked = {step["answer"] for step in case.steps if "answer" in step}
        self._stops = stops
        self._turns: dict[str, int] = {}

    def hours(self) -> Hours:
        """Always open: a case says how much time passes, whatever the hours of a branch."""
        return Hours()

    def now(self) -> datetime:
        """The moment the case has come to."""
        return self.moment

    def names(self) -> Mapping[str, Any]:
        """`document`, as the case has it by now."""
        return {"document": self.document}

    def is_call(self, element: Element) -> bool:
        """Whether the action waits for its answer: nothing goes outside either way."""
        if element.id in self._asked:
            return True
        return self._stops and element.id not in self._actions and element.action not in self._actions

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
    def __init__(self, spec: Spec, stage: Stage, case: Case, limits: Limits) -> None:
        self.spec, self.stage, self.case, self.limits = spec, stage, case, limits
        self.instance: Instance | None = None
        self.told_of: dict[Any, Mapping[str, Any]] = {}
        """What each action that waits was told, by its token."""
        self.counts: list[int] = []
        self.started = thread_time()

    def play(self) -> Fault | None:
        """Take every step; the fault that stopped it."""
        try:
            begun = self.instance = Instance.start(
                self.spec, cleaned(self.case.data), self.stage, self.case.start, limits=self.limits
            )
            self._after(begun)
        except ErpError as error:
            return Fault("start", error.message)
        for number, step in enumerate(self.case.steps, 1):
            try:
                self._in_time()
                getattr(self, f"_{move_of(step)}")(begun, step)
            except ErpError as error:
                return Fault(f"step {number}", _("Step %(number)s: %(reason)s", number=number, reason=error.message))
            self._after(begun)
        return None

    def _in_time(self) -> None:
        if thread_time() - self.started > self.limits.seconds:
            raise CaseInvalid(_("It takes too long."))

    def _after(self, instance: Instance) -> None:
        """What a step of the program does when it is over: the state is written, what happened is counted."""
        changes = instance.changes
        if changes.state is not None:
            self.stage.document["state"] = changes.state.id
        self.told_of |= {call.id: call.parameters for call in changes.calls_requested}
        self.counts.append(len(changes.events))

    def _complete(self, instance: Instance, step: Mapping[str, Any]) -> None:
        wanted = step["complete"]
        found = next((task for task in instance.open_tasks() if task.place.element_id == wanted), None)
        if found is None:
            raise CaseInvalid(_("Nobody is asked for “%(name)s” here.", name=wanted))
        _require_role(found.element, str(step.get("by") or ""))
        self.stage.document.update(step.get("document") or {})
        answers = step.get("answers") or {}
        if found.element.is_approval and (ends := voting.ENDS.get(answers.get(voting.DECISION, ""))):
            answers = {**answers, **voting.told(ends, str(answers.get(voting.COMMENT) or ""))}
        instance.complete(found.id, answers)

    def _answer(self, instance: Instance, step: Mapping[str, Any]) -> None:
        wanted = step["answer"]
        found = next((call for call in instance.calls() if call.place.element_id == wanted), None)
        if found is None:
            raise CaseInvalid(_("No action waits at “%(name)s” here.", name=wanted))
        self.stage.document.update(step.get("document") or {})
        if "error" not in step:
            instance.answer(found.id, step.get("result"))
        elif not instance.fail(found.id, str(step["error"]), _("The case says so.")):
            raise CaseInvalid(
                _("Nothing catches the error “%(code)s” at “%(name)s”: the document would be stuck here.",
                  code=step["error"], name=_(found.place.element.label))
            )  # fmt: skip

    def _wait(self, instance: Instance, step: Mapping[str, Any]) -> None:
        until = timing.parse_duration(step["wait"]).after(self.stage.moment)
        for _timer in self._fired(instance, until):
            pass
        self.stage.moment = until

    def _fire(self, instance: Instance, step: Mapping[str, Any]) -> None:
        """Let time pass until this timer has fired; those due before it fire first."""
        mine = [timer for timer in instance.timers() if timer.place.element_id == step["fire"]]
        if not mine:
            raise CaseInvalid(_("No timer “%(name)s” is set here.", name=step["fire"]))
        wanted = min(mine, key=lambda timer: timer.due)
        if not any(timer.id == wanted.id for timer in self._fired(instance, wanted.due)):
            raise CaseInvalid(_("Another timer came before “%(name)s”, and ended it.", name=step["fire"]))

    def _fired(self, instance: Instance, until: datetime) -> Iterator[SetTimer]:
        """Fire what is due, each at its time."""
        for _turn in range(MOST_TIMERS):
            due = sorted((timer for timer in instance.timers() if timer.due <= until), key=lambda timer: timer.due)
            if not due:
                return
            self._in_time()
            self.stage.moment = max(self.stage.moment, due[0].due)
            instance.fire(due[0].id)
            yield due[0]
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

    # -- told -------------------------------------------------------------------------------------------------

    def told(self, faults: list[Fault]) -> Rehearsed:
        """What it has come to."""
        instance = self.instance
        if instance is None:
            return Rehearsed(self.case, [], {}, "", False, [], faults, document=self.stage.document)
        changes = instance.changes
        waits = [self._as_wait(instance, entry) for entry in _waits(instance)]
        return Rehearsed(
            case=self.case,
            trace=[e.element_id for e in changes.events if e.element_id and e.kind not in _SILENT],
            data=instance.result if instance.ended else _seen(waits),
            state=changes.state.id if changes.state is not None else "",
            ended=instance.ended,
            waiting=sorted(entry.place.element_id for entry in waits),
            faults=faults,
            waits=waits,
            happened=[
                changes.events[a:b] for a, b in zip([0, *self.counts], [*self.counts, len(changes.events)], strict=True)
            ],
            document=self.stage.document,
            moment=self.stage.moment,
        )

    def _as_wait(self, instance: Instance, entry: SetTimer | Subscription | UserTask | RequestedCall) -> Wait:
        values = instance.values(entry.id)
        if isinstance(entry, SetTimer):
            return Wait("timer", entry.place, values, due=entry.due)
        if isinstance(entry, Subscription):
            return Wait(entry.kind, entry.place, values, name=entry.name, key=entry.key)
        if isinstance(entry, RequestedCall):
            return Wait("action", entry.place, values, parameters=self.told_of.get(entry.id, {}))
        return Wait("task", entry.place, values)


def _require_role(element: Element, by: str) -> None:
    """Refuse a step done by a role it is not for."""
    allowed = {element.lane, element.properties.get("stand_in", "").strip()}
    if by and element.lane and by not in allowed and not _BY_NAME & element.properties.keys():
        raise CaseInvalid(
            _("“%(step)s” is for %(role)s, not for %(other)s.",
              step=_(element.label), role=role_name(element.lane), other=role_name(by))
        )  # fmt: skip


def _waits(instance: Instance) -> list[SetTimer | Subscription | UserTask | RequestedCall]:
    return [*instance.timers(), *instance.subscriptions(), *instance.open_tasks(), *instance.calls()]


def _seen(waits: Sequence[Wait]) -> Values:
    found: Values = {}
    for entry in waits:
        found.update(entry.values)
    return found
