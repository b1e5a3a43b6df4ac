"""Random forests as heads."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from aisle.heads.head import ClassifierHead, Floats, Head, Matrix, RegressorHead, class_shares
from aisle.heads.solving import solving

_MISSING = -10.0


class _Forest(Head):
    """What the random forests share (Breiman, Random forests, 2001)."""

    def __init__(self, trees: int = 300, minimum_rows: int = 1, seed: int = 0) -> None:
        self.trees = trees
        self.minimum_rows = minimum_rows
        self.seed = seed

    def _settings(self) -> dict[str, Any]:
        return {
            "n_estimators": self.trees,
            "min_samples_leaf": self.minimum_rows,
            "random_state": self.seed,
            "n_jobs": -1,
        }

    @staticmethod
    def _sequential(forest: Any) -> Any:
        """Predict in one thread: threads would add the trees' answers in any order."""
        return forest.set_params(n_jobs=1)


class ForestClassifierHead(_Forest, ClassifierHead):
    """Random forest over classes.

    Parameters
    ----------
    trees
        The number of trees.
    minimum_rows
        The fewest rows in a leaf.
    seed
        For the bootstrap and the choice of columns.

    Attributes
    ----------
    forest_ : sklearn.ensemble.RandomForestClassifier or None
        The trees; None where there is no column.
    shares_ : numpy.ndarray
        The share of each class, float64 (classes,): the answer where there are no trees.
    """

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Grow the trees."""
        from sklearn.ensemble import RandomForestClassifier

        self.classes_ = np.unique(y)
        self.shares_ = class_shares(y, sample_weight)
        self.forest_: Any = None
        if X.shape[1]:
            forest = RandomForestClassifier(**self._settings())
            with solving(type(self).__name__):
                forest.fit(_finite(X), y, sample_weight=sample_weight)
            self.forest_ = self._sequential(forest)
        return self

    def predict_proba(self, X: Matrix) -> Floats:
        """Return probabilities, float64 (rows, classes)."""
        if self.forest_ is None:
            return np.tile(self.shares_, (X.shape[0], 1))
        return np.asarray(self.forest_.predict_proba(_finite(X)), dtype=np.float64)


class ForestRegressorHead(_Forest, RegressorHead):
    """Random forest over a number; parameters as in `ForestClassifierHead`.

    Attributes
    ----------
    forest_ : sklearn.ensemble.RandomForestRegressor or None
        The trees; None where there is no column.
    level_ : float
        The mean: the answer where there are no trees.
    """

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Grow the trees."""
        from sklearn.ensemble import RandomForestRegressor

        self.level_ = float(np.average(y, weights=sample_weight))
        self.forest_: Any = None
        if X.shape[1]:
            forest = RandomForestRegressor(max_features=0.3, **self._settings())
            self.forest_ = self._sequential(forest.fit(_finite(X), y, sample_weight=sample_weight))
        return self

    def predict(self, X: Matrix) -> Floats:
        """Return values, float64 (rows,)."""
        if self.forest_ is None:
            return np.full(X.shape[0], self.level_)
        return np.asarray(self.forest_.predict(_finite(X)), dtype=np.float64)


def _finite(X: Matrix) -> Matrix:
    """Replace NaN, which only LightGBM understands, by a value below all others."""
    if not hasattr(X, "toarray"):
        return np.nan_to_num(X, nan=_MISSING)
    if not np.isnan(X.data).any():
        return X
    filled = X.copy()
    filled.data = np.nan_to_num(X.data, nan=_MISSING)
    return filled
