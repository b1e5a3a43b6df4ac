"""Whether a new catalogue is like the one before: column by column, and all at once."""

from aisle.insight.drifting.drifting import drift
from aisle.insight.drifting.results import ColumnDrift, Drift, Measure, ModelDrift, Telling

__all__ = ["ColumnDrift", "Drift", "Measure", "ModelDrift", "Telling", "drift"]
