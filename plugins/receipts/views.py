from collections.abc import Sequence

from erp import _
from erp.screens import Answer, DocumentView, Link, Opened, allowed, expose, pdf
from plugins.receipts.api import print_copy


class Receipts(DocumentView):
    """The receipts' pages, from which a copy is printed."""

    type_name = "receipt"

    def links(self, it: Opened) -> Sequence[Link]:
        """A second print, marked COPY."""
        return [Link(_("Print a copy"), f"{it.url}/copy", "printer", post=True)]

    @expose("/<int:row_id>/copy", methods=("POST",))
    @allowed("show")
    def copy(self, row_id: int) -> Answer:
        """The paper once more; every copy is counted."""
        return pdf(print_copy(row_id), f"{self.type.name}-{row_id}-copy.pdf")
