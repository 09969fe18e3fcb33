"""Counts that all processes share, kept in Redis: any number of limits are asked and counted in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

PARTS = 60
"""A limit's time is counted in so many parts; what lies a whole time back is forgotten part by part."""
PREFIX = "millrace:limit:"
PATIENCE = 0.5
"""Seconds to wait for Redis before going on without it."""

SCRIPT = """
local now, answer, refused = tonumber(ARGV[1]), {}, false
for i, key in ipairs(KEYS) do
  local most, step, cost = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local part, sum = math.floor(now / step), 0
  local oldest, kept = part, redis.call('HGETALL', key)
  for j = 1, #kept, 2 do
    local each = tonumber(kept[j])
    if each > part - PARTS then
      sum = sum + tonumber(kept[j + 1])
      if each < oldest then oldest = each end
    else
      redis.call('HDEL', key, kept[j])
    end
  end
  if sum + math.max(cost, 1) > most then refused = true end
  answer[i] = {sum, math.ceil(((oldest + PARTS) * step - now) / 1000)}
end
if not refused then
  for i, key in ipairs(KEYS) do
    local step, cost = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
    if cost > 0 then
      redis.call('HINCRBY', key, math.floor(now / step), cost)
      redis.call('PEXPIRE', key, step * PARTS)
    end
  end
end
return answer
""".replace("PARTS", str(PARTS))


class CountsAway(Exception):
    """Redis does not answer."""


@dataclass(frozen=True)
class Asked:
    """One limit of a request: whose count, how many in how many milliseconds, and how much this one counts."""

    key: str
    most: int
    milliseconds: int
    cost: int = 1
    """0 only looks."""


@dataclass(frozen=True)
class Counted:
    """What was counted before this request, and the seconds until the oldest of it is forgotten."""

    count: int
    seconds: int


class SharedCounts:
    """The counts of one Redis, reached when first needed."""

    def __init__(self, url: str) -> None:
        connection = redis.Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)
        self._script = connection.register_script(SCRIPT)

    def take(self, asked: Sequence[Asked], now: int) -> list[Counted]:
        """Count unless one of the limits is reached; `now` in milliseconds. Raises CountsAway."""
        arguments = [now]
        for each in asked:
            arguments += [each.most, each.milliseconds // PARTS, each.cost]
        try:
            found: Any = self._script(keys=[PREFIX + each.key for each in asked], args=arguments)
        except redis.RedisError as error:
            raise CountsAway from error
        return [Counted(int(count), int(seconds)) for count, seconds in found]
