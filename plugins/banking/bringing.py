"""A bank's file, whatever its format: told by its content, not by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp import importing, session, transaction
from plugins.banking.models import BankAccount
from plugins.banking.reading import Read, camt, ofx
from plugins.banking.reading.tables import Columns, guessed, read
from plugins.banking.statements import Brought, bring, refuse_again


def structured(content: bytes) -> Read | None:
    """What a file in a format of banks says; None for a table, whose columns have to be known first.

    Raises Invalid at `file` for one that cannot be read.
    """
    if ofx.is_ofx(content):
        return ofx.read(content)
    return camt.read(content) if camt.is_xml(content) else None


def columns_for(account: BankAccount, table: importing.Table) -> tuple[Columns, bool]:
    """(columns, whether they were read so before): as remembered for these heads, else guessed."""
    found = guessed(table)
    kept: Mapping[str, Any] = account.columns
    before = Columns.remembered(kept, found.heads)
    return (found, False) if before is None else (before, True)


def bring_table(account: BankAccount, table: importing.Table, content: bytes, columns: Columns) -> Brought:
    """Bring a table in by these columns, and remember them for the next one; raises Invalid as `bring`."""
    with transaction():
        brought = bring(account.id, table.name, content, read(table, columns))
        session().get_one(BankAccount, account.id).columns = columns.as_json()
        return brought


def bring_file(account: BankAccount, name: str, content: bytes) -> Brought | None:
    """Bring a file in; None for a table whose columns nobody confirmed yet. Raises Invalid at `file`."""
    refuse_again(account.id, content)
    found = structured(content)
    if found is not None:
        return bring(account.id, name, content, found)
    table = importing.read(content, name)
    columns, is_known = columns_for(account, table)
    return bring_table(account, table, content, columns) if is_known else None
