"""At which branch a record holds: its facts and the question that changes them."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from erp.data.base import transaction
from erp.documents.fields import Field, Kind
from erp.documents.placing import hold_at
from erp.i18n import _
from erp.organising import branches
from erp.screens.asking import Question, asked
from erp.screens.heads import Opened
from erp.web.shapes import Shown


def branch_field() -> Field:
    """The field that asks for one branch, or for all."""
    choices = tuple((str(each.id), each.name) for each in branches())
    return Field("branch", Kind.CHOICE, _("Branch"), choices=choices, help=_("Empty: it holds at all."))


def held_at(it: Opened) -> Shown:
    """The branch a record holds at."""
    name = next((each.name for each in branches() if each.id == it.row.branch_id), _("all branches"))
    return Shown(_("Holds at"), name)


def ask_branch(it: Opened, title: str) -> Response | tuple[str, int]:
    """Ask for the one branch a record holds at, or all of them, at its address `branch`."""

    def keep(values: dict[str, Any]) -> str:
        with transaction():
            hold_at(it.type.name, it.row.id, int(values["branch"]) if values["branch"] else None)
        return _("Saved.")

    now = str(it.row.branch_id) if it.row.branch_id else None
    return asked(it, "branch", Question(title, _("Save"), keep, [branch_field()], {"branch": now}))
