"""Searching for a recipe on out-of-fold answers of training rows."""

from aisle.experiments.searching.recipe_search import RecipeSearch, search
from aisle.experiments.searching.searched import Finding, Searched, Trial
from aisle.experiments.searching.writing import recipe_text, write_recipe

__all__ = [
    "Finding",
    "RecipeSearch",
    "Searched",
    "Trial",
    "recipe_text",
    "search",
    "write_recipe",
]
