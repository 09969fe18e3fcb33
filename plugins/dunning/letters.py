"""The reminder as a mail and on paper: one content for both."""

from __future__ import annotations

from typing import Any

from erp import _, acting, branch, company, i18n, today
from plugins.dunning.models import DunningCase, DunningLevel
from plugins.dunning.overdue import called, overdue_lines
from plugins.receipts.api import plain, print_head

PURPOSE = "reminder"


def language_of(case: DunningCase) -> str:
    """The customer's language, else the company's."""
    return case.customer.language or company().language


def paper(case: DunningCase, level: DunningLevel) -> dict[str, Any]:
    """Everything the printed reminder says."""
    with acting(language=language_of(case)):
        lines = overdue_lines(case.customer.id, today())
        customer, names = case.customer, called(lines)
        return {
            **print_head(),
            "customer": {"name": customer.name, "address": customer.address or ""},
            "number": case.number,
            "date": today().isoformat(),
            "title": level.name,
            "words": level.words,
            "lines": [
                {"text": names[line.id], "due_on": (line.due_on or line.entry_date).isoformat(),
                 "open": plain(line.open)}
                for line in lines
            ],
            "total": plain(sum((line.open for line in lines), 0 * case.owed)),
            "currency": company().currency,
        }  # fmt: skip


def mail(case: DunningCase, level: DunningLevel) -> tuple[str, str]:
    """Subject and text of the mail that brings the reminder."""
    own, place = company(), branch()
    name = f"{own.name}, {place.name}" if place else own.name
    owed = _("%(amount)s is overdue.", amount=i18n.format_money(case.owed, own.currency))
    parts = [_("Hello %(name)s,", name=case.customer.name), level.words, owed, name]
    return _("%(title)s %(number)s", title=level.name, number=case.number), "\n\n".join(parts)
