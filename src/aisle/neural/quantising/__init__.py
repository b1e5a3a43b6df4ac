"""Networks of encoder folders made smaller and faster in 8-bit integers, if they still agree."""

from aisle.neural.quantising.outcome import Quantised, Trial
from aisle.neural.quantising.quantisation import METHODS, quantise

__all__ = ["METHODS", "Quantised", "Trial", "quantise"]
