"""Finding classes by name: Aisle's own and those that plug-ins register as entry points."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from aisle.component import Component
from aisle.errors import RecipeError


@cache
def _installed(group: str) -> dict[str, tuple[EntryPoint, ...]]:
    """Return the entry points of a group by name, in alphabetical order."""
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for point in sorted(entry_points(group=group), key=lambda point: (point.name, point.value)):
        found[point.name] = (*found.get(point.name, ()), point)
    return found


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
        If nothing of that name is installed, two plug-ins bring it, or one does not import.
    """
    if name in own:
        module, _, attribute = own[name].partition(":")
        return _class(getattr(import_module(module), attribute), name)
    points = _installed(group).get(name, ())
    if not points:
        known = names(group, own)
        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise RecipeError(
            f"there is no {kind} {name!r}.{hint} Installed: {', '.join(known)}. "
            f"A plug-in brings one through the entry point group {group!r}"
        )
    if len(points) > 1:
        raise RecipeError(
            f"{len(points)} plug-ins bring the {kind} {name!r} "
            f"({', '.join(point.value for point in points)}): uninstall all but one"
        )
    try:
        return _class(points[0].load(), name)
    except (ImportError, AttributeError, SyntaxError) as error:
        raise RecipeError(
            f"the plug-in that brings the {kind} {name!r} ({points[0].value}) does not import: "
            f"{error}"
        ) from error


def _class(found: object, name: str) -> type:
    if not isinstance(found, type):
        raise RecipeError(f"{name!r} is registered, but it is no class: {found!r}")
    return found


def build(kind: type[Component], params: Mapping[str, Any], what: str) -> Any:
    """Build a component from the parameters in a recipe.

    Parameters
    ----------
    kind
        Its class.
    params
        By name.
    what
        How the message calls it, such as ``the encoder 'tfidf'``.

    Raises
    ------
    RecipeError
        If there is no such parameter, or one that has no default is not given.
    """
    known = kind.parameter_names()
    for name in params:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "."
            raise RecipeError(
                f"{what} has no parameter {name!r}{hint} It has {', '.join(known) or 'none'}"
            )
    signature = inspect.signature(kind)
    lacking = [n for n, p in signature.parameters.items() if p.default is p.empty]
    lacking = [name for name in lacking if name not in params]
    if lacking:
        raise RecipeError(f"{what} needs a value for {', '.join(lacking)}")
    return kind(**params)
