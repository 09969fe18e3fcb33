"""Processes that begin once their document is committed, so that whoever makes it does not wait for them."""

from __future__ import annotations

from erp.data.base import session, transaction
from erp.documents.base import Document
from erp.documents.types import declared
from erp.errors import PluginAway
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.workflow import steps

BEGIN = "workflow.begin"


def begin_later(type_name: str, row_id: int) -> None:
    """Leave it to a worker to start the process of a document of this transaction, once."""
    outbox.leave(
        kind=BEGIN, key=f"begin:{type_name}:{row_id}", request={"type": type_name, "id": row_id},
        subject=type_name, subject_id=row_id,
    )  # fmt: skip


def _begin(claim: Claim) -> None:
    kind = declared().get(claim.request["type"])
    if kind is None:
        raise PluginAway
    with transaction():
        document = session().get(kind.cls, claim.request["id"])
        if isinstance(document, Document) and steps.instance_of(document) is None:
            steps.begin(document)
        worker.complete(claim)


def init() -> None:
    """Tell the worker who starts them."""
    worker.registry.handle(BEGIN, _begin)
