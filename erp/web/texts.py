"""Texts, numbers and dates inside templates: the same words and formats the rest of the program uses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import flask_appbuilder
from flask import Flask
from markupsafe import escape

from erp import i18n, money
from erp.web import languages
from erp.web.assets import asset

NONE = "–"


def init_app(app: Flask) -> None:
    """Give templates `_`, `ngettext`, `asset` and the filters; called after Flask-AppBuilder installed its own."""
    i18n.add_folder(Path(str(flask_appbuilder.__file__)).parent / "translations")
    app.extensions["babel"].locale_selector = languages.current
    app.jinja_env.globals.update(_=gettext, gettext=gettext, ngettext=ngettext, asset=asset, zip=zip)
    app.jinja_env.filters.update({name: _or_dash(function) for name, function in FILTERS.items()})
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def gettext(message: str, **values: object) -> str:
    """A text of the reader's language; what is filled in is escaped, the text itself too."""
    return _filled(i18n.gettext(message), values)


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """A text for `num` things; `%(num)s` is the number in the reader's digits."""
    text = i18n.ngettext(singular, plural, num, **{name: f"%({name})s" for name in values})
    return _filled(text, values)


def _filled(text: str, values: dict[str, object]) -> str:
    return escape(text) % {name: i18n.filled_in(value) for name, value in values.items()} if values else text


def quantity(value: Decimal) -> str:
    """A quantity with the decimals that matter."""
    return i18n.format_number(value)


def percent(value: Decimal) -> str:
    """`16 %`."""
    return i18n.gettext("%(number)s %%", number=i18n.format_number(value))


def amount(value: Decimal, currency: str = "") -> str:
    """An amount without its currency's code, with its decimals."""
    return i18n.format_number(value, money.exponent(currency or "USD"))


def duration(value: timedelta) -> str:
    """`3 d 2 h`."""
    return i18n.format_duration(value)


def _or_dash(function: Callable[..., str]) -> Callable[..., str]:
    def run(value: Any, *args: Any) -> str:
        return NONE if value is None or value == "" else function(value, *args)

    return run


FILTERS: dict[str, Callable[..., str]] = {
    "money": i18n.format_money,
    "amount": amount,
    "number": i18n.format_number,
    "quantity": quantity,
    "percent": percent,
    "date": i18n.format_date,
    "datetime": i18n.format_datetime,
    "inside": i18n.format_inside,
    "since": i18n.format_since,
    "duration": duration,
    "filesize": i18n.format_filesize,
}
