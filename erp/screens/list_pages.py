"""The pages beside a list: the drawer of a filter, the choice of columns, and the saved views."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import Response, flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from erp.documents import saved_views
from erp.documents.saved_views import EVERYBODY
from erp.documents.types import DocumentType, document_type
from erp.errors import Invalid
from erp.i18n import _
from erp.screens import list_views, words
from erp.screens.asked import addressed
from erp.screens.filters import filter_part
from erp.screens.guard import allowed
from erp.web.states import states_in

Answer = Response | BaseResponse | str | tuple[str, int]


class ListPages(BaseView):
    """What one may do with the list of one document type beside reading it."""

    type_name: ClassVar[str] = ""

    @property
    def type(self) -> DocumentType:
        """The type with the tenant's own fields."""
        return document_type(self.type_name)

    @property
    def url(self) -> str:
        """Address of the list."""
        return f"/{self.type_name}/"

    @expose("/filter")
    @allowed("list")
    def filter(self) -> Answer:
        """The drawer in which a condition is made; `set` leads back to the list, or says what does not fit."""
        runs = self.type.is_document and words.has_process(self.type_name)
        states = states_in(words.live_diagram(self.type_name) if runs else None)
        part = filter_part(self.type, request.args, states)
        if isinstance(part, str):
            # the drawer's script goes there itself; following a redirect it would load the list twice
            return Response(headers={"X-Location": part}) if request.args.get("part") else redirect(part)
        return _part(part), 422 if part.error else 200

    @expose("/columns", methods=("GET", "POST"))
    @allowed("list")
    def columns(self) -> Answer:
        """Which columns, in which order; a post keeps them."""
        if request.method != "POST":
            return _part(list_views.columns_part(self.type, _query(request.args)))
        if move := request.form.get("move", ""):
            order = list_views.moved(request.form.getlist("order"), move)
            return _part(list_views.columns_part(self.type, request.form.get("query", ""), order))
        return redirect(list_views.chosen_columns(self.type))

    @expose("/views", methods=("GET", "POST"))
    @allowed("list")
    def views(self) -> Answer:
        """The saved views; a post saves one more."""
        if request.method != "POST":
            page = list_views.views_page(self.type, _query(request.args))
            return render_template("millrace/views.html", view=page)
        query, name = request.form.get("query", ""), request.form.get("name", "")
        try:
            args = list_views.kept_args(self.type, query)
            made = saved_views.save(self.type, name, args, EVERYBODY if request.form.get("share") else "")
        except Invalid as refusal:
            page = list_views.views_page(self.type, query, name=name, error=refusal.fields.get("name", refusal.message))
            return render_template("millrace/views.html", view=page), 422
        flash(_("The view %(name)s is saved.", name=made.name), "success")
        return redirect(list_views.view_url(made))

    @expose("/views/<int:view_id>", methods=("POST",))
    @allowed("list")
    def view(self, view_id: int) -> Answer:
        """Rename, share, sort, replace or remove a view, or begin with it."""
        query, deed = request.form.get("query", ""), request.form.get("do", "rename")
        try:
            list_views.act(self.type, view_id, deed)
        except Invalid as refusal:
            flash(next(iter(refusal.fields.values()), refusal.message), "danger")
        else:
            flash(_("Saved."), "success")
        if deed == "replace":
            return redirect(f"{self.url}?{query}")
        return redirect(f"{self.url}views?{query}" if query else f"{self.url}views")


def _query(args: MultiDict[str, str]) -> str:
    """The arguments of the list a page stands beside."""
    return addressed("", {name: value for name, value in args.items() if name not in {"part", "at"}}).lstrip("?")


def _part(part: Any) -> str:
    """A drawer's content alone when the script asks for it, else a page of its own."""
    alone = request.values.get("part")
    return render_template(part.template if alone else "millrace/part.html", view=part)
