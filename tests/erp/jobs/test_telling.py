"""Workers hear of a row whatever Redis has kept of an earlier telling."""

from collections.abc import Iterator

import pytest
import redis
from rq import Queue

from erp.jobs import outbox, redis_queue

ROW, TOLD_AS = 7_000_001, "7000001-1"
HALF = {"status": "finished", "ended_at": "2026-11-28T09:00:00.000000Z"}
"""What a worker writes of a row it has done: alone, where Redis lost the rest while it was at it."""


@pytest.fixture
def queue(redis_url: str) -> Iterator[Queue]:
    with redis_queue.connect(redis_url) as connection:
        redis_queue.wake_with(connection)
        found = Queue("short", connection=connection)
        found.empty()
        yield found
        found.empty()
        connection.delete(f"rq:job:{TOLD_AS}")
    outbox.set_waker(None)


def test_a_row_is_told_of_once(queue: Queue):
    for _again in range(2):
        outbox.wake(ROW, 0, "short")
    assert queue.job_ids == [TOLD_AS]


@pytest.mark.parametrize("left", [HALF, {**HALF, "data": "no job"}], ids=["half of it", "all of it"])
def test_a_row_is_told_of_though_its_id_was_left_behind(queue: Queue, redis_url: str, left: dict[str, str]):
    with redis.Redis.from_url(redis_url) as connection:
        connection.hset(f"rq:job:{TOLD_AS}", mapping=left)  # type: ignore[arg-type] # texts are bytes to it
    outbox.wake(ROW, 0, "short")
    assert queue.job_ids == [TOLD_AS]
