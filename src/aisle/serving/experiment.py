"""A second model beside the one in service: on a share of the products, or in the shadow.

All counts are kept in this process's memory: a restart, and a reload of either model, begin anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aisle.errors import AisleError
from aisle.models import ProductClassifier
from aisle.serving import readout
from aisle.serving.answers import Answer
from aisle.serving.batching import ClosedError
from aisle.serving.calls import Answered
from aisle.serving.engine import Engine, Item, Model
from aisle.serving.logs import REQUEST_ID
from aisle.serving.refusals import RequestError
from aisle.serving.settings import ServingSettings

if TYPE_CHECKING:
    from aisle.serving.service import Service

_LOG = logging.getLogger(__name__)
_AT_ONCE = 16
CHAMPION, CHALLENGER = "champion", "challenger"
KEPT = (
    "in this process's memory: a restart of the server, and a new champion, lose every count, "
    "answer and feedback; the latest {:,} products are remembered"
)


@dataclass
class Arm:
    """What one of the two models answered."""

    answers: int = 0
    accepted: int = 0
    errors: int = 0
    confidence: float = 0.0

    def add(self, answer: Answer) -> None:
        """Count an answer; one that could not be computed is an error alone."""
        self.answers += 1
        self.errors += answer["error"] is not None
        self.accepted += answer["decision"] == "accept"
        self.confidence += answer["confidence"] or 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return counts, and shares of them."""
        total = self.answers
        return {
            "answers": total,
            "errors": self.errors,
            "accepted_share": self.accepted / total if total else None,
            "mean_confidence": self.confidence / total if total else None,
        }


@dataclass
class _Counts:
    """All that a new champion begins anew."""

    arms: dict[str, Arm] = field(default_factory=lambda: {CHAMPION: Arm(), CHALLENGER: Arm()})
    both: int = 0
    agreed: int = 0
    dropped: int = 0
    seen: OrderedDict[str, dict[str, str | None]] = field(default_factory=OrderedDict)
    judged: OrderedDict[str, dict[str, bool]] = field(default_factory=OrderedDict)


@dataclass(frozen=True)
class _Shadowed:
    """Products that the champion answered and the challenger has not yet."""

    counts: _Counts
    keys: Sequence[str]
    answers: Sequence[Answer]
    rows: Sequence[Mapping[str, object]]
    size: int


class Experiment:
    """Compares the model in service, the champion, with a challenger.

    Parameters
    ----------
    challenger
        Of the same target.
    settings
        Its share of the products, or the shadow, and bounds.
    """

    def __init__(self, challenger: Engine, settings: ServingSettings) -> None:
        self.challenger = challenger
        self._settings = settings
        self._counts = _Counts()
        self._waiting = 0
        self._bytes = 0
        self._queue: asyncio.Queue[_Shadowed] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def restart(self) -> None:
        """Forget all counts: there is a new champion."""
        self._counts = _Counts()

    def start(self, service: Service) -> None:
        """Begin to answer in the shadow, behind all requests."""
        self._service = service
        if self._settings.shadow:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Give up what waits in the shadow."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self.challenger.answerer.close()

    def assigned(
        self, champion: Engine, ids: Sequence[str | None], request_id: str
    ) -> tuple[Engine, ...]:
        """Return who answers for each product; the same product always gets the same model."""
        share = self._settings.share
        if share is None:
            return (champion,) * len(ids)
        keys = _keys(ids, request_id)
        return tuple(self.challenger if _fraction(key) < share else champion for key in keys)

    def note(self, answered: Answered, rows: Sequence[Mapping[str, object]], *, size: int) -> None:
        """Count the answers of a request; in the shadow, have the challenger answer it too."""
        counts, settings = self._counts, self._settings
        keys = _keys(answered.engine.reader.given_ids(rows), REQUEST_ID.get() or "")
        if answered.engine is not self._service.engine:
            return  # a champion of the past
        for key, answer, engine in zip(keys, answered.answers, answered.engines, strict=True):
            arm = CHALLENGER if engine is self.challenger else CHAMPION
            self._service.metrics.challenged(arm)
            counts.arms[arm].add(answer)
            if not settings.shadow:
                self._remember(counts, key, {arm: answer["category"]})
        if not settings.shadow:
            return
        full = self._waiting + len(keys) > settings.shadow_queue
        if full or self._bytes + size > settings.max_bodies_bytes:
            counts.dropped += len(keys)
            self._service.metrics.challenged("dropped", len(keys))
            return
        self._waiting += len(keys)
        self._bytes += size
        self._queue.put_nowait(_Shadowed(counts, keys, answered.answers, rows, size))

    def judge(self, key: str, category: str) -> bool:
        """Take the true category of a product that was answered; False if it is not known."""
        counts = self._counts
        seen = counts.seen.get(key)
        if seen is None:
            return False
        counts.judged[key] = {arm: told == category for arm, told in seen.items()}
        counts.judged.move_to_end(key)
        while len(counts.judged) > self._settings.experiment_products:
            counts.judged.popitem(last=False)
        return True

    def describe(self, champion: Engine) -> dict[str, Any]:
        """Return what has been counted, and what can be said of it."""
        counts, settings = self._counts, self._settings
        names = {CHAMPION: champion, CHALLENGER: self.challenger}
        told: dict[str, Any] = {
            "mode": "shadow" if settings.shadow else "share",
            "share": settings.share,
            "kept": KEPT.format(settings.experiment_products),
        }
        for arm, engine in names.items():
            counted = counts.arms[arm].to_dict()
            told[arm] = {"name": engine.name, "version": engine.version, **counted}
        if settings.shadow:
            told["agreement"] = {
                "both_answered": counts.both,
                "share": counts.agreed / counts.both if counts.both else None,
                "waiting": self._waiting,
                "dropped": counts.dropped,
            }
        judged = list(counts.judged.values())
        if settings.shadow:
            told["feedback"] = readout.paired(
                [one[CHAMPION] for one in judged], [one[CHALLENGER] for one in judged]
            )
        else:
            of_arm = {arm: [one[arm] for one in judged if arm in one] for arm in names}
            told["feedback"] = readout.unpaired(
                (sum(of_arm[CHAMPION]), len(of_arm[CHAMPION])),
                (sum(of_arm[CHALLENGER]), len(of_arm[CHALLENGER])),
            )
        return told

    def _remember(self, counts: _Counts, key: str, answers: dict[str, str | None]) -> None:
        if key in counts.judged:
            return  # what was judged is what was answered then
        counts.seen[key] = answers
        counts.seen.move_to_end(key)
        while len(counts.seen) > self._settings.experiment_products:
            counts.seen.popitem(last=False)

    async def _run(self) -> None:
        while True:
            shadowed = await self._queue.get()
            try:
                await self._answer(shadowed)
            except ClosedError:
                return
            except Exception:  # noqa: BLE001 - the shadow must go on
                _LOG.exception("the challenger failed")
                shadowed.counts.dropped += len(shadowed.keys)
            finally:
                self._waiting -= len(shadowed.keys)
                self._bytes -= shadowed.size

    async def _answer(self, shadowed: _Shadowed) -> None:
        rows, reader = shadowed.rows, self.challenger.reader
        read = await self._service.run(lambda: reader.read(rows), size=2**62)
        for start in range(0, len(rows), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            items = [Item(self.challenger, product) for product in read.products[part]]
            answers = await self._service.answer_behind(items)
            self._service.metrics.challenged(CHALLENGER, len(answers))
            told = zip(shadowed.keys[part], shadowed.answers[part], answers, strict=True)
            for key, first, second in told:
                counts = shadowed.counts
                counts.arms[CHALLENGER].add(second)
                counts.both += 1
                counts.agreed += first["category"] == second["category"]
                categories = {CHAMPION: first["category"], CHALLENGER: second["category"]}
                self._remember(counts, key, categories)


def check_challenger(champion: Model, challenger: Model, path: object) -> None:
    """Refuse a challenger that cannot be compared; raises AisleError."""
    if not isinstance(champion, ProductClassifier) or not isinstance(challenger, ProductClassifier):
        raise AisleError(f"{path}: experiments compare categories, so both must be classifiers")
    if champion.schema_.target != challenger.schema_.target:
        raise AisleError(
            f"{path}: tells {challenger.schema_.target!r}, and the model in service "
            f"{champion.schema_.target!r}; a challenger has the same target"
        )


def no_experiment() -> RequestError:
    """Return the refusal where there is no second model."""
    return RequestError(
        404,
        "no-experiment",
        "there is no second model",
        do="start the server with --challenger OTHER.aisle and --shadow or --share 0.1",
    )


def _keys(ids: Sequence[str | None], request_id: str) -> list[str]:
    """Return what products are known under: their ids, else the request's with the position."""
    return [f"{request_id}/{at}" if id is None else id for at, id in enumerate(ids)]


def _fraction(key: str) -> float:
    """Return a number from 0 to 1 that only the key decides."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
