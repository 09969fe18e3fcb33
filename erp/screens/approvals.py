"""An approval as people read it: who was asked and why, who voted what for whom, what changed, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erp.access import role_name
from erp.documents.base import Document
from erp.documents.content import Difference
from erp.documents.fields import Kind
from erp.i18n import _, format_number, ngettext
from erp.screens import words
from erp.screens.pieces import TheirChange
from erp.screens.words import Names
from erp.web.shapes import State
from erp.workflow.models import OPEN, WorkflowTask, WorkflowVote
from erp.workflow.people import approvals, reopening


@dataclass(frozen=True)
class VoteRow:
    """A seat of an approval, filled or not."""

    who: str
    state: State
    at: Any = None
    how: str = ""
    comment: str = ""


@dataclass(frozen=True)
class ApprovalShown:
    """millrace/_approval.html."""

    rule: str
    because: str
    rows: Sequence[VoteRow]
    missing: str = ""
    changes: Sequence[TheirChange] = ()
    changed_by: str = ""
    earlier: Sequence[VoteRow] = ()
    """Votes on what the document said before."""


def decision_state(decision: str) -> State:
    """A decision as a badge."""
    return {
        approvals.APPROVE: State("good", _("Approved")),
        approvals.REJECT: State("bad", _("Rejected")),
        approvals.RETURN: State("wait", _("Sent back")),
    }[decision]


def rule_words(approval: Mapping[str, Any]) -> str:
    """How many of whom must approve: `2 of 3 must approve, one after the other.`."""
    count, seats = approval["quorum"], len(approval["seats"])
    if seats == 1:
        return _("One person decides.")
    if count == 1:
        return _("One of %(seats)s is enough.", seats=format_number(seats))
    if count == seats:
        text = _("All %(seats)s must approve", seats=format_number(seats))
    else:
        text = _("%(count)s of %(seats)s must approve", count=format_number(count), seats=format_number(seats))
    return _("%(rule)s, one after the other.", rule=text) if approval["ordered"] else _("%(rule)s.", rule=text)


def because(asked: Mapping[str, Any]) -> str:
    """Why these people were asked: the rule of the table that named them, and who was left out."""
    parts, rule = [], asked.get("rule") or {}
    if rule.get("rules"):
        numbers = _(", ").join(format_number(each) for each in rule["rules"])
        inputs = _(", ").join(f"{_(name)} = {words.plain(value)}" for name, value in (rule.get("inputs") or {}).items())
        text = _("Rule %(numbers)s of “%(table)s” names them", numbers=numbers, table=_(rule["decision"]))
        parts.append(_("%(rule)s, for %(inputs)s.", rule=text, inputs=inputs) if inputs else f"{text}.")
    left = asked.get("left_out") or ()
    if left:
        names = asked.get("names", {})
        who = _(", ").join(names.get(each) or role_name(each) for each in left)
        parts.append(_("%(who)s was left out: nobody approves what is their own.", who=who))
    return " ".join(parts)


def _row(vote: WorkflowVote) -> VoteRow:
    who = vote.member if not vote.for_name else _("%(who)s for %(whom)s", who=vote.member, whom=vote.for_name)
    how = {"mail": _("by mail"), "rest": _("API")}.get(vote.way, "")
    return VoteRow(who, decision_state(vote.decision), vote.at, how, vote.comment)


def shown(task: WorkflowTask, document: Document, currency: str = "") -> ApprovalShown | None:
    """The panel of an approval; None for any other task."""
    if task.approval is None:
        return None
    cast, every = approvals.votes(task), approvals.votes(task, every=True)
    by_seat = {vote.seat: vote for vote in cast}
    rows, waits = [], State("idle", _("Not yet"))
    for place, seat in enumerate(task.approval["seats"]):
        name = approvals.seat_name(seat)
        if place in by_seat:
            row = _row(by_seat[place])
            role = "" if seat["key"].startswith("#") else name
            rows.append(row if not role else VoteRow(f"{row.who} ({role})", row.state, row.at, row.how, row.comment))
        else:
            given = seat.get("given_by")
            text = _("%(who)s, asked by %(whom)s", who=name, whom=given) if given else name
            note = _("“%(text)s”", text=seat["note"]) if seat.get("note") else ""
            rows.append(VoteRow(text, waits, comment=note))
    is_open = task.status == OPEN
    return ApprovalShown(
        rule=rule_words(task.approval),
        because=because(task.asked),
        rows=rows,
        missing=approvals.missing(task) if is_open and task.candidates else "",
        changes=changed(reopening.changes(task, document), currency) if is_open else (),
        changed_by=str(task.approval.get("changed_by", "")),
        earlier=[_row(each) for each in every if each.content_hash != task.approval["hash"]],
    )


def changed(found: Sequence[Difference], currency: str = "") -> list[TheirChange]:
    """Differences of two contents in words: old and new value, lines added and removed."""
    names = Names()
    links = [each for each in found if each.field is not None and each.field.kind is Kind.LINK]
    names.load(
        {(e.field.target, side) for e in links if e.field for side in (e.before, e.after) if isinstance(side, int)}
    )
    told = []
    for each in found:
        line = _("%(table)s, %(line)s", table=each.table, line=each.line) if each.line else each.table
        if each.field is None:
            added = each.after is not None
            told.append(TheirChange(line, "" if added else _("there"), _("added") if added else _("removed")))
            continue
        label = str(each.field.label)
        old, new = (words.in_words(each.field, side, names, currency) for side in (each.before, each.after))
        told.append(TheirChange(f"{line}: {label}" if line else label, old, new))
    return told


def event_words(kind: str, name: str, data: Mapping[str, Any]) -> tuple[str, str]:
    """What an event of an approval says in history, and the colour of its dot; '' for other events."""
    if kind == "asked":
        who = _(", ").join(role_name(each) for each in data["seats"])
        count = ngettext("%(num)s must approve", "%(num)s must approve", data["quorum"])
        text = _("%(step)s: asked %(who)s; %(count)s", step=name, who=who, count=count)
        why = because({"rule": data.get("because"), "left_out": data.get("left_out")})
        return (f"{text}. {why}" if why else text), ""
    if kind == "voted":
        state = decision_state(data["decision"])
        text = _("%(step)s: %(decision)s", step=name, decision=state.label.lower())
        if data.get("way") == "mail":
            text = _("%(text)s (by mail)", text=text)
        if data.get("comment"):
            text = _("%(text)s – “%(comment)s”", text=text, comment=data["comment"])
        return text, state.kind if state.kind in {"good", "bad"} else ""
    if kind == "approval":
        return _ended(name, data)
    if kind == "reopened" and not data["votes"]:
        return _("%(step)s: the document was changed before anybody voted", step=name), ""
    if kind == "reopened":
        return _("%(step)s: open again, because the document was changed; votes before count no more", step=name), "bad"
    if kind == "left_out":
        left = _(", ").join(f"“{each}”" for each in data["lines"])
        return _("%(step)s: left out %(lines)s – “%(comment)s”", step=name, lines=left, comment=data["comment"]), "bad"
    if kind == "escalated":
        return _("%(step)s: the deadline is over, %(who)s may decide too", step=name, who=data["who"]), "bad"
    return "", ""


def _ended(name: str, data: Mapping[str, Any]) -> tuple[str, str]:
    if data["outcome"] == approvals.APPROVED and data["yes"] < data["quorum"]:
        return _("%(step)s: nobody need approve what the document says now", step=name), "good"
    ends = {
        approvals.APPROVED: (_("%(step)s: decided, approved by %(yes)s of %(quorum)s needed"), "good"),
        approvals.REJECTED: (_("%(step)s: decided, rejected: %(quorum)s can no longer approve"), "bad"),
        approvals.RETURNED: (_("%(step)s: decided, sent back"), ""),
    }
    text, colour = ends[data["outcome"]]
    return text % {"step": name, "yes": format_number(data["yes"]), "quorum": format_number(data["quorum"])}, colour
