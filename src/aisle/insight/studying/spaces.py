"""What a view makes of products: points in a space of its own.

Points are brought to unit length, so that the angle between two products counts and not how much
is written about them. Sparse features are brought down to 100 dimensions before (latent semantic
analysis: Deerwester et al., Indexing by latent semantic analysis, 1990).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.catalog import Catalog
from aisle.encoders import DescribingEncoder, Features, make_encoder
from aisle.insight.studying.views import View
from aisle.progress import Progress, silent

Points = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

TOPICS = 100
"""Dimensions that sparse features are brought down to."""

COMPONENTS = 50
"""Principal components in which products are compared."""


@dataclass(frozen=True, eq=False)
class Space:
    """The products that a view can see, as points.

    Parameters
    ----------
    view
        Whose points they are.
    rows
        Row numbers, int64 (points,), rising; products without the modality are not among them.
    points
        Of length 1, float32 (points, dimension).
    components
        Their principal components, float32 (points, at most 50).
    """

    view: View
    rows: Rows
    points: Points
    components: Points


def space_of(catalog: Catalog, view: View, *, progress: Progress = silent) -> Space:
    """Encode a catalogue, and lay its products out.

    Raises
    ------
    AisleError
        If the encoder cannot be had, or does not fit the catalogue.
    """
    if view.parts:
        return joined([space_of(catalog, part, progress=progress) for part in view.parts], view)
    encoder = make_encoder(view.encoder, dict(view.params))
    if isinstance(encoder, DescribingEncoder):
        described = encoder.describe(catalog, progress=progress)
        features = encoder.fit_described(described).transform_described(described)
    else:
        features = encoder.fit(catalog).transform(catalog)
    return laid_out(features, view)


def laid_out(features: Features, view: View) -> Space:
    """Turn features into points, those of absent products left out."""
    rows = np.flatnonzero(features.present).astype(np.int64)
    if not len(rows):
        nothing = np.zeros((0, 1), dtype=np.float32)
        return Space(view, rows, nothing, nothing)
    matrix = features.matrix[rows]
    points = _topics(matrix) if sparse.issparse(matrix) else np.nan_to_num(np.asarray(matrix))
    points = unit(np.asarray(points, dtype=np.float32))
    # A product of which nothing known is left would lie in the middle of all others.
    seen = np.linalg.norm(points, axis=1) > 0
    return _space(view, rows[seen], points[seen])


def joined(spaces: list[Space], view: View) -> Space:
    """Put spaces side by side, for the products that all of them see."""
    rows = spaces[0].rows
    for space in spaces[1:]:
        rows = np.intersect1d(rows, space.rows)
    parts = [space.points[np.searchsorted(space.rows, rows)] for space in spaces]
    return _space(view, rows, unit(np.hstack(parts)))


def unit(points: Points) -> Points:
    """Bring points to length 1; those at the origin stay there."""
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / np.maximum(length, 1e-12), dtype=np.float32)


def _space(view: View, rows: Rows, points: Points) -> Space:
    from sklearn.decomposition import PCA

    kept = min(COMPONENTS, *points.shape)
    components = points
    if kept and len(points) > 1:
        components = PCA(kept, random_state=0).fit_transform(points).astype(np.float32)
    return Space(view, rows, points, components)


def _topics(matrix: sparse.csr_matrix) -> Points:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    scaled = normalize(matrix)
    topics = min(TOPICS, scaled.shape[0] - 1, scaled.shape[1] - 1)
    if topics < 1:
        return np.asarray(scaled.toarray(), dtype=np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Of products that are all the same, the variance that it explains is 0 of 0.
        found = TruncatedSVD(topics, random_state=0).fit_transform(scaled)
    return np.asarray(found, dtype=np.float32)
