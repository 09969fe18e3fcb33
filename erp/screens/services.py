"""Outside services: their credentials, which are written here and never shown, and where they reach us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request
from flask_appbuilder import BaseView, expose
from werkzeug.wrappers import Response

from erp import prepare, webhooks
from erp.access import can, require
from erp.config import settings
from erp.data import vault
from erp.data.base import repeated
from erp.errors import NotFound
from erp.forms.inputs import Input
from erp.i18n import _, format_inside
from erp.operations import doorway
from erp.screens.guard import members_only

SUBJECT = "setting"
LONGEST = 500


@dataclass(frozen=True)
class Service:
    """A provider with its secrets; `inputs` are empty boxes, each saying what is kept."""

    title: str
    text: str
    inputs: Sequence[Input]
    is_set: bool
    url: str
    """Where the form goes; '' for who may only look."""
    webhook: str = ""


@dataclass(frozen=True)
class ServicesPage:
    """millrace/services.html."""

    services: Sequence[Service]


class Services(BaseView):
    """`/services/`: one panel for each outside service."""

    route_base = "/services"
    default_view = "list"

    @expose("/")
    @members_only
    def list(self) -> str:
        """What is set, by whom and when."""
        require("list", SUBJECT)
        view = ServicesPage([_service(each) for each in _outside()])
        return render_template("millrace/services.html", view=view)

    @expose("/<provider>", methods=("POST",))
    @members_only
    def set(self, provider: str) -> Response:
        """Keep what was typed; an empty box leaves what is kept."""
        require("edit", SUBJECT)
        asked = next((each for each in _outside() if each.provider == provider), None)
        if asked is None:
            raise NotFound
        typed = {name: request.form.get(name, "").strip()[:LONGEST] for name in asked.credentials}
        keep(provider, {name: value for name, value in typed.items() if value})
        flash(_("The credentials are kept, sealed. They are not shown again."), "success")
        return redirect("/services/")


@repeated
def keep(provider: str, values: dict[str, str]) -> None:
    """Put credentials into the vault, and make the address the service tells us things at."""
    require("edit", SUBJECT)
    for name, value in values.items():
        vault.put(provider, name, value)
    if provider in webhooks.providers():
        webhooks.address(provider, settings().address)


@dataclass(frozen=True)
class Outside:
    """Who is outside: a provider of a plugin, or whoever sends messages to processes."""

    provider: str
    title: str
    text: str
    credentials: Mapping[str, object]


def _outside() -> list[Outside]:
    found = []
    for plugin in prepare.loaded().values():
        if plugin.cls.credentials:
            title, _dot, text = (plugin.cls.__doc__ or "").strip().partition(".")
            found.append(Outside(plugin.name, _(title), _(text.strip().split("\n")[0]), plugin.cls.credentials))
    text = _("Any service that can sign what it sends may tell a process something, without a key to the API.")
    labels = {name: _(label) for name, label in doorway.CREDENTIALS.items()}
    return [*found, Outside(doorway.Doorway.provider, _(doorway.Doorway.title), text, labels)]


def _service(asked: Outside) -> Service:
    known, may = vault.present(asked.provider), can("edit", SUBJECT)
    shows = may and webhooks.TOKEN in known
    return Service(
        title=asked.title,
        text=asked.text,
        inputs=[_input(name, str(label), known.get(name), may=may) for name, label in asked.credentials.items()],
        is_set=set(asked.credentials) <= set(known),
        url=f"/services/{asked.provider}" if may else "",
        webhook=_webhook(asked.provider) if shows else "",
    )


@repeated
def _webhook(provider: str) -> str:
    return webhooks.address(provider, settings().address)


def _input(name: str, label: str, kept: vault.Present | None, *, may: bool) -> Input:
    hint = _("Not set.")
    if kept is not None:
        hint = _(
            "Set by %(who)s, %(when)s; ends in %(ending)s.",
            who=kept.set_by or "–", when=format_inside(kept.set_at), ending=kept.ending or "–",
        )  # fmt: skip
    return Input(name, label, "secret", hint=hint, readonly=not may, max_length=LONGEST)
