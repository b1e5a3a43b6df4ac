"""Experiments with recipes: search, leaderboards, tracking."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aisle.experiments.comparing import Leaderboard as Leaderboard
    from aisle.experiments.comparing import compare as compare
    from aisle.experiments.searching import Searched as Searched
    from aisle.experiments.searching import search as search

_HOMES = {
    "Leaderboard": "aisle.experiments.comparing",
    "Searched": "aisle.experiments.searching",
    "compare": "aisle.experiments.comparing",
    "search": "aisle.experiments.searching",
}

__all__ = ["Leaderboard", "Searched", "compare", "search"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that one part does not load the others."""
    if name not in _HOMES:
        raise AttributeError(f"module 'aisle.experiments' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
