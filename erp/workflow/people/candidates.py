"""Who may do a task: its lane's role, or whom the diagram names instead, and whoever stands in for one of them.

The same truth twice, for a row and for a statement: `standing_for` and `mine`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from erp import clock, context
from erp.access import CUSTOMER, ROLE_NAMES, TRUSTED, Member, MemberBranch, known_roles, members_with, plays, seen_as
from erp.data import audit, prepared
from erp.data.base import session
from erp.people import absences
from erp.people.absences import Away
from erp.workflow import history
from erp.workflow.errors import ScriptError
from erp.workflow.models import DONE, OPEN, WorkflowEvent, WorkflowInstance, WorkflowTask
from erp.workflow.scripting import scripts

if TYPE_CHECKING:
    from erp.documents.base import Document
    from erp.workflow.diagrams.diagram import Element

MEMBER = "#"
"""Begins a candidate that is a member's id; others are names of roles."""
CREATOR = "creator"
"""Name of whoever made the document, in expressions and in `not_by`."""
HERE = "branch"
"""Value of `at`: the document's branch; `to_branch` is the one its column `to_branch_id` names.

A lane's task is for who works there, a task with candidates for those of them who reach it.
"""


# -- for whom one may act --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """Oneself, or somebody who is away and for whom one stands in."""

    member_id: int | None
    roles: frozenset[str]
    branch_id: int | None
    away: Away | None = None
    branches: frozenset[int] | None = None
    """The branches they are limited to; None for all."""

    @property
    def keys(self) -> list[str]:
        """Every candidate that means them."""
        return sorted({*(self.roles - {CUSTOMER}), f"{MEMBER}{self.member_id}"})

    def reaches(self, branch_id: int | None) -> bool:
        """Whether what belongs to a branch is theirs to see."""
        return branch_id is None or self.branches is None or branch_id in self.branches


def standings() -> list[Standing]:
    """The actor, then everybody they stand in for today."""
    acting = context.current()
    found = [Standing(acting.member_id, acting.roles, acting.branch_id, branches=acting.branches)]
    for away in absences.stood_in_for():
        theirs = seen_as(away.user_id, source="web")
        if theirs is not None:
            found.append(Standing(away.member_id, theirs.roles, theirs.branch_id, away, theirs.branches))
    return found


def mine() -> sa.ColumnElement[bool]:
    """The open tasks the actor may do, in their own name or for somebody who is away."""
    return _of(tuple(standings()))


@lru_cache(maxsize=256)
def _of(stood: tuple[Standing, ...]) -> sa.ColumnElement[bool]:
    """Put together once for each actor: every page asks it, some twice."""
    ids = [each.member_id for each in stood if each.member_id is not None]
    ways = [_way(each, stood[0].member_id) for each in stood]
    return sa.and_(WorkflowTask.status == OPEN, sa.or_(*ways), sa.not_(WorkflowTask.excluded.overlap(_numbers(ids))))


def _way(one: Standing, actor_id: int | None) -> sa.ColumnElement[bool]:
    by_role = sa.and_(
        WorkflowTask.candidates.is_(None),
        WorkflowTask.role.in_(sorted(one.roles - {CUSTOMER})),
        sa.or_(WorkflowTask.branch_id.is_(None), WorkflowTask.branch_id == one.branch_id),
    )
    named = WorkflowTask.candidates.overlap(sa.cast(one.keys, sa.ARRAY(sa.String)))
    if one.branches is not None:
        reached = WorkflowTask.branch_id.in_(sorted(one.branches))
        named = sa.and_(named, sa.or_(WorkflowTask.branch_id.is_(None), reached))
    voters = sorted({each for each in (one.member_id, actor_id) if each is not None})
    return sa.and_(
        sa.or_(
            WorkflowTask.assignee_id == one.member_id,
            sa.and_(WorkflowTask.assignee_id.is_(None), sa.or_(by_role, named)),
        ),
        sa.not_(WorkflowTask.voted.overlap(_numbers(voters))),
    )


def _numbers(ids: Sequence[int]) -> sa.ColumnElement[Any]:
    return sa.cast(list(ids), sa.ARRAY(sa.BigInteger))


def _fits(one: Standing, task: WorkflowTask, actor_id: int | None) -> bool:
    if {one.member_id, actor_id} & set(task.voted or ()):
        return False
    if task.assignee_id is not None and task.assignee_id == one.member_id:
        return True
    if task.candidates is not None:
        return one.reaches(task.branch_id) and bool(set(task.candidates) & set(one.keys))
    return task.role in one.roles and task.branch_id in (None, one.branch_id)


def standing_for(task: WorkflowTask) -> Standing | None:
    """As whom the actor may do a task, themselves first; None when it is not theirs, whoever has claimed it."""
    stood = standings()
    if {each.member_id for each in stood} & set(task.excluded or ()):
        return None
    return next((each for each in stood if _fits(each, task, stood[0].member_id)), None)


def is_trusted() -> bool:
    """Whether the actor is the system itself, which may do every task but cannot vote."""
    return context.current().source in TRUSTED


def able(task: WorkflowTask) -> list[Member]:
    """The members who may do a task in their own name, by name."""
    if task.assignee_id is not None:
        found = [session().get(Member, task.assignee_id)]
        return [each for each in found if each is not None and each.is_active]
    if task.role == CUSTOMER and task.candidates is None:
        return []
    out = {*(task.excluded or ()), *(task.voted or ())}
    return [each for each in _called(task, task.candidates or [task.role]) if each.id not in out]


def _called(task: WorkflowTask, keys: Sequence[str]) -> list[Member]:
    """The members these keys mean for a task: who works at its branch, of named candidates who reaches it."""
    if task.candidates is None or task.branch_id is None:
        return members_of(keys, task.branch_id)
    found = members_of(keys)
    limits = sa.select(MemberBranch.member_id, MemberBranch.branch_id == task.branch_id).where(
        MemberBranch.member_id.in_([each.id for each in found])
    )
    limited: dict[int, bool] = {}
    for member_id, is_there in session().execute(limits):
        limited[member_id] = limited.get(member_id, False) or is_there
    return [each for each in found if limited.get(each.id, True)]


def members_of(keys: Sequence[str], branch_id: int | None = None) -> list[Member]:
    """The active members these candidates mean, by name, each once."""
    found: dict[int, Member] = {}
    for key in keys:
        if key.startswith(MEMBER):
            member = session().get(Member, int(key[1:]))
            if member is not None and member.is_active:
                found[member.id] = member
        else:
            found |= {each.id: each for each in members_with(key) if branch_id in (None, each.branch_id)}
    return sorted(found.values(), key=lambda each: each.name)


def names_of(keys: Sequence[str]) -> dict[str, str]:
    """What the members among candidates are called, by their candidate."""
    members = members_of([key for key in keys if key.startswith(MEMBER)])
    return {f"{MEMBER}{each.id}": each.name for each in members}


def may_be_given(task: WorkflowTask, member: Member) -> bool:
    """Whether a member may be handed a task: they are one of its candidates, or play its lane."""
    if (
        not member.is_active
        or member.id in (task.excluded or ())
        or _stands_in_for(member.id) & set(task.excluded or ())
    ):
        return False
    keys = [task.role, *(task.candidates or ())]
    if f"{MEMBER}{member.id}" in keys:
        return True
    roles = [key for key in keys if not key.startswith(MEMBER)]
    return any(plays(member.id, key) for key in roles) and member in _called(task, roles)


def _stands_in_for(member_id: int) -> set[int]:
    with context.acting(member_id=member_id):
        return {each.member_id for each in absences.stood_in_for()}


def givable(task: WorkflowTask) -> list[Member]:
    """The colleagues a task may be handed to, by name."""
    keys = [key for key in (task.role, *(task.candidates or ())) if key != CUSTOMER]
    own = context.current().member_id
    return [each for each in _called(task, keys) if each.id != own and may_be_given(task, each)]


# -- whom a diagram names --------------------------------------------------------------------------------


class Asker(Protocol):
    """A step that asks whom its diagram names, or a table that is asked once more."""

    @property
    def row(self) -> WorkflowInstance:
        """The instance."""

    @property
    def document(self) -> Document:
        """What it is about."""

    @property
    def is_new(self) -> bool:
        """Whether the process begins with it."""

    def names(self) -> Mapping[str, object]:
        """`document`, as expressions see it."""

    def values(self, token: Any) -> Mapping[str, Any]:
        """Process data as a waiting task sees it."""

    def ruled(self) -> Sequence[Mapping[str, Any]]:
        """What tables answered just now, the newest first."""


@dataclass(frozen=True)
class Named:
    """Whom an expression named, and why."""

    keys: tuple[str, ...]
    asked: Mapping[str, Any]


def describe(step: Asker, element: Element, token: Any) -> dict[str, Any]:
    """The columns of a new task that say who may do it."""
    text = element.properties.get("candidates", "").strip() or element.properties.get("assign_to", "").strip()
    found: dict[str, Any] = {"excluded": excluded(step, element)}
    if where := element.properties.get("at", "").strip():
        found["branch_id"] = getattr(step.document, f"{where}_id")
    if not text:
        return found
    named = named_by(step, element, text, token)
    if named.keys:
        found["candidates"] = list(named.keys)
    found["asked"] = {**named.asked, "names": names_of(named.keys)}
    if element.properties.get("assign_to", "").strip() and len(named.keys) == 1:
        (key,) = named.keys
        member = session().get(Member, int(key[1:])) if key.startswith(MEMBER) else None
        if member is not None and member.id not in found["excluded"]:
            found |= {"assignee_id": member.id, "assignee": member.name, "claimed_at": clock.now()}
    return found


def named_by(step: Asker, element: Element, text: str, token: Any) -> Named:
    """The members and roles an expression names, in its order and each once; who is unknown is told, not named."""
    values = step.values(token)
    roots = {path[0] for path in scripts.names_in(text)}
    names: dict[str, object] = {**step.names(), **({CREATOR: creator(step)} if CREATOR in roots else {})}
    try:
        wished = list(dict.fromkeys(_keys(scripts.evaluate(text, values, names, clock.now))))
    except ScriptError as error:
        raise error.at(element.id, element.label, text) from error
    titles = {title: role for role, title in ROLE_NAMES.items()}
    roles = known_roles([titles.get(key, key) for key in wished if not key.startswith(MEMBER)])
    found: list[str] = []
    unknown: list[str] = []
    for key in wished:
        known = titles.get(key, key)
        is_known = known in roles
        if key.startswith(MEMBER):
            member = session().get(Member, int(key[1:])) if key[1:].isdecimal() and len(key) < 19 else None
            is_known, known = member is not None and member.is_active, key
        (found if is_known else unknown).append(known)
    looked = {name: value for name, value in scripts.inputs(text, values, names).items() if name != CREATOR}
    asked = {"text": text, "inputs": history.plain(looked), "rule": _rule(step, roots), "unknown": unknown}
    return Named(tuple(found), {name: value for name, value in asked.items() if value})


def _keys(value: Any) -> list[str]:
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, int):
        return [f"{MEMBER}{value}"]
    if isinstance(value, list | tuple):
        return [key for each in value for key in _keys(each)]
    parts = [part.strip() for part in str(value).split(",")]
    return [f"{MEMBER}{part}" if part.isdecimal() else part for part in parts if part]


def _rule(step: Asker, roots: set[str]) -> dict[str, Any]:
    """The table and its rules that gave what the expression reads; empty where no table did."""
    if not roots:
        return {}
    statement = sa.select(WorkflowEvent.data).where(
        WorkflowEvent.instance_id == step.row.id, WorkflowEvent.kind == "ruled"
    )
    before = session().scalars(statement.order_by(WorkflowEvent.seq.desc()).limit(20))
    for data in [*step.ruled(), *before]:
        last = data["rulings"][-1]
        if roots & set(last["outputs"]):
            kept = {name: last.get(name) for name in ("decision", "rules", "inputs", "outputs")}
            return dict(history.plain(kept))
    return {}


def excluded(step: Asker, element: Element) -> list[int]:
    """Members who may not do it: who made the document, or who did one of the steps named."""
    found: set[int] = set()
    for name in filter(None, (each.strip() for each in element.properties.get("not_by", "").split(","))):
        if name == CREATOR:
            maker = creator(step)
            found |= {maker} if maker is not None else set()
        else:
            done = prepared.rows(_done(), {"instance": step.row.id, "element": name})
            found |= {each for (ids,) in done for each in ids}
    return sorted(found)


@cache
def _done() -> sa.Select[list[int]]:
    """Who did the step `element` of an instance."""
    return sa.select(WorkflowTask.closed_by_ids).where(
        WorkflowTask.instance_id == sa.bindparam("instance"), WorkflowTask.element == sa.bindparam("element"),
        WorkflowTask.status == DONE,
    )  # fmt: skip


def creator(step: Asker) -> int | None:
    """The member who made the step's document; None when a program or nobody did."""
    user_id = audit.maker_of(step.row.document_type, step.row.document_id)
    if user_id is None:
        user_id = context.current().user_id if step.is_new else None
    if user_id is None:
        return None
    return session().scalar(sa.select(Member.id).where(Member.user_id == user_id))
