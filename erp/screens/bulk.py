"""What is done with many rows of a list at once: which rows are meant, and what there is to do with them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from erp.access import can
from erp.documents.fields import Field
from erp.documents.types import DocumentType
from erp.errors import Invalid
from erp.forms import bind
from erp.forms.inputs import Section, Submit
from erp.i18n import _, format_number
from erp.web.shapes import Link

Answer = Response | BaseResponse | str | tuple[str, int]
AT_A_TIME = 500
"""Rows read by one statement while somebody waits."""
TOLD = 100
"""Refused rows a preview names."""


@dataclass(frozen=True)
class Tally:
    """A count; kind: good | wait | idle | bad."""

    kind: str
    count: int
    label: str
    sub: str = ""


@dataclass(frozen=True)
class Refused:
    """A row that will not be changed, or was not, and why."""

    label: str
    url: str
    reason: str


@dataclass(frozen=True)
class BulkPage:
    """millrace/bulk.html: one step of what is done with many rows."""

    title: str
    action: str
    chosen: str
    """How many rows of what."""
    back_url: str
    crumbs: Sequence[Link] = ()
    step: str = ""
    """What the buttons post as `step`."""
    submit: str = ""
    buttons: Sequence[Submit] = ()
    """Instead of `submit`: the answers of a task drawn as buttons."""
    sections: Sequence[Section] = ()
    hidden: Sequence[tuple[str, str]] = ()
    tallies: Sequence[Tally] = ()
    refused: Sequence[Refused] = ()
    refused_note: str = ""
    note: str = ""
    errors: Sequence[str] = ()
    is_danger: bool = False


@dataclass(frozen=True)
class Selection:
    """The rows somebody means, ticked one by one or as the whole list."""

    type: DocumentType
    ids: tuple[int, ...]
    hidden: tuple[tuple[str, str], ...]
    """What says so again in the next step."""
    list_url: str

    @property
    def words(self) -> str:
        """`12 repair orders`, `1 repair order`."""
        named = str(self.type.plural if len(self.ids) > 1 else self.type.title)
        return _("%(count)s %(things)s", count=format_number(len(self.ids)), things=named[:1].lower() + named[1:])

    @property
    def seen(self) -> str:
        """A mark of exactly these rows: what was looked at is what is done."""
        return hashlib.sha256(",".join(map(str, sorted(self.ids))).encode()).hexdigest()[:16]

    def is_as_seen(self) -> bool:
        """Whether the rows are those of the preview somebody agreed to."""
        return request.form.get("step") == "go" and request.form.get("seen") == self.seen

    def chunks(self) -> Iterator[tuple[int, ...]]:
        """The ids, some at a time."""
        for first in range(0, len(self.ids), AT_A_TIME):
            yield self.ids[first : first + AT_A_TIME]

    def page(self, title: str, name: str, **more: Any) -> BulkPage:
        """A page of the action `name` about these rows."""
        plural = str(self.type.plural)
        more["hidden"] = [*self.hidden, *more.get("hidden", ())]
        return BulkPage(
            title, f"/{self.type.name}/bulk/{name}", self.words, self.list_url, [Link(plural, self.list_url)], **more
        )


def shown(page: BulkPage, status: int = 200) -> Answer:
    """The page, rendered."""
    return render_template("millrace/bulk.html", view=page), status


def asked_of_rows(
    chosen: Selection,
    title: str,
    name: str,
    submit: str,
    fields: Sequence[Field],
    values: Mapping[str, Any],
    refusal: Invalid | None = None,
) -> Mapping[str, Any] | Answer:
    """A form about these rows at `bulk/<name>`: what was typed into it, or the page that asks for it.

    With a `refusal` the page comes back saying at its fields why it was refused.
    """
    is_sent = request.form.get("step") == "go"
    sent = dict(request.form.lists()) if is_sent else None
    bound = bind(fields, sent, values)
    if bound.ok and refusal is None:
        return bound.values
    if refusal is not None:
        bound = bound.refused(refusal.fields)
    page = chosen.page(title, name, sections=[Section(bound.inputs())], step="go", submit=submit)
    return shown(page, 422 if is_sent else 200)


def again() -> list[str]:
    """The sentence for somebody whose list changed between preview and agreement."""
    return [_("The list has changed meanwhile. Look at it again.")] if request.form.get("step") == "go" else []


def told(count: int, kept: Sequence[Refused]) -> str:
    """`First 100 of 1,200` where not all are named."""
    if count <= len(kept):
        return ""
    return _("First %(shown)s of %(count)s", shown=format_number(len(kept)), count=format_number(count))


def sheets(kind: DocumentType) -> list[Link]:
    """The way back of an exported sheet that was edited."""
    if not kind.editable or not can("edit", kind.name):
        return []
    return [Link(_("Bring an edited sheet back"), f"/{kind.name}/sheet", "file-import")]


def actions(kind: DocumentType, *, runs: bool) -> list[Link]:
    """What the actor may do with picked rows; `runs` says whether the type has a process."""
    url, found = f"/{kind.name}/", []
    if can("edit", kind.name) and kind.editable:
        found.append(Link(_("Edit"), f"{url}bulk/edit", "edit"))
    if runs:
        found.append(Link(_("Do a task"), f"{url}bulk/task", "checklist"))
        found.append(Link(_("Hand on"), f"{url}bulk/delegate", "user-share"))
    if kind.is_document and can("show", kind.name):
        found.append(Link(_("Print"), f"{url}bulk/print", "printer"))
    if can("export", kind.name):
        found.append(Link(_("Export"), f"{url}export.xlsx", "download"))
    if runs and can("stop", kind.name):
        found.append(Link(_("Stop"), f"{url}bulk/cancel", "player-stop"))
    return found
