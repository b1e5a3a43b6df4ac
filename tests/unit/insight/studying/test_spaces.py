from __future__ import annotations

import numpy as np
from scipy import sparse

from aisle import Catalog
from aisle.encoders import Features
from aisle.insight.studying.spaces import COMPONENTS, TOPICS, joined, laid_out, space_of
from aisle.insight.studying.views import View, joined_view, named_views

TEXT = View("t", "tfidf", "text", "classical")
IMAGE = View("i", "hog", "image", "classical")


def features(rows: int, dimension: int, absent: tuple[int, ...] = ()) -> Features:
    matrix = np.random.default_rng(0).normal(size=(rows, dimension)).astype(np.float32)
    present = np.ones(rows, dtype=bool)
    present[list(absent)] = False
    matrix[~present] = 0
    return Features(matrix, present)


def test_products_without_the_modality_are_left_out() -> None:
    space = laid_out(features(80, 60, absent=(3, 40)), TEXT)
    assert len(space.rows) == 78
    assert 3 not in space.rows
    assert np.allclose(np.linalg.norm(space.points, axis=1), 1, atol=1e-5)
    assert space.components.shape == (78, COMPONENTS)


def test_sparse_features_are_brought_down() -> None:
    matrix = sparse.random(150, 900, 0.05, format="csr", dtype=np.float32, random_state=0)
    space = laid_out(Features(matrix, np.ones(150, dtype=bool)), TEXT)
    assert space.points.shape == (150, TOPICS)


def test_missing_numbers_are_no_points_elsewhere() -> None:
    matrix = np.ones((20, 3), dtype=np.float32)
    matrix[0, 0] = np.nan
    space = laid_out(Features(matrix, np.ones(20, dtype=bool)), TEXT)
    assert np.isfinite(space.points).all()


def test_spaces_are_joined_for_products_that_both_see() -> None:
    one = laid_out(features(30, 5, absent=(0,)), TEXT)
    other = laid_out(features(30, 7, absent=(29,)), IMAGE)
    both = joined([one, other], joined_view(TEXT, IMAGE))
    assert both.rows.tolist() == list(range(1, 29))
    assert np.allclose(np.linalg.norm(both.points[:, :5], axis=1), 0.5**0.5, atol=1e-5)
    assert np.allclose(both.points[0, :5], one.points[0] * 0.5**0.5, atol=1e-5)


def test_a_catalogue_is_encoded(photographed: Catalog) -> None:
    (view,) = named_views(["tfidf+colour"], photographed)
    space = space_of(photographed, view)
    assert 11 not in space.rows
    assert len(space.rows) == 59
