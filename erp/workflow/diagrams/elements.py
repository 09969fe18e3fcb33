"""The parts of a diagram as values: its nodes, their timers and parameters, and the flows between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"

LOOP, SEQUENCE, PARALLEL = "loop", "sequence", "parallel"

NOTHING: Mapping[str, str] = MappingProxyType({})


def nothing() -> Mapping[str, str]:
    """No properties."""
    return NOTHING


@dataclass(frozen=True)
class Timer:
    """A timer as drawn: kind is duration, date or cycle; text is ISO 8601."""

    kind: str
    text: str


@dataclass(frozen=True)
class Parameter:
    """One parameter of a service task: an expression and the type its value must have (str, int, decimal, bool)."""

    name: str
    type: str
    expression: str


@dataclass(frozen=True)
class Repeat:
    """A repetition marker: `kind` is loop, sequence or parallel; texts are expressions or names in process data."""

    kind: str
    condition: str = ""
    """A loop goes on while it holds; any other repetition is over as soon as it holds."""
    is_tested_before: bool = False
    maximum: str = ""
    """Rounds of a loop at most, "" for no limit."""
    count: str = ""
    """How many bodies there are, unless they are one for each item of `collection`."""
    collection: str = ""
    item: str = ""
    """Name under which a body sees its item, or its number from 0."""
    results: str = ""
    """Name of the collection made of what each body leaves under the name `result`."""
    result: str = ""
    is_twice: bool = False
    """Whether there is a second marker, which would be ignored."""


@dataclass(frozen=True)
class Element:
    """One node of a diagram; `kind` is its BPMN tag (`userTask`), `inside` the embedded subprocess it lies in."""

    id: str
    kind: str
    name: str
    inside: str = ""
    lane: str = ""
    documentation: str = ""
    properties: Mapping[str, str] = field(default_factory=nothing)
    line: int = 0
    events: tuple[str, ...] = ()
    """Kinds of its event definitions: timer, error, message …; empty for a plain event."""
    timer: Timer | None = None
    error_code: str | None = None
    """Code of an error event; None catches every error."""
    error_ref: str = ""
    channel: str = ""
    """Name of the message or signal it throws or catches; "" where the file names none."""
    instantiate: bool = False
    """Whether a receive task is drawn to start a process."""
    attached_to: str = ""
    interrupting: bool = True
    script: str = ""
    action: str = ""
    parameters: tuple[Parameter, ...] = ()
    result_variable: str = ""
    called: str = ""
    """Process id a call activity calls."""
    decision: str = ""
    """Decision a business rule task asks: its id, and the stem of its file."""
    default: str = ""
    """Id of the default flow."""
    repeat: Repeat | None = None
    """How it is repeated, None if it is done once."""
    by_event: bool = False
    """Whether it is an event subprocess."""
    has_data: bool = False
    """Whether data objects are drawn to or from it, which moves nothing."""
    scripts_around: bool = False
    """Whether it carries a script before or after itself, which is not run."""

    @property
    def form(self) -> str:
        """File stem of the task's form, "" for none."""
        return self.properties.get("form", "").strip()

    @property
    def edits(self) -> tuple[str, ...]:
        """Document fields this task may change."""
        return tuple(name.strip() for name in self.properties.get("edits", "").split(",") if name.strip())

    @property
    def due(self) -> str:
        """ISO duration until the task should be done, "" for none."""
        return self.properties.get("due", "").strip()

    @property
    def is_business(self) -> bool:
        """Whether its durations are business time: while the branch is open."""
        return self.properties.get("calendar", "").strip() == "business"

    @property
    def called_version(self) -> str:
        """Number of the version a call activity is bound to, "" for the newest."""
        return self.properties.get("version", "").strip()

    @property
    def called_tag(self) -> str:
        """Tag whose newest version a call activity is bound to, "" for any."""
        return self.properties.get("tag", "").strip()

    @property
    def icon(self) -> str:
        """Name of the task's icon, "" for none."""
        return self.properties.get("icon", "").strip()

    @property
    def state(self) -> str:
        """Kind of badge (idle, move, wait, good, bad, done) if this is a milestone, else ""."""
        return self.properties.get("state", "").strip()

    @property
    def is_milestone(self) -> bool:
        """Whether passing it sets the document's state."""
        return "state" in self.properties

    @property
    def is_approval(self) -> bool:
        """Whether several people decide it by their votes; what it asks them is the same everywhere."""
        return bool(self.properties.get("approvers", "").strip())

    @property
    def label(self) -> str:
        """Its name, or its id while it has none."""
        return self.name or self.id


@dataclass(frozen=True)
class Flow:
    """A sequence flow; `condition` is an expression, "" for none."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: str = ""
    inside: str = ""
