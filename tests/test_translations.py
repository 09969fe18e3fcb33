"""The Persian catalogue holds every text of the source, and a page in Persian shows nothing else; others may be only begun."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from erp import context, i18n, operations
from erp.access import ROLE_NAMES
from erp.config import ROOT
from erp.documents import types
from erp.screens import words
from erp.testing.conformance import subjects
from erp.wording import MACHINE
from erp.workflow.diagrams.diagram import parse
from erp.workflow.diagrams.drawing import in_words
from erp.workflow.people import tasks

CATALOGUES = {path.parts[-3]: path for path in ROOT.glob("translations/*/LC_MESSAGES/messages.po")}
CALLS = frozenset({"_", "_l", "N_", "gettext", "lazy_gettext", "ngettext"})
NAMES = frozenset(
    {
        "Millrace",
        "English",
        "CSV",
        "XLSX",
        "Excel",
        "PDF",
        "API",
        "EAN",
        "UPC",
        "SKU",
        "QR",
        "KES",
        "Enter",
        "Ctrl",
        "Westlands",
        "Mombasa",
        "Message",
        "ID",
        "gz",
        "localhost",
        "document",
        "under",
        "warranty",
    }
)
"""Names, codes and keys that are the same in every language."""


def texts(message):
    return (message,) if isinstance(message, str) else tuple(message)


def by_id(catalogue):
    return {message.id: message for message in catalogue if message.id}


def catalogue_of(language):
    with CATALOGUES[language].open("rb") as stream:
        return read_po(stream, locale=language)


def translated(catalogue):
    """Its messages that have a text; of a catalogue that is only begun the others are shown in English."""
    return [message for message in by_id(catalogue).values() if all(texts(message.string))]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """What `make translate` finds now."""
    found = tmp_path_factory.mktemp("texts") / "messages.pot"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        CommandLineInterface().run([
            "pybabel", "--quiet", "extract", "--mapping-file=pyproject.toml", "--keywords=_l", "--no-location",
            "--ignore-dirs=.* _* build dist node_modules tests", f"--output-file={found}", ".",
        ])  # fmt: skip
    with found.open("rb") as stream:
        return by_id(read_po(stream))


@pytest.fixture(scope="module")
def persian():
    return catalogue_of("fa")


@pytest.fixture(scope="module", params=sorted(CATALOGUES))
def catalogue(request):
    """Each in turn."""
    return catalogue_of(request.param)


@pytest.fixture
def compiled(persian, tmp_path: Path):
    """The catalogue as installations read it."""
    folder = tmp_path / "fa" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as stream:
        write_mo(stream, persian)
    before = list(i18n._folders)
    i18n.init_folders([tmp_path, *before])
    yield tmp_path
    i18n.init_folders(before)


def test_the_catalogue_is_that_of_the_source(source, persian):
    known = by_id(persian)
    assert sorted(map(str, source.keys() - known.keys())) == [], "run `make translate` and translate these"
    assert sorted(map(str, known.keys() - source.keys())) == [], "run `make translate`: nothing shows these any more"


def test_every_text_is_translated_and_looked_through(persian):
    empty = [message.id for message in by_id(persian).values() if not all(texts(message.string))]
    fuzzy = [message.id for message in by_id(persian).values() if message.fuzzy]
    assert (empty, fuzzy) == ([], [])


def test_what_is_filled_in_is_the_same_on_both_sides(catalogue):
    def filled(text):
        return sorted(re.findall(r"%\(\w+\)[sd]|\{\w+\}", text))

    wrong = [
        (message.id, text)
        for message in translated(catalogue)
        for english, text in zip(reversed(texts(message.id)), reversed(texts(message.string)), strict=False)
        if filled(text) != filled(english)
    ]
    assert wrong == []


def test_what_a_machine_wrote_is_marked_and_nothing_is_half_done(catalogue):
    done = translated(catalogue)
    assert [message.id for message in done if message.fuzzy or set(message.user_comments) - {MACHINE}] == []
    left = [message for message in by_id(catalogue).values() if not all(texts(message.string))]
    assert [message.id for message in left if any(texts(message.string)) or message.user_comments] == []


def test_what_is_filled_in_can_be_filled_in(catalogue):
    for message in translated(catalogue):
        names = re.findall(r"%\((\w+)\)", str(message.id))
        for text in texts(message.string) if names else ():
            assert text % dict.fromkeys(names, "x")


def test_it_is_written_in_persian_letters(persian):
    assert [m.id for m in by_id(persian).values() if re.search("[\u064a\u0643\u0660-\u0669]", str(m.string))] == []


def test_every_call_is_found():
    found = []
    for path in [*ROOT.glob("erp/**/*.py"), *ROOT.glob("plugins/**/*.py")]:
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
                named = [call for call in calls if getattr(call.func, "id", "") in CALLS and call.args]
                if any(isinstance(call.args[0], ast.Constant) for call in named):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == [], "a text inside an f-string is not found: take it out"


def test_titles_roles_diagrams_and_forms_are_in_it(persian):
    known = by_id(persian).keys()
    wanted = {ROLE_NAMES.get(role, role) for role in subjects.roles()} | {
        plugin.title for plugin in subjects.loaded().values()
    }
    with context.acting(language="en"):
        for kind in types.declared().values():
            wanted |= {str(kind.title), str(kind.plural)}
    for drawn in subjects.every_form(None):
        wanted |= set(drawn.form.texts)
    for drawing in subjects.every_diagram(None):
        diagram = drawing.diagram
        wanted |= {diagram.name, diagram.documentation, *diagram.lanes, *(flow.name for flow in diagram.flows)}
        wanted |= {text for element in diagram.elements.values() for text in (element.name, element.documentation)}
    assert sorted(wanted - known - {""}) == []


@pytest.mark.usefixtures("compiled")
def test_the_compiled_catalogue_is_read():
    with context.acting(language="fa"):
        assert i18n.gettext("Inbox") == "کارتابل"
        assert i18n.ngettext("%(num)s record", "%(num)s records", 12) == "۱۲ رکورد"
        assert i18n.gettext("At most %(count)s rows.", count=50) == "حداکثر ۵۰ ردیف."
        assert i18n.gettext("") == ""


@pytest.mark.usefixtures("compiled")
def test_a_diagram_is_drawn_in_the_readers_language():
    shipped = (ROOT / "workflows" / "repairs" / "repair_order.bpmn").read_bytes()
    with context.acting(language="fa"):
        drawn = parse(in_words(shipped))
    plain = parse(shipped)
    assert drawn.elements["inspect"].name == "بازبینی کالا"
    assert "پیشخوان" in drawn.lanes
    assert drawn.elements.keys() == plain.elements.keys()
    assert [(flow.id, flow.condition) for flow in drawn.flows] == [(flow.id, flow.condition) for flow in plain.flows]


# -- pages -----------------------------------------------------------------------------------------------


class Read(HTMLParser):
    """Everything on a page that people read or hear."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.silent = 0
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.silent += tag in {"script", "style", "code", "pre"}
        self.found += [
            value for name, value in attrs if name in {"title", "aria-label", "placeholder", "alt"} and value
        ]

    def handle_endtag(self, tag):
        self.silent -= tag in {"script", "style", "code", "pre"}

    def handle_data(self, data):
        if not self.silent and data.strip():
            self.found.append(data.strip())

    def english(self) -> list[str]:
        return [text for text in self.found if set(re.findall(r"[A-Za-z]{2,}", text)) - NAMES - {"RO"}]


@pytest.fixture
def workshop(make_company, sign_in, compiled):
    words.forget()
    company = make_company("تعمیرگاه ساوانا")
    person = company.person("TENANT_MANAGER", "Counter", "Technician", name="گلناز نوری", language="fa")
    with person.acting():
        customer = operations.create("party", {"name": "امینه حسنی", "phone": "+254 700 553 218"})
        order = operations.create("repair_order", {"customer": customer.id, "item": "دوربین", "fault": "لنز می‌لرزد"})
        inspect = tasks.open_of("repair_order", [order.id])[0].id
        operations.complete(inspect, {"findings": "شاتر", "verdict": "repairable"})
        task = tasks.open_of("repair_order", [order.id])[0].id
    words.forget()
    return sign_in(person), order.id, task


PAGES = (
    "/",
    "/repair_order/",
    "/repair_order/?q=nothing",
    "/repair_order/new",
    "/repair_order/{order}",
    "/repair_order/{order}/process",
    "/repair_order/{order}/process?element=covered",
    "/repair_order/{order}/process?element=inspect",
    "/repair_order/{order}/history",
    "/repair_order/{order}/files",
    "/repair_order/{order}/cancel",
    "/inbox/",
    "/inbox/{task}",
    "/task/{task}",
    "/party/",
    "/party/import",
    "/product/new",
    "/payment/",
    "/receipt/",
    "/mailbox/",
    "/search",
    "/nowhere",
)


def test_pages_hold_no_english(workshop):
    browser, order, task = workshop
    found = {}
    for address in PAGES:
        answer = browser.get(address.format(order=order, task=task))
        html = answer.get_data(as_text=True)
        assert '<html lang="fa" dir="rtl"' in html, address
        if english := Read(html).english():
            found[address] = english
    assert found == {}


def test_the_sign_in_page_follows_the_browser(app, compiled):
    html = app.test_client().get("/login/", headers={"Accept-Language": "fa"}).get_data(as_text=True)
    assert 'dir="rtl"' in html
    assert Read(html).english() == []
    assert "گذرواژه" in html


def test_numbers_and_days_are_persian_too(workshop):
    browser, order, _task = workshop
    html = browser.get(f"/repair_order/{order}").get_data(as_text=True)
    seen = [text for text in Read(html).found if re.search(r"[0-9]", text)]
    assert [text for text in seen if re.search("[0-9]", re.sub(r"RO-\d{4}-\d+|\+254 700 553 218", "", text))] == []
