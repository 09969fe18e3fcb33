"""The attack list: for every address and method what a stranger of tenant B gets who names what is tenant A's.

A row stands for a view's method; `page` and `rest` stand for those of every document type. `tests/attacks/test_http.py`
runs each row on every rule of the URL map it fits, by every way in, and fails by name for a rule without a row.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.attacks.worlds import World

TENANCY, OWNER, MEMBERSHIP, KEY, INDEX, NONE = "tenancy", "owner", "membership", "key", "index", "none"
COMPANY = "company"
"""What holds: both tenancy walls; that the thing is another member's; that one is no member there; the composite
foreign key as a third wall; the search index, whose words begin with their tenant; nothing is reached for; row-level
security, and that a report is about the actor's own company."""
CHANGED, READ, ANSWERED, DIFFERS = "changed", "read", "answered", "differs"
"""How the attack is seen to succeed once the walls are off."""
Sent = Callable[[World, World, int], Mapping[str, Any]]
"""(A, B, version of A's row) -> what the client sends."""


@dataclass(frozen=True)
class Row:
    """One line of the list; the status is what B's boss gets, who may do everything in B."""

    view: str
    name: str
    method: str
    status: int
    wall: str = TENANCY
    wins: str = ""
    types: tuple[str, ...] = ("repair_order",)
    """On which types' addresses the attack is seen to succeed."""
    sent: Sent | None = None
    needs: tuple[str, str] | None = None
    """(verb, thing) beside what the view's own decorator asks for."""
    statuses: Mapping[str, int] | None = None
    """Where a type answers otherwise."""

    def __str__(self) -> str:
        return f"{self.method} {self.view}.{self.name}"


def _query(**args: str) -> Sent:
    return lambda a, b, version: {"query_string": args}


def _form(**values: Any) -> Sent:
    return lambda a, b, version: {"data": {"version": str(version), **values}}


def _json(body: Any) -> Sent:
    return lambda a, b, version: {"json": body, "headers": {"If-Match": f'"{version}"'}}


def _file(a: World, b: World, version: int) -> Mapping[str, Any]:
    return {"data": {"file": (io.BytesIO(b"planted"), "planted.txt")}, "content_type": "multipart/form-data"}


def _picked(a: World, b: World, version: int) -> Mapping[str, Any]:
    return {"data": {"id": [str(a.rows[name]) for name in a.rows]}}


def _rows(**values: str) -> Sent:
    """A's product and price, picked for one step of a change of many rows."""

    def sent(a: World, b: World, version: int) -> Mapping[str, Any]:
        return {"data": {"id": [str(a.rows["product"]), str(a.rows["price_list_line"])], **values}}

    return sent


def _sheet(a: World, b: World, version: int) -> Mapping[str, Any]:
    """A sheet A exported."""
    return {"data": {"file": (io.BytesIO(a.exported), "planted.xlsx")}, "content_type": "multipart/form-data"}


def _version_of_a(a: World, b: World, version: int) -> Mapping[str, Any]:
    return {"query_string": {"of": a.version}}


def _bulk(*names: str, **values: str) -> Sent:
    """Orders of A by the names of what `World` calls them, picked for one step of a change of many rows."""

    def sent(a: World, b: World, version: int) -> Mapping[str, Any]:
        ids = [a.rows["repair_order"] if name == "fresh" else getattr(a, name) for name in names]
        return {"data": {"id": [str(each) for each in ids], **values}}

    return sent


FIND = _query(created_by__contains="Zanzibar")
"""The beginning of what only A knows, so that an echo of the question is no find."""
PARTY = {"name": "planted", "kind": "person"}
DONE = {"findings": "planted", "verdict": "repairable"}
WRITTEN_ONCE = dict.fromkeys(
    (
        "price_change",
        "fiscal_year",
        "fiscal_period",
        "ledger_lock",
        "stock_move",
        "journal_entry",
        "party_bank_account",
        "z_report",
    ),
    403,
)
"""Types whose rows nobody may lock, so that they are refused before any row is looked for: A's and one's own alike."""
SELLS = ("sell", "cash_session")
NO_HISTORY = dict.fromkeys(
    (
        "journal_voucher", "stock_count", "stock_adjustment", "transfer", "month_end", "year_end", "purchase_order",
        "goods_receipt", "supplier_return", "supplier_bill", "supplier_credit_note", "bank_statement", "payment_run",
        "expense_claim", "petty_cash_entry", "dunning_case", "purchase_requisition", "request_for_quotation", "landed_cost",
    ), 400,
)  # fmt: skip
"""Documents of which no file may be brought in, which is said before the file is read."""
ALL = ("party", "product", "payment", "receipt", "repair_order", "invoice", "credit_note", "tax", "invoice_layout")

PAGES = (
    Row("page", "list", "GET", 200, wins=READ, sent=FIND, types=("party", "product", "repair_order")),
    Row("page", "pick", "GET", 200, wall=INDEX, sent=_query(q="Zanzibar")),
    Row("page", "quick", "GET", 404, wall=NONE, statuses={"party": 200, "lot": 200}),
    Row("page", "quick", "POST", 404, wall=KEY, statuses={"party": 422, "lot": 422},
        sent=lambda a, b, v: {"data": {"name": "", "product": a.rows["product"], "code": "planted", "kind": "lot"}}),
    Row("page", "filter", "GET", 200, wins=READ, types=("product",)),
    Row("page", "columns", "GET", 200, wins=READ, types=("product",)),
    Row("page", "columns", "POST", 302, wall=NONE, sent=_form(columns="number", query="q=planted")),
    Row("page", "views", "GET", 200, wins=READ, types=ALL),
    Row("page", "views", "POST", 302, wall=NONE, sent=_form(name="planted", query="q=planted")),
    Row("page", "view", "POST", 404, wins=CHANGED, sent=_form(name="taken over"), types=ALL),
    Row("page", "export_csv", "GET", 200, wins=READ, types=("party", "product", "payment", "repair_order")),
    Row("page", "export_csv", "POST", 200, wins=READ, sent=_picked, types=("party",)),
    Row("page", "export_xlsx", "GET", 200, wins=READ, types=("party", "product", "payment", "repair_order")),
    Row("page", "export_xlsx", "POST", 200, wins=READ, sent=_picked, types=("party",)),
    Row("page", "export", "GET", 404, wall=OWNER),
    Row("page", "export_progress", "GET", 404, wall=OWNER),
    Row("page", "export_file", "GET", 404, wall=OWNER),
    Row("page", "bulk_edit", "POST", 422, wins=READ,
        sent=_bulk("fresh", "quoted", field="findings", to="planted", step="value")),
    Row("page", "bulk_cancel", "POST", 200, wins=READ, sent=_bulk("finished")),
    Row("page", "bulk_task", "POST", 200, wins=READ, sent=_bulk("fresh")),
    Row("page", "bulk_delegate", "POST", 200, wins=READ, sent=_bulk("quoted", "finished")),
    Row("page", "bulk_print", "POST", 200, wins=READ, sent=_bulk("fresh")),
    Row("page", "sheet", "GET", 200, wall=NONE),
    Row("page", "sheet", "POST", 422, wall=OWNER, sent=_sheet),
    Row("page", "sheet_file", "GET", 404, wall=OWNER),
    Row("page", "sheet_file", "POST", 404, wall=OWNER),
    Row("page", "show", "GET", 404, wins=READ, types=ALL),
    Row("page", "add", "GET", 200, wins=READ, sent=lambda a, b, v: {"query_string": {"customer": a.rows["party"]}}),
    Row("page", "add", "POST", 422, wall=KEY, statuses={"stock_adjustment": 302},
        sent=lambda a, b, v: {"data": {"customer": a.rows["party"], "item": "planted", "fault": "planted"}}),
    Row("page", "edit", "GET", 404, wins=READ, types=("party", "product", "repair_order")),
    Row("page", "edit", "POST", 404, wins=CHANGED, sent=_form(**PARTY), types=("party",)),
    Row("page", "cancel", "GET", 404, wins=ANSWERED),
    Row("page", "cancel", "POST", 404, wins=CHANGED, sent=_form(reason="planted")),
    Row("page", "suspend", "GET", 404, wins=ANSWERED),
    Row("page", "suspend", "POST", 404, wins=CHANGED, sent=_form(reason="planted")),
    Row("page", "resume", "GET", 404, wins=ANSWERED),
    Row("page", "resume", "POST", 404, wall=NONE, sent=_form(reason="planted")),
    Row("page", "move", "GET", 404, wins=ANSWERED),
    Row("page", "move", "POST", 404, wall=NONE, sent=_form(to="x|quoted", reason="planted")),
    Row("page", "copy", "POST", 404, wins=CHANGED, types=("receipt",)),
    Row("page", "work_order", "GET", 404, wins=ANSWERED),
    Row("page", "code", "GET", 404, wins=ANSWERED, types=("terminal",)),
    Row("page", "code", "POST", 404, wins=CHANGED, types=("terminal",)),
    Row("page", "revoke", "GET", 404, wins=ANSWERED, types=("terminal",)),
    Row("page", "revoke", "POST", 404, wins=CHANGED, types=("terminal",)),
    Row("page", "scan", "GET", 404, wins=ANSWERED, types=("stock_count",)),
    Row("page", "scan", "POST", 404, wall=KEY, types=("stock_count",),
        sent=lambda a, b, v: {"data": {"code": "planted", "key": "planted-key"}}),
    Row("page", "settle", "GET", 404, wall=NONE, types=("transfer",)),
    Row("page", "settle", "POST", 404, wall=NONE, types=("transfer",)),
    Row("page", "paper", "GET", 404, wins=ANSWERED, types=("purchase_order", "supplier_return")),
    Row("page", "order", "POST", 404, wall=KEY, types=("request_for_quotation",)),
    Row("page", "reorder", "POST", 302, wall=NONE, types=("purchase_order",)),
    Row("page", "quote", "GET", 404, wins=READ),
    Row("page", "compared", "GET", 404, wins=READ),
    Row("page", "credit", "POST", 404, wall=KEY, types=("invoice",)),
    Row("page", "capture", "GET", 404, wins=ANSWERED, types=("payment",)),
    Row("page", "capture", "POST", 404, wall=NONE, types=("payment",), sent=_form(amount="1")),
    Row("page", "release", "GET", 404, wins=ANSWERED, types=("payment",)),
    Row("page", "release", "POST", 404, wall=NONE, types=("payment",)),
    Row("page", "refund", "GET", 404, wins=ANSWERED, types=("payment", "payment_review")),
    Row("page", "refund", "POST", 404, wall=NONE, types=("payment",), needs=("edit", "refund"),
        sent=_form(amount="1", reason="other", note="planted")),
    Row("page", "take", "GET", 404, wins=ANSWERED, types=("payment",)),
    Row("page", "take", "POST", 404, wall=NONE, types=("payment",), sent=_form(method="cash", amount="1")),
    Row("page", "rules", "GET", 200, wall=NONE, types=("payment",), needs=("edit", "setting")),
    Row("page", "rules", "POST", 422, wall=NONE, types=("payment",), needs=("edit", "setting"),
        sent=_form(second_person_from="soon")),
    Row("page", "mail", "POST", 404, wall=NONE, types=("payment",)),
    Row("page", "agree", "GET", 404, wins=ANSWERED, types=("refund",), needs=("approve", "refund")),
    Row("page", "agree", "POST", 404, wall=NONE, types=("refund",), needs=("approve", "refund")),
    Row("page", "decline", "GET", 404, wins=ANSWERED, types=("refund",), needs=("approve", "refund")),
    Row("page", "decline", "POST", 404, wall=NONE, types=("refund",), needs=("approve", "refund"),
        sent=_form(note="planted")),
    Row("page", "match", "GET", 404, wins=ANSWERED, types=("payment_review",)),
    Row("page", "match", "POST", 404, wall=NONE, types=("payment_review",), sent=_form(number="planted")),
    Row("page", "ignore", "GET", 404, wins=ANSWERED, types=("payment_review",)),
    Row("page", "ignore", "POST", 404, wins=CHANGED, types=("payment_review",), sent=_form(note="planted")),
    Row("page", "duplicates", "GET", 200, wall=NONE, types=("party",)),
    Row("page", "duplicates", "POST", 302, wall=NONE, types=("party",), sent=_form(way="allow")),
    Row("page", "merge", "GET", 404, wins=READ, types=("party",)),
    Row("page", "merge", "POST", 404, wins=ANSWERED, types=("party",), sent=lambda a, b, v: {"data": {"other": a.twin}}),
    Row("page", "merged", "GET", 404, wins=READ, types=("party",)),
    Row("page", "merged", "POST", 404, wins=CHANGED, types=("party",)),
    Row("page", "colleague", "GET", 404, wins=READ, types=("party",)),
    Row("page", "colleague", "POST", 404, wins=ANSWERED, types=("party",), sent=_form(member="")),
    Row("page", "give", "POST", 404, wins=CHANGED, types=("product",), needs=("edit", "")),
    Row("page", "drawing", "GET", 404, wins=ANSWERED, types=("product",)),
    Row("page", "labels_of", "GET", 404, wins=ANSWERED, types=("product",)),
    Row("page", "labels", "POST", 200, wall=NONE, types=("product",), sent=_picked),
    Row("page", "numbering", "GET", 200, wall=NONE, types=("product",)),
    Row("page", "numbering", "POST", 302, wall=NONE, types=("product",),
        sent=_form(way="hand", prefix="P-", digits="5", barcode_prefix="20")),
    Row("page", "prices", "POST", 422, wins=READ, types=("product",), sent=_rows(percent="5", ending="exact", step="go")),
    Row("page", "reprice", "GET", 404, wins=ANSWERED, types=("product_category",), needs=("edit", "product")),
    Row("page", "branch", "GET", 404, wins=READ, types=("price_list",)),
    Row("page", "branch", "POST", 404, wins=ANSWERED, types=("price_list",), sent=_form(branch="")),
    Row("page", "matrix", "GET", 404, wins=READ, types=("product_family",), needs=("edit", "")),
    Row("page", "matrix", "POST", 404, wall=KEY, types=("product_family",), needs=("edit", ""),
        sent=_form(pattern="{family}-{1}", all="1")),
    Row("page", "plan_sheet", "GET", 404, wins=READ, types=("budget",)),
    Row("page", "bring_plan", "GET", 404, wins=ANSWERED, types=("budget",), needs=("edit", "")),
    Row("page", "bring_plan", "POST", 404, wall=NONE, types=("budget",), needs=("edit", "")),
    Row("page", "look_at_plan", "GET", 404, wall=OWNER, types=("budget",), needs=("edit", "")),
    Row("page", "look_at_plan", "POST", 404, wall=OWNER, types=("budget",), needs=("edit", "")),
    Row("page", "pack", "GET", 404, wins=ANSWERED, types=("month_end", "year_end")),
    Row("page", "pack", "POST", 404, wall=NONE, types=("month_end", "year_end")),
    Row("page", "reverse", "GET", 404, wins=ANSWERED, types=("journal_entry",), needs=("reverse", "")),
    Row("page", "reverse", "POST", 404, wall=NONE, types=("journal_entry",), needs=("reverse", ""),
        sent=_form(reason="planted")),
    Row("page", "open_items", "GET", 200, wins=READ, types=("journal_entry",)),
    Row("page", "settle", "GET", 404, wall=NONE, types=("party",), needs=("allocate", "journal_entry")),
    Row("page", "settle", "POST", 404, wall=NONE, types=("party",), needs=("allocate", "journal_entry")),
    Row("page", "take_back", "GET", 404, wall=NONE, needs=("allocate", "")),
    Row("page", "take_back", "POST", 404, wall=NONE, needs=("allocate", ""), sent=_form(reason="planted")),
    Row("page", "reconcile", "GET", 404, wins=ANSWERED, types=("bank_account",)),
    Row("page", "reconcile", "POST", 404, wall=NONE, types=("bank_account",), sent=_form(match="1")),
    Row("page", "entry", "GET", 404, wall=NONE, types=("bank_account",)),
    Row("page", "entry", "POST", 404, wall=NONE, types=("bank_account",), sent=_form(account="1")),
    Row("page", "receive", "GET", 404, wall=NONE, types=("bank_account",)),
    Row("page", "receive", "POST", 404, wall=NONE, types=("bank_account",), sent=_form(party="1")),
    Row("page", "map_columns", "GET", 404, wall=OWNER, types=("bank_statement",)),
    Row("page", "map_columns", "POST", 404, wall=OWNER, types=("bank_statement",)),
    Row("page", "withdraw", "POST", 404, wall=NONE, types=("bank_statement",)),
    Row("page", "xml", "GET", 404, wins=READ, types=("payment_run",)),
    Row("page", "csv", "GET", 404, wins=READ, types=("payment_run",)),
    Row("page", "chart", "GET", 200, wall=NONE, types=("account",)),
    Row("page", "chart", "POST", 422, wall=NONE, types=("account",), sent=_form(chart="uk", first_year="2020-01-01")),
    Row("page", "process", "GET", 404, wins=READ),
    Row("page", "process_bpmn", "GET", 404, wins=READ),
    Row("page", "history", "GET", 404, wins=READ, types=ALL),
    Row("page", "files", "GET", 404, wins=READ, types=ALL),
    Row("page", "files", "POST", 404, wins=CHANGED, sent=_file, needs=("edit", "")),
    Row("page", "file", "GET", 404, wins=READ, types=ALL),
    Row("page", "move_file", "POST", 404, wall=NONE, sent=_form(to="first")),
    Row("page", "remove_file", "POST", 404, wins=CHANGED),
    Row("page", "import_", "GET", 200, wall=NONE, statuses=NO_HISTORY),
    Row("page", "import_", "POST", 302, wall=NONE, sent=_file, statuses=NO_HISTORY),
    Row("page", "messages", "GET", 404, wins=READ),
    Row("page", "messages", "POST", 404, wins=CHANGED, sent=_form(text="planted")),
    Row("page", "message", "POST", 404, wall=OWNER, sent=_form(text="planted")),
    Row("page", "colleagues", "GET", 404, wins=ANSWERED),
    Row("page", "reminders", "POST", 404, wins=CHANGED, sent=lambda a, b, v: {
        "data": {"member": b.boss.member_id, "due_on": "2030-01-01", "note": "planted"}}),
    Row("page", "reminder", "POST", 404, wins=CHANGED),
    Row("page", "related", "GET", 404, wins=READ),
    Row("page", "archive", "POST", 404, wins=CHANGED, types=("party", "product")),
    Row("page", "unarchive", "POST", 404, wins=ANSWERED, types=("party", "product")),
    Row("page", "import_file", "GET", 404, wall=OWNER),
    Row("page", "import_file", "POST", 404, wall=OWNER, sent=_form(go="1", key="number")),
    Row("page", "import_run", "GET", 404, wins=READ, types=("party",)),
    Row("page", "import_progress", "GET", 404, wins=ANSWERED, types=("party",)),
    Row("page", "import_stop", "POST", 404, wins=ANSWERED, types=("party",)),
    Row("page", "import_run_lines", "GET", 404, wall=OWNER, types=("sale",)),
    Row("page", "import_problems", "GET", 404, wins=READ, types=("party",)),
)  # fmt: skip

REST = (
    Row("rest", "list", "GET", 200, wins=READ, sent=FIND, types=("party", "product", "repair_order")),
    Row("rest", "post", "POST", 422, wall=KEY,
        sent=lambda a, b, v: {"json": {"customer": a.rows["party"], "item": "planted", "fault": "planted"}}),
    Row("rest", "get", "GET", 404, wins=READ, types=("party", "product", "repair_order")),
    Row("rest", "put", "PUT", 404, wins=CHANGED, sent=_json(PARTY), types=("party",)),
    Row("rest", "patch", "PATCH", 404, wins=CHANGED, sent=_json({"name": "planted"}), types=("party", "product")),
    Row("rest", "cancel", "POST", 404, wins=CHANGED, sent=_json({"reason": "planted"}), statuses=WRITTEN_ONCE),
    Row("rest", "process", "GET", 404, wins=READ),
    Row("rest", "suspend", "POST", 404, wins=CHANGED, sent=_json({"reason": "planted"})),
    Row("rest", "resume", "POST", 404, wall=NONE, sent=_json({"reason": "planted"})),
    Row("rest", "places", "GET", 404, wins=ANSWERED),
    Row("rest", "move", "POST", 404, wall=NONE, sent=_json({"token": "x", "to": "quoted", "reason": "planted"})),
    Row("rest", "list_files", "GET", 404, wins=READ, types=ALL),
    Row("rest", "post_files", "POST", 404, wins=CHANGED, sent=_file),
    Row("rest", "get_file", "GET", 404, wins=READ, types=ALL),
    Row("rest", "list_messages", "GET", 404, wins=READ),
    Row("rest", "post_message", "POST", 404, wins=CHANGED, sent=_json({"text": "planted"})),
    Row("rest", "import_file", "POST", 422, wall=NONE, sent=_file, statuses={**NO_HISTORY, "sale": 400}),
    Row("rest", "import_run", "GET", 404, wins=READ, types=("party",)),
    Row("rest", "import_left_out", "GET", 404, wins=READ, types=("party",)),
    Row("rest", "import_stop", "POST", 404, wins=ANSWERED, types=("party",)),
    Row("rest", "schema", "GET", 200, wins=READ, types=("product",)),
)  # fmt: skip

OTHERS = (
    Row("Home", "index", "GET", 200, wins=READ),
    Row("Search", "index", "GET", 200, wall=INDEX, sent=_query(q="Zanzibar")),
    Row("Search", "suggest", "GET", 200, wall=INDEX, sent=_query(q="Zanzibar")),
    Row("Counts", "index", "GET", 200, wins=DIFFERS),
    Row("Reports", "list", "GET", 200, wall=NONE),
    Row("Reports", "tiles", "GET", 200, wall=COMPANY),
    Row("Reports", "show", "GET", 200, wall=COMPANY, needs=("show", "report:invoices_issued")),
    Row("Reports", "xlsx", "GET", 200, wall=COMPANY, needs=("export", "report:invoices_issued")),
    Row("Reports", "csv", "GET", 200, wall=COMPANY, needs=("export", "report:invoices_issued")),
    Row("Reports", "pdf", "GET", 200, wall=COMPANY, needs=("export", "report:invoices_issued")),
    Row("Reports", "save", "POST", 302, wall=NONE, sent=_form(name="planted"),
        needs=("show", "report:invoices_issued")),
    Row("Reports", "start", "POST", 302, wall=NONE, sent=_form(ending="xlsx"),
        needs=("export", "report:invoices_issued")),
    Row("Reports", "mail", "GET", 200, wall=NONE, needs=("export", "report:invoices_issued")),
    Row("Reports", "mail", "POST", 422, wall=NONE, sent=_form(rhythm="planted"),
        needs=("export", "report:invoices_issued")),
    Row("Reports", "stop", "POST", 404, wall=OWNER, needs=("export", "report:invoices_issued")),
    Row("Reports", "made", "GET", 404, wall=OWNER),
    Row("Reports", "progress", "GET", 404, wall=OWNER),
    Row("Reports", "content", "GET", 404, wall=OWNER),
    Row("Reports", "cancel", "POST", 404, wall=OWNER),
    Row("ReportApi", "list", "GET", 200, wall=NONE),
    Row("ReportApi", "get", "GET", 200, wall=COMPANY, needs=("show", "report:invoices_issued")),
    Row("Till", "page", "GET", 200, wall=NONE, needs=SELLS),
    Row("Till", "register", "GET", 200, wall=NONE, needs=SELLS),
    Row("Till", "register", "POST", 422, wall=KEY, needs=SELLS, sent=_json({"code": "PLANTED"})),
    Row("Till", "pin", "GET", 200, wall=NONE, needs=SELLS),
    Row("Till", "pin", "POST", 302, wall=OWNER, needs=SELLS),
    Row("Till", "unlock", "POST", 409, wall=KEY, needs=SELLS, sent=_json({"pin": "123456"})),
    *(Row("Till", name, "GET", 409, wall=KEY, needs=SELLS) for name in (
        "state", "catalogue", "picture", "lots", "search", "x", "holds", "receipt", "paper", "pdf",
    )),
    *(Row("Till", name, "POST", 409, wall=KEY, needs=SELLS, sent=_json({
        "uuid": "7f9c24e8-3b12-4fef-91e0-56a2d5a61c9e", "lines": [], "float": {}, "pin": "123456", "direction": "in",
    })) for name in (
        "customers", "price", "checkout", "sessions", "cash", "close", "holds", "take_hold", "returns", "override",
    )),
    Row("Till", "lock", "POST", 200, wall=OWNER, needs=SELLS),  # the last: it holds for the browser that sent it
    Row("Inbox", "index", "GET", 200, wins=READ),
    Row("Inbox", "stream", "GET", 200, wins=DIFFERS, sent=_query(once="1")),
    Row("Inbox", "task", "GET", 404, wins=READ),
    Row("Inbox", "task", "POST", 404, wins=CHANGED, sent=_form(**DONE)),
    Row("Inbox", "claim", "POST", 404, wins=CHANGED),
    Row("Inbox", "release", "POST", 404, wins=ANSWERED),
    Row("Inbox", "delegate", "POST", 404, wall=OWNER, sent=lambda a, b, v: {"data": {"member": a.boss.member_id}}),
    Row("Task", "task", "GET", 404, wins=READ),
    Row("Task", "task", "POST", 404, wins=CHANGED, sent=_form(**DONE)),
    Row("Incidents", "retry", "POST", 404, wins=CHANGED),
    Row("Incidents", "skip", "POST", 404, wins=CHANGED, sent=_form(reason="planted")),
    Row("Incidents", "error", "POST", 404, wins=CHANGED, sent=_form(code="mail_refused", reason="planted")),
    Row("Incidents", "correct", "GET", 404, wins=READ),
    Row("Incidents", "correct", "POST", 404, wins=CHANGED, sent=_form(to="b@example.com", subject="planted")),
    Row("IncidentConsole", "index", "GET", 200, wins=DIFFERS, needs=("list", "incident")),
    Row("IncidentConsole", "like", "GET", 404, wins=READ, needs=("list", "incident")),
    Row("IncidentConsole", "like", "POST", 404, wall=KEY, needs=("list", "incident"), sent=_form(do="retry")),
    Row("MessageConsole", "index", "GET", 200, wins=READ, needs=("list", "message")),
    Row("Jobs", "index", "GET", 200, wins=READ, needs=("list", "job")),
    Row("Jobs", "kinds", "GET", 200, wall=NONE, needs=("list", "job")),
    Row("Jobs", "schedules", "GET", 200, wall=NONE, needs=("list", "installation")),
    Row("Jobs", "retry", "POST", 404, wins=CHANGED, needs=("edit", "job")),
    Row("Jobs", "cancel", "POST", 404, wins=CHANGED, needs=("edit", "job")),
    Row("Jobs", "hurry", "POST", 404, wins=CHANGED, needs=("edit", "job")),
    Row("Jobs", "priority", "POST", 404, wins=CHANGED, needs=("edit", "job")),
    Row("CompanyPages", "index", "GET", 200, wall=NONE, needs=("list", "setting")),
    Row("CompanyPages", "index", "POST", 422, wall=NONE, sent=_form(name="", currency="KES"), needs=("list", "setting")),
    Row("CompanyPages", "logo", "GET", 404, wall=NONE),
    Row("CompanyPages", "add_branch", "GET", 200, wall=NONE, needs=("edit", "setting")),
    Row("CompanyPages", "add_branch", "POST", 422, wall=NONE, sent=_form(name=""), needs=("edit", "setting")),
    Row("CompanyPages", "branch", "GET", 404, wins=ANSWERED, needs=("list", "setting")),
    Row("CompanyPages", "branch", "POST", 404, wins=CHANGED, needs=("edit", "setting"),
        sent=_form(name="planted", timezone="UTC", day_starts_at="00:00")),
    Row("CompanyPages", "holidays", "GET", 200, wall=NONE, needs=("list", "setting")),
    Row("CompanyPages", "holidays", "POST", 422, wall=NONE, sent=_form(holidays="soon"), needs=("list", "setting")),
    Row("PeoplePages", "list", "GET", 200, wins=READ, needs=("list", "member")),
    Row("PeoplePages", "invite", "GET", 200, wins=READ, needs=("add", "member")),
    Row("PeoplePages", "invite", "POST", 422, wall=NONE, sent=_form(name="", email="planted"), needs=("add", "member")),
    Row("PeoplePages", "member", "GET", 404, wins=ANSWERED, needs=("list", "member")),
    Row("PeoplePages", "member", "POST", 404, wall=NONE, sent=_form(roles="Counter"), needs=("list", "member")),
    Row("PeoplePages", "end", "POST", 404, wins=CHANGED, needs=("edit", "member")),
    Row("PeoplePages", "back", "POST", 404, wall=NONE, needs=("edit", "member")),
    Row("PeoplePages", "reset", "POST", 404, wins=ANSWERED, needs=("edit", "member")),
    Row("Absences", "member", "GET", 404, wins=ANSWERED, needs=("edit", "member")),
    Row("Absences", "member", "POST", 404, wall=NONE, needs=("edit", "member")),
    Row("Absences", "end", "POST", 404, wins=CHANGED),
    Row("PeoplePages", "resend", "POST", 404, wins=CHANGED, needs=("edit", "member")),
    Row("PeoplePages", "withdraw", "POST", 404, wins=CHANGED, needs=("edit", "member")),
    Row("FirstColleagues", "index", "GET", 200, wins=READ, needs=("add", "member")),
    Row("FirstColleagues", "index", "POST", 422, wall=NONE, needs=("add", "member"),
        sent=lambda a, b, v: {"data": {"name-0": "planted", "email-0": "planted", "roles-0": f"own:{a.role}"}}),
    Row("RolePages", "list", "GET", 200, wins=READ, needs=("list", "role")),
    Row("RolePages", "new", "GET", 200, wall=NONE, needs=("edit", "role")),
    Row("RolePages", "new", "POST", 422, wall=NONE, sent=_form(name=""), needs=("edit", "role")),
    Row("RolePages", "role", "GET", 404, wins=READ, needs=("list", "role")),
    Row("RolePages", "role", "POST", 404, wins=CHANGED, sent=_form(name="planted"), needs=("edit", "role")),
    Row("RolePages", "drop", "POST", 404, wins=CHANGED, needs=("edit", "role")),
    Row("RolePages", "rule", "GET", 404, wins=READ, needs=("edit", "role")),
    Row("RolePages", "rule", "POST", 404, wall=NONE, needs=("edit", "role")),
    Row("RolePages", "drop_rule", "POST", 404, wins=CHANGED, needs=("edit", "role")),
    Row("May", "index", "GET", 200, wall=NONE, needs=("list", "member"),
        sent=lambda a, b, v: {"query_string": {"member": a.boss.member_id, "type": "party", "row": a.rows["party"]}}),
    Row("Profile", "index", "GET", 200, wall=NONE),
    Row("Profile", "index", "POST", 422, wall=NONE, sent=_form(name="")),
    Row("Profile", "address", "POST", 422, wall=NONE, sent=_form(email="planted")),
    Row("Profile", "password", "POST", 422, wall=NONE, sent=_form(old="planted")),
    Row("Profile", "make_key", "POST", 422, wall=NONE, sent=_form(key_name="")),
    Row("Profile", "revoke_key", "POST", 404, wall=OWNER),
    Row("Batches", "list", "GET", 200, wall=OWNER),
    Row("Batches", "show", "GET", 404, wins=READ),
    Row("Batches", "progress", "GET", 404, wins=ANSWERED),
    Row("Batches", "refused", "GET", 404, wins=READ),
    Row("Batches", "stop", "POST", 404, wall=OWNER),
    Row("Batches", "undo", "POST", 404, wall=OWNER),
    Row("Translations", "index", "GET", 200, wall=NONE, needs=("list", "installation")),
    Row("Translations", "language", "GET", 404, wall=NONE, needs=("list", "installation")),
    Row("Translations", "language", "POST", 404, wall=NONE, needs=("list", "installation")),
    Row("Translations", "file", "GET", 404, wall=NONE, needs=("list", "installation")),
    Row("OwnFields", "list", "GET", 200, wins=READ, needs=("list", "setting")),
    Row("OwnFields", "of_type", "GET", 200, wins=READ, needs=("list", "setting")),
    Row("OwnFields", "add", "POST", 302, wall=NONE, sent=_form(label="planted", kind="text"), needs=("edit", "setting")),
    Row("OwnFields", "add", "GET", 200, wall=NONE, needs=("edit", "setting")),
    Row("OwnFields", "edit", "GET", 404, wins=READ, needs=("edit", "setting")),
    Row("OwnFields", "edit", "POST", 404, wins=CHANGED, sent=_form(label="taken over"), needs=("edit", "setting")),
    Row("OwnFields", "act", "POST", 404, wins=CHANGED, needs=("edit", "setting")),
    Row("Notices", "index", "GET", 200, wall=OWNER),
    Row("Notices", "newest", "GET", 200, wall=OWNER),
    Row("Notices", "read", "POST", 404, wall=OWNER),
    Row("Notices", "read_all", "POST", 302, wall=OWNER),
    Row("Notices", "preferences", "GET", 200, wall=OWNER),
    Row("Notices", "preferences", "POST", 302, wall=OWNER, sent=_form(app="mentioned", when="now")),
    Row("Help", "index", "GET", 200, wall=NONE, sent=_query(q="Zanzibar")),
    Row("Help", "guide", "GET", 200, wall=NONE),
    Row("Help", "image", "GET", 200, wall=NONE),
    Row("Studio", "library", "GET", 200, wins=READ, needs=("list", "process")),
    Row("Studio", "second_person", "POST", 302, wall=NONE, needs=("publish", "process")),
    Row("Studio", "new", "GET", 200, wall=NONE, needs=("edit", "process")),
    Row("Studio", "new", "POST", 422, wall=NONE, needs=("edit", "process")),
    Row("Studio", "editor", "GET", 200, wins=READ, needs=("show", "process")),
    Row("Studio", "drawing", "GET", 404, wins=READ, needs=("show", "process"), sent=_version_of_a),
    Row("Studio", "bring", "POST", 302, wall=NONE, needs=("edit", "process")),
    Row("Studio", "begin", "POST", 404, wins=CHANGED, needs=("edit", "process"),
        sent=lambda a, b, v: {"data": {"of": str(a.version)}}),
    Row("Studio", "check", "POST", 200, wall=NONE, needs=("show", "process")),
    Row("Studio", "save", "POST", 422, wall=NONE, needs=("edit", "process")),
    Row("Studio", "discard", "POST", 404, wins=CHANGED, needs=("edit", "process"), sent=_form(saved="1")),
    Row("Studio", "publish", "GET", 404, wins=READ, needs=("show", "process")),
    Row("Studio", "publish", "POST", 404, wins=CHANGED, needs=("publish", "process"),
        sent=_form(saved="1", note="planted")),
    Row("Studio", "send_back", "POST", 404, wins=CHANGED, needs=("edit", "process"), sent=_form(saved="1")),
    Row("Heat", "page", "GET", 200, wins=DIFFERS, needs=("show", "process")),
    Row("Heat", "file", "GET", 200, wins=DIFFERS, needs=("show", "process")),
    Row("Studio", "versions", "GET", 200, wins=READ, needs=("show", "process")),
    Row("Studio", "again", "POST", 404, wins=ANSWERED, needs=("publish", "process")),
    Row("Studio", "compare", "GET", 404, wins=READ, needs=("show", "process"),
        sent=lambda a, b, v: {"query_string": {"before": a.version, "after": "shipped"}}),
    Row("Moves", "move", "GET", 404, wins=ANSWERED, needs=("show", "process")),
    Row("Moves", "move", "POST", 404, wins=ANSWERED, needs=("show", "process"), sent=_form(step="look")),
    Row("Walks", "walk", "POST", 200, wall=NONE, needs=("show", "process")),
    Row("Walks", "record", "POST", 422, wall=NONE, needs=("edit", "process")),
    Row("Cases", "tests", "GET", 200, wins=READ, needs=("show", "process")),
    Row("Cases", "results", "GET", 200, wall=NONE, needs=("show", "process")),
    Row("Cases", "file", "GET", 200, wins=READ, needs=("show", "process")),
    Row("Cases", "bring", "POST", 302, wall=NONE, needs=("edit", "process")),
    Row("Cases", "new", "GET", 200, wall=NONE, needs=("edit", "process")),
    Row("Cases", "new", "POST", 200, wall=NONE, needs=("edit", "process")),
    Row("Cases", "case", "GET", 200, wins=READ, needs=("show", "process")),
    Row("Cases", "case", "POST", 422, wall=NONE, needs=("edit", "process"), sent=_form(do="save")),
    Row("Cases", "remove", "POST", 302, wall=NONE, needs=("edit", "process"), sent=_form(saved="99")),
    Row("Tables", "list", "GET", 200, wins=READ, needs=("show", "process")),
    Row("Tables", "file", "GET", 200, wins=READ, needs=("show", "process")),
    Row("Tables", "bring", "POST", 302, wall=NONE, needs=("edit", "process")),
    Row("Tables", "new", "GET", 200, wall=NONE, needs=("edit", "process")),
    Row("Tables", "new", "POST", 422, wall=NONE, needs=("edit", "process")),
    Row("Tables", "editor", "GET", 200, wins=READ, needs=("show", "process")),
    Row("Tables", "look", "POST", 200, wall=NONE, needs=("show", "process")),
    Row("Tables", "save", "POST", 422, wall=NONE, needs=("edit", "process")),
    Row("Tables", "remove", "POST", 302, wall=NONE, needs=("edit", "process"), sent=_form(saved="5")),
    Row("Forms", "list", "GET", 200, wins=READ, needs=("show", "process")),
    Row("Forms", "new", "POST", 422, wall=NONE, needs=("edit", "process")),
    Row("Forms", "editor", "GET", 200, wins=READ, needs=("show", "process")),
    Row("Forms", "file", "GET", 200, wins=READ, needs=("show", "process")),
    Row("Forms", "check", "POST", 422, wall=NONE, needs=("show", "process")),
    Row("Forms", "save", "POST", 422, wall=NONE, needs=("edit", "process")),
    Row("Forms", "bring", "POST", 302, wall=NONE, needs=("edit", "process")),
    Row("Forms", "drop", "POST", 302, wall=NONE, needs=("edit", "process"), sent=_form(saved="9")),
    Row("Forms", "let", "POST", 302, wall=NONE, needs=("edit", "process"), sent=_form(saved="9")),
    Row("FormPreview", "show", "GET", 404, wins=READ, needs=("show", "process"),
        sent=lambda a, b, v: {"query_string": {"document": str(a.rows["repair_order"])}}),
    Row("Services", "list", "GET", 200, wall=NONE, needs=("list", "setting")),
    Row("Services", "set", "POST", 404, wall=NONE, needs=("edit", "setting")),
    Row("Mailbox", "list", "GET", 200, wins=READ, needs=("list", "mailbox")),
    Row("Mailbox", "show", "GET", 404, wins=READ, needs=("list", "mailbox")),
    Row("Mailbox", "file", "GET", 404, wins=ANSWERED, needs=("list", "mailbox")),
    Row("Audit", "index", "GET", 200, wins=READ, needs=("list", "audit"),
        sent=lambda a, b, v: {"query_string": {"who": a.boss.user_id}}),
    Row("Audit", "keep", "POST", 422, wall=NONE, sent=_form(days="planted"), needs=("list", "audit")),
    Row("Audit", "filter", "GET", 200, wall=NONE, needs=("list", "audit")),
    Row("Audit", "export_csv", "GET", 200, wall=NONE, needs=("export", "audit")),  # all there is, whoever did it
    Row("Audit", "export_csv", "GET", 200, wins=READ, needs=("export", "audit"),
        sent=lambda a, b, v: {"query_string": {"who": a.boss.user_id}}),
    Row("Audit", "start", "POST", 302, wall=NONE, needs=("export", "audit")),
    Row("Audit", "written", "GET", 404, wall=OWNER, needs=("export", "audit")),
    Row("Audit", "progress", "GET", 404, wall=OWNER, needs=("export", "audit")),
    Row("Audit", "file", "GET", 404, wall=OWNER, needs=("export", "audit")),
    Row("Audit", "sign_ins", "GET", 200, wall=NONE, needs=("list", "installation")),
    Row("Sessions", "own", "GET", 200, wall=OWNER),
    Row("Sessions", "end", "POST", 404, wall=OWNER),
    Row("Sessions", "end_others", "POST", 302, wall=NONE),
    Row("Sessions", "company", "GET", 200, wins=READ, needs=("list", "session")),
    Row("Sessions", "end_of_member", "POST", 404, wins=CHANGED, needs=("edit", "session")),
    Row("Preferences", "theme", "POST", 302, wall=NONE, sent=_form(theme="dark", next="//evil.example")),
    Row("Preferences", "place", "POST", 404, wall=MEMBERSHIP, sent=lambda a, b, v: {"data": {"place": f"{a.tenant}."}}),
    # a key of A's order is nobody's key in B, and B's list is B's
    Row("MessageApi", "post", "POST", 202, wall=NONE, sent=_json({"name": "paid", "key": "R-1", "message_id": "x"}), needs=("send", "message")),
    Row("SignalApi", "post", "POST", 202, wall=NONE, sent=_json({"name": "closing", "message_id": "y"}), needs=("send", "message")),
    Row("MessageApi", "list", "GET", 200, wins=READ, needs=("list", "message")),
    Row("IncidentApi", "list", "GET", 200, wins=READ, needs=("list", "incident")),
    Row("IncidentApi", "get", "GET", 404, wins=READ),
    Row("IncidentApi", "retry", "POST", 404, wins=CHANGED),
    Row("IncidentApi", "skip", "POST", 404, wins=CHANGED, sent=_json({"reason": "planted"})),
    Row("IncidentApi", "error", "POST", 404, wall=NONE, sent=_json({"code": "x", "reason": "planted"})),
    Row("IncidentApi", "correct", "POST", 404, wall=NONE, sent=_json({"values": {"to": "planted@example.com"}})),
    Row("TaskApi", "list", "GET", 200, wins=READ),
    Row("TaskApi", "get", "GET", 404, wins=READ),
    Row("TaskApi", "complete", "POST", 404, wins=CHANGED, sent=_json({"answers": DONE})),
    Row("TaskApi", "claim", "POST", 404, wins=CHANGED),
    Row("TaskApi", "release", "POST", 404, wins=ANSWERED),
    Row("TaskApi", "delegate", "POST", 404, wall=OWNER, sent=lambda a, b, v: {"json": {"member": a.boss.member_id}}),
    Row("DescriptionApi", "openapi", "GET", 200, wins=READ),
)  # fmt: skip

ROWS = (*PAGES, *REST, *OTHERS)

PUBLIC: Mapping[str, str] = {
    "GET Health.live": "says that the process lives, nothing more",
    "GET Health.ready": "says that the database answers, nothing more",
    "GET Figures.show": "asks for the installation's own METRICS_TOKEN; numbers of all companies together, see web/test_figures",
    "GET Reference.docs": "sends to the sign-in page; the tenant's own description is asked for apart",
    "GET Reference.description": "asks for the cookie of a member itself, see rest/test_reference",
    "POST Reference.token": "asks for the cookie and the token of the form, see rest/test_reference",
    "GET Reference.error_codes": "codes of the source, the same for everybody",
    "GET Assets.file": "browser bundles, the same for everybody",
    "GET SignIn.login": "the way in itself",
    "POST SignIn.login": "the way in itself; limited, see test_ways_in",
    "GET SignIn.logout": "asks before signing out",
    "POST SignIn.logout": "ends the browser's own session",
    "POST SecurityApi.login": "the way in of programs; limited, see test_ways_in",
    "POST SecurityApi.refresh": "asks for a refresh token, see test_ways_in",
    "POST Hooks.take": "asks for the address's token and the provider's signature, see stripe/test_notices",
    "GET Pay.show": "asks for a signed link, see stripe/test_paying",
    "GET Begin.where": "asks for the link of an empty installation, see scenarios/test_begin",
    "POST Begin.where": "asks for the link of an empty installation",
    "GET Begin.company": "asks for the link of an empty installation",
    "POST Begin.company": "asks for the link of an empty installation",
    "GET Begin.you": "asks for the link of an empty installation",
    "POST Begin.you": "asks for the link of an empty installation",
    "GET Join.show": "asks for the link of an invitation, see erp/people/test_invitations",
    "POST Join.accept": "asks for the link of an invitation",
    "POST Join.known": "asks for the link of an invitation and a password",
    "POST Join.me": "asks for the link of an invitation and a session",
    "GET Passwords.forgot": "asks for a mail; limited, and alike for everybody, see erp/people/test_passwords",
    "POST Passwords.forgot": "asks for a mail; limited, and alike for everybody",
    "GET Passwords.reset": "asks for a link that opens once, see erp/people/test_passwords",
    "POST Passwords.reset": "asks for a link that opens once",
    "POST Preferences.language": "a browser's own cookie, and a member's own row",
    "GET Approving.show": "asks for a link of a mail, see erp/workflow/test_approval_mail",
    "POST Approving.vote": "asks for a link of a mail, see erp/workflow/test_approval_mail",
    "GET Portal.show": "asks for a signed link, see test_ways_in",
    "POST Portal.answer": "asks for a signed link, see test_ways_in",
    "GET Portal.file": "asks for a signed link, see test_ways_in",
}
"""What is asked for without signing in, and why that may be."""
