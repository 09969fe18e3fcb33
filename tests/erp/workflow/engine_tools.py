"""What the tests of the engine share: the diagrams beside them, and a caller that remembers what it was asked."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from erp.forms import Form
from erp.workflow import engine
from erp.workflow.diagrams.business import Hours
from erp.workflow.engine import Instance
from erp.workflow.scripting.scripts import ReadOnly

DIAGRAMS = Path(__file__).parent / "diagrams"


def files() -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted(DIAGRAMS.glob("*.bpmn"))}


def spec(key: str):
    return engine.compile(files(), key)


class Caller:
    """Answers the engine's questions; its clock stands still until a test moves it."""

    def __init__(self, *calls: str, document: Mapping | None = None, **actions):
        self.calls = {name.replace("__", ".") for name in calls}
        self.actions = {name.replace("__", "."): action for name, action in actions.items()}
        self.document = {"number": "R-7"} if document is None else document
        self.asked = []
        self.office_hours = Hours()
        self.moment = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def act(self, action, parameters, element):
        self.asked.append((action, dict(parameters), element.id))
        answer = self.actions.get(action)
        return answer(**parameters) if callable(answer) else answer

    def is_call(self, element):
        return element.action in self.calls

    def names(self):
        return {"document": ReadOnly(self.document)}

    def hours(self):
        return self.office_hours

    def now(self):
        return self.moment

    def later(self, **span):
        self.moment += timedelta(**span)


class Running:
    """An instance that is saved and loaded again after every step, as it is in the product."""

    def __init__(self, key: str, values: Mapping | None = None, caller: Caller | None = None, xmls=None):
        self.caller = caller or Caller()
        self.spec = engine.compile(xmls or files(), key)
        self.instance = Instance.start(self.spec, values or {}, self.caller)
        self._keep()

    def _keep(self):
        self.changes = self.instance.changes
        self.instance = Instance.load(self.spec, self.instance.snapshot(), self.caller)

    @property
    def waiting(self) -> list[str]:
        """Everything it waits for: user tasks, timers, calls, messages and signals, by element."""
        it = self.instance
        now = (*it.open_tasks(), *it.timers(), *it.calls(), *it.subscriptions())
        return sorted(entry.place.element_id for entry in now)

    @property
    def events(self) -> list[str]:
        return [f"{event.kind} {event.element_id}".strip() for event in self.changes.events]

    def _one(self, entries, element):
        return next(entry for entry in entries if entry.place.element_id == element)

    def complete(self, element: str, **values):
        self.instance.complete(self._one(self.instance.open_tasks(), element).id, values)
        self._keep()
        return self

    def fire(self, element: str, **options):
        self.instance.fire(self._one(self.instance.timers(), element).id, **options)
        self._keep()
        return self

    def receive(self, element: str, **payload):
        self.instance.receive(self._one(self.instance.subscriptions(), element).id, payload)
        self._keep()
        return self

    @property
    def sent(self) -> list[tuple]:
        """What the last step threw: (kind, name, key, payload)."""
        return [(each.kind, each.name, each.key, dict(each.payload)) for each in self.changes.thrown]

    def call(self, element: str):
        return self._one(self.instance.calls(), element).id

    def answer(self, element: str, result=None):
        self.instance.answer(self.call(element), result)
        self._keep()
        return self

    def fail(self, element: str, code: str) -> bool:
        caught = self.instance.fail(self.call(element), code, "no luck")
        self._keep()
        return caught


FORMS = (
    "repair_order.inspect",
    "repair_order.approve",
    "approval.check",
    "approval.approve",
    "asking.ask",
    "side_by_side.pack",
    "side_by_side.invoice",
    "embedded.work",
    "element.work",
)


def catalogue(**changes):
    """What there is for the diagrams of these tests to name."""
    known = {
        "actions": {
            "notify": action(role="str"),
            "capture": action(amount="decimal", reference="str"),
            "reserve": action(quantity="int", note="str"),
            "carrier.book": action(price="decimal", is_express="bool"),
        },
        "roles": {"Technician", "TENANT_MANAGER", "Clerk"},
        "forms": {name: Form(name) for name in FORMS},
        "processes": {"asking", "payment", "parcel"},
        "versions": {"payment": {1: "", 2: "spring"}},
        "decisions": {},
        "document_fields": {"number", "lines", "diagnosis", "total"},
        "branches": {"branch"},
        "relies_on": set(),
    }
    return SimpleNamespace(**{**known, **changes})


def action(optional=(), **parameters):
    return SimpleNamespace(parameters=parameters, optional=set(optional))
