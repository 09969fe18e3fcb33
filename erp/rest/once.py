"""`Idempotency-Key`: a POST that is sent again is answered again and done once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import flask
from flask import Response, request

from erp import idempotency
from erp.data.base import repeated, settle
from erp.errors import UserError
from erp.i18n import _
from erp.idempotency import Answer
from erp.web.fingerprints import fingerprint

T = TypeVar("T")
HEADER = "Idempotency-Key"
REPEATED = "Idempotency-Replayed"
"""Answer header: this was done by an earlier request."""
KEY = re.compile(rf"[\x21-\x7e]{{1,{idempotency.LONGEST}}}")
TOLD_AGAIN = ("Content-Type", "ETag", "Location")


def once(effect: Callable[[], T], shown: Callable[[T], Response]) -> Response:
    """`shown` of what `effect` did, in one transaction; with an Idempotency-Key it is done once, however often asked.

    Raises UserError for a key that cannot be one, KeyInUse and KeyReused.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return _at_once(effect, shown)
    if not KEY.fullmatch(key):
        raise UserError(
            _("Idempotency-Key must be 1 to %(count)s visible ASCII characters.", count=idempotency.LONGEST)
        )

    def act() -> Answer:
        done = effect()
        settle()
        answer = shown(done)
        headers = {name: answer.headers[name] for name in TOLD_AGAIN if name in answer.headers}
        return Answer(answer.status_code, headers, answer.get_data(as_text=True))

    given = idempotency.once(key, fingerprint(), act)
    answer = flask.make_response(given.body, given.status, dict(given.headers))
    if given.is_repeat:
        answer.headers[REPEATED] = "true"
    return answer


@repeated
def _at_once(effect: Callable[[], T], shown: Callable[[T], Response]) -> Response:
    done = effect()
    settle()
    return shown(done)
