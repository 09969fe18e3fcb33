"""Who belongs to a company: colleagues, invitations, accounts and passwords, and what may be given to whom."""

from __future__ import annotations

from erp.people import accounts, invitations, letters


def init() -> None:
    """Tell the worker who writes and sends letters to colleagues."""
    letters.init()
    letters.write_with(letters.INVITATION, invitations.write)
    letters.write_with(letters.RESET, accounts.write_reset)
