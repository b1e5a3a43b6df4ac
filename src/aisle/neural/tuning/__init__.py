"""Fine-tuning: a pretrained network learns the categories of a catalogue."""

from aisle.neural.tuning.encoders import TunedImageEncoder, TunedTextEncoder
from aisle.neural.tuning.settings import Tuning
from aisle.neural.tuning.spared import counting_spared

__all__ = ["TunedImageEncoder", "TunedTextEncoder", "Tuning", "counting_spared"]
