"""Metadata: categorical features and numbers, as quantities or as native categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.catalog import Catalog, Role
from aisle.encoders.encoder import Encoder
from aisle.encoders.features import Features

Form = Literal["one-hot", "native"]
Floats = npt.NDArray[np.float32]

OTHER = 0
"""The code of values that are rare or were never seen; known values count from 1."""


@dataclass(frozen=True)
class NumberScale:
    """How a column of numbers is transformed: log if skewed, then centred and scaled."""

    logarithmic: bool
    centre: float
    scale: float

    def apply(self, numbers: npt.NDArray[np.float64]) -> Floats:
        """Return float32 (rows,), NaN kept, clipped to six scales from the centre."""
        shaped = np.sign(numbers) * np.log1p(np.abs(numbers)) if self.logarithmic else numbers
        return np.clip((shaped - self.centre) / self.scale, -6, 6).astype(np.float32)


class MetadataEncoder(Encoder):
    """Categorical features and numbers of a product.

    A missing value is a value of its own; a value that training did not see, or saw fewer than
    `minimum` times, is "other". Skewed numbers are taken on a logarithmic scale.

    Parameters
    ----------
    columns
        The columns to read; all with the roles category and number when left out.
    form
        ``one-hot`` gives linear heads one column a value (CSR); ``native`` gives trees one column
        of codes a feature, NaN where missing.
    minimum
        How often a value must occur to be learned.

    Attributes
    ----------
    categories_ : dict of str to list of str
        The known values of each categorical column, in alphabetical order.
    numbers_ : dict of str to NumberScale
        The scale of each column of numbers.
    """

    modality = "metadata"

    def __init__(
        self, columns: Sequence[str] | None = None, form: Form = "one-hot", minimum: int = 2
    ) -> None:
        self.columns = columns
        self.form = form
        self.minimum = minimum

    def fit(self, catalog: Catalog) -> Self:
        """Learn the values of categories and the scales of numbers."""
        self.categories_: dict[str, list[str]] = {}
        self.numbers_: dict[str, NumberScale] = {}
        for name in self._names(catalog, Role.CATEGORY):
            counts = Counter(_folded(catalog.strings(name)))
            self.categories_[name] = sorted(
                value
                for value, count in counts.items()
                if value is not None and count >= self.minimum
            )
        for name in self._names(catalog, Role.NUMBER):
            self.numbers_[name] = _scale(catalog.numbers(name))
        return self

    def _names(self, catalog: Catalog, role: Role) -> tuple[str, ...]:
        names = catalog.schema.names(role)
        return names if self.columns is None else tuple(n for n in names if n in self.columns)

    def transform(self, catalog: Catalog) -> Features:
        """Return float32 features, (rows, values) as CSR or (rows, columns) dense."""
        codes = {n: _codes(catalog.strings(n), known) for n, known in self.categories_.items()}
        numbers = {n: scale.apply(catalog.numbers(n)) for n, scale in self.numbers_.items()}
        present = np.zeros(len(catalog), dtype=bool)
        for column in codes.values():
            present |= column >= 0
        for values in numbers.values():
            present |= np.isfinite(values)
        if self.form == "native":
            return self._native(codes, numbers, present)
        return self._one_hot(codes, numbers, present)

    def _native(
        self,
        codes: dict[str, npt.NDArray[np.int64]],
        numbers: dict[str, Floats],
        present: npt.NDArray[np.bool_],
    ) -> Features:
        categories = [np.where(c < 0, np.nan, c).astype(np.float32) for c in codes.values()]
        columns = [*categories, *numbers.values()]
        empty = np.empty((len(present), 0), dtype=np.float32)
        matrix = np.column_stack(columns) if columns else empty
        return Features(matrix, present, categorical=tuple(range(len(categories))))

    def _one_hot(
        self,
        codes: dict[str, npt.NDArray[np.int64]],
        numbers: dict[str, Floats],
        present: npt.NDArray[np.bool_],
    ) -> Features:
        rows = np.arange(len(present))
        parts: list[sparse.csr_matrix] = [sparse.csr_matrix((len(present), 0), dtype=np.float32)]
        for name, column in codes.items():
            width = len(self.categories_[name]) + 2  # other, the known values, missing
            hot = np.where(column < 0, width - 1, column)
            ones = np.ones(len(rows), dtype=np.float32)
            parts.append(sparse.csr_matrix((ones, (rows, hot)), shape=(len(rows), width)))
        for values in numbers.values():
            missing = np.isnan(values)
            dense = np.column_stack([np.where(missing, 0, values / 3), missing])
            parts.append(sparse.csr_matrix(dense.astype(np.float32)))
        matrix = sparse.hstack(parts, format="csr", dtype=np.float32)
        return Features(sparse.diags(present.astype(np.float32)).dot(matrix).tocsr(), present)

    def feature_names(self) -> list[str]:
        """Return a name for each column, such as ``brand=Sony`` or ``weight``."""
        if self.form == "native":
            return [*self.categories_, *self.numbers_]
        names = []
        for column, known in self.categories_.items():
            names += [f"{column}={value}" for value in ("(other)", *known, "(missing)")]
        for column in self.numbers_:
            names += [column, f"{column}=(missing)"]
        return names


def _folded(values: Sequence[str | None]) -> list[str | None]:
    """Fold case and spaces, which tell no values of a category apart."""
    return [None if value is None else " ".join(value.casefold().split()) for value in values]


def _codes(values: Sequence[str | None], known: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the code of each value, int64 (rows,): -1 missing, 0 other, then 1 and on."""
    number = {value: code for code, value in enumerate(known, start=1)}
    return np.array(
        [-1 if value is None else number.get(value, OTHER) for value in _folded(values)],
        dtype=np.int64,
    )


def _scale(numbers: npt.NDArray[np.float64]) -> NumberScale:
    """Choose the logarithm for numbers whose skewness it lessens and that are skewed."""
    known = numbers[np.isfinite(numbers)]
    if len(known) < 2:
        return NumberScale(False, float(known[0]) if len(known) else 0.0, 1.0)
    shaped = np.sign(known) * np.log1p(np.abs(known))
    logarithmic = abs(_skewness(known)) > 1 and abs(_skewness(shaped)) < abs(_skewness(known))
    used = shaped if logarithmic else known
    return NumberScale(bool(logarithmic), float(np.mean(used)), float(np.std(used)) or 1.0)


def _skewness(values: npt.NDArray[np.float64]) -> float:
    spread = float(values.std())
    return float((((values - values.mean()) / spread) ** 3).mean()) if spread > 0 else 0.0
