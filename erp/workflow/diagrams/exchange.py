"""What is drawn of messages and signals: who throws and who catches them, under which key, with what in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from erp.i18n import _
from erp.workflow.errors import NotFitting, ScriptError
from erp.workflow.scripting import scripts
from erp.workflow.scripting.values import Values, cleaned_value

if TYPE_CHECKING:
    from erp.workflow.diagrams.diagram import Element

MESSAGE, SIGNAL = "message", "signal"
PAYLOAD, FIELD = "payload.", "field."
"""Beginnings of properties: what goes into, or comes out of, a message; which field of a new document is filled."""
LONGEST_KEY = 200
LONGEST_NAME = 120
TYPES = frozenset({"str", "int", "decimal", "bool", "date"})
CATCHING = frozenset({"intermediateCatchEvent", "boundaryEvent", "receiveTask", "startEvent"})
THROWING = frozenset({"intermediateThrowEvent", "endEvent", "sendTask"})


def kind_of(element: Element) -> str:
    """`message` or `signal` if the element throws or catches one, else ""."""
    if element.kind in {"sendTask", "receiveTask"}:
        return MESSAGE
    return next((kind for kind in element.events if kind in {MESSAGE, SIGNAL}), "")


def is_caught(element: Element) -> bool:
    """Whether the element waits for a message or signal."""
    return element.kind in CATCHING and bool(kind_of(element))


def is_thrown(element: Element) -> bool:
    """Whether the element sends a message or signal."""
    return element.kind in THROWING and bool(kind_of(element))


def key_of(element: Element) -> str:
    """The expression of its correlation key; "" for none."""
    return element.properties.get("key", "").strip()


def ttl_of(element: Element) -> str:
    """ISO duration a thrown message waits for its receiver; "" for as long as is usual."""
    return element.properties.get("ttl", "").strip()


def payload_of(element: Element) -> dict[str, str]:
    """{name: expression} of what is thrown, {name: type} of what is caught, in the order of the file."""
    return dict(_named(element, PAYLOAD))


def fields_of(element: Element) -> dict[str, str]:
    """{field of the new document: expression over the payload} of a start event."""
    return dict(_named(element, FIELD))


def _named(element: Element, beginning: str) -> Iterator[tuple[str, str]]:
    for name, value in element.properties.items():
        if name.startswith(beginning):
            yield name.removeprefix(beginning).strip(), value.strip()


def key_text(value: Any) -> str:
    """A key as it is compared; raises NotFitting for what cannot be one."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal | date | UUID):
        raise NotFitting(_("A correlation key is a text, a number or a day, not “%(value)s”.", value=value))
    if isinstance(value, Decimal) and value.is_finite():
        text = format(value.normalize(), "f")
    else:
        text = value.isoformat() if isinstance(value, datetime | date) else str(value).strip()
    if not text:
        raise NotFitting(_("The correlation key is empty."))
    if len(text) > LONGEST_KEY or "\0" in text:
        raise NotFitting(_("A correlation key has at most %(count)s characters.", count=LONGEST_KEY))
    return text


def taken(element: Element, payload: Mapping[str, Any]) -> Values:
    """Of a payload the names the element declares, in their types; one left out is None. Raises NotFitting."""
    found: Values = {}
    for name, kind in payload_of(element).items():
        try:
            found[name] = cleaned_value(scripts.typed(kind, payload.get(name)), name)
        except ScriptError as error:
            raise NotFitting(
                _("“%(name)s” in the message: %(reason)s", name=name, reason=error.message),
                detail={"name": name},
            ) from error
    return found
