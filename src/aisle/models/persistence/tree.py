"""The two halves of a dumped object, and the JSON that may stand in them.

Null, booleans, whole numbers, finite numbers, strings and lists stand for themselves. Everything
else is an object with one telling key: ``float`` (nan and the infinities), ``tuple``, ``dict``,
``enum``, ``bytes``, ``array``, ``scalar``, ``strings``, ``csr``, ``booster``, ``estimator``,
``record`` (a frozen dataclass) or ``component``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

from aisle.errors import BundleError

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

MAX_DEPTH = 100
"""Levels of nesting in an object; Python's own recursion limit lies well above it."""

MAX_INTEGER_BITS = 1024
"""Whole numbers beyond this are no parameter of a model, and slow to read from text."""


@dataclass(frozen=True, eq=False)
class Dumped:
    """An object taken apart.

    Parameters
    ----------
    tree
        What the object is made of, as JSON.
    parts
        The contents too large or too special for JSON, by part name.
    """

    tree: Json
    parts: Mapping[str, bytes]


def to_json(value: Json) -> bytes:
    """Return compact ASCII JSON; the same value gives the same bytes.

    Raises
    ------
    ValueError
        If a number is nan or infinite, for which JSON has no word.
    """
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


def from_json(data: bytes, where: str) -> Any:
    """Parse JSON from a stranger.

    Parameters
    ----------
    data
        UTF-8 text.
    where
        The part, for the message.

    Raises
    ------
    BundleError
        If it is not JSON, says a key twice, holds nan, or nests too deeply.
    """
    try:
        return json.loads(
            data.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_unique_keys
        )
    except (ValueError, RecursionError) as error:
        reason = "it nests too deeply" if isinstance(error, RecursionError) else str(error)
        raise BundleError(f"part {where!r} is not valid JSON: {reason}") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object says the same key twice")
    return found
