"""Why somebody may or may not do something: asked of the very functions that decide, told as a chain of sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from flask import render_template, request
from flask_appbuilder import BaseView, expose

from erp import access, context, operations
from erp.access import CUSTOMER, require
from erp.context import Context
from erp.data.base import session
from erp.data.organisation import company
from erp.documents import narrowing
from erp.documents.conditions import Filter
from erp.documents.types import DocumentType, declared, document_type
from erp.errors import NotFound
from erp.forms.inputs import Choice, Input
from erp.i18n import _
from erp.people import colleagues, giving
from erp.people.colleagues import RIGHT, Colleague
from erp.screens import words
from erp.screens.guard import members_only
from erp.screens.roles import verb_words
from erp.screens.rules import condition_words
from erp.web.shapes import Link
from erp.workflow.people import tasks

VERBS = ("show", "edit", "list", "add", "export", "import")


@dataclass(frozen=True)
class Reason:
    """A link of the chain; `holds` is None for what is told but decides nothing."""

    text: str
    holds: bool | None = None


@dataclass(frozen=True)
class MayView:
    """millrace/may.html."""

    title: str
    crumbs: Sequence[Link]
    fields: Sequence[Input]
    verdict: str = ""
    is_yes: bool = False
    chain: Sequence[Reason] = ()


class May(BaseView):
    """`/people/why`: choose who, what and on which document, and read why."""

    route_base = "/people/why"
    default_view = "index"

    @expose("")
    @members_only
    def index(self) -> str:
        """The form, and the chain once everything is chosen."""
        require("list", RIGHT)
        people = colleagues.all_of()
        who = next((each for each in people if str(each.id) == request.args.get("member")), None)
        verb = request.args.get("verb", "")
        verb = verb if verb in VERBS else VERBS[0]
        name = request.args.get("type", "")
        kind = document_type(name) if name in declared() else None
        row, problem = _row(kind, request.args.get("row", "").strip())
        view = MayView(_("Who may do what"), [Link(_("People"), "/people/")], _fields(people, who, verb, kind, problem))
        if who is not None and kind is not None and not problem:
            chain = explain(who, verb, kind, row)
            is_yes = all(reason.holds is not False for reason in chain)
            view = replace(view, chain=chain, is_yes=is_yes, verdict=_verdict(who, verb, kind, row, is_yes=is_yes))
        return render_template("millrace/may.html", view=view)


def _row(kind: DocumentType | None, text: str) -> tuple[Any, str]:
    """The row that is asked about, None for all, or what is wrong with what was typed; only what the actor sees."""
    if kind is None or not text:
        return None, ""
    require("show", kind.name)
    row_id = _id_of(kind, text)
    try:
        return operations.get(kind.name, row_id), ""
    except NotFound:
        return None, _("There is none of this number here, or you do not see it yourself.")


def _id_of(kind: DocumentType, text: str) -> int:
    """The id of the row that goes by this number; as a plain number it is the last part of a row's address."""
    if text.isdecimal():
        return int(text) if len(text) <= 18 else 0
    number = getattr(kind.cls, "number", None)
    if number is None:
        return 0
    return session().scalar(sa.select(kind.cls.id).where(number == text)) or 0


def _fields(
    people: Sequence[Colleague], who: Colleague | None, verb: str, kind: DocumentType | None, problem: str
) -> list[Input]:
    verbs = verb_words()
    return [
        Input("member", _("Who"), "choice", str(who.id) if who is not None else "", required=True,
              choices=[Choice(str(each.id), each.name) for each in people]),
        Input("verb", _("What"), "choice", verb, required=True, choices=[Choice(each, verbs[each]) for each in VERBS]),
        Input("type", _("On which kind"), "choice", kind.name if kind is not None else "", required=True,
              choices=[Choice(name, str(each.plural)) for name, each in declared().items()]),
        Input("row", _("On which one"), value=request.args.get("row", ""), error=problem,
              hint=_("Its number; empty for any.")),
    ]  # fmt: skip


def _verdict(who: Colleague, verb: str, kind: DocumentType, row: Any, *, is_yes: bool) -> str:
    what = words.called(row) if row is not None else str(kind.plural)
    told = {"who": who.name, "verb": verb_words()[verb], "what": what}
    return _("%(who)s: %(verb)s %(what)s – yes.", **told) if is_yes else _("%(who)s: %(verb)s %(what)s – no.", **told)


def explain(who: Colleague, verb: str, kind: DocumentType, row: Any) -> list[Reason]:
    """The chain for a member of the acting company; it ends at the first link that does not hold."""
    theirs = colleagues.acting_as(who)
    if theirs is None:
        return [Reason(_("%(who)s has left, or their account is closed.", who=who.name), holds=False)]
    found = [Reason(_("%(who)s is an active member of %(company)s.", who=who.name, company=company().name), holds=True)]
    reader = context.current()
    with context.entered(replace(theirs, language=reader.language, calendar=reader.calendar)):
        found.append(_by_role(who, verb, kind))
        if found[-1].holds and row is not None:
            found += _on_row(who, verb, kind, row)
    return found


def _by_role(who: Colleague, verb: str, kind: DocumentType) -> Reason:
    told = {"who": who.name, "verb": verb_words()[verb], "what": str(kind.plural)}
    if access.can(verb, kind.name):
        roles = _(", ").join(grant.title for grant in access.giving(verb, kind.name))
        return Reason(_("%(roles)s gives them “%(verb)s” on %(what)s.", roles=roles, **told), holds=True)
    played = _(", ").join(grant.title for grant in context.current().grants) or _("no role")
    givers = [grant.title for grant in giving.every().values() if (verb, kind.name) in grant.pairs]
    text = _("They play %(played)s, which does not give “%(verb)s” on %(what)s.", played=played, **told)
    if givers:
        text += " " + _("These roles do: %(roles)s.", roles=_(", ").join(givers))
    return Reason(text, holds=False)


def _on_row(who: Colleague, verb: str, kind: DocumentType, row: Any) -> list[Reason]:
    """Branch, rules and, for editing, the open tasks."""
    theirs = context.current()
    found = [_by_branch(theirs, kind, row)]
    if found[-1].holds is not False:
        found += _by_rules(theirs, narrowing.SHOW, kind, row)
    if verb == "edit" and all(reason.holds is not False for reason in found):
        found += _by_rules(theirs, narrowing.EDIT, kind, row)
        if all(reason.holds is not False for reason in found):
            found += _by_process(who, kind, row)
    return found


def _by_branch(theirs: Context, kind: DocumentType, row: Any) -> Reason:
    if not kind.is_document:
        return Reason(_("%(what)s belong to all branches.", what=str(kind.plural)))
    if theirs.branches is None:
        return Reason(_("They reach documents of all branches."), holds=True)
    with context.acting(rules=()):
        is_reached = bool(narrowing.which(narrowing.SHOW, kind, [row.id]))
    if is_reached:
        return Reason(_("They are limited to some branches, and it belongs to one of them or to none."), holds=True)
    return Reason(_("They are limited to other branches than the one it belongs to."), holds=False)


def _by_rules(theirs: Context, verb: str, kind: DocumentType, row: Any) -> list[Reason]:
    ways = access.limits(verb, kind.name)
    if ways is None:
        return [] if verb == narrowing.EDIT else [Reason(_("No rule hides it from them."), holds=True)]
    with context.acting(branches=None):
        is_kept = bool(narrowing.which(verb, kind, [row.id]))
    words = [
        _(" and ").join(condition_words(kind.name, Filter(*condition)) for condition in conditions)
        for conditions in ways
    ]
    where = _(", or ").join(words)
    text = {
        (narrowing.SHOW, True): _("A rule shows it to them: %(where)s.", where=where),
        (narrowing.SHOW, False): _("A rule hides it from them; they see only: %(where)s.", where=where),
        (narrowing.EDIT, True): _("A rule lets them edit it: %(where)s.", where=where),
        (narrowing.EDIT, False): _("A rule keeps them from editing it; they edit only: %(where)s.", where=where),
    }[verb, is_kept]
    return [Reason(text, holds=is_kept)]


def _by_process(who: Colleague, kind: DocumentType, row: Any) -> list[Reason]:
    """What the open tasks let them edit; the last link is what `operations` would answer."""
    found = [_task(who, task) for task in tasks.open_of(kind.name, [row.id])] if kind.is_document else []
    fields = operations.editable_fields(row)
    if fields:
        names = _(", ").join(str(field.label) for field in fields)
        return [*found, Reason(_("They may edit now: %(fields)s.", fields=names), holds=True)]
    text = _("No open task of theirs lets them edit anything now: the process decides when.")
    return [*found, Reason(text, holds=False)]


def _task(who: Colleague, task: Any) -> Reason:
    told = {"task": _(task.name), "role": tasks.for_whom(task), "who": who.name}
    if task.role == CUSTOMER:
        return Reason(_("“%(task)s” waits for the customer.", **told))
    if tasks.may_do(task):
        return Reason(_("“%(task)s” is open for %(role)s, a lane they play.", **told))
    if who.id in task.excluded:
        return Reason(_("“%(task)s” is open, and nobody may do it for a document of their own.", **told))
    if task.assignee:
        return Reason(_("“%(task)s” is open, and %(assignee)s has it.", assignee=task.assignee, **told))
    return Reason(_("“%(task)s” is open for %(role)s, a lane they do not play.", **told))
