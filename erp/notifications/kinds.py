"""The kinds of notifications: the platform's own and those plugins add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from erp.hooks import hook
from erp.i18n import N_, _

NONE, APP, MAIL, BOTH = "none", "app", "mail", "both"
WAYS = (NONE, APP, MAIL, BOTH)
"""In the program, by e-mail, both, or not at all."""


@dataclass(frozen=True)
class NoticeKind:
    """A kind of notification; label and sentence are marked texts, the sentence filled with what `notify` was given."""

    name: str
    label: str
    sentence: str
    """`%(who)s mentioned you in %(document)s`"""
    icon: str = "bell"
    way: str = APP
    """How members are told who have not chosen otherwise."""
    to_oneself: bool = False
    """Whether it is told even to the one who caused it."""


@hook
def kinds() -> Sequence[NoticeKind]:
    """Asked for the kinds a plugin adds; answered in its `hooks.py`."""
    return ()


OWN = (
    NoticeKind("mentioned", N_("Somebody mentions me"), N_("%(who)s mentioned you in %(document)s"), "at", BOTH),
    NoticeKind(
        "follow_up_due", N_("A reminder is due"), N_("Reminder for %(document)s"), "alarm", BOTH, to_oneself=True
    ),
    NoticeKind(
        "task_delegated", N_("A task is given to me"), N_("%(who)s gave you “%(task)s” for %(document)s"), "user-share",
        BOTH,
    ),
    NoticeKind(
        "task_overdue", N_("A task of mine is late"), N_("“%(task)s” for %(document)s is late"), "clock-exclamation",
        to_oneself=True,
    ),
    NoticeKind(
        "approval_asked", N_("Something waits for my approval"), N_("%(document)s waits for your approval: %(task)s"),
        "checks", BOTH, to_oneself=True,
    ),
    NoticeKind(
        "approval_open_again", N_("What I approved was changed"),
        N_("%(document)s was changed by %(who)s and waits for your approval again: %(task)s"), "alert-triangle", BOTH,
        to_oneself=True,
    ),
    NoticeKind(
        "approval_late", N_("An approval is escalated to me"),
        N_("%(document)s should have been approved by now: %(task)s"), "clock-exclamation", BOTH, to_oneself=True,
    ),
    NoticeKind(
        "standing_in", N_("I am named as somebody's stand-in"),
        N_("You stand in for %(who)s from %(begins)s to %(ends)s"), "user-share", BOTH,
    ),
    NoticeKind(
        "task_reminder", N_("A task of mine still waits"), N_("“%(task)s” for %(document)s still waits for you"),
        "alarm", BOTH, to_oneself=True,
    ),
    NoticeKind(
        "incident", N_("A document of mine is stuck"), N_("%(document)s is stuck at “%(task)s”"), "alert-triangle",
        BOTH, to_oneself=True,
    ),
    NoticeKind(
        "version_proposed", N_("A process waits for my agreement"),
        N_("%(who)s proposes a new version of “%(process)s”"), "sitemap", BOTH,
    ),
    NoticeKind(
        "ready", N_("Background work of mine is done"), N_("%(what)s is done"), "circle-check", to_oneself=True
    ),
)  # fmt: skip


def known() -> Mapping[str, NoticeKind]:
    """Every kind by its name, the platform's first."""
    return {kind.name: kind for kind in (*OWN, *(kind for answer in kinds() for kind in answer))}


def sentence(kind: NoticeKind, values: Mapping[str, str]) -> str:
    """What a notification says, in the reader's language; what was not given stays empty."""
    told = {"task": _(values["task"])} if values.get("task") else {}  # the drawing's word, kept as it was drawn
    return _(kind.sentence) % _Filled({**values, **told})


class _Filled(dict[str, str]):
    """A kind's sentence may name more than an older notification was given."""

    def __missing__(self, _key: str) -> str:
        return ""
