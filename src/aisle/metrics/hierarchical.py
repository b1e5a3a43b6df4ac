"""How far a category path is right: a near miss in a tree is no miss by a mile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aisle.errors import AisleError
from aisle.metrics.arrays import same_rows, some_rows

Path = Sequence[str]
"""The names from the top category down to a product's own."""


@dataclass(frozen=True)
class LevelScore:
    """The share of rows that are right down to a level, of those whose truth goes so deep.

    Level 1 is the top.
    """

    level: int
    accuracy: float
    rows: int


@dataclass(frozen=True)
class HierarchicalScores:
    """Micro-averaged scores of category paths.

    Parameters
    ----------
    precision, recall, f1
        Of the categories on predicted paths, the share that lies on the true ones; of those on
        true paths, the share found; and their harmonic mean.
    levels
        Accuracy by level, from the top down.
    errors
        Rows whose path is wrong.
    right_parents
        Of these, the share that is right down to the truth's parent; None without errors.
    """

    precision: float
    recall: float
    f1: float
    levels: tuple[LevelScore, ...]
    errors: int
    right_parents: float | None


def hierarchical_scores(truth: Sequence[Path], predicted: Sequence[Path]) -> HierarchicalScores:
    """Score predicted category paths by what they share with the true ones.

    A category is widened to the set of itself and its ancestors, without the root that all share.
    Precision is the size of what both sets share over the size of the predicted sets, recall over
    that of the true ones, each summed over the rows first. Equal names below different parents are
    different categories.

    Parameters
    ----------
    truth, predicted
        A path a row, from the top down, in the same order.

    Raises
    ------
    AisleError
        If there are no rows, the lengths differ, or a path is empty.

    References
    ----------
    Kiritchenko, Matwin, Nock and Famili (2006), Learning and Evaluation in the Presence of Class
    Hierarchies. Kosmopoulos, Partalas, Gaussier, Paliouras and Androutsopoulos (2015), Evaluation
    Measures for Hierarchical Classification.

    Examples
    --------
    >>> found = hierarchical_scores([("Home", "Lamps")], [("Home", "Rugs")])
    >>> found.f1, found.right_parents
    (0.5, 1.0)
    """
    true, guessed = [_path("truth", p) for p in truth], [_path("predicted", p) for p in predicted]
    same_rows("truth", len(true), "predicted", len(guessed))
    some_rows("truth", len(true))
    shared = [_shared(one, other) for one, other in zip(true, guessed, strict=True)]
    precision = sum(shared) / sum(map(len, guessed))
    recall = sum(shared) / sum(map(len, true))
    wrong = [at for at in range(len(true)) if true[at] != guessed[at]]
    near = sum(shared[at] >= len(true[at]) - 1 and len(true[at]) > 1 for at in wrong)
    return HierarchicalScores(
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / (precision + recall) if shared and sum(shared) else 0.0,
        levels=tuple(
            _level(level, true, shared) for level in range(1, max(map(len, true), default=0) + 1)
        ),
        errors=len(wrong),
        right_parents=near / len(wrong) if wrong else None,
    )


def _path(name: str, path: Path) -> tuple[str, ...]:
    if isinstance(path, str) or not path:
        raise AisleError(
            f"{name}: expected a path of at least one category a row, as a sequence of names, "
            f"found {path!r}"
        )
    return tuple(path)


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Count the categories from the top down on which two paths agree."""
    places = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(places) if a != b), min(len(one), len(other)))


def _level(level: int, true: Sequence[tuple[str, ...]], shared: Sequence[int]) -> LevelScore:
    deep = [agreed for path, agreed in zip(true, shared, strict=True) if len(path) >= level]
    return LevelScore(level, sum(agreed >= level for agreed in deep) / len(deep), len(deep))
