"""Seeing how a catalogue is made and falls into groups, which labels are wrong, and why."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aisle.insight.auditing import Audit as Audit
    from aisle.insight.auditing import audit as audit
    from aisle.insight.explaining import Explanation as Explanation
    from aisle.insight.explaining import explain as explain
    from aisle.insight.inspecting import ColumnSummary as ColumnSummary
    from aisle.insight.inspecting import Inspection as Inspection
    from aisle.insight.inspecting import inspect as inspect
    from aisle.insight.studying import Study as Study
    from aisle.insight.studying import study as study

_HOMES = {
    "Audit": "aisle.insight.auditing",
    "ColumnSummary": "aisle.insight.inspecting",
    "Explanation": "aisle.insight.explaining",
    "Inspection": "aisle.insight.inspecting",
    "Study": "aisle.insight.studying",
    "audit": "aisle.insight.auditing",
    "explain": "aisle.insight.explaining",
    "inspect": "aisle.insight.inspecting",
    "study": "aisle.insight.studying",
}

__all__ = [
    "Audit",
    "ColumnSummary",
    "Explanation",
    "Inspection",
    "Study",
    "audit",
    "explain",
    "inspect",
    "study",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that one part does not load the others."""
    if name not in _HOMES:
        raise AttributeError(f"module 'aisle.insight' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
