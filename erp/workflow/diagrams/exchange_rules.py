"""Why messages, signals, event based gateways and starts cannot be run as they are drawn, each with a way out."""

from __future__ import annotations

from collections.abc import Iterator

from erp.i18n import _
from erp.workflow.diagrams import exchange, timing
from erp.workflow.diagrams.diagram import Diagram, Element
from erp.workflow.scripting import scripts

GATE = "eventBasedGateway"
BEHIND_A_GATE = frozenset({("timer",), ("message",), ("signal",)})
STARTS = ((), ("message",), ("signal",), ("timer",))

Reasons = Iterator[tuple[str, str, str]]


def starts(diagram: Diagram, scope: str) -> Reasons:
    """Of the starts of a process, or of an embedded subprocess."""
    found = diagram.starts(scope)
    plain = [element for element in found if not element.events]
    if scope or not found:
        if len(found) != 1:
            yield scope, "one-start", _("It needs exactly one start event; it has %(count)s.", count=len(found))
    elif len(plain) > 1:
        yield (
            plain[1].id, "one-start",
            _("It has %(count)s plain start events; keep one and ask a question behind it.", count=len(plain)),
        )  # fmt: skip


def element(diagram: Diagram, it: Element) -> Reasons:
    """Of one element, whatever it is."""
    if kind := exchange.kind_of(it):
        yield from _exchanged(it, kind, is_begun_by=it.kind == "startEvent" and not it.inside)
    if it.kind == "startEvent" and it.events:
        yield from _start(diagram, it)
    elif exchange.fields_of(it):
        yield it.id, "field-place", _("Only a start event with a message, a signal or a timer fills fields.")
    if it.kind == GATE:
        yield from _gate(diagram, it)


def _exchanged(it: Element, kind: str, *, is_begun_by: bool) -> Reasons:
    if not it.channel:
        what = _("It names no message.") if kind == exchange.MESSAGE else _("It names no signal.")
        yield it.id, f"{kind}-name", _("%(what)s Choose one, or make one, and give it a name.", what=what)
    elif len(it.channel) > exchange.LONGEST_NAME:
        yield it.id, f"{kind}-name", _("The name is longer than %(count)s characters.", count=exchange.LONGEST_NAME)
    if it.kind == "receiveTask" and it.instantiate:
        yield it.id, "receive-starts", _("A receive task cannot start a process; draw a message start event.")
    yield from _key(it, kind, is_begun_by=is_begun_by)
    yield from _payload(it)
    if ttl := exchange.ttl_of(it):
        if kind != exchange.MESSAGE or not exchange.is_thrown(it):
            yield it.id, "ttl-place", _("Only a message that is sent waits for its receiver; remove “ttl”.")
        try:
            timing.parse_duration(ttl)
        except timing.TimingInvalid as error:
            yield it.id, "ttl-invalid", error.message


def _key(it: Element, kind: str, *, is_begun_by: bool) -> Reasons:
    key = exchange.key_of(it)
    if kind == exchange.SIGNAL:
        if key:
            yield (
                it.id,
                "key-place",
                _("A signal reaches everybody who waits for it; remove the key, or use a message."),
            )
    elif is_begun_by:
        if key:
            yield it.id, "key-place", _("A message start takes every message of its name; remove the key.")
    elif not key:
        yield (
            it.id,
            "message-key",
            _("It has no correlation key, so nobody knows which document is meant; set “key”, as document.number."),
        )
    elif error := scripts.check(key):
        yield it.id, "key-invalid", _("The key does not compile: %(reason)s", reason=error)


def _payload(it: Element) -> Reasons:
    is_caught = exchange.is_caught(it)
    for name, text in exchange.payload_of(it).items():
        if not name.isidentifier() or name.startswith("_") or name in {*scripts.NAMES, "document"}:
            yield it.id, "variable-name", _("“%(name)s” cannot be the name of a variable.", name=name)
        if is_caught and text not in exchange.TYPES:
            known = ", ".join(sorted(exchange.TYPES))
            yield (
                it.id, "payload-type",
                _("“%(name)s” in the message needs a type, one of %(known)s.", name=name, known=known),
            )  # fmt: skip
        elif not is_caught and text and (error := scripts.check(text)):
            yield it.id, "payload-invalid", _("“%(name)s” in the message: %(reason)s", name=name, reason=error)


def _start(diagram: Diagram, it: Element) -> Reasons:
    if it.events not in STARTS:
        return
    if not it.inside and it.timer is not None and it.timer.kind == "duration":
        yield (
            it.id, "timer-start",
            _("Nothing runs yet that a duration could be counted from; give a moment, or a repetition like R/P1D."),
        )  # fmt: skip
    if it.inside and not diagram.elements[it.inside].by_event:
        yield it.id, "start-inside", _("A subprocess begins when its turn comes; make its start plain.")
    for name, text in exchange.fields_of(it).items():
        if not text:
            yield it.id, "field-invalid", _("“%(name)s” has no value; write an expression.", name=name)
        elif error := scripts.check(text):
            yield it.id, "field-invalid", _("“%(name)s”: %(reason)s", name=name, reason=error)


def _gate(diagram: Diagram, it: Element) -> Reasons:
    flows = diagram.outgoing.get(it.id, ())
    if len(flows) < 2:
        yield it.id, "gate-alone", _("An event based gateway needs two events behind it; for one, draw it without.")
    for flow in flows:
        behind = diagram.elements.get(flow.target)
        if behind is None:
            continue
        is_event = behind.kind == "intermediateCatchEvent" and behind.events in BEHIND_A_GATE
        if not is_event and behind.kind != "receiveTask":
            yield (
                behind.id, "gate-follower",
                _("Behind an event based gateway stand only timers, messages, signals and receive tasks;"
                  " put this behind one of them."),
            )  # fmt: skip
        elif len(diagram.incoming.get(behind.id, ())) > 1:
            yield (
                behind.id, "gate-incoming",
                _("Another flow leads here past the event based gateway; draw a second event for it."),
            )  # fmt: skip
        elif behind.kind == "receiveTask" and diagram.boundaries.get(behind.id):
            yield (
                behind.id, "gate-boundary",
                _("Behind an event based gateway it can have no boundary events; make each an event of its own there."),
            )  # fmt: skip
