"""What the values of a column look like: the evidence from which its role is inferred."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from aisle.catalog.columns import VECTOR_TEXT, Floats, as_strings, is_vector, parse_numbers
from aisle.catalog.images import looks_like_image_reference

SAMPLE_ROWS = 5_000
"""Patterns are looked for in at most twice this many values, evenly spread over the column."""

MISSING = frozenset(
    {"n/a", "n.a.", "n.a", "#n/a", "na", "nan", "none", "null", "nil", "-", "--", "---", "?", "tbd"}
    | {"unknown", "missing", "not available", "no data", "undefined", "."}
)
"""Words that stand for a missing number, in lower case."""

NO_CLASS = MISSING - {"none", "unknown", "missing", "not available"}
"""Words that stand for a missing class: without those that may name one ("Damage: none")."""

_URL = re.compile(
    r"\s*(?:https?://|ftp://|www\.|//)\S+\s*$|"
    r"\s*(?:[a-z0-9-]+\.)+(?:com|net|org|shop|store|io|co|de|fr|uk|in|es|it|eu|cn|jp)/\S*\s*$",
    re.IGNORECASE,
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_CLOCK = (
    r"(?:[T ,]\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*"
    r"(?:(?:AM|PM)?\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?)?"
)
_TIME = re.compile(
    r"\s*(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+)?"
    r"(?:(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|"
    r"\d{4}[-/.][01]?\d[-/.][0-3]?\d|[0-3]?\d[-/.][0-3]?\d[-/.](?:(?:19|20)\d{2}|\d{2})|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?[-\s.]+{_MONTH}[-\s.,]+(?:\d{{4}}|\d{{2}})|"
    rf"{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|"
    r"\d{4}年\d{1,2}月\d{1,2}日)"
    rf"{_CLOCK}\s*$",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9_.:/#-]*$")
_PATH = re.compile(r"\s(?:>>?|»|›|→|->|/|\||::)\s|>>|\w>\w|::")
_PADDED = re.compile(r"0\d+$")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_SEVERAL = 8


@dataclass(frozen=True)
class Numbers:
    """What the numbers of a column look like.

    `share` of the values are numbers (`filler`, the word for "missing", counts for one), `whole` of
    these are whole, `padded` begin with a zero as codes do; they may be `ascending` row by row, or
    `consecutive`: each whole number between `low` and `high` once.
    """

    share: float = 0.0
    whole: float = 0.0
    padded: float = 0.0
    low: float = np.nan
    high: float = np.nan
    ascending: bool = False
    consecutive: bool = False
    filler: str | None = None


@dataclass(frozen=True)
class Profile:
    """Counts over all rows, and shares (0 to 1) over the filled values of a sample.

    `mean_words` counts two characters of Chinese or Japanese as a word.
    """

    name: str
    rows: int
    filled: int
    distinct: int
    numbers: Numbers = Numbers()
    urls: float = 0.0
    images: float = 0.0
    times: float = 0.0
    codes: float = 0.0
    paths: float = 0.0
    mean_words: float = 0.0
    mean_characters: float = 0.0
    binary: bool = False
    vector: bool = False
    number_lists: bool = False
    temporal: bool = False
    boolean: bool = False

    @property
    def numeric(self) -> float:
        """The share of values that are numbers."""
        return self.numbers.share

    @property
    def uniqueness(self) -> float:
        """Distinct values divided by filled values."""
        return self.distinct / self.filled if self.filled else 0.0


def profile(name: str, column: pa.ChunkedArray) -> Profile:
    """Measure one column.

    Parameters
    ----------
    name
        The column's name, kept in the result.
    column
        The values; a sample of the filled ones is looked at closely.
    """
    kind = column.type
    rows, stored = len(column), len(column) - column.null_count
    if _is_binary(kind):
        return Profile(name, rows, stored, stored, binary=True)
    if is_vector(kind):
        same = _same_length(column)
        return Profile(name, rows, stored, stored, vector=same, number_lists=not same)
    values = [value for value in as_strings(column) if value is not None]
    looked = values[:: max(1, len(values) // SAMPLE_ROWS)]
    distinct = len(set(values))
    return Profile(
        name=name,
        rows=rows,
        filled=len(values),
        distinct=distinct,
        numbers=_numbers(looked, distinct),
        urls=_share([bool(_URL.match(value)) for value in looked]),
        images=_share([looks_like_image_reference(value) for value in looked]),
        times=_share([bool(_TIME.match(value)) for value in looked]),
        codes=_share([bool(_CODE.match(value)) for value in looked]),
        paths=_share([bool(_PATH.search(value)) for value in looked]),
        mean_words=float(np.mean([_words(value) for value in looked])) if looked else 0.0,
        mean_characters=float(np.mean([len(value) for value in looked])) if looked else 0.0,
        vector=_share([_is_vector_text(value) for value in looked]) >= 0.95,
        temporal=bool(pa.types.is_temporal(kind)),
        boolean=bool(pa.types.is_boolean(kind)),
    )


def _is_binary(kind: pa.DataType) -> bool:
    struct = pa.types.is_struct(kind) and "bytes" in {field.name for field in kind}
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or struct)


def _same_length(column: pa.ChunkedArray) -> bool:
    """Say whether lists of numbers are embeddings: of one length, and more than one number."""
    lengths = pc.drop_null(pc.list_value_length(column)).to_numpy()
    if not len(lengths):
        return True
    return bool((lengths == np.bincount(lengths).argmax()).mean() >= 0.9 and lengths.max() > 1)


def _is_vector_text(value: str) -> bool:
    return value.count(",") >= _SEVERAL - 1 and bool(VECTOR_TEXT.match(value))


def _share(matches: Sequence[bool]) -> float:
    return sum(matches) / len(matches) if matches else 0.0


def _words(value: str) -> float:
    unspaced = 0 if value.isascii() else len(_UNSPACED.findall(value))
    if not unspaced:
        return len(value.split())
    return len(_UNSPACED.sub(" ", value).split()) + unspaced / 2


def _numbers(values: Sequence[str], distinct: int) -> Numbers:
    """Measure the numbers among `values`, where `distinct` counts those of the whole column."""
    if not values:
        return Numbers()
    numbers = parse_numbers(values)
    good = np.isfinite(numbers)
    share, filler = float(good.mean()), None
    if 0 < share < 1:
        share, filler = _with_filler(values, good)
    kept = numbers[good]
    if not len(kept):
        return Numbers()
    whole = float((kept == np.round(kept)).mean())
    low, high = float(kept.min()), float(kept.max())
    return Numbers(
        share=share,
        whole=whole,
        padded=_share([bool(_PADDED.match(value)) for value in values]),
        low=low,
        high=high,
        ascending=len(kept) > 2 and bool((np.diff(kept) > 0).all()),
        consecutive=whole == 1 and len(kept) > 2 and _fills_range(kept, distinct),
        filler=filler,
    )


def _with_filler(values: Sequence[str], good: npt.NDArray[np.bool_]) -> tuple[float, str | None]:
    """Return the share of numbers, and the word for "missing" that was counted for one."""
    words = Counter(value for value, number in zip(values, good, strict=True) if not number)
    known = {word for word in words if word.strip().lower() in MISSING}
    free = [word for word in words if word not in known and any(map(str.isalpha, word))]
    most = max(free, key=lambda word: (words[word], word), default=None)
    filled = len(values) - sum(words[word] for word in known)
    share = float(good.sum()) / filled if filled else 0.0
    filler = max(known, key=lambda word: (words[word], word), default=None)
    if share < 0.95 and most is not None and good.sum() >= 10:
        others = filled - words[most]
        if others and good.sum() / others >= 0.98 and words[most] > 1:
            return 1.0, most
    return share, filler


def _fills_range(kept: Floats, distinct: int) -> bool:
    return bool(0.98 <= (kept.max() - kept.min() + 1) / max(1, distinct) <= 1.02)
