"""Metadata: categorical features and numbers, as quantities or as native categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

from aisle.catalog import Catalog, Role
from aisle.encoders.encoder import Encoder, columns_to_read
from aisle.encoders.features import Features
from aisle.errors import RecipeError

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
        shaped = _on_log_scale(numbers) if self.logarithmic else numbers
        return np.clip((shaped - self.centre) / self.scale, -6, 6).astype(np.float32)


def _on_log_scale(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return ``log(1 + |number|)`` with the number's sign, float64 (rows,)."""
    # SciPy's logarithm goes number by number. NumPy's takes several at once where it can, and
    # rounds differently there, so that a number's value would depend on where it stands.
    return np.asarray(np.sign(numbers) * special.log1p(np.abs(numbers)), dtype=np.float64)


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
        if self.form not in ("one-hot", "native"):
            raise RecipeError(f"form is 'one-hot' or 'native', not {self.form!r}")
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

    def _names(self, catalog: Catalog, wanted: Role) -> tuple[str, ...]:
        read = columns_to_read(catalog, self.columns, (Role.CATEGORY, Role.NUMBER))
        for name in read:
            role = catalog.schema_role(name)
            if role not in (Role.CATEGORY, Role.NUMBER):
                raise RecipeError(
                    f"the recipe gives the column {name!r} to the metadata encoder, which reads "
                    f"categories and numbers; its role is {role}. Give it another role when "
                    f"reading the catalogue, as in roles={{{name!r}: 'category'}}"
                )
        return tuple(name for name in read if catalog.schema_role(name) is wanted)

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
        """Lay values out side by side: of a category's columns one is 1, of a number's two one."""
        columns, entries, width = [], [], 0
        for name, column in codes.items():
            known = len(self.categories_[name])  # between other and missing
            columns.append(width + np.where(column < 0, known + 1, column))
            entries.append(np.ones(len(column), dtype=np.float32))
            width += known + 2
        for values in numbers.values():
            missing = np.isnan(values)
            columns.append(width + missing)
            entries.append(np.where(missing, 1, values / 3).astype(np.float32))
            width += 2
        if not columns:
            return Features(sparse.csr_matrix((len(present), 0), dtype=np.float32), present)
        filled = np.column_stack(entries)
        kept = (filled != 0) & present[:, np.newaxis]
        starts = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
        taken = filled[kept], np.column_stack(columns)[kept], starts
        return Features(sparse.csr_matrix(taken, shape=(len(present), width)), present)

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
    number = dict(zip(known, range(1, len(known) + 1), strict=True))
    return np.array(
        [-1 if value is None else number.get(value, OTHER) for value in _folded(values)],
        dtype=np.int64,
    )


def _scale(numbers: npt.NDArray[np.float64]) -> NumberScale:
    """Choose the logarithm for numbers whose skewness it lessens and that are skewed."""
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return NumberScale(False, 0.0, 1.0)
    shaped = _on_log_scale(known)
    skewness = abs(_skewness(known))
    # Numbers so large that their squares overflow have no standard deviation of their own.
    vast = float(np.abs(known).max()) > 1e150
    logarithmic = vast or (skewness > 1 and abs(_skewness(shaped)) < skewness)
    used = shaped if logarithmic else known
    spread = float(np.std(used))
    level = float(np.mean(used))
    # What is left of equal numbers after rounding is no spread.
    constant = spread <= 1e-12 * max(1.0, abs(level))
    return NumberScale(bool(logarithmic), level, 1.0 if constant else spread)


def _skewness(values: npt.NDArray[np.float64]) -> float:
    largest = float(np.abs(values).max())
    scaled = values / largest if largest > 0 else values
    spread = float(scaled.std())
    if spread <= 1e-12:
        return 0.0
    return float((((scaled - scaled.mean()) / spread) ** 3).mean())
