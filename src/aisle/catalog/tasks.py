"""Whether a target column holds classes or a quantity."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from aisle.catalog.columns import Floats, as_numbers, as_strings
from aisle.catalog.names import IDENTIFIER, PRICE, QUANTITY, files, normalised
from aisle.catalog.profile import MISSING
from aisle.catalog.schema import Task

_BAND = re.compile(r"(?:^|_)(?:band|range|tier|bucket|bin|bracket)s?$")
_FEW = 10
_CODES = 50


def infer_task(column: pa.ChunkedArray, name: str = "") -> Task:
    """Return regress for numbers that measure, classify for names and codes.

    Parameters
    ----------
    column
        The target's values; amounts of money may be written with their currency, and words such as
        "N/A" stand for missing ones.
    name
        The column's name, if it is known: a category, class or code is never measured, and a price
        always is.

    Returns
    -------
    Task
        Without a telling name, numbers measure when some have a fraction, when they are written
        as money, when most are different, or when there are too many different ones to be codes:
        more than 50, and more than one for every 20 rows.
    """
    if pa.types.is_boolean(column.type):
        return Task.CLASSIFY
    written = [value for value in as_strings(column) if value is not None]
    written = [value for value in written if value.strip().lower() not in MISSING]
    numbers = as_numbers(column)
    finite = numbers[np.isfinite(numbers)]
    if len(finite) < 0.95 * len(written) or len(finite) == 0:
        return Task.CLASSIFY
    return Task.REGRESS if _measures(finite, written, normalised(name)) else Task.CLASSIFY


def _measures(finite: Floats, written: list[str], title: str) -> bool:
    distinct = len(np.unique(finite))
    banded = _BAND.search(title) is not None
    if distinct <= 2 or files(title) or title.endswith("code"):
        return False
    if PRICE.search(title) and not banded:
        return True
    money = sum(not _is_plain(value) for value in written)
    if (finite != np.round(finite)).any() or money > 0.5 * len(written):
        return True
    if IDENTIFIER.search(title):
        return False
    if QUANTITY.search(title) and not banded:
        return distinct > _FEW
    mostly_different = distinct > _FEW and distinct > 0.5 * len(finite)
    return mostly_different or distinct > max(_CODES, 0.05 * len(finite))


def _is_plain(value: str) -> bool:
    """Say whether a number is written with digits, a sign and a point alone."""
    return all(c.isdigit() or c in "+-. " for c in value)
