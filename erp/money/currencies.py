"""The currencies of ISO 4217 and how many decimal places each has."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus

from erp.errors import ErpError

_CODES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP "
    "CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB "
    "RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
    "UYU UYW UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
)
_WITHOUT_DECIMALS = "BIF CLP DJF GNF IRR ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
"""The rial too, though ISO 4217 gives it two: it is paid in whole ones."""
_WITH_THREE, _WITH_FOUR = "BHD IQD JOD KWD LYD OMR TND", "CLF UYW"


def _places(code: str) -> int:
    return 0 if code in _WITHOUT_DECIMALS else 3 if code in _WITH_THREE else 4 if code in _WITH_FOUR else 2


CURRENCIES: Mapping[str, int] = {code: _places(code) for code in _CODES.split()}
"""{code: decimal places} of every currency in use."""


class UnknownCurrency(ErpError):
    """This is not the code of a currency; write three letters of ISO 4217, for example KES."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "unknown_currency"


def checked(code: str) -> str:
    """The code as ISO 4217 writes it; raises UnknownCurrency."""
    found = code.strip().upper()
    if not is_currency(found):
        raise UnknownCurrency(detail={"currency": code})
    return found


def is_currency(code: str) -> bool:
    """Whether this is a currency of ISO 4217 in use."""
    return code in CURRENCIES


def exponent(currency: str) -> int:
    """How many decimal places the currency has; two for codes of earlier times."""
    return CURRENCIES.get(currency, 2)


def quantum(currency: str) -> Decimal:
    """The currency's smallest unit, e.g. Decimal("0.01")."""
    return Decimal(1).scaleb(-exponent(currency))
