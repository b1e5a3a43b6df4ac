"""What the values of a column look like: the evidence from which its role is inferred."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from aisle.catalog.columns import as_strings, is_vector, parse_numbers
from aisle.catalog.images import looks_like_image_reference

SAMPLE_ROWS = 5_000
"""Patterns are looked for in at most this many values, evenly spread over the column."""

_URL = re.compile(r"^\s*(?:https?://|www\.|//)\S+$", re.IGNORECASE)
_TIME = re.compile(
    r"^\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2}|AM|PM)?)?\s*$",
    re.IGNORECASE,
)
_CODE = re.compile(r"^(?=.*\d)[A-Za-z0-9][A-Za-z0-9_.:/#-]*$")
_PATH = re.compile(r"\s(?:>>?|»|›|/|\|)\s|>>|\w>\w")


@dataclass(frozen=True)
class Profile:
    """Counts over all rows, and shares (0 to 1) over the filled values of a sample.

    `filler` is the one word or phrase that stands for "missing" in a column of numbers, if any.
    """

    name: str
    rows: int
    filled: int
    distinct: int
    numeric: float
    whole: float
    urls: float
    images: float
    times: float
    codes: float
    paths: float
    mean_words: float
    mean_characters: float
    filler: str | None
    binary: bool
    vector: bool
    temporal: bool
    boolean: bool
    ascending: bool

    @property
    def uniqueness(self) -> float:
        """Distinct values divided by filled values."""
        return self.distinct / self.filled if self.filled else 0.0


def _share(matches: Sequence[bool]) -> float:
    return sum(matches) / len(matches) if matches else 0.0


def _numbers(values: Sequence[str]) -> tuple[float, float, bool, str | None]:
    """Return the share of numbers, of whole ones, whether they ascend, and the filler word."""
    numbers = parse_numbers(values)
    good = np.isfinite(numbers)
    filler = None
    share = float(good.mean()) if len(values) else 0.0
    if 0 < share < 0.95:
        words = [value for value, number in zip(values, good, strict=True) if not number]
        most = max(set(words), key=lambda word: (words.count(word), word))
        without = good | np.array([value == most for value in values])
        if without.mean() >= 0.98 and good.sum() >= 10 and any(c.isalpha() for c in most):
            filler, share = most, 1.0
    kept = numbers[good]
    whole = float((kept == np.round(kept)).mean()) if len(kept) else 0.0
    ascending = len(kept) > 2 and bool((np.diff(kept) > 0).all())
    return share, whole, ascending, filler


def profile(name: str, column: pa.ChunkedArray) -> Profile:
    """Measure one column.

    Parameters
    ----------
    name
        The column's name, kept in the result.
    column
        The values; at most `SAMPLE_ROWS` of the filled ones are looked at closely.
    """
    kind = column.type
    rows = len(column)
    vector = is_vector(kind)
    binary = bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or (pa.types.is_struct(kind) and {"bytes", "path"} & {field.name for field in kind})
    )
    if vector or binary:
        filled = rows - column.null_count
        return Profile(
            name, rows, filled, filled, 0, 0, 0, 0, 0, 0, 0, 0, 0, None, binary, vector,
            False, False, False,
        )  # fmt: skip
    values = [value for value in as_strings(column) if value is not None]
    step = max(1, len(values) // SAMPLE_ROWS)
    looked = values[::step]
    numeric, whole, ascending, filler = _numbers(looked)
    return Profile(
        name=name,
        rows=rows,
        filled=len(values),
        distinct=len(set(values)),
        numeric=numeric,
        whole=whole,
        urls=_share([bool(_URL.match(value)) for value in looked]),
        images=_share([looks_like_image_reference(value) for value in looked]),
        times=_share([bool(_TIME.match(value)) for value in looked]),
        codes=_share([bool(_CODE.match(value)) for value in looked]),
        paths=_share([bool(_PATH.search(value)) for value in looked]),
        mean_words=float(np.mean([len(value.split()) for value in looked])) if looked else 0.0,
        mean_characters=float(np.mean([len(value) for value in looked])) if looked else 0.0,
        filler=filler,
        binary=False,
        vector=False,
        temporal=bool(pa.types.is_temporal(kind)),
        boolean=bool(pa.types.is_boolean(kind)),
        ascending=ascending,
    )
