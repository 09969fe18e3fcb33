"""A walk through a drawing: what was done so far is a case; each move is added to it, and all is played anew.

Nothing is kept between two requests and nothing is written: no document, no job, no mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time
from time import monotonic
from typing import Any

from erp import clock
from erp.data.organisation import company
from erp.documents import types
from erp.documents.fields import Field, Kind
from erp.errors import ErpError, Invalid
from erp.forms import Bound, bind
from erp.i18n import _, local
from erp.modelling.trying import Ready
from erp.studio import walk_fields
from erp.studio.walk_fields import RESULT
from erp.workflow.diagrams import timing
from erp.workflow.rehearsal import cases
from erp.workflow.rehearsal.cases import Case, CaseInvalid
from erp.workflow.rehearsal.rehearsing import Rehearsed, Wait

VERBS = frozenset({"begin", "complete", "answer", "fail", "on", "wait", "fire", "message", "signal", "back"})
SECONDS = 4.0
"""How long one request may play; a drawing that goes round in circles is told so."""
FARTHEST = 100
"""Most actions answered on the way to the next person."""
AT, START, DATA = "~at-moment", "~start", "~data"
UNITS = {"minutes": "PT{}M", "hours": "PT{}H", "days": "P{}D", "weeks": "P{}W"}

Raw = Mapping[str, Any]


class Walk:
    """How far somebody has come, and what they typed last if it could not be taken."""

    def __init__(self, it: Ready, bpmn: bytes, case: Case | None, playing: str = "") -> None:
        self.it, self.bpmn, self.playing = it, bpmn, playing
        self.case = case
        self.error = ""
        self.bound: dict[str, Bound] = {}
        """What was typed and could not be taken, by the element it was typed at; '' is the beginning."""
        self.found: Rehearsed | None = None
        self._until = monotonic() + SECONDS
        if case is not None:
            self._follow(case)

    def take(self, verb: str, at: str, raw: Raw) -> None:
        """Carry out a move; why not is kept in `error`, and at its field."""
        if verb not in VERBS or (self.case is None and verb != "begin"):
            return
        try:
            getattr(self, f"_{verb}")(at, raw)
        except ErpError as error:
            self.error = error.message

    def _follow(self, case: Case) -> None:
        """Play what was done; where the drawing does not allow it any more, it ends before that."""
        found = self.it.play(replace(case, expect={}), stops=True)
        while found.faults and case.steps:
            self.error = found.faults[0].text
            case = replace(case, steps=case.steps[: _place(found)] if monotonic() < self._until else [])
            found = self.it.play(replace(case, expect={}), stops=True)
        if found.faults:
            self.error, self.case, self.found = found.faults[0].text, None, None
        else:
            self.case, self.found = case, found

    def _add(self, step: Mapping[str, Any]) -> None:
        """Take one more step; raises Invalid where it leads nowhere."""
        assert self.case is not None
        case = replace(self.case, steps=[*self.case.steps, cases.plain(step)])
        found = self.it.play(replace(case, expect={}), stops=True)
        if found.faults:
            raise Invalid(found.faults[0].text)
        self.case, self.found = case, found

    def waiting(self, kind: str, at: str) -> Wait:
        """What waits at an element; raises Invalid."""
        for wait in self.found.waits if self.found is not None else ():
            if (wait.kind, wait.place.element_id) == (kind, at):
                return wait
        raise Invalid(_("Nothing waits there any more. Choose what happens next."))

    def as_case(self, name: str) -> Case:
        """The walk as a test case: what it shows when it is played is what is expected."""
        assert self.case is not None
        case = replace(self.case, name=name, expect={})
        return replace(case, expect=expectations(self.it.play(case)))

    # -- moves --------------------------------------------------------------------------------------------------

    def _begin(self, _at: str, raw: Raw) -> None:
        fields = begin_fields(self.it)
        bound = self.bound[""] = bind(fields, raw, {})
        if not bound.ok:
            return
        values = {name: value for name, value in bound.values.items() if value is not None}
        try:
            data = cases.mapping(values.pop(DATA, ""))
        except CaseInvalid as error:
            self.bound[""] = bound.refused({DATA: error.message})
            return
        values = {"currency": company().currency, **values} if types.declared().get(self.it.key) else values
        begun = Case(at=values.pop(AT), start=values.pop(START, ""), data=data)
        self._follow(replace(begun, document=cases.plain(values)))

    def _complete(self, at: str, raw: Raw) -> None:
        wait = self.waiting("task", at)
        element = wait.place.element
        asked = walk_fields.asked_at(self.it, element)
        bound = self.bound[at] = asked.form.bind(raw, walk_fields.held(asked, self.document))
        if not bound.ok:
            return
        by = self.playing or element.lane
        said = walk_fields.said(self.it.key, element, asked, bound.values)
        parts = {"by": by, **said, "document": self._changed(said.get("document", {}))}
        self._add({"complete": at, **{name: part for name, part in parts.items() if part}})
        self.bound = {}

    def _answer(self, at: str, raw: Raw) -> None:
        wait = self.waiting("action", at)
        bound = self.bound[at] = self.bound_action(wait, raw)
        if not bound.ok:
            return
        values = dict(bound.values)
        result = walk_fields.as_result(self.it, wait.place.element, values.pop(RESULT, None))
        self._add(_answered(at, result, self._changed(values)))
        self.bound = {}

    def _changed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Of these fields of the document those that are not so already."""
        return {name: value for name, value in values.items() if value != self.document.get(name)}

    def _fail(self, at: str, raw: Raw) -> None:
        self.waiting("action", at)
        code = _text(raw, "~error").strip()
        if not code:
            raise Invalid(_("Choose an error first."))
        self._add({"answer": at, "error": code})

    def _on(self, _at: str, _raw: Raw) -> None:
        """Let every action answer as usual until somebody is asked, or nothing but time would help."""
        for _turn in range(FARTHEST):
            waits = self.found.waits if self.found is not None else ()
            action = next((wait for wait in waits if wait.kind == "action"), None)
            if action is None:
                return
            if monotonic() > self._until:
                raise Invalid(_("It takes too long. Go on one by one."))
            element = action.place.element
            self._add(_answered(element.id, walk_fields.default_of(self.it, element), {}))
        raise Invalid(_("After %(count)s actions nobody is asked yet. Go on one by one.", count=FARTHEST))

    def _wait(self, _at: str, raw: Raw) -> None:
        unit, count = _text(raw, "~unit"), _text(raw, "~count").strip()
        if unit not in UNITS or not count.isdecimal() or not 0 < int(count[:6]) <= 9999:
            raise Invalid(_("Say how much time passes: a whole number."))
        duration = UNITS[unit].format(int(count))
        timing.parse_duration(duration)
        self._add({"wait": duration})

    def _fire(self, at: str, _raw: Raw) -> None:
        self._add({"fire": at})

    def _message(self, at: str, raw: Raw) -> None:
        wait = self.waiting("message", at)
        self._send(at, wait, raw, {"message": wait.name, "key": wait.key})

    def _signal(self, at: str, raw: Raw) -> None:
        wait = self.waiting("signal", at)
        self._send(at, wait, raw, {"signal": wait.name})

    def _send(self, at: str, wait: Wait, raw: Raw, step: Mapping[str, Any]) -> None:
        bound = self.bound[at] = bind(walk_fields.payload_of(wait.place.element), raw, {})
        if not bound.ok:
            return
        self._add({**step, **({"values": bound.values} if bound.values else {})})
        self.bound = {}

    def _back(self, at: str, _raw: Raw) -> None:
        """Undo: all steps from this one on."""
        assert self.case is not None
        if at.isdecimal() and len(at) < 5:
            self._follow(replace(self.case, steps=self.case.steps[: int(at)]))

    # -- what is asked ------------------------------------------------------------------------------------------

    @property
    def document(self) -> Mapping[str, Any]:
        """The document as it is by now."""
        return self.found.document if self.found is not None else {}

    def bound_action(self, wait: Wait, raw: Raw | None) -> Bound:
        """What an action answers and changes of the document: of that only what the process reads."""
        element = wait.place.element
        result = walk_fields.result_of(self.it, element)
        read = walk_fields.read_by(self.it, self.bpmn)
        own = [each for each in walk_fields.of_document(self.it.key) if each.name in read]
        values = {each.name: walk_fields.fitted(each, self.document.get(each.name)) for each in own}
        values[RESULT] = walk_fields.default_of(self.it, element)
        return bind([*([result] if result is not None else []), *own], raw, values)


def begin_fields(it: Ready) -> list[Field]:
    """What a walk begins with: the moment, the start where there are several, every field of the document."""
    brings = _("One a line: “total: 1200”. Messages and other processes bring it.")
    starts = it.diagram.starts()
    choices = tuple(("" if not each.events else each.id, _(each.label)) for each in starts)
    return [
        Field(AT, Kind.DATETIME, _("It is now"), required=True),
        *([Field(START, Kind.CHOICE, _("Begins at"), choices=choices)] if len(starts) > 1 else []),
        *walk_fields.of_document(it.key),
        Field(DATA, Kind.LONG_TEXT, _("Data it begins with"), help=brings),
    ]


def now() -> datetime:
    """Nine o'clock of today, where whoever walks is: the same for all who begin today."""
    here = local(clock.now())
    return datetime.combine(here.date(), time(9), here.tzinfo)


def unfolded(it: Ready, case: Case) -> Case:
    """A written case as a walk of it: each action that it lets answer by itself answers in a step of its own."""
    walked, until = replace(case, steps=[], expect={}), monotonic() + SECONDS
    for step in [*case.steps, None]:
        for _turn in range(FARTHEST):
            if monotonic() > until:
                break
            found = it.play(walked, stops=True)
            action = next((wait.place.element_id for wait in found.waits if wait.kind == "action"), None)
            is_said = step is not None and step.get("answer") == action
            if found.faults or action is None or is_said:
                break
            walked = replace(walked, steps=[*walked.steps, {"answer": action}])
        walked = walked if step is None else replace(walked, steps=[*walked.steps, step])
    return walked


def _place(found: Rehearsed) -> int:
    """How many steps could be taken before the first fault."""
    where = found.faults[0].where.removeprefix("step ")
    return int(where) - 1 if where.isdecimal() else 0


def _answered(at: str, result: Any, document: Mapping[str, Any]) -> dict[str, Any]:
    step: dict[str, Any] = {"answer": at}
    if result is not None:
        step["result"] = result
    return step | ({"document": document} if document else {})


def _text(raw: Raw, name: str) -> str:
    value = raw.get(name)
    value = value[0] if isinstance(value, list | tuple) and value else value
    return value if isinstance(value, str) else ""


def expectations(found: Rehearsed) -> dict[str, Any]:
    """What a walk shows, as what a case expects: states in their order, where it stands, whether it is over."""
    events = (event for part in found.happened for event in part)
    passed = [event.element_id for event in events if event.kind == "passed" and event.is_top]
    expect: dict[str, Any] = {"passes": passed, "state": found.state, "ended": found.ended}
    return expect if found.ended else expect | {"waiting": list(found.waiting)}
