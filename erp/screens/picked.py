"""Which rows of a list somebody means: those of its address, those ticked in it, or all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from erp.documents.lists import ListQuery
from erp.documents.types import DocumentType
from erp.errors import UserError
from erp.i18n import _
from erp.screens.asked import asked_of
from erp.screens.columns import Shown


def narrowed(document_type: DocumentType, args: MultiDict[str, str]) -> ListQuery:
    """The same list for an export: filtered, sorted and with the columns of the page."""
    query = asked_of(document_type, args).query
    if not query.columns:
        shown = Shown(query, {}, where=False)
        query = replace(query, columns=tuple(entry.name for entry in shown.fields))
    return replace(query, after="", before="")


def posted(document_type: DocumentType, form: MultiDict[str, str]) -> ListQuery:
    """The same for what was posted: the rows that were ticked, or the whole list they were picked from."""
    query = narrowed(document_type, MultiDict(parse_qsl(form.get("query", "")[:4000])))
    if form.get("all"):
        return query
    ids = picked_ids(form.getlist("id"))
    if not ids:
        raise UserError(_("Pick some rows of the list first."))
    return replace(query, ids=ids, filters=(), search="", view="")


def picked_ids(sent: Sequence[str]) -> tuple[int, ...]:
    """The ids of the rows somebody ticked; raises UserError for what is none, so that it never means every row."""
    if not all(key.isascii() and key.isdecimal() and len(key) <= 18 for key in sent):
        raise UserError(_("The rows you picked cannot be read. Load the list again and pick them anew."))
    return tuple(dict.fromkeys(int(key) for key in sent))
