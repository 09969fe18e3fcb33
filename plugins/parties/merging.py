"""Two parties that are one person or company: what is kept of both, and the one into the other."""

from __future__ import annotations

from typing import Any

from erp import fold, require, session, transaction
from plugins.parties.models import Party, PartyAddress, PartyEmail, PartyPhone

ROLES = ("is_customer", "is_supplier", "is_employee")
FILLED = ("phone", "email", "language", "tax_number", "country", "address")
"""What is taken over where the one that stays has nothing."""
UNIQUE = ("number", "member_id")
"""The same for what only one of them may have: it moves."""


def kept(stays: Party, goes: Party) -> dict[str, Any]:
    """{column: value} of the one that stays, once they are one."""
    found = {name: getattr(stays, name) or getattr(goes, name) for name in (*FILLED, *UNIQUE, *ROLES)}
    notes = dict.fromkeys(each for each in (stays.note, goes.note) if each)
    return found | {"name": stays.name, "kind": stays.kind, "note": "\n".join(notes) or None}


def phones(stays: Party, goes: Party) -> list[PartyPhone]:
    """The further phones it is given: those it does not have in any way of writing."""
    dialled = {stays.phone_e164 or stays.phone or goes.phone_e164 or goes.phone}
    dialled |= {each.phone_e164 or each.phone for each in stays.phones}
    further = [PartyPhone(phone=goes.phone, phone_e164=goes.phone_e164, kind="mobile")] if goes.phone else []
    further += [
        PartyPhone(phone=each.phone, phone_e164=each.phone_e164, kind=each.kind, note=each.note) for each in goes.phones
    ]
    found = []
    for phone in further:
        number = phone.phone_e164 or phone.phone
        if number not in dialled:
            found.append(phone)
            dialled.add(number)
    return found


def emails(stays: Party, goes: Party) -> list[PartyEmail]:
    """The further mail addresses it is given."""
    known = {(stays.email or goes.email or "").lower(), *(each.email.lower() for each in stays.emails)}
    further = [PartyEmail(email=goes.email)] if goes.email else []
    further += [PartyEmail(email=each.email, note=each.note) for each in goes.emails]
    found = []
    for mailbox in further:
        if mailbox.email.lower() not in known:
            found.append(mailbox)
            known.add(mailbox.email.lower())
    return found


def addresses(stays: Party, goes: Party) -> list[PartyAddress]:
    """The further places it is given."""
    known = {(each.street, each.city) for each in stays.addresses}
    return [
        PartyAddress(
            street=each.street, kind=each.kind, city=each.city, postcode=each.postcode, country=each.country
        )
        for each in goes.addresses
        if (each.street, each.city) not in known
    ]  # fmt: skip


def merge(stays_id: int, goes_id: int) -> Party:
    """Make one of two parties, in one transaction; raises NotFound, Forbidden or Conflict."""
    with transaction():
        require("merge", "party")
        goes, stays = fold("party", goes_id, stays_id)
        assert isinstance(goes, Party)
        assert isinstance(stays, Party)
        _take_over(stays, goes)
        return stays


def _take_over(stays: Party, goes: Party) -> None:
    values = kept(stays, goes)
    tables: list[tuple[list[Any], list[Any]]] = [
        (stays.phones, list(phones(stays, goes))),
        (stays.emails, list(emails(stays, goes))),
        (stays.addresses, list(addresses(stays, goes))),
    ]
    for lines, further in tables:
        for line in further:
            line.position = len(lines)
            lines.append(line)
    for name in UNIQUE:
        if getattr(goes, name) == values[name]:
            setattr(goes, name, None)
    goes.merged_into_id = stays.id
    session().flush()
    for name, value in values.items():
        setattr(stays, name, value)
    stays.extra = {**goes.extra, **{name: each for name, each in stays.extra.items() if each is not None}}
    if stays.merged_into_id == stays.id:
        stays.merged_into_id = None
    stays.recompute()
    session().flush()
