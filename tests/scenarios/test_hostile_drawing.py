"""A drawing that holds scripts, in its names and as elements of SVG and XHTML, does nothing wherever it is looked at."""

from __future__ import annotations

import pytest

from erp import create
from erp.data.base import transaction
from erp.modelling import drafts
from erp.testing.pytest_plugin import Company
from erp.workflow import definitions
from tests.repairs.conftest import CAMERA
from tests.scenarios.browser import Open, Window

pytestmark = pytest.mark.browser
HIT = "document.documentElement.setAttribute('data-hit', '1')"
NAME = f"&lt;img src=x onerror=&quot;{HIT}&quot;&gt;&lt;script&gt;{HIT}&lt;/script&gt;"
SCRIPTS = f"""<svg xmlns="http://www.w3.org/2000/svg" onload="{HIT}"><script>{HIT}</script></svg>
<script xmlns="http://www.w3.org/1999/xhtml">{HIT}</script>
<img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="{HIT}" />"""


def hostile() -> bytes:
    """The shipped repair order with scripts in it."""
    text = (definitions.shipped("repair_order") or b"").decode()
    assert 'id="inspect" name="Inspect item"' in text
    text = text.replace('id="inspect" name="Inspect item"', f'id="inspect" name="{NAME}"')
    begins = text.index(">", text.index("<bpmn:process ")) + 1
    documentation = f"<bpmn:documentation>{SCRIPTS}</bpmn:documentation>"
    text = text[:begins] + documentation + text[begins:]
    return text.replace(
        "</bpmn:definitions>", f"<bpmn:documentation>{SCRIPTS}</bpmn:documentation></bpmn:definitions>"
    ).encode()


def is_unharmed(window: Window, address: str, wait_for: str = "") -> None:
    """Nothing in what was opened has run."""
    window.go(address)
    if wait_for:
        window.page.wait_for_selector(wait_for)
    window.page.wait_for_timeout(300)
    assert window.page.evaluate("document.documentElement.getAttribute('data-hit')") is None, address


def test_scripts_in_a_drawing_do_not_run(company: Company, visit: Open) -> None:
    mary = company.person("TENANT_ANALYST", "Counter", "Technician", name="Mary Wanjiru")
    with mary.acting("system"), transaction():
        definitions.live("repair_order")
        definitions.publish("repair_order", hostile())
    with mary.acting():
        customer = create("party", {"name": "Amina Hassan", "phone": "+254 700 553 218"})
        order = create("repair_order", {**CAMERA, "customer": customer.id}).id
        drafts.put("repair_order", drafts.brought("repair_order", hostile()))
    window = visit(mary)
    is_unharmed(window, f"/repair_order/{order}/process", ".djs-shape")
    assert "<script>" in window.text(), "the name is not shown as it is"
    is_unharmed(window, f"/repair_order/{order}")
    is_unharmed(window, f"/repair_order/{order}/process.bpmn")
    is_unharmed(window, "/inbox/")
    is_unharmed(window, "/studio/repair_order", "#studio[data-ready]")
    is_unharmed(window, "/studio/repair_order/drawing")
    window.complaints.clear()  # what the browser refused to run
