"""Candidates: recipes with changes, by the names that they have on the leaderboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from aisle.catalog import Catalog, Task
from aisle.encoders.registry import modality_of
from aisle.errors import AisleError
from aisle.heads import find_classifier, find_regressor
from aisle.models.recipe import ExpertPlan, Part, Recipe

FUSIONS_WITHOUT_NETWORK = ("best-single", "mean", "vote", "late", "stack", "early")
"""The others are networks, which PyTorch trains."""

_FRAMEWORKS = {"lightgbm": "LightGBM"}
_CALLED = {"torch": "PyTorch", "tensorflow": "TensorFlow"}


@dataclass(frozen=True)
class Candidate:
    """What is to be compared: a recipe, and the changes to it.

    Parameters
    ----------
    name
        How it is called on the leaderboard.
    settings
        Changes to the recipe, as ``aisle train --set`` takes them.
    recipe
        ``fast``, ``balanced``, ``best``, ``auto`` or a YAML file.
    kind
        What it varies, in a word: ``head``, ``modality``, ``encoder``, ``fusion``, ``recipe``.
    """

    name: str
    settings: tuple[str, ...] = ()
    recipe: str = "auto"
    kind: str = "recipe"

    def load(self, task: Task) -> Recipe:
        """Return the recipe, without the learning curve, which costs time and changes no model.

        Raises
        ------
        RecipeError
            If the recipe or a setting is not valid.
        """
        loaded = Recipe.load(self.recipe, task, [*self.settings, "learning_curve=false"])
        return loaded.model_copy(update={"name": self.name})


def usable_experts(recipe: Recipe, catalog: Catalog) -> dict[str, ExpertPlan]:
    """Return the experts of a recipe that a catalogue has columns for, by name.

    Raises
    ------
    RecipeError
        If there is no such encoder.
    """
    known = {"text", "image", "metadata", "vector"}
    return {
        name: expert
        for name, expert in recipe.experts.items()
        if (modality := modality_of(expert.encoders[0].use, expert.encoders[0].params))
        in catalog.modalities
        or modality not in known  # a plug-in's modality is tried on any catalogue
    }


def framework_of(recipe: Recipe, catalog: Catalog) -> str:
    """Name the libraries that train the heads of a recipe, such as ``scikit-learn + LightGBM``.

    Raises
    ------
    RecipeError
        If there is no such encoder or head.
    """
    experts = usable_experts(recipe, catalog)
    parts = [expert.head for expert in experts.values()]
    if len(experts) > 1 and "early" in recipe.fusion.methods:
        parts.append(recipe.fusion.head)
    names = [_framework(part, recipe, catalog.task) for part in parts]
    if len(experts) > 1 and set(recipe.fusion.methods) - set(FUSIONS_WITHOUT_NETWORK):
        names.append("PyTorch")
    return " + ".join(dict.fromkeys(names))


def _framework(part: Part, recipe: Recipe, task: Task) -> str:
    find = find_classifier if task is Task.CLASSIFY else find_regressor
    kind = find(part.use)
    if "framework" in kind.parameter_names():
        chosen = str(part.params.get("framework", recipe.framework))
        return _CALLED.get(chosen, chosen)
    room = kind.__module__.split(".")[0]
    return _FRAMEWORKS.get(part.use, "scikit-learn") if room == "aisle" else room


def read_candidates(
    path: str | Path, recipe: str = "auto", settings: Sequence[str] = ()
) -> tuple[Candidate, ...]:
    """Read candidates from a YAML file.

    The file is a mapping of names to settings, or to a recipe and settings::

        text-svm: {image: null, text.head: svm}
        minilm: [image=null, text.encoders=all-minilm-l6-v2]
        house: {recipe: house.yaml, settings: {fusion: late}}

    Parameters
    ----------
    path
        The file; recipes that it names by path are looked for beside it first.
    recipe
        The recipe of candidates that name none.
    settings
        Changes that every candidate gets before its own.

    Raises
    ------
    AisleError
        If the file cannot be read, or is not such a mapping.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise AisleError(f"{path}: the candidates could not be read ({error})") from error
    if not isinstance(content, dict) or not content:
        raise AisleError(
            f"{path}: expected names and settings, such as 'text-svm: {{image: null, head: svm}}'; "
            f"found {type(content).__name__}"
        )
    found = []
    for name, entry in content.items():
        own, named = entry, recipe
        if isinstance(entry, dict) and set(entry) <= {"recipe", "settings"} and entry:
            own, named = entry.get("settings"), str(entry.get("recipe", recipe))
            beside = path.parent / named
            named = str(beside) if beside.is_file() else named
        changes = (*settings, *_settings(own, f"{path}: {name}"))
        found.append(Candidate(str(name), changes, named, "candidate"))
    return tuple(found)


def _settings(value: Any, where: str) -> tuple[str, ...]:
    """Write settings in any of their forms as they are typed after ``--set``."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if isinstance(value, dict):
        return tuple(f"{key}={typed(inner)}" for key, inner in value.items())
    raise AisleError(
        f"{where}: expected settings such as {{text.head: svm}} or [text.head=svm], found {value!r}"
    )


def typed(value: Any) -> str:
    """Write a setting's value on one line of YAML."""
    if value is None:
        return "null"
    line = yaml.safe_dump(value, default_flow_style=True, width=10**9, sort_keys=False)
    return line.removesuffix("...\n").strip()
