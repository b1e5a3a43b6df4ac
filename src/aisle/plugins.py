"""Finding classes by name: Aisle's own and those that plug-ins register as entry points."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from aisle.errors import RecipeError


@cache
def _installed(group: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=group)}


def names(group: str, own: Mapping[str, str]) -> list[str]:
    """List the names known in an entry point group, Aisle's own first."""
    return [*own, *(name for name in _installed(group) if name not in own)]


def find(name: str, *, group: str, own: Mapping[str, str], kind: str) -> type:
    """Return the class registered under `name`.

    Parameters
    ----------
    name
        As it stands in a recipe or in a bundle.
    group
        The entry point group of plug-ins, such as ``aisle.encoders``.
    own
        Aisle's own classes, ``module:Class`` by name; a plug-in cannot replace one.
    kind
        What is looked for, in words, for the message.

    Raises
    ------
    RecipeError
        If nothing of that name is installed, or a plug-in does not import.
    """
    if name in own:
        module, _, attribute = own[name].partition(":")
        return _class(getattr(import_module(module), attribute), name)
    if name not in _installed(group):
        known = names(group, own)
        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise RecipeError(
            f"there is no {kind} {name!r}.{hint} Installed: {', '.join(known)}. "
            f"A plug-in brings one through the entry point group {group!r}"
        )
    try:
        return _class(_installed(group)[name].load(), name)
    except (ImportError, AttributeError) as error:
        raise RecipeError(f"the plug-in that brings the {kind} {name!r} failed: {error}") from error


def _class(found: object, name: str) -> type:
    if not isinstance(found, type):
        raise RecipeError(f"{name!r} is registered, but it is no class: {found!r}")
    return found
