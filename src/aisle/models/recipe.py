"""Recipes: what to fit, as data that can be written down, changed and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from aisle.catalog import Task
from aisle.errors import RecipeError

Method = Literal["best-single", "late", "early"]

NAMED = ("fast",)
"""Recipes that come with Aisle."""


class Part(BaseModel):
    """An encoder or a head by name, with its parameters: ``{use: logistic, C: 3}``."""

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        """Let a bare name stand for a part with default parameters."""
        return {"use": value} if isinstance(value, str) else value

    @property
    def params(self) -> dict[str, Any]:
        """The parameters beside the name."""
        return dict(self.model_extra or {})


class ExpertPlan(BaseModel):
    """One expert: encoders of one modality, and the head over them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoders: tuple[Part, ...] = Field(min_length=1)
    head: Part


class FusionPlan(BaseModel):
    """Which fusions may be chosen, and the head that early fusion puts over all features."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    methods: tuple[Method, ...] = ("best-single", "late", "early")
    head: Part

    @field_validator("methods", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("methods")
    @classmethod
    def _some(cls, value: tuple[Method, ...]) -> tuple[Method, ...]:
        if not value:
            raise ValueError("name at least one of best-single, late, early")
        order: tuple[Method, ...] = ("best-single", "late", "early")
        return tuple(method for method in order if method in value)


class DecisionPlan(BaseModel):
    """The precision promised for accepted products, and how its threshold is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    precision: float = Field(0.95, gt=0, lt=1)
    level: float = Field(0.95, gt=0, lt=1)
    method: Literal["clopper-pearson", "fixed-sequence"] = "clopper-pearson"


class Recipe(BaseModel):
    """What a model is fitted from.

    Parameters
    ----------
    name
        How it is called in the model's card.
    experts
        The experts by name; those whose modality a catalogue lacks are left out.
    fusion, decisions
        See `FusionPlan` and `DecisionPlan`.
    folds
        How many folds out-of-fold predictions are made with.
    class_weights
        ``balanced`` gives every class the same total weight in training.
    target_scale
        For a regressor: ``log``, ``linear``, or ``auto`` (log for positive, skewed values).
    interval
        For a regressor: the share of products whose value is to lie between low and high.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "custom"
    experts: dict[str, ExpertPlan] = Field(min_length=1)
    fusion: FusionPlan
    decisions: DecisionPlan = DecisionPlan()
    folds: int = Field(5, ge=2, le=20)
    class_weights: Literal["none", "balanced"] = "none"
    target_scale: Literal["auto", "log", "linear"] = "auto"
    interval: float = Field(0.9, gt=0, lt=1)

    @classmethod
    def load(cls, recipe: str | Path | Self, task: Task, settings: Sequence[str] = ()) -> Self:
        """Load a recipe by name or from a YAML file, and change entries of it.

        Parameters
        ----------
        recipe
            ``fast``, ``auto``, a YAML file, or a recipe. A file holds the fields of a recipe, those
            that it leaves out come from the recipe named under ``base`` (``fast``).
        task
            Which half of a recipe that serves both tasks to take.
        settings
            Changes such as ``text.head=svm``, ``text.head.C=3``, ``head=svm``, ``folds=3``,
            ``precision=0.97``.

        Raises
        ------
        RecipeError
            If there is no such recipe, or an entry is unknown or not valid.
        """
        if isinstance(recipe, cls):
            entries: dict[str, Any] = recipe.model_dump(mode="json")
        else:
            where = str(recipe)
            entries = cls._validated(_read(where, task), where).model_dump(mode="json")
        for setting in settings:
            key, separator, value = setting.partition("=")
            if not separator:
                raise RecipeError(f"{setting!r}: expected KEY=VALUE, for example text.head=svm")
            _set(entries, key.strip(), _parsed(setting, value))
        where = f"the recipe with {', '.join(settings)}" if settings else "the recipe"
        return cls._validated(entries, where)

    @classmethod
    def _validated(cls, entries: Mapping[str, Any], where: str) -> Self:
        try:
            return cls.model_validate(entries)
        except ValidationError as error:
            lines = [
                f"  {'.'.join(str(part) for part in item['loc']) or 'recipe'}: {item['msg']} "
                f"(found {item['input']!r})"
                for item in error.errors()
            ]
            raise RecipeError(f"{where} is not a valid recipe:\n" + "\n".join(lines)) from error


def _parsed(setting: str, value: str) -> Any:
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise RecipeError(f"{setting!r}: the value is not valid YAML ({error})") from error


def _read(recipe: str, task: Task) -> dict[str, Any]:
    if recipe == "auto":
        return _read("fast", task)
    if recipe in NAMED:
        text = files("aisle.models").joinpath("recipes", f"{recipe}.yaml").read_text("utf-8")
        entries: dict[str, Any] = yaml.safe_load(text)[task.value]
        return {"name": recipe, **entries}
    path = Path(recipe)
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise RecipeError(
            f"there is no recipe {recipe!r}; named recipes are auto, {', '.join(NAMED)}, "
            "and a YAML file ends in .yaml"
        )
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{path}: the recipe could not be read ({error})") from error
    if not isinstance(content, dict):
        raise RecipeError(f"{path}: a recipe is a mapping, for example 'folds: 3'")
    content = content.get(task.value, content)
    base = _read(str(content.pop("base", "fast")), task)
    return {**_overlaid(base, content), "name": content.get("name", path.stem)}


def _overlaid(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `changes` over `base`; the experts that are given replace those of the base."""
    merged = dict(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **value} if both and key != "experts" else value
    return merged


def _full(part: Any) -> Any:
    return {"use": part} if isinstance(part, str) else part


_SHORT = {
    "precision": "decisions.precision",
    "level": "decisions.level",
    "methods": "fusion.methods",
}


def _set(entries: dict[str, Any], key: str, value: Any) -> None:
    """Change one entry in place; `key` may leave out ``experts.``."""
    if key == "head":
        for expert in entries["experts"]:
            _set(entries, f"experts.{expert}.head", value)
        return _set(entries, "fusion.head", value)
    if key == "fusion":
        key = "fusion.methods"
    steps = _SHORT.get(key, key).split(".")
    if steps[0] in entries["experts"]:
        steps = ["experts", *steps]
    elif steps[0] not in Recipe.model_fields:
        known = [*entries["experts"], *Recipe.model_fields, *_SHORT, "head"]
        near = get_close_matches(steps[0], known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise RecipeError(
            f"a recipe has no entry {key!r}{hint} Entries begin with {', '.join(known)}"
        )
    inner: Any = entries
    for step in steps[:-1]:
        inner = _step(inner, step, key)
    last = steps[-1]
    if isinstance(inner, list):
        _step(inner, last, key)
        inner[int(last)] = _full(value)
    elif isinstance(inner, dict):
        if last == "encoders":
            value = [_full(part) for part in (value if isinstance(value, list) else [value])]
        inner[last] = _full(value) if last == "head" else value
    else:
        raise RecipeError(f"{key!r}: {'.'.join(steps[:-1])} holds a single value, not entries")
    return None


def _step(inner: Any, step: str, key: str) -> Any:
    if isinstance(inner, list):
        if not step.isdigit() or int(step) >= len(inner):
            raise RecipeError(f"{key!r}: {step!r} is no position from 0 to {len(inner) - 1}")
        return inner[int(step)]
    if isinstance(inner, dict) and step in inner:
        return inner[step]
    raise RecipeError(f"{key!r}: there is no entry {step!r} in the recipe")
