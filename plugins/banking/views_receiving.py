"""The form that asks what a payment on a statement is for: of a customer, to a supplier, or back from one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from erp import Conflict, Invalid, _, i18n, require, session
from erp.screens import Answer, Field, Kind, Link, Opened, Question, Stand, asked_at
from plugins.banking import receiving
from plugins.banking.bills import bills, credits_, pay_bills
from plugins.banking.matching import Side, open_journal_lines, open_statement_lines, shown, total
from plugins.banking.models import BankAccount
from plugins.banking.proposing import propose_dues
from plugins.parties.models import Party
from plugins.payments.api import Due, document_of, due_of, dues
from plugins.payments.models import METHODS, Payment

ITEM = "journal_line"
"""Kind of what is open in the books alone, with no document that is paid."""
MOST = 40
"""Open documents of one customer in the form, those due first."""


def address(url: str, picked: Sequence[int], chosen: Sequence[int], party: int | None = None) -> str:
    """Where these lines are registered as a payment, of that customer."""
    found = [*(("told", each) for each in picked), *(("booked", each) for each in chosen)]
    return f"{url}/payment?{urlencode([*found, *([('party', party)] if party is not None else [])])}"


def page(it: Opened, picked: Sequence[int], chosen: Sequence[int], party_id: int | None) -> Answer:
    """Ask whose payment it is and what it pays; what the line says is filled in."""
    account: BankAccount = it.row
    told = open_statement_lines(account, picked)
    left = total(told) - total(open_journal_lines(account, chosen))
    if not told or not left:
        raise Conflict(_("Pick a line of the statement by which money came or went that is not in the books."))
    require("edit", "payment")
    known = _owed_us if left > 0 else bills
    paid = propose_dues(told, known(account.money)).get(told[0].id)
    if party_id is None and paid is not None:
        party_id = paid.dues[0].party_id
    open_ = [] if party_id is None else known(account.money, party_id)[:MOST]
    proposed = {due.key for due in paid.dues} if paid is not None else set()
    values: dict[str, Any] = {due.key: due.key in proposed for due in open_}
    values |= {"party": party_id, "reference": receiving.reference_of(told)}
    went: list[int] = []

    def do(typed: dict[str, Any]) -> str:
        if typed["party"] != party_id:
            went.append(_with_dues(account, known, typed["party"]))
            return _("Say what it pays.")
        keys = [due.key for due in open_ if typed.get(due.key)]
        if not keys:
            raise Invalid(fields={(open_[0].key if open_ else "party"): _("Choose at least one that it pays.")})
        of_suppliers = [due.key for due in open_ if due.type_name == ITEM and due.key in keys]
        if of_suppliers and len(of_suppliers) < len(keys):
            raise Invalid(fields={keys[0]: _("Choose what a customer owes, or what a supplier credited; not both.")})
        if of_suppliers:
            pay_bills(account.id, picked, chosen, keys, f"{told[0].name or told[0].text} {typed['reference']}".strip())
            return _("Posted, settled and matched.")
        return _said(receiving.receive(account.id, picked, chosen, keys, typed["reference"]))

    back = f"{it.url}/match"
    stand = Stand(address(it.url, picked, chosen, party_id), back, [Link(account.name, it.url)], account.money)
    return asked_at(stand, Question(
        _("Register a payment"), _("Register and match"), do, _fields(open_, left), values, _note(account, told, left),
        lambda: address(it.url, picked, chosen, went[0]) if went else back,
    ))  # fmt: skip


def _owed_us(currency: str, party_id: int | None = None) -> list[Due]:
    """What customers have to pay, and what suppliers credited."""
    return [*dues(currency, party_id), *credits_(currency, party_id)]


def _with_dues(account: BankAccount, known: Callable[[str, int], Sequence[Due]], party_id: int) -> int:
    """The customer or supplier, where something of theirs is open; raises Invalid at `party`."""
    if not known(account.money, party_id):
        who = session().get_one(Party, party_id).name
        raise Invalid(fields={"party": _("%(who)s has nothing open in %(currency)s. Make an entry instead.",
                                         who=who, currency=account.money)})  # fmt: skip
    return party_id


def _fields(open_: Sequence[Due], left: Decimal) -> list[Field]:
    who = _("Customer or supplier") if left > 0 else _("Supplier")
    party = Field("party", Kind.LINK, who, required=True, target="party",
                  help=_("Choose another one to see what they have open."))  # fmt: skip
    reference = Field("reference", label=_("Reference"), required=True, length=receiving.LONGEST)
    return [party, reference, *(_field(due) for due in open_)] if open_ else [party]


def _field(due: Due) -> Field:
    label = _("%(number)s, %(amount)s open", number=due.number, amount=i18n.format_money(due.left, due.currency))
    late = _("Due on %(day)s", day=i18n.format_date(due.due_on)) if due.due_on is not None else ""
    return Field(due.key, Kind.BOOLEAN, label, help=late)


def _note(account: BankAccount, told: Sequence[Side], left: Decimal) -> str:
    if left < 0:
        return _("%(amount)s went out. It pays what was due first; what is too little stays open.",
                 amount=shown(account, -left))  # fmt: skip
    how = str(METHODS[receiving.METHODS[account.kind]])
    on = i18n.format_date(max(each.on for each in told))
    return _(
        "%(how)s of %(amount)s on %(day)s. It pays what was due first; what is too little stays open, what is "
        "too much stays the customer's credit.", amount=shown(account, left), day=on, how=how,
    )  # fmt: skip


def _said(payments: Sequence[Payment]) -> str:
    """What was registered, and what is open or too much after it."""
    numbers = ", ".join(each.number or "" for each in payments)
    said, last = [_("Registered and matched: %(numbers)s.", numbers=numbers)], payments[-1]
    document = document_of(last)
    left = due_of(document) if document is not None else Decimal(0)
    amount = i18n.format_money(abs(left), last.currency)
    if left > 0:
        said.append(_("%(amount)s of %(number)s is still to be paid.", amount=amount, number=last.subject_number))
    if left < 0:
        said.append(_("%(amount)s is too much: it stays %(who)s's credit, and is put before you under “Payments to "
                      "look at”.", amount=amount, who=last.party.name))  # fmt: skip
    return " ".join(said)
