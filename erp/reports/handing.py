"""What a worker makes for one member: with their present rights, kept as a file of theirs, told when it is ready."""

from __future__ import annotations

import secrets
from typing import Any

from erp import context
from erp.access import seen_as
from erp.data import files
from erp.data.base import session, transaction
from erp.data.files import Kept
from erp.errors import Forbidden
from erp.i18n import _
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import Job
from erp.notifications import notify

OWNER = "tenant_member"


def leave(kind: str, request: Any) -> Job:
    """Leave something long to a worker; what it makes will belong to the acting member."""
    with transaction():
        return outbox.put(
            Job(kind=kind, key=f"{kind}:{secrets.token_hex(12)}", queue="long", request=request, subject=OWNER,
                subject_id=context.current().member_id, max_attempts=2)
        )  # fmt: skip


def enter_asker(kind: str) -> None:
    """Act as whoever asked, with the rights they have now; raises Forbidden for who has left the company."""
    before = context.current()
    acting = seen_as(before.user_id or 0, source=kind, language=before.language)
    if acting is None:
        raise Forbidden(_("%(who)s does not belong to the company any more.", who=before.name))
    context.enter(acting)


def keep(claim: Claim, name: str, content: bytes, media_type: str, purpose: str = "export") -> Kept:
    """The bytes in the store, before the transaction that hands them over."""
    return Kept(
        files.clean_name(name), files.keep(claim.tenant_id, content), len(content), media_type, purpose=purpose
    )  # fmt: skip


def hand_over(claim: Claim, made: Kept, *, url: str, what: str) -> None:
    """Make it a file of whoever asked and tell them, once, in the transaction that ends the job; its id ends `url`."""
    with transaction():
        row = session().get_one(Job, claim.id, with_for_update=True)
        if row.is_over:
            return
        kept = files.attach(made.row(), OWNER, row.subject_id or 0)
        worker.finish(row, {"file": kept.id})
        notify(row.subject_id or 0, "ready", url=f"{url}{row.id}", key=f"job:{row.id}", what=what)
