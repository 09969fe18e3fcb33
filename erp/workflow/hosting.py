"""What the engine asks of the step it runs in: the moment, hours, decisions, and inline actions on the document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from erp import clock, context
from erp.data.base import session
from erp.data.organisation import today_at
from erp.decisions import DecisionFailed, Outcome
from erp.documents.base import Document, Line
from erp.i18n import _
from erp.workflow import actions, beginning, office_hours
from erp.workflow.definitions import Published
from erp.workflow.diagrams.business import Hours
from erp.workflow.diagrams.diagram import Element
from erp.workflow.document_names import Naming
from erp.workflow.models import WorkflowInstance


class StepHost(Naming):
    """What the engine asks of the step it runs in."""

    def __init__(self, document: Document, published: Published, new: WorkflowInstance | None = None) -> None:
        self.document = document
        self.published = published
        self._new = new
        self._hours: Hours | None = None
        self._has_acted = False

    def now(self) -> datetime:
        """The step's moment."""
        return clock.now()

    def hours(self) -> Hours:
        """When the document's branch is open; asked once in a step."""
        if self._hours is None:
            self._hours = office_hours.of(self.document)
        return self._hours

    def decide(self, decision: str, values: Mapping[str, Any]) -> Outcome:
        """What a pinned decision answers to the process data and the document; raises DecisionFailed."""
        model = self.published.decisions.get(decision)
        if model is None:
            raise DecisionFailed(_("There is no decision “%(name)s” in this version.", name=decision))
        return model.decide(decision, {**values, **self.names()}, today_at(self.document.branch_id))

    def is_call(self, element: Element) -> bool:
        """Whether the element's action goes outside."""
        return actions.find(element.action).is_call

    def act(self, action: str, parameters: Mapping[str, Any], element: Element) -> Any:  # noqa: ARG002 - of the protocol
        """Run an inline action on the document; what it wrote is there for whoever asks the database next.

        What it changed of the document alone waits for the step's end, or the next action that asks for it.
        """
        entry = actions.find(action)
        assert entry.function is not None
        with context.whole():
            if entry.asks:
                self._show()
            result = entry.function(self.document, **actions.typed(entry, parameters))
            self._has_acted = True
            if self._is_more_to_write():
                session().flush()
        return result

    def _show(self) -> None:
        """Write what an action may ask for."""
        if self._new is not None:
            beginning.show(self._new)
        if self._has_acted:
            session().flush()

    def _is_more_to_write(self) -> bool:
        """Whether there is more to write than fields of the document and its lines."""
        current = session()
        return bool(
            current.new
            or current.deleted
            or any(current.is_modified(each) for each in current.dirty if not self._is_own(each))
        )

    def _is_own(self, row: object) -> bool:
        return row is self.document or (isinstance(row, Line) and row.document is self.document)
