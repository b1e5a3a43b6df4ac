"""What each expert makes of every product without having seen it, and what they say together.

Everything is asked twice. In the first round wrong labels teach too, and a model that has learned
from them doubts them less; so in the second the most suspicious products are answered like all
others, but teach nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog, Task
from aisle.encoders import Features
from aisle.errors import TrainingError
from aisle.fusion import Answer, ClassExpert, Late, ValueExpert, stacked, taken
from aisle.heads import quietly
from aisle.insight.auditing.suspicion import Bools, Codes, Floats, log_odds
from aisle.models import ProductClassifier, Recipe
from aisle.models.plan import Plan, make_plan
from aisle.models.recipe import recipe_of_auto
from aisle.models.training import Steps, Trial, workers
from aisle.progress import Progress, silent

SUSPICIOUS = 2.0
"""Log odds against its label from which a product teaches nothing in the second round."""

KEPT_OF_CLASS = 0.5
"""The share of each class that teaches in the second round, however suspicious it is."""


@dataclass(frozen=True, eq=False)
class Opinions:
    """Out-of-fold answers for products that all have a label.

    Parameters
    ----------
    catalog
        The products.
    recipe
        The name of the recipe whose experts were asked.
    names
        The classes, in alphabetical order.
    codes
        Given classes, int64 (rows,).
    pooled
        What the experts say together, float64 (rows, classes).
    experts
        By name, calibrated.
    known
        bool (rows,): the class had other products to learn it from. Where not, its probability is
        0 by necessity, and the product is not to blame.
    described
        What the encoders in two stages say of the products, by encoder.
    modality_of
        The modality of each of these encoders.
    """

    catalog: Catalog
    recipe: str
    names: tuple[str, ...]
    codes: Codes
    pooled: Floats
    experts: Mapping[str, Answer]
    known: Bools
    described: Mapping[str, Features]
    modality_of: Mapping[str, str]


def ask(
    catalog: Catalog,
    recipe: str | Path | Recipe | ProductClassifier = "auto",
    settings: tuple[str, ...] = (),
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Opinions:
    """Ask the experts of a recipe about every product, in two rounds.

    Parameters
    ----------
    catalog
        Products that all have a label.
    recipe, settings
        As for a `ProductClassifier`; or such a model, whose recipe is taken.
    seed
        The same seed, the same folds and the same answers.
    progress
        Called as work goes on.

    Raises
    ------
    TrainingError
        If there is nothing to tell apart, or nothing can be held out.
    """
    names, codes = np.unique(catalog.labels.astype(str), return_inverse=True)
    if len(names) < 2:
        raise TrainingError(
            f"every row has the same value in {catalog.schema.target!r}: no label can be told "
            "from another; audit a column with two classes or more"
        )
    catalog.find_groups(progress)
    chosen = _recipe(catalog, recipe, settings)
    plan = make_plan(chosen, catalog, seed=seed)
    described = plan.describe(catalog, progress)
    plan = plan.usable(described).for_fusion(Late.name)
    fold_of = _folds(catalog, chosen.folds, seed)
    rows = len(catalog)
    weight = None
    if chosen.class_weights == "balanced":
        counts = np.bincount(codes)
        weight = rows / (len(counts) * counts[codes])
    asking = _Asking(plan, catalog, described, codes, len(names), weight)
    count = len(np.unique(fold_of))
    step = Steps(progress, "asking without the label", 2 * count * (1 + len(plan.experts)))
    everyone = np.ones(rows, dtype=bool)
    first = asking.round(fold_of, everyone, step)
    known = _known(codes, fold_of, everyone)
    _, pooled = _together(first, codes, known)
    clean = _teaching(log_odds(pooled, codes, known).against, codes)
    second = asking.round(fold_of, clean, step)
    known &= _known(codes, fold_of, clean)
    experts, pooled = _together(second, codes, clean & known)
    return Opinions(
        catalog=catalog,
        recipe=chosen.name,
        names=tuple(str(name) for name in names),
        codes=codes.astype(np.int64),
        pooled=pooled,
        experts=experts,
        known=known,
        described=described,
        modality_of={n: e.modality for n, e in plan.encoders.items() if n in described},
    )


@dataclass(frozen=True, eq=False)
class _Asking:
    """What stays the same from round to round."""

    plan: Plan
    catalog: Catalog
    described: Mapping[str, Features]
    codes: Codes
    classes: int
    weight: Floats | None

    def round(self, fold_of: Codes, teaching: Bools, step: Steps) -> dict[str, Answer]:
        """Return every expert's answers, each row's by its like that other folds have taught."""
        trial = Trial(self.plan, self.catalog, self.described, self._learn)
        held = [np.flatnonzero(fold_of == fold) for fold in np.unique(fold_of)]

        def fold(rows: Codes) -> dict[str, Answer]:
            others = teaching.copy()
            others[rows] = False
            return trial.answers(np.flatnonzero(others), rows, step)

        with quietly(), ThreadPoolExecutor(workers(len(fold_of))) as pool:
            answers = list(pool.map(fold, held))
        back = np.argsort(np.concatenate(held))
        return {name: stacked([a[name] for a in answers]).take(back) for name in self.plan.experts}

    def _learn(
        self,
        expert: ClassExpert | ValueExpert,
        features: Features,
        rows: Codes,
        shown: Features | None,
    ) -> None:
        assert isinstance(expert, ClassExpert)
        some = None if self.weight is None else self.weight[rows]
        expert.fit(features, self.codes[rows], self.classes, some)


def _recipe(
    catalog: Catalog,
    recipe: str | Path | Recipe | ProductClassifier,
    settings: tuple[str, ...],
) -> Recipe:
    if isinstance(recipe, ProductClassifier):
        fitted: Recipe | None = getattr(recipe, "recipe_", None)
        settings = (*(() if fitted else recipe.settings), *settings)
        recipe = fitted or recipe.recipe
    if str(recipe).lower() == "auto":
        recipe = recipe_of_auto(catalog.modalities)
    return Recipe.load(recipe, Task.CLASSIFY, settings)


def _folds(catalog: Catalog, folds: int, seed: int) -> Codes:
    count = min(folds, len(np.unique(catalog.groups)))
    fold_of = catalog.folds(count, seed=seed) if count > 1 else np.zeros(len(catalog), np.int64)
    if len(np.unique(fold_of)) < 2:
        raise TrainingError(
            f"the {len(catalog)} rows are all near-duplicates of one another, or of one family: "
            "nothing can be held out to check a label with"
        )
    return fold_of


def _known(codes: Codes, fold_of: Codes, teaching: Bools) -> Bools:
    """Say which rows' class is taught by some row of another fold, bool (rows,)."""
    table = np.zeros((codes.max() + 1, fold_of.max() + 1), dtype=np.int64)
    np.add.at(table, (codes[teaching], fold_of[teaching]), 1)
    known: npt.NDArray[np.bool_] = table.sum(axis=1)[codes] > table[codes, fold_of]
    return known


def _teaching(against: Floats, codes: Codes) -> Bools:
    """Say which rows teach in the second round: not the suspicious, but enough of every class."""
    clean = against < SUSPICIOUS
    for code in np.unique(codes[~clean]):
        own = np.flatnonzero(codes == code)
        least = int(np.ceil(KEPT_OF_CLASS * len(own)))
        clean[own[np.argsort(against[own], kind="stable")[:least]]] = True
    return clean


def _together(
    raw: Mapping[str, Answer], codes: Codes, teaching: Bools
) -> tuple[dict[str, Answer], Floats]:
    """Give every expert its scale and all of them their weights; return what they say together."""
    rows = np.flatnonzero(teaching)
    if not len(rows):
        rows = np.arange(len(codes))
    experts = {}
    for name, answer in raw.items():
        scale = ClassExpert({}, None).calibrate(answer.take(rows), codes[rows])  # type: ignore[arg-type]
        experts[name] = scale.calibrated(answer)
    pool = Late().fit(taken(experts, rows), codes[rows])
    return experts, pool.combine(experts).scores
