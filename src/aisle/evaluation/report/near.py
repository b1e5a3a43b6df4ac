"""How near wrong answers come: among the most probable classes, and in the tree of categories."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from aisle import metrics, pages
from aisle.evaluation.hierarchy import Hierarchy
from aisle.evaluation.results import ClassEvaluation


@dataclass(frozen=True)
class NearMisses:
    """Bars of the accuracy among the first few answers, and of that by level of the tree."""

    told: str
    tops: Markup
    tree: Hierarchy | None
    levels: Markup | None
    tree_told: str


def near_misses(found: ClassEvaluation) -> NearMisses | None:
    """Return how near wrong answers come; None where nothing was measured."""
    if not found.top_k:
        return None
    tree = found.hierarchical
    return NearMisses(
        told=top_told(found),
        tops=pages.bars(
            "Accuracy among the most probable classes",
            [
                _bar("the first answer" if k == "1" else f"among the first {k}", share, found.rows)
                for k, share in found.top_k.items()
            ],
            maximum=1.0,
        ),
        tree=tree,
        levels=None
        if tree is None
        else pages.bars(
            "Accuracy by level of the tree",
            [
                _bar(
                    f"level {level.level}{' (the top)' if level.level == 1 else ''}",
                    level.accuracy,
                    level.rows,
                    f"{pages.count(level.rows)} go so deep" if level.rows < found.rows else "",
                )
                for level in tree.levels
            ],
            maximum=1.0,
        ),
        tree_told="" if tree is None else tree_told(tree),
    )


def top_told(found: ClassEvaluation) -> str:
    """Say where the right class of wrong answers stands."""
    first, five = found.top_k.get("1", found.accuracy), found.top_k.get("5", found.accuracy)
    if first >= 1:
        return "Every first answer is right."
    rescued = (five - first) / (1 - first)
    return (
        f"The right class is among the first five answers for {pages.share(five)} of products, so "
        f"a person who is shown five finds it for {pages.share(rescued)} of the mistakes."
    )


def tree_told(tree: Hierarchy) -> str:
    """Say how far down the tree answers are right."""
    words = (
        f"By {tree.source}. Each category counts with all that stand above it: hierarchical "
        f"precision {pages.share(tree.precision)}, recall {pages.share(tree.recall)}, "
        f"F1 {pages.share(tree.f1)}."
    )
    if tree.right_parents is not None:
        words += (
            f" Of {pages.plural(tree.errors, 'mistake')}, {pages.share(tree.right_parents)} "
            "are right at the parent category."
        )
    return words


def _bar(label: str, share: float, rows: int, note: str = "") -> pages.Bar:
    low, high = metrics.wilson_interval(round(share * rows), rows)
    return pages.Bar(label, share, pages.share(share), note=note, low=low, high=high)
