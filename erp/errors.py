"""One family of errors: the class owns the message, the HTTP status and a stable code."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any


class ErpError(Exception):
    """What a user or an API client is told; `fields` holds a sentence for each field that is wrong."""

    status: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "error"

    def __init__(
        self,
        message: str = "",
        *,
        fields: Mapping[str, str] | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        self.message = str(message) or (type(self).__doc__ or "").split("\n")[0]
        self.fields = dict(fields or {})
        self.detail = dict(detail or {})
        super().__init__(self.message)

    def as_json(self) -> dict[str, Any]:
        """The one error shape of the API."""
        detail = {**self.detail, **({"fields": self.fields} if self.fields else {})}
        return {"error": {"code": self.code, "message": self.message, "detail": detail}}


class SetupError(ErpError):
    """The installation cannot start; the message is one sentence for the person at the console."""

    code = "setup"


class PluginUnfit(SetupError):
    """A plugin cannot be loaded and this process cannot go on without it; another, told so, can."""

    code = "plugin_unfit"

    def __init__(self, plugin: str, reason: str) -> None:
        super().__init__(reason, detail={"plugin": plugin})
        self.plugin = plugin


class PluginAway(ErpError):
    """The plugin this belongs to takes no part at present; it goes on when the plugin is back."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "plugin_away"


class UserError(ErpError):
    """The request cannot be carried out as it stands."""

    status = HTTPStatus.BAD_REQUEST
    code = "bad_request"


class SignInRequired(ErpError):
    """Sign in first."""

    status = HTTPStatus.UNAUTHORIZED
    code = "sign_in_required"


class Forbidden(ErpError):
    """You are not allowed to do this."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"


class NotFound(ErpError):
    """There is nothing here, or it is not yours to see."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class Conflict(ErpError):
    """Somebody else was quicker."""

    status = HTTPStatus.CONFLICT
    code = "conflict"


class StaleVersion(ErpError):
    """The document was changed after it was read; `detail["changes"]` says what and by whom."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "stale_version"


class Invalid(ErpError):
    """Some fields need correcting."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid"


class TenancyError(ErpError):
    """A statement reached for another tenant's rows, or for rows without knowing its tenant."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"
