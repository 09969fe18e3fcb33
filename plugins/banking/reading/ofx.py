"""OFX as banks write it: version 1 is SGML whose elements often have no end, version 2 is XML with the same names.

Open Financial Exchange 1.6 and 2.3, chapters 2 (headers, character sets) and 11 (bank statements).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

from erp import Invalid, _
from plugins.banking.reading.booked import Booked, Read

MARK = re.compile(r"<(/?)([A-Za-z0-9.]{1,32})>([^<]*)")
"""A mark and what follows it; there are no attributes in either version."""
BEGINS = re.compile(rb"^\s*(?:OFXHEADER\s*:|<\?xml[^>]*\?>\s*<\?OFX\b|<OFX>)", re.IGNORECASE)
ENCODED = re.compile(rb"ENCODING:\s*UTF-?8|<\?xml[^>]*encoding=[\"']UTF-?8", re.IGNORECASE)
ENTITIES = {"&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&amp;": "&"}
"""The only ones of OFX (2.3.2.1); none is followed."""
MOST_MARKS = 1_000_000
Fields = dict[str, str]


def is_ofx(content: bytes) -> bool:
    """Whether a file begins as OFX does."""
    return bool(BEGINS.match(content[:2000]))


def read(content: bytes) -> Read:
    """The statement in an OFX file; raises Invalid at `file` for one about several accounts, or what cannot be read."""
    head: Fields = {}
    lines: list[Booked] = []
    accounts: set[str] = set()
    for name, found in _groups(_text(content)):
        if name == "STMTTRN":
            lines.append(_line(found))
            continue
        head.update({f"{name}.{key}": value for key, value in found.items()})
        if name in {"BANKACCTFROM", "CCACCTFROM"} and "ACCTID" in found:
            accounts.add(found["ACCTID"])
    if len(accounts) > 1:
        raise Invalid(fields={"file": _("The file is about several accounts. Ask the bank for one file for each.")})
    lines.sort(key=lambda line: line.on)
    closing = head.get("LEDGERBAL.BALAMT")
    return Read(
        "ofx", lines, number=next(iter(accounts), ""), currency=head.get("STMT.CURDEF", ""),
        closing=_amount(closing) if closing else None, starts_on=_day_or_none(head.get("BANKTRANLIST.DTSTART")),
        ends_on=_day_or_none(head.get("BANKTRANLIST.DTEND")),
    )  # fmt: skip


def _text(content: bytes) -> str:
    return content.decode("utf-8" if ENCODED.search(content[:1000]) else "cp1252", errors="replace")


GROUPS = frozenset({"STMTTRN", "BANKACCTFROM", "CCACCTFROM", "LEDGERBAL", "BANKTRANLIST"})
STATEMENTS = frozenset({"STMTRS", "CCSTMTRS"})


def _groups(text: str) -> Iterator[tuple[str, Fields]]:
    """(name, its own elements) of each part that says something, those of the statement itself as `STMT`."""
    found: Fields = {}
    open_groups: list[tuple[str, Fields]] = []
    for place, mark in enumerate(MARK.finditer(text)):
        if place > MOST_MARKS:
            raise Invalid(fields={"file": _("The file is too long. Bring it in by months.")})
        ends, name, value = mark[1], mark[2].upper(), _plain(mark[3])
        if name in GROUPS and not ends:
            open_groups.append((name, {}))
        elif name in GROUPS:
            while open_groups:
                group, fields = open_groups.pop()
                yield group, fields
                if group == name:
                    break
        elif value and not ends:
            (open_groups[-1][1] if open_groups else found).setdefault(name, value)
    yield from reversed(open_groups)
    yield "STMT", found


def _plain(value: str) -> str:
    value = value.strip()
    for entity, sign in ENTITIES.items():
        value = value.replace(entity, sign)
    return value


def _line(found: Fields) -> Booked:
    text = " ".join(filter(None, (found.get("MEMO"), found.get("CHECKNUM"))))
    return Booked(
        _day(found.get("DTPOSTED", "")), _amount(found.get("TRNAMT", "")), found.get("NAME", "")[:140], text[:300],
        found.get("FITID", "")[:80],
    )  # fmt: skip


def _amount(value: str) -> Decimal:
    plain = value.replace(",", ".") if "." not in value else value.replace(",", "")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise Invalid(fields={"file": _("“%(value)s” is not an amount.", value=value[:40])}) from None
    if not found.is_finite() or found.adjusted() > 14:
        raise Invalid(fields={"file": _("“%(value)s” is not an amount.", value=value[:40])})
    return found.quantize(Decimal("0.0001"))


def _day(value: str) -> date:
    """The day of a moment such as 20261102120000[+3:EAT]; the bank's own day, not that of Greenwich."""
    try:
        return date.fromisoformat(value[:8])
    except ValueError:
        raise Invalid(fields={"file": _("“%(value)s” is not a day.", value=value[:40])}) from None


def _day_or_none(value: str | None) -> date | None:
    return _day(value) if value else None
