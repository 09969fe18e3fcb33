"""Notifications: what a colleague is told, in the program and by e-mail, as they wish it.

    notify(member_id, "mentioned", subject=("repair_order", 7), who="Grace Njeri", document="RO-2026-00007")

A notification goes to a member; a letter to a customer is a `workflow.letters.Letter`. Whoever may no longer see the
document is told nothing, neither now nor when the mail goes out. A plugin adds a kind by answering `kinds` in its
`hooks.py`.
"""

from __future__ import annotations

from erp.notifications.kinds import NoticeKind, kinds
from erp.notifications.mailing import init
from erp.notifications.models import Notification, NotificationSetting
from erp.notifications.telling import may_see, notify, settle, settle_at

__all__ = [
    "NoticeKind",
    "Notification",
    "NotificationSetting",
    "init",
    "kinds",
    "may_see",
    "notify",
    "settle",
    "settle_at",
]
