"""A report's parameters under a name, one's own or shared, and those a member used last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from erp import context
from erp.access import Member, require
from erp.data.base import repeated, session
from erp.documents.saved_views import EVERYBODY
from erp.errors import Conflict, Forbidden, Invalid, NotFound
from erp.i18n import _
from erp.reports.definitions import Report
from erp.reports.models import ReportChoice, ReportVariant

MOST = 60
"""Variants of one member of one report."""
LONGEST = 60


@dataclass(frozen=True)
class Kept:
    """What the acting member has of one report."""

    variants: Sequence[ReportVariant]
    last: Mapping[str, str]
    """What they asked last; empty for nothing yet."""

    def find(self, variant_id: int) -> ReportVariant:
        """A variant they see; raises NotFound."""
        for variant in self.variants:
            if variant.id == variant_id:
                return variant
        raise NotFound(_("There is no such variant."))


def kept(report: Report) -> Kept:
    """The variants the acting member sees, by name, and what they asked last; one statement."""
    acting = context.current()
    seen = sa.or_(
        ReportVariant.member_id == acting.member_id, ReportVariant.shared_with.in_([EVERYBODY, *sorted(acting.roles)])
    )
    statement = (
        sa.select(ReportChoice, ReportVariant)
        .select_from(Member)
        .outerjoin(ReportChoice, sa.and_(ReportChoice.member_id == Member.id, ReportChoice.report == report.name))
        .outerjoin(ReportVariant, sa.and_(ReportVariant.report == report.name, seen))
        .where(Member.id == acting.member_id)
        .order_by(sa.func.lower(ReportVariant.name), ReportVariant.id)
    )
    rows = session().execute(statement).all()
    choice = rows[0][0] if rows else None
    return Kept([variant for _choice, variant in rows if variant is not None], choice.args if choice else {})


@repeated
def remember(report: Report, args: Mapping[str, str]) -> None:
    """Keep what the acting member asked a report for."""
    own = {"member_id": context.current().member_id, "report": report.name}
    session().execute(insert(ReportChoice).on_conflict_do_nothing(), [{**own, "args": {}}])
    choice = session().scalars(sa.select(ReportChoice).filter_by(**own).with_for_update()).one()
    choice.args = dict(args)


@repeated
def save(report: Report, name: str, args: Mapping[str, str], *, is_shared: bool = False) -> ReportVariant:
    """Keep parameters under a name, in place of one's own of that name; raises Invalid at `name`, or Forbidden."""
    name = name.strip()
    if not name or len(name) > LONGEST:
        raise Invalid(fields={"name": _("Give the variant a name of at most %(count)s characters.", count=LONGEST)})
    if is_shared:
        require("share", "view")
    acting = context.current()
    own = [each for each in kept(report).variants if each.member_id == acting.member_id]
    variant = next((each for each in own if each.name.lower() == name.lower()), None)
    if variant is None:
        if len(own) >= MOST:
            raise Conflict(_("You keep %(count)s variants here; remove one first.", count=len(own)))
        variant = ReportVariant(report=report.name, name=name, member_id=acting.member_id, args={})
        session().add(variant)
    variant.args, variant.shared_with = dict(args), EVERYBODY if is_shared else ""
    session().flush()
    return variant


@repeated
def remove(report: Report, variant_id: int) -> ReportVariant:
    """Forget a variant; raises NotFound, or Forbidden for somebody else's."""
    variant = kept(report).find(variant_id)
    if not variant.may_change:
        raise Forbidden(_("This variant belongs to somebody else."))
    session().delete(variant)
    return variant
