"""Products of several requests answered together, within bounds on waiting and on the queue.

Batches and the queue are counted in products, not in requests. A product waits at most the delay
bound for others as long as a worker is free; while all are busy the next batch grows. What has
expired, or whose caller has gone, is taken out and never computed.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_LOG = logging.getLogger(__name__)
_SMOOTHING = 0.2
_FIRST, _FEWEST = 32, 4
"""Items in a batch while nothing is known of the time it takes, and where it takes very long."""

_LONGEST_PAUSE_SECONDS = 30


class QueueFullError(Exception):
    """There is no room for so many products; `seconds` is a fair time to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"the queue is full for about {seconds} s")
        self.seconds = seconds


class ClosedError(Exception):
    """The server is stopping and takes nothing more."""


class ExpiredError(Exception):
    """The deadline passed before there was an answer."""


@dataclass(frozen=True)
class Failure:
    """What stands in the place of an answer that could not be computed."""

    error: Exception


@dataclass(frozen=True)
class BatchReport:
    """What a batch was like: how many products, how long the oldest waited, and the work took."""

    products: int
    waited_seconds: float
    seconds: float


@dataclass(eq=False)
class Ticket(Generic[T, R]):
    """The room that one request has in the queue; made by `Batcher.room`."""

    count: int
    begun: int = 0
    queued: bool = False
    items: Sequence[T] = ()
    results: list[R | Failure | None] = field(default_factory=list)
    missing: int = 0
    arrived: float = 0.0
    until: float | None = None
    done: asyncio.Future[list[R | Failure]] | None = None

    @property
    def waiting(self) -> int:
        """How many of its products no batch has taken yet."""
        return self.count - self.begun

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for it any more."""
        return self.done is None or self.done.done()


@dataclass(frozen=True)
class _Piece(Generic[T, R]):
    """The products of one request that are in one batch."""

    ticket: Ticket[T, R]
    start: int
    stop: int


class Batcher(Generic[T, R]):
    """Collects items of many callers and computes them in batches, in threads of its own.

    Parameters
    ----------
    compute
        Gets at most `most` items, and returns as many results in their order. If it fails, the
        batch is halved until the items that make it fail are alone: a `Failure` takes their place.
    most
        Items in a batch.
    seconds
        How long computing a batch may take, once it is known how fast that is: batches are then as
        small as that asks for, and requests wait the less behind others.
    delay_seconds
        How long the first item of a batch waits for others while a thread is free.
    capacity
        Items that may be waiting; `room` refuses more.
    threads
        Batches computed at the same time.
    report
        Told of every batch.
    """

    def __init__(
        self,
        compute: Callable[[Sequence[T]], Sequence[R]],
        *,
        most: int,
        delay_seconds: float,
        capacity: int,
        seconds: float = math.inf,
        threads: int = 1,
        report: Callable[[BatchReport], None] = lambda _: None,
    ) -> None:
        self._compute = compute
        self._most = most
        self._seconds = seconds
        self._delay_seconds = delay_seconds
        self._capacity = capacity
        self._threads = threads
        self._report = report
        self._queue: deque[Ticket[T, R]] = deque()
        self._load = 0
        self._ready = 0
        self._open = 0
        self._rate = 0.0
        self._closing = False
        self._runner: asyncio.Task[None] | None = None

    @property
    def load(self) -> int:
        """How many items were accepted and are not being computed yet."""
        return self._load

    def start(self) -> None:
        """Begin to take items; called inside a running event loop."""
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(self._threads)
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="aisle-predict")
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Take nothing more, and finish what was accepted."""
        self._closing = True
        if self._runner is not None:
            self._wake.set()
            await self._runner
            await asyncio.gather(*self._tasks)
            self._pool.shutdown(wait=True)

    @contextmanager
    def room(self, count: int, *, until: float | None = None) -> Iterator[Ticket[T, R]]:
        """Keep room for `count` items while the block runs.

        Parameters
        ----------
        count, until
            How many, and when they are of no use any more on the event loop's clock.

        Raises
        ------
        QueueFullError
            If there is none, or what waits is likely to take longer than that.
        ClosedError
            If the server is stopping.
        """
        if self._closing or self._runner is None:
            raise ClosedError
        late = until is not None and self._loop.time() + self._wait_seconds() > until
        if self._load + count > self._capacity or (late and self._load):
            raise QueueFullError(self._pause_seconds())
        ticket = Ticket[T, R](count)
        self._load += count
        self._open += 1
        try:
            yield ticket
        finally:
            self._open -= 1
            self._drop(ticket)
            if self._closing:
                self._wake.set()

    async def answer(
        self, ticket: Ticket[T, R], items: Sequence[T], *, until: float | None = None
    ) -> list[R | Failure]:
        """Return the result of every item, in order.

        Parameters
        ----------
        ticket
            From `room`, whose block has not ended; as many items as were announced there.
        items
            What to compute.
        until
            On the event loop's clock: what is not computed by then never is.

        Raises
        ------
        ExpiredError
            If that time passes.
        """
        ticket.items, ticket.results = items, [None] * ticket.count
        ticket.missing = ticket.count
        ticket.arrived = self._loop.time()
        ticket.until = until
        ticket.done = self._loop.create_future()
        ticket.queued = True
        self._queue.append(ticket)
        self._ready += ticket.count
        self._wake.set()
        alarm = None if until is None else self._loop.call_at(until, self._expire, ticket)
        try:
            return await ticket.done
        finally:
            if alarm is not None:
                alarm.cancel()

    def _expire(self, ticket: Ticket[T, R]) -> None:
        if ticket.done is not None and not ticket.done.done():
            ticket.done.set_exception(ExpiredError())
        self._drop(ticket)

    def _drop(self, ticket: Ticket[T, R]) -> None:
        """Take what no batch has begun out of the queue; done twice, it changes nothing."""
        left = ticket.waiting
        self._load -= left
        ticket.begun = ticket.count
        if ticket.queued:
            ticket.queued = False
            self._ready -= left
            self._queue.remove(ticket)

    async def _run(self) -> None:
        while True:
            await self._slots.acquire()
            pieces = await self._next()
            if pieces is None:
                return
            task = asyncio.create_task(self._answer_batch(pieces))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _next(self) -> list[_Piece[T, R]] | None:
        """Wait for the next batch; None when the server stops and nothing is left."""
        while True:
            self._wake.clear()
            wait: float | None = None
            if self._queue:
                wait = self._queue[0].arrived + self._delay_seconds - self._loop.time()
                if wait <= 0 or self._ready >= self._fitting() or self._closing:
                    if pieces := self._taken():
                        return pieces
                    continue
            elif self._closing and not self._open:
                return None
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _taken(self) -> list[_Piece[T, R]]:
        pieces: list[_Piece[T, R]] = []
        room = self._fitting()
        while self._queue and room:
            ticket = self._queue[0]
            if ticket.until is not None and ticket.until <= self._loop.time():
                self._expire(ticket)
                continue
            start, stop = ticket.begun, min(ticket.begun + room, ticket.count)
            pieces.append(_Piece(ticket, start, stop))
            ticket.begun = stop
            self._load -= stop - start
            self._ready -= stop - start
            room -= stop - start
            if stop == ticket.count:
                ticket.queued = False
                self._queue.popleft()
        return pieces

    async def _answer_batch(self, pieces: Sequence[_Piece[T, R]]) -> None:
        items = [item for p in pieces for item in p.ticket.items[p.start : p.stop]]
        waited = self._loop.time() - pieces[0].ticket.arrived
        started = time.perf_counter()
        try:
            attempt = partial(computed, self._compute, items)
            results = await self._loop.run_in_executor(self._pool, attempt)
        finally:
            self._slots.release()
        seconds = time.perf_counter() - started
        if 4 * len(items) >= self._fitting():  # smaller ones tell nothing of a full queue
            self._learn_rate(len(items) / max(seconds, 1e-9))
        self._report(BatchReport(len(items), waited, seconds))
        at = 0
        for piece in pieces:
            size = piece.stop - piece.start
            self._hand_over(piece, results[at : at + size])
            at += size

    def _hand_over(self, piece: _Piece[T, R], results: Sequence[R | Failure]) -> None:
        ticket = piece.ticket
        if ticket.is_over or ticket.done is None:
            return
        ticket.results[piece.start : piece.stop] = results
        ticket.missing -= len(results)
        if not ticket.missing:
            ticket.done.set_result([one for one in ticket.results if one is not None])

    def _fitting(self) -> int:
        """Return how many items to compute together."""
        if self._seconds == math.inf:
            return self._most
        if not self._rate:
            return min(self._most, _FIRST)
        return min(self._most, max(round(self._rate * self._seconds), _FEWEST))

    def _learn_rate(self, rate: float) -> None:
        first = self._rate == 0.0
        self._rate = rate if first else (1 - _SMOOTHING) * self._rate + _SMOOTHING * rate

    def _wait_seconds(self) -> float:
        """Return how long the queue is likely to take; 0 before the first batch."""
        return self._load / (self._rate * self._threads) if self._rate else 0.0

    def _pause_seconds(self) -> int:
        return min(max(math.ceil(self._wait_seconds()), 1), _LONGEST_PAUSE_SECONDS)


def computed(
    compute: Callable[[Sequence[T]], Sequence[R]], items: Sequence[T]
) -> list[R | Failure]:
    """Return the results of a batch, a `Failure` for each item that cannot be computed.

    A batch that fails is halved, and each half tried by itself, down to the items to blame.
    """
    try:
        results = list(compute(items))
        if len(results) != len(items):
            raise ValueError(f"{len(results)} results of {len(items)} items")
        return list(results)
    except Exception as error:  # noqa: BLE001 - whatever one product does must not reach another's
        if len(items) == 1:
            _LOG.exception("a product could not be answered")
            return [Failure(error)]
    half = len(items) // 2
    return [*computed(compute, items[:half]), *computed(compute, items[half:])]
