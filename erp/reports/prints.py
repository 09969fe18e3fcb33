"""Prints: a template and plain data become HTML, and HTML becomes a PDF that is the same every time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from html import escape, unescape
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import jdatetime
from babel.dates import format_date as babel_date
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader, TemplateNotFound
from jinja2.sandbox import SandboxedEnvironment

from erp import context, i18n, late
from erp.config import ROOT
from erp.errors import ErpError, NotFound
from erp.i18n import _

if TYPE_CHECKING:
    import pypdf
    from xhtml2pdf import pisa
    from xhtml2pdf.config import resources

    from erp.reports import page_numbers
else:
    pypdf = late.module("pypdf")
    pisa = late.module("xhtml2pdf.pisa")
    resources = late.module("xhtml2pdf.config.resources")
    page_numbers = late.module("erp.reports.page_numbers")

FONTS = Path(__file__).resolve().parent / "fonts"
TALLEST_MM = 5000
"""Height a receipt is measured on; a PDF page cannot be taller than 5080 mm."""
END = "https://print.invalid/end"
"""Target of the link that stands last while a receipt is measured: a link is the one thing a PDF places openly."""
_AUTO_SIZE = re.compile(r"size:\s*(\d+(?:\.\d+)?)mm\s+auto")
_MARGIN = re.compile(r"@page[^{]*\{[^}]*?\bmargin:\s*([\d.]+)mm(?:\s+([\d.]+)mm)?(?:\s+([\d.]+)mm)?")
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
"""Taken out before converting: letters shaped for drawing do not belong into a title that is searched."""
COPY_PLACE = "<!-- copy -->"
"""Where a template wants its mark of a copy; without it the mark stands first."""

_folders: list[Path] = [ROOT / "reports"]
_own: dict[str, Path] = {}
_reportlab = Lock()


class PrintFailed(ErpError):
    """The print could not be made; its template needs correcting."""

    code = "print_failed"


def init_folders(folders: Iterable[Path], own: Mapping[str, Path] | None = None) -> None:
    """Set where templates (`<plugin>/<file>.html`) and their pictures are looked for, the first folder winning.

    `own` are the folders inside plugins, {plugin: folder of <file>.html}, looked at last.
    """
    _folders[:] = folders
    _own.clear()
    _own.update(own or {})
    _environment.cache_clear()


def print_document(template: str, data: Mapping[str, Any], *, language: str, copy: bool = False) -> bytes:
    """The PDF of a print, its texts in `language`; `copy` marks a second print."""
    return to_pdf(render_html(template, data, language), copy=copy)


def joined(papers: Iterable[bytes]) -> bytes:
    """One PDF of many, in their order."""
    writer, out = pypdf.PdfWriter(), io.BytesIO()
    for paper in papers:
        writer.append(io.BytesIO(paper))
    writer.write(out)
    return out.getvalue()


# -- HTML ------------------------------------------------------------------------------------------------


def render_html(template: str, data: Mapping[str, Any], language: str) -> str:
    """The HTML of a template, named (`receipts/receipt.html`) or given whole, in the print's language."""
    with context.acting(language=language):
        environment = _environment()
        try:
            found = environment.from_string(template) if "<" in template else environment.get_template(template)
        except TemplateNotFound:
            raise NotFound(f"There is no print template {template}.") from None
        return found.render(dict(data), language=language, direction=i18n.direction(language))


def _loader() -> BaseLoader:
    inside = PrefixLoader({name: FileSystemLoader(folder) for name, folder in _own.items()})
    return ChoiceLoader([FileSystemLoader(_folders), inside])


@cache
def _environment() -> SandboxedEnvironment:
    found = SandboxedEnvironment(
        loader=_loader(), autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=True
    )
    found.globals.update(_=i18n.gettext, ngettext=i18n.ngettext)
    found.filters.update(money=money, number=number, date=day, datetime=moment, phone=phone)
    return found


def _decimal(value: Any) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, str | int | float | Decimal) and str(value).strip() else None


def money(value: Any, currency: str = "", *, code: bool = True) -> str:
    """An amount with its currency's decimals, the code in front unless `code` is false; "–" for none."""
    text = i18n.format_money(_decimal(value), currency)
    return text if code else text.removeprefix(f"{currency} ")


def number(value: Any, places: int | None = None) -> str:
    """A number with grouping, "" for none."""
    found = _decimal(value)
    return "" if found is None else i18n.format_number(found, places)


def phone(value: Any) -> str:
    """A phone number in the reader's digits, left to right inside text of either direction; "" for none."""
    return f"\u2066{i18n.digits(str(value))}\u2069" if value else ""


def day(value: Any) -> str:
    """A day with its year, `21 Nov 2026`, Jalali in Persian; "" for none. Prints do not depend on today."""
    if isinstance(value, str) and value:
        value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
    if isinstance(value, datetime):
        value = _local(value).date()
    if not isinstance(value, date):
        return ""
    if context.current().language == "fa":
        jalali = jdatetime.date.fromgregorian(date=value)
        return i18n.digits(f"{jalali.day} {i18n.MONTHS_FA[jalali.month - 1]} {jalali.year}")
    return babel_date(value, "d MMM y", locale=context.current().language)


def moment(value: Any) -> str:
    """A day and time of day in the acting time zone, "" for none."""
    if isinstance(value, str) and len(value) > 10:
        value = datetime.fromisoformat(value)
    return f"{day(value)} {i18n.digits(f'{_local(value):%H:%M}')}" if isinstance(value, datetime) else day(value)


def _local(value: datetime) -> datetime:
    return value if value.tzinfo is None else value.astimezone(ZoneInfo(context.current().timezone))


# -- PDF -------------------------------------------------------------------------------------------------


def to_pdf(html: str, *, copy: bool = False) -> bytes:
    """The PDF of the HTML; a page declared `size: 80mm auto` becomes as tall as what is on it.

    The same HTML gives the same bytes. Nothing is read but our fonts and the template folders.
    """
    html = _with_style(_with_copy_mark(html) if copy else html)
    auto = _AUTO_SIZE.search(html)
    if auto is None:
        return _convert(html)
    width = auto[1]
    ending = f'<div style="font-size: 1pt; line-height: 1pt"><a href="{END}">.</a></div>'
    body = re.sub(r"(?=</body>)", lambda _found: ending, html, count=1)
    margin = _MARGIN.search(html)
    below = float(margin[3] or margin[1]) if margin else 10
    height = _measured(_convert(_AUTO_SIZE.sub(f"size: {width}mm {TALLEST_MM}mm", body)), below)
    for spare in (0, 5, 25):
        pdf = _convert(_AUTO_SIZE.sub(f"size: {width}mm {min(height + spare, TALLEST_MM):.1f}mm", html))
        if height >= TALLEST_MM or len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1:
            break
    return pdf


def _with_copy_mark(html: str) -> str:
    with context.acting(language=_language(html)):
        word = escape(_("COPY"))
    mark = f'<div class="copy-mark">{word}</div>'
    if COPY_PLACE in html:
        return html.replace(COPY_PLACE, mark)
    return re.sub(r"<body[^>]*>", lambda found: found[0] + mark, html, count=1)


def _language(html: str) -> str:
    found = re.search(r'<html[^>]*\blang="(\w+)"', html)
    return found[1] if found else context.current().language


@cache
def _style() -> str:
    faces = "".join(
        f"@font-face {{ font-family: {family}; font-weight: {weight}; src: url({FONTS / name}.ttf) }}\n"
        for family, weight, name in (
            ("NotoSans", "normal", "NotoSans-Regular"),
            ("NotoSans", "bold", "NotoSans-Bold"),
            ("NotoArabic", "normal", "NotoSansArabic-Regular"),
            ("NotoArabic", "bold", "NotoSansArabic-Bold"),
        )
    )
    return f"""<style>
{faces}
html, body, div, p, td, th, h1, h2, h3 {{ font-family: NotoSans, NotoArabic }}
.copy-mark {{ font-weight: bold; font-size: 14pt; text-align: center; border: 1pt solid #000000 }}
.copy-mark {{ padding: 1mm; margin-bottom: 2mm }}
</style>
"""


def _with_style(html: str) -> str:
    """Our fonts come first in the head, so that a template's own style wins."""
    if "<head>" not in html or "</body>" not in html:
        raise PrintFailed("A print template is a whole page: <html>, <head> and <body>.")
    return html.replace("<head>", f"<head>{_style()}", 1)


def _measured(pdf: bytes, below: float) -> float:
    """The height of what is on the one page and the margin below it, in millimetres; the tallest when it ran over."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    page = reader.pages[0]
    ends = [
        float(note["/Rect"][1])
        for note in (entry.get_object() for entry in page.get("/Annots") or ())
        if note.get("/A", {}).get("/URI") == END
    ]
    if len(reader.pages) > 1 or not ends:
        return TALLEST_MM
    used = (float(page.mediabox.height) - ends[0]) * 25.4 / 72 + below
    return min(used + 1, TALLEST_MM)


def _convert(html: str) -> bytes:
    policy = resources.ResourceAccessPolicy.server(FONTS, allow_remote=False, extra_roots=(*_folders, *_own.values()))
    out = io.BytesIO()
    title = _TITLE.search(html)
    with _reportlab, context.acting(language=_language(html)), page_numbers.localised():
        result = pisa.CreatePDF(
            page_numbers.in_their_font(_TITLE.sub("", html)),
            dest=out,
            encoding="utf-8",
            context_meta={"title": unescape(title[1])} if title else None,
            link_callback=_found_file,
            resource_policy=policy,
        )
    if result.err:
        raise PrintFailed(detail={"log": [str(entry) for entry in result.log][:10]})
    return out.getvalue()


def _found_file(address: str, _relative: str) -> str:
    """A picture's path inside the template folders or our fonts; nothing else is opened."""
    if address.startswith("data:"):
        return address
    parts = urlsplit(address)
    if not parts.scheme:
        for folder in (FONTS, *_folders, *_own.values()):
            path = (folder / parts.path).resolve()
            if path.is_relative_to(folder.resolve()) and path.is_file():
                return str(path)
    raise PrintFailed(f"The print's template asks for {address[:100]}, which is not among its files.")
