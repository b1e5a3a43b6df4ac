"""What the user says about cached features: how much may be kept, and whether any."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from aisle.errors import AisleError

DEFAULT_LIMIT_BYTES = 20 * 10**9

_LIMIT = "AISLE_CACHE_LIMIT"
_SWITCH = "AISLE_FEATURE_CACHE"
_OFF = frozenset({"off", "0", "no", "false"})
_ON = frozenset({"", "on", "1", "yes", "true"})
_UNITS = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY_UNITS = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?)b?|b?)", re.IGNORECASE)


def bytes_in(words: str) -> int:
    """Read a size such as ``20GB``, ``500 MB``, ``1.5GiB`` or ``1048576``, in bytes.

    Raises
    ------
    AisleError
        If it is no size.
    """
    found = _SIZE.fullmatch(words.strip())
    if found is None:
        raise AisleError(f"{words!r} is no size; expected such as 20GB, 500MB or a number of bytes")
    number, unit, binary = found.groups()
    factor = (_BINARY_UNITS if binary else _UNITS)[unit.lower()] if unit else 1
    return int(float(number) * factor)


def limit_from_environment() -> int:
    """Return how many bytes of features to keep: `AISLE_CACHE_LIMIT`, or 20 GB.

    Raises
    ------
    AisleError
        If the variable holds no size.
    """
    words = os.environ.get(_LIMIT, "").strip()
    if not words:
        return DEFAULT_LIMIT_BYTES
    try:
        return bytes_in(words)
    except AisleError as error:
        raise AisleError(f"the environment variable {_LIMIT}: {error}") from error


_PASSING: ContextVar[bool] = ContextVar("passing", default=False)


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Keep and find no features while the block runs, in this thread: nobody will ask for them."""
    before = _PASSING.set(True)
    try:
        yield
    finally:
        _PASSING.reset(before)


def switched_off() -> bool:
    """Say whether no features are to be kept: `AISLE_FEATURE_CACHE` is ``off``, or `nothing_kept`.

    Raises
    ------
    AisleError
        If the variable says neither on nor off.
    """
    if _PASSING.get():
        return True
    words = os.environ.get(_SWITCH, "")
    if (word := words.strip().lower()) in _OFF:
        return True
    if word in _ON:
        return False
    raise AisleError(f"the environment variable {_SWITCH}: expected on or off, found {words!r}")
