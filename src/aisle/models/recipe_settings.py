"""Changing entries of a recipe: settings as they are typed, and files laid over a recipe."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import yaml

from aisle.errors import RecipeError

Entries = dict[str, Any]

_SHORT = {
    "precision": "decisions.precision",
    "level": "decisions.level",
    "methods": "fusion.methods",
}


def read_settings(settings: Sequence[str] | Mapping[str, Any] | str) -> list[tuple[str, Any]]:
    """Return keys and values of settings in any of the forms that people try.

    Raises
    ------
    RecipeError
        If a setting is no ``KEY=VALUE``, or its value no YAML.
    """
    if isinstance(settings, Mapping):
        return [(str(key), value) for key, value in settings.items()]
    changes = []
    for setting in [settings] if isinstance(settings, str) else settings:
        key, separator, value = str(setting).partition("=")
        if not separator:
            raise RecipeError(f"{setting!r}: expected KEY=VALUE, for example text.head=svm")
        changes.append((key.strip(), _parsed(setting, value)))
    return changes


def _parsed(setting: str, value: str) -> Any:
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise RecipeError(f"{setting!r}: the value is not valid YAML ({error})") from error


def change(entries: Entries, key: str, value: Any, fields: Collection[str]) -> None:
    """Change one entry in place.

    Parameters
    ----------
    entries
        Of a whole recipe, every part in its long form.
    key
        Such as ``text.head.C``; ``experts.`` may be left out.
    value
        What stands there then; None for an expert drops it.
    fields
        The entries that a recipe has.

    Raises
    ------
    RecipeError
        If there is no such entry.
    """
    if not isinstance(entries.get("experts"), dict):
        raise RecipeError(f"{key!r}: the recipe has no experts left to change")
    if key == "head":
        for expert in entries["experts"]:
            change(entries, f"experts.{expert}.head", value, fields)
        return change(entries, "fusion.head", value, fields)
    if key == "fusion":
        key = "fusion.methods"
    steps = _SHORT.get(key, key).split(".")
    if steps[0] in entries["experts"]:
        steps = ["experts", *steps]
    elif steps[0] not in fields:
        known = [*entries["experts"], *fields, *_SHORT, "head"]
        near = get_close_matches(steps[0], known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise RecipeError(
            f"a recipe has no entry {key!r}{hint} Entries begin with {', '.join(known)}"
        )
    inner: Any = entries
    if steps[0] == "experts" and len(steps) == 2 and value is None:
        entries["experts"].pop(steps[1], None)
        return None
    for step in steps[:-1]:
        inner = _step(inner, step, key)
    last = steps[-1]
    if isinstance(inner, list):
        _step(inner, last, key)
        inner[int(last)] = _full(value)
    elif isinstance(inner, dict):
        inner[last] = _spelled_out(last, value)
    else:
        raise RecipeError(f"{key!r}: {'.'.join(steps[:-1])} holds a single value, not entries")
    return None


def lay_over(entries: Entries, key: str, value: Any, fields: Collection[str]) -> None:
    """Lay one key of a file over a recipe: sections entry by entry, an expert null to drop it.

    Parameters and errors as for `change`.
    """
    section = key in ("fusion", "decisions") or key in entries["experts"]
    if key == "experts" and isinstance(value, dict):
        for name, expert in value.items():
            if name in entries["experts"]:
                lay_over(entries, name, expert, fields)
            else:
                change(entries, f"experts.{name}", expert, fields)
    elif section and isinstance(value, dict):
        for step, inner in value.items():
            change(entries, f"{key}.{step}", inner, fields)
    else:
        change(entries, key, value, fields)


def _spelled_out(entry: str, value: Any) -> Any:
    """Return a value in its long form, so that later settings can change parts of it."""
    if entry == "encoders":
        return [_full(part) for part in (value if isinstance(value, list) else [value])]
    if entry == "tune" and isinstance(value, str):
        return {"depth": value}
    return _full(value) if entry == "head" else value


def _full(part: Any) -> Any:
    return {"use": part} if isinstance(part, str) else part


def _step(inner: Any, step: str, key: str) -> Any:
    if isinstance(inner, list):
        if not step.isdigit() or int(step) >= len(inner):
            raise RecipeError(f"{key!r}: {step!r} is no position from 0 to {len(inner) - 1}")
        return inner[int(step)]
    if isinstance(inner, dict) and step in inner:
        return inner[step]
    raise RecipeError(f"{key!r}: there is no entry {step!r} in the recipe")
