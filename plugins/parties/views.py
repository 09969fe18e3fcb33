from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request

from erp import (
    Conflict,
    Invalid,
    Member,
    _,
    archiving,
    audit,
    can,
    company,
    read_setting,
    session,
    transaction,
    write_setting,
)
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
    asked,
    asked_at,
    expose,
)
from plugins.parties.merging import merge
from plugins.parties.models import DUPLICATES, Party
from plugins.parties.phones import local
from plugins.parties.views_merging import merge_page

WAYS = ("allow", "refuse")


class Parties(DocumentView):
    """The parties' pages, which say who looks like the same person."""

    type_name = "party"

    def facts(self, it: Opened) -> Sequence[Shown]:
        """Who it turned out to be, the phone as it is dialled here, and who shares phone, e-mail or tax number."""
        labels = {"phone": _("Same phone"), "email": _("Same e-mail"), "tax_number": _("Same tax number")}
        found = [
            Shown(labels[name], other.name, url=f"{self.url}{other.id}", late=True)
            for name, other in it.row.alike().items()
        ]
        if it.row.phone_e164:
            found.insert(0, Shown(_("Phone from here"), local(it.row.phone_e164, company().country), "phone"))
        if it.row.member_id:
            url = f"/people/{it.row.member_id}" if can("list", "member") else ""
            found.append(Shown(_("Signs in as"), session().get_one(Member, it.row.member_id).name, url=url))
        if it.row.merged_into_id and (other := session().get(Party, it.row.merged_into_id)) is not None:
            found.insert(0, Shown(_("Merged into"), other.name, url=f"{self.url}{other.id}"))
        return found

    def links(self, it: Opened) -> Sequence[Link]:
        """Making one of two, which colleague it is, and what happens to duplicates."""
        found = []
        if can("edit", self.type_name):
            if it.archived is None and can("merge", self.type_name):
                found.append(Link(_("Merge with another"), f"{it.url}/merge", "arrows-exchange"))
            found.append(Link(_("Which colleague it is"), f"{it.url}/colleague", "user-check"))
        if can("set_duplicates", self.type_name):
            found.append(Link(_("Duplicates"), f"{self.url}duplicates", "settings"))
        return found

    @expose("/<int:row_id>/merge", methods=("GET", "POST"))
    @allowed("merge")
    def merge(self, row_id: int) -> Answer:
        """Which other party is the same."""
        it = self.opened(row_id)
        chosen: list[int] = []
        asked_for = Field(
            "other", Kind.LINK, _("The same as"), required=True, target=self.type_name,
            help=_("The next page shows both side by side; nothing is changed before you confirm."),
        )  # fmt: skip
        alike = next(iter(it.row.alike().values()), None)

        def choose(values: dict[str, Any]) -> str:
            if values["other"] == row_id:
                raise Invalid(fields={"other": _("Choose another one: this is the same page.")})
            chosen.append(values["other"])
            return _("Look at what is kept, then confirm.")

        question = Question(
            title=_("Merge %(name)s with another", name=it.row.name), submit=_("Show both"), do=choose,
            fields=[asked_for], values={"other": alike.id if alike else None},
            goes_on=lambda: f"{it.url}/merge/{chosen[0]}",
        )  # fmt: skip
        return asked(it, "merge", question)

    @expose("/<int:row_id>/merge/<int:other_id>", methods=("GET", "POST"))
    @allowed("merge")
    def merged(self, row_id: int, other_id: int) -> Answer:
        """Both side by side; a post makes the other one part of this one."""
        stays, goes = self.opened(row_id), self.opened(other_id)
        error = ""
        if request.method == "POST":
            try:
                merge(row_id, other_id)
            except Conflict as refusal:
                error = refusal.message
            else:
                told = _("%(goes)s is merged into %(stays)s.", goes=goes.row.name, stays=stays.row.name)
                flash(told, "success")
                return redirect(stays.url)
        page = merge_page(stays, goes, error)
        return render_template("parties/merge.html", view=page), 422 if error else 200

    @expose("/<int:row_id>/colleague", methods=("GET", "POST"))
    @allowed("edit")
    def colleague(self, row_id: int) -> Answer:
        """Which colleague, who signs in here, is this party too."""
        it = self.opened(row_id)
        known = session().scalars(sa.select(Member).where(Member.is_active).order_by(Member.name, Member.id))
        choices = {str(each.id): each.name for each in known}
        if (now := it.row.member_id) and str(now) not in choices:
            choices[str(now)] = session().get_one(Member, now).name
        asked_for = Field(
            "member", Kind.CHOICE, _("Colleague"), choices=tuple(choices.items()),
            help=_("An employee or customer who signs in here as well; empty for nobody."),
        )  # fmt: skip

        def keep(values: dict[str, Any]) -> str:
            _link(row_id, int(values["member"]) if values["member"] else None)
            return _("Saved.")

        question = Question(
            title=_("Which colleague is %(name)s?", name=it.row.name), submit=_("Save"), do=keep, fields=[asked_for],
            values={"member": str(now) if now else None},
        )  # fmt: skip
        return asked(it, "colleague", question)

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


def _link(party_id: int, member_id: int | None) -> None:
    """Let a party be a colleague; raises Invalid where that colleague is another party already."""
    with transaction():
        row = archiving.locked("party", party_id)
        if row.member_id == member_id:
            return
        taken = session().scalar(sa.select(Party).where(Party.member_id == member_id, Party.id != party_id))
        if member_id is not None and taken is not None:
            raise Invalid(fields={"member": _("This colleague is %(name)s already.", name=taken.name)})
        before = session().get(Member, row.member_id) if row.member_id else None
        now = session().get_one(Member, member_id) if member_id else None
        row.member_id = member_id
        for kind, member in (("unlinked", before), ("linked", now)):
            if member is not None:
                audit.note(kind, "party", party_id, item=member.name)
