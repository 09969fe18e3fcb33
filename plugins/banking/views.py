from __future__ import annotations

from collections.abc import Sequence

from flask import request

from erp import _, can
from erp.screens import Answer, Beside, DocumentView, LinesShown, Link, Opened, Shown, TaskButton, allowed, expose
from plugins.banking import views_bringing, views_matching, views_paying, views_receiving
from plugins.parties.models import Party


class BankAccounts(DocumentView):
    """The bank accounts' pages, with the one on which statements and books are matched."""

    type_name = "bank_account"

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """Matching, and bringing a statement in."""
        found = []
        if can("reconcile", self.type_name):
            found.append(TaskButton(_("Match"), f"{it.url}/match", "arrows-exchange"))
        if can("add", "bank_statement"):
            found.append(
                TaskButton(_("Bring a statement in"), f"/bank_statement/new?bank_account={it.row.id}", "upload")
            )
        return found

    def facts(self, it: Opened) -> Sequence[Shown]:
        """What the books and the last statement say it holds."""
        return views_matching.balances(it.row)

    @expose("/<int:row_id>/match", methods=("GET", "POST"))
    @allowed("reconcile")
    def reconcile(self, row_id: int) -> Answer:
        """Statements beside books; a post matches what is picked, all that is sure, or undoes a match."""
        return views_matching.page(self.opened(row_id), request.form if request.method == "POST" else None)

    @expose("/<int:row_id>/entry", methods=("GET", "POST"))
    @allowed("reconcile")
    def entry(self, row_id: int) -> Answer:
        """Ask where what is left over goes, such as a fee or interest, and post it."""
        return views_matching.entry_page(self.opened(row_id))

    @expose("/<int:row_id>/payment", methods=("GET", "POST"))
    @allowed("reconcile")
    def receive(self, row_id: int) -> Answer:
        """Ask what a customer's payment on the statement is for, register it and match it."""
        it, party = self.opened(row_id), views_matching.ids(request.args, "party")
        picked, chosen = (views_matching.ids(request.args, name) for name in ("told", "booked"))
        return views_receiving.page(it, picked, chosen, party[0] if party else None)


class BankStatements(DocumentView):
    """The statements' pages: a new one comes as a file."""

    type_name = "bank_statement"

    def list_links(self) -> Sequence[Link]:
        """The accounts, where they are matched."""
        return [Link(_("Bank accounts"), "/bank_account/", "building-bank")] if can("list", "bank_account") else []

    @expose("/new", methods=("GET", "POST"))
    @allowed("add")
    def add(self) -> Answer:
        """Ask for a file of the bank and the account it is about."""
        return views_bringing.upload(request.args.get("bank_account", ""))

    @expose("/columns/<int:file_id>", methods=("GET", "POST"))
    @allowed("add")
    def map_columns(self, file_id: int) -> Answer:
        """Ask which column of a table says what; it is remembered for the next one."""
        return views_bringing.columns(request.args.get("bank_account", ""), file_id)

    @expose("/<int:row_id>/take_back", methods=("POST",))
    @allowed("add")
    def withdraw(self, row_id: int) -> Answer:
        """Let it count no more, so that its file may come in again."""
        return views_bringing.withdraw(self.opened(row_id))

    def links(self, it: Opened) -> Sequence[Link]:
        """Take it back, where its file came in for the wrong account."""
        if not can("add", self.type_name) or it.row.digest is None:
            return []
        asked = _("It counts no more then, and its file may come in again. Go on?")
        return [Link(_("Take it back"), f"{it.url}/take_back", "arrow-back-up", post=True, confirm=asked, danger=True)]

    def facts(self, it: Opened) -> Sequence[Shown]:
        """How many of its lines are matched."""
        return views_matching.progress(it.row)


class PaymentRuns(DocumentView):
    """The payment runs' pages, with the files for the bank once they are released."""

    type_name = "payment_run"
    add_fields = ("bank_account", "due_until", "pay_on", "note")

    def links(self, it: Opened) -> Sequence[Link]:
        """The file as XML and as a table."""
        return views_paying.files(it)

    def facts(self, it: Opened) -> Sequence[Shown]:
        """How many transfers it makes, and whose bank details are new."""
        return views_paying.facts(it.row)

    @expose("/<int:row_id>/pain.xml")
    @allowed("show")
    def xml(self, row_id: int) -> Answer:
        """What is uploaded to the bank: pain.001.001.03."""
        return views_paying.as_xml(self.opened(row_id))

    @expose("/<int:row_id>/payments.csv")
    @allowed("show")
    def csv(self, row_id: int) -> Answer:
        """The same as a table."""
        return views_paying.as_csv(self.opened(row_id))


class BankDetails(Beside):
    """Where a supplier is paid, and who changed that, on their page."""

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """New details, for whoever may write them."""
        if not isinstance(it.row, Party) or not it.row.is_supplier or not can("add", "party_bank_account"):
            return ()
        return (TaskButton(_("Bank details"), f"/party_bank_account/new?party={it.row.id}", "id", aside=True),)

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """Every one there was, the newest first."""
        if not isinstance(it.row, Party) or not can("list", "party_bank_account"):
            return ()
        return views_paying.of_party(it.row)
