"""The product model: a recipe fitted; predict, save, load."""

from aisle.models.classifier import ProductClassifier
from aisle.models.decision_table import ClassScores
from aisle.models.loading import load_model
from aisle.models.product_model import ProductModel
from aisle.models.recipe import Recipe
from aisle.models.regressor import ProductRegressor, ValueScores

__all__ = [
    "ClassScores",
    "ProductClassifier",
    "ProductModel",
    "ProductRegressor",
    "Recipe",
    "ValueScores",
    "load_model",
]
