"""`make pictures`: the demo company is started, the guides are followed in Chromium, and what they show is taken.

`python -m tests.pictures inbox people` follows them too, and keeps these two only.
"""

from __future__ import annotations

import io
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from openpyxl import load_workbook
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect, sync_playwright

from erp import clock
from erp.config import ROOT
from erp.run import postgres
from tests.chromium import FLAGS, PATIENCE, chromium_path
from tests.developer_guide import blocks, follow
from tests.erp.run.installation import Installation, free_port
from tests.site_copy import copied

FOLDER = ROOT / "docs" / "images"
SIZES = {"desk": (1280, 800), "phone": (390, 780), "tall": (390, 1120), "till": (1024, 768)}
COLOURS = (200, 128, 64, 32)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST = 80_000
"""Bytes of a picture: it is reduced to fewer colours until it has no more."""

CUSTOMERS = b"""Customer number,Name,Phone,Mail,Since
4711,Baraka Stores,0700 553 219,office@baraka.example,2021-03-04
4712,Tsavo Lodge,0722 418 903,desk@tsavo.example,2019-11-20
4713,Joseph Kiptoo,0721 004 886,joseph.kiptoo,2023-06-01
4714,Malindi Dive Centre,0712 338 570,dive@malindi.example,2024-01-15
"""


@dataclass
class Walk:
    """Somebody who follows a guide as each of its people, and takes pictures on the way."""

    browser: Browser
    address: str
    passwords: dict[str, str]
    wanted: list[str]
    kept: dict[str, str] = field(default_factory=dict)
    """{who: the browser's cookies}: everybody signs in once."""
    order: str = ""
    number: str = ""
    link: str = ""

    def window(self, who: str = "", size: str = "desk", **options: str) -> Page:
        """A window of somebody who is signed in, or of a stranger."""
        width, height = SIZES[size]
        given = {"base_url": self.address, "viewport": {"width": width, "height": height}, "locale": "en-GB", **options}
        context = self.browser.new_context(**given, storage_state=self.kept.get(who))
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        if who and who not in self.kept:
            page.goto("/login/")
            page.fill("[name=username]", who)
            page.fill("[name=password]", self.passwords[who])
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: "/login" not in url)
            self.kept[who] = context.storage_state()
        return page

    def take(self, name: str, page: Page) -> None:
        """Keep what is seen now, reduced."""
        if self.wanted and name not in self.wanted:
            return
        page.wait_for_load_state()
        page.wait_for_timeout(1000)  # counts of the menu and the diagram come after the page
        seen = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")
        for colours in COLOURS:
            out = io.BytesIO()
            seen.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
            if out.tell() <= MOST:
                break
        (FOLDER / f"{name}.png").write_bytes(out.getvalue())
        print(name, out.tell())


# -- the office guide: one order from the counter to the receipt --------------------------------------------


def the_counter_takes_it_in(walk: Walk) -> None:
    page = walk.window("grace")
    page.goto("/repair_order/new")
    page.fill("[name=item]", "Canon EOS R6 Mark II")
    page.fill("[name=serial]", "062021004418")
    page.fill("[name=accessories]", "Battery, strap, RF 24–105 lens")
    page.fill("[name=fault]", "Dropped; shows error 20, the lens wobbles")
    page.fill("[name=condition]", "Base plate scratched, sensor clean")
    page.set_input_files("[name=photos]", files=[{"name": "camera.png", "mimeType": "image/png", "buffer": photo()}])
    page.locator("[name=customer__text]").press_sequentially("Halima")
    page.get_by_role("option", name="Add").wait_for()
    walk.take("intake", page)
    page.get_by_role("option", name="Add").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=name]").fill("Halima Noor")
    dialog.locator("[name=phone]").fill("+254 700 553 218")
    dialog.locator("[name=email]").fill("halima@example.com")
    dialog.locator("button.btn-primary").click()
    expect(dialog).to_have_count(0)
    page.locator("[data-savebar] button").click()
    expect(page.locator("main")).to_contain_text("Repair order saved.")
    walk.order = page.url.removeprefix(walk.address)
    walk.number = page.locator(".mr-sum dd").first.inner_text()


def the_technician_inspects_it(walk: Walk) -> None:
    page = walk.window("daniel")
    page.goto("/inbox/")
    page.locator("[data-tasks] .mr-task", has_text="Halima Noor").get_by_role("button").click()
    expect(page.locator("main")).to_contain_text("Claimed by you")
    page.fill("[name=findings]", "Mount ring bent, shutter unit stiff")
    page.select_option("[name=fault_kind]", "accident")
    walk.take("inbox", page)
    send(page, "Can be repaired")


def the_counter_quotes_it(walk: Walk) -> None:
    page = walk.window("grace")
    page.goto(walk.order)
    page.locator(".mr-acts").get_by_role("link", name="Prepare quote").click()
    page.locator("[name=lines-0-product__text]").press_sequentially("shutter")
    page.locator("[role=option]:visible", has_text="Shutter unit").click()
    page.get_by_role("button", name="Add a line").click()
    page.select_option("[name=lines-1-kind]", "labour")
    page.fill("[name=lines-1-description]", "Replace shutter and mount, align")
    page.fill("[name=lines-1-quantity]", "6.5")
    page.fill("[name=lines-1-unit_price]", "5200")
    page.fill("[name=promised_on]", f"{clock.now() + timedelta(days=6):%Y-%m-%d}")
    page.mouse.wheel(0, 2000)
    walk.take("quote", page)
    send(page, "Prepare quote")
    walk.link = mailed(page, f"Canon EOS R6 Mark II, {walk.number}")


def the_customer_accepts_and_pays_the_deposit(walk: Walk) -> None:
    page = walk.window(size="tall")
    page.goto(walk.link)
    walk.take("customer", page)
    page.get_by_role("button", name="Accept").click()
    expect(page.locator("main")).to_contain_text("Thank you.")
    card = walk.window(size="phone")
    until(card, walk.link, "Pay the deposit by card")
    card.get_by_role("link", name="Pay the deposit by card").click()
    card.fill("#number", "4242 4242 4242 4242")
    card.fill("#expiry", "12 / 34")
    card.fill("#cvc", "123")
    walk.take("card", card)
    card.get_by_role("button", name="Hold").click()


def colleagues_look_at_it_and_talk(walk: Walk) -> None:
    page = walk.window("peter")
    until(page, walk.order, "Repair, since")
    walk.take("document", page)
    page.get_by_role("link", name="Messages", exact=True).click()
    page.locator("#message").press_sequentially("The customer called: please keep the old mount ring. @Dan")
    page.locator("[role=option]:visible").click()
    walk.take("messages", page)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".mr-says")).to_contain_text("keep the old mount ring")
    daniel = walk.window("daniel", "phone", color_scheme="dark")
    daniel.goto("/inbox/")
    walk.take("inbox-phone", daniel)
    desk = walk.window("daniel")
    desk.goto("/inbox/")
    desk.locator("[data-newest] summary").click()
    desk.locator("[data-newest-here] a").first.wait_for()
    walk.take("bell", desk)


def it_is_repaired(walk: Walk) -> None:
    daniel = walk.window("daniel")
    daniel.goto(walk.order)
    daniel.locator(".mr-acts").get_by_role("link", name="Repair").click()
    daniel.fill("[name=work_done]", "Shutter unit and mount ring replaced, aligned")
    send(daniel, "Repaired")
    daniel.goto(walk.order)
    daniel.locator(".mr-acts").get_by_role("link", name="Quality check").click()
    daniel.get_by_label("The reported fault is gone").check()
    daniel.fill("[name=quality_note]", "Tried for twenty minutes")
    send(daniel, "Pass")


def the_process_says_why(walk: Walk) -> None:
    page = walk.window("peter")
    until(page, f"{walk.order}/process", "Take from held card")
    page.goto(f"{walk.order}/process?element=standing_is")
    page.locator("#diagram[data-ready]").wait_for()
    page.locator("#why-title").wait_for()
    walk.take("process", page)


def it_is_paid_and_handed_over(walk: Walk) -> None:
    grace = walk.window("grace")
    until(grace, walk.order, "Take from held card")
    grace.locator(".mr-acts").get_by_role("link", name="Take from held card").click()
    send(grace, "Take from held card")
    until(grace, walk.order, "Take payment, hand over, since")
    grace.locator(".mr-acts").get_by_role("link", name="Take payment, hand over").click()
    grace.fill("[name=tendered]", "40000")
    grace.get_by_label("Item and accessories handed over").check()
    grace.locator("[name=tendered]").scroll_into_view_if_needed()
    walk.take("pay", grace)


# -- the office guide: buying, and goods from one branch to another -------------------------------------------


def two_suppliers_are_asked(walk: Walk) -> None:
    samuel = walk.window("samuel")
    samuel.goto("/purchase_requisition/?state__eq=requested")
    samuel.locator("table a.id").first.click()
    needed = samuel.url.removeprefix(walk.address)
    samuel.locator(".mr-acts").get_by_role("link", name="Agree to it").click()
    send(samuel, "Agree")
    page = walk.window("brenda")
    for supplier, price in (("Uhuru", "18500"), ("Mombasa", "17200")):
        page.goto(needed)
        page.locator(".mr-acts").get_by_role("link", name="Ask a supplier").click()
        picked(page, "supplier", supplier)
        page.locator("[data-savebar] button").click()
        asked = page.url
        page.locator(".mr-acts").get_by_role("link", name="Ask supplier").click()
        send(page, "Ask them")
        until(page, asked, "Record the offer, since")
        page.locator(".mr-acts").get_by_role("link", name="Record the offer").click()
        page.fill("[name=lines-0-unit_price]", price)
        page.fill("[name=lead_days]", "7")
        send(page, "They offer this")
    page.goto(needed)
    walk.take("offers", page)


def a_purchase_is_approved_and_followed(walk: Walk) -> None:
    samuel = walk.window("samuel")
    samuel.goto("/purchase_order/?state__eq=submitted")
    samuel.locator("table a.id").first.click()
    samuel.locator(".mr-acts").get_by_role("link", name="Approve").click()
    walk.take("purchase-approve", samuel)
    samuel.goto("/supplier_bill/?state__eq=mismatched")
    samuel.locator("table a.id").first.click()
    samuel.locator(".mr-acts").get_by_role("link", name="Resolve mismatch").click()
    walk.take("mismatch", samuel)
    page = walk.window("brenda")
    page.goto("/purchase_order/?state__eq=sent")
    page.locator("table a.id").first.click()
    page.mouse.wheel(0, 2000)
    walk.take("progress", page)


def goods_go_to_another_branch(walk: Walk) -> None:
    joseph = walk.window("joseph", "phone")
    joseph.goto("/transfer/?state__eq=approved")
    joseph.locator("table a.id").first.click()
    joseph.locator(".mr-dock").get_by_role("link", name="Scan what you pick").click()
    scanned(joseph, walk, 0)
    walk.take("transfer-pick", joseph)
    halima = walk.window("halima", "tall")
    halima.goto("/transfer/?state__eq=in_transit")
    halima.locator("table a.id").first.click()
    halima.locator(".mr-dock").get_by_role("link", name="Scan what came").click()
    scanned(halima, walk, 0)
    halima.get_by_label("Damaged").check()
    scanned(halima, walk, 1)
    walk.take("transfer-came", halima)
    samuel = walk.window("samuel")
    samuel.goto("/transfer/?state__eq=received")
    samuel.locator("table a.id").first.click()
    walk.take("transfer", samuel)


def scanned(page: Page, walk: Walk, place: int) -> None:
    """Scan the product of a line as a scanner does: its code, then Enter."""
    name = page.locator(".mr-expected bdi").nth(place * 2).inner_text()
    look = walk.window("samuel")
    look.goto(f"/product/?q={name}")
    code = look.locator("tbody tr", has_text=name).first.locator("td", has_text=re.compile(r"^[A-Z]+[A-Z0-9-]+$"))
    page.locator("[name=code]").focus()
    page.keyboard.type(code.first.inner_text())
    page.keyboard.press("Enter")
    expect(page.locator(".mr-scanned")).to_contain_text(name)


# -- the office guide: lists, files, people ----------------------------------------------------------------


def lists_are_filtered_and_kept(walk: Walk) -> None:
    page = walk.window("peter")
    page.goto("/repair_order/?view=open")
    walk.take("list", page)
    page.goto("/repair_order/?view=open&total__ge=20000&state__in=quoted,in_repair")
    page.get_by_text("Save view").first.click()
    page.fill("#view-name", "Dear work under way")
    walk.take("views", page)
    page.keyboard.press("Escape")
    for place in range(4):
        page.locator("tbody [name=id]").nth(place).check()
    walk.take("many", page)


def a_list_is_edited_in_excel(walk: Walk) -> None:
    page = walk.window("peter")
    page.goto("/product/")
    out = io.BytesIO()
    book = load_workbook(io.BytesIO(page.request.get("/product/export.xlsx").body()))
    sheet = book.worksheets[0]
    prices = next(cell.column for cell in sheet[1] if str(cell.value).startswith("Price"))
    for row in (2, 3, 5):
        price = sheet.cell(row, prices)
        price.value = round(float(price.value) * 1.08)
    sheet.cell(4, prices).value = "ask"
    book.save(out)
    page.goto("/product/sheet")
    page.set_input_files("[type=file]", files=[{"name": "products.xlsx", "mimeType": XLSX, "buffer": out.getvalue()}])
    page.locator("main form button.btn-primary").click()
    page.get_by_text("What will change").wait_for()
    walk.take("sheet", page)


def a_file_is_brought_in(walk: Walk) -> None:
    page = walk.window("peter")
    page.goto("/party/import")
    page.set_input_files("[type=file]", files=[{"name": "customers.csv", "mimeType": "text/csv", "buffer": CUSTOMERS}])
    page.locator("main form button.btn-primary").click()
    page.select_option("[name=column-3]", "email")
    page.select_option("[name=key]", "number")
    walk.take("columns", page)
    page.locator("main form button.btn-primary").click()
    page.get_by_text("Rows that cannot be taken").wait_for()
    walk.take("import", page)


def people_and_what_they_may(walk: Walk) -> None:
    page = walk.window("anne")
    page.goto("/people/")
    walk.take("people", page)
    page.goto(walk.order)
    page.get_by_label("More", exact=True).click()
    page.get_by_role("link", name="Who may do what").click()
    page.select_option("[name=member]", label="Daniel Otieno")
    page.select_option("[name=verb]", "edit")
    page.locator("main form button").click()
    walk.take("why", page)
    page.goto(f"/audit/?number={walk.number}")
    walk.take("audit", page)


# -- the analyst's guide -----------------------------------------------------------------------------------


def an_analyst_looks_at_the_process(walk: Walk) -> None:
    page = walk.window("lydia")
    page.goto("/studio/")
    walk.take("studio-library", page)
    page.get_by_role("link", name="Repair order", exact=True).last.click()
    page.wait_for_selector("#studio[data-ready]")
    x, y = page.evaluate(
        """() => { const all = [...document.querySelectorAll('#canvas [data-element-id=inspect]')]
        const box = all.find(each => !each.closest('.djs-minimap')).getBoundingClientRect()
        return [box.x + box.width / 2, box.y + box.height / 2] }"""
    )
    page.mouse.click(x, y)
    walk.take("studio", page)
    tried = page.locator("[data-walk]")
    page.get_by_role("button", name="Try it").click()
    tried.get_by_role("button", name="Begin", exact=True).click()
    tried.locator("[name=findings]").fill("The shutter is stuck")
    tried.get_by_role("button", name="Can be repaired").click()
    tried.get_by_role("button", name="On to the next person").click()
    tried.get_by_text("List parts and labour").wait_for()
    walk.take("studio-try", page)
    page.goto("/studio/repair_order/tables/repair_deposit")
    page.wait_for_selector("#studio[data-ready]")
    page.locator("td[data-coords='7:1'] [contenteditable]").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("> 2000")
    page.locator("[data-add-row]").click()
    page.fill("[data-question='document.currency']", "KES")
    page.fill("[data-question='document.total']", "60000")
    page.wait_for_selector("td.rule-index[data-rule=decides]")
    walk.take("studio-table", page)
    page.goto("/studio/repair_order/forms/repair_order.inspect")
    page.wait_for_selector("#studio[data-ready]")
    page.locator(".fjs-element[data-id=field_findings]").click()
    walk.take("studio-form", page)


# -- the accountant's guide --------------------------------------------------------------------------------


OPENING = (
    ("1100", "debit", "1840000", ""), ("1200", "debit", "58000", "Lakeside Clinic"),
    ("2000", "credit", "36000", "Otieno Electronics"), ("3900", "credit", "1862000", ""),
)  # fmt: skip
"""(account, side, amount, party) as the guide's table says."""


def opening_balances_come_in(walk: Walk) -> None:
    page = walk.window("wanjiku")
    page.goto("/journal_voucher/new")
    page.fill("[name=text]", "Opening balances")
    page.fill("[name=voucher_date]", f"{clock.now():%Y}-01-01")
    for place, (account, side, amount, party) in enumerate(OPENING):
        if place:
            page.get_by_role("button", name="Add a line").click()
        picked(page, f"lines-{place}-account", account)
        if party:
            picked(page, f"lines-{place}-party", party)
        page.fill(f"[name=lines-{place}-{side}]", amount)
    page.locator("[data-savebar] button").click()
    page.locator(".mr-acts").get_by_role("link", name="Check and post").wait_for()
    walk.take("voucher", page)
    page.locator(".mr-acts").get_by_role("link", name="Check and post").click()
    send(page, "Post")


def the_journal_is_read(walk: Walk) -> None:
    page = walk.window("wanjiku")
    page.goto("/journal_entry/?q=Opening")
    page.locator("table a.id").first.click()
    page.locator(".mr-acts").get_by_role("link", name="Reverse").wait_for()
    walk.take("entry", page)
    page.goto("/posting_rule/?q=invoice_issued")
    walk.take("rules", page)
    page.goto("/journal_entry/open/receivable")
    walk.take("open-items", page)
    page.get_by_role("link", name="By age").click()
    page.get_by_text("What customers owe").wait_for()


def the_tax_is_told(walk: Walk) -> None:
    page = walk.window("wanjiku")
    page.goto("/reports/trial_balance")
    walk.take("trial-balance", page)
    page.goto("/reports/tax_return")
    walk.take("tax", page)
    page.goto("/ledger_lock/new")
    page.select_option("[name=kind]", label="Entries with tax")
    page.fill("[name=until]", f"{clock.now().replace(day=1) - timedelta(days=1):%Y-%m-%d}")
    page.fill("[name=reason]", "The return is filed")
    page.locator("[data-savebar] button").click()
    expect(page.locator("main")).to_contain_text("In force")


def a_statement_is_matched(walk: Walk) -> None:
    page = walk.window("wanjiku")
    page.goto("/bank_account/?q=M-Pesa")
    page.locator("table a.id").first.click()
    page.locator(".mr-acts").get_by_role("link", name="Match").click()
    told = page.locator("[data-side=booked] [data-line]").evaluate_all(
        """lines => lines.map(each => [each.querySelector('td:nth-child(2)').innerText,
        each.querySelector('.mr-clip').innerText, each.dataset.amount])"""
    )
    # the bank charges each tenth payment, and books a day after the till
    rows = [
        row for at, each in enumerate(told) for row in ([each] if at % 10 else [[each[0], "Charge", "-23.00"], each])
    ]
    content = "Completion Time,Receipt No.,Details,Amount\n" + "\n".join(
        f"{booked_after(on)},S{place:07},{text},{amount}" for place, (on, text, amount) in enumerate(rows)
    )
    page.get_by_role("link", name="Bring a statement in").click()
    page.set_input_files(
        "[type=file]", files=[{"name": "mpesa.csv", "mimeType": "text/csv", "buffer": content.encode()}]
    )
    page.locator("main form button.btn-primary").click()
    page.get_by_text("Columns of the file").wait_for()
    page.get_by_role("button", name="Bring it in").click()
    page.get_by_role("link", name="of", exact=False).filter(has_text="lines").click()
    for _charge in range(2):
        page.keyboard.press("j")
    walk.take("match", page)
    page.keyboard.press("a")
    expect(page.locator("main")).to_contain_text("are matched.")


def bills_are_paid_by_one_file(walk: Walk) -> None:
    page = walk.window("peter")
    page.goto("/payment_run/")
    page.locator("table a.id").first.click()
    page.locator(".mr-acts").get_by_role("link", name="Approve").click()
    page.get_by_text("New bank details").first.wait_for()
    walk.take("payment-run", page)


def a_month_is_signed_for(walk: Walk) -> None:
    page = walk.window("wanjiku")
    page.goto("/month_end/")
    page.locator("table a.id").first.click()
    page.locator(".mr-acts").get_by_role("link", name="Check clearing accounts").click()
    send_refused(page, "I have looked through it")
    walk.take("month-refused", page)


def a_plan_is_changed_in_excel(walk: Walk) -> None:
    page, out = walk.window("wanjiku"), io.BytesIO()
    page.goto("/budget/")
    page.locator("table a.id").first.click()
    address = page.url.removeprefix(walk.address)
    book = load_workbook(io.BytesIO(page.request.get(f"{address}/plan.xlsx").body()))
    sheet = book.worksheets[0]
    sheet["K2"], sheet["L2"], sheet["G5"] = 480_000, 510_000, 52_000
    sheet.insert_rows(8)
    sheet["A8"], sheet["C8"] = "6300", 3_500
    book.save(out)
    page.goto(f"{address}/plan")
    page.set_input_files("[type=file]", files=[{"name": "plan.xlsx", "mimeType": XLSX, "buffer": out.getvalue()}])
    page.locator("main form button.btn-primary").click()
    page.get_by_text("What will change").wait_for()
    walk.take("budget-sheet", page)


def a_colleague_claims_what_they_paid(walk: Walk) -> None:
    page = walk.window("daniel", "tall")
    page.goto("/expense_claim/new")
    page.fill("[name=purpose]", "Fuse for the oven of Tamarind Kitchens")
    page.set_input_files("[type=file]", files=[{"name": "receipt.png", "mimeType": "image/png", "buffer": photo()}])
    page.fill("[name=lines-0-description]", "Fuse 16 A, taxi")
    picked(page, "lines-0-account", "6300")
    page.fill("[name=lines-0-amount]", "1160")
    walk.take("expense", page)


# -- the developer's guide ---------------------------------------------------------------------------------


def a_camera_is_lent(walk: Walk) -> None:
    page = walk.window("grace")
    page.goto("/loan/new")
    page.locator("[name=customer__text]").press_sequentially("amina")
    page.locator("[role=option]:visible").first.click()
    page.fill("[name=lines-0-description]", "Canon EOS R10")
    page.fill("[name=lines-0-serial]", "062021004418")
    page.fill("[name=lines-0-deposit]", "9000")
    page.locator("[data-savebar] button").click()
    page.locator(".mr-acts").get_by_role("link", name="Hand out").click()
    page.fill("[name=due_on]", f"{clock.now() + timedelta(days=10):%Y-%m-%d}")
    walk.take("loan-task", page)
    send(page, "Hand out")
    page.goto("/loan/")
    page.locator("table a.id").first.click()
    until(page, page.url, "Lent")
    walk.take("loan", page)
    page.locator(".mr-tabs").get_by_role("link", name="Process").click()
    page.locator("#diagram[data-ready]").wait_for()
    walk.take("loan-process", page)


# -- the cashier's guide -----------------------------------------------------------------------------------


def a_till_is_opened(walk: Walk) -> None:
    anne = walk.window("anne")
    anne.goto("/terminal/")
    anne.locator("table").get_by_role("link", name="Till 2").first.click()
    anne.locator(".mr-acts").get_by_role("link", name="Register a browser").click()
    anne.locator("main form").get_by_role("button", name="Make a code").click()
    code = re.search(r"[2-9A-Z]{5}-[2-9A-Z]{5}", anne.locator("main").inner_text())
    assert code is not None
    page = walk.window("faith", "till")
    page.goto("/till/register")
    page.fill("[name=code]", code[0])
    page.keyboard.press("Enter")
    for worth, many in (("1,000", "2"), ("500", "1"), ("100", "8"), ("50", "6"), ("10", "12")):
        page.get_by_label(worth, exact=True).fill(many)
    walk.take("till-open", page)
    page.keyboard.press("Enter")
    expect(page.locator("#open")).to_be_hidden()
    three_things_are_sold(walk, page)


def three_things_are_sold(walk: Walk, page: Page) -> None:
    for code in ("C-STRAP", "C-CARD128", "C-CARD128", "C-CASE"):
        page.keyboard.type(code)
        page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.type("10%", delay=100)
    page.keyboard.press("Enter")
    expect(page.locator("[data-lines]")).to_contain_text("10 % off")
    walk.take("till", page)
    page.keyboard.type("F-50")
    page.keyboard.press("Enter")
    page.locator("#lots[open] [data-lot]").first.wait_for()
    walk.take("till-lots", page)
    page.keyboard.press("Escape")
    page.keyboard.type("40%", delay=100)
    page.keyboard.press("Enter")
    page.get_by_label("Why").fill("The box is torn")
    walk.take("till-allow", page)
    page.keyboard.press("Escape")
    page.keyboard.press("F9")
    page.keyboard.press("ArrowDown")
    walk.take("till-pay", page)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Next customer").click()
    page.keyboard.press("F10")
    page.get_by_role("button", name="Close the till").click()
    page.locator("#close").get_by_label("1,000", exact=True).fill("9")
    page.locator("#close").get_by_role("button", name="Close the till").click()
    expect(page.locator("[data-z-number]")).to_contain_text("Z-")
    walk.take("till-z", page)


OFFICE = (
    the_counter_takes_it_in, the_technician_inspects_it, the_counter_quotes_it, the_customer_accepts_and_pays_the_deposit,
    colleagues_look_at_it_and_talk, it_is_repaired, the_process_says_why, it_is_paid_and_handed_over,
    two_suppliers_are_asked, a_purchase_is_approved_and_followed, goods_go_to_another_branch, lists_are_filtered_and_kept,
    a_list_is_edited_in_excel, a_file_is_brought_in, people_and_what_they_may, an_analyst_looks_at_the_process,
    opening_balances_come_in, the_journal_is_read, a_statement_is_matched, bills_are_paid_by_one_file,
    a_month_is_signed_for, a_plan_is_changed_in_excel, a_colleague_claims_what_they_paid, the_tax_is_told,
)  # fmt: skip
COUNTER = (a_till_is_opened,)
DEVELOPER = (a_camera_is_lent,)


# -- what all of them do ------------------------------------------------------------------------------------


def photo() -> bytes:
    """A camera on a bench."""
    image = Image.new("RGB", (640, 480), "#b9a58c")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 330, 640, 480), "#8d7658")
    draw.rounded_rectangle((110, 150, 530, 390), 36, "#23272b")
    draw.polygon(((250, 150), (285, 95), (375, 95), (410, 150)), "#23272b")
    draw.ellipse((225, 175, 425, 375), "#101214", "#4d5965", 10)
    draw.ellipse((270, 220, 380, 330), "#1c3a4c", "#0b0d0f", 12)
    draw.ellipse((295, 245, 325, 275), "#8fb6cc")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def picked(page: Page, name: str, text: str) -> None:
    """Type into a field that leads to another record, and take the first it offers."""
    page.locator(f"[name='{name}__text']").press_sequentially(text)
    page.locator("[role=option]:visible", has_text=text).first.click()


def until(page: Page, address: str, says: str) -> None:
    """Open a page, again and again until a worker has done what it waits for."""
    for _look in range(60):
        page.goto(address)
        if says in page.locator("body").inner_text():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{address} never says {says}.")


def send(page: Page, name: str) -> None:
    """Answer the task with the button called so."""
    page.locator("main form button").filter(has_text=re.compile(rf"^\s*{name}")).last.click()
    expect(page.locator("main")).to_contain_text("done for")


def booked_after(told: str) -> str:
    """The day after one as lists show it, such as 25 Oct; not after today."""
    day, month, *year = told.split()
    on = datetime.strptime(f"{day} {month} {[*year, clock.now().year][0]}", "%d %b %Y").date()  # noqa: DTZ007 - a day
    return f"{min(on + timedelta(days=1), clock.now().date())}"


def send_refused(page: Page, name: str) -> None:
    """Answer a task with the button called so, which is refused with a sentence beside the field."""
    page.locator("main form button").filter(has_text=re.compile(rf"^\s*{name}")).last.click()
    page.locator("[aria-invalid=true]").first.wait_for()


def mailed(page: Page, subject: str) -> str:
    """The customer's link in the mail about something, once a worker has sent it."""
    until(page, "/mailbox/", subject)
    page.get_by_role("link", name=subject).first.click()
    address = page.locator("main a[href*='/link/']").first.get_attribute("href")
    assert address is not None
    return address


@contextmanager
def as_the_developer_made_it() -> Iterator[Path]:
    """A copy of the source in which the developer's guide was followed."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        postgres.running(Path(folder, "postgres"), fsync=False) as server,
        copied(Path(folder, "site"), server.url, "pictures") as site,
    ):
        for block in blocks():
            if "pytest" not in block.text:
                follow(block, site)
        yield site.root


def walked(browser: Browser, steps: tuple[Callable[[Walk], None], ...], wanted: list[str], **changes: str) -> None:
    """Start the demo company, and follow the steps in it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        installation = Installation(Path(folder), free_port())
        try:
            installation.start_whole(**changes).read_until("Sign in as")
            known = json.loads(Path(folder, "sign-ins").read_text())
            passwords = {each["user"]: each["password"] for each in known}
            walk = Walk(browser, f"http://127.0.0.1:{installation.port}", passwords, wanted)
            for step in steps:
                step(walk)
        finally:
            installation.end()


def main(wanted: list[str]) -> None:
    """Follow the guides; keep the pictures that are named, or all."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=[*FLAGS, "--no-sandbox"])
        walked(browser, (*OFFICE, *COUNTER), wanted)
        with as_the_developer_made_it() as root:
            walked(browser, DEVELOPER, wanted, PYTHONPATH=str(root), PYTHONSAFEPATH="1")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
