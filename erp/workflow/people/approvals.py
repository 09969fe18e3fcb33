"""Approvals: a task several people decide by votes, each bound to the content of the document they saw.

Who is asked are seats: a role or a member each. A vote fills one seat and counts for one content only; when the content
changes, the votes on it stay where they are and the seats are open again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from erp import clock, context
from erp.access import Member, role_name
from erp.data.base import session
from erp.data.organisation import open_after
from erp.documents import content
from erp.documents.base import Document
from erp.documents.fields import Kind
from erp.errors import Conflict, Forbidden, Invalid
from erp.forms import Form, FormField
from erp.i18n import _, format_number
from erp.notifications import notify, settle_at
from erp.people import absences
from erp.people.absences import Away
from erp.workflow import history
from erp.workflow.diagrams import voting
from erp.workflow.diagrams.timing import parse_duration
from erp.workflow.errors import ScriptError
from erp.workflow.linting.staffing import ALL, ANY, ORDERED, PARALLEL
from erp.workflow.models import OPEN, WorkflowInstance, WorkflowTask, WorkflowVote
from erp.workflow.people import candidates, dropping
from erp.workflow.people.candidates import MEMBER, Asker
from erp.workflow.scripting import scripts

if TYPE_CHECKING:
    from erp.workflow.diagrams.diagram import Element

APPROVE, REJECT, RETURN = voting.ENDS
APPROVED, REJECTED, RETURNED = voting.ENDS.values()
DECISION, COMMENT = voting.DECISION, voting.COMMENT
_WAYS = {"mail": "mail", "rest": "rest"}


class ContentChanged(Conflict):
    """The document is not what was seen when this vote was written; look at the change, then vote again."""

    code = "content_changed"


@dataclass(frozen=True)
class Outcome:
    """How an approval ended, and what goes into process data."""

    outcome: str
    comment: str
    doers: tuple[int, ...]

    @property
    def values(self) -> dict[str, Any]:
        """`approved`, `rejected` and `returned`, one of them true, and what was said last."""
        return voting.told(self.outcome, self.comment)


def alone(decision: str, comment: str) -> Outcome:
    """How an approval ends that one vote decides."""
    return Outcome(voting.ENDS[decision], comment, ())


def form(task: WorkflowTask, document: Document) -> Form:
    """What an approval asks: a decision and why, and which lines are left out where its diagram allows that."""
    return bare(dropping.ticks(task, document))


def bare(ticks: Sequence[FormField] = ()) -> Form:
    """What every approval asks, after these ticks."""
    fields = (
        FormField(COMMENT, Kind.LONG_TEXT, _("Comment"), _("Needed when you reject it or send it back."), longest=2000),
        FormField(
            DECISION, Kind.CHOICE, _("Decision"), required=True, look="buttons",
            choices=((APPROVE, _("Approve")), (RETURN, _("Send back")), (REJECT, _("Reject"))),
        ),
    )  # fmt: skip
    return Form("approval", (*ticks, *fields), (*([dropping.group(ticks)] if ticks else ()), *fields))


# -- asked -------------------------------------------------------------------------------------------------


def describe(step: Asker, element: Element, token: Any) -> dict[str, Any]:
    """The columns of a new task that make it an approval."""
    named = candidates.named_by(step, element, element.properties["approvers"].strip(), token)
    out = candidates.excluded(step, element)
    kept = [key for key in named.keys if key not in {f"{MEMBER}{each}" for each in out}] or [element.lane]
    names = candidates.names_of(kept)
    session().flush()  # new lines have no ids before, and are told from each other by them
    said = content.of(step.document)
    rule = _asked(step, element, "quorum", token) or ALL
    approval = {
        "seats": [{"key": key, "name": names.get(key, "")} for key in kept],
        "rule": rule,
        "quorum": quorum(rule, len(kept)),
        "ordered": _asked(step, element, "order", token) == ORDERED,
        "hash": (now := content.digest(said)),
        "contents": {now: said},
        "escalate_to": list(_escalation(step, element, token)),
        "drops": _table(step, element, token),
    }
    left_out = [key for key in named.keys if key not in kept]
    asked = {**named.asked, "names": candidates.names_of([*kept, *left_out])}
    return {
        "approval": approval,
        "candidates": _open_keys(approval, []),
        "excluded": out,
        "asked": asked | ({"left_out": left_out} if left_out else {}),
        "due_at": _moment(step, _asked(step, element, "deadline", token) or element.due),
        "remind_at": _moment(step, element.properties.get("remind", "").strip()),
    }


def _asked(step: Asker, element: Element, name: str, token: Any) -> str:
    """A property that is a word, a number, or an expression that gives one."""
    text = element.properties.get(name, "").strip()
    if not text or text in {ANY, ALL, ORDERED, PARALLEL} or text.isdecimal():
        return text
    values = step.values(token)
    if _is_left_out(text, values):
        return ""
    try:
        value = scripts.evaluate(text, values, step.names(), clock.now)
    except ScriptError as error:
        raise error.at(element.id, element.label, text) from error
    return "" if value is None else str(value).strip()


def _table(step: Asker, element: Element, token: Any) -> str:
    """The lines of the document an approver may leave out, "" for none."""
    text = element.properties.get("drops", "").strip()
    name = text if dropping.is_table(step.document, text) else _asked(step, element, "drops", token)
    if name and not dropping.is_table(step.document, name):
        reason = _("The document has no lines called “%(name)s”.", name=name)
        raise ScriptError(reason).at(element.id, element.label, text)
    return name


def quorum(rule: str, seats: int) -> int:
    """How many of so many seats must approve: any, all or a number of them."""
    if rule == ANY:
        return 1
    return max(1, min(int(rule), seats)) if rule.isdecimal() else seats


def _escalation(step: Asker, element: Element, token: Any) -> Sequence[str]:
    text = element.properties.get("escalate_to", "").strip()
    if not text or _is_left_out(text, step.values(token)):
        return ()
    return candidates.named_by(step, element, text, token).keys


def _is_left_out(text: str, values: Mapping[str, Any]) -> bool:
    """Whether an expression is only the name of a parameter its caller has not set."""
    return text.isidentifier() and text not in values


def _moment(step: Asker, text: str) -> Any:
    """When so many open hours have passed at the document's branch; None without a duration."""
    if not text:
        return None
    now = clock.now()
    span = parse_duration(text).after(now) - now
    return open_after(step.document.branch_id, now, span)


def _address(task: WorkflowTask) -> str:
    """Where it is decided."""
    return f"/inbox/{task.id}"


def tell_asked(task: WorkflowTask, *, kind: str = "approval_asked") -> None:
    """Tell everybody whose vote is wanted now, and who stands in for them."""
    assert task.approval is not None
    able = {each.id for each in candidates.able(task)}
    stand_ins = {each.stand_in_id for each in absences.of(able) if each.is_now and each.stand_in_id is not None}
    for member_id in sorted(able | stand_ins):
        notify(
            member_id, kind, subject=(task.document_type, task.document_id), url=_address(task),
            key=f"{kind}:{task.id}:{task.approval['hash'][:16]}", task=task.name, document=task.title,
            who=task.approval.get("changed_by", ""), task_id=task.id,
        )  # fmt: skip


def opened(instance: WorkflowInstance, task: WorkflowTask) -> None:
    """Write into history who is asked and why, and tell them."""
    note_asked(instance, task)
    tell_asked(task)


def note_asked(instance: WorkflowInstance, task: WorkflowTask) -> None:
    """Write into history who is asked and why."""
    assert task.approval is not None
    history.about(
        instance, task, "asked", seats=[seat_name(each) for each in task.approval["seats"]],
        quorum=task.approval["quorum"], rule=task.approval["rule"], ordered=task.approval["ordered"],
        because=task.asked.get("rule") or {}, left_out=_names(task, task.asked.get("left_out", ())),
    )  # fmt: skip


def escalate(task: WorkflowTask, instance: WorkflowInstance) -> None:
    """The deadline of a locked approval is over: whom the diagram names may fill its open seats too."""
    if task.status != OPEN or task.approval is None or task.approval.get("escalated"):
        return
    task.approval = {**task.approval, "escalated": True}
    keys = task.approval["escalate_to"]
    task.asked = {**task.asked, "names": {**task.asked.get("names", {}), **candidates.names_of(keys)}}
    count(task)
    history.about(instance, task, "escalated", who=_(", ").join(_names(task, keys)))
    for member in candidates.members_of(keys):
        notify(
            member.id, "approval_late", subject=(task.document_type, task.document_id), url=_address(task),
            key=f"approval_late:{task.id}", task=task.name, document=task.title, task_id=task.id,
        )  # fmt: skip


def _names(task: WorkflowTask, keys: Sequence[str]) -> list[str]:
    names = task.asked.get("names", {})
    return [names.get(key) or role_name(key) for key in keys]


def seat_name(seat: Any) -> str:
    """Who a seat is for, in words."""
    return str(seat["name"] or role_name(seat["key"]))


# -- votes -------------------------------------------------------------------------------------------------


def votes(task: WorkflowTask, *, every: bool = False) -> list[WorkflowVote]:
    """The votes on the content as it is now, or all there were, the earliest first."""
    assert task.approval is not None
    mine = [WorkflowVote.task_id == task.id]
    if not every:
        mine.append(WorkflowVote.content_hash == task.approval["hash"])
    return list(session().scalars(sa.select(WorkflowVote).where(*mine).order_by(WorkflowVote.id)))


def _open_keys(approval: Any, filled: Sequence[int]) -> list[str]:
    """Who may fill a seat that is open: in an ordered approval only the first, and whoever it was escalated to."""
    free = [seat["key"] for place, seat in enumerate(approval["seats"]) if place not in filled]
    wanted = free[:1] if approval["ordered"] else free
    more = approval["escalate_to"] if approval.get("escalated") and free else []
    return list(dict.fromkeys([*wanted, *more]))


def _seat_of(task: WorkflowTask, keys: Sequence[str]) -> int:
    """The open seat a voter fills; raises Forbidden."""
    assert task.approval is not None
    filled = {vote.seat for vote in votes(task)}
    free = [place for place in range(len(task.approval["seats"])) if place not in filled]
    free = free[:1] if task.approval["ordered"] else free
    seats = task.approval["seats"]
    own = [place for place in free if seats[place]["key"] in keys]
    if not own and task.approval.get("escalated") and set(task.approval["escalate_to"]) & set(keys):
        own = free
    if not own:
        raise Forbidden(_("Your vote is not wanted here now."))
    # the one fewest others could fill, so that nobody takes another's only place
    return min(own, key=lambda place: len(candidates.members_of([seats[place]["key"]])))


def vote(task: WorkflowTask, instance: WorkflowInstance, document: Document, answers: dict[str, Any]) -> Outcome | None:
    """Cast the actor's vote on a locked task; how the approval ends by it, None while more votes are wanted.

    Raises Forbidden, Invalid at `comment`, or ContentChanged.
    """
    assert task.approval is not None
    acting, standing = context.current(), candidates.standing_for(task)
    if standing is None or acting.member_id is None:
        raise Forbidden(_("Only people vote, each in their own name."))
    decision, comment = str(answers[DECISION]), _comment(answers)
    if decision != APPROVE and not comment:
        raise Invalid(fields={COMMENT: _("Say why.")})
    if content.digest(content.of(document)) != task.approval["hash"]:
        raise ContentChanged
    away = standing.away
    seat = _seat_of(task, standing.keys)
    row = WorkflowVote(
        task_id=task.id, seat=seat, member_id=acting.member_id, member=_own_name(away),
        for_id=away.member_id if away else None, for_name=away.name if away else "", decision=decision,
        comment=comment, content_hash=task.approval["hash"], way=_WAYS.get(acting.source, "web"),
    )  # fmt: skip
    session().add(row)
    session().flush()
    where = seat_name(task.approval["seats"][seat])
    history.about(instance, task, "voted", decision=decision, comment=comment, way=row.way, seat=where)
    before = list(task.candidates or ())
    outcome = count(task)
    if outcome is None and task.approval["ordered"] and list(task.candidates or ()) != before:
        tell_asked(task)
    return outcome


def left_out(
    task: WorkflowTask, instance: WorkflowInstance, document: Document, answers: Mapping[str, Any]
) -> Sequence[Any]:
    """Lines the actor leaves out with their vote, noted in history; raises Invalid at the tick or at `comment`."""
    found = dropping.ticked(task, document, answers, approves=answers[DECISION] == APPROVE)
    if found:
        if not (comment := _comment(answers)):
            raise Invalid(fields={COMMENT: _("Say why these lines are left out.")})
        names = [dropping.called(task, document, line) for line in found]
        history.about(instance, task, "left_out", lines=names, comment=comment)
    return found


def _comment(answers: Mapping[str, Any]) -> str:
    return str(answers.get(COMMENT) or "").strip()


def _own_name(away: Away | None) -> str:
    member = session().get(Member, context.current().member_id)
    return member.name if member is not None and away is not None else context.current().name


def count(task: WorkflowTask) -> Outcome | None:
    """Bring a task in line with its votes; how it ended, None while more are wanted."""
    assert task.approval is not None
    cast = votes(task)
    filled = [each.seat for each in cast]
    task.voted = sorted({each for row in cast for each in (row.member_id, row.for_id) if each is not None})
    task.candidates = _open_keys(task.approval, filled)
    doers = tuple(task.voted)
    yes = sum(row.decision == APPROVE for row in cast)
    left = len(task.approval["seats"]) - len(cast)
    comment = next((row.comment for row in reversed(cast) if row.comment), "")
    if any(row.decision == RETURN for row in cast):
        return Outcome(RETURNED, comment, doers)
    if yes >= task.approval["quorum"]:
        return Outcome(APPROVED, comment, doers)
    if yes + left < task.approval["quorum"]:
        return Outcome(REJECTED, comment, doers)
    return None


def missing(task: WorkflowTask) -> str:
    """What is still wanted, in a sentence."""
    assert task.approval is not None
    yes = sum(row.decision == APPROVE for row in votes(task))
    wanted = task.approval["quorum"] - yes
    who = _(", ").join(_names(task, task.candidates or ()))
    if task.approval["ordered"]:
        return _("%(count)s more must approve; the next is %(who)s.", count=format_number(wanted), who=who)
    return _("%(count)s more must approve, of: %(who)s.", count=format_number(wanted), who=who)


def hand_on(task: WorkflowTask, instance: WorkflowInstance, member: Member, away: Away | None, note: str) -> None:
    """Give one's seat to a colleague."""
    assert task.approval is not None
    standing = candidates.standing_for(task)
    seat = _seat_of(task, standing.keys if standing is not None else ())
    if member.id in task.voted:
        raise Conflict(_("%(who)s has voted already.", who=member.name))
    key = f"{MEMBER}{member.id}"
    if any(each["key"] == key for each in task.approval["seats"]):
        raise Conflict(_("%(who)s is asked already.", who=member.name))
    seats = [dict(each) for each in task.approval["seats"]]
    said = note.strip()[:400]
    seats[seat] = {"key": key, "name": member.name, "given_by": context.current().name, "note": said}
    task.approval = {**task.approval, "seats": seats}
    task.asked = {**task.asked, "names": {**task.asked.get("names", {}), key: member.name}}
    task.note = said
    history.about(instance, task, "delegated", to=member.name, note=task.note, **({"for": away.name} if away else {}))
    count(task)


def decided(task: WorkflowTask, instance: WorkflowInstance, outcome: Outcome) -> None:
    """Note how an approval ended, in history and on the task."""
    assert task.approval is not None
    task.approval = {**task.approval, "outcome": outcome.outcome}
    history.about(
        instance, task, "approval", outcome=outcome.outcome, comment=outcome.comment,
        yes=sum(row.decision == APPROVE for row in votes(task)), quorum=task.approval["quorum"],
    )  # fmt: skip
    settle_at(_address(task))
