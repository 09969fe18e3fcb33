"""Roles a tenant makes, and the rules that narrow any role: made, changed and dropped; history keeps each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import sqlalchemy as sa

from erp import context
from erp.access import OWN, OWNER, STARTING_ROLES, VERBS, AccessRule, MemberOwnRole, OwnRole, require
from erp.context import Grant
from erp.data.base import repeated, session
from erp.documents import narrowing
from erp.documents.conditions import Filter, checked, operators_of
from erp.documents.types import declared, document_type
from erp.errors import Conflict, Forbidden, Invalid, NotFound
from erp.i18n import N_, _
from erp.people import giving
from erp.people.invitations import waiting
from erp.plugins import OPERATING

RIGHT = "role"
Pairs = frozenset[tuple[str, str]]
SUBJECTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "member": (N_("People"), ("list", "add", "edit")),
    "setting": (N_("Company and services"), ("list", "edit")),
    "mailbox": (N_("Mailbox"), ("list",)),
    "message": (N_("Messages to processes"), ("list", "send")),
    "incident": (N_("Incidents"), ("list",)),
    "job": (N_("Background work"), ("list", "edit")),
    "audit": (N_("History of everything"), ("list", "export")),
    "process": (N_("Processes"), ("list", "show", "edit", "publish", "migrate")),
    "session": (N_("Sign-ins of others"), ("list", "edit")),
}
"""Pages of the platform a role may open: {right: (what people call it, its verbs)}."""


Offer = Callable[[], Mapping[str, tuple[str, tuple[str, ...]]]]
_offers: list[Offer] = []


def offer_too(offer: Offer) -> None:
    """Let a room name rights of its own, {right: (what it is called, its verbs)}; done once by `prepare`."""
    if offer not in _offers:
        _offers.append(offer)


def offered() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """{type or page: (what it is called, its verbs)} of everything rights are given on."""
    types = {
        name: (str(kind.plural), (*VERBS, *(OPERATING if kind.is_document else ()), *kind.cls.verbs))
        for name, kind in declared().items()
    }
    others = {name: told for offer in _offers for name, told in offer().items()}
    return {**types, **others, **{name: (_(label), verbs) for name, (label, verbs) in SUBJECTS.items()}}


def lanes() -> list[str]:
    """Shipped roles whose lanes a role may play: those of plugins, not of the company's own order."""
    return [key for key in giving.every() if not key.startswith(OWN) and key not in STARTING_ROLES]


def found(role_id: int) -> OwnRole:
    """A role of the tenant's own; raises NotFound."""
    require("list", RIGHT)
    row = session().get(OwnRole, role_id)
    if row is None:
        raise NotFound
    return row


def grant_of(key: str) -> Grant:
    """What a shipped or own role gives; raises NotFound."""
    require("list", RIGHT)
    known = giving.every().get(key)
    if known is None:
        raise NotFound
    return known


def players() -> Mapping[int, int]:
    """{own role: how many members play it}."""
    counted = sa.select(MemberOwnRole.own_role_id, sa.func.count()).group_by(MemberOwnRole.own_role_id)
    return {row[0]: row[1] for row in session().execute(counted)}


@repeated
def save(role_id: int | None, name: str, note: str, pairs: Pairs, played: Collection[str]) -> OwnRole:
    """Make or change a role of the tenant's own.

    Raises Forbidden for rights the actor has not, whether they are given or taken, or Invalid at `name` or `rights`.
    """
    require("edit", RIGHT)
    row = OwnRole(name="", rights=[], lanes=[]) if role_id is None else _locked(role_id)
    before: Pairs = frozenset((verb, kind) for verb, kind in row.rights)
    errors: dict[str, str] = {}
    if not name.strip():
        errors["name"] = _("Fill this in.")
    elif _is_taken(name.strip(), role_id):
        errors["name"] = _("There is a role of this name already.")
    known = {(verb, kind) for kind, (_label, verbs) in offered().items() for verb in verbs}
    if pairs - known - before or set(played) - set(lanes()):
        errors["rights"] = _("Choose from the list.")
    if errors:
        raise Invalid(fields=errors)
    _require_own(before ^ pairs, set(row.lanes) ^ set(played))
    row.name, row.note = name.strip()[:80], note.strip()[:400]
    row.rights, row.lanes = sorted([verb, kind] for verb, kind in pairs), sorted(set(played))
    session().add(row)
    session().flush()
    return row


def _require_own(pairs: Pairs, played: set[str]) -> None:
    acting = context.current()
    if pairs - acting.permissions or (played - acting.roles and OWNER not in acting.roles):
        raise Forbidden(_("You can give and take what you may do yourself."))


def _is_taken(name: str, role_id: int | None) -> bool:
    """Whether a role, shipped or own, goes by this name."""
    same = [key for key, grant in giving.every().items() if name.casefold() in {key.casefold(), grant.title.casefold()}]
    return any(key != f"{OWN}{role_id}" for key in same)


def _locked(role_id: int) -> OwnRole:
    row = session().get(OwnRole, role_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row


@repeated
def drop(role_id: int) -> None:
    """Drop a role nobody plays and nobody is invited to; its rules go with it. Raises Conflict, NotFound."""
    require("edit", RIGHT)
    row = _locked(role_id)
    if players().get(role_id) or any(row.key in each.roles for each in waiting()):
        raise Conflict(_("Somebody plays this role, or is invited to it. Give them another first."))
    for rule in rules_of(row.key):
        session().delete(rule)
    session().flush()
    session().delete(row)


# -- rules -----------------------------------------------------------------------------------------------


def rules_of(key: str) -> Sequence[AccessRule]:
    """The rules that narrow a role, by type."""
    mine = sa.select(AccessRule).where(AccessRule.role == key)
    return list(session().scalars(mine.order_by(AccessRule.document_type, AccessRule.verb, AccessRule.id)))


@repeated
def add_rule(key: str, type_name: str, verb: str, condition: Filter) -> AccessRule:
    """Narrow what a role gives on a type; raises Invalid at `field`, `operator` or `value`, Forbidden, NotFound.

    Only who has all that the role gives may narrow it: a manager cannot lock an owner out.
    """
    require("edit", RIGHT)
    grant = grant_of(key)
    if not giving.may_give(grant):
        raise Forbidden(_("You can give and take what you may do yourself."))
    if key == OWNER:
        raise Conflict(_("An owner sees and edits everything, so that nobody is locked out."))
    if verb not in (narrowing.SHOW, narrowing.EDIT) or type_name not in declared():
        raise Invalid(fields={"verb": _("Choose from the list.")})
    rule = AccessRule(role=key, document_type=type_name, verb=verb, conditions=[list(_checked(type_name, condition))])
    session().add(rule)
    session().flush()
    return rule


def _checked(type_name: str, entry: Filter) -> tuple[str, str, str]:
    """The condition as it is kept."""
    kind = document_type(type_name)
    if entry.field == narrowing.CREATOR:
        return (narrowing.CREATOR, "eq", narrowing.ME)
    if entry.field == narrowing.BRANCH:
        if not kind.is_document:
            raise Invalid(fields={"field": _("Only documents belong to a branch.")})
        return (narrowing.BRANCH, "eq", narrowing.HERE)
    field = next((each for each in kind.all_fields if each.name == entry.field), None)
    if field is None or entry.operator not in operators_of(field):
        raise Invalid(fields={"operator": _("Choose from the list.")})
    try:
        checked(field, entry)
    except ValueError as error:
        raise Invalid(fields={"value": str(error)}) from None
    return (entry.field, entry.operator, entry.value.strip()[:200])


@repeated
def drop_rule(rule_id: int) -> AccessRule:
    """Drop a rule; raises Forbidden for a role that gives more than the actor has, NotFound."""
    require("edit", RIGHT)
    rule = session().get(AccessRule, rule_id)
    if rule is None:
        raise NotFound
    if not giving.may_give(grant_of(rule.role)):
        raise Forbidden(_("You can give and take what you may do yourself."))
    session().delete(rule)
    return rule
