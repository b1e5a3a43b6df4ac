"""Seeing what a catalogue is like, which labels are likely wrong, and why a model answers so."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aisle.insight.auditing import Audit as Audit
    from aisle.insight.auditing import audit as audit
    from aisle.insight.explaining import Explanation as Explanation
    from aisle.insight.explaining import explain as explain
    from aisle.insight.inspection import ColumnSummary as ColumnSummary
    from aisle.insight.inspection import Inspection as Inspection
    from aisle.insight.inspection import inspect as inspect

_HOMES = {
    "Audit": "aisle.insight.auditing",
    "ColumnSummary": "aisle.insight.inspection",
    "Explanation": "aisle.insight.explaining",
    "Inspection": "aisle.insight.inspection",
    "audit": "aisle.insight.auditing",
    "explain": "aisle.insight.explaining",
    "inspect": "aisle.insight.inspection",
}

__all__ = ["Audit", "ColumnSummary", "Explanation", "Inspection", "audit", "explain", "inspect"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that one part does not load the others."""
    if name not in _HOMES:
        raise AttributeError(f"module 'aisle.insight' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
