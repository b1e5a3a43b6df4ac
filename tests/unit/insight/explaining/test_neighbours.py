"""The nearest training products."""

from __future__ import annotations

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier
from aisle.insight.explaining.neighbours import TrainingRows, neighbours


def test_neighbours_are_like_the_product_and_not_itself(
    reading: ProductClassifier, products: Catalog
) -> None:
    catalog = reading.read(products)
    training = TrainingRows.of(reading, catalog)
    some = catalog.take([0, 1])
    found = neighbours(reading, training, some, reading.plan_.transform(some), count=4)
    for row, near in enumerate(found):
        assert len(near) == 4
        assert all(one.row != row for one in near)
        similar = [one.similarity for one in near]
        assert similar == sorted(similar, reverse=True)
        assert near[0].label == products.labels[row]
        assert near[0].title == products.strings("title")[near[0].row]
        assert near[0].similarity == pytest.approx(np.mean(list(near[0].by_expert.values())))


def test_cosines_and_means_are_those_of_the_features(
    reading: ProductClassifier, products: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aisle.insight.explaining import neighbours as room

    catalog = reading.read(products)
    whole = TrainingRows.of(reading, catalog)
    monkeypatch.setattr(room, "_AT_ONCE", 7)
    parts = TrainingRows.of(reading, catalog)
    for name, mean in whole.means().items():
        assert np.allclose(mean, parts.means()[name])
        dense = whole.features[name].matrix
        dense = dense.toarray() if hasattr(dense, "toarray") else dense
        assert np.allclose(mean, dense.mean(axis=0), atol=1e-6)
    other = catalog.take([3])
    (near,) = neighbours(reading, whole, other, reading.plan_.transform(other), count=1)
    text = reading.plan_.experts["text"].parts["text"]
    mine = np.concatenate([whole.features[n].matrix[[3]].toarray()[0] for n in text])
    theirs = np.concatenate([whole.features[n].matrix[[near[0].row]].toarray()[0] for n in text])
    cosine = mine @ theirs / np.linalg.norm(mine) / np.linalg.norm(theirs)
    assert near[0].by_expert["text"] == pytest.approx(float(cosine), abs=1e-6)
