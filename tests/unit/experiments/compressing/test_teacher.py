"""Soft labels that have not seen their rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aisle.catalog import Catalog
from aisle.errors import CatalogError, TrainingError
from aisle.experiments.compressing.rows import known_rows
from aisle.experiments.compressing.teacher import ask_teacher
from aisle.models import ProductClassifier


def test_the_teacher_is_as_right_as_training_said(fitted: ProductClassifier, shop: Catalog) -> None:
    known = known_rows(fitted, shop)
    taught = ask_teacher(fitted, known)
    right = (taught.fused.chosen.scores.argmax(axis=1) == known.codes).mean()
    assert right == pytest.approx(fitted.metrics_["out_of_fold_accuracy"], abs=1e-9)


def test_a_lesson_does_not_depend_on_the_labels_of_the_fold_it_is_judged_on(
    fitted: ProductClassifier, shop: Catalog
) -> None:
    known = known_rows(fitted, shop)
    held = known.fold_of == 0
    turned = np.where(held, (known.codes + 1) % 3, known.codes)
    column = [fitted.classes_[code] for code in turned]
    table = known.catalog.table
    at = table.column_names.index("kind")
    groups = known.catalog.groups
    table = table.set_column(at, "kind", [column])
    other = replace(known.catalog, table=table, known_groups=groups)
    lied = replace(known, catalog=other, codes=turned)
    honest, misled = (ask_teacher(fitted, rows).lessons for rows in (known, lied))
    np.testing.assert_array_equal(honest[0].shares, misled[0].shares)
    assert not np.array_equal(honest[1].shares, misled[1].shares)


def test_unlabelled_rows_get_a_guess_from_each_teacher(
    fitted: ProductClassifier, shop: Catalog
) -> None:
    rows = fitted.read([{"title": "a ceramic coffee mug", "maker": "Muco"}] * 2)
    taught = ask_teacher(fitted, known_rows(fitted, shop), rows)
    mugs = fitted.classes_.index("Mugs")
    for lesson in (*taught.lessons, taught.whole):
        assert lesson.more is not None
        assert lesson.more.shape == (2, 3)
        assert lesson.more.argmax(axis=1).tolist() == [mugs, mugs]


def test_another_catalogue_is_refused(fitted: ProductClassifier) -> None:
    strange = [{"title": f"mug {n}", "kind": "Trams"} for n in range(9)]
    with pytest.raises(TrainingError, match=r"does not know 1 of .* such as 'Trams'"):
        known_rows(fitted, Catalog.read(strange, target="kind"))
    with pytest.raises(TrainingError, match="only 0 of 9 rows have a category"):
        known_rows(fitted, [{"title": f"mug {n}"} for n in range(9)])


def test_families_stay_together(fitted: ProductClassifier, shop: Catalog) -> None:
    # Near-duplicates share a family, or they would join families to larger groups.
    families = [f"family {number % 10}" for number in shop.groups.tolist()]
    table = shop.table.append_column("family", [families])
    known = known_rows(fitted, Catalog.read(table, target="kind"), group=["family"])
    pairs = set(zip(families, known.fold_of.tolist(), strict=True))
    assert len(pairs) == len(set(families)) == 10
    assert len(set(known.fold_of.tolist())) == 3
    with pytest.raises(CatalogError, match="no column 'brand' to group by"):
        known_rows(fitted, shop, group=["brand"])
    with pytest.raises(CatalogError, match="'maker' cannot name families"):
        known_rows(fitted, shop, group=["maker"])
