"""A load generator: HTTP/1.1 connections that are kept, with little work of its own a request.

`saturate` asks again as soon as there is an answer. `arrive` sends at times drawn beforehand,
whether or not earlier requests were answered, and counts latency from the time at which a request
was due: a server that stands still cannot hide it (no coordinated omission).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import numpy as np

NO_ANSWER = 0
"""The status of a request whose connection broke, or that took too long."""

_TIMEOUT_SECONDS = 60.0
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Target:
    """Where requests go."""

    host: str
    port: int
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self, content: object) -> bytes:
        """Return the bytes of a request with a JSON body."""
        body = json.dumps(content).encode()
        lines = [f"POST {self.path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True)
class Outcome:
    """One request: when it was due, how late it was sent, when it was answered, and how.

    `due` counts from the start of the run; `late` and `seconds` from `due`.
    """

    due: float
    late: float
    seconds: float
    status: int


@dataclass(frozen=True)
class Load:
    """What became of the requests of a run, and what sending them took of this machine."""

    outcomes: tuple[Outcome, ...]
    seconds: float
    own_processor_seconds: float

    def count(self, *statuses: int) -> int:
        """Return how many requests were answered so."""
        return sum(one.status in statuses for one in self.outcomes)

    def rate(self) -> float:
        """Return requests answered with 200 a second."""
        return self.count(200) / self.seconds

    def latency_ms(self, percent: float, *statuses: int) -> float:
        """Return a percentile of the milliseconds of requests answered so, 200 unless told."""
        found = [one.seconds for one in self.outcomes if one.status in (statuses or (200,))]
        return float(np.percentile(found, percent)) * 1e3 if found else float("nan")

    def late_ms(self, percent: float) -> float:
        """Return a percentile of how late requests were sent, the generator's own doing."""
        return float(np.percentile([one.late for one in self.outcomes], percent)) * 1e3

    def own_share(self) -> float:
        """Return how much of one core the generator took."""
        return self.own_processor_seconds / self.seconds


def saturate(
    target: Target, requests: Sequence[bytes], *, seconds: float, connections: int
) -> Load:
    """Keep `connections` requests in hand for a time; the first fifth of it does not count."""
    return asyncio.run(_saturate(target, requests, seconds, connections))


def arrive(
    target: Target,
    requests: Sequence[bytes],
    *,
    seconds: float,
    rate: float,
    seed: int = 0,
    connections: int = 1_000,
    beside: Coroutine[Any, Any, None] | None = None,
) -> Load:
    """Send `rate` requests a second at Poisson times, and wait for all answers.

    Parameters
    ----------
    target, requests
        What is sent, over and over.
    seconds
        Between the first and the last request, about.
    rate
        A second.
    seed
        Of the times.
    connections
        At most; a request that finds none free waits, and its latency tells.
    beside
        Runs along, and is waited for.
    """
    count = max(1, round(rate * seconds))
    dues = np.cumsum(np.random.default_rng(seed).exponential(1 / rate, count)).tolist()
    return asyncio.run(_arrive(_Pool(target, connections), requests, dues, beside))


async def _saturate(
    target: Target, requests: Sequence[bytes], seconds: float, connections: int
) -> Load:
    loop = asyncio.get_running_loop()
    given = cycle(requests)
    outcomes: list[Outcome] = []
    start = loop.time()
    warm, end = start + seconds / 5, start + seconds
    processor = 0.0

    async def ask() -> None:
        pool = _Pool(target, 1)
        while (due := loop.time()) < end:
            status = await pool.ask(next(given))
            now = loop.time()
            if warm <= now < end:
                outcomes.append(Outcome(due - start, 0.0, now - due, status))
            if status == NO_ANSWER:
                await asyncio.sleep(0.01)
        pool.close()

    async def measure() -> None:
        nonlocal processor
        await asyncio.sleep(warm - loop.time())
        before = time.process_time()
        await asyncio.sleep(end - loop.time())
        processor = time.process_time() - before

    await asyncio.gather(measure(), *(ask() for _ in range(connections)))
    return Load(tuple(outcomes), end - warm, processor)


async def _arrive(
    pool: _Pool,
    requests: Sequence[bytes],
    dues: Sequence[float],
    beside: Coroutine[Any, Any, None] | None,
) -> Load:
    loop = asyncio.get_running_loop()
    outcomes: list[Outcome] = []
    before, start = time.process_time(), loop.time()

    async def ask(due: float, request: bytes) -> None:
        late = loop.time() - start - due
        status = await pool.ask(request)
        outcomes.append(Outcome(due, late, loop.time() - start - due, status))

    async with asyncio.TaskGroup() as tasks:
        if beside is not None:
            tasks.create_task(beside)
        for due, request in zip(dues, cycle(requests), strict=False):
            wait = start + due - loop.time()
            # A loop that is behind still lets answers in between two requests.
            await asyncio.sleep(max(wait, 0))
            tasks.create_task(ask(due, request))
        sent = max(dues[-1], loop.time() - start)
    pool.close()
    return Load(tuple(outcomes), sent, time.process_time() - before)


class _Pool:
    """Connections to a target, kept while they work."""

    def __init__(self, target: Target, most: int) -> None:
        self._target = target
        self._room = asyncio.Semaphore(most)
        self._idle: list[_Connection] = []

    async def ask(self, request: bytes) -> int:
        """Send a request and return the status of its answer, `NO_ANSWER` without one."""
        async with self._room:
            try:
                async with asyncio.timeout(_TIMEOUT_SECONDS):
                    connection = self._kept() or await self._opened()
                    status = await connection.ask(request)
            except (OSError, TimeoutError):
                return NO_ANSWER
            if connection.is_open:
                self._idle.append(connection)
            return status

    def close(self) -> None:
        """Close what is idle."""
        for connection in self._idle:
            connection.close()

    def _kept(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        return None

    async def _opened(self) -> _Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            _Connection, self._target.host, self._target.port
        )
        return connection


class _Connection(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self) -> None:
        self.is_open = False
        self._answer: asyncio.Future[int] | None = None
        self._received = bytearray()
        self._needed = 0
        self._status = NO_ANSWER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the connection broke"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._needed and (end := self._received.find(_HEAD_END)) >= 0:
            self._read_head(bytes(self._received[:end]).lower(), end + len(_HEAD_END))
        if self._needed and len(self._received) >= self._needed:
            del self._received[: self._needed]
            self._needed = 0
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(self._status)

    async def ask(self, request: bytes) -> int:
        """Send a request and return the status of its answer; raises OSError without one."""
        self._answer = asyncio.get_running_loop().create_future()
        try:
            self._transport.write(request)
            return await self._answer
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connection at once."""
        self.is_open = False
        self._transport.abort()

    def _read_head(self, head: bytes, start: int) -> None:
        self._status = int(head.split(b" ", 2)[1])
        _, found, rest = head.partition(b"content-length:")
        if not found:
            raise ValueError(f"an answer without Content-Length: {head[:200]!r}")
        self._needed = start + int(rest.split(b"\r\n", 1)[0])
        if b"\r\nconnection: close" in head:
            self.is_open = False
