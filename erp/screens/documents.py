"""DocumentView: every page of a document type; a plugin's `views.py` derives from it where its screens differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flask import Response, flash, jsonify, redirect, render_template, request
from flask_appbuilder import expose
from werkzeug.wrappers import Response as BaseResponse

from erp import attached, operations
from erp.documents.lists import ListQuery
from erp.errors import Invalid, NotFound
from erp.forms.inputs import Input, Section
from erp.i18n import _
from erp.screens import beside, editing, exporting, filing, happenings, import_runs, imports, lookups, quick
from erp.screens.around import AroundPages
from erp.screens.bulk_pages import BulkPages
from erp.screens.editing import FormPage
from erp.screens.form_keys import tell
from erp.screens.guard import allowed, uploads
from erp.screens.heads import Opened, TaskButton, opened
from erp.screens.list_pages import ListPages
from erp.screens.lists import list_page
from erp.screens.operating import OperatingPages
from erp.screens.picked import narrowed, posted
from erp.screens.process import process_page
from erp.screens.show import document_page
from erp.web.shapes import LinesShown, Link, Shown, State
from erp.workflow.diagrams.drawing import in_words

Answer = Response | BaseResponse | str | tuple[str, int]
AROUND = "with-"
"""How the names begin of what a form says around a picker."""


class DocumentView(AroundPages, BulkPages, ListPages, OperatingPages):
    """The pages of one document type, named by `type_name`."""

    add_fields: ClassVar[tuple[str, ...]] = ()
    """What a new document asks, in this order; empty for all that no later step of its process fills."""
    default_view = "list"

    # -- lists --------------------------------------------------------------------------------------------

    @expose("/")
    @allowed("list")
    def list(self) -> Answer:
        """The list."""
        page = list_page(self.type, request.args, self.bulk(), self.list_links())
        return redirect(page) if isinstance(page, str) else render_template("millrace/list.html", view=page)

    @expose("/pick")
    @allowed("list")
    def pick(self) -> Answer:
        """What a picker offers, as JSON; one in a line says in `with-…` what stands around it."""
        around = {name.removeprefix(AROUND): value for name, value in request.args.items() if name.startswith(AROUND)}
        with lookups.reach_of(self.type_name, request.args.get("for", "")):
            found = lookups.offered(self.type_name, request.args.get("q", ""), around or None)
        return jsonify({"results": found})

    @expose("/quick", methods=("GET", "POST"))
    @allowed("add")
    def quick(self) -> Answer:
        """The few fields of a row that is made beside another form; a post makes it and says how it is called."""
        return quick.answer(self.type)

    @expose("/export.csv", methods=("GET", "POST"))
    @allowed("export")
    def export_csv(self) -> Answer:
        """The list, or the picked rows, as CSV."""
        return exporting.csv(self._listed())

    @expose("/export.xlsx", methods=("GET", "POST"))
    @allowed("export")
    def export_xlsx(self) -> Answer:
        """The list, or the picked rows, as a sheet; a long one is asked for by a post and written by a worker."""
        query = self._listed()
        if exporting.is_long(query):
            if request.method == "POST":
                return redirect(f"{self.url}export/{exporting.start(query).id}")
            return render_template("millrace/export.html", view=exporting.offer(query, request.query_string.decode()))
        return exporting.xlsx(query)

    def _listed(self) -> ListQuery:
        """The list as it was asked for: by its address, or by what was picked in it."""
        is_post = request.method == "POST"
        return posted(self.type, request.form) if is_post else narrowed(self.type, request.args)

    @expose("/export/<int:job_id>")
    @allowed("list")
    def export(self, job_id: int) -> Answer:
        """How far a long export or print is."""
        page = exporting.page_of(exporting.own_job(job_id, self.type_name), str(self.type.plural))
        return render_template("millrace/export.html", view=page)

    @expose("/export/<int:job_id>/progress")
    @allowed("list")
    def export_progress(self, job_id: int) -> Answer:
        """The same as JSON."""
        return jsonify(exporting.state_of(exporting.own_job(job_id, self.type_name)))

    @expose("/export/<int:job_id>/file")
    @allowed("list")
    def export_file(self, job_id: int) -> Answer:
        """The sheet or PDF a worker made."""
        return exporting.file_of(exporting.own_job(job_id, self.type_name))

    # -- one document -------------------------------------------------------------------------------------

    def opened(self, row_id: int) -> Opened:
        """The document with what this view adds to its menu."""
        it = opened(self.type_name, row_id)
        it.links = self.links(it)
        it.buttons = [*self.buttons(it), *beside.buttons(it)]
        it.badges = self.badges(it)
        return it

    def asked(self) -> Sequence[str]:
        """What a new document asks of the actor."""
        return self.add_fields

    def bulk(self) -> Sequence[Link]:
        """What else may be done with picked rows of the list; a plugin's view names its own."""
        return ()

    def list_links(self) -> Sequence[Link]:
        """What else the list leads to, behind its three dots; a plugin's view names its own."""
        return ()

    def facts(self, _it: Opened) -> Sequence[Shown]:
        """What is worked out of a document beside its fields, or instead of the one with that label."""
        return ()

    def links(self, _it: Opened) -> Sequence[Link]:
        """What else may be done with a document, behind the three dots; a plugin's view names its own."""
        return ()

    def buttons(self, _it: Opened) -> Sequence[TaskButton]:
        """What may be done now without a task of a process, each with a page of its own."""
        return ()

    def badges(self, _it: Opened) -> Sequence[State]:
        """How a document without a process stands."""
        return ()

    def tables(self, _it: Opened) -> Sequence[LinesShown]:
        """What is shown below a document's lines."""
        return ()

    @expose("/<int:row_id>")
    @allowed("show")
    def show(self, row_id: int) -> Answer:
        """The document as it is read."""
        it = self.opened(row_id)
        it.facts = self.facts(it)
        it.tables = [*self.tables(it), *beside.tables(it)]
        return render_template("millrace/document.html", view=document_page(it))

    @expose("/new", methods=("GET", "POST"))
    @allowed("add")
    def add(self) -> Answer:
        """The empty form; a post makes the document."""
        if request.method != "POST":
            page = editing.add_form(self.type, self.asked(), request.args, self._original())
            return render_template("millrace/form.html", view=page)
        return self._saved(editing.add(self.type, self.asked()), _("%(thing)s saved.", thing=str(self.type.title)))

    def _original(self) -> Any:
        """The row a new one is to begin as a copy of, when the address names one."""
        named = request.args.get("copy", "")
        return operations.get(self.type_name, int(named)) if named.isdecimal() and len(named) <= 18 else None

    @expose("/<int:row_id>/edit", methods=("GET", "POST"))
    @allowed("edit")
    def edit(self, row_id: int) -> Answer:
        """The form with what may be changed now; a post saves it."""
        it = self.opened(row_id)
        if request.method != "POST":
            return render_template("millrace/form.html", view=editing.edit_form(it))
        return self._saved(editing.edit(it), _("Saved."))

    def _saved(self, outcome: editing.Outcome, said: str) -> Answer:
        if outcome.page is not None:
            page = outcome.page
            status = 412 if page.stale else 422 if page.errors else 200
            return render_template("millrace/form.html", view=page), status
        tell(said, is_repeat=outcome.is_repeat)
        return redirect(f"{self.url}{outcome.row_id}")

    @expose("/<int:row_id>/cancel", methods=("GET", "POST"))
    @allowed("stop")
    def cancel(self, row_id: int) -> Answer:
        """Ask why, then stop the document's process."""
        it = self.opened(row_id)
        if it.instance is None:
            raise NotFound(_("This has no process to stop."))
        reason, error = request.form.get("reason", ""), ""
        if request.method == "POST":
            try:
                operations.cancel(self.type_name, row_id, reason)
            except Invalid as refusal:
                error = refusal.fields.get("reason", refusal.message)
            else:
                flash(_("The process of %(number)s is stopped.", number=it.number), "success")
                return redirect(it.url)
        asked = Input("reason", _("Reason"), "longtext", reason, required=True, error=error, wide=True, max_length=400)
        page = FormPage(
            title=_("Stop the process of %(number)s", number=it.number),
            action=f"{it.url}/cancel",
            cancel_url=it.url,
            submit=_("Stop the process"),
            crumbs=[Link(str(self.type.plural), self.url), Link(it.number, it.url)],
            sections=[Section([asked])],
            note=_("Open tasks, timers and calls are dropped. What was done stays, and the history keeps the reason."),
        )
        return render_template("millrace/form.html", view=page), 422 if error else 200

    # -- process, history, files --------------------------------------------------------------------------

    @expose("/<int:row_id>/process")
    @allowed("show")
    def process(self, row_id: int) -> Answer:
        """The diagram with where the document is; `?element=` says why."""
        page = process_page(self.opened(row_id), request.args.get("element", ""))
        return render_template("millrace/process.html", view=page)

    @expose("/<int:row_id>/process.bpmn")
    @allowed("show")
    def process_bpmn(self, row_id: int) -> Answer:
        """The diagram the document runs, its names in the reader's language."""
        it = self.opened(row_id)
        if it.published is None:
            raise NotFound
        response = Response(in_words(it.published.bpmn), content_type="application/xml")
        response.headers["Cache-Control"] = "private, max-age=3600"
        return response

    @expose("/<int:row_id>/history")
    @allowed("show")
    def history(self, row_id: int) -> Answer:
        """Field changes and steps as one timeline."""
        after = request.args.get("after", "")
        at = int(after) if after.isdecimal() and len(after) < 7 else 0
        page = happenings.history_page(self.opened(row_id), request.args.get("show", ""), at)
        return render_template("millrace/history.html", view=page)

    @expose("/<int:row_id>/files", methods=("GET", "POST"))
    @allowed("show")
    def files(self, row_id: int) -> Answer:
        """The files; a post adds some."""
        error = ""
        if request.method == "POST":
            try:
                operations.attach(self.type_name, row_id, uploads(request.files.getlist("file")))
            except Invalid as refusal:
                error = next(iter(refusal.fields.values()), refusal.message)
            else:
                flash(_("Added."), "success")
                return redirect(f"{self.url}{row_id}/files")
        page = filing.files_page(self.opened(row_id), error)
        return render_template("millrace/files.html", view=page), 422 if error else 200

    @expose("/<int:row_id>/files/<int:file_id>")
    @allowed("show")
    def file(self, row_id: int, file_id: int) -> Answer:
        """One file."""
        return filing.sent(filing.file_of(self.opened(row_id), file_id), request.args.get("size", ""))

    @expose("/<int:row_id>/files/<int:file_id>/move", methods=("POST",))
    @allowed("edit")
    def move_file(self, row_id: int, file_id: int) -> Answer:
        """Another place of a picture among those of its document."""
        attached.move(self.type_name, row_id, file_id, request.form.get("to", ""))
        return redirect(f"{self.url}{row_id}/files")

    @expose("/<int:row_id>/files/<int:file_id>/remove", methods=("POST",))
    @allowed("edit")
    def remove_file(self, row_id: int, file_id: int) -> Answer:
        """Take a file away that a person brought."""
        attached.remove(self.type_name, row_id, file_id)
        flash(_("Removed."), "success")
        return redirect(f"{self.url}{row_id}/files")

    # -- import -------------------------------------------------------------------------------------------

    @expose("/import", methods=("GET", "POST"))
    @allowed("import")
    def import_(self) -> Answer:
        """Choose a file."""
        return imports.upload(self.type)

    @expose("/import/<int:file_id>", methods=("GET", "POST"))
    @allowed("import")
    def import_file(self, file_id: int) -> Answer:
        """Say which column goes where, try it, start it."""
        return imports.plan(self.type, file_id)

    @expose("/import/run/<int:job_id>")
    @allowed("import")
    def import_run(self, job_id: int) -> Answer:
        """How far an import is, and what it did."""
        return import_runs.watch(self.type, job_id)

    @expose("/import/run/<int:job_id>/progress")
    @allowed("import")
    def import_progress(self, job_id: int) -> Answer:
        """The same as JSON."""
        return jsonify(import_runs.state(self.type, job_id))

    @expose("/import/run/<int:job_id>/stop", methods=("POST",))
    @allowed("import")
    def import_stop(self, job_id: int) -> Answer:
        """Stop an import; what is written stays."""
        return import_runs.stop(self.type, job_id)

    @expose("/import/run/<int:job_id>/left-out.xlsx")
    @allowed("import")
    def import_problems(self, job_id: int) -> Answer:
        """The rows that could not be taken."""
        return import_runs.left_out(self.type, job_id)


def generated(name: str) -> type[DocumentView]:
    """The pages of a type no plugin has made its own for."""
    attributes: dict[str, Any] = {"type_name": name, "__doc__": f"The pages of {name}."}
    return type(f"{name.title().replace('_', '')}Pages", (DocumentView,), attributes)
