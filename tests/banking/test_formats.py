"""Files of banks: OFX as SGML and as XML, CAMT.053, and the tables of banks and of mobile money."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp import Invalid, importing
from plugins.banking.bringing import structured
from plugins.banking.kinds import is_iban
from plugins.banking.reading import Booked, tables
from plugins.banking.reading.booked import keys

OFX = b"""OFXHEADER:100
DATA:OFXSGML
VERSION:102
ENCODING:USASCII
CHARSET:1252

<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20261102120000</SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>KES
<BANKACCTFROM><BANKID>68<ACCTID>0170299912345<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20261001<DTEND>20261031
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20261014120000[+3:EAT]<TRNAMT>-350.00<FITID>F2<NAME>Charges &amp; fees</STMTTRN>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261005<TRNAMT>1250.50<FITID>F1<NAME>Amina Yusuf<MEMO>INV-2026-00012</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>10900.50<DTASOF>20261031</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""
OFX_2 = b"""<?xml version="1.0" encoding="UTF-8"?><?OFX OFXHEADER="200" VERSION="211"?>
<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>KES</CURDEF><BANKTRANLIST>
<STMTTRN><DTPOSTED>20261005</DTPOSTED><TRNAMT>7.5</TRNAMT><FITID>F1</FITID><NAME>Z\xc3\xbcrich</NAME></STMTTRN>
</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"""
CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Id>2026-031</Id>
<FrToDt><FrDtTm>2026-10-01T00:00:00</FrDtTm><ToDtTm>2026-10-31T23:59:59</ToDtTm></FrToDt>
<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">70.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Ntry><Amt Ccy="EUR">50.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-10-05</Dt></BookgDt>
<AcctSvcrRef>A1</AcctSvcrRef><NtryDtls>
<TxDtls><Refs><EndToEndId>RUN-1-4</EndToEndId></Refs><Amt Ccy="EUR">20.00</Amt>
<RltdPties><Cdtr><Nm>Canon</Nm></Cdtr></RltdPties></TxDtls>
<TxDtls><Refs><EndToEndId>RUN-1-9</EndToEndId></Refs><Amt Ccy="EUR">30.00</Amt>
<RltdPties><Cdtr><Nm>Tools</Nm></Cdtr></RltdPties></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">20.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><DtTm>2026-10-06T10:00:00</DtTm></BookgDt><AcctSvcrRef>A2</AcctSvcrRef><NtryDtls><TxDtls>
<RltdPties><Dbtr><Pty><Nm>Amina</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>INV 12</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts><BookgDt><Dt>2026-10-07</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"""
MPESA = """Account Holder:,Savannah Repairs,,,,,,,,
Short Code:,522522,,,,,,,,
Receipt No.,Completion Time,Initiation Time,Details,Transaction Status,Paid In,Withdrawn,Balance,Reason Type,Other Party Info
RKTQDM7W6S,2026-11-02 06:38:45,2026-11-02 06:38:44,Pay Bill from 254712***678 Acc. INV-2026-00012,Completed,"1,250.50",,"10,000.50",Pay Bill,254712***678 - AMINA YUSUF
RKTQDM7W6S,2026-11-02 06:38:45,2026-11-02 06:38:45,Pay Bill Charge,Completed,,-13.00,"9,987.50",Charge,
RKTQDM7W6T,2026-11-02 07:00:00,2026-11-02 07:00:00,Pay Bill from 254700***111,Failed,900.00,,,Pay Bill,
"""


def test_ofx_as_sgml_whose_elements_have_no_end():
    found = structured(OFX)
    assert found is not None
    assert (found.number, found.currency, found.closing) == ("0170299912345", "KES", Decimal("10900.50"))
    assert (found.starts_on, found.ends_on) == (date(2026, 10, 1), date(2026, 10, 31))
    assert list(found.lines) == [
        Booked(date(2026, 10, 5), Decimal("1250.50"), "Amina Yusuf", "INV-2026-00012", "F1"),
        Booked(date(2026, 10, 14), Decimal(-350), "Charges & fees", "", "F2"),
    ]


def test_ofx_as_xml():
    found = structured(OFX_2)
    assert found is not None
    assert [(line.name, line.amount) for line in found.lines] == [("Zürich", Decimal("7.5"))]


def test_camt_splits_what_went_out_together_and_leaves_out_what_is_pending():
    found = structured(CAMT.encode())
    assert found is not None
    assert (found.number, found.currency, found.reference) == ("DE89370400440532013000", "EUR", "2026-031")
    assert (found.opening, found.closing) == (100, 70)
    assert [(line.amount, line.name, line.text, line.reference) for line in found.lines] == [
        (-20, "Canon", "RUN-1-4", "A1"), (-30, "Tools", "RUN-1-9", "A1"), (20, "Amina", "INV 12", "A2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<?xml version='1.0'?><Document/>", "This XML is no statement"),
        (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "may not hold"),
        (b"<?xml version='1.0'?><Document>", "is not XML"),
        (CAMT.replace("50.00</Amt>", "NaN</Amt>").encode(), "“NaN” is not an amount."),
        (CAMT.replace("2026-10-05", "2026-99-05").encode(), "“2026-99-05” is not a day."),
        (OFX.replace(b"-350.00", b"a lot"), "“a lot” is not an amount."),
        (OFX.replace(b"<DTPOSTED>20261005", b"<DTPOSTED>soon"), "“soon” is not a day."),
    ],
)
def test_what_cannot_be_read_is_said_in_words(content, said):
    with pytest.raises(Invalid) as refused:
        structured(content)
    assert said in refused.value.fields["file"]


def test_a_table_of_mobile_money_is_read_by_itself():
    table = importing.read(MPESA.encode(), "Org.csv")
    columns = tables.guessed(table)
    assert columns.is_enough
    assert list(tables.read(table, columns).lines) == [
        Booked(date(2026, 11, 2), Decimal("1250.50"), "254712***678 - AMINA YUSUF",
               "Pay Bill from 254712***678 Acc. INV-2026-00012", "RKTQDM7W6S"),
        Booked(date(2026, 11, 2), Decimal("-13.00"), "", "Pay Bill Charge", "RKTQDM7W6S"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "day", "amount"),
    [
        ("Date;Description;Amount\n31.12.2026;Rent;-1.234,50", date(2026, 12, 31), "-1234.50"),
        ('Date,Narration,Debit,Credit\n02/13/2026,Cash,,"1,23,456.00"\n02/14/2026,Fee,5,', date(2026, 2, 13), "123456"),
        ("Posting Date,Details,Amount\n5 Nov 2026,Interest,(12.00)", date(2026, 11, 5), "-12"),
        ("Date,Memo,Amount\n20261105,Fee,3.50-", date(2026, 11, 5), "-3.50"),
    ],
)
def test_days_and_amounts_as_banks_write_them(rows, day, amount):
    table = importing.read(rows.encode(), "t.csv")
    first = tables.read(table, tables.guessed(table)).lines[0]
    assert (first.on, first.amount) == (day, Decimal(amount))


LINES = st.builds(
    Booked, st.dates(date(2026, 1, 1), date(2026, 1, 3)), st.sampled_from([Decimal(1), Decimal("-2.50")]),
    text=st.sampled_from(["", "Fee"]), reference=st.sampled_from(["", "A", "B"]),
)  # fmt: skip


@given(st.lists(LINES, max_size=12), st.integers(0, 12))
def test_lines_have_the_same_keys_in_every_file_that_holds_their_days(lines: list[Booked], cut: int):
    lines.sort(key=lambda line: line.on)
    whole = keys(lines)
    assert len(set(whole)) == len(whole)
    assert keys(lines[:cut]) == whole[:cut]


def test_check_digits_of_an_iban():
    assert is_iban("DE89370400440532013000")
    assert not is_iban("DE89370400440532013001")
