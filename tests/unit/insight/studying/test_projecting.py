from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

from aisle import AisleError
from aisle.encoders import Features
from aisle.insight.studying import projecting
from aisle.insight.studying.projecting import check_projections, project
from aisle.insight.studying.spaces import Space, laid_out
from aisle.insight.studying.views import View


@pytest.fixture(scope="module")
def space() -> Space:
    rng = np.random.default_rng(0)
    middles = np.repeat(rng.normal(size=(3, 12)) * 4, 20, axis=0)
    matrix = (middles + rng.normal(size=(60, 12))).astype(np.float32)
    return laid_out(Features(matrix, np.ones(60, dtype=bool)), View("x", "", "text", "deep"))


def test_projections_are_named_as_people_write_them() -> None:
    assert check_projections(["PCA", "t-SNE", "pca"]) == ("pca", "tsne")


def test_an_unknown_projection_is_refused() -> None:
    with pytest.raises(AisleError, match="no projection 'lda'; choose among none, pca, tsne, umap"):
        check_projections(["lda"])
    with pytest.raises(AisleError, match="name a projection"):
        check_projections([])


def test_umap_says_which_extra_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projecting, "has_umap", lambda: False)
    with pytest.raises(AisleError, match=r"aisle\[study\]"):
        check_projections(["umap"])


def test_umap_is_asked_for_a_plane_with_a_seed(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, object] = {}

    class Umap:
        def __init__(self, **given: object) -> None:
            asked.update(given)

        def fit_transform(self, points: np.ndarray) -> np.ndarray:
            return points[:, :2].astype(np.float64)

    module = ModuleType("umap")
    module.UMAP = Umap  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "umap", module)
    plane = project(space, "umap", seed=4)
    assert np.allclose(plane, space.components[:, :2])
    assert plane.dtype == np.float32
    assert (asked["random_state"], asked["metric"], asked["n_neighbors"]) == (4, "cosine", 15)


@pytest.mark.skipif(not projecting.has_umap(), reason="needs the extra 'study'")
def test_umap_repeats_and_loads_no_tensorflow(space: Space) -> None:
    code = (
        "import sys, numpy as np; from aisle.insight.studying import projecting as p; "
        "x = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32); "
        "a, b = p._umap(x, 1), p._umap(x, 1); "
        "print(a.shape, (a == b).all(), 'tensorflow' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.split("\n")[0] == "(40, 2) True False"


def test_none_and_pca_are_the_space_itself(space: Space) -> None:
    assert project(space, "none") is space.points
    assert project(space, "pca") is space.components


def test_tsne_is_a_plane_that_keeps_neighbours_and_repeats(space: Space) -> None:
    plane = project(space, "tsne")
    assert plane.shape == (60, 2)
    assert np.array_equal(plane, project(space, "tsne"))
    middles = plane.reshape(3, 20, 2).mean(axis=1)
    apart = np.linalg.norm(middles[0] - middles[1])
    assert apart > 2 * plane.reshape(3, 20, 2).std(axis=1).max()


def test_few_or_equal_products_still_have_a_plane() -> None:
    equal = Features(np.ones((8, 3), dtype=np.float32), np.ones(8, dtype=bool))
    flat = laid_out(equal, View("x", "", "text", "deep"))
    plane = project(flat, "tsne")
    assert plane.shape == (8, 2)
    assert np.allclose(plane, 0, atol=1e-5)
