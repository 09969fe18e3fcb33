"""The page on which lines of statements and of the books are matched, and the form of what is left over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request
from werkzeug.datastructures import MultiDict

from erp import Conflict, Invalid, _, _l, can, company, i18n, money, session
from erp.screens import Answer, Field, Kind, Link, Opened, Question, Shown, Stand, asked_at
from plugins.accounting.api import balance
from plugins.banking import entering, matching, views_receiving
from plugins.banking.bills import bills
from plugins.banking.matching import Side, open_journal_lines, open_statement_lines, total
from plugins.banking.models import BankAccount, BankStatement, BankStatementLine, ReconciledLine, Reconciliation
from plugins.banking.proposing import Paid, Proposal, propose, propose_dues
from plugins.payments.api import dues

SHOWN, LATEST = 200, 8
"""Lines of each side on the page; matches that may be undone there."""
WHY: Mapping[str, str] = {
    "reference": _l("same reference"),
    "name": _l("same name"),
    "amount": _l("same amount"),
    "sum": _l("together the same"),
}


@dataclass(frozen=True)
class LineShown:
    """A line of one side."""

    id: int
    day: str
    title: str
    sub: str
    amount: str
    plain: str
    """The amount as the browser adds it."""
    url: str
    number: str
    picks: str = ""
    """Ids of the lines of the books it probably is."""
    why: str = ""
    is_sure: bool = False
    pays: str = ""
    """What it probably pays, where the books say nothing of it yet."""
    pay_url: str = ""


@dataclass(frozen=True)
class MatchPage:
    """banking/match.html."""

    title: str
    action: str
    entry_url: str
    payment_url: str
    """Empty where the reader may not register payments."""
    crumbs: Sequence[Link]
    currency: str
    told: Sequence[LineShown]
    booked: Sequence[LineShown]
    told_count: int
    booked_count: int
    sure: int
    figures: Sequence[tuple[str, str]]
    latest: Sequence[tuple[int, str, str]] = ()
    """(match, what, who and when)"""
    error: str = ""
    bring_url: str = ""
    picked: frozenset[int] = field(default_factory=frozenset)
    picked_booked: frozenset[int] = field(default_factory=frozenset)


def page(it: Opened, form: MultiDict[str, str] | None) -> Answer:
    """The page; what was posted is done first."""
    if form is None:
        return render_template("banking/match.html", view=_page(it))
    picked, booked = ids(form, "told"), ids(form, "booked")
    try:
        flash(_done(it.row, form, picked, booked), "success")
    except (Invalid, Conflict) as refusal:
        view = _page(it, next(iter(refusal.fields.values()), refusal.message), picked, booked)
        return render_template("banking/match.html", view=view), 422
    return redirect(f"{it.url}/match")


def ids(form: MultiDict[str, str], name: str) -> list[int]:
    """The ids that were ticked."""
    return [int(each) for each in form.getlist(name) if each.isdecimal() and len(each) <= 18]


def _done(account: BankAccount, form: MultiDict[str, str], picked: Sequence[int], booked: Sequence[int]) -> str:
    undone = form.get("undo", "")
    if undone.isdecimal() and len(undone) <= 18:
        stays = matching.made_with(int(undone))
        matching.undo(int(undone))
        said = _("Undone: the lines are open again.")
        return f"{said} {_stays(stays)}" if stays else said
    if form.get("sure"):
        count = match_sure(account)
        return _("%(count)s lines of the statement are matched.", count=i18n.format_number(count))
    matching.match(account.id, picked, booked)
    return _("Matched.")


def _stays(numbers: Sequence[str]) -> str:
    """What must be undone too, where the money itself was a mistake."""
    return _(
        "What stays in the books: %(numbers)s. Match it with another line, or give the payment back or reverse the "
        "entry.",
        numbers=", ".join(numbers),
    )  # fmt: skip


def match_sure(account: BankAccount) -> int:
    """Match everything a reference, a name or all else agrees for; how many lines of statements that were."""
    found = propose(open_statement_lines(account), open_journal_lines(account))
    return matching.match_pairs(account.id, {key: each.journal_ids for key, each in found.items() if each.is_sure})


def _page(it: Opened, error: str = "", picked: Sequence[int] = (), chosen: Sequence[int] = ()) -> MatchPage:
    account: BankAccount = it.row
    told, booked = open_statement_lines(account), open_journal_lines(account)
    found = propose(told, booked)
    paid = _paid(account, [each for each in told[:SHOWN] if each.id not in found])
    wanted = {key for each in told[:SHOWN] if each.id in found for key in found[each.id].journal_ids}
    first = [each for place, each in enumerate(booked) if each.id in wanted or place < SHOWN]
    return MatchPage(
        _("Match %(account)s", account=account.name), f"{it.url}/match", f"{it.url}/entry",
        f"{it.url}/payment" if can("edit", "payment") else "",
        [Link(str(it.type.plural), f"/{it.type.name}/"), Link(account.name, it.url)], account.money,
        [_told(it, each, found.get(each.id), paid.get(each.id)) for each in told[:SHOWN]],
        [_shown(account, each, "/journal_entry/") for each in first], len(told), len(booked),
        sum(each.is_sure for each in found.values()), _figures(account, told, booked), _latest(account), error,
        f"/bank_statement/new?bank_account={account.id}", frozenset(picked), frozenset(chosen),
    )  # fmt: skip


def _paid(account: BankAccount, told: Sequence[Side]) -> dict[int, Paid]:
    """What customers pay by these lines, and which bills we do."""
    if not can("edit", "payment"):
        return {}
    came, went = ([each for each in told if each.amount * sign > 0] for sign in (1, -1))
    found = propose_dues(came, dues(account.money)) if came else {}
    return found | (propose_dues(went, bills(account.money)) if went else {})


def _told(it: Opened, side: Side, found: Proposal | None, paid: Paid | None) -> LineShown:
    line = _shown(it.row, side, "/bank_statement/", found)
    if paid is None:
        return line
    numbers, who = ", ".join(due.number for due in paid.dues), paid.dues[0].party_name
    said = _("Pay %(numbers)s of %(who)s", numbers=numbers, who=who)
    return replace(line, pays=said, why=str(WHY[paid.by]), pay_url=views_receiving.address(it.url, [side.id], []))


def _shown(account: BankAccount, side: Side, base: str, found: Proposal | None = None) -> LineShown:
    title, why = side.name or side.text or side.reference or side.number, ""
    sub = " · ".join(each for each in (side.text, side.reference) if each and each != title)
    if found is not None:
        why = str(WHY[found.by])
        if found.days:
            why = _("%(why)s, days apart: %(days)s", why=why, days=i18n.format_number(found.days))
    plain = f"{money.rounded(side.amount, account.money):f}"
    return LineShown(
        side.id, i18n.format_date(side.on), title, sub, bare(account, side), plain,
        f"{base}{side.document_id}", side.number, " ".join(map(str, found.journal_ids)) if found else "", why,
        bool(found and found.is_sure),
    )  # fmt: skip


def bare(account: BankAccount, side: Side) -> str:
    """An amount without its currency, which stands over the column."""
    return matching.shown(account, side.amount).replace(account.money, "").strip()


def _figures(account: BankAccount, told: Sequence[Side], booked: Sequence[Side]) -> list[tuple[str, str]]:
    found = [(each.label, str(each.value)) for each in balances(account)]
    return [
        *found,
        (_("On statements only"), matching.shown(account, total(told))),
        (_("In the books only"), matching.shown(account, total(booked))),
    ]


def balances(account: BankAccount) -> list[Shown]:
    """What the books and the last statement say an account holds."""
    last = session().scalar(
        sa.select(BankStatement)
        .where(BankStatement.bank_account_id == account.id, BankStatement.digest.is_not(None),
               BankStatement.closing.is_not(None))
        .order_by(BankStatement.ends_on.desc(), BankStatement.id.desc()).limit(1)
    )  # fmt: skip
    found = [Shown(_("In the books"), i18n.format_money(balance(account.account_id), company().currency))]
    if last is not None and last.closing is not None:
        found.append(Shown(
            _("On the last statement"), matching.shown(account, last.closing), sub=i18n.format_date(last.ends_on)
        ))  # fmt: skip
    return found


def progress(statement: BankStatement) -> list[Shown]:
    """How many lines of a statement are matched."""
    if statement.digest is None:
        return [Shown(_("Matched"), _("Taken back: it counts no more."))]
    done = (
        sa.select(sa.func.count(ReconciledLine.id))
        .join(BankStatementLine, BankStatementLine.id == ReconciledLine.statement_line_id)
        .where(BankStatementLine.document_id == statement.id, ReconciledLine.is_current)
    )
    count, lines = session().scalar(done) or 0, len(statement.lines)
    said = _("%(count)s of %(lines)s lines", count=i18n.format_number(count), lines=i18n.format_number(lines))
    return [Shown(_("Matched"), said, url=f"/bank_account/{statement.bank_account_id}/match")]


def _latest(account: BankAccount) -> list[tuple[int, str, str]]:
    rows = session().scalars(
        sa.select(Reconciliation)
        .where(Reconciliation.bank_account_id == account.id, Reconciliation.undone_at.is_(None))
        .order_by(Reconciliation.id.desc()).limit(LATEST)
    ).all()  # fmt: skip
    told: dict[int, list[str]] = {}
    lines = (
        sa.select(ReconciledLine.reconciliation_id, ReconciledLine.amount)
        .where(ReconciledLine.reconciliation_id.in_([row.id for row in rows]),
               ReconciledLine.statement_line_id.is_not(None))
    )  # fmt: skip
    for key, amount in session().execute(lines):
        told.setdefault(key, []).append(matching.shown(account, amount))
    return [
        (row.id, " + ".join(told.get(row.id, [_("entries that cancel each other out")])[:3]),
         f"{row.by}, {i18n.format_datetime(row.at)}")
        for row in rows
    ]  # fmt: skip


def _in_common(texts: Sequence[str]) -> str:
    """The words every line says, as the first one says them: “Paybill 522522 from” of many receipts."""
    words = texts[0].split()
    same = set(words).intersection(*(text.split() for text in texts))
    return " ".join(word for word in words if word in same)[:300]


def entry_page(it: Opened) -> Answer:
    """The form that asks where what is left over goes; the picked lines stand in its address."""
    account: BankAccount = it.row
    picked, chosen = ids(request.args, "told"), ids(request.args, "booked")
    told = open_statement_lines(account, picked)
    booked = open_journal_lines(account, chosen)
    if not told:
        raise Conflict(_("Pick at least one line of the statement."))
    left = total(told) - total(booked)

    went: list[int] = []

    def do(values: dict[str, Any]) -> str:
        wished = entering.Wished(values["account"], values.get("party"), values.get("text") or "")
        if wished.party_id is not None and can("edit", "payment") and entering.pays_dues(account, wished, left):
            went.append(wished.party_id)
            return _("This is a payment: say what it pays.")
        entering.enter(account.id, picked, chosen, wished)
        return _("Posted and matched.")

    fields = [
        Field("account", Kind.LINK, _("Account"), required=True, target="account",
              help=_("What the money was for, such as charges of the bank or interest.")),
        Field("party", Kind.LINK, _("Customer or supplier"), target="party",
              help=_("Whose open items it settles, where the account keeps some.")),
        Field("text", label=_("Text"), length=300),
    ]  # fmt: skip
    note = _("%(amount)s is on the statement and not in the books.", amount=matching.shown(account, left))
    back = f"{it.url}/match"
    query = "&".join([*(f"told={each}" for each in picked), *(f"booked={each}" for each in chosen)])
    text = _in_common([" ".join(filter(None, (each.name, each.text))) for each in told])
    stand = Stand(f"{it.url}/entry?{query}", back, [Link(account.name, it.url)], account.money)
    return asked_at(stand, Question(
        _("Make an entry"), _("Post and match"), do, fields, {"text": text}, note,
        lambda: views_receiving.address(it.url, picked, chosen, went[0]) if went else back,
    ))  # fmt: skip
