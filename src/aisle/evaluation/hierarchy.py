"""Where classes stand in a tree, and how near wrong answers come in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle import metrics
from aisle.catalog import Catalog
from aisle.catalog.taxonomy import Taxonomy, looks_like_paths, parse_path
from aisle.errors import CatalogError

Names = npt.NDArray[np.object_]
Paths = Mapping[str, tuple[str, ...]]

AGREEING = 0.95
"""The share of products that must have the same path as others of their class."""


@dataclass(frozen=True)
class Hierarchy:
    """Scores of answers as paths in a category tree.

    Parameters
    ----------
    source
        Where the paths come from, in words.
    precision, recall, f1
        Micro-averaged over the sets of each category and its ancestors.
    levels
        Accuracy by level, from the top down.
    errors, right_parents
        How many answers are wrong, and the share of these that is right at the parent.
    unplaced
        Classes among truths and answers that stand nowhere in the tree; each counts as a tree of
        its own.
    """

    source: str
    precision: float
    recall: float
    f1: float
    levels: tuple[metrics.LevelScore, ...]
    errors: int
    right_parents: float | None
    unplaced: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape ``{precision, recall, f1, levels: [{level, accuracy}], ...}``."""
        return {
            "source": self.source,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "levels": [vars(level) for level in self.levels],
            "errors": self.errors,
            "right_parents": self.right_parents,
            "unplaced": list(self.unplaced),
        }


def hierarchy(
    products: Catalog, predicted: Names, classes: Sequence[str], taxonomy: str | Path | None
) -> Hierarchy | None:
    """Score answers in the tree that a taxonomy, the classes themselves or a column tells.

    Parameters
    ----------
    products
        The products with their truth.
    predicted
        The class chosen, str, object (rows,).
    classes
        The classes that the model knows.
    taxonomy
        A file that `Taxonomy.read` takes; None looks for paths in the catalogue.

    Returns
    -------
    Hierarchy or None
        None where nothing tells of a tree with more than one level.

    Raises
    ------
    CatalogError
        If the taxonomy cannot be read, or holds fewer than half of the classes.
    """
    truth = [str(label) for label in products.labels]
    known = list(dict.fromkeys([*classes, *truth]))
    found = (
        _from_taxonomy(known, taxonomy)
        if taxonomy is not None
        else _from_classes(known, str(products.schema.target)) or _from_columns(products, truth)
    )
    if found is None:
        return None
    source, paths = found
    placed = {name: paths.get(name) or (name,) for name in known}
    scores = metrics.hierarchical_scores(
        [placed[name] for name in truth], [placed[str(name)] for name in predicted]
    )
    return Hierarchy(
        source=source,
        precision=scores.precision,
        recall=scores.recall,
        f1=scores.f1,
        levels=scores.levels,
        errors=scores.errors,
        right_parents=scores.right_parents,
        unplaced=tuple(sorted({*truth, *map(str, predicted)} - set(paths))),
    )


def _from_taxonomy(classes: Sequence[str], file: str | Path) -> tuple[str, Paths] | None:
    """Look every class up by id, path or name; one that several categories have is left out."""
    taxonomy = Taxonomy.read(file)
    paths = {}
    for name in classes:
        try:
            paths[name] = taxonomy.path(name)
        except CatalogError:
            continue
    if 2 * len(paths) < len(classes):
        missing = ", ".join(repr(name) for name in classes if name not in paths)
        raise CatalogError(
            f"{file}: only {len(paths)} of {len(classes)} classes stand in this taxonomy under a "
            f"name that no other category has; expected most. Not found: {missing[:300]}"
        )
    return _deep(f"the taxonomy {Path(file).name}", paths)


def _from_classes(classes: Sequence[str], target: str) -> tuple[str, Paths] | None:
    if not looks_like_paths(classes):
        return None
    paths = {name: path for name in classes if (path := parse_path(name))}
    return _deep(f"the paths in {target}", paths)


def _from_columns(products: Catalog, truth: Sequence[str]) -> tuple[str, Paths] | None:
    """Take the column of paths in which every class has a place; the deepest of several."""
    found = [
        deep
        for name in products.table.column_names
        if name != products.schema.target
        and (paths := _places(_texts(products, name), truth)) is not None
        and (deep := _deep(f"the column {name}", paths)) is not None
    ]
    return max(found, key=lambda one: max(map(len, one[1].values())), default=None)


def _texts(products: Catalog, name: str) -> list[str | None]:
    kind = products.table.schema.field(name).type
    plain = (
        pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)
    )
    return products.strings(name) if plain else []


def _places(values: Sequence[str | None], truth: Sequence[str]) -> Paths | None:
    """Find where the classes stand in a column's paths; None unless nearly all agree on that."""
    if not values or not looks_like_paths(values):
        return None
    met: dict[str, Counter[tuple[str, ...]]] = {}
    for value, label in zip(values, truth, strict=True):
        if value is not None:
            met.setdefault(label, Counter())[_down_to(parse_path(value), label)] += 1
    most = {label: counts.most_common(1)[0] for label, counts in met.items()}
    agreeing = sum(count for path, count in most.values() if path)
    if agreeing < AGREEING * sum(counts.total() for counts in met.values()):
        return None
    return {label: path for label, (path, _) in most.items() if path}


def _down_to(path: Iterable[str], label: str) -> tuple[str, ...]:
    """Return a path down to the class in it; empty where it holds no such class."""
    segments = tuple(path)
    folded = [" ".join(segment.split()).casefold() for segment in segments]
    wanted = label.casefold()
    return segments[: folded.index(wanted) + 1] if wanted in folded else ()


def _deep(source: str, paths: Paths) -> tuple[str, Paths] | None:
    return (source, paths) if any(len(path) > 1 for path in paths.values()) else None
