"""A recipe as a YAML file that `Recipe.load` reads again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from aisle import files
from aisle.catalog import Task
from aisle.models.recipe import Recipe

_BASE = "fast"


def recipe_text(recipe: Recipe, task: Task, *, comment: str = "") -> str:
    """Write a recipe as YAML.

    Parameters
    ----------
    recipe
        What to write; every entry is, so that the file means the same in later versions.
    task
        What it is for: the file holds this half alone.
    comment
        Said at the top.

    Returns
    -------
    str
        ``Recipe.load(file, task)`` gives the same recipe.
    """
    entries = recipe.model_dump(mode="json")
    base = Recipe.load(_BASE, task)
    experts: dict[str, Any] = dict(entries.pop("experts"))
    # A file is laid over a recipe: experts that only that one has are to be dropped.
    experts |= {name: None for name in base.experts if name not in experts}
    content = {"name": entries.pop("name"), "base": _BASE, "experts": experts, **entries}
    said = "".join(f"# {line}\n" for line in comment.splitlines())
    body: str = yaml.safe_dump(
        content, sort_keys=False, allow_unicode=True, default_flow_style=None
    )
    return said + body


def write_recipe(path: str | Path, recipe: Recipe, task: Task, *, comment: str = "") -> None:
    """Write a recipe to a YAML file, atomically; parameters as for `recipe_text`.

    Raises
    ------
    AisleError
        If the file cannot be written.
    """
    files.write_text(Path(path), recipe_text(recipe, task, comment=comment))
