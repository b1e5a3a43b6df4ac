"""Why a product got its category or value, over all modalities."""

from aisle.insight.explaining.explaining import explain
from aisle.insight.explaining.results import ExplainedProduct, Explanation

__all__ = ["ExplainedProduct", "Explanation", "explain"]
