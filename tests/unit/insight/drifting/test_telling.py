from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from aisle import Catalog
from aisle.insight.drifting.both import Both
from aisle.insight.drifting.telling import telling_apart, weighted_auc
from tests.products import product_rows


def both(before: list[dict[str, object]], now: list[dict[str, object]]) -> Both:
    reference = Catalog.read(before, target="kind")
    return Both(reference, Catalog.read(now, schema=reference.schema))


def test_the_area_is_that_of_scikit_learn_and_weights_stand_for_copies() -> None:
    generator = np.random.default_rng(0)
    scores, new = generator.integers(0, 9, 50).astype(float), generator.random(50) < 0.5
    assert weighted_auc(scores, new, np.ones(50)) == pytest.approx(roc_auc_score(new, scores))
    times = generator.integers(0, 3, 50)
    expected = roc_auc_score(np.repeat(new, times), np.repeat(scores, times))
    assert weighted_auc(scores, new, times.astype(float)) == pytest.approx(expected)
    assert weighted_auc(scores, np.ones(50, dtype=bool), np.ones(50)) == 0.5


def test_catalogues_of_the_same_kind_are_not_told_apart() -> None:
    pair = both(product_rows(90, seed=0), product_rows(90, seed=1))
    found = telling_apart(pair, np.arange(180), 0)
    assert found is not None
    assert found.verdict == "none"
    assert 0.35 < found.auc < 0.65


def test_a_word_gives_the_new_catalogue_away() -> None:
    now = [{**row, "title": f"{row['title']} clearance"} for row in product_rows(60, seed=1)]
    found = telling_apart(both(product_rows(60), now), np.arange(120), 0)
    assert found is not None
    assert found.verdict == "strong"
    assert found.auc > 0.97
    assert found.towards_new[0][0] == "clearance"
    assert found.roc[0] == (0.0, 0.0)
    assert found.roc[-1] == (1.0, 1.0)


def test_few_products_tell_nothing() -> None:
    assert telling_apart(both(product_rows(60), product_rows(12)), np.arange(72), 0) is None
