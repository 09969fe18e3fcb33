"""What can be wrong with a decision: its file, or what it is asked."""

from __future__ import annotations

from http import HTTPStatus

from erp.errors import ErpError, Invalid


class DecisionInvalid(Invalid):
    """The file is not a decision model that can be evaluated; the message names the cell."""

    code = "decision_invalid"


class DecisionFailed(ErpError):
    """The rules give no answer to what they were asked."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "decision_failed"
