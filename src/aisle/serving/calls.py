"""One request on its way: what it says besides its products, its answers, and callers who leave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from aisle.serving.answers import Answer
from aisle.serving.batching import ExpiredError, QueueFullError
from aisle.serving.engine import Engine
from aisle.serving.products import ReadRequest
from aisle.serving.refusals import RequestError, overloaded

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """What a request says besides its products.

    Parameters
    ----------
    arrived
        When it began to come in, on the event loop's clock.
    deadline_ms
        How long it may take from then on; None for the server's own bound.
    gone
        Returns when the caller has left.
    size
        Bytes of the body.
    """

    arrived: float
    deadline_ms: float | None
    gone: Callable[[], Awaitable[None]]
    size: int


@dataclass(frozen=True)
class Answered:
    """The answers of one request: by product, in order.

    Parameters
    ----------
    read
        The products.
    answers
        One a product.
    engines
        Who gave each of them.
    engine
        The model in service when the request came.
    """

    read: ReadRequest
    answers: tuple[Answer, ...]
    engines: tuple[Engine, ...]
    engine: Engine


class GoneError(Exception):
    """The caller left before there was an answer."""


async def unless_gone(work: Coroutine[Any, Any, T], gone: Callable[[], Awaitable[None]]) -> T:
    """Return the result of some work, which is given up when the caller leaves.

    Raises
    ------
    GoneError
        If the caller leaves before.
    """
    left = False
    working = asyncio.current_task()
    assert working is not None

    async def watch() -> None:
        nonlocal left
        await gone()
        left = True
        working.cancel()

    watching = asyncio.create_task(watch())
    try:
        return await work
    except asyncio.CancelledError:
        if not left:
            raise
        working.uncancel()
        raise GoneError from None
    finally:
        watching.cancel()


def refusal(error: Exception) -> RequestError:
    """Return what a caller is told whose products the batcher does not answer."""
    if isinstance(error, QueueFullError):
        return overloaded("the queue of products is full", error.seconds)
    if isinstance(error, ExpiredError):
        return RequestError(
            504,
            "expired",
            "the deadline passed before there was an answer",
            do="allow more time with X-Deadline-Ms, or send fewer products at once",
        )
    return RequestError(
        503, "stopping", "the server is stopping", do="ask another one", retry_after=1
    )
