"""Trying a plan for one expert: fold after fold, until it is clearly worse than the best."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog
from aisle.encoders import DescribingEncoder, Encoder, Features
from aisle.encoders.pretrained.encoder import PretrainedEncoder
from aisle.errors import AisleError
from aisle.experiments.searching.sampling import State
from aisle.experiments.searching.shelf import Shelf
from aisle.experiments.searching.target import AnyExpert, ClassTarget, Judged, Losses, ValueTarget
from aisle.fusion import Answer, stacked
from aisle.heads import quietly
from aisle.models.parameters import wrong_parameters_explained
from aisle.models.plan import Plan, make_plan
from aisle.models.recipe import ExpertPlan, Recipe
from aisle.models.training import workers
from aisle.neural.training import abandonable
from aisle.progress import Progress, silent

logger = logging.getLogger(__name__)

Rows = npt.NDArray[np.int64]

CLEARLY_WORSE = 2.0
"""Standard errors of the paired difference from which a plan is given up."""

_AT_A_TIME = 2
"""Folds between two looks at a plan, after the first; the same on any machine."""

# What libraries and plug-ins raise where features and head do not fit together.
_FAILURES = (
    AisleError,
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a plan.

    Parameters
    ----------
    state
        ``complete`` after all folds, ``stopped`` where it was clearly worse before.
    folds
        How many folds it was tried on.
    loss
        The mean over their rows; None where it failed.
    judged
        By row; None unless it is complete.
    seconds
        What it took.
    fit_seconds
        What it would have taken without features of other trials, all folds together.
    error
        Why it failed.
    """

    state: State
    folds: int
    loss: float | None
    judged: Judged | None
    seconds: float
    fit_seconds: float
    error: str | None = None


class Trier:
    """Tries plans on the same folds.

    Parameters
    ----------
    catalog
        The training rows, all with a target.
    recipe
        What plans are part of.
    target
        The truth, and the folds.
    seed
        For heads and encoders that draw numbers.
    shelf
        For features that plans share.
    """

    def __init__(
        self,
        catalog: Catalog,
        recipe: Recipe,
        target: ClassTarget | ValueTarget,
        *,
        seed: int,
        shelf: Shelf,
    ) -> None:
        self._catalog = catalog
        self._recipe = recipe
        self._target = target
        self._seed = seed
        self._shelf = shelf
        rows = len(catalog)
        held = [np.flatnonzero(target.fold_of == fold) for fold in np.unique(target.fold_of)]
        self._held: list[Rows] = [some for some in held if 0 < len(some) < rows]

    @property
    def folds(self) -> int:
        """How many folds there are."""
        return len(self._held)

    def attempt(
        self,
        name: str,
        plan: ExpertPlan,
        best: Outcome | None,
        go_on: Callable[[], bool],
        progress: Progress = silent,
    ) -> Outcome | None:
        """Try a plan; None if time ran out before it was finished.

        Parameters
        ----------
        name
            The expert's.
        plan
            What to try.
        best
            The best outcome so far; None for a plan that is tried on all folds and may not fail.
        go_on
            Asked between folds.
        progress
            Told of encoding, which takes long the first time.
        """
        try:
            return self._attempt(name, plan, best, go_on, progress)
        except _FAILURES as error:
            if best is None:
                raise
            logger.info("%s: a trial failed", name, exc_info=True)
            said = str(error).strip() or "no reason given"
            told = said if isinstance(error, AisleError) else f"{type(error).__name__}: {said}"
            return Outcome("failed", 0, None, None, 0.0, 0.0, told)

    def _attempt(
        self,
        name: str,
        plan: ExpertPlan,
        best: Outcome | None,
        go_on: Callable[[], bool],
        progress: Progress,
    ) -> Outcome | None:
        start = time.perf_counter()
        alone = self._recipe.model_copy(update={"experts": {name: plan}})
        parts = make_plan(alone, self._catalog, seed=self._seed)
        expert = parts.experts[name]
        described = self._describe(parts, progress)
        encoding = sum(features.seconds for features in described.values())
        known = {label: features.features for label, features in described.items()}
        answers: list[Answer] = []
        tried: list[Rows] = []
        fitting = 0.0
        with wrong_parameters_explained(), quietly(), abandonable(self._workers) as pool:
            for rung in _rungs(len(self._held)):
                some = [self._held[fold] for fold in rung]
                for answer, seconds in pool.map(lambda r: self._fold(parts, name, known, r), some):
                    answers.append(answer)
                    fitting += seconds
                tried += some
                rows = np.concatenate(tried)
                judged = self._target.judge(expert, stacked(answers), rows)
                loss = self._target.loss(judged.losses, rows)
                if len(tried) == len(self._held):
                    break
                if best is not None and self._hopeless(judged, best, rows):
                    took = time.perf_counter() - start
                    return Outcome("stopped", len(tried), loss, None, took, 0.0)
                if not go_on():
                    return None
        whole = _by_row(judged, rows)
        took = time.perf_counter() - start
        loss = self._target.loss(whole.losses)
        return Outcome("complete", len(tried), loss, whole, took, fitting + encoding)

    @property
    def _workers(self) -> int:
        return min(_AT_A_TIME, workers(len(self._catalog)))

    def _hopeless(self, judged: Judged, best: Outcome, rows: Rows) -> bool:
        assert best.judged is not None
        counted = self._target.counted[rows]
        return clearly_worse(judged.losses[counted], best.judged.losses[rows][counted])

    def _describe(self, parts: Plan, progress: Progress) -> dict[str, _Described]:
        """Return what encoders in two stages say of all rows, once for plans that share them."""
        found = {}
        for label, encoder in parts.encoders.items():
            if isinstance(encoder, DescribingEncoder):
                told = self._shelf.get(
                    ("described", _described_key(encoder)),
                    lambda e=encoder: (e.describe(self._catalog, progress=progress),),  # type: ignore[misc]
                )
                found[label] = _Described(told.parts[0], told.seconds)
        return found

    def _fold(
        self, parts: Plan, name: str, described: Mapping[str, Features], held: Rows
    ) -> tuple[Answer, float]:
        """Train on all other rows, answer for the held ones, and say what it costs, in seconds."""
        train = np.setdiff1d(np.arange(len(self._catalog)), held)
        # Made once it is needed, and once for all encoders of the plan.
        rows = (_Lazy(self._catalog, train), _Lazy(self._catalog, held))
        here = parts.fresh()
        seconds = 0.0
        known: dict[str, Features] = {}
        unseen: dict[str, Features] = {}
        for label, encoder in here.encoders.items():
            key = (int(held[0]), type(encoder).__name__, _written(encoder.get_params()))
            made = self._shelf.get(
                key,
                lambda e=encoder, n=label: _encode(e, described.get(n), rows),  # type: ignore[misc]
            )
            known[label], unseen[label] = made.parts
            seconds += made.seconds
        expert: AnyExpert = here.experts[name]
        start = time.perf_counter()
        self._target.learn(expert, expert.gather(known), train)
        answer = expert.raw(expert.gather(unseen))
        return answer, seconds + time.perf_counter() - start


def clearly_worse(losses: Losses, best: Losses, errors: float = CLEARLY_WORSE) -> bool:
    """Say whether losses are higher than the best plan's on the same rows, by more than noise.

    Parameters
    ----------
    losses, best
        float32 (rows,), in the same order.
    errors
        Standard errors of the mean paired difference that are taken for noise.
    """
    if len(losses) < 2:
        return False
    difference = losses.astype(np.float64) - best
    noise = float(difference.std(ddof=1) / np.sqrt(len(difference)))
    return float(difference.mean()) > errors * noise


@dataclass(frozen=True, eq=False)
class _Described:
    features: Features
    seconds: float


class _Lazy:
    """Some rows of a catalogue, taken when they are first asked for."""

    def __init__(self, catalog: Catalog, rows: Rows) -> None:
        self.rows = rows
        self._whole = catalog
        self._taken: Catalog | None = None

    @property
    def catalog(self) -> Catalog:
        if self._taken is None:
            self._taken = self._whole.take(self.rows)
        return self._taken


def _encode(
    encoder: Encoder, described: Features | None, rows: tuple[_Lazy, _Lazy]
) -> tuple[Features, Features]:
    """Fit an encoder on training rows, and return their features and those of held rows."""
    train, held = rows
    if described is not None and isinstance(encoder, DescribingEncoder):
        told = described.take(train.rows)
        encoder.fit_described(told)
        unseen = encoder.transform_described(described.take(held.rows))
        return encoder.transform_described(told), unseen
    encoder.fit(train.catalog)
    return encoder.transform(train.catalog), encoder.transform(held.catalog)


def _rungs(folds: int) -> list[range]:
    """Cut folds into the steps after which a plan is looked at: the first, then a few at a time."""
    steps = [range(min(1, folds))]
    return steps + [
        range(start, min(start + _AT_A_TIME, folds)) for start in range(1, folds, _AT_A_TIME)
    ]


def _by_row(judged: Judged, rows: Rows) -> Judged:
    """Put what was judged fold by fold into the order of the catalogue."""
    back = np.argsort(rows)
    return Judged(judged.losses[back], None if judged.wrong is None else judged.wrong[back])


_LEARNED_AFTERWARDS = ("components", "scale", "weight")


def _described_key(encoder: DescribingEncoder) -> str:
    """Write what the descriptions of an encoder depend on."""
    params = encoder.get_params()
    if isinstance(encoder, PretrainedEncoder):
        params = {n: value for n, value in params.items() if n not in _LEARNED_AFTERWARDS}
    return f"{type(encoder).__name__} {_written(params)}"


def _written(params: Mapping[str, object]) -> str:
    return repr(sorted(params.items(), key=lambda item: item[0]))
