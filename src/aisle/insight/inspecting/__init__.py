"""What a catalogue is like, before anybody trains on it."""

from aisle.insight.inspecting.columns import ColumnSummary
from aisle.insight.inspecting.inspection import Inspection, inspect

__all__ = ["ColumnSummary", "Inspection", "inspect"]
