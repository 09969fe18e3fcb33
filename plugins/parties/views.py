from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from erp import _, can, company, read_setting, transaction, write_setting
from erp.screens import (
    Answer,
    DocumentView,
    Field,
    Kind,
    Link,
    Opened,
    Question,
    Shown,
    Stand,
    allowed,
    asked_at,
    expose,
)
from plugins.parties.models import DUPLICATES
from plugins.parties.phones import local

WAYS = ("allow", "refuse")


class Parties(DocumentView):
    """The parties' pages, which say who looks like the same person."""

    type_name = "party"

    def facts(self, it: Opened) -> Sequence[Shown]:
        """The phone as it is dialled here, and who shares phone, e-mail address or tax number."""
        labels = {"phone": _("Same phone"), "email": _("Same e-mail"), "tax_number": _("Same tax number")}
        found = [
            Shown(labels[name], other.name, url=f"{self.url}{other.id}", late=True)
            for name, other in it.row.alike().items()
        ]
        if it.row.phone_e164:
            found.insert(0, Shown(_("Phone from here"), local(it.row.phone_e164, company().country), "phone"))
        return found

    def links(self, _it: Opened) -> Sequence[Link]:
        """What happens to duplicates."""
        return (
            [Link(_("Duplicates"), f"{self.url}duplicates", "settings")]
            if can("set_duplicates", self.type_name)
            else []
        )

    @expose("/duplicates", methods=("GET", "POST"))
    @allowed("set_duplicates")
    def duplicates(self) -> Answer:
        """Whether a second party with the same phone, e-mail address or tax number is kept."""
        labels = {"allow": _("Keep it and say so on both pages"), "refuse": _("Refuse it and name the one there is")}
        asked = Field(
            "way", Kind.CHOICE, _("A second one with the same phone, e-mail or tax number"), required=True,
            choices=tuple(labels.items()),
        )  # fmt: skip
        question = Question(
            title=_("Duplicates"), submit=_("Save"), do=_keep, fields=[asked],
            values={"way": read_setting(DUPLICATES, WAYS[0])},
        )  # fmt: skip
        crumbs = [Link(str(self.type.plural), self.url)]
        return asked_at(Stand(f"{self.url}duplicates", self.url, crumbs), question)


def _keep(values: dict[str, Any]) -> str:
    with transaction():
        write_setting(DUPLICATES, values["way"])
    return _("Saved.")
