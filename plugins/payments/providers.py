"""What a provider of card payments must be able to do; a plugin offers itself as one in its `provider.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NotRequired, Protocol, TypedDict

from erp import Conflict, _, hook, vault

Request = dict[str, Any]
"""What is sent, as JSON: payment, reference, page, currency, asked_at, amount as text, and what the call needs."""


class Declined(TypedDict):
    """An attempt the card's bank refused; the customer may try again."""

    reference: str
    code: str
    message: str


class SeenRefund(TypedDict):
    """A refund as the provider has it; `mark` is ours, empty when it was made elsewhere."""

    reference: str
    mark: str
    amount: str
    status: str
    """pending | refunded | failed"""
    failure: str


class Seen(TypedDict):
    """All the provider knows of a payment; amounts are decimal text in its currency."""

    reference: str
    currency: str
    status: str
    """open | held | paid | cancelled | over (nobody can pay any more)"""
    held: str
    captured: str
    declined: Declined | None
    reason: str
    refunds: list[SeenRefund]
    fee: NotRequired[str]
    """What the provider keeps of it, as far as it says so by now."""


class Made(TypedDict):
    """A payment somebody has made at the provider that carries our mark."""

    reference: str
    amount: str
    currency: str


class Page(TypedDict):
    """Where the customer types the card's number."""

    reference: str
    url: str
    until: str
    """ISO 8601"""


class Provider(Protocol):
    """Every method runs in a worker without a session, as often as it must, and always with the key it was asked with.

    Each raises ProcessError for a definite no; anything else raised is tried again.
    """

    name: str
    """The plugin's name, under which its credentials are kept."""
    title: str

    def open_page(self, request: Request, key: str) -> Page:
        """Make the page on which `amount` is paid, or only held when `hold` is set."""
        ...

    def capture(self, request: Request, key: str) -> Seen:
        """Take `amount` of what is held; the rest is released."""
        ...

    def release(self, request: Request, key: str) -> Seen:
        """Give up what is held, or close the page nobody has paid on."""
        ...

    def refund(self, request: Request, key: str) -> Seen:
        """Give `amount` back, marked with `mark`."""
        ...

    def read(self, request: Request) -> Seen:
        """How the payment stands now."""
        ...

    def made(self, since: datetime, until: datetime) -> list[Made]:
        """The payments the tenant's account has, held or paid, that were made on pages of ours between two moments."""
        ...


@hook
def providers() -> Provider:
    """Asked for everybody through whom cards can be charged."""
    raise NotImplementedError


def provider(name: str) -> Provider:
    """A provider by name; raises Conflict when its plugin takes no part."""
    for found in providers():
        if found.name == name:
            return found
    raise Conflict(_("Cards cannot be charged through %(provider)s here.", provider=name))


def ready_provider() -> Provider | None:
    """The first provider the acting tenant has connected."""
    return next((found for found in providers() if "secret_key" in vault.present(found.name)), None)
