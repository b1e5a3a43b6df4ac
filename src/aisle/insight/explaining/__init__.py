"""Why a product got its category or value, over all modalities."""

from aisle.insight.explaining.explaining import ExplainedProduct, Explanation, explain

__all__ = ["ExplainedProduct", "Explanation", "explain"]
