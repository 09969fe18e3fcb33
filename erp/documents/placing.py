"""Records that hold at one branch, or at all of them: prices, rules."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from erp.data.base import session
from erp.data.organisation import Branch
from erp.documents import archiving
from erp.errors import Invalid
from erp.i18n import _


def hold_at(type_name: str, row_id: int, branch_id: int | None) -> None:
    """Let a record hold at one branch only, or at all of them; inside a transaction.

    Raises Invalid at `branch` for one there is not, and where another record holds there for the same; Forbidden.
    """
    row = archiving.locked(type_name, row_id)
    if branch_id is not None and session().get(Branch, branch_id) is None:
        raise Invalid(fields={"branch": _("Choose one of the list.")})
    row.branch_id = branch_id
    try:
        session().flush()
    except IntegrityError as error:
        raise Invalid(fields={"branch": _("There is one for the same at this branch already.")}) from error
