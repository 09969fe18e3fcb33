"""Texts, dates and numbers in the acting user's language; Persian gets its digits and the Jalali calendar."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import jdatetime
from babel.dates import format_date as babel_date
from babel.numbers import format_decimal, get_currency_name
from babel.support import LazyProxy, NullTranslations, Translations

from erp import clock, context, money

RIGHT_TO_LEFT = frozenset({"fa", "ar", "he", "ur"})
LANGUAGE_NAMES = {"en": "English", "fa": "فارسی", "sw": "Kiswahili"}
SHORT_NAMES = {"fa": "فا"}
"""How a language is called where there is room for two letters; others by their code."""
PERSIAN = str.maketrans("0123456789.,", "۰۱۲۳۴۵۶۷۸۹٫٬")
LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫٬−", "01234567890123456789.,-")
MONTHS_FA = ("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند")

Wording = Callable[[str], Mapping[str, str]]
MONTHS_JALALI = (
    "Farvardin", "Ordibehesht", "Khordad", "Tir", "Mordad", "Shahrivar", "Mehr", "Aban", "Azar", "Dey", "Bahman",
    "Esfand",
)  # fmt: skip
GREGORIAN, JALALI = "gregorian", "jalali"

_folders: list[Path] = []
_shipped: list[Path] = []


def init_folders(folders: Iterable[Path]) -> None:
    """Set where `<lang>/LC_MESSAGES/*.mo` are looked for, the first folder winning."""
    _folders[:] = folders
    _shipped[:] = _folders
    _translations.cache_clear()


def catalogues(language: str) -> list[Path]:
    """The catalogues of a language that Millrace and its plugins ship; `*` for all languages."""
    return sorted(path for folder in _shipped for path in folder.glob(f"{language}/LC_MESSAGES/*.po"))


def _as_shipped(_language: str) -> Mapping[str, str]:
    return {}


_wording: Wording = _as_shipped


def use_wording(wording: Wording) -> None:
    """Look texts up in {message: text} of a language before the catalogues."""
    global _wording
    _wording = wording


@cache
def _translations(language: str) -> NullTranslations:
    found = NullTranslations()
    for folder in reversed(_folders):
        for path in sorted((folder / language / "LC_MESSAGES").glob("*.mo")):
            with path.open("rb") as stream:
                loaded = Translations(stream)
            found = loaded if type(found) is NullTranslations else found.merge(loaded)  # type: ignore[attr-defined]
    return found


def gettext(message: str, **values: object) -> str:
    """The message in the user's language, with `%(name)s` filled in."""
    if not message:  # under the empty text a catalogue keeps its own description
        return message
    language = context.current().language
    text = _wording(language).get(message) or _translations(language).gettext(message)
    return text % {name: filled_in(value) for name, value in values.items()} if values else text


def filled_in(value: object) -> object:
    """A value as it stands inside a sentence: a whole number in the reader's digits."""
    return digits(str(value)) if type(value) is int else value


def ngettext(singular: str, plural: str, n: int, **values: object) -> str:
    """The message for `n` things; `%(num)s` is n in the user's digits."""
    text = _translations(context.current().language).ngettext(singular, plural, n)
    filled = {name: filled_in(value) for name, value in values.items()}
    return text % {"num": format_number(Decimal(n)), **filled}


def lazy_gettext(message: str) -> str:
    """A text that becomes the reader's language when it is shown; for class attributes."""
    return LazyProxy(gettext, message, enable_cache=False)  # type: ignore[return-value]


def marked(message: str) -> str:
    """The text as it is: it is stored or compared, and translated where it is shown."""
    return message


_ = gettext
_l = lazy_gettext
N_ = marked


def direction(language: str | None = None) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if (language or context.current().language) in RIGHT_TO_LEFT else "ltr"


def is_jalali() -> bool:
    """Whether the reader counts days by the Jalali calendar: by their own choice, else as their language does."""
    acting = context.current()
    return acting.calendar == JALALI or (not acting.calendar and acting.language == "fa")


def digits(text: str) -> str:
    """Western digits shown as the user's own."""
    return text.translate(PERSIAN) if context.current().language == "fa" else text


def local(moment: datetime) -> datetime:
    """The moment in the acting user's time zone."""
    return moment.astimezone(ZoneInfo(context.current().timezone))


def format_number(value: Decimal | int, places: int | None = None) -> str:
    """A number with grouping; `places` fixes the decimals, otherwise only those that matter are shown."""
    pattern = "#,##0.######" if places is None else f"#,##0.{'0' * places}".removesuffix(".")
    return digits(_grouped(value, pattern))


@lru_cache(maxsize=10_000)
def _grouped(value: Decimal | int, pattern: str) -> str:
    """Babel reads its pattern and its locale anew for each number; a page of history has hundreds, mostly the same."""
    return format_decimal(value, format=pattern, locale="en")


def format_money(value: Decimal | None, currency: str = "") -> str:
    """An amount with the currency's decimals, its code in front when given with one; "–" for none yet."""
    if value is None:
        return "–"
    text = format_number(value, money.exponent(currency or "USD"))
    return f"{currency} {text}" if currency else text


def currency_name(code: str) -> str:
    """A currency by its code and name: `KES, Kenyan Shilling`."""
    name = get_currency_name(code, locale=context.current().language)
    return _("%(code)s, %(name)s", code=code, name=name)


def currencies() -> dict[str, str]:
    """{code: how people call it} of every currency, for choices; the names become the reader's language when shown."""
    return {
        code: LazyProxy(currency_name, code, enable_cache=False)  # type: ignore[misc] # shown as text
        for code in money.CURRENCIES
    }


def format_date(value: date | None) -> str:
    """`21 Nov 2026`, `21 Mac 2026` or `۳۰ آبان ۱۴۰۵`; the year is left out when it is this one."""
    if value is None:
        return "–"
    today, language = local(clock.now()).date(), context.current().language
    if is_jalali():
        jalali = jdatetime.date.fromgregorian(date=value)
        year = "" if jalali.year == jdatetime.date.fromgregorian(date=today).year else f" {jalali.year}"
        months = MONTHS_FA if language == "fa" else MONTHS_JALALI
        return digits(f"{jalali.day} {months[jalali.month - 1]}{year}")
    pattern = "d MMM" if value.year == today.year else "d MMM y"
    return digits(babel_date(value, pattern, locale=language))


def format_datetime(value: datetime | None) -> str:
    """A moment in the user's time zone: today's as the time alone, others as day and time."""
    if value is None:
        return "–"
    moment = local(value)
    hour = digits(f"{moment:%H:%M}")
    days = (moment.date() - local(clock.now()).date()).days
    if days == 0:
        return _("Today %(time)s", time=hour)
    if days == -1:
        return _("Yesterday %(time)s", time=hour)
    if days == 1:
        return _("Tomorrow %(time)s", time=hour)
    return f"{format_date(moment.date())} {hour}"


def format_inside(value: datetime | None) -> str:
    """A moment as it stands inside a sentence: `tomorrow 08:32`."""
    text = format_datetime(value)
    return text[:1].lower() + text[1:]


def format_since(value: datetime | None) -> str:
    """`since yesterday 15:05`."""
    if value is None:
        return ""
    moment = format_datetime(value).replace(_("Today %(time)s", time=""), "").strip()
    return _("since %(moment)s", moment=moment[:1].lower() + moment[1:])


def format_duration(value: timedelta | None) -> str:
    """The two largest units: `3 d 2 h`, `35 min`, `under 1 s`."""
    if value is None:
        return "–"
    seconds = int(value.total_seconds())
    if seconds < 1:
        return _("under 1 s")
    days, rest = divmod(seconds, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [(days, _("d")), (hours, _("h")), (minutes, _("min")), (seconds, _("s"))]
    first = next(i for i, (amount, _unit) in enumerate(parts) if amount)
    shown = [f"{amount} {unit}" for amount, unit in parts[first : first + 2] if amount]
    return digits(" ".join(shown[:1] if first == 2 else shown))


def format_filesize(size: int) -> str:
    """`340 KB`, `1.2 MB`."""
    if size < 1024 * 1024:
        return _("%(size)s KB", size=digits(str(max(1, round(size / 1024)))))
    return _("%(size)s MB", size=digits(f"{Decimal(size) / 1024 / 1024:.1f}"))


def parse_decimal(text: str) -> Decimal:
    """A number as people type it (Persian digits, grouping); raises ValueError with a sentence."""
    plain = text.strip().translate(LATIN).replace(" ", "").replace("\u00a0", "").replace("'", "")
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    elif re.fullmatch(r"[+-]?\d+,\d+", plain):
        raise ValueError(_("Write decimals with a point: %(example)s", example=plain.replace(",", ".")))
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise ValueError(_("“%(text)s” is not a number.", text=text.strip())) from None
    if not number.is_finite() or number.adjusted() > 18:
        raise ValueError(_("“%(text)s” is not a number.", text=text.strip()))
    return number


def parse_date(text: str) -> date:
    """A day as YYYY-MM-DD, Jalali when the year is below 1700; raises ValueError with a sentence."""
    plain = text.strip().translate(LATIN).replace("/", "-").replace(".", "-")
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", plain)
    try:
        year, month, day = (int(part) for part in found.groups()) if found else (0, 0, 0)
        return jdatetime.date(year, month, day).togregorian() if year < 1700 else date(year, month, day)
    except ValueError:
        raise ValueError(_("“%(text)s” is not a date. Write it as year-month-day.", text=text.strip())) from None


def input_date(value: date | None) -> str:
    """The day as people type it back: YYYY-MM-DD, in the reader's calendar."""
    if value is None:
        return ""
    if is_jalali():
        return digits(jdatetime.date.fromgregorian(date=value).strftime("%Y-%m-%d"))
    return value.isoformat()


def add_folder(folder: Path) -> None:
    """One more folder of translations, behind all others: a library's own texts."""
    _folders.append(folder)
    _translations.cache_clear()
