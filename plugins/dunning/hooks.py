from __future__ import annotations

from erp import Document, telling, today
from plugins.dunning.models import DunningCase, under_way
from plugins.dunning.overdue import called, overdue_lines
from plugins.invoices.api import reminded_elsewhere
from plugins.invoices.models import Invoice


@reminded_elsewhere.answer
def reminded_of_all(invoice: Invoice) -> bool:
    """A customer who is reminded of all they owe is not reminded of each invoice too."""
    return under_way(invoice.customer.id) is not None


@telling.stopped.answer
def remind_no_more(document: Document, reason: str) -> None:
    """A customer whose case was stopped may be reminded by another one."""
    if isinstance(document, DunningCase):
        document.is_stopped = True


@telling.worked_out.answer
def what_is_overdue(document: Document) -> list[telling.Told]:
    """What a customer who is reminded owes just now."""
    if not isinstance(document, DunningCase):
        return []
    lines = overdue_lines(document.customer.id, today())[:5]
    names = called(lines)
    return [(names[line.id], line.open, "money") for line in lines]
