"""Seeing what a catalogue is like."""

from aisle.insight.inspection import ColumnSummary, Inspection, inspect

__all__ = ["ColumnSummary", "Inspection", "inspect"]
