"""How often something may be tried: counted in Redis where there is one, else in this process."""

from __future__ import annotations

import logging
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from erp.errors import ErpError
from erp.i18n import _

log = logging.getLogger(__name__)
SIGN_IN = RateLimitItemPerMinute(5)
"""Attempts of one address with one name, both ways in together."""
PORTAL = RateLimitItemPerMinute(30)
"""Openings of customers' links by one address."""


class TooManyRequests(ErpError):
    """This was tried too often; wait a little."""

    status = 429  # type: ignore[assignment]
    code = "too_many_requests"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            _("This was tried too often. Try again in %(seconds)s seconds.", seconds=seconds),
            detail={"retry_after": seconds},
        )
        self.seconds = seconds


class Limits:
    """Counters of one process, shared with the others through Redis; a Redis that is away is replaced by memory."""

    def __init__(self) -> None:
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        self._shared: MovingWindowRateLimiter | None = None

    def connect(self, redis_url: str | None) -> None:
        """Count in Redis from now on; nothing is asked of it until the first attempt."""
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        self._shared = None if redis_url is None else MovingWindowRateLimiter(_storage(redis_url))

    def take(self, limit: RateLimitItem, *whose: str) -> None:
        """Count one attempt; raises TooManyRequests with the seconds to wait."""
        if self._shared is not None:
            try:
                _take(self._shared, limit, whose)
            except StorageError:
                log.warning("Redis is away; attempts are counted in this process for now")
            else:
                return
        _take(self._memory, limit, whose)


def _take(limiter: MovingWindowRateLimiter, limit: RateLimitItem, whose: tuple[str, ...]) -> None:
    if limiter.hit(limit, *whose):
        return
    reset = limiter.get_window_stats(limit, *whose).reset_time
    raise TooManyRequests(max(1, int(reset - time.time()) + 1))


def _storage(url: str) -> Storage:
    scheme, _colon, rest = url.partition("://")
    found = storage_from_string(
        f"redis+unix://{rest}" if scheme == "unix" else url, wrap_exceptions=True, key_prefix="millrace"
    )
    assert isinstance(found, Storage)
    return found


limits = Limits()
