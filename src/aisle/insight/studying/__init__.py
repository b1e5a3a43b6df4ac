"""Whether a catalogue is separable without labels: encoders, projections, clusters."""

from aisle.insight.studying.judging import Confusion
from aisle.insight.studying.results import Result, Study
from aisle.insight.studying.studying import study

__all__ = ["Confusion", "Result", "Study", "study"]
