"""Why a running document cannot go on in another version of its process, in the words of its elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from erp.i18n import _
from erp.workflow.diagrams.elements import Element

ASKED = frozenset({"approval_gone", "approval_new", "step_skipped"})
"""What may be so if somebody says why; everything else is refused."""


@dataclass(frozen=True)
class Obstacle:
    """One reason; `code` stays the same whatever the message says in which language."""

    code: str
    element: str
    label: str
    """What people call the element, "" for the document as a whole."""
    message: str

    @property
    def is_askable(self) -> bool:
        """Whether it is allowed once somebody says why."""
        return self.code in ASKED


def obstacle(code: str, element: Element | None = None, **values: str) -> Obstacle:
    """The reason of this code about an element."""
    label = _(element.label) if element is not None else ""
    message = _MESSAGES[code]() % {"step": label, **values}
    return Obstacle(code, element.id if element is not None else "", label, message)


_MESSAGES: Mapping[str, Callable[[], str]] = {
    "element_gone": lambda: _("“%(step)s” is not there any more. Choose what takes its place."),
    "kind_changed": lambda: _("“%(step)s” is something else there; a step that waits never becomes one that runs."),
    "part_changed": lambda: _("“%(step)s” lies in another part of the process there."),
    "repetition_changed": lambda: _("“%(step)s” is repeated in another way there."),
    "call_in_flight": lambda: _("“%(step)s” waits for an answer from outside. It can move once that has come."),
    "incident_open": lambda: _("“%(step)s” is stuck. Decide on that first: try it again or go on without it."),
    "other_process": lambda: _("“%(step)s” is another process there, and the document is in the middle of it."),
    "paths_changed": lambda: _(
        "“%(step)s”: paths run side by side differently there, so the document would wait for ever or do a step twice."
    ),
    "paths_unclear": lambda: _("“%(step)s”: too many paths run side by side to tell whether it would go on."),
    "key_unknown": lambda: _("“%(step)s” waits for a message there whose key cannot be worked out: %(reason)s"),
    "role_gone": lambda: _("“%(step)s” is for “%(role)s” there, which is no role."),
    "people_unknown": lambda: _("“%(step)s”: who does it there cannot be worked out: %(reason)s"),
    "state_gone": lambda: _("The state “%(step)s” is not there any more. Choose what takes its place."),
    "milestone_gone": lambda: _("It has passed “%(step)s”, which the program asks for and which is not there."),
    "approval_lost": lambda: _("“%(step)s” waits for approval; there one person alone could do it."),
    "approval_begun": lambda: _("“%(step)s”: votes were cast or handed on, and it is approved in another way there."),
    "approval_skipped": lambda: _("“%(step)s” is still to be approved, and would be left out."),
    "approval_gone": lambda: _("“%(step)s” would have to be approved still; there nobody is asked."),
    "approval_new": lambda: _("“%(step)s” has to be approved there, and the document is past it."),
    "step_skipped": lambda: _("“%(step)s” would be left out."),
    "is_over": lambda: _("Its process is over."),
    "is_resuming": lambda: _("Its process is catching up on what came while it was suspended."),
    "is_there": lambda: _("It runs this version already."),
    "unreadable": lambda: _("Its saved state cannot be read: %(reason)s"),
    "plugin_away": lambda: _("The plugin of this document takes no part at present."),
    "went_on": lambda: _("It has gone on since it was moved: %(step)s"),
}
