from __future__ import annotations

from typing import Any

from erp import Call, Letter, action, current, files, print_document, today
from plugins.dunning import letters, overdue
from plugins.dunning.models import DunningCase, DunningLevel


@action
def look_at_case(case: DunningCase) -> str:
    """`paid`, `remind` when the next reminder is due, `wait` before that, `last` when none is left."""
    return overdue.look(case)


@action
def has_dunning_address(case: DunningCase) -> bool:
    """Whether there is an address for mails."""
    return bool(case.address)


def _level(case: DunningCase) -> DunningLevel:
    found = overdue.level_of(case.level)
    assert found is not None  # the reminder that was just counted
    return found


@action
def count_reminder(case: DunningCase) -> None:
    """Note that the next reminder goes out today."""
    following = overdue.level_of(case.level + 1)
    case.level = following.level if following is not None else case.level
    case.reminded_on = today()


class RenderDunningLetter(Call):
    """Make the reminder as a PDF and keep it."""

    case: DunningCase

    def request(self) -> dict[str, Any]:
        """What it says; nothing that changes later reaches it."""
        content = letters.paper(self.case, _level(self.case))
        return {"tenant_id": current().tenant_id, "language": letters.language_of(self.case), "content": content}

    def send(self, request: dict[str, Any], _key: str) -> dict[str, Any]:
        """Render it; the same request gives the same bytes, so a repeat keeps nothing new."""
        pdf = print_document("dunning/reminder.html", request["content"], language=request["language"])
        return {"sha256": files.keep(request["tenant_id"], pdf), "size": len(pdf)}

    def record(self, answer: dict[str, Any]) -> None:
        """The PDF becomes a file of the case; history without papers has none."""
        if "sha256" in answer:
            name = f"{self.case.number}-{self.case.level}.pdf"
            row = files.File(name=name, media_type="application/pdf", purpose=letters.PURPOSE, **answer)
            files.attach(row, self.case.__tablename__, self.case.id)


class SendDunningLetter(Letter):
    """Mail the reminder to the customer."""

    case: DunningCase

    def address(self) -> str:
        """Where it goes."""
        return self.case.address

    def language(self) -> str:
        """The customer's."""
        return letters.language_of(self.case)

    def about(self) -> str:
        """The case's number."""
        return self.case.number or ""

    def content(self) -> tuple[str, str]:
        """What is overdue, in the words of the level."""
        return letters.mail(self.case, _level(self.case))

    def attachments(self) -> list[files.File]:
        """The reminder as a PDF."""
        return files.of(self.case.__tablename__, self.case.id, letters.PURPOSE)[-1:]
