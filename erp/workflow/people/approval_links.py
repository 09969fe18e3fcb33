"""The link in the mail that asks for a vote: for one member, one task and one content; opening it changes nothing."""

from __future__ import annotations

from erp import context
from erp.config import settings
from erp.data.base import session
from erp.documents import signed_links
from erp.documents.signed_links import SignedLink
from erp.i18n import _
from erp.notifications import mailing
from erp.notifications.models import Notification
from erp.workflow.models import OPEN, WorkflowTask

PURPOSE = "approve:"
TASK, MEMBER = "task", "member"
DAYS = 14
KINDS = ("approval_asked", "approval_open_again", "approval_late")


def purpose_of(task_id: int, member_id: int | None = None) -> str:
    """What a link is for; without a member, how the links of all begin."""
    return f"{PURPOSE}{task_id}:" if member_id is None else f"{PURPOSE}{task_id}:{member_id}"


def _door(row: Notification) -> str:
    """The line of a mail with the link, issued while the mail is written; '' when there is nothing to vote on."""
    number = row.values.get("task_id", "")
    task = session().get(WorkflowTask, int(number)) if number.isdecimal() else None
    if task is None or task.status != OPEN or task.approval is None:
        return ""
    token = signed_links.token_for(settings().secret_key, PURPOSE, context.current().tenant_id, row.id, task.id)
    if not signed_links.is_issued(token):
        link = SignedLink(
            purpose=purpose_of(task.id, row.member_id), subject=task.document_type, subject_id=task.document_id,
            holder=context.current().name, language=context.current().language,
            content_hash=task.approval["hash"], scope={TASK: task.id, MEMBER: row.member_id},
        )  # fmt: skip
        signed_links.issue(link, token=token, days=DAYS)
    return _("Decide without signing in: %(address)s", address=f"{settings().address}/approve/{token}")


def revoke(task: WorkflowTask) -> None:
    """Close the links of a task: they show what nobody votes on any more."""
    signed_links.revoke(purpose_of(task.id), task.document_type, task.document_id)


def init() -> None:
    """Tell the mail of notifications which of them open a vote."""
    for kind in KINDS:
        mailing.open_with(kind, _door)
