"""Whether a model's answers stay when products are edited without becoming other products."""

from aisle.evaluation.consistency.measuring import consistency
from aisle.evaluation.consistency.results import Consistency, EditOutcome, Flip

__all__ = ["Consistency", "EditOutcome", "Flip", "consistency"]
