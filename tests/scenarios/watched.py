"""A repair order watched from outside, past every wall, while processes die around it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.repairs.conftest import Shop
from tests.scenarios.processes import PROMISE, Gate, until

Truth = Callable[..., list[Any]]


@dataclass
class Watched:
    """One order of a shop, its mail and its rows."""

    shop: Shop
    post: Gate
    truth: Truth
    address: str = field(default_factory=lambda: f"amina-{secrets.token_hex(4)}@example.com")

    def inspected(self) -> None:
        """Taken in and inspected: the quote comes next."""
        self.shop.receive(email=self.address)
        self.shop.inspect()

    @property
    def order(self) -> int:
        """Its id."""
        return self.shop.order_id

    @property
    def state(self) -> str:
        """Where it is, read past every session."""
        return str(self.truth("select state from repair_order where id = :id", id=self.order)[0][0])

    @property
    def open(self) -> list[str]:
        """Elements of its open tasks."""
        rows = self.truth(
            "select element from workflow_task where document_type = 'repair_order' and document_id = :id"
            " and status = 'open' order by id",
            id=self.order,
        )
        return [row.element for row in rows]

    @property
    def instance(self) -> int:
        """Id of its process."""
        rows = self.truth(
            "select id from workflow_instance where document_id = :id and document_type = 'repair_order'", id=self.order
        )
        return int(rows[0].id)

    def row(self, action: str) -> Any:
        """The row of `job` of a call, as soon as it is left."""
        statement = (
            "select * from job where subject_id = :id and request ->> 'action' = :action order by id desc limit 1"
        )
        return until(lambda: self.truth(statement, id=self.order, action=action))[0]

    def incidents(self) -> list[Any]:
        """Every incident it ever had."""
        return self.truth("select * from workflow_incident where document_id = :id order by id", id=self.order)

    def reaches(self, state: str, *elements: str, seconds: float = PROMISE) -> None:
        """It goes on by itself to this state and these open tasks."""
        until(lambda: self.state == state and self.open == list(elements), seconds)

    def is_quoted_once(self) -> None:
        """Nothing was lost and nothing was done twice on the way to the customer's decision."""
        self.reaches("quoted", "decide_quote")
        assert len(self.post.held_for(self.address)) == 1
        assert self.incidents() == []
        assert self.told("send_quotation") == ["entered", "completed"]
        assert self.told("render_quotation") == ["entered", "completed"]
        assert self.told("quoted") == ["passed"]
        self.is_consistent()
        papers = self.truth("select id from file where owner = 'repair_order' and owner_id = :id", id=self.order)
        assert len(papers) == 1
        assert self.shop.look("quote_revision") == 1

    def is_consistent(self) -> None:
        """Its history has neither gaps nor repetitions, and no call is left half way."""
        events = self.truth("select * from workflow_event where instance_id = :id order by seq", id=self.instance)
        assert [event.seq for event in events] == list(range(len(events)))
        told = [(event.kind, event.element, event.token) for event in events if event.token]
        assert len(told) == len(set(told))
        calls = self.truth("select state from job where subject_id = :id and kind = 'workflow.call'", id=self.order)
        assert {call.state for call in calls} == {"done"}

    def told(self, element: str) -> list[str]:
        """Kinds of the events of an element in order."""
        rows = self.truth(
            "select kind from workflow_event where instance_id = :id and element = :element order by seq",
            id=self.instance,
            element=element,
        )
        return [row.kind for row in rows]
