"""Entries of a recipe read into augmentations: presets, names, ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from aisle.errors import RecipeError

PRESET = "preset"

Presets = Mapping[str, Mapping[str, Any]]


def resolved(
    settings: Mapping[str, Any] | str, presets: Presets, known: Iterable[str], what: str
) -> dict[str, Any]:
    """Return the entries that a preset or a mapping stands for.

    Parameters
    ----------
    settings
        A preset's name, or entries; the entry ``preset`` names one that the others are laid over.
    presets
        Entries by preset.
    known
        Names that an entry may have.
    what
        Is set, for messages.

    Raises
    ------
    RecipeError
        If there is no such preset or entry.
    """
    if isinstance(settings, str):
        return dict(_preset(settings, presets, what))
    if not isinstance(settings, Mapping):
        raise RecipeError(
            f"{what}: expected a preset ({', '.join(presets)}) or entries, found {settings!r}"
        )
    own = dict(settings)
    base = _preset(own.pop(PRESET, "none"), presets, what)
    check_names(own, [*known, PRESET], what)
    return {**base, **own}


def check_names(given: Iterable[Any], known: Iterable[str], what: str) -> None:
    """Refuse names that are not known, with the nearest that is.

    Raises
    ------
    RecipeError
        If one is unknown.
    """
    names = list(known)
    for name in given:
        if name not in names:
            raise RecipeError(
                f"{what} has no entry {name!r}{_hint(name, names)} It has {', '.join(names)}"
            )


def number(value: Any, name: str, low: float, high: float) -> float:
    """Return a number of a recipe.

    Raises
    ------
    RecipeError
        If it is none, or outside of `low` to `high`.
    """
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if not right or not low <= value <= high:
        raise RecipeError(f"{name}: expected a number from {low:g} to {high:g}, found {value!r}")
    return float(value)


def span(value: Any, name: str, low: float, high: float) -> tuple[float, float]:
    """Return two ascending numbers of a recipe.

    Raises
    ------
    RecipeError
        If it is anything else, or they are outside of `low` to `high`.
    """
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise RecipeError(f"{name}: expected two numbers, such as [{low:g}, 1], found {value!r}")
    first, last = (number(one, name, low, high) for one in value)
    if first > last:
        raise RecipeError(f"{name}: expected the smaller number first, found {value!r}")
    return first, last


def _preset(name: Any, presets: Presets, what: str) -> Mapping[str, Any]:
    if name not in presets:
        hint = _hint(name, list(presets))
        raise RecipeError(f"{what}: no preset {name!r}{hint} Presets are {', '.join(presets)}")
    return presets[name]


def _hint(name: Any, known: list[str]) -> str:
    near = get_close_matches(str(name), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else "."
