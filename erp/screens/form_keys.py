"""Forms that make something carry a key: sent again, they lead to what was made the first time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from uuid import uuid4

from flask import flash, request

from erp import idempotency
from erp.errors import Invalid, UserError
from erp.i18n import _
from erp.idempotency import Answer, KeyReused
from erp.web.fingerprints import fingerprint

NAME = "form_key"
"""The hidden field; a form that comes without it makes something each time."""
KEY = re.compile(r"[0-9a-zA-Z-]{16,64}")
LEFT_OUT = frozenset({NAME, "csrf_token"})
"""Fields that are no part of what somebody wants to make."""


@dataclass(frozen=True)
class Made:
    """What a form made: what people call it, where it is seen, and of a row what pickers ask for."""

    called: str
    url: str
    id: str = ""
    title: str = ""
    sub: str = ""
    said: str = ""
    is_repeat: bool = False
    """Whether the form was sent before, and nothing was made now."""


def tell(said: str, *, is_repeat: bool) -> None:
    """Say that something is made; who went back and sent the same again is not told that it is made anew."""
    if is_repeat:
        flash(_("This was sent before, and nothing was made anew: %(said)s", said=said), "warning")
    else:
        flash(said, "success")


class FormKey:
    """The key of the form that was sent, so that one which was refused keeps it; else a new one, for a form to show."""

    def __init__(self) -> None:
        sent = request.form.get(NAME, "")
        if sent and not KEY.fullmatch(sent):
            raise UserError(_("Load the page again."))
        self.value = sent or uuid4().hex
        self._is_sent = bool(sent)

    def once(self, make: Callable[[], Made]) -> Made:
        """What `make` makes in one transaction, or what this form, sent before, has made; whoever is second waits.

        Raises Invalid, with another key for the form to show, where it was sent before with other values.
        """
        if not self._is_sent:
            return make()

        def act() -> Answer:
            return Answer(int(HTTPStatus.FOUND), {}, json.dumps(vars(make())))

        try:
            # REST takes no key with a space
            given = idempotency.once(f"form {self.value}", fingerprint(LEFT_OUT), act, waits=True)
        except KeyReused as error:
            self.value = uuid4().hex
            what = Made(**json.loads(error.given.body)).called
            raise Invalid(
                _("“%(what)s” was saved from this form already, and what you changed since is not saved. "
                  "Save again if you want another one.", what=what)
            ) from error  # fmt: skip
        return replace(Made(**json.loads(given.body)), is_repeat=given.is_repeat)
