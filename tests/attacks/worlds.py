"""Two companies that look alike: everything a stranger could reach for exists in both, under ids of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from erp import add, api_keys, batches, clock, context, importing, operations, sessions, signed_links
from erp.access import AccessRule, OwnRole
from erp.comments import messages, reminders
from erp.data import files
from erp.data.base import session, transaction
from erp.data.files import File
from erp.documents import saved_views
from erp.documents.lists import ListQuery
from erp.documents.types import ExtraField, declared, document_type
from erp.importing import Plan
from erp.jobs import outbox, worker
from erp.jobs.claims import Claim
from erp.jobs.models import FAILED, Job
from erp.mailbox import MailMessage
from erp.modelling import drafts
from erp.notifications import notify
from erp.people import absences, invitations
from erp.people.invitations import Wish
from erp.provision import Provision
from erp.reports import exports
from erp.screens.lookups import Records
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import definitions
from erp.workflow.models import WorkflowIncident
from erp.workflow.operating import incidents
from erp.workflow.people import tasks
from erp.workflow.rehearsal import cases
from erp.workflow.rehearsal.cases import Case
from plugins.accounting.api import Part, Posting, choose_chart
from plugins.accounting.api import post as post_entry
from plugins.accounting.models import Account, FiscalPeriod, FiscalYear, Journal, LedgerLock, PostingRule
from plugins.banking.paying import propose, release
from plugins.banking.reading import Booked, Read
from plugins.banking.runs import PaymentRun
from plugins.banking.statements import bring
from plugins.invoices.api import credit
from plugins.parties.models import Party
from plugins.payments.models import PaymentReview
from plugins.payments.refunds import give_back
from plugins.pos import drawer, registering
from plugins.pos.models import CashDifference
from plugins.purchasing.deliveries import GoodsReceipt
from plugins.sales.api import Tender, Wanted, check_out, take_back
from plugins.stock.api import Movement, Source, home, place, post

SECRET = "Zanzibar7731"
"""Stands in every text of tenant A and nowhere else."""
OWN = "Mombasa4402"
PLACE = "Pemba5518"
"""Stands in the name of tenant A, which its members may read wherever they are."""
BOTH = "Joyce Both"
"""Member of A and of B."""
EVERYTHING = ("TENANT_OWNER", "PLATFORM_ADMIN", "Counter", "Technician", "TENANT_MANAGER", "Accountant")
ORDER = "repair_order"


@dataclass
class World:
    """A company with one of everything, and who may do everything in it."""

    company: Company
    boss: Person
    mark: str
    rows: dict[str, int] = field(default_factory=dict)
    """A row of each type; of repair orders one that waits to be inspected."""
    files: dict[str, int] = field(default_factory=dict)
    exports: dict[str, int] = field(default_factory=dict)
    """Done exports of the boss, by type."""
    views: dict[str, int] = field(default_factory=dict)
    """A saved view of each type that everybody sees."""
    line: int = 0
    twin: int = 0
    """A second party, which may be the same as the first."""
    barcode: int = 0
    quoted: int = 0
    """The order whose quote waits for its customer."""
    link: str = ""
    paper: int = 0
    """File of the quote."""
    inspect: int = 0
    """The open task of the Technician."""
    counter_task: int = 0
    customer_task: int = 0
    incident: int = 0
    mail: int = 0
    upload: int = 0
    """A file that waits to be imported."""
    imported: int = 0
    """The job of an import that left a row out."""
    failed: int = 0
    waiting: int = 0
    """Jobs of no process: one that failed, one that waits until tomorrow."""
    finished: int = 0
    """The order whose process is over."""
    batch: int = 0
    """A change of many rows the boss made, which one row refused."""
    exported: bytes = b""
    """The sheet of the customers."""
    sheet: int = 0
    """What it wished when the boss brought it back."""
    invitation: int = 0
    """Of a colleague who has not come yet."""
    own_field: int = 0
    """A field the company gave its products."""
    role: int = 0
    """A role the company made."""
    rule: int = 0
    """What narrows it."""
    absence: int = 0
    """The boss is away for a day next year."""
    message: int = 0
    reminder: int = 0
    notice: int = 0
    """What was said about the fresh order, to be looked at again, and told to the boss."""
    version: int = 0
    """A's own version of the repair order's process; A alone changes it further, in a draft that was proposed."""
    key: str = ""
    key_id: int = 0
    session: int = 0
    """The boss is signed in with a browser of the company's mark."""

    @property
    def tenant(self) -> int:
        return self.company.place.tenant_id

    @property
    def branch(self) -> int:
        return next(iter(self.company.place.branch_ids.values()))


def build(make_company: Callable[..., Company], mark: str, name: str) -> World:
    company = make_company(f"{name} Repairs")
    world = World(company, company.person(*EVERYTHING, name=f"Boss {mark}"), mark)
    with world.boss.acting():
        _describe(world)
        _master_data(world)
        for step in (_finished, _quoted, _stuck, _fresh, _said, _money, _books, _left_behind, _draft):
            step(world)
        with transaction():
            _leave_work(world)
            world.key = api_keys.issue(f"Key {mark}")
            made = OwnRole(name=f"Desk {mark}", rights=[["list", "party"]], lanes=["Counter"])
            session().add(made)
            session().flush()
            world.role = made.id
            rule = AccessRule(role=made.key, document_type="party", verb="edit", conditions=[["name", "ne", mark]])
            session().add(rule)
            session().flush()
            world.rule = rule.id
            world.invitation = invitations.invite(Wish(f"Otto {mark}", f"otto-{mark}@example.com", ("Counter",))).id
        world.session = sessions.begin(sessions.BROWSER, f"Firefox {mark}").id
        world.key_id = session().scalars(sa.select(api_keys.ApiKey.id)).one()
    return world


def _leave_work(world: World) -> None:
    failed = Job(kind=world.mark, key="failed", state=FAILED, finished_at=clock.now())
    waiting = Job(kind=world.mark, key="waiting", due_at=clock.now() + timedelta(days=1))
    world.failed, world.waiting = outbox.put(failed).id, outbox.put(waiting).id
    operations.send_message(f"{world.mark} paid", world.mark, {}, f"message-{world.mark}")


def _describe(world: World) -> None:
    """The company's own diagram, with a table of its own, and its own field."""
    shipped = definitions.shipped(ORDER)
    assert shipped is not None
    with transaction():
        own = shipped.replace(b'name="Inspect item"', f'name="Inspect {world.mark}"'.encode())
        assert own != shipped
        rules = (definitions.shipped_decision("repair_warranty") or "").replace(
            'name="Warranty"', f'name="{world.mark}"'
        )
        asked = json.loads(json.dumps(definitions.shipped_form("repair_order.inspect")).replace("Findings", world.mark))
        world.version = definitions.publish(
            ORDER,
            own,
            note=world.mark,
            first=True,
            forms={"repair_order.inspect": asked},
            decisions={"repair_warranty": rules},
            cases=cases.dump([Case(f"A walk of {world.mark}")]),
        )
        own_field = ExtraField(document_type="product", name=world.mark.lower(), kind="text", label=world.mark)
        session().add(own_field)
        session().flush()
        world.own_field = own_field.id


def _draft(world: World) -> None:
    if world.mark != OWN:
        draft = drafts.put(ORDER, drafts.live(ORDER))
        with transaction():
            draft.proposed_at, draft.proposed_by = clock.now(), world.boss.name


def _master_data(world: World) -> None:
    mark = world.mark
    contact = {"phone": "+254 700 553 218", "email": f"{mark.lower()}@example.com", "note": mark, "number": f"N-{mark}"}
    world.rows["party"] = operations.create("party", {"name": f"Amina {mark}", **contact}).id
    world.twin = operations.create("party", {"name": f"Amina M. {mark}", "number": f"T-{mark[-4:]}"}).id
    values = {"code": f"C-{mark}", "name": f"Ring {mark}", "unit_price": Decimal(500)}
    product = operations.create("product", {**values, "barcodes": [{"code": f"C-{mark}"}]})
    world.rows["product"] = product.id
    world.barcode = product.barcodes[0].id
    made = {
        "unit": operations.create("unit", {"code": mark[:20], "name": mark}).id,
        "product_category": operations.create("product_category", {"name": mark}).id,
        "brand": operations.create("brand", {"name": mark}).id,
        **_catalogue(mark, product.id),
    }
    _with_files(world, made)
    for name in ("party", "product"):
        shelf = {"category": made["product_category"]} if name == "product" else {}
        operations.edit(world.rows[name], name, {"note": f"{mark} again", **shelf}, version=1)
        text = f"{mark} of {name}".encode()
        world.files[name] = operations.attach(name, world.rows[name], [(f"{mark}.txt", text)])[0].id


def _catalogue(mark: str, product_id: int) -> dict[str, int]:
    """A family that differs in one attribute, and a list with a price that was changed once."""
    attribute = operations.create("product_attribute", {"name": mark, "values": [{"name": mark}]}).id
    values = {"name": mark, "code": mark, "axes": [{"attribute": attribute}]}
    made = {"product_attribute": attribute, "product_family": operations.create("product_family", values).id}
    made["price_list"] = operations.create("price_list", {"name": mark, "note": mark}).id
    price = {"price_list": made["price_list"], "product": product_id, "price": Decimal(400), "note": mark}
    made["price_list_line"] = operations.create("price_list_line", price).id
    made["price_change"] = session().scalars(sa.select(declared()["price_change"].cls.id)).one()
    return made


def order(world: World, **more: Any) -> int:
    values = {"customer": world.rows["party"], "item": f"Canon {world.mark}", "fault": world.mark, **more}
    return operations.create(ORDER, values, uploads=[(f"{world.mark}.txt", world.mark.encode())]).id


def do(order_id: int, element: str, **answers: Any) -> None:
    task = next(task for task in tasks.open_of(ORDER, [order_id]) if task.element == element)
    operations.complete(task.id, answers)


def work(world: World) -> None:
    """What is due is done; the boss goes on."""
    acting = context.current()
    worker.drain()
    context.enter(acting)


def quote(world: World, order_id: int) -> None:
    do(order_id, "inspect", findings=world.mark, verdict="repairable", condition=None)
    line = {"kind": "part", "description": f"Mount {world.mark}", "quantity": Decimal(1), "unit_price": Decimal(100)}
    mail = f"{world.mark.lower()}@example.com"
    do(order_id, "prepare_quote", lines=[line], promised_on=date(2099, 1, 1), email=mail, quote_note=world.mark)


def _finished(world: World) -> None:
    """An order to its end: payment, receipt and their papers."""
    done = world.finished = order(world)
    quote(world, done)
    work(world)
    with context.acting(source="system"):
        do(done, "decide_quote", decision="accept")
    do(done, "repair", work_done=world.mark)
    do(done, "check_quality", quality="pass")
    work(world)
    do(done, "take_payment", tendered=Decimal(200), handed_over=True)
    work(world)
    with transaction():
        give_back(
            session().scalars(sa.select(declared()["payment"].cls.id)).one(), Decimal(1), "other", note=world.mark
        )
        add(PaymentReview(kind="unknown_payment", what=world.mark, provider_reference=world.mark))
    for name in ("payment", "receipt", "refund", "payment_review"):
        cls = declared()[name].cls
        world.rows[name] = session().scalars(sa.select(cls.id)).one()
        with transaction():
            content = [(f"{world.mark}.txt", f"{world.mark} of {name}".encode())]
            world.files[name] = operations.documents._attach(session().get_one(cls, world.rows[name]), content)[0].id


def _quoted(world: World) -> None:
    world.quoted = order(world)
    quote(world, world.quoted)
    work(world)
    mail = session().scalars(sa.select(MailMessage).order_by(MailMessage.id.desc()).limit(1)).one()
    world.mail, world.link = mail.id, re.search(r"/link/(\w+)", mail.text)[1]
    paper = sa.select(File.id).where(File.owner == ORDER, File.owner_id == world.quoted, File.purpose == "quotation")
    world.paper = session().scalars(paper).one()
    world.customer_task = tasks.open_of(ORDER, [world.quoted])[0].id


def _stuck(world: World) -> None:
    """An order whose quote could not be mailed."""
    stuck = order(world)
    quote(world, stuck)
    waiting, acting = sa.select(Job).where(Job.subject_id == stuck, Job.state == "waiting"), context.current()
    worker.run(session().scalars(waiting.with_only_columns(Job.id)).one())
    context.enter(acting)
    with transaction():
        job = session().scalars(waiting).one()
        job.state, job.attempts = FAILED, job.max_attempts
        row = Claim(job.id, job.tenant_id, job.kind, job.key, job.request, job.context, 6, 6, job.queue)
        incidents.give_up(row, f"No answer for {world.mark}")
    world.incident = session().scalars(sa.select(WorkflowIncident.id)).one()
    waits = order(world)
    do(waits, "inspect", findings=world.mark, verdict="repairable", condition=None)
    world.counter_task = tasks.open_of(ORDER, [waits])[0].id


def _fresh(world: World) -> None:
    line = {"kind": "part", "description": world.mark, "quantity": Decimal(1), "unit_price": Decimal(100)}
    world.rows[ORDER] = order(world, lines=[line])
    row = operations.get(ORDER, world.rows[ORDER])
    world.line = row.lines[0].id
    world.inspect = tasks.open_of(ORDER, [row.id])[0].id
    world.files[ORDER] = files.of(ORDER, row.id)[0].id


def _goods(world: World) -> dict[str, int]:
    """A place, a lot, and a move of what was there before."""
    mark, lamp = world.mark, operations.create("product", {"name": f"Lamp {world.mark}"}).id
    shelf = operations.create("location", {"code": mark[:20], "name": f"Shelf {mark}"}).id
    received = Movement(lamp, place("supplier").id, shelf, Decimal(1), value=Decimal(9))
    gone = {"product": lamp, "location": shelf, "quantity": Decimal(-1)}
    counted = operations.create("stock_count", {"location": shelf, "note": mark})
    operations.complete(tasks.open_of("stock_count", [counted.id])[0].id, {"decision": "begin"})
    return {
        "location": shelf,
        "lot": operations.create("lot", {"product": lamp, "code": mark}).id,
        "stock_move": post([received], source=Source(note=mark))[0],
        "stock_adjustment": operations.create(
            "stock_adjustment", {"reason": "damage", "note": mark, "lines": [gone]}
        ).id,
        "stock_count": counted.id,
        "transfer": operations.create(
            "transfer",
            {
                "from_location": shelf,
                "to_location": home().id,
                "reason": mark,
                "lines": [{"product": lamp, "quantity": Decimal(1)}],
            },
        ).id,
        "reorder_rule": operations.create("reorder_rule", {"product": lamp, "location": shelf, "maximum": 9}).id,
        **_till(world),
    } | _bought(world, lamp)


def _till(world: World) -> dict[str, int]:
    """A till, a session that was closed, and its report."""
    terminal = operations.create("terminal", {"name": f"Till {world.mark}"[:60], "location": home().id}).id
    cookie = registering.register(registering.make_code(terminal), world.mark)
    opened = drawer.open_session(cookie, {"float": {}}).id
    z_report = drawer.close(cookie, {"counted": {"1000": 1}}).id
    differs = session().scalars(sa.select(CashDifference.id).where(CashDifference.session_id == opened)).one()
    return {"terminal": terminal, "cash_session": opened, "z_report": z_report, "cash_difference": differs}


def _bought(world: World, lamp: int) -> dict[str, int]:
    """An order of which one came and one is to come, and drafts of what follows."""
    mark = world.mark
    line = {"product": lamp, "description": mark, "quantity": Decimal(2), "unit_price": Decimal(9)}
    supplier = operations.create("party", {"name": f"Supplier {mark}"}).id
    order = operations.create("purchase_order", {"supplier": supplier, "note": mark, "lines": [line]}).id

    def done(type_name: str, row_id: int, **answers: Any) -> int:
        operations.complete(tasks.open_of(type_name, [row_id])[0].id, answers)
        return row_id

    done("purchase_order", order, decision="submit")
    receipt = operations.create("goods_receipt", {"order": order, "note": mark})
    assert isinstance(receipt, GoodsReceipt)
    lines = [{"id": each.id, "accepted": Decimal(1)} for each in receipt.lines]
    came = done("goods_receipt", receipt.id, decision="receive", lines=lines)
    bill = {"order": order, "supplier": supplier, "bill_number": mark, "billed_on": date(2026, 1, 2), "note": mark}
    back = operations.create("supplier_return", {"receipt": came, "note": mark}).id
    credit_ = {"supplier_return": back, "supplier": supplier, "credit_number": mark, "credited_on": date(2026, 1, 2)}
    need = {"reason": mark, "lines": [{"product": lamp, "description": mark}]}
    asked = operations.create("purchase_requisition", need).id
    quote = {"requisition": asked, "supplier": supplier, "note": mark}
    return {
        "purchase_requisition": asked,
        "request_for_quotation": operations.create("request_for_quotation", quote).id,
        "purchase_order": order,
        "goods_receipt": operations.create("goods_receipt", {"order": order, "note": mark}).id,
        "supplier_return": back,
        "supplier_credit_note": operations.create("supplier_credit_note", credit_ | {"note": mark}).id,
        "supplier_bill": operations.create("supplier_bill", bill).id,
    }


def _money(world: World) -> None:
    """Rates, taxes, an issued invoice and the draft that credits it."""
    mark, since = world.mark, date(2020, 1, 1)
    rate = {"quote_currency": "KES", "rate": Decimal(130), "valid_on": since, "source": mark}
    category = operations.create("tax_category", {"name": f"Standard {mark}", "code": mark}).id
    tax = {"category": category, "name": f"VAT {mark}", "rate": Decimal(16), "valid_from": since}
    made = {
        "exchange_rate": operations.create("exchange_rate", rate).id,
        "rounding_rule": operations.create("rounding_rule", {}).id,
        "tax_category": category,
        "tax": operations.create("tax", tax).id,
        "invoice_layout": operations.create("invoice_layout", {"name": mark, "footer": mark}).id,
        "repair_rules": operations.create("repair_rules", {"name": mark}).id,
    }
    line = {"description": f"Mount {mark}", "quantity": Decimal(1), "unit_price": Decimal(100)}
    told = {"customer": world.rows["party"], "note": mark, "reference": mark, "lines": [line]}
    made["invoice"] = operations.create("invoice", told).id
    issue = next(iter(tasks.open_of("invoice", [made["invoice"]])))
    operations.complete(issue.id, {"decision": "issue"})
    work(world)
    made["credit_note"] = credit(made["invoice"]).id
    _with_files(world, made | _goods(world) | _sold(world))


def _sold(world: World) -> dict[str, int]:
    """A piece of work that was sold, and came back."""
    buyer = session().get_one(Party, world.rows["party"])
    wanted = [Wanted(description=f"Strap {world.mark}", unit_price=Decimal(100))]
    sale = check_out(wanted, [Tender("cash")], customer=buyer)
    refund = take_back(sale, {sale.lines[0].id: Decimal(1)}, "cash")
    return {"sale": sale.id, "sale_refund": refund.id}


def _books(world: World) -> None:
    """A chart, and an entry posted by its rules."""
    choose_chart("general", clock.now().date().replace(month=1, day=1))
    parts = [Part("net", Decimal(100), party_id=world.rows["party"], text=world.mark)]
    invoice = world.rows["invoice"]
    entry = post_entry(Posting("invoice_issued", clock.now().date(), "invoice", invoice, parts, text=world.mark))
    made: dict[str, int] = {"journal_entry": entry or 0}
    account = session().scalars(sa.select(Account.id).limit(1)).one()
    voucher = {"text": world.mark, "lines": [{"account": account, "text": world.mark}]}
    freight = {"receipt": world.rows["goods_receipt"], "reason": world.mark, "cost": Decimal(1), "account": account}
    made["landed_cost"] = operations.create("landed_cost", freight).id
    made["journal_voucher"] = operations.create("journal_voucher", voucher).id
    made["recurring_entry"] = operations.create("recurring_entry", {"name": world.mark, "lines": []}).id
    operations.create("ledger_lock", {"kind": "tax", "until": date(2020, 1, 31), "reason": world.mark})
    for cls in (Account, Journal, FiscalYear, FiscalPeriod, PostingRule, LedgerLock):
        made[cls.__tablename__] = session().scalars(sa.select(cls.id).order_by(cls.id).limit(1)).one()
    made["month_end"] = operations.create("month_end", {"period": made["fiscal_period"], "note": world.mark}).id
    made["year_end"] = operations.create("year_end", {"year": made["fiscal_year"], "note": world.mark}).id
    made["budget"] = operations.create("budget", {"name": world.mark, "year": made["fiscal_year"], "lines": []}).id
    _with_files(world, made | _banked(world) | _laid_out(world))


def _banked(world: World) -> dict[str, int]:
    """An account at a bank, and a line of its statement."""
    chosen = session().scalars(sa.select(Account.id).where(Account.use == "bank").order_by(Account.code)).first()
    account = operations.create("bank_account", {"name": f"Bank {world.mark}", "account": chosen}).id
    told = Read("csv", [Booked(clock.now().date(), Decimal(100), world.mark)])
    statement = bring(account, f"{world.mark}.csv", world.mark.encode(), told).statement
    details = {"party": world.rows["party"], "number": world.mark, "reason": world.mark}
    known = operations.create("party_bank_account", details).id
    return {
        "bank_account": account,
        "bank_statement": statement.id,
        "party_bank_account": known,
        "payment_run": _released(world, account),
    }


def _released(world: World, account: int) -> int:
    """A payment run whose file may go to the bank: it pays what the party billed."""
    today = clock.now().date()
    owed = [Part("net", Decimal(100), party_id=world.rows["party"], due_on=today, text=world.mark)]
    bill = world.rows["supplier_bill"]
    post_entry(Posting("bill_received", today, "supplier_bill", bill, owed, text=world.mark))
    run = operations.create("payment_run", {"bank_account": account, "note": world.mark})
    assert isinstance(run, PaymentRun)
    with transaction():
        propose(run)
        release(run)
    return run.id


def _laid_out(world: World) -> dict[str, int]:
    """A claim of a colleague, a box of petty cash something was spent from, and a customer who is reminded."""
    mark, of = world.mark, sa.select(Account.id).order_by(Account.id)
    spent = session().scalars(of.where(Account.kind == "expense")).first()
    line = {"description": mark, "account": spent, "amount": Decimal(5)}
    claim = {"employee": world.rows["party"], "purpose": mark, "lines": [line]}
    cash = session().scalars(of.where(Account.use == "cash")).first()
    box = operations.create("petty_cash_float", {"name": mark, "account": cash, "limit": Decimal(5)}).id
    entry = {"box": box, "amount": Decimal(5), "account": spent, "text": mark}
    return {
        "expense_claim": operations.create("expense_claim", claim).id,
        "petty_cash_float": box,
        "petty_cash_entry": operations.create("petty_cash_entry", entry).id,
        "dunning_case": operations.create("dunning_case", {"customer": world.rows["party"], "note": mark}).id,
        "dunning_level": operations.create("dunning_level", {"level": 9, "name": mark, "words": mark}).id,
    }


def _with_files(world: World, made: dict[str, int]) -> None:
    """Rows of these types, each with a file; also of types nobody may edit."""
    for name, row_id in made.items():
        with transaction():
            content = [(f"{world.mark}.txt", f"{world.mark} of {name}".encode())]
            row = session().get_one(declared()[name].cls, row_id)
            world.files[name] = operations.documents._attach(row, content)[0].id
    world.rows |= made


def _said(world: World) -> None:
    """A message about the fresh order, a reminder, and something the boss was told."""
    mark, fresh = world.mark, world.rows[ORDER]
    world.message = messages.add(ORDER, fresh, f"Call {mark}").id
    on = date(2030, 1, 1)
    day = clock.now().date() + timedelta(days=300)
    world.absence = absences.enter(world.boss.member_id, None, day, day, mark).id
    world.reminder = reminders.add(ORDER, fresh, member_id=world.boss.member_id, due_on=on, note=mark).id
    with transaction():
        world.notice = notify(world.boss.member_id, "ready", what=mark) or 0


def _left_behind(world: World) -> None:
    """Views, exports and imports of the boss."""
    for name in declared():
        view = saved_views.save(document_type(name), f"View {world.mark}", {"q": world.mark}, saved_views.EVERYBODY)
        world.views[name] = view.id
        world.exports[name] = exports.put(ListQuery(document_type(name)), {}).id
    content = f"number,name,email\n77,{world.mark} brought in,x@example.com\n78,{world.mark},no-address-{world.mark}\n".encode()
    world.upload = importing.keep(f"{world.mark}.csv", content).id
    with exports.xlsx_of(ListQuery(document_type("party")), {}) as path:
        world.exported = path.read_bytes()
    world.sheet = batches.bring("party", f"{world.mark}.xlsx", world.exported, Records(), dict).id
    stale = [batches.Change(world.rows["party"], 99, {"note": world.mark})]
    world.batch = batches.start(batches.EDIT, "party", stale, f"Note: {world.mark}").id
    columns = {name: {"column": name} for name in ("number", "name", "email")}
    plan = {"type": "party", "key": "number", "sources": {**columns, "note": {"text": f"Told by {world.mark}"}}}
    world.imported = importing.start(Plan.from_json(plan), world.upload).id
    work(world)
    progress = importing.progress(world.imported)
    assert progress.problems_file, progress


def other_link(world: World, *, days: int = 14, revoked: bool = False) -> str:
    """A link to the quoted order that is over."""
    with world.boss.acting(), transaction():
        link = signed_links.SignedLink(
            purpose=f"other {days} {revoked}", subject=ORDER, subject_id=world.quoted, holder=world.mark,
            scope={"task": "decide_quote"},
        )  # fmt: skip
        token = signed_links.issue(link, days=days)
        if revoked:
            link.revoked_at = link.expires_at - timedelta(days=days)
    return token


def member_of_both(a: World, b: World) -> tuple[Person, Person]:
    """One person: Counter in A, Technician in B; as whom they are in each."""
    there = a.company.person("Counter", name=BOTH)
    with Provision(b.company.url) as owner:
        member = owner.member(there.user_id, b.company.place, BOTH, ["Technician"])
    return there, replace(there, member_id=member, place=b.company.place)


__all__ = ["OWN", "PLACE", "SECRET", "World", "build", "member_of_both", "other_link"]
