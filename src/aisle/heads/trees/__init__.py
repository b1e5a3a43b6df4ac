"""Tree heads: LightGBM with native categories, and random forests."""

from aisle.heads.trees.boosting import LightGbmClassifierHead, LightGbmRegressorHead
from aisle.heads.trees.forests import ForestClassifierHead, ForestRegressorHead

__all__ = [
    "ForestClassifierHead",
    "ForestRegressorHead",
    "LightGbmClassifierHead",
    "LightGbmRegressorHead",
]
