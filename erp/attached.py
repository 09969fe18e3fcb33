"""What is done with the files a document has: pictures change places, what a person brought is taken away again."""

from __future__ import annotations

from erp import operations
from erp.access import require
from erp.data import files
from erp.data.base import repeated, session
from erp.data.files import File
from erp.documents import narrowing
from erp.documents.types import document_type
from erp.errors import Conflict, NotFound
from erp.i18n import _


@repeated
def move(type_name: str, row_id: int, file_id: int, to: str) -> None:
    """Put a picture `first`, or one place `earlier` or `later`, among those of its document."""
    found = _file_of(type_name, row_id, file_id)
    if found.purpose or not found.is_image:
        raise Conflict(_("Only pictures change places."))
    files.move(found, to)


@repeated
def remove(type_name: str, row_id: int, file_id: int) -> None:
    """Take a file away that a person brought; raises Conflict for what the house printed itself."""
    found = _file_of(type_name, row_id, file_id)
    if found.purpose:
        raise Conflict(_("This was made by the house itself and stays."))
    files.remove(found)


def _file_of(type_name: str, row_id: int, file_id: int) -> File:
    """A file of a document the actor may edit, its document locked."""
    require("edit", type_name)
    row = operations.get(type_name, row_id)
    narrowing.require(narrowing.EDIT, document_type(type_name), [row_id])
    session().refresh(row, with_for_update=True)
    for found in files.of(type_name, row_id):
        if found.id == file_id:
            return found
    raise NotFound
