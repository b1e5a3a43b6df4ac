"""A trained classifier made smaller and faster: distilled, pruned, and kept in half precision."""

from aisle.experiments.compressing.compression import compress
from aisle.experiments.compressing.outcome import Compressed, Stage

__all__ = ["Compressed", "Stage", "compress"]
