"""Tree heads: LightGBM with native categories, and random forests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from aisle.heads.head import (
    ClassifierHead,
    Floats,
    Head,
    Matrix,
    RegressorHead,
    class_shares,
)
from aisle.heads.solving import solving

FEW_ROWS = 20_000
MANY_COLUMNS = 1_000

_MISSING = -10.0


class _LightGbm(Head):
    """What LightGBM's classifier and regressor share.

    Source: Ke et al., LightGBM: a highly efficient gradient boosting decision tree, 2017.
    """

    wants_native = True

    def __init__(
        self,
        *,
        rounds: int = 300,
        learning_rate: float = 0.05,
        leaves: int = 15,
        minimum_rows: int = 10,
        column_share: float | None = None,
        categorical: Sequence[int] = (),
        seed: int = 0,
    ) -> None:
        self.rounds = rounds
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.minimum_rows = minimum_rows
        self.column_share = column_share
        self.categorical = categorical
        self.seed = seed

    def _column_share(self, columns: int) -> float:
        """Return the share of columns that a tree sees: less of many, which repeat each other."""
        if self.column_share is not None:
            return self.column_share
        return 0.8 if columns <= MANY_COLUMNS else 0.3

    def _train(
        self, X: Matrix, y: Any, sample_weight: Floats | None, rounds: int, **objective: Any
    ) -> Any:
        import lightgbm

        settings = {
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": max(1, min(self.minimum_rows, X.shape[0] // 20)),
            "feature_fraction": self._column_share(X.shape[1]),
            "min_data_per_group": 5,
            "cat_smooth": 5.0,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            # On few rows, threads wait for each other longer than they work.
            "num_threads": 1 if X.shape[0] < FEW_ROWS else 0,
            "verbosity": -1,
            **objective,
        }
        rows = lightgbm.Dataset(
            X,
            y,
            weight=sample_weight,
            categorical_feature=[int(column) for column in self.categorical],
            params={"verbosity": -1},
        )
        return lightgbm.train(settings, rows, num_boost_round=rounds)


class LightGbmClassifierHead(_LightGbm, ClassifierHead):
    """Gradient boosted trees over classes.

    Parameters
    ----------
    rounds
        Boosting rounds; each fits a tree a class, and beyond 20 classes fewer rounds are made so
        that the number of trees stays near ``20 * rounds``.
    learning_rate, leaves, minimum_rows, column_share
        As LightGBM's learning_rate, num_leaves, min_data_in_leaf and feature_fraction. Without a
        `column_share`, each tree sees 80 % of the columns, or 30 % of more than `MANY_COLUMNS`.
    categorical
        Positions of the columns with native category codes.
    seed
        For the sampling of columns.

    Attributes
    ----------
    booster_ : lightgbm.Booster or None
        None where training saw a single class, or no column.
    shares_ : numpy.ndarray
        The share of each class, float64 (classes,): the answer where there are no trees.
    """

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Boost trees for each class."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        kinds = len(self.classes_)
        self.shares_ = class_shares(y, sample_weight)
        self.booster_: Any = None
        if kinds > 1 and X.shape[1]:
            rounds = max(20, min(self.rounds, 20 * self.rounds // kinds))
            objective = (
                {"objective": "binary"}
                if kinds == 2
                else {"objective": "multiclass", "num_class": kinds}
            )
            self.booster_ = self._train(X, codes, sample_weight, rounds, **objective)
        return self

    def predict_proba(self, X: Matrix) -> Floats:
        """Return probabilities, float64 (rows, classes)."""
        if self.booster_ is None:
            return np.tile(self.shares_, (X.shape[0], 1))
        answer = np.asarray(self.booster_.predict(X), dtype=np.float64)
        return answer if answer.ndim == 2 else np.column_stack([1 - answer, answer])


class LightGbmRegressorHead(_LightGbm, RegressorHead):
    """Gradient boosted trees over a number; parameters as in `LightGbmClassifierHead`.

    Attributes
    ----------
    booster_ : lightgbm.Booster or None
        The trees; None where there is no column.
    level_ : float
        The mean: the answer where there are no trees.
    """

    def fit(self, X: Matrix, y: Any, sample_weight: Floats | None = None) -> Self:
        """Boost trees on the squared error."""
        self.level_ = float(np.average(y, weights=sample_weight))
        self.booster_: Any = None
        if X.shape[1]:
            self.booster_ = self._train(X, y, sample_weight, self.rounds, objective="regression")
        return self

    def predict(self, X: Matrix) -> Floats:
        """Return values, float64 (rows,)."""
        if self.booster_ is None:
            return np.full(X.shape[0], self.level_)
        return np.asarray(self.booster_.predict(X), dtype=np.float64)


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
