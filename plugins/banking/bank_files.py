"""What is taken to the bank: a payment run as pain.001.001.03 (ISO 20022), and as a table for whoever takes no XML."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from lxml import etree

from erp import company, money, session
from plugins.banking.kinds import is_iban
from plugins.banking.paying import reference, transfers
from plugins.banking.runs import PartyBankAccount, PaymentRun, PaymentRunLine
from plugins.parties.models import Party

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"
LONGEST_NAME, LONGEST_TEXT = 70, 140
UNKNOWN = "NOTPROVIDED"
Transfer = tuple[Party, Sequence[PaymentRunLine]]
Path = tuple[str, ...]


def as_xml(run: PaymentRun) -> bytes:
    """The file of the run: the same bytes whenever it is asked for, so that a bank knows it when it comes twice."""
    found = transfers(run)
    root = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})  # type: ignore[dict-item] # stubs know no default
    start = _add(root, "CstmrCdtTrfInitn")
    head = _add(start, "GrpHdr")
    assert run.released_at is not None
    _add(head, "MsgId", text=run.number)
    _add(head, "CreDtTm", text=run.released_at.strftime("%Y-%m-%dT%H:%M:%S"))
    _sums(head, run, found)
    _add(head, "InitgPty", "Nm", text=company().name[:LONGEST_NAME])
    info = _add(start, "PmtInf")
    _add(info, "PmtInfId", text=run.number)
    _add(info, "PmtMtd", text="TRF")
    _sums(info, run, found)
    _add(info, "ReqdExctnDt", text=run.pay_on.isoformat())
    _add(info, "Dbtr", "Nm", text=company().name[:LONGEST_NAME])
    own = run.bank_account
    _account(_add(info, "DbtrAcct"), own.number or UNKNOWN, own.money)
    _bank(_add(info, "DbtrAgt", "FinInstnId"), own.bic)
    for each in found:
        _transfer(info, run, each)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _transfer(info: etree._Element, run: PaymentRun, each: Transfer) -> None:
    party, lines = each
    known = details(lines)
    made = _add(info, "CdtTrfTxInf")
    _add(made, "PmtId", "EndToEndId", text=reference(run, party))
    _add(made, "Amt", "InstdAmt", text=plain(run, lines)).set("Ccy", run.currency)
    if known is not None and known.bic:
        _bank(_add(made, "CdtrAgt", "FinInstnId"), known.bic)
    _add(made, "Cdtr", "Nm", text=(known.holder if known and known.holder else party.name)[:LONGEST_NAME])
    if known is not None:
        _account(_add(made, "CdtrAcct"), known.number)
    _add(made, "RmtInf", "Ustrd", text=what_for(lines)[:LONGEST_TEXT])


def details(lines: Sequence[PaymentRunLine]) -> PartyBankAccount | None:
    """The bank details that were proposed, whatever they are now; None of who is paid in cash."""
    key = lines[0].details_id
    return session().get_one(PartyBankAccount, key) if key is not None else None


def plain(run: PaymentRun, lines: Sequence[PaymentRunLine]) -> str:
    """What a transfer comes to, as banks write it."""
    return f"{money.rounded(sum((line.amount for line in lines), Decimal(0)), run.currency):f}"


def what_for(lines: Sequence[PaymentRunLine]) -> str:
    """The bills a transfer pays."""
    return ", ".join(line.text for line in lines)


def _sums(element: etree._Element, run: PaymentRun, found: Sequence[Transfer]) -> None:
    _add(element, "NbOfTxs", text=str(len(found)))
    _add(element, "CtrlSum", text=plain(run, [line for _party, lines in found for line in lines]))


def _account(element: etree._Element, number: str, currency: str = "") -> None:
    path: Path = ("Id", "IBAN") if is_iban(number) else ("Id", "Othr", "Id")
    _add(element, *path, text=number)
    if currency:
        _add(element, "Ccy", text=currency)


def _bank(element: etree._Element, bic: str | None) -> None:
    if bic:
        _add(element, "BIC", text=bic)
    else:
        _add(element, "Othr", "Id", text=UNKNOWN)


def _add(element: etree._Element, *path: str, text: str | None = None) -> etree._Element:
    """The innermost of new elements, one in another; control characters of a text become blanks."""
    for name in path:
        element = etree.SubElement(element, f"{{{NAMESPACE}}}{name}")
    if text is not None:
        element.text = "".join(sign if sign.isprintable() else " " for sign in text)
    return element


def rows(run: PaymentRun) -> list[list[str]]:
    """The same as a table: a row for each transfer."""
    found = []
    for party, lines in transfers(run):
        known = details(lines)
        found.append([
            known.holder if known and known.holder else party.name, known.number if known else "",
            (known.bic or "") if known else "", (known.bank or "") if known else "", plain(run, lines), run.currency,
            reference(run, party), what_for(lines),
        ])  # fmt: skip
    return found
