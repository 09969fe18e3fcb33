"""Page numbers of prints in the reader's digits: xhtml2pdf writes what `str` makes of them, and offers no other way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from reportlab import rl_config
from xhtml2pdf import document
from xhtml2pdf.xhtml2pdf_reportlab import PmlBaseDoc

from erp import i18n

FONT = "NotoArabic"
"""Has the digits that are not Latin; a page's number is written in one font, whatever is in it."""
_PLACES = re.compile(r"<pdf:page(?:number|count)[^>]*>")


class Number(int):
    """A whole number that is written in the reader's digits."""

    def __str__(self) -> str:
        """Those digits."""
        return i18n.digits(int.__repr__(self))


class LocalisedDoc(PmlBaseDoc):
    """A document whose pages are numbered and counted in the reader's digits."""

    _counted = 0

    def pageLabel(self, page: int) -> Number:  # noqa: N802 - the name of xhtml2pdf's own
        """The number this page shows."""
        return Number(super().pageLabel(page))

    @property
    def _page_count(self) -> Number:
        return Number(self._counted)

    @_page_count.setter
    def _page_count(self, count: int) -> None:
        self._counted = count


@contextmanager
def localised() -> Iterator[None]:
    """Number pages as the reader reads numbers; whoever converts holds the lock of all conversions."""
    rl_config.invariant = 1  # the same HTML gives the same bytes
    document.PmlBaseDoc = LocalisedDoc
    try:
        yield
    finally:
        document.PmlBaseDoc = PmlBaseDoc


def in_their_font(html: str) -> str:
    """The HTML with each page number in a font that has the reader's digits."""
    if i18n.digits("0") == "0":
        return html
    return _PLACES.sub(lambda found: f'<span style="font-family: {FONT}">{found[0]}</span>', html)
