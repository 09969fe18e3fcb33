"""THE way in: every screen, REST call, import, link, timer and worker changes the business through one of these.

Each opens one transaction, checks right and form here, locks what it changes, and says in one sentence what is wrong.
"""

from erp.operations import calls, later, messages
from erp.operations.calls import answer, ask, correct_incident, retry_incident, send_down_incident, skip_incident
from erp.operations.documents import (
    add,
    attach,
    cancel,
    claim,
    complete,
    create,
    delegate,
    edit,
    edit_all,
    editable_fields,
    editable_of,
    get,
    is_scalar,
    release,
    task_form,
)
from erp.operations.instances import move, resume, suspend
from erp.operations.later import begin_later
from erp.operations.messages import message_link, send_by_link, send_message, send_signal, sent_by_link

__all__ = [
    "add",
    "answer",
    "ask",
    "attach",
    "begin_later",
    "cancel",
    "claim",
    "complete",
    "correct_incident",
    "create",
    "delegate",
    "edit",
    "edit_all",
    "editable_fields",
    "editable_of",
    "get",
    "init",
    "is_scalar",
    "message_link",
    "move",
    "release",
    "resume",
    "retry_incident",
    "send_by_link",
    "send_down_incident",
    "send_message",
    "send_signal",
    "sent_by_link",
    "skip_incident",
    "suspend",
    "task_form",
]


def init() -> None:
    """Tell the worker who runs the engine's rows."""
    calls.init()
    later.init()
    messages.init()
