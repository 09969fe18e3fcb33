from __future__ import annotations

from typing import Any

from erp import Call, Document, current, files, print_document, session
from plugins.receipts.api import PURPOSE, TEMPLATE, content_of, newest_of
from plugins.receipts.models import Receipt


class RenderReceipt(Call):
    """Make the PDF of the document's newest receipt and keep it."""

    document: Document

    def request(self) -> dict[str, Any]:
        """What the paper says; nothing that changes later reaches it."""
        receipt = newest_of(self.document)
        return {
            "tenant_id": current().tenant_id,
            "receipt": receipt.id,
            "language": receipt.language,
            "content": content_of(receipt),
        }

    def send(self, request: dict[str, Any], _key: str) -> dict[str, Any]:
        """Render it; the same request gives the same bytes, so a repeat keeps nothing new."""
        pdf = print_document(TEMPLATE, request["content"], language=request["language"])
        return {"receipt": request["receipt"], "sha256": files.keep(request["tenant_id"], pdf), "size": len(pdf)}

    def record(self, answer: dict[str, Any]) -> None:
        """The PDF becomes a file of the receipt and of the document it pays; history without papers has no file."""
        receipt = session().get_one(Receipt, answer["receipt"], with_for_update=True)
        receipt.print_count = 1
        for owner in (receipt, self.document) if "sha256" in answer else ():
            row = files.File(
                name=f"{receipt.number}.pdf",
                sha256=answer["sha256"],
                size=answer["size"],
                media_type="application/pdf",
                purpose=PURPOSE,
            )
            files.attach(row, owner.__tablename__, owner.id)
