"""LightGBM's boosted trees as heads, with native categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from scipy import sparse

from aisle.heads.head import (
    ClassifierHead,
    Codes,
    Floats,
    Head,
    Matrix,
    RegressorHead,
    class_shares,
)

FEW_ROWS = 20_000
MANY_COLUMNS = 1_000

SUREST = 0.1
"""The least curvature of a classifier's leaf, in rows of weight 1."""

Stopping = tuple[Matrix, Any]
"""Features and targets of rows that say when to stop."""


class _LightGbm(Head):
    """What LightGBM's classifier and regressor share.

    Source: Ke et al., LightGBM: a highly efficient gradient boosting decision tree, 2017.
    """

    wants_native = True
    stops_early = True

    kept_: Codes | None

    def __init__(
        self,
        *,
        rounds: int = 300,
        learning_rate: float = 0.05,
        leaves: int = 15,
        minimum_rows: int = 10,
        column_share: float | None = None,
        columns: int | None = 2_000,
        bins: int = 63,
        patience: int = 30,
        categorical: Sequence[int] = (),
        seed: int = 0,
    ) -> None:
        self.rounds = rounds
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.minimum_rows = minimum_rows
        self.column_share = column_share
        self.columns = columns
        self.bins = bins
        self.patience = patience
        self.categorical = categorical
        self.seed = seed

    def _column_share(self, columns: int) -> float:
        """Return the share of columns that a tree sees: less of many, which repeat each other."""
        if self.column_share is not None:
            return self.column_share
        return 0.8 if columns <= MANY_COLUMNS else 0.3

    def _train(
        self,
        X: Matrix,
        y: Any,
        sample_weight: Floats | None,
        stopping: Stopping | None,
        rounds: int,
        **objective: Any,
    ) -> Any:
        import lightgbm

        self.kept_ = _columns_to_keep(X, self.categorical, self.columns)
        categorical = np.asarray(self.categorical, dtype=np.int64)
        if self.kept_ is not None:
            categorical = np.searchsorted(self.kept_, categorical)
        features = self._seen(X)
        settings = {
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": max(1, min(self.minimum_rows, X.shape[0] // 20)),
            "feature_fraction": self._column_share(features.shape[1]),
            "min_data_per_group": 5,
            "cat_smooth": 5.0,
            "max_bin": self.bins,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            # On few rows, threads wait for each other longer than they work.
            "num_threads": 1 if X.shape[0] < FEW_ROWS else 0,
            "verbosity": -1,
            **objective,
        }
        rows = lightgbm.Dataset(
            features,
            y,
            weight=sample_weight,
            categorical_feature=categorical.tolist(),
            params=settings,
        )
        if stopping is None or not self.patience:
            return lightgbm.train(settings, rows, num_boost_round=rounds)
        return lightgbm.train(
            settings,
            rows,
            num_boost_round=rounds,
            valid_sets=[rows.create_valid(self._seen(stopping[0]), stopping[1], params=settings)],
            callbacks=[lightgbm.early_stopping(self.patience, verbose=False)],
        )

    def _seen(self, X: Matrix) -> Matrix:
        """Return the columns that the trees are grown on."""
        # A head from an older bundle was given all of them.
        kept = getattr(self, "kept_", None)
        return X if kept is None else X[:, kept]


def _columns_to_keep(X: Matrix, categorical: Sequence[int], most: int | None) -> Codes | None:
    """Choose columns of a sparse matrix: all that most rows fill, and `most` of the others.

    Words are chosen by the variance of their weights. Of 60,000 words on Flipkart's prices this was
    better than choosing by document frequency, and three times as fast; choosing by correlation
    with the target was worse than either.

    Returns
    -------
    Positions in ascending order, int64 (columns,), or None for all of them.
    """
    if most is None or not sparse.issparse(X) or X.shape[1] <= most:
        return None
    rows, columns = X.shape
    always = np.bincount(X.indices, minlength=columns) > rows / 2
    always[np.asarray(categorical, dtype=np.int64)] = True
    if columns - int(always.sum()) <= most:
        return None
    weights = np.nan_to_num(X.data.astype(np.float64))
    means = np.bincount(X.indices, weights, minlength=columns) / rows
    squares = np.bincount(X.indices, weights**2, minlength=columns) / rows
    variances = np.where(always, np.inf, squares - means**2)
    # Stable, so that of equals the first are kept.
    ranking = np.argsort(-variances, kind="stable")
    return np.sort(ranking[: most + int(always.sum())]).astype(np.int64)


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
    columns
        How many columns of a sparse matrix to grow trees on, besides those with category codes and
        those that most rows fill, as a network's vectors do: trees over every word take minutes.
        None for all.
    bins
        As LightGBM's max_bin: how many values of a column are told apart. 63 are as good as
        LightGBM's own 255 on words, in half of the time.
    patience
        Where there are rows for early stopping: after how many rounds that do not help them
        training ends, `rounds` being the most. 0 makes all rounds; so does having no such rows.
    categorical
        Positions of the columns with native category codes.
    seed
        For the sampling of columns.

    Attributes
    ----------
    booster_ : lightgbm.Booster or None
        None where training saw a single class, or no column.
    kept_ : numpy.ndarray or None
        The positions of the columns that the trees read, int64 (columns,); None for all.
    shares_ : numpy.ndarray
        The share of each class, float64 (classes,): the answer where there are no trees.
    """

    def fit(
        self,
        X: Matrix,
        y: Any,
        sample_weight: Floats | None = None,
        *,
        stopping: Stopping | None = None,
    ) -> Self:
        """Boost trees for each class; a class that `stopping` alone has cannot say when to stop."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        kinds = len(self.classes_)
        self.shares_ = class_shares(y, sample_weight)
        self.booster_: Any = None
        if kinds > 1 and X.shape[1]:
            rounds = max(20, min(self.rounds, 20 * self.rounds // kinds))
            objective: dict[str, Any] = (
                {"objective": "binary"}
                if kinds == 2
                else {"objective": "multiclass", "num_class": kinds}
            )
            # A leaf of a few rows whose class is rare has next to no curvature: dividing by it,
            # trees of many rare classes run away.
            weight = 1.0 if sample_weight is None else float(np.mean(sample_weight))
            objective["min_sum_hessian_in_leaf"] = SUREST * weight
            shown = None if stopping is None else self._known(*stopping)
            self.booster_ = self._train(X, codes, sample_weight, shown, rounds, **objective)
        return self

    def _known(self, X: Matrix, y: Any) -> Stopping | None:
        """Return the rows of classes that training saw, and their codes."""
        rows = np.flatnonzero(np.isin(y, self.classes_))
        if not len(rows):
            return None
        return X[rows], np.searchsorted(self.classes_, np.asarray(y)[rows])

    def predict_proba(self, X: Matrix) -> Floats:
        """Return probabilities, float64 (rows, classes)."""
        if self.booster_ is None:
            return np.tile(self.shares_, (X.shape[0], 1))
        answer = np.asarray(self.booster_.predict(self._seen(X)), dtype=np.float64)
        return answer if answer.ndim == 2 else np.column_stack([1 - answer, answer])


class LightGbmRegressorHead(_LightGbm, RegressorHead):
    """Gradient boosted trees over a number; parameters as in `LightGbmClassifierHead`.

    Attributes
    ----------
    booster_ : lightgbm.Booster or None
        The trees; None where there is no column.
    kept_ : numpy.ndarray or None
        The positions of the columns that the trees read, int64 (columns,); None for all.
    level_ : float
        The mean: the answer where there are no trees.
    """

    def fit(
        self,
        X: Matrix,
        y: Any,
        sample_weight: Floats | None = None,
        *,
        stopping: Stopping | None = None,
    ) -> Self:
        """Boost trees on the squared error."""
        self.level_ = float(np.average(y, weights=sample_weight))
        self.booster_: Any = None
        if X.shape[1]:
            self.booster_ = self._train(
                X, y, sample_weight, stopping, self.rounds, objective="regression"
            )
        return self

    def predict(self, X: Matrix) -> Floats:
        """Return values, float64 (rows,)."""
        if self.booster_ is None:
            return np.full(X.shape[0], self.level_)
        return np.asarray(self.booster_.predict(self._seen(X)), dtype=np.float64)
