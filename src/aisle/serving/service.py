"""The model in service: from rows to answers, with room, deadlines and callers who leave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

from aisle.insight.explaining import explain
from aisle.models import ProductClassifier, ProductRegressor
from aisle.models.card import model_card
from aisle.serving.answers import Answer, Answerer
from aisle.serving.batching import Batcher, ClosedError, ExpiredError, Failure, QueueFullError
from aisle.serving.fetching import GuardedFetcher
from aisle.serving.limits import BodyBudget, Limits
from aisle.serving.metrics import Metrics
from aisle.serving.photographs import PhotographReader
from aisle.serving.products import Product, ProductReader, ReadRequest
from aisle.serving.refusals import RequestError, overloaded
from aisle.serving.settings import ServingSettings

T = TypeVar("T")
Row = dict[str, object]

_LOG = logging.getLogger(__name__)
_SMALL_BYTES = 64 * 1024


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
    """The answers of one request: by product, in order."""

    read: ReadRequest
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class _Question:
    """A product to explain, and the category to compare its answer with."""

    product: Product
    id: str | None
    against: str | None


class Service:
    """One model in one process.

    Parameters
    ----------
    model
        Fitted.
    settings
        How to serve it.
    """

    def __init__(
        self, model: ProductClassifier | ProductRegressor, settings: ServingSettings
    ) -> None:
        self.model = model
        self.settings = settings
        self.metrics = Metrics()
        self.bodies = BodyBudget(
            each=settings.max_body_bytes,
            together=settings.max_bodies_bytes,
            seconds=settings.body_seconds,
        )
        fetch = (
            GuardedFetcher(seconds=settings.url_seconds, limit_bytes=settings.url_bytes)
            if settings.allow_urls
            else None
        )
        photographs = PhotographReader(
            most=settings.max_images, max_pixels=settings.max_pixels, fetch=fetch
        )
        self.reader = ProductReader(model.schema_, model.task, Limits.of(settings), photographs)
        self._answerer = Answerer(model, self.reader, keep_features=settings.keep_features)
        self._batcher = Batcher[Product, Answer](
            self._answerer.answers,
            most=settings.max_batch,
            delay_seconds=settings.max_delay_ms / 1e3,
            capacity=settings.queue,
            threads=settings.predict_threads,
            report=self.metrics.batched,
        )
        self._explainer = Batcher[_Question, dict[str, Any]](
            self._explained, most=1, delay_seconds=0, capacity=settings.explain_queue
        )
        self.is_ready = False

    async def start(self) -> None:
        """Begin to take requests; `warm_up` makes it ready."""
        threads = self.settings.prepare_threads
        self._preparing = ThreadPoolExecutor(threads, thread_name_prefix="aisle-prepare")
        self._batcher.start()
        self._explainer.start()

    async def warm_up(self) -> None:
        """Answer for a made-up product, and say that the service is ready."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._preparing, self._answerer.open)
        self.is_ready = True
        self.metrics.ready(True)
        _LOG.info("ready: %s answers on %s", self.settings.name, self.model.schema_.target)

    async def stop(self) -> None:
        """Take nothing more, finish what was accepted, and release threads."""
        self.is_ready = False
        self.metrics.ready(False)
        await asyncio.gather(self._batcher.stop(), self._explainer.stop())
        self._preparing.shutdown(wait=True)
        self._answerer.close()

    async def run(self, work: Callable[[], T], *, size: int) -> T:
        """Do some work, in a thread if it is about many bytes."""
        if size <= _SMALL_BYTES:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._preparing, work)

    async def predict(self, rows: Sequence[object], call: Call) -> Answered:
        """Answer for the products of a request.

        Raises
        ------
        RequestError
            If a limit is exceeded, there is no room, or the deadline passes.
        """
        until = self._until(call)
        checked = self.reader.check(rows, most=self.settings.max_products)
        self._check_ready()
        try:
            with self._batcher.room(len(checked)) as ticket:
                self.metrics.queued(self._batcher.load)
                with self.metrics.stage("prepare"):
                    read = await self._read(checked, call)
                answering = self._batcher.answer(ticket, read.products, until=until)
                results = await unless_gone(answering, call.gone)
        except (QueueFullError, ClosedError, ExpiredError) as error:
            raise _refusal(error) from error
        finally:
            self.metrics.queued(self._batcher.load)
        failed = self._answerer.failed
        answers = tuple(failed() if isinstance(one, Failure) else one for one in results)
        self.metrics.answered(answers)
        return Answered(read, answers)

    async def explain(
        self, rows: Sequence[object], call: Call, *, against: str | None
    ) -> list[dict[str, Any]]:
        """Say of each product why it got its answer, in the JSON shape of ``aisle explain``.

        Raises
        ------
        RequestError
            As `predict` does.
        """
        until = self._until(call)
        checked = self.reader.check(rows, most=self.settings.explain_products)
        self._check_ready()
        try:
            with self._explainer.room(len(checked)) as ticket:
                read = await self._read(checked, call)
                questions = [
                    _Question(product, id, against)
                    for product, id in zip(read.products, read.ids, strict=True)
                ]
                answering = self._explainer.answer(ticket, questions, until=until)
                results = await unless_gone(answering, call.gone)
        except (QueueFullError, ClosedError, ExpiredError) as error:
            raise _refusal(error) from error
        return [
            {"id": id, "row": row, "error": self._answerer.failed()["error"]}
            if isinstance(one, Failure)
            else {**one, "id": id, "row": row}
            for row, (id, one) in enumerate(zip(read.ids, results, strict=True))
        ]

    def _explained(self, questions: Sequence[_Question]) -> list[dict[str, Any]]:
        told = []
        for one in questions:
            catalog = self.reader.catalog([one.product], [one.id])
            with self._answerer.keeping():
                found = explain(self.model, catalog, rows=[0], against=one.against)
            told.append(found.products[0].to_dict())
        return told

    async def _read(self, rows: Sequence[Row], call: Call) -> ReadRequest:
        waits = self.reader.may_wait(rows)
        return await self.run(partial(self.reader.read, rows), size=2**62 if waits else call.size)

    def _until(self, call: Call) -> float:
        asked = self.settings.deadline_ms if call.deadline_ms is None else call.deadline_ms
        return call.arrived + asked / 1e3

    def _check_ready(self) -> None:
        if not self.is_ready:
            raise RequestError(
                503,
                "not-ready",
                "the model is being warmed up, or the server is stopping",
                do="ask again when /v2/health/ready says so",
                retry_after=1,
            )

    @cached_property
    def description(self) -> dict[str, Any]:
        """What is told of the model: kind, columns, classes, scores, card."""
        model = self.model
        schema = [column.to_dict() for column in model.schema_]
        classes = model.classes_ if isinstance(model, ProductClassifier) else None
        return {
            "name": self.settings.name,
            "kind": model.kind,
            "target": model.schema_.target,
            "classes": classes,
            "recipe": model.recipe_.name,
            "rows": model.rows_,
            "modalities": list(model.modalities_),
            "schema": schema,
            "metrics": model.metrics_,
            "card": model_card(model),
        }


class GoneError(Exception):
    """The caller left before there was an answer."""


async def unless_gone(work: Awaitable[T], gone: Callable[[], Awaitable[None]]) -> T:
    """Return the result of some work, which is given up when the caller leaves."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(gone())
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise GoneError
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


def _refusal(error: Exception) -> RequestError:
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
