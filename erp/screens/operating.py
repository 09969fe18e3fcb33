"""The addresses under which whoever looks after a process suspends it, lets it go on, or moves it elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from flask import Response, flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response as BaseResponse

from erp import operations
from erp.errors import Conflict, Invalid, NotFound
from erp.forms.inputs import Choice, Input, Section
from erp.i18n import _
from erp.operations import instances
from erp.operations.instances import LONGEST, Standing
from erp.screens.editing import FormPage
from erp.screens.guard import allowed
from erp.screens.heads import Opened
from erp.web.shapes import Link
from erp.workflow.errors import EngineError, PastApproval

Answer = Response | BaseResponse | str | tuple[str, int]
BETWEEN = "|"
"""Between a token and an element in what is chosen; neither id holds it."""


class OperatingPages(BaseView):
    """Part of every document view."""

    type_name: ClassVar[str] = ""

    def opened(self, row_id: int) -> Opened:
        """The document; the document view says how."""
        raise NotImplementedError

    @expose("/<int:row_id>/suspend", methods=("GET", "POST"))
    @allowed("suspend")
    def suspend(self, row_id: int) -> Answer:
        """Ask why, then let nothing move."""
        it = self._running(row_id)
        page = FormPage(
            _("Suspend the process of %(number)s", number=it.number), f"{it.url}/suspend", f"{it.url}/process",
            _("Suspend"), _crumbs(it),
            note=_("Nobody can do its tasks. Timers, messages and answers that come meanwhile wait, and are caught up "
                   "on in order when it is resumed."),
        )  # fmt: skip
        said = _("The process of %(number)s is suspended.", number=it.number)
        return _asked(it, page, lambda why: operations.suspend(self.type_name, row_id, why), said)

    @expose("/<int:row_id>/resume", methods=("GET", "POST"))
    @allowed("suspend")
    def resume(self, row_id: int) -> Answer:
        """Ask why, then let it go on."""
        it = self._running(row_id)
        page = FormPage(
            _("Resume the process of %(number)s", number=it.number), f"{it.url}/resume", f"{it.url}/process",
            _("Resume"), _crumbs(it), note=_("What came meanwhile is done first, in the order in which it came."),
        )  # fmt: skip
        said = _("The process of %(number)s goes on.", number=it.number)
        return _asked(it, page, lambda why: operations.resume(self.type_name, row_id, why), said)

    @expose("/<int:row_id>/move", methods=("GET", "POST"))
    @allowed("move")
    def move(self, row_id: int) -> Answer:
        """Ask where to and why, then move what waits."""
        it = self._running(row_id)
        assert it.instance is not None
        standing = instances.standing(it.instance)
        if request.method != "POST":
            return render_template("millrace/form.html", view=_move_page(it, standing))
        token, _between, target = request.form.get("to", "").partition(BETWEEN)
        reason, past = request.form.get("reason", ""), request.form.get("past", "")
        if not any(target in {each.id for each in here.targets} for here in standing if here.token == token):
            return _move_again(it, standing, Invalid(fields={"to": _("Choose where it goes.")}))
        try:
            operations.move(self.type_name, row_id, token, target, reason, past=past)
        except (Invalid, Conflict, EngineError) as refusal:
            return _move_again(it, standing, refusal)
        flash(_("Moved; the history keeps your reason."), "success")
        return redirect(f"{it.url}/process")

    def _running(self, row_id: int) -> Opened:
        it = self.opened(row_id)
        if it.instance is None:
            raise NotFound(_("This document has no process."))
        return it


def _crumbs(it: Opened) -> list[Link]:
    return [Link(str(it.type.plural), f"/{it.type.name}/"), Link(it.number, f"{it.url}/process")]


def _reason(value: str = "", error: str = "") -> Input:
    return Input("reason", _("Reason"), "longtext", value, required=True, error=error, wide=True, max_length=LONGEST)


def _asked(it: Opened, page: FormPage, act: Callable[[str], Any], said: str) -> Answer:
    """A page that asks for a reason; a post does it and goes back to the process."""
    reason, error, errors = request.form.get("reason", ""), "", []
    if request.method == "POST":
        try:
            act(reason)
        except Invalid as refusal:
            error = refusal.fields.get("reason", refusal.message)
        except Conflict as refusal:
            errors = [refusal.message]
        else:
            flash(said, "success")
            return redirect(f"{it.url}/process")
    shown = replace(page, sections=[Section([_reason(reason, error)])], errors=errors)
    return render_template("millrace/form.html", view=shown), 422 if error or errors else 200


def _move_page(it: Opened, standing: Sequence[Standing], **more: Any) -> FormPage:
    fields = more.pop("fields", None) or [_where(standing), _reason()]
    return FormPage(
        _("Move the process of %(number)s", number=it.number), f"{it.url}/move", f"{it.url}/process", _("Move"),
        _crumbs(it), sections=[Section(fields)],
        note=_("What waits there is called off, and the process goes on from the new place with the same data. It "
               "never goes past an approval unless you say why."),
        **more,
    )  # fmt: skip


def _where(standing: Sequence[Standing], value: str = "", error: str = "") -> Input:
    """Every place each waiting token may be put; where only one waits, its own name is left out."""
    choices = []
    for here in standing:
        for target in here.targets:
            label = _(target.label)
            if len(standing) > 1:
                label = _("%(here)s → %(there)s", here=_(here.element.label), there=label)
            choices.append(Choice(f"{here.token}{BETWEEN}{target.id}", label))
    return Input("to", _("Where to"), "choice", value, required=True, choices=choices, error=error, wide=True)


def _move_again(it: Opened, standing: Sequence[Standing], refusal: Invalid | Conflict | EngineError) -> Answer:
    """The form again with what was typed and why it is refused; past an approval a second reason is asked for."""
    typed, wrong = request.form, refusal.fields
    fields = [_where(standing, typed.get("to", ""), wrong.get("to", wrong.get("token", "")))]
    fields.append(_reason(typed.get("reason", ""), wrong.get("reason", "")))
    is_past = isinstance(refusal, PastApproval)
    if is_past or "past" in typed:
        error = refusal.message if is_past else ""
        fields.append(
            Input(
                "past", _("Why the approval may be left out"), "longtext", typed.get("past", ""), required=True,
                error=error, wide=True, max_length=LONGEST,
            )
        )  # fmt: skip
    errors = [refusal.message] if not wrong and not is_past else []
    page = _move_page(it, standing, fields=fields, errors=errors)
    return render_template("millrace/form.html", view=page), 422
