"""CAMT.053, the statement of ISO 20022, in any of its versions: elements are known by name, not by namespace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from erp import Invalid, _, markup
from plugins.banking.reading.booked import Booked, Read

if TYPE_CHECKING:
    from lxml.etree import _Element

BOOKED = frozenset({"BOOK", ""})
"""Status of an entry that is on the account; those that are pending or for information are not."""
SAYS_NOTHING = frozenset({"NOTPROVIDED", "NONREF", ""})


class NotCamt(Invalid):
    """An XML file that is no statement."""

    def __init__(self, message: str) -> None:
        super().__init__(message, fields={"file": message})


def is_xml(content: bytes) -> bool:
    """Whether a file begins as XML does."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n")[:5] == b"<?xml" or content.lstrip()[:10] == b"<Document "


def read(content: bytes) -> Read:
    """The statement in a CAMT.053 file; raises Invalid at `file` for other XML, and for several accounts."""
    root = markup.root(content, NotCamt)
    statements = list(_all(root, "Stmt"))
    if not statements:
        raise NotCamt(_("This XML is no statement (CAMT.053)."))
    if len({_number(each) for each in statements}) > 1:
        raise NotCamt(_("The file is about several accounts. Ask the bank for one file for each."))
    lines = [line for each in statements for entry in _children(each, "Ntry") for line in _lines(entry)]
    first, last = statements[0], statements[-1]
    return Read(
        "camt", lines, number=_number(first), currency=_text(first, "Acct", "Ccy"), reference=_text(first, "Id"),
        opening=_balance(first, ("OPBD", "PRCD")), closing=_balance(last, ("CLBD",)),
        starts_on=_moment(_text(first, "FrToDt", "FrDtTm")), ends_on=_moment(_text(last, "FrToDt", "ToDtTm")),
    )  # fmt: skip


def _name(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _all(element: _Element, name: str) -> Iterator[_Element]:
    return (each for each in element.iter() if _name(each) == name)


def _children(element: _Element, name: str) -> Iterator[_Element]:
    return (each for each in element if _name(each) == name)


def _at(element: _Element, *path: str) -> _Element | None:
    found: _Element | None = element
    for name in path:
        found = next(_children(found, name), None) if found is not None else None
    return found


def _text(element: _Element, *path: str) -> str:
    found = _at(element, *path)
    return (found.text or "").strip() if found is not None else ""


def _number(statement: _Element) -> str:
    return _text(statement, "Acct", "Id", "IBAN") or _text(statement, "Acct", "Id", "Othr", "Id")


def _lines(entry: _Element) -> Iterator[Booked]:
    """The lines of an entry: each of its transactions where they say their amounts, else the entry itself."""
    if (_text(entry, "Sts", "Cd") or _text(entry, "Sts")) not in BOOKED:
        return
    on, whole = _entry_day(entry), _signed(entry)
    reference = _text(entry, "AcctSvcrRef") or _text(entry, "NtryRef")
    details = [each for group in _children(entry, "NtryDtls") for each in _children(group, "TxDtls")]
    amounts = [amount for each in details if (amount := _detail_amount(each)) is not None]
    if len(details) > 1 and len(amounts) == len(details) and sum(map(abs, amounts)) == abs(whole):
        for each, amount in zip(details, amounts, strict=True):
            signed = abs(amount) if whole > 0 else -abs(amount)
            yield _line(on, signed, each, entry, _text(each, "Refs", "AcctSvcrRef") or reference)
        return
    yield _line(on, whole, details[0] if len(details) == 1 else entry, entry, reference)


def _line(on: date, amount: Decimal, details: _Element, entry: _Element, reference: str) -> Booked:
    role = "Dbtr" if amount > 0 else "Cdtr"
    name = _text(details, "RltdPties", role, "Nm") or _text(details, "RltdPties", role, "Pty", "Nm")
    told = [(each.text or "").strip() for each in _all(details, "Ustrd")]
    told += [(each.text or "").strip() for each in _all(details, "CdtrRefInf") for each in _children(each, "Ref")]
    named = _text(details, "Refs", "EndToEndId")
    told += [named] if named not in SAYS_NOTHING else []
    text = " ".join(filter(None, told)) or _text(entry, "AddtlNtryInf")
    return Booked(on, amount, name[:140], text[:300], reference[:80])


def _entry_day(entry: _Element) -> date:
    said = (_text(entry, name, part) for name in ("BookgDt", "ValDt") for part in ("Dt", "DtTm"))
    day = _moment(next(filter(None, said), ""))
    if day is None:
        raise NotCamt(_("An entry of the statement says no day."))
    return day


def _moment(value: str) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if value else None
    except ValueError:
        raise NotCamt(_("“%(value)s” is not a day.", value=value[:40])) from None


def _signed(element: _Element) -> Decimal:
    """The amount of an entry or a balance, negative where it is debited."""
    amount = _decimal(_text(element, "Amt"))
    return -amount if _text(element, "CdtDbtInd") == "DBIT" else amount


def _detail_amount(details: _Element) -> Decimal | None:
    said = _text(details, "Amt") or _text(details, "AmtDtls", "TxAmt", "Amt")
    return _decimal(said) if said else None


def _decimal(value: str) -> Decimal:
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise NotCamt(_("“%(value)s” is not an amount.", value=value[:40])) from None
    if not found.is_finite() or found.adjusted() > 14:
        raise NotCamt(_("“%(value)s” is not an amount.", value=value[:40]))
    return found.quantize(Decimal("0.0001"))


def _balance(statement: _Element, codes: tuple[str, ...]) -> Decimal | None:
    for each in _children(statement, "Bal"):
        if _text(each, "Tp", "CdOrPrtry", "Cd") in codes:
            return _signed(each)
    return None
