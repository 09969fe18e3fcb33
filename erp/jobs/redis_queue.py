"""RQ, which only wakes: the worker and scheduler processes, and telling them of rows."""

from __future__ import annotations

import ctypes
import logging
import signal
import threading
import time
from contextlib import suppress
from types import FrameType

import redis
from rq import Queue, SimpleWorker, Worker
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job as RqJob
from rq.worker import BaseWorker

from erp import late
from erp.data.base import disconnect, session
from erp.errors import SetupError
from erp.jobs import claims, outbox, schedules, worker

log = logging.getLogger(__name__)
QUEUES = ("short", "long")
LONGEST_NAP = 2.0
PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def client(url: str) -> redis.Redis:
    """Redis at this address, asked nothing yet: who only tells of rows works on while it is away."""
    return redis.Redis.from_url(url, socket_connect_timeout=2)


def connect(url: str) -> redis.Redis:
    """A connection to Redis; raises SetupError when it does not answer."""
    connection = client(url)
    try:
        connection.ping()
    except redis.RedisError as error:
        raise SetupError(f"Redis does not answer at REDIS_URL: {error}.") from error
    return connection


def answers(url: str) -> bool:
    """Whether Redis answers at this address within two seconds."""
    try:
        with client(url) as connection:
            return bool(connection.ping())
    except redis.RedisError:
        return False


def wake_with(connection: redis.Redis) -> None:
    """Tell RQ of rows after each commit in this process; a Redis that is away is left to the relay."""
    queues = {name: Queue(name, connection=connection) for name in QUEUES}

    def wake(job_id: int, attempt: int, queue: str, priority: int) -> None:
        try:
            _tell(queues[queue], job_id, f"{job_id}-{attempt}", urgent=priority > 0)
        except redis.RedisError:
            log.warning("Redis is away; the relay will tell of row %s", job_id)

    outbox.set_waker(wake)


def _tell(queue: Queue, job_id: int, told_as: str, *, urgent: bool) -> None:
    """Enqueue a row under an id RQ takes once; an id left by a worker that died before its claim is given up."""
    try:
        _enqueue(queue, job_id, told_as, urgent=urgent)
    except DuplicateJobError:
        if queue.get_job_position(told_as) is not None:
            log.debug("%s was told already", told_as)
            return
        # RQ would keep the id for minutes to a year. Should its worker be alive after all, the row's claim decides.
        try:
            RqJob.fetch(told_as, connection=queue.connection).delete()
        except NoSuchJobError:
            # gone meanwhile; or half of it stands there, from a worker that wrote on when Redis had lost the rest
            queue.connection.delete(RqJob.key_for(told_as))
        with suppress(DuplicateJobError):
            _enqueue(queue, job_id, told_as, urgent=urgent)


def _enqueue(queue: Queue, job_id: int, told_as: str, *, urgent: bool) -> None:
    queue.enqueue_call(
        run_row, args=(job_id,), job_id=told_as, unique=True, at_front=urgent, result_ttl=0, failure_ttl=60,
        timeout=3600,
    )  # fmt: skip


def run_row(job_id: int) -> None:
    """What RQ calls in a worker."""
    worker.run(job_id)


class Serving(BaseWorker):
    """What both kinds of worker have in common: they know why they end."""

    max_connection_wait_time = LONGEST_NAP
    is_told_to_stop = False
    taken = 0

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """SIGINT or SIGTERM: end after the row at hand."""
        self.is_told_to_stop = True
        super().request_stop(signum, frame)

    def execute_job(self, job: RqJob, queue: Queue) -> None:
        """Count the row and run it."""
        self.taken += 1
        super().execute_job(job, queue)


class ShortWorker(Serving, SimpleWorker):
    """Runs short trusted rows in its own process: a fork with the whole program loaded costs more than the row."""

    def perform_job(self, job: RqJob, queue: Queue) -> bool:
        """Run a row and leave no session behind."""
        try:
            done: bool = super().perform_job(job, queue)
            return done
        finally:
            session.remove()


class LongWorker(Serving, Worker):
    """Forks for each long row; the fork dies with its worker, so that a killed installation leaves nothing behind."""

    def main_work_horse(self, job: RqJob, queue: Queue) -> None:
        """Run a row in the fork, with connections of its own."""
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
        disconnect()
        super().main_work_horse(job, queue)


def work(url: str, *, queue: str, recycle_after: int = 2000) -> None:
    """Serve one queue until told to stop, through every absence of Redis; `long` forks for each row."""
    if queue == "long":
        late.load()
    connection = connect(url)
    wake_with(connection)
    kind = LongWorker if queue == "long" else ShortWorker
    while True:
        serving = kind([Queue(queue, connection=connection)], connection=connection)
        with suppress(redis.RedisError):  # RQ ends, and cannot even say so
            serving.work(with_scheduler=False, logging_level="WARNING", max_jobs=recycle_after)
        if serving.is_told_to_stop or serving.taken >= recycle_after:
            return
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _wait_for(connection)


def _wait_for(connection: redis.Redis) -> None:
    while True:
        try:
            connection.ping()
        except redis.RedisError:
            log.warning("Redis is away; looking again in %s s", LONGEST_NAP)
            time.sleep(LONGEST_NAP)
        else:
            return


class Scheduler:
    """The relay and the clock: publishes what is due or past its lease, and starts periodic functions in their turn."""

    def __init__(self, url: str, periodic: schedules.Periodic) -> None:
        wake_with(connect(url))
        self._periodic = periodic
        self._running: dict[str, threading.Thread] = {}
        schedules.reconcile(periodic)

    def turn(self) -> None:
        """One round of relaying and of starting periodic functions that are due."""
        for told in claims.due():
            outbox.wake(*told)
        free = [name for name in self._periodic if not self._is_running(name)]
        for name in schedules.take(free):
            # in a thread of its own: a backup takes minutes, and the relay may not wait for it
            function = self._periodic[name][0]
            self._running[name] = threading.Thread(target=schedules.run, args=(name, function), daemon=True)
            self._running[name].start()

    def _is_running(self, name: str) -> bool:
        return name in self._running and self._running[name].is_alive()

    def serve(self) -> None:
        """Go round until the process is told to stop."""
        while True:
            self.turn()
            time.sleep(claims.seconds_to_next(LONGEST_NAP))
