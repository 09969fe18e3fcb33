"""Prints: the same data gives the same paper, in the customer's language, and a template reaches nothing outside."""

import io
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from erp import context
from erp.errors import NotFound
from erp.reports import prints
from erp.reports.prints import PrintFailed, init_folders, print_document, render_html, to_pdf

SALE = {
    "company": {"name": "Nairobi Camera House", "address": "Biashara Street 12", "phone": "+254 20 555 0100", "tax_number": "P051"},
    "branch": "Westlands",
    "number": "RO-2026-00042",
    "date": "2026-11-21T09:30:00+00:00",
    "valid_until": "2026-11-28",
    "customer": "Amina <Hassan>",
    "lines": [
        {"description": "Shutter", "quantity": "1", "unit_price": "18300", "amount": "18300"},
        {"description": "Labour", "quantity": "2.5", "unit_price": "2000", "amount": "5000"},
    ],
    "subtotal": "23300", "tax_rate": "16", "tax": "3728", "total": "27028", "paid": "30000", "change": "2972",
    "currency": "KES", "cashier": "Daniel", "note": "", "title": "",
}  # fmt: skip
MM = 72 / 25.4


@pytest.fixture(autouse=True)
def nairobi():
    with context.acting(language="en", timezone="Africa/Nairobi"):
        yield


@pytest.fixture
def folder(tmp_path: Path):
    before = list(prints._folders)
    init_folders([tmp_path, *before])
    yield tmp_path
    init_folders(before)


def text(pdf: Any):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def page(body: str, style: str = ""):
    return f'<html lang="en"><head><style>{style}</style></head><body>{body}</body></html>'


def size(pdf: Any):
    reader = PdfReader(io.BytesIO(pdf))
    box = reader.pages[0].mediabox
    return len(reader.pages), round(float(box.width) / MM), round(float(box.height) / MM)


def test_a_receipt_says_who_sold_what_for_how_much():
    said = text(print_document("receipts/receipt.html", SALE, language="en"))
    for part in (
        "Nairobi Camera House",
        "RO-2026-00042",
        "21 Nov 2026 12:30",
        "2.5 × 2,000.00",
        "KES 27,028.00",
        "2,972.00",
        "Amina <Hassan>",
    ):
        assert part in said


def test_a_receipt_is_as_long_as_its_lines():
    short = print_document("receipts/receipt.html", SALE, language="en")
    long = print_document("receipts/receipt.html", {**SALE, "lines": SALE["lines"] * 40}, language="en")
    assert size(short)[:2] == (1, 80)
    assert size(long)[:2] == (1, 80)
    assert 120 < size(short)[2] < 170
    assert size(long)[2] > size(short)[2] + 400


def test_a_receipt_longer_than_any_page_goes_on():
    tall = to_pdf(page("<p>x</p>" * 3000, "@page { size: 80mm auto; margin: 4mm }"))
    assert size(tall)[0] > 1


def test_the_same_data_gives_the_same_bytes():
    first = print_document("receipts/receipt.html", SALE, language="fa")
    assert print_document("receipts/receipt.html", SALE, language="fa") == first


def test_persian_prints_have_persian_digits_and_jalali_days_whoever_prints_them():
    html = render_html("repairs/quotation.html", SALE, "fa")
    assert 'lang="fa" dir="rtl"' in html
    assert "۳۰ آبان ۱۴۰۵" in html
    assert "۲۷٬۰۲۸٫۰۰" in html
    assert size(to_pdf(html))[1:] == (210, 297)


def test_a_long_quotation_repeats_the_head_of_its_lines_and_numbers_its_pages():
    said = text(print_document("repairs/quotation.html", {**SALE, "lines": SALE["lines"] * 40}, language="en"))
    pages = said.count("Description")
    assert pages >= 3
    assert f"{pages} / {pages}" in said.replace("\n", " ")


def test_pages_of_a_persian_print_are_numbered_in_its_digits_and_drawn_in_a_font_that_has_them():
    made = print_document("repairs/quotation.html", {**SALE, "lines": SALE["lines"] * 40}, language="fa")
    pages = PdfReader(io.BytesIO(made)).pages
    fonts: dict[str, str] = {}

    def look(found: str, _matrix: Any, _text_matrix: Any, font: Any, _size: Any) -> None:
        fonts[found.strip()] = str(font and font["/BaseFont"])

    pages[1].extract_text(visitor_text=look)
    last = "۰۱۲۳۴۵۶۷۸۹"[len(pages)]
    assert "NotoSansArabic" in fonts["۲"]
    assert "NotoSansArabic" in fonts[last]


def test_a_second_print_is_marked():
    assert "COPY" in text(print_document("receipts/receipt.html", SALE, language="en", copy=True))
    assert "COPY" not in text(print_document("receipts/receipt.html", SALE, language="en"))
    assert "COPY" in text(to_pdf(page("<p>plain</p>"), copy=True))


def test_what_people_wrote_is_never_markup():
    html = render_html("receipts/receipt.html", {**SALE, "note": '<img src="/etc/passwd"><!-- copy -->'}, "en")
    assert "<img" not in html
    assert "COPY" in text(to_pdf(html, copy=True))


def test_a_site_prints_with_its_own_template(folder: Path):
    (folder / "receipts").mkdir()
    (folder / "receipts" / "receipt.html").write_text(
        page("<p>Ours: {{ total|money(currency) }} {{ '' |money }} {{ none_such|number }}</p>")
    )
    assert "Ours: KES 27,028.00" in text(print_document("receipts/receipt.html", SALE, language="en"))


@pytest.mark.parametrize("name", ["receipts/none.html", "../prints.py", "/etc/passwd"])
def test_a_template_that_is_not_there(name: str):
    with pytest.raises(NotFound):
        render_html(name, SALE, "en")


@pytest.mark.parametrize(
    "address", ["/etc/passwd", "file:///etc/passwd", "../../../etc/passwd", "fonts/../../prints.py", "ftp://h/x"]
)
def test_a_template_cannot_read_files(address: str):
    with pytest.raises(PrintFailed):
        to_pdf(page(f'<img src="{address}">'))


@pytest.mark.parametrize(
    "markup", ['<img src="{}">', '<link rel="stylesheet" href="{}">', '<p style="background-image: url({})">x</p>']
)
def test_a_template_cannot_reach_the_network(markup: str):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.png"
        with suppress(PrintFailed):
            to_pdf(page(markup.format(address)))
        with pytest.raises(TimeoutError):
            server.accept()


def test_pictures_inside_the_template_folder_and_in_the_page_are_shown(folder: Path):
    picture = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
        "53de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
    )
    (folder / "logo.png").write_bytes(picture)
    assert len(PdfReader(io.BytesIO(to_pdf(page('<img src="logo.png">')))).pages[0].images) == 1


def test_templates_are_sandboxed():
    with pytest.raises(Exception, match="unsafe"):
        render_html(page("{{ ''.__class__.__mro__ }}"), {}, "en")


def test_filters_forgive_what_is_missing_and_do_not_depend_on_today():
    assert prints.day(None) == prints.day("") == prints.number("") == prints.phone(None) == ""
    assert prints.money(None, "KES") == "–"
    assert prints.day(datetime(2026, 11, 21, 22, 0, tzinfo=UTC)) == "22 Nov 2026"
    assert prints.moment("2026-11-21") == "21 Nov 2026"
    with context.acting(language="sw"):
        assert prints.day("2026-03-21") == "21 Mac 2026"
    assert prints.money("27028", "KES", code=False) == "27,028.00"


def test_a_template_must_be_a_page():
    with pytest.raises(PrintFailed):
        to_pdf("<p>x</p>")
