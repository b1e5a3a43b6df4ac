"""The rows that a compression goes by, and what is made of answers for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog, Role, Schema
from aisle.errors import CatalogError, TrainingError
from aisle.fusion import Answer, ClassExpert, ClassFusion
from aisle.models import ProductClassifier
from aisle.models.fusions import Chosen, choose_class_fusion
from aisle.models.recipe import Method

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]

_READ = frozenset(Role) - {Role.ID, Role.GROUP, Role.IGNORED}


@dataclass(frozen=True, eq=False)
class Known:
    """Products whose category is known.

    Parameters
    ----------
    catalog
        The rows, with the roles that the model was trained with.
    codes
        Their classes, by position in the model's, int64 (rows,).
    weight
        Of each row in training, float64 (rows,).
    fold_of
        The fold of each row, int64 (rows,), near-duplicates together: those of training, if the
        rows are those of training.
    """

    catalog: Catalog
    codes: Codes
    weight: Floats
    fold_of: Rows

    def __len__(self) -> int:
        return len(self.codes)


def known_rows(model: ProductClassifier, source: object, group: Sequence[str] = ()) -> Known:
    """Read the rows with a category, and lay them out in folds.

    Parameters
    ----------
    model
        Which columns are read, and how many folds there are.
    source
        The rows.
    group
        Columns that name families of products, which stay together as near-duplicates do.

    Raises
    ------
    TrainingError
        If there are none, or of categories that the model does not know, or all of one family.
    """
    opened = _in_families(model.read(source), group)
    rows = np.flatnonzero(opened.has_target)
    if len(rows) < 4:
        raise TrainingError(
            f"only {len(rows)} of {len(opened)} rows have a category in {opened.schema.target!r}: "
            "a model is compressed with the catalogue that it was trained on"
        )
    catalog = opened.take(rows)
    number = {name: code for code, name in enumerate(model.classes_)}
    labels = [str(label) for label in catalog.labels]
    if unknown := sorted(set(labels) - number.keys()):
        raise TrainingError(
            f"the model does not know {len(unknown)} of the catalogue's categories, such as "
            f"{unknown[0]!r}: a model is compressed with the catalogue that it was trained on"
        )
    codes = np.array([number[label] for label in labels], dtype=np.int64)
    count = min(model.recipe_.folds, len(np.unique(catalog.groups)))
    if count < 2:
        raise TrainingError(
            f"the {len(rows)} rows are all near-duplicates of one another: nothing can be held out"
        )
    weight = np.ones(len(codes))
    if model.recipe_.class_weights == "balanced":
        counts = np.bincount(codes)
        weight = len(codes) / (np.count_nonzero(counts) * counts[codes])
    fold_of = catalog.folds(count, seed=int(model.seed))
    return Known(catalog, codes, weight, fold_of)


def _in_families(catalog: Catalog, group: Sequence[str]) -> Catalog:
    """Give the columns that name families their role, which a model does not keep."""
    names = catalog.table.column_names
    if missing := [name for name in group if name not in names]:
        raise CatalogError(
            f"there is no column {missing[0]!r} to group by; the columns are "
            f"{', '.join(map(repr, names))}"
        )
    if read := [name for name in group if catalog.schema_role(name) in _READ]:
        raise CatalogError(
            f"column {read[0]!r} cannot name families: the model reads it as a feature or as its "
            "target"
        )
    columns = tuple(
        replace(c, role=Role.GROUP, reason="named as a family") if c.name in group else c
        for c in catalog.schema
    )
    return replace(catalog, schema=Schema(columns)) if group else catalog


def part_of(known: Known, rows: Rows, count: int, seed: int) -> Known:
    """Return some of the rows, in folds of their own."""
    catalog = known.catalog.take(rows)
    folds = catalog.folds(min(count, len(np.unique(catalog.groups))), seed=seed)
    return replace(
        known, catalog=catalog, codes=known.codes[rows], weight=known.weight[rows], fold_of=folds
    )


@dataclass(frozen=True, eq=False)
class Fused:
    """Experts' out-of-fold answers on one scale, and the fusion that they teach."""

    answers: Mapping[str, Answer]
    chosen: Chosen[ClassFusion]
    seen: Rows


def fused(
    experts: Mapping[str, ClassExpert],
    raw: Mapping[str, Answer],
    known: Known,
    methods: Sequence[Method],
) -> Fused:
    """Calibrate experts on their like's out-of-fold answers, and fit a fusion, as training does.

    Parameters
    ----------
    experts
        Fitted; they get their scale here.
    raw
        Out-of-fold answers for all rows, not calibrated.
    known
        The rows.
    methods
        The fusions to choose from.
    """
    seen = seen_rows(raw, known.codes)
    answers = {
        name: expert.calibrate(raw[name].take(seen), known.codes[seen]).calibrated(raw[name])
        for name, expert in experts.items()
    }
    chosen = choose_class_fusion(methods, answers, known.codes, seen=seen, fold_of=known.fold_of)
    return Fused(answers, chosen, seen)


def seen_rows(answers: Mapping[str, Answer], codes: Codes) -> Rows:
    """Return the rows whose class some expert had met in training when it answered them."""
    at = np.arange(len(codes))
    met = np.zeros(len(codes), dtype=bool)
    for answer in answers.values():
        met |= answer.present & (answer.scores[at, codes] > 0)
    found = np.flatnonzero(met)
    return found if len(found) else at
