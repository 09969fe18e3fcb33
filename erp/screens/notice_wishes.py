"""What a member wishes to be told, as a form: two ticks for each kind, when mail goes out, and quiet hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from werkzeug.datastructures import MultiDict

from erp import context, i18n
from erp.errors import Invalid
from erp.forms.inputs import Choice, Input
from erp.i18n import _
from erp.notifications import wishes
from erp.notifications.kinds import APP, BOTH, MAIL, NONE, known
from erp.notifications.wishes import Wishes
from erp.web.shapes import Link

AT_ONCE, DAILY = "now", "daily"
MORNING = time(8, 0)
"""When the one mail a day is proposed."""


@dataclass(frozen=True)
class WishRow:
    """A kind of notification with its two ticks."""

    name: str
    label: str
    icon: str
    in_app: bool
    by_mail: bool


@dataclass(frozen=True)
class WishesPage:
    """millrace/notice_wishes.html."""

    rows: Sequence[WishRow]
    fields: Sequence[Input]
    crumbs: Sequence[Link]
    errors: Sequence[str] = ()


@dataclass(frozen=True)
class Typed:
    """What stands in the form."""

    ways: Mapping[str, str]
    when: str = AT_ONCE
    digest_at: str = ""
    quiet_from: str = ""
    quiet_until: str = ""

    def wishes(self) -> Wishes:
        """What is meant; raises Invalid naming the times that are none."""
        errors: dict[str, str] = {}
        quiet = [_time(name, text, errors) for name, text in self._quiet()]
        daily = _time("digest_at", self.digest_at, errors) if self.when == DAILY else None
        if self.when == DAILY and daily is None and "digest_at" not in errors:
            errors["digest_at"] = _("Say at which time.")
        if errors:
            raise Invalid(fields=errors)
        return Wishes(self.ways, daily, *quiet)

    def _quiet(self) -> tuple[tuple[str, str], ...]:
        return (("quiet_from", self.quiet_from), ("quiet_until", self.quiet_until))


def typed(form: MultiDict[str, str]) -> Typed:
    """What a browser sent; a kind without a tick is not wished at all."""
    app, mail = form.getlist("app"), form.getlist("mail")
    named = {(True, True): BOTH, (True, False): APP, (False, True): MAIL, (False, False): NONE}
    ways = {name: named[name in app, name in mail] for name in known()}
    texts = {name: form.get(name, "").strip()[:20] for name in ("when", "digest_at", "quiet_from", "quiet_until")}
    return Typed(ways, **texts)


def _time(name: str, text: str, errors: dict[str, str]) -> time | None:
    """A typed time of day, None when empty; what is none is told in `errors`."""
    try:
        return time.fromisoformat(text.translate(i18n.LATIN)).replace(tzinfo=None) if text else None
    except ValueError:
        errors[name] = _("“%(text)s” is not a time of day. Write it as 14:30.", text=text)
        return None


def kept() -> Typed:
    """What the acting member has chosen before."""
    found = wishes.of(context.current().member_id or 0)
    return Typed(
        ways={name: found.way(kind) for name, kind in known().items()},
        when=AT_ONCE if found.digest_at is None else DAILY,
        digest_at=_written(found.digest_at or MORNING),
        quiet_from=_written(found.quiet_from),
        quiet_until=_written(found.quiet_until),
    )


def _written(at: time | None) -> str:
    return i18n.digits(f"{at:%H:%M}") if at is not None else ""


def page(values: Typed, errors: Mapping[str, str] | None = None) -> WishesPage:
    """The form with what stands in it and what is wrong there."""
    wrong = errors or {}

    def at(name: str, label: str, value: str, hint: str = "") -> Input:
        error = wrong.get(name, "")
        return Input(name, label, "text", value, error=error, hint=hint, max_length=5, placeholder=_("hh:mm"))

    choices = [
        Choice(AT_ONCE, _("Each at once")),
        Choice(DAILY, _("One mail a day"), _("with all that was not read here before")),
    ]
    return WishesPage(
        rows=[
            WishRow(name, _(kind.label), kind.icon, way in {APP, BOTH}, way in {MAIL, BOTH})
            for name, kind in known().items()
            for way in (values.ways[name],)
        ],
        fields=[
            Input("when", _("When mail goes out"), "radio", values.when, required=True, choices=choices),
            at("digest_at", _("Time of the one mail"), values.digest_at),
            at("quiet_from", _("Quiet from"), values.quiet_from, _("No mail goes out then; it waits.")),
            at("quiet_until", _("Quiet until"), values.quiet_until),
        ],
        crumbs=[Link(_("Notifications"), "/notifications/")],
        errors=[_("Nothing is saved yet: some fields need correcting.")] if wrong else [],
    )
