"""Projections: from the many dimensions of an encoder to few, without labels."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import cast

import numpy as np

from aisle.errors import AisleError
from aisle.insight.studying.spaces import Points, Space

PROJECTIONS = ("none", "pca", "tsne", "umap")
"""All that there are."""

DEFAULT = ("none", "pca", "tsne")
"""Those that need nothing but the core install."""

NAMES = {"none": "none", "pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
"""What they are called on a page."""

PERPLEXITY = 30.0
SAME = 1e-5
"""How close all products may lie before nothing tells them apart but rounding."""

_NEIGHBOURS = 15


def check_projections(names: Iterable[str]) -> tuple[str, ...]:
    """Return the projections that are asked for, each once.

    Raises
    ------
    AisleError
        If one is not known, none is named, or the extra for UMAP is not installed.
    """
    asked = tuple(dict.fromkeys(name.strip().lower().replace("-", "") for name in names))
    for name in asked:
        if name not in PROJECTIONS:
            raise AisleError(
                f"there is no projection {name!r}; choose among {', '.join(PROJECTIONS)}"
            )
    if not asked:
        raise AisleError(f"name a projection at least, of {', '.join(PROJECTIONS)}")
    if "umap" in asked and not has_umap():
        raise AisleError('the projection umap needs umap-learn: pip install "aisle[study]"')
    return asked


def has_umap() -> bool:
    """Say whether UMAP is installed, without the seconds that importing it takes."""
    return find_spec("umap") is not None


def project(space: Space, name: str, *, seed: int = 0) -> Points:
    """Project the points of a space.

    Parameters
    ----------
    space
        At least two points.
    name
        ``none`` (the points as they are), ``pca`` (50 principal components), ``tsne`` or ``umap``
        (a plane, from these components).
    seed
        The same seed, the same plane.

    Returns
    -------
    numpy.ndarray
        float32 (points, dimension).

    References
    ----------
    van der Maaten and Hinton (2008), Visualizing data using t-SNE. McInnes, Healy and Melville
    (2018), UMAP: uniform manifold approximation and projection for dimension reduction.
    """
    if name == "none":
        return space.points
    if name == "pca":
        return space.components
    few = len(space.components) < 5 or space.components.shape[1] < 2
    if few or float(np.ptp(space.components, axis=0).max()) < SAME:
        return flat(space)
    return _tsne(space.components, seed) if name == "tsne" else _umap(space.components, seed)


def flat(space: Space) -> Points:
    """Return the first two principal components, float32 (points, 2)."""
    plane = np.zeros((len(space.components), 2), dtype=np.float32)
    kept = space.components[:, :2]
    plane[:, : kept.shape[1]] = kept
    return plane


def _tsne(points: Points, seed: int) -> Points:
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(points) - 1) / 3)
    made = TSNE(2, init="pca", metric="cosine", perplexity=perplexity, random_state=seed)
    return np.asarray(made.fit_transform(points), dtype=np.float32)


def _umap(points: Points, seed: int) -> Points:
    import warnings

    with warnings.catch_warnings():
        # It says that a seed costs it its threads, which is what a seed is for.
        warnings.simplefilter("ignore")
        with _without("umap.parametric_umap"):
            from umap import UMAP
        made = UMAP(
            n_neighbors=min(_NEIGHBOURS, len(points) - 1),
            min_dist=0.0,
            metric="cosine",
            random_state=seed,
        )
        return np.asarray(made.fit_transform(points), dtype=np.float32)


@contextmanager
def _without(name: str) -> Iterator[None]:
    """Let a module be missing while another one is imported that would load it in vain.

    UMAP's parametric kind loads TensorFlow wherever that is installed, which takes seconds.
    """
    modules = cast("dict[str, object]", sys.modules)
    before = modules.setdefault(name, None)
    try:
        yield
    finally:
        if before is None:
            del modules[name]
