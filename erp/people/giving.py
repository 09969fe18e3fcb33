"""Who may give what: nobody gives a right, a lane or a branch they do not have themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from erp import access, context
from erp.access import OWNER, TRUSTED
from erp.context import Context, Grant
from erp.errors import Forbidden, Invalid
from erp.i18n import _


def every() -> Mapping[str, Grant]:
    """{key: what it gives} of the shipped roles and of the tenant's own, by their titles."""
    found = [*access.shipped_grants(), *access.own_grants()]
    return {grant.role: grant for grant in sorted(found, key=lambda grant: grant.title.casefold())}


def may_give(grant: Grant) -> bool:
    """Whether the actor has all that a role gives; the owner, who has every right, plays no lane but may give it."""
    acting = context.current()
    if acting.source in TRUSTED:
        return True
    return grant.pairs <= acting.permissions and (OWNER in acting.roles or grant.lanes <= acting.roles)


def require_roles(keys: Iterable[str]) -> list[Grant]:
    """The roles of these keys; raises Invalid at `roles` for unknown ones, Forbidden for what the actor has not."""
    known = every()
    wanted = sorted(set(keys))
    if not set(wanted) <= set(known):
        raise Invalid(fields={"roles": _("Choose from the list.")})
    refused = [known[key].title for key in wanted if not may_give(known[key])]
    if refused:
        raise Forbidden(
            _("%(roles)s gives more than you may do yourself. Ask an owner.", roles=_(", ").join(refused)),
        )
    return [known[key] for key in wanted]


def require_branches(wanted: Collection[int], there: Collection[int], roles: Collection[str]) -> frozenset[int]:
    """Branches who plays these roles is limited to, none for all; raises Invalid at `branches`, or Forbidden.

    An owner reaches all of them: one who is limited could not let anybody, themselves included, out again.
    """
    if wanted and OWNER in roles:
        raise Invalid(fields={"branches": _("An owner works at all branches.")})
    if not set(wanted) <= set(there):
        raise Invalid(fields={"branches": _("Choose from the list.")})
    own = context.current().branches
    if own is not None and (not wanted or not set(wanted) <= own):
        raise Forbidden(_("You can give access to your own branches only."))
    return frozenset(wanted)


def require_reach(other: Context) -> None:
    """Raise Forbidden when the actor could not have given a colleague what they have, as with their superiors."""
    if refused := [grant.title for grant in other.grants if not may_give(grant)]:
        raise Forbidden(
            _("%(who)s plays %(roles)s, which is more than you may do yourself. Ask an owner.",
              who=other.name, roles=_(", ").join(refused))
        )  # fmt: skip
    own = context.current().branches
    if own is not None and (other.branches is None or not other.branches <= own):
        raise Forbidden(_("%(who)s works at branches that are not yours.", who=other.name))
