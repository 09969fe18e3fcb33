"""What every route of the studio does first."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from erp import context
from erp.access import require
from erp.errors import SignInRequired
from erp.modelling.rights import SUBJECT

F = TypeVar("F", bound=Callable[..., Any])


def may(verb: str) -> Callable[[F], F]:
    """Decorator of a route: a member is signed in who has this right on processes."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            if context.current().member_id is None:
                raise SignInRequired
            require(verb, SUBJECT)
            return function(*args, **kwargs)

        return run  # type: ignore[return-value]

    return decorate
