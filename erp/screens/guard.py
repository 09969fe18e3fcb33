"""What every route does first: may this person, and what did they send."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import request

from erp import context
from erp.access import require
from erp.data.files import Upload
from erp.errors import SignInRequired

F = TypeVar("F", bound=Callable[..., Any])


def signed_in() -> context.Context:
    """Who is acting; raises SignInRequired when nobody is."""
    acting = context.current()
    if acting.member_id is None:
        raise SignInRequired
    return acting


def allowed(verb: str) -> Callable[[F], F]:
    """Decorator of a document view's route: the actor needs this verb on the view's type."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def run(self: Any, *args: Any, **kwargs: Any) -> Any:
            signed_in()
            require(verb, self.type_name)
            return function(self, *args, **kwargs)

        run.verb = verb  # type: ignore[attr-defined]
        return run  # type: ignore[return-value]

    return decorate


def members_only(function: F) -> F:
    """Decorator of a route that any signed-in member may use."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        signed_in()
        return function(*args, **kwargs)

    return run  # type: ignore[return-value]


def typed() -> Mapping[str, Any]:
    """What was posted, files included, as `forms.bind` reads it."""
    return {**dict(request.form.lists()), **dict(request.files.lists())}


def uploads(files: Any, purpose: str = "") -> list[Upload]:
    """(name, content, purpose) of sent files; the size of a request is limited before this."""
    return [(file.filename or "file", file.read(), purpose) for file in files if file.filename]


def sent_version() -> int | None:
    """The version the form was made from, None when it says none."""
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) <= 18 else None
