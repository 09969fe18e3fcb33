"""What a cashier may not do alone: somebody else allows it by PIN at that moment, once, and it is written down."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from erp import Conflict, Forbidden, Invalid, Member, _, clock, current, seen_as, session, settings, transaction
from plugins.pos.desk import Desk
from plugins.pos.ledgers import KINDS, TillAttempt, TillOverride, TillOverrideUse, TillPin
from plugins.pos.models import Terminal
from plugins.pos.sent import Sent

DIGITS = 6
GOOD_FOR = timedelta(minutes=15)
WRONG, WITHIN = 5, timedelta(minutes=10)
"""So many wrong PINs at a till within so long, then none is taken for the rest of it."""


class OverrideNeeded(Invalid):
    """Somebody else has to allow this.

    Ask for it at /till/override and send its token along.
    """

    code = "override_needed"


class TooManyPins(Conflict):
    """Too many wrong PINs were typed at this till."""

    code = "too_many_pins"


@dataclass(frozen=True)
class Need:
    """What has to be allowed: its kind, the field it is about, what is done in words, and what it costs us."""

    kind: str
    field: str
    did: str
    amount: Decimal


@dataclass(frozen=True)
class Asked:
    """What is typed when something has to be allowed."""

    pin: str
    kind: str
    reason: str
    about: str


def asked(found: object) -> Asked:
    """What was sent; raises Invalid."""
    sent = Sent(found)
    return Asked(sent.text("pin", most=12, required=True), sent.text("kind"), sent.text("reason"), sent.text("about"))


def give_pin() -> str:
    """A new PIN of the acting member, shown once; it is drawn, so that nobody learns what others have."""
    with transaction():
        for _attempt in range(20):
            pin = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
            if _kept(pin):
                return pin
    raise Conflict(_("No PIN is free. Try again."))


def _kept(pin: str) -> bool:
    row = {"member_id": current().member_id, "digest": _digest(pin), "made_at": clock.now()}
    taken = sa.select(TillPin.id).where(TillPin.digest == row["digest"])
    if session().scalar(taken) is not None:
        return False
    statement = insert(TillPin).on_conflict_do_update(
        index_elements=["tenant_id", "member_id"], set_={"digest": row["digest"], "made_at": row["made_at"]}
    )
    session().execute(statement, [row])
    return True


def _digest(pin: str) -> str:
    """Keyed by the installation: who steals the rows cannot try all PINs on them."""
    text = f"till pin {current().tenant_id} {pin}"
    return hmac.new(settings().secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()


def whose(pin: str, desk: Desk) -> Member:
    """The member of this PIN; raises Invalid at `pin`, or TooManyPins. What was wrong is counted whatever follows."""
    with transaction():
        found = _tried(pin, desk)
    if found is None:
        raise Invalid(fields={"pin": _("This PIN is nobody's here.")})
    return found


def _tried(pin: str, desk: Desk) -> Member | None:
    session().scalar(sa.select(Terminal.id).where(Terminal.id == desk.terminal.id).with_for_update(key_share=True))
    since = clock.now() - WITHIN
    wrong = sa.select(sa.func.count()).select_from(TillAttempt).where(
        TillAttempt.terminal_id == desk.terminal.id, TillAttempt.at > since
    )  # fmt: skip
    if (session().scalar(wrong) or 0) >= WRONG:
        raise TooManyPins(_("Too many wrong PINs were typed at this till. Wait ten minutes."))
    own = sa.select(TillPin.member_id).where(TillPin.digest == _digest(pin))
    found = session().scalar(sa.select(Member).where(Member.id.in_(own), Member.is_active))
    if found is None:
        session().execute(sa.insert(TillAttempt), [{"terminal_id": desk.terminal.id, "at": clock.now()}])
    return found


def allow(desk: Desk, pin: str, kind: str, reason: str, about: str) -> tuple[str, str]:
    """(a token good for once, who allowed it); raises Invalid, Forbidden, or TooManyPins."""
    if kind not in KINDS:
        raise Invalid(fields={"kind": _("Choose one of the list.")})
    if not reason:
        raise Invalid(fields={"reason": _("Say why.")})
    member, acts = whose(pin, desk), current()
    if member.id == acts.member_id:
        raise Forbidden(_("Somebody else has to allow this."))
    theirs = seen_as(member.user_id, source="web")
    if theirs is None or ("allow", "cash_session") not in theirs.permissions:
        raise Forbidden(_("%(name)s may not allow this.", name=member.name))
    token = secrets.token_urlsafe(24)
    with transaction():
        row = {
            "terminal_id": desk.terminal.id, "session_id": desk.session.id if desk.session else None, "kind": kind,
            "reason": reason, "about": about, "asked_by_id": acts.member_id, "asked_by": acts.name,
            "allowed_by_id": member.id, "allowed_by": member.name, "at": clock.now(), "token_hash": _hash(token),
        }  # fmt: skip
        session().execute(sa.insert(TillOverride), [row])
    return token, member.name


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def allowed(needs: Sequence[Need], tokens: Sequence[str], desk: Desk) -> dict[str, TillOverride]:
    """{kind: what allows it} for everything that has to be allowed; raises OverrideNeeded naming what is not."""
    if not needs:
        return {}
    found = _open([_hash(token) for token in tokens if token], desk)
    missing = [need for need in needs if need.kind not in found]
    if missing:
        said = {need.field: _("%(what)s: somebody else has to allow it.", what=need.did) for need in missing}
        raise OverrideNeeded(fields=said, detail={"kinds": sorted({need.kind for need in missing})})
    return found


def _open(hashes: Sequence[str], desk: Desk) -> dict[str, TillOverride]:
    """Those that are still good at this till, by kind; locked, so that each is used once."""
    if not hashes:
        return {}
    used = sa.exists().where(TillOverrideUse.override_id == TillOverride.id)
    statement = sa.select(TillOverride).where(
        TillOverride.token_hash.in_(hashes), TillOverride.terminal_id == desk.terminal.id,
        TillOverride.at > clock.now() - GOOD_FOR, ~used,
    )  # fmt: skip
    return {each.kind: each for each in session().scalars(statement)}


def use(
    needs: Sequence[Need], found: dict[str, TillOverride], *, sale_id: int | None = None, refund_id: int | None = None
) -> None:
    """Write down what was done with what was allowed; raises Conflict where it was used at the same moment."""
    by_kind: dict[str, list[Need]] = {}
    for need in needs:
        by_kind.setdefault(need.kind, []).append(need)
    rows = [
        {"override_id": found[kind].id, "sale_id": sale_id, "refund_id": refund_id, "at": clock.now(),
         "did": "; ".join(need.did for need in own)[:200], "amount": sum((need.amount for need in own), Decimal(0))}
        for kind, own in by_kind.items()
    ]  # fmt: skip
    if not rows:
        return
    statement = insert(TillOverrideUse).on_conflict_do_nothing(index_elements=["tenant_id", "override_id"])
    if len(list(session().scalars(statement.returning(TillOverrideUse.id), rows))) < len(rows):
        raise Conflict(_("This was allowed once and is used already. Ask again."))
