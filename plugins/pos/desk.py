"""Who stands where: the till a browser is registered as, its open session, and the branch everything belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from erp import Company, Conflict, Forbidden, NotFound, _, acting, current, require, session, whole
from plugins.pos.models import CashSession, Terminal
from plugins.pos.registering import secret_hash, shown
from plugins.stock.models import Location


class TerminalUnknown(Conflict):
    """This browser is not registered as a till.

    Open /till/register and type the code a manager made on the terminal's page.
    """

    code = "terminal_unknown"


class TerminalRevoked(Forbidden):
    """This till was revoked: it sells nothing any more.

    A manager makes a new code on the terminal's page, and the till is registered again.
    """

    code = "terminal_revoked"


class NoSession(Conflict):
    """No session is open at this till.

    Count the float and open one.
    """

    code = "no_session"


@dataclass(frozen=True)
class Desk:
    """A registered till, where it stands, and its open session if there is one."""

    terminal: Terminal
    place: Location
    session: CashSession | None
    company: Company
    """Held here so that nobody asks for it again."""
    outside: Location | None = None
    """Where sold goods go; asked along by who sells."""

    @property
    def branch_id(self) -> int:
        """Where it sells."""
        assert self.place.branch_id is not None
        return self.place.branch_id

    @property
    def open_session(self) -> CashSession:
        """The open session; raises NoSession."""
        if self.session is None:
            raise NoSession
        return self.session


def at(cookie: str) -> Desk:
    """The till this browser is; raises TerminalUnknown, TerminalRevoked, or Forbidden where the actor may not sell."""
    require("sell", "cash_session")
    row = _row(_desks(), cookie)
    if row is None:
        raise TerminalUnknown
    return _checked(row)


def selling(cookie: str) -> Desk:
    """The same, with its session held open until this transaction ends: whoever closes it waits so long.

    Raises NoSession too.
    """
    require("sell", "cash_session")
    row = _row(_selling(), cookie)
    if row is None:
        at(cookie)
        raise NoSession
    return _checked(row)


@cache
def _desks() -> sa.Select[*tuple[Any, ...]]:
    """The till of a browser and its session, where one is open."""
    return _tills(with_open=True)


@cache
def _selling() -> sa.Select[*tuple[Any, ...]]:
    """The same of one that sells, its session held; with where goods go."""
    there = aliased(Location)
    first = sa.select(sa.func.min(Location.id)).where(Location.kind == "customer").scalar_subquery()
    statement = _tills(with_open=False).outerjoin(there, there.id == first).add_columns(there)
    return statement.with_for_update(read=True, key_share=True, of=CashSession)


def _tills(*, with_open: bool) -> sa.Select[*tuple[Any, ...]]:
    own = sa.and_(CashSession.terminal_id == Terminal.id, CashSession.closed_at.is_(None))
    return (
        sa.select(Terminal, Location, CashSession, Company)
        .select_from(Terminal)
        .join(Company, Company.id == sa.bindparam("company"))
        .join(Location, Location.id == Terminal.location_id)
        .join(CashSession, own, isouter=with_open)
        .where(Terminal.id == sa.bindparam("terminal"), Terminal.key_hash == sa.bindparam("key"))
        .execution_options(populate_existing=True)
    )


def _row(statement: sa.Select[*tuple[Any, ...]], cookie: str) -> Any:
    terminal_id, secret = shown(cookie)
    asked = {"company": current().company_id, "terminal": terminal_id, "key": secret_hash(secret)}
    with whole():
        return session().execute(statement, asked).first()


def _checked(row: Any) -> Desk:
    found, acts = Desk(*row[:5]), current()
    if found.terminal.is_revoked:
        raise TerminalRevoked
    if acts.branches is not None and found.branch_id not in acts.branches:
        raise Forbidden(_("You do not work at the branch of this till."))
    return found


def hold_number(uuid: str) -> None:
    """Hold a browser's own number until this transaction ends: whoever sends it a second time waits, then looks."""
    number = sa.func.hashtextextended(f"{current().tenant_id} till {uuid}", 0)
    session().execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


@contextmanager
def working_at(desk: Desk) -> Iterator[None]:
    """Act at the till's branch, whatever branch the cashier works at otherwise."""
    if current().branch_id == desk.branch_id:
        yield
        return
    with acting(branch_id=desk.branch_id, here=None):
        yield


def terminal(row_id: int) -> Terminal:
    """A terminal by its id; raises NotFound."""
    found = session().get(Terminal, row_id)
    if found is None:
        raise NotFound
    return found
