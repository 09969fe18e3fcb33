"""What outside services tell us by themselves: kept once and answered at once, worked off from the queue.

A notice only says where to look. Its receiver reads the truth from the service, so that order does not matter.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from erp import clock, context, metrics
from erp.data import tenancy, vault
from erp.data.base import after_commit, repeated, session, system
from erp.data.organisation import Tenant
from erp.data.tenancy import CHECKED, TenantScoped
from erp.errors import NotFound, PluginAway, UserError
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim

KIND = "webhook"
TOKEN = "webhook_token"  # noqa: S105 - the name it is kept under
ATTEMPTS = 12
"""Some six hours, in which the service may be away."""
LARGEST = 256 * 1024
"""Bytes a notice may have."""


class NoticeRefused(UserError):
    """This was not sent by the service, or not lately.

    Check the signing secret in Outside services, and the clock of whoever sends.
    """

    code = "notice_refused"


class WebhookAddress(TenantScoped):
    """Where a service tells a tenant something; only the token's hash is kept here, the token is in the vault."""

    __tablename__ = "webhook_address"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "provider"),)
    provider: Mapped[str] = mapped_column(sa.String(60))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)


class WebhookDelivery(TenantScoped):
    """A notice as it came; the same one twice is one row."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "provider", "event_id"),)
    provider: Mapped[str] = mapped_column(sa.String(60))
    event_id: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(120))
    content: Mapped[Any] = mapped_column(JSONB)
    received_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    outcome: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")


@dataclass(frozen=True)
class Notice:
    """A notice that is proven to be the service's."""

    event_id: str
    kind: str
    content: Any
    """The part a receiver needs later, as JSON."""


class Receiver:
    """Base of what a plugin's `webhooks.py` declares: one class for a service, found by its `provider`."""

    provider: ClassVar[str]
    title: ClassVar[str]
    """What history calls the service."""

    def verified(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """The notice if its signature proves it; raises NoticeRefused. Acts for the tenant, changes nothing."""
        raise NotImplementedError

    def fetch(self, notice: Notice) -> Any:
        """What the service says now, as JSON; in a worker, no session at hand."""
        raise NotImplementedError

    def record(self, notice: Notice, fetched: Any) -> str:
        """Take it over, in the transaction that ends the notice; what became of it in a few words."""
        raise NotImplementedError


_receivers: dict[str, Receiver] = {}


def collect(module: ModuleType) -> None:
    """Take the receivers of a plugin's `webhooks.py`."""
    for item in vars(module).values():
        if isinstance(item, type) and issubclass(item, Receiver) and item.__module__ == module.__name__:
            _receivers[item.provider] = item()


def forget() -> None:
    """No receivers, before they are collected anew."""
    _receivers.clear()


def providers() -> frozenset[str]:
    """The services that may tell us something."""
    return frozenset(_receivers)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def address(provider: str, base: str) -> str:
    """Where the service tells the acting tenant; made when first asked for, in the running transaction."""
    if TOKEN not in vault.present(provider):
        token = secrets.token_urlsafe(32)
        vault.put(provider, TOKEN, token)
        session().add(WebhookAddress(provider=provider, token_hash=_hash(token)))
        return f"{base}/hooks/{provider}/{token}"
    return f"{base}/hooks/{provider}/{vault.credential(provider, TOKEN)}"


def take(provider: str, token: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Keep what came at an address; False when it was here before. Raises NotFound or NoticeRefused."""
    receiver = _receivers.get(provider)
    tenant_id = _lately(provider, token)
    if receiver is None or tenant_id is None:
        raise NotFound
    tenancy.enter(context.Context(tenant_id=tenant_id, name=receiver.title, source=KIND))
    try:
        notice = receiver.verified(body, headers)
    except NoticeRefused:
        metrics.WEBHOOKS.labels(provider, "refused").inc()
        raise
    is_new = _keep(provider, notice)
    metrics.WEBHOOKS.labels(provider, "new" if is_new else "repeated").inc()
    return is_new


_addresses: dict[tuple[str, str], tuple[float, int]] = {}
"""Addresses this process has found lately: {(provider, token's hash): (until, tenant)}."""


def _lately(provider: str, token: str) -> int | None:
    """The tenant of an address, looked up again after half a minute; one that is not there is looked up each time."""
    key = (provider, _hash(token))
    until, known = _addresses.get(key, (0.0, 0))
    if until > time.monotonic():
        return known
    tenant_id = _tenant_of(provider, token)
    if tenant_id is not None:
        _addresses[key] = (time.monotonic() + vault.LATELY, tenant_id)
    return tenant_id


def _tenant_of(provider: str, token: str) -> int | None:
    with system() as current:
        statement = (
            sa.select(WebhookAddress.tenant_id)
            .join(Tenant, Tenant.id == WebhookAddress.tenant_id)
            .where(
                WebhookAddress.token_hash == _hash(token),
                WebhookAddress.provider == provider,
                Tenant.status == "active",
            )
        )
        return current.scalar(statement)


def _keeping() -> sa.Insert:
    """The statement that keeps a notice and leaves its job behind, or does nothing when it was here before."""
    given = {
        name: sa.bindparam(f"given_{name}", type_=WebhookDelivery.__table__.c[name].type)
        for name in ("tenant_id", "provider", "event_id", "kind", "content", "received_at")
    }
    own = {**given, "outcome": sa.literal("")}  # defaults are not worked out inside of another statement
    kept = insert(WebhookDelivery).values(own).on_conflict_do_nothing().returning(WebhookDelivery.id).cte("kept")
    return outbox.row_beside(
        kept,
        given["received_at"],
        tenant_id=given["tenant_id"],
        kind=sa.literal(KIND),
        key=sa.bindparam("given_key", type_=sa.String()),
        request=sa.func.jsonb_build_object("delivery", kept.c.id),
        context=sa.bindparam("given_context", type_=JSONB()),
        max_attempts=sa.literal(ATTEMPTS),
    )


KEEP = _keeping()


@repeated
def _keep(provider: str, notice: Notice) -> bool:
    values = {
        "given_tenant_id": context.current().tenant_id,
        "given_provider": provider,
        "given_event_id": notice.event_id,
        "given_kind": notice.kind,
        "given_content": notice.content,
        "given_received_at": clock.now(),
        "given_key": f"{KIND}:{provider}:{notice.event_id}",
        "given_context": context.current().as_json(),
    }
    job_id = session().connection().execute(KEEP, values, execution_options={CHECKED: True}).scalar()
    if job_id is None:
        return False
    after_commit(lambda: outbox.wake(job_id, 0))
    return True


def _work_off(claim: Claim) -> None:
    """Read what the service says now, then take it over."""
    row = session().get_one(WebhookDelivery, claim.request["delivery"])
    notice, receiver = Notice(row.event_id, row.kind, row.content), _receivers.get(row.provider)
    session.remove()
    if receiver is None:
        raise PluginAway
    _record(claim, receiver, notice, receiver.fetch(notice))


@repeated
def _record(claim: Claim, receiver: Receiver, notice: Notice, fetched: Any) -> None:
    outcome = receiver.record(notice, fetched)
    worker.complete(claim, {"outcome": outcome})
    row = session().get_one(WebhookDelivery, claim.request["delivery"])
    row.outcome, row.finished_at = outcome[:200], clock.now()


def init() -> None:
    """Tell the worker who works notices off."""
    worker.registry.handle(KIND, _work_off)
