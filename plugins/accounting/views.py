"""The accountant's pages that differ from generated ones."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import request

from erp import (
    Document,
    NotFound,
    _,
    can,
    company,
    create,
    document_type,
    hold_at,
    require,
    session,
    today,
    transaction,
)
from erp.screens import (
    Answer,
    Beside,
    DocumentView,
    Field,
    Kind,
    LinesShown,
    Link,
    Opened,
    Question,
    Shown,
    Stand,
    State,
    TaskButton,
    allowed,
    ask_branch,
    asked,
    asked_at,
    branch_field,
    expose,
    held_at,
)
from plugins.accounting import views_items, views_open, views_posted
from plugins.accounting.allocating import open_lines
from plugins.accounting.charts import charts, choose_chart
from plugins.accounting.events import known, title_of
from plugins.accounting.locks import locked_until
from plugins.accounting.models import Allocation, JournalEntry, JournalLine, LedgerLock
from plugins.accounting.posting import keeps_books
from plugins.accounting.reading import entries_for
from plugins.accounting.reversing import reverse, take_back
from plugins.accounting.years import MONTHS, make_year, next_start
from plugins.parties.models import Party


class Accounts(DocumentView):
    """The accounts' pages, from which a company begins to keep books."""

    type_name = "account"

    def list_links(self) -> Sequence[Link]:
        """The charts to choose from, until one is chosen."""
        return (
            []
            if keeps_books() or not can("add", "account")
            else [Link(_("Choose a chart"), f"{self.url}chart", "book")]
        )

    @expose("/chart", methods=("GET", "POST"))
    @allowed("add")
    def chart(self) -> Answer:
        """Ask which chart, and when the first fiscal year begins."""

        def do(values: dict[str, Any]) -> str:
            choose_chart(values["chart"], values["first_year"])
            return _("The chart is there. Look through its accounts and rules; both may be changed.")

        choices = tuple((each.name, f"{each.title} – {each.text}") for each in charts().values())
        fields = [
            Field("chart", Kind.CHOICE, _("Chart"), required=True, choices=choices),
            Field("first_year", Kind.DATE, _("The first fiscal year begins on"), required=True,
                  help=_("The first of a month. Opening balances are posted in this year.")),
        ]  # fmt: skip
        note = _("From then on what is invoiced, paid, sold and moved is posted by the rules of the chart.")
        question = Question(
            _("Choose a chart of accounts"), _("Choose it"), do, fields,
            {"chart": "general", "first_year": today().replace(month=1, day=1)}, note,
        )  # fmt: skip
        return asked_at(Stand(f"{self.url}chart", self.url, [Link(str(self.type.plural), self.url)]), question)


class PostingRules(DocumentView):
    """The rules' pages: a new one is for an amount of an event that some part of the system posts."""

    type_name = "posting_rule"

    @expose("/new", methods=("GET", "POST"))
    @allowed("add")
    def add(self) -> Answer:
        """Ask which amount of which event, between which accounts, and on which conditions."""
        made: list[int] = []

        def do(values: dict[str, Any]) -> str:
            event, _bar, name = values.pop("what").partition("|")
            at = values.pop("branch")
            with transaction():
                made.append(create(self.type_name, {"event": event, "amount_name": name, **values}).id)
                if at:
                    hold_at(self.type_name, made[-1], int(at))
            return _("The rule holds from now on.")

        choices = tuple(
            (f"{event.name}|{each.name}", _("When %(event)s: %(amount)s", event=event.title, amount=each.title))
            for event in known().values()
            for each in event.amounts
        )
        what = Field("what", Kind.CHOICE, _("What is posted"), required=True, choices=choices)
        fields = [what, *(entry for entry in self.type.editable if entry.name not in {"event", "amount_name"})]
        fields.append(branch_field())
        question = Question(
            _("New posting rule"), _("Save"), do, fields,
            goes_on=lambda: f"{self.url}{made[-1]}" if made else self.url, makes=True,
        )  # fmt: skip
        return asked_at(Stand(f"{self.url}new", self.url, [Link(str(self.type.plural), self.url)]), question)

    def facts(self, it: Opened) -> Sequence[Shown]:
        """The branch it holds at."""
        return [held_at(it)]

    def links(self, it: Opened) -> Sequence[Link]:
        """Where it holds."""
        return [Link(_("Where it holds"), f"{it.url}/branch", "building-store")] if can("edit", self.type_name) else []

    @expose("/<int:row_id>/branch", methods=("GET", "POST"))
    @allowed("edit")
    def branch(self, row_id: int) -> Answer:
        """The one branch it holds at, or all of them."""
        return ask_branch(self.opened(row_id), _("Where does this rule hold?"))


class FiscalYears(DocumentView):
    """The fiscal years' pages: a year is made as a whole, one after another."""

    type_name = "fiscal_year"

    @expose("/new", methods=("GET", "POST"))
    @allowed("add")
    def add(self) -> Answer:
        """Ask when it begins, and make it with its months."""
        made: list[int] = []

        def do(values: dict[str, Any]) -> str:
            year = make_year(values["starts_on"], values["months"])
            made.append(year.id)
            return _("The fiscal year %(name)s is made, with a period for each month.", name=year.name)

        fields = [
            Field("starts_on", Kind.DATE, _("Begins on"), required=True),
            Field(
                "months", Kind.INTEGER, _("Months"), required=True, minimum=Decimal(1), maximum=Decimal(18),
                help=_("Twelve, unless the first year is short or long."),
            ),
        ]  # fmt: skip
        values = {"starts_on": next_start() or today().replace(month=1, day=1), "months": MONTHS}
        stand = Stand(f"{self.url}new", self.url, [Link(str(self.type.plural), self.url)])
        question = Question(
            _("Make a fiscal year"), _("Make it"), do, fields, values,
            goes_on=lambda: f"{self.url}{made[0]}" if made else self.url,
        )  # fmt: skip
        return asked_at(stand, question)


class LedgerLocks(DocumentView):
    """The locks' pages: what is set counts until the next one of its kind."""

    type_name = "ledger_lock"

    def badges(self, it: Opened) -> Sequence[State]:
        """Whether it is the newest of its kind."""
        row: LedgerLock = it.row
        newest = session().scalar(sa.select(sa.func.max(LedgerLock.id)).where(LedgerLock.kind == row.kind))
        if row.id != newest:
            return [State("done", _("Replaced"))]
        return [State("good", _("In force"))] if row.kind in locked_until() else [State("idle", _("Open"))]


class JournalEntries(DocumentView):
    """The journal's pages: an entry is read, and taken back by its mirror."""

    type_name = "journal_entry"

    def list_links(self) -> Sequence[Link]:
        """What is open of customers and suppliers."""
        return [Link(_("Open items"), f"{self.url}open/receivable", "checks")]

    def facts(self, it: Opened) -> Sequence[Shown]:
        """What caused it, and what took it back."""
        row: JournalEntry = it.row
        found = [Shown(_("Event"), title_of(row.event))]
        if can("show", row.source_type):
            kind = document_type(row.source_type)
            source = session().get(kind.cls, row.source_id)
            if source is not None:
                found.append(Shown(_("Caused by"), source.called, url=f"/{row.source_type}/{row.source_id}",
                                   sub=str(kind.title)))  # fmt: skip
        mirror = session().execute(
            sa.select(JournalEntry.id, JournalEntry.number).where(JournalEntry.reverses_id == row.id)
        ).first()  # fmt: skip
        if mirror is not None:
            found.append(Shown(_("Taken back by"), mirror.number, url=f"{self.url}{mirror.id}"))
        return found

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """Take it back, once."""
        taken = sa.select(JournalEntry.id).where(JournalEntry.reverses_id == it.row.id)
        if not can("reverse", self.type_name) or session().scalar(taken) is not None:
            return ()
        return [TaskButton(_("Reverse"), f"{it.url}/reverse", "arrow-back-up", aside=True)]

    @expose("/<int:row_id>/reverse", methods=("GET", "POST"))
    @allowed("show")
    def reverse(self, row_id: int) -> Answer:
        """Ask why, then post the mirror dated today."""
        require("reverse", self.type_name)
        it = self.opened(row_id)
        made: list[int] = []

        def do(values: dict[str, Any]) -> str:
            with transaction():
                made.append(reverse(row_id, reason=values["reason"]))
            return _("%(number)s is taken back; this is its mirror.", number=it.number)

        note = _("Its mirror is posted with today's date; both stay readable.")
        reason = Field("reason", Kind.TEXT, _("Reason"), required=True, length=300)
        question = Question(
            _("Reverse %(number)s", number=it.number), _("Reverse it"), do, [reason], note=note,
            goes_on=lambda: f"{self.url}{made[0]}",
        )  # fmt: skip
        return asked(it, "reverse", question)

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """What its open items are settled with."""
        found = views_open.settled_table(it)
        return () if found is None else (found,)

    @expose("/settle/<int:party_id>", methods=("GET", "POST"))
    @allowed("list")
    def settle(self, party_id: int) -> Answer:
        """Settle open items of a customer or supplier with each other."""
        require("allocate", self.type_name)
        party = session().get(Party, party_id)
        if party is None:
            raise NotFound
        side = request.args.get("list", "")
        return views_open.settle_page(party, side if side in views_items.SIDES else "")

    @expose("/open/<side>")
    @allowed("list")
    def open_items(self, side: str) -> Answer:
        """What all customers, or all suppliers, have open."""
        return views_items.items_page(side, Link(str(self.type.plural), self.url))

    @expose("/take_back/<int:allocation_id>", methods=("GET", "POST"))
    @allowed("list")
    def take_back(self, allocation_id: int) -> Answer:
        """Ask why, then let two items be open again."""
        require("allocate", self.type_name)
        row = session().get(Allocation, allocation_id)
        line = session().get(JournalLine, row.debit_line_id) if row is not None else None
        if line is None:
            raise NotFound

        def do(values: dict[str, Any]) -> str:
            take_back(allocation_id, reason=values["reason"])
            return _("Both are open again.")

        back = f"{self.url}{line.document_id}"
        stand = Stand(f"{self.url}take_back/{allocation_id}", back, [Link(str(self.type.plural), self.url)])
        reason = Field("reason", Kind.TEXT, _("Reason"), required=True, length=300)
        return asked_at(stand, Question(_("Take back what was settled"), _("Take it back"), do, [reason]))


class OpenItems(Beside):
    """What is open of a customer or supplier, beside them."""

    def buttons(self, it: Opened) -> Sequence[TaskButton]:
        """Settle them, where both sides are open."""
        if it.type.name != "party" or not can("allocate", "journal_entry"):
            return ()
        signs = {line.amount > 0 for line in open_lines(it.row.id)}
        url = f"/journal_entry/settle/{it.row.id}"
        return (TaskButton(_("Settle open items"), url, "checks"),) if len(signs) == 2 else ()

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """The open items, where there are any."""
        if it.type.name != "party" or not can("list", "journal_entry"):
            return ()
        lines = open_lines(it.row.id)
        return (views_open.open_table(lines),) if lines else ()


class Posted(Beside):
    """What a document posted, below it, for whoever may see entries."""

    def tables(self, it: Opened) -> Sequence[LinesShown]:
        """Its entries, where there are any."""
        if not isinstance(it.row, Document) or not can("show", "journal_entry"):
            return ()
        found = entries_for(it.row)
        return (views_posted.posted_table(found, company().currency),) if found else ()


class JournalVouchers(DocumentView):
    """The vouchers' pages, with the entry a voucher became."""

    type_name = "journal_voucher"
    add_fields = ("text", "voucher_date", "journal", "in_currency", "reverse_on", "lines")

    def facts(self, it: Opened) -> Sequence[Shown]:
        """Its entry in the journal."""
        entry = session().get(JournalEntry, it.row.entry_id) if it.row.entry_id else None
        return [] if entry is None else [Shown(_("Journal entry"), entry.number, url=f"/journal_entry/{entry.id}")]
