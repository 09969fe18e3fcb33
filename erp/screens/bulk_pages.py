"""The addresses of what is done with many rows; every one is a post that carries the rows along."""

from __future__ import annotations

from typing import ClassVar

from flask_appbuilder import BaseView, expose

from erp.documents.types import document_type
from erp.screens import bulk_edit, bulk_tasks, sheets
from erp.screens.bulk import Answer
from erp.screens.guard import allowed


class BulkPages(BaseView):
    """Part of every document view."""

    type_name: ClassVar[str] = ""

    @expose("/bulk/edit", methods=("POST",))
    @allowed("edit")
    def bulk_edit(self) -> Answer:
        """Set one field of many rows."""
        return bulk_edit.edit(document_type(self.type_name))

    @expose("/bulk/cancel", methods=("POST",))
    @allowed("stop")
    def bulk_cancel(self) -> Answer:
        """Stop many processes."""
        return bulk_edit.cancel(document_type(self.type_name))

    @expose("/bulk/task", methods=("POST",))
    @allowed("list")
    def bulk_task(self) -> Answer:
        """Do the same task of many documents."""
        return bulk_tasks.complete(document_type(self.type_name))

    @expose("/bulk/delegate", methods=("POST",))
    @allowed("list")
    def bulk_delegate(self) -> Answer:
        """Hand many tasks to a colleague."""
        return bulk_tasks.delegate(document_type(self.type_name))

    @expose("/sheet", methods=("GET", "POST"))
    @allowed("edit")
    def sheet(self) -> Answer:
        """Bring an edited sheet back."""
        return sheets.upload(document_type(self.type_name))

    @expose("/sheet/<int:file_id>", methods=("GET", "POST"))
    @allowed("edit")
    def sheet_file(self, file_id: int) -> Answer:
        """Look at what it wishes; a post applies it."""
        return sheets.look(document_type(self.type_name), file_id)

    @expose("/bulk/print", methods=("POST",))
    @allowed("show")
    def bulk_print(self) -> Answer:
        """One PDF of many papers."""
        return bulk_tasks.paper(document_type(self.type_name))
