"""The questions every room asks: may the actor do this to a type, do they play a lane, and on which rows."""

from __future__ import annotations

from erp import context
from erp.context import Grant
from erp.errors import Forbidden
from erp.i18n import N_, _

TRUSTED = frozenset({"system", "demo", "job"})
"""Ways in that checked their right when the work was left behind."""
VERBS = ("list", "show", "add", "edit", "export", "import")
CUSTOMER = N_("Customer")
"""The lane of whoever holds a signed link; no member plays it."""
Conditions = tuple[tuple[str, str, str], ...]


def can(verb: str, type_name: str) -> bool:
    """Whether the actor may do this to documents of this type."""
    acting = context.current()
    return acting.source in TRUSTED or (verb, type_name) in acting.permissions


def require(verb: str, type_name: str) -> None:
    """Raise Forbidden unless the actor may."""
    if not can(verb, type_name):
        raise Forbidden(_("You may not do this: your roles do not allow it."))


def has_role(role: str) -> bool:
    """Whether the actor plays a role, which is also a lane's name."""
    acting = context.current()
    return acting.source in TRUSTED or role in acting.roles


def giving(verb: str, type_name: str) -> list[Grant]:
    """The actor's roles that give a verb on a type."""
    return [grant for grant in context.current().grants if (verb, type_name) in grant.pairs]


def limits(verb: str, type_name: str) -> tuple[Conditions, ...] | None:
    """The conditions on rows of a type under which a verb (`show` or `edit`) is the actor's; None for all rows.

    Roles add up: a row needs to keep the rules of one role that gives the verb. A role without a rule gives all rows.
    """
    acting = context.current()
    rules = [rule for rule in acting.rules if rule.type_name == type_name and rule.verb == verb]
    if not rules or acting.source in TRUSTED:
        return None
    found = []
    for grant in giving(verb, type_name):
        own = [rule.conditions for rule in rules if rule.role == grant.role]
        if not own:
            return None
        found.append(tuple(condition for conditions in own for condition in conditions))
    return tuple(found)
