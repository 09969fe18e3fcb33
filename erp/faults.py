"""What nobody expected is told to Sentry when SENTRY_DSN names one: where in the source, never with which values."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from erp import late, logs
from erp.config import Settings
from erp.errors import SetupError

if TYPE_CHECKING:
    import sentry_sdk
    from sentry_sdk.integrations import flask as of_flask
    from sentry_sdk.integrations import logging as of_logging
    from sentry_sdk.integrations import rq as of_rq
    from sentry_sdk.integrations import sqlalchemy as of_sqlalchemy
else:
    sentry_sdk = late.module("sentry_sdk")
    of_flask = late.module("sentry_sdk.integrations.flask")
    of_logging = late.module("sentry_sdk.integrations.logging")
    of_rq = late.module("sentry_sdk.integrations.rq")
    of_sqlalchemy = late.module("sentry_sdk.integrations.sqlalchemy")

KEPT = ("event_id", "timestamp", "level", "platform", "logger", "release", "sdk")
OURS = frozenset({"erp", "plugins"})
"""Whose lines of the log never hold a value before it is put in: the linter sees to that."""
PLACE = (
    "filename",
    "abs_path",
    "function",
    "module",
    "lineno",
    "pre_context",
    "context_line",
    "post_context",
    "in_app",
)
"""What is told of a frame: lines of the source, no variables."""


def init(settings: Settings) -> None:
    """Tell of errors from now on; nothing is done without an address. Raises SetupError for one that is none."""
    if not settings.sentry_dsn:
        return
    try:
        sentry_sdk.init(
            settings.sentry_dsn,
            data_collection={
                "user_info": False,
                "cookies": {"mode": "off"},
                "http_bodies": [],
                "url_query_params": {"mode": "off"},
                "database_query_data": False,
                "queues": False,
                "stack_frame_variables": False,
            },
            max_breadcrumbs=0,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            integrations=[
                of_flask.FlaskIntegration(),
                of_rq.RqIntegration(),
                of_sqlalchemy.SqlalchemyIntegration(),
                of_logging.LoggingIntegration(level=None),
            ],
            before_send=told,
        )
    except sentry_sdk.utils.BadDsn as error:
        raise SetupError(f"SENTRY_DSN is not an address of Sentry: {error}.") from error


def told(event: Any, hint: Any) -> Any:
    """What leaves the house: a new event of what is known to be harmless, not the old one less some things."""
    hint.get("attachments", []).clear()
    about = logs.facts()
    user = about.pop("user", None)
    found: dict[str, Any] = {name: event[name] for name in KEPT if name in event}
    found["tags"] = {name: str(value) for name, value in about.items()}
    if user is not None:
        found["user"] = {"id": str(user)}
    if message := _template(hint.get("log_record")):
        found["logentry"] = {"message": message}
    if "exception" in event:
        found["exception"] = {"values": [_error(each) for each in event["exception"]["values"]]}
    return found


def _template(record: logging.LogRecord | None) -> str:
    """What a line of the log says before values are put in; nothing of another program's that had them in already."""
    if record is None:
        return ""
    template = getattr(record, "template", record.msg if record.args or _is_ours(record) else "")
    return logs.clean(str(template))


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OURS


def _error(error: Any) -> dict[str, Any]:
    frames = ((error.get("stacktrace") or {}).get("frames")) or []
    return {
        "type": error.get("type"),
        "module": error.get("module"),
        "mechanism": {"type": "generic", "handled": True},
        "stacktrace": {"frames": [{name: frame[name] for name in PLACE if name in frame} for frame in frames]},
    }
