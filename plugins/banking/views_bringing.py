"""The pages by which a statement comes in: its file, and the columns of a table nobody read before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request

from erp import Invalid, NotFound, _, files, i18n, importing, session
from erp.screens import Answer, Choice, Field, Input, Kind, Link, Opened, Question, Stand, asked_at, imports
from plugins.banking import statements
from plugins.banking.bringing import bring_file, bring_table, columns_for
from plugins.banking.models import BankAccount
from plugins.banking.reading.tables import DAY_FIRST, GOES, MONTH_FIRST, Columns, samples
from plugins.banking.statements import Brought

BASE = "/bank_statement/"


def crumbs() -> list[Link]:
    """The way back to the list."""
    return [Link(_("Bank statements"), BASE)]


def upload(chosen: str) -> Answer:
    """The form that asks for account and file, or where to go on once the file is kept."""
    accounts = list(session().scalars(sa.select(BankAccount).order_by(BankAccount.name)))
    went: list[str] = []

    def do(values: dict[str, Any]) -> str:
        account = session().get_one(BankAccount, int(values["bank_account"]))
        given = values["file"].added[0]
        name, content = files.clean_name(given.filename), given.read()
        brought = bring_file(account, name, content)
        if brought is not None:
            went.append(f"{BASE}{brought.statement.id}")
            return said(brought)
        went.append(f"{BASE}columns/{importing.keep(name, content).id}?bank_account={account.id}")
        return _("Say which column is what.")

    fields = [
        Field("bank_account", Kind.CHOICE, _("Bank account"), required=True,
              choices=tuple((str(each.id), each.title) for each in accounts)),
        Field("file", Kind.FILES, _("File"), required=True, accept=".csv,.xlsx,.ofx,.qfx,.xml,.gz,text/csv",
              help=_("CSV or Excel, OFX, or CAMT.053, as the bank or the mobile money operator gives it.")),
    ]  # fmt: skip
    note = _("Lines that another file brought already are left out.")
    if not accounts:
        note = _("There is no bank account yet. Add one under Bank accounts first.")
    first = chosen if chosen in {str(each.id) for each in accounts} else ""
    values = {"bank_account": first or (str(accounts[0].id) if len(accounts) == 1 else "")}
    question = Question(_("Bring a statement in"), _("Read the file"), do, fields, values, note, lambda: went[0])
    return asked_at(Stand(f"{BASE}new", BASE, crumbs()), question)


def said(brought: Brought) -> str:
    """How much of a file was new."""
    new, known = i18n.format_number(brought.new), i18n.format_number(brought.known)
    if not brought.known:
        return _("%(new)s lines are brought in.", new=new)
    return _("%(new)s lines are brought in; %(known)s were here already and are left out.", new=new, known=known)


def columns(chosen: str, file_id: int) -> Answer:
    """The columns of a table; a post reads it by them."""
    account = session().get(BankAccount, int(chosen)) if chosen.isdecimal() and len(chosen) <= 18 else None
    if account is None:
        raise NotFound
    table = importing.opened(file_id)
    guess, _known = columns_for(account, table)
    errors: Mapping[str, str] = {}
    if request.method == "POST":
        guess = _sent(guess)
        try:
            _check(guess)
            brought = bring_table(account, table, importing.content(file_id), guess)
        except Invalid as refusal:
            errors = dict(refusal.fields) or {"": refusal.message}
        else:
            flash(said(brought), "success")
            return redirect(f"{BASE}{brought.statement.id}")
    return imports.shown(_page(account, file_id, table, guess, errors), 422 if errors else 200)


def _sent(guess: Columns) -> Columns:
    sent = request.form
    goes = {name: place for place in range(len(guess.heads)) if (name := sent.get(f"column-{place}", "")) in GOES}
    order = MONTH_FIRST if sent.get("dates") == MONTH_FIRST else DAY_FIRST
    return Columns(guess.heads, goes, order)


def _check(wished: Columns) -> None:
    if not wished.is_enough:
        raise Invalid(_("Say at least which column is the day, and which the amount or what was paid in and out."))


def _page(
    account: BankAccount, file_id: int, table: importing.Table, guess: Columns, errors: Mapping[str, str]
) -> imports.ImportPage:  # fmt: skip
    goes = {place: name for name, place in guess.goes.items()}
    examples = samples(table)
    choices = tuple(Choice(name, str(label)) for name, label in GOES.items())
    found = [
        imports.MapColumn(
            head or _("Column %(place)s", place=place + 1), examples[place],
            Input(f"column-{place}", head, "choice", goes.get(place, ""), choices=choices,
                  placeholder=_("Leave out")),
        )
        for place, head in enumerate(guess.heads)
    ]  # fmt: skip
    orders = (Choice(DAY_FIRST, _("Day first: 31.12.2026")), Choice(MONTH_FIRST, _("Month first: 12/31/2026")))
    dates = Input("dates", _("Days are written"), "choice", guess.dates, required=True, choices=orders,
                  hint=_("2026-12-31 and 31 Dec 2026 are understood in any case."))  # fmt: skip
    action = f"{BASE}columns/{file_id}?bank_account={account.id}"
    return imports.ImportPage(
        "map", _("Bring a statement in"), action, crumbs(), list(errors.values()),
        f"{BASE}new", _("Bring it in"), columns=found, rules=[imports.Rules(_("The whole file"), [dates])],
        note=_("It is remembered for the next file of %(account)s with these columns.", account=account.name),
        steps=("upload", "map"),
    )  # fmt: skip


def withdraw(it: Opened) -> Answer:
    """Take a statement back, and say so."""
    statements.take_back(it.row.id)
    flash(_("%(number)s counts no more. Its file may come in again.", number=it.number), "success")
    return redirect(it.url)
