from __future__ import annotations

from typing import Any

from erp import Call, Letter, action, current, files, print_document
from plugins.sales import papers
from plugins.sales.models import Sale
from plugins.stock.api import tell_low


@action
def tell_low_stock(sale: Sale) -> None:
    """Tell whoever keeps the stock which products of the sale run low."""
    tell_low({line.product.id for line in sale.lines if line.product is not None})


class RenderSaleReceipt(Call):
    """Make the receipt as a PDF and keep it."""

    sale: Sale

    def request(self) -> dict[str, Any]:
        """What it says; nothing that changes later reaches it."""
        language = papers.language_of(self.sale)
        content = papers.receipt_paper(self.sale)
        return {"tenant_id": current().tenant_id, "language": language, "content": content}

    def send(self, request: dict[str, Any], _key: str) -> dict[str, Any]:
        """Render it; the same request gives the same bytes, so a repeat keeps nothing new."""
        pdf = print_document(papers.TEMPLATE, request["content"], language=request["language"])
        return {"sha256": files.keep(request["tenant_id"], pdf), "size": len(pdf)}

    def record(self, answer: dict[str, Any]) -> None:
        """The PDF becomes a file of the sale."""
        name = f"{(self.sale.number or '').replace('/', '-')}.pdf"
        row = files.File(name=name, media_type="application/pdf", purpose=papers.PURPOSE, **answer)
        files.attach(row, self.sale.__tablename__, self.sale.id)


class SendSaleReceipt(Letter):
    """Mail the receipt to the address that was said at the till."""

    sale: Sale

    def address(self) -> str:
        """Where the receipt goes."""
        return self.sale.receipt_email or ""

    def language(self) -> str:
        """The customer's, else the company's."""
        return papers.language_of(self.sale)

    def about(self) -> str:
        """The sale's number."""
        return self.sale.number or ""

    def content(self) -> tuple[str, str]:
        """What was bought, in one sentence."""
        return papers.receipt_letter(self.sale)

    def attachments(self) -> list[files.File]:
        """The receipt as a PDF."""
        return files.of(self.sale.__tablename__, self.sale.id, papers.PURPOSE)[-1:]
