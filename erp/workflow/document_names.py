"""A document as the expressions of its diagram read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp.documents.base import Document
from erp.documents.types import document_type


class DocumentNames(Mapping[str, Any]):
    """The document's fields as expressions read them: `document.total` or `document["total"]`, nothing else."""

    def __init__(self, document: Document) -> None:
        self._row = document
        self._type = document_type(document.__tablename__)

    def __getitem__(self, name: str) -> Any:
        if name in {"id", "number", "state", "currency"}:
            return getattr(self._row, name)
        return self._type.value(self._row, self._type.field(name))

    def __iter__(self) -> Any:
        return iter(["id", *(entry.name for entry in self._type.all_fields)])

    def __len__(self) -> int:
        return len(self._type.all_fields) + 1


class Naming:
    """What acts on a document, and gives its expressions the one name they see beside process data."""

    document: Document

    def names(self) -> Mapping[str, object]:
        """`document`, as expressions see it."""
        return {"document": DocumentNames(self.document)}
