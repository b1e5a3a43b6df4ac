"""The model in service: from rows to answers, with room, deadlines and callers who leave."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from aisle.insight.explaining import explain
from aisle.models import ProductClassifier, ProductRegressor
from aisle.serving.answers import Answer
from aisle.serving.batching import Batcher, ClosedError, ExpiredError, Failure, QueueFullError
from aisle.serving.calls import Answered, Call, GoneError, refusal, unless_gone
from aisle.serving.engine import Engine, Item, answers_of, make_engine, read_for
from aisle.serving.experiment import Experiment
from aisle.serving.fetching import GuardedFetcher
from aisle.serving.limits import BodyBudget
from aisle.serving.logs import REQUEST_ID
from aisle.serving.metrics import Metrics
from aisle.serving.photographs import PhotographReader
from aisle.serving.products import Product, ProductReader, ReadRequest
from aisle.serving.refusals import RequestError
from aisle.serving.settings import ServingSettings

__all__ = ["Answered", "Call", "GoneError", "Service"]

T = TypeVar("T")
Row = dict[str, object]

_LOG = logging.getLogger(__name__)
_SMALL_BYTES = 64 * 1024
_PATIENCE_SECONDS = 0.005


@dataclass(frozen=True)
class _Question:
    """A product to explain, and the category to compare its answer with."""

    engine: Engine
    product: Product
    id: str | None
    against: str | None


class Service:
    """What answers in one process: a model, and while an experiment runs a second one.

    Parameters
    ----------
    model
        Fitted.
    settings
        How to serve it.
    version
        Of the model; see `aisle.serving.engine.version_of`.

    Attributes
    ----------
    settle : callable
        Called when a model is ready, and a while after another one has taken its place; a process
        that does nothing but serve tidies up its memory then.
    """

    def __init__(
        self,
        model: ProductClassifier | ProductRegressor,
        settings: ServingSettings,
        *,
        version: str | None = None,
    ) -> None:
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
        self._photographs = PhotographReader(
            most=settings.max_images, max_pixels=settings.max_pixels, fetch=fetch
        )
        self.engine = self.prepared(model, name=settings.name, version=version)
        self.experiment: Experiment | None = None
        self._batcher = Batcher[Item, Answer](
            answers_of,
            most=settings.max_batch,
            seconds=settings.batch_ms / 1e3,
            delay_seconds=settings.max_delay_ms / 1e3,
            capacity=settings.queue,
            threads=settings.predict_threads,
            report=self.metrics.batched,
        )
        self._explainer = Batcher[_Question, dict[str, Any]](
            self._explained, most=1, delay_seconds=0, capacity=settings.explain_queue
        )
        self.is_ready = False
        self.settle: Callable[[], None] = lambda: None

    @property
    def model(self) -> ProductClassifier | ProductRegressor:
        """The model in service; another one after a reload."""
        return self.engine.model

    @property
    def reader(self) -> ProductReader:
        """What reads products for the model in service."""
        return self.engine.reader

    @property
    def load(self) -> int:
        """How many products wait."""
        return self._batcher.load

    def prepared(
        self, model: ProductClassifier | ProductRegressor, *, name: str, version: str | None
    ) -> Engine:
        """Return a model as it can answer here."""
        return make_engine(model, self.settings, self._photographs, name=name, version=version)

    def swap(self, engine: Engine) -> None:
        """Put a model that was warmed up in the place of the one in service.

        What was read for the old one is still answered by it. Called in the event loop.
        """
        self.engine.answerer.close()
        self.engine = engine
        if self.experiment is not None:
            self.experiment.restart()

    async def start(self) -> None:
        """Begin to take requests; `warm_up` makes it ready."""
        threads = self.settings.prepare_threads
        self._preparing = ThreadPoolExecutor(threads, thread_name_prefix="aisle-prepare")
        self._batcher.start()
        self._explainer.start()

    async def warm_up(self) -> None:
        """Answer for a made-up product, and say that the service is ready."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._preparing, self.engine.answerer.open)
        if self.experiment is not None:
            challenger = self.experiment.challenger.answerer
            await loop.run_in_executor(self._preparing, challenger.open)
            self.experiment.start(self)
        self.settle()
        self.is_ready = True
        self.metrics.ready(True)
        _LOG.info("ready: %s answers on %s", self.settings.name, self.model.schema_.target)

    async def stop(self) -> None:
        """Take nothing more, finish what was accepted, and release threads."""
        self.is_ready = False
        self.metrics.ready(False)
        if self.experiment is not None:
            await self.experiment.stop()
        await asyncio.gather(self._batcher.stop(), self._explainer.stop())
        self._preparing.shutdown(wait=True)
        self.engine.answerer.close()

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
        until, engine = self._until(call), self.engine
        checked = engine.reader.check(rows, most=self.settings.max_products)
        self._check_ready()
        engines = self._engines(engine, checked)
        try:
            with self._batcher.room(len(checked), until=until) as ticket:
                self.metrics.queued(self._batcher.load)
                with self.metrics.stage("prepare"):
                    read = await self._read(engine, engines, checked, call)
                items = [Item(*one) for one in zip(engines, read.products, strict=True)]
                answering = self._batcher.answer(ticket, items, until=until)
                results = await unless_gone(answering, call.gone)
        except (QueueFullError, ClosedError, ExpiredError) as error:
            raise refusal(error) from error
        finally:
            self.metrics.queued(self._batcher.load)
        answers = _filled(items, results)
        self.metrics.answered(answers)
        answered = Answered(read, answers, engines, engine)
        if self.experiment is not None:
            self.experiment.note(answered, checked, size=call.size)
        return answered

    async def answer_behind(self, items: Sequence[Item]) -> tuple[Answer, ...]:
        """Answer for products that may wait: they are queued when no request's product is.

        Raises
        ------
        ClosedError
            If the server is stopping.
        """
        while True:
            while self._batcher.load:
                await asyncio.sleep(_PATIENCE_SECONDS)
            try:
                with self._batcher.room(len(items)) as ticket:
                    return _filled(items, await self._batcher.answer(ticket, items))
            except QueueFullError:
                await asyncio.sleep(_PATIENCE_SECONDS)

    async def explain(
        self, rows: Sequence[object], call: Call, *, against: str | None
    ) -> list[dict[str, Any]]:
        """Say of each product why it got its answer, in the JSON shape of ``aisle explain``.

        Raises
        ------
        RequestError
            As `predict` does.
        """
        until, engine = self._until(call), self.engine
        checked = engine.reader.check(rows, most=self.settings.explain_products)
        self._check_ready()
        try:
            with self._explainer.room(len(checked)) as ticket:
                read = await self._read(engine, (engine,) * len(checked), checked, call)
                questions = [
                    _Question(engine, product, id, against)
                    for product, id in zip(read.products, read.ids, strict=True)
                ]
                answering = self._explainer.answer(ticket, questions, until=until)
                results = await unless_gone(answering, call.gone)
        except (QueueFullError, ClosedError, ExpiredError) as error:
            raise refusal(error) from error
        return [
            {"id": id, "row": row, "error": engine.answerer.failed()["error"]}
            if isinstance(one, Failure)
            else {**one, "id": id, "row": row}
            for row, (id, one) in enumerate(zip(read.ids, results, strict=True))
        ]

    def _explained(self, questions: Sequence[_Question]) -> list[dict[str, Any]]:
        told = []
        for one in questions:
            catalog = one.engine.reader.catalog([one.product], [one.id])
            with one.engine.answerer.keeping():
                found = explain(one.engine.model, catalog, rows=[0], against=one.against)
            told.append(found.products[0].to_dict())
        return told

    def _engines(self, engine: Engine, rows: Sequence[Row]) -> tuple[Engine, ...]:
        """Return who answers for each product."""
        if self.experiment is None:
            return (engine,) * len(rows)
        ids = engine.reader.given_ids(rows)
        return self.experiment.assigned(engine, ids, REQUEST_ID.get() or "")

    async def _read(
        self, engine: Engine, engines: Sequence[Engine], rows: Sequence[Row], call: Call
    ) -> ReadRequest:
        waits = any(one.reader.may_wait(rows) for one in dict.fromkeys(engines))
        size = 2**62 if waits else call.size
        return await self.run(partial(read_for, engine, engines, rows), size=size)

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

    @property
    def description(self) -> dict[str, Any]:
        """What is told of the model: kind, columns, classes, scores, card."""
        return self.engine.description


def _filled(items: Sequence[Item], results: Sequence[Answer | Failure]) -> tuple[Answer, ...]:
    """Return answers, and what stands in the place of those that could not be computed."""
    return tuple(
        item.engine.answerer.failed() if isinstance(one, Failure) else one
        for item, one in zip(items, results, strict=True)
    )
