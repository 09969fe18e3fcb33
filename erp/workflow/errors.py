"""What can go wrong while a process runs; every error names the element it happened at."""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from erp.errors import Conflict, ErpError, Invalid
from erp.i18n import _


class EngineError(ErpError):
    """The process cannot go on as its diagram says."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "process_error"


class ScriptError(EngineError):
    """A script or an expression of the diagram failed; `detail` holds element, script and line."""

    code = "script_error"

    def at(self, element_id: str, label: str, text: str) -> ScriptError:
        """The same error, naming the element it happened at and the script's text."""
        message = _("“%(element)s”: %(reason)s In: %(script)s", element=label, reason=self.message, script=text[:200])
        return type(self)(message, detail={**self.detail, "element": element_id, "script": text})


class ScriptLimit(ScriptError):
    """A script took too many steps, too long, or too much memory."""

    code = "script_limit"


class ProcessError(ErpError):
    """An error the diagram may catch at a boundary event, by its code; uncaught, the step is refused."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "process_error"
    is_final: ClassVar[bool] = True

    def __init__(self, error_code: str, message: str = "") -> None:
        super().__init__(message or error_code, detail={"error_code": error_code})
        self.error_code = error_code


class RulesFailed(EngineError):
    """A decision gives no answer: no rule matches, rules contradict one another, or a value does not fit."""

    code = "rules_failed"


class NoPath(EngineError):
    """No condition of a gateway holds and it has no default flow."""

    code = "no_path"


class NoStart(Conflict):
    """Nobody starts this by hand: a message, a signal or the clock begins it."""

    code = "no_start"


class Endless(EngineError):
    """The process went on for too many steps without waiting for anybody."""

    code = "endless"


class NotWaiting(Conflict):
    """This task is not waiting any more."""

    code = "not_waiting"


class NotDue(Conflict):
    """This timer is not due yet."""

    code = "not_due"


class Suspended(Conflict):
    """The process of this document is suspended: nothing moves until it is resumed."""

    code = "suspended"


class MoveRefused(Conflict):
    """The token cannot be moved there."""

    code = "move_refused"


class NotMovable(MoveRefused):
    """It is one of several that are done together: move what they belong to."""

    code = "not_movable"


class NoTarget(MoveRefused):
    """A token cannot stand there: choose a task, a wait, a state or an end of the same part of the process."""

    code = "no_target"


class WouldStarve(MoveRefused):
    """Moved there, a joining gateway would wait for ever for a token that never comes; `detail["joins"]` names it."""

    code = "would_starve"


class PastApproval(MoveRefused):
    """The way there leads past an approval; `detail["approvals"]` names them. Say why it may be left out."""

    code = "past_approval"


class DiagramRefused(Invalid):
    """The diagram cannot be run; `detail["problems"]` lists element and reason."""

    code = "diagram_refused"


class SnapshotInvalid(ErpError):
    """The saved state of a process cannot be read by this version."""

    code = "snapshot_invalid"


class NotFitting(Invalid):
    """A message does not have the key or the values that its receiver declares."""

    code = "not_fitting"

    def at(self, label: str) -> NotFitting:
        """The same error, naming the element that waits or sends."""
        return type(self)(_("“%(element)s”: %(reason)s", element=label, reason=self.message), detail=dict(self.detail))
