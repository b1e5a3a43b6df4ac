"""Parts of a catalogue on which a model does worse than on the rest."""

from aisle.evaluation.slicing.scoring import LEAST_ROWS, Slice, class_slices, value_slices

__all__ = ["LEAST_ROWS", "Slice", "class_slices", "value_slices"]
