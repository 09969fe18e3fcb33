"""The texts of a language beside the English ones: what is missing, what a machine wrote, and how we say it here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Response, flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response as BaseResponse

from erp import i18n, wording
from erp.access import can, require
from erp.config import settings
from erp.errors import Invalid, NotFound
from erp.i18n import _, format_datetime, format_number
from erp.screens.guard import members_only
from erp.web.shapes import Link, State, Tab
from erp.wording import SUBJECT, Entry

SHOWN = 25
"""Texts of one page."""
Answer = Response | BaseResponse | str | tuple[str, int]


@dataclass(frozen=True)
class LanguageRow:
    """A language and how far it is."""

    name: str
    code: str
    url: str
    percent: int
    translated: str
    unread: str
    is_offered: bool


@dataclass(frozen=True)
class TextRow:
    """A text with its box; `error` is about what was typed last."""

    message: str
    text: str
    state: State
    note: str = ""
    lines: int = 1
    may_confirm: bool = False
    error: str = ""


@dataclass(frozen=True)
class TranslationsPage:
    """millrace/translations.html: the languages, or the texts of one."""

    title: str
    crumbs: Sequence[Link] = ()
    languages: Sequence[LanguageRow] = ()
    rows: Sequence[TextRow] = ()
    tabs: Sequence[Tab] = ()
    action: str = ""
    search: str = ""
    show: str = ""
    language: str = ""
    direction: str = "ltr"
    next_url: str = ""
    previous_url: str = ""
    range: str = ""
    may_edit: bool = False
    file_url: str = ""


class Translations(BaseView):
    """`/translations/`: languages and their texts."""

    route_base = "/translations"
    default_view = "index"

    @expose("/")
    @members_only
    def index(self) -> Answer:
        """Every language with how much of it is translated and read."""
        require("list", SUBJECT)
        rows = [_language(code) for code in wording.languages()]
        return render_template("millrace/translations.html", view=TranslationsPage(_("Translations"), languages=rows))

    @expose("/<language>", methods=("GET", "POST"))
    @members_only
    def language(self, language: str) -> Answer:
        """The texts of a language; a post says one in other words, or that it is right."""
        require("list", SUBJECT)
        if language not in wording.languages():
            raise NotFound
        if request.method != "POST":
            return render_template("millrace/translations.html", view=_page(language))
        message, text = request.form.get("message", ""), request.form.get("text", "")
        try:
            if request.form.get("do") == "confirm":
                wording.confirm(language, message)
            else:
                wording.keep(language, message, text)
        except Invalid as error:
            view = _page(language, wrong=(message, text, error.fields.get("text", error.message)))
            return render_template("millrace/translations.html", view=view), 422
        flash(_("Kept. It is shown everywhere within a few seconds."), "success")
        return redirect(_address(language, _asked()))

    @expose("/<language>/messages.po")
    @members_only
    def file(self, language: str) -> Response:
        """The language as a file, with the installation's own wording in it."""
        require("list", SUBJECT)
        if language not in wording.languages():
            raise NotFound
        answer = Response(wording.as_po(language), content_type="text/x-gettext-translation; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="millrace-{language}.po"'
        return answer


def _language(code: str) -> LanguageRow:
    found = wording.coverage(code)
    return LanguageRow(
        name=i18n.LANGUAGE_NAMES.get(code, code),
        code=code,
        url=f"/translations/{code}",
        percent=100 * found.translated // max(found.total, 1),
        translated=_(
            "%(count)s of %(total)s texts", count=format_number(found.translated), total=format_number(found.total)
        ),
        unread=_("%(count)s machine-made, not read yet", count=format_number(found.unread)) if found.unread else "",
        is_offered=code in settings().languages,
    )


def _asked() -> dict[str, str]:
    """What the reader looks at: `show`, `q` and `at`, from the address alone."""
    return {name: request.args[name] for name in ("show", "q", "at") if request.args.get(name)}


def _address(language: str, asked: dict[str, str]) -> str:
    return f"/translations/{language}" + (f"?{urlencode(asked)}" if asked else "")


def _page(language: str, wrong: tuple[str, str, str] | None = None) -> TranslationsPage:
    """The texts asked for; `wrong` is (message, what was typed, what is wrong with it)."""
    asked = _asked()
    every = wording.entries(language)
    kinds = {
        "": every,
        "missing": [each for each in every if not each.text],
        "unread": [each for each in every if each.is_unread],
        "own": [each for each in every if each.own],
    }
    show = asked.get("show", "") if asked.get("show", "") in kinds else ""
    words = asked.get("q", "").casefold().split()
    found = [each for each in kinds[show] if all(word in f"{each.message} {each.text}".casefold() for word in words)]
    at = int(asked["at"]) if asked.get("at", "").isdecimal() and len(asked["at"]) < 7 else 0
    part = found[at : at + SHOWN]
    return TranslationsPage(
        title=i18n.LANGUAGE_NAMES.get(language, language),
        crumbs=[Link(_("Translations"), "/translations/")],
        rows=[_row(each, wrong) for each in part],
        tabs=_tabs(language, {name: len(rows) for name, rows in kinds.items()}, show),
        action=_address(language, asked),
        search=asked.get("q", ""),
        show=show,
        language=language,
        direction=i18n.direction(language),
        previous_url=_address(language, {**asked, "at": str(max(0, at - SHOWN))}) if at else "",
        next_url=_address(language, {**asked, "at": str(at + SHOWN)}) if len(found) > at + SHOWN else "",
        range=_("%(first)s–%(last)s of %(count)s", first=at + 1, last=at + len(part), count=len(found)) if part else "",
        may_edit=can("edit", SUBJECT),
        file_url=f"/translations/{language}/messages.po",
    )


def _tabs(language: str, counts: dict[str, int], show: str) -> list[Tab]:
    labels = {"": _("All"), "missing": _("Missing"), "unread": _("Machine-made"), "own": _("In our own words")}
    return [
        Tab(
            label, _address(language, {"show": name} if name else {}), format_number(counts[name]), current=name == show
        )
        for name, label in labels.items()
    ]


def _row(entry: Entry, wrong: tuple[str, str, str] | None) -> TextRow:
    if not entry.text:
        state = State("bad", _("Missing"))
    elif entry.is_unread:
        state = State("wait", _("Machine-made"))
    else:
        state = State("good", _("Read")) if entry.read_by else State("idle", _("As shipped"))
    note = _("%(who)s, %(when)s", who=entry.read_by, when=format_datetime(entry.read_at)) if entry.read_by else ""
    row = TextRow(
        message=entry.message,
        text=entry.text,
        state=state,
        note=note,
        lines=1 + max(len(entry.message), len(entry.text)) // 60,
        may_confirm=entry.is_unread,
    )
    if wrong is not None and wrong[0] == entry.message:
        row = replace(row, text=wrong[1], error=wrong[2])
    return row
