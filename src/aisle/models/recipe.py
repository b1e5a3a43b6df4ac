"""Recipes: what to fit, as data that can be written down, changed and kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self, get_args

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from aisle.catalog import Task
from aisle.encoders.pretrained.finding import has_folder
from aisle.encoders.pretrained.known import find_known
from aisle.errors import RecipeError
from aisle.models.recipe_settings import change, lay_over, read_settings

Method = Literal[
    "best-single", "mean", "vote", "late", "stack", "early", "concatenation", "gated", "attention"
]

METHODS: tuple[Method, ...] = get_args(Method)
"""The fusions, the simplest first."""

CLASSIC: tuple[Method, ...] = ("best-single", "late", "stack", "early")
"""Those that are tried where a recipe names none."""

NAMED = ("fast", "balanced", "best")
"""Recipes that come with Aisle."""

_CHOOSE = {"choose": True}


class Part(BaseModel):
    """An encoder or a head by name, with its parameters: ``{use: logistic, C: 3}``.

    Of several names of encoder folders, ``{use: [siglip2-base, clip-vit-b32]}``, the first that is
    at hand is taken; where none is, one that is easy to pull. `Recipe.load` chooses; elsewhere, as
    in a bundle from a stranger, several names are not valid, so that no folder is looked for.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any, info: ValidationInfo) -> Any:
        """Let a bare name stand for a part with default parameters, and choose among several."""
        if isinstance(value, str):
            return {"use": value}
        names = value.get("use") if isinstance(value, Mapping) else None
        if info.context == _CHOOSE and isinstance(names, list) and names:
            return {**value, "use": first_at_hand([str(name) for name in names])}
        return value

    @property
    def params(self) -> dict[str, Any]:
        """The parameters beside the name."""
        return dict(self.model_extra or {})


class ExpertPlan(BaseModel):
    """One expert: encoders of one modality, and the head over them.

    `tune` says how its pretrained networks learn the target first, ``last3`` or a mapping; see
    `aisle.neural.tuning.Tuning`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoders: tuple[Part, ...] = Field(min_length=1)
    head: Part
    tune: dict[str, Any] | None = Field(None, exclude_if=lambda value: value is None)

    @field_validator("tune", mode="before")
    @classmethod
    def _from_depth(cls, value: Any) -> Any:
        return {"depth": value} if isinstance(value, str) else value


class FusionPlan(BaseModel):
    """Which fusions may be chosen, the head that early fusion puts over all features, and how
    networks that fuse are built and trained (see `aisle.neural.fusing.FusionNetwork`).

    A fusion takes the place of a simpler one only where it wins by more than `errors` standard
    errors on out-of-fold rows; with 0 the better one is taken, however little better.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    methods: tuple[Method, ...] = CLASSIC
    head: Part
    errors: float = Field(1.0, ge=0, le=10, exclude_if=lambda value: value == 1)
    # A recipe that says nothing of networks is written as it always was.
    network: dict[str, Any] = Field(default_factory=dict, exclude_if=lambda value: not value)

    @field_validator("methods", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("methods")
    @classmethod
    def _some(cls, value: tuple[Method, ...]) -> tuple[Method, ...]:
        if not value:
            raise ValueError(f"name at least one of {', '.join(METHODS)}")
        return tuple(method for method in METHODS if method in value)


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
    learning_curve
        Measure in training how the score grows with the number of products; not where networks are
        fine-tuned, which would take as long again.
    framework
        What heads that are networks are trained with, where a head does not say it itself.
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
    learning_curve: bool = True
    framework: Literal["torch", "tensorflow"] = "torch"

    @field_validator("experts")
    @classmethod
    def _free_names(cls, value: dict[str, ExpertPlan]) -> dict[str, ExpertPlan]:
        if reserved := {*METHODS[METHODS.index("early") :], "fusion", "decisions"} & value.keys():
            raise ValueError(f"an expert cannot be called {', '.join(sorted(reserved))}")
        return value

    @classmethod
    def load(
        cls,
        recipe: str | Path | Self,
        task: Task,
        settings: Sequence[str] | Mapping[str, Any] | str = (),
    ) -> Self:
        """Load a recipe by name or from a YAML file, and change entries of it.

        Parameters
        ----------
        recipe
            ``fast``, ``balanced``, ``best``, ``auto``, a YAML file, or a recipe. A file holds the
            same keys that `settings` take, nested or with full stops, over the recipe named under
            ``base`` (``fast``).
        task
            Which half of a recipe that serves both tasks to take.
        settings
            Changes such as ``text.head=svm``, ``text.head.C=3``, ``head=svm``, ``folds=3``,
            ``precision=0.97``, as a list or as a mapping.

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
        entries["fusion"].setdefault("network", {})
        changes = read_settings(settings)
        for key, value in changes:
            change(entries, key, value, cls.model_fields)
        told = ", ".join(f"{key}={value}" for key, value in changes)
        return cls._validated(entries, f"the recipe with {told}" if told else "the recipe")

    @classmethod
    def _validated(cls, entries: Mapping[str, Any], where: str) -> Self:
        try:
            return cls.model_validate(entries, context=_CHOOSE)
        except ValidationError as error:
            lines = [
                f"  {'.'.join(str(part) for part in item['loc']) or 'recipe'}: {item['msg']} "
                f"(found {item['input']!r})"
                for item in error.errors()
            ]
            raise RecipeError(f"{where} is not a valid recipe:\n" + "\n".join(lines)) from error


def recipe_of_auto(modalities: Collection[str] = ("text", "image")) -> str:
    """Return the recipe that ``auto`` stands for: ``balanced`` if its networks are at hand.

    Parameters
    ----------
    modalities
        Those that the catalogue has; networks for others are not needed.
    """
    useful = not _NETWORKS["balanced"].keys().isdisjoint(modalities)
    return "balanced" if useful and not lacking_networks("balanced", modalities) else "fast"


def lacking_networks(
    recipe: str, modalities: Collection[str] = ("text", "image")
) -> tuple[str, ...]:
    """Name the encoder folders that a named recipe needs and that are not at hand."""
    needed = [n for modality, n in _NETWORKS.get(recipe, {}).items() if modality in modalities]
    return tuple(first_at_hand(names) for names in needed if not any(map(has_folder, names)))


_PRETRAINED = {
    "text": ("all-minilm-l6-v2",),
    "image": ("siglip2-base", "clip-vit-b32", "mobilenet-edgetpu-100"),
}

_NETWORKS = {"balanced": _PRETRAINED, "best": _PRETRAINED}
"""By recipe and modality, the pretrained encoders to choose from."""


def first_at_hand(names: Sequence[str]) -> str:
    """Return the first encoder folder that there is; where there is none, the easiest to get."""
    found = next((name for name in names if has_folder(name)), None)
    return found or next((name for name in names if _ready_to_pull(name)), names[-1])


def _ready_to_pull(name: str) -> bool:
    """Say whether the hub has a network that runs as it is, so that no PyTorch is needed."""
    known = find_known(name)
    return known is not None and known.onnx is not None


def _read(recipe: str, task: Task, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read a recipe by name or from a file, over the recipe that the file builds on."""
    if recipe.lower() == "auto":
        return _read(recipe_of_auto(), task)
    if recipe.lower() in NAMED:
        name = recipe.lower()
        text = files("aisle.models").joinpath("recipes", f"{name}.yaml").read_text("utf-8")
        entries: dict[str, Any] = yaml.safe_load(text)[task.value]
        return {"name": name, **entries}
    path = Path(recipe)
    content = _content(path)
    own = content.pop(task.value, None) or {}
    for half in Task:
        content.pop(half.value, None)
    if not isinstance(own, dict):
        raise RecipeError(f"{path}: {task.value!r} holds entries, for example 'folds: 3'")
    content.update(own)
    base = str(content.pop("base", "fast"))
    beside = path.parent / base
    if path.resolve() in seen:
        raise RecipeError(f"{path}: builds on itself through 'base'")
    over = _read(str(beside) if beside.is_file() else base, task, (*seen, path.resolve()))
    entries = Recipe._validated(over, base).model_dump(mode="json")
    entries["fusion"].setdefault("network", {})
    entries["name"] = str(content.pop("name", path.stem))
    try:
        for key, value in content.items():
            lay_over(entries, str(key), value, Recipe.model_fields)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from error
    return entries


def _content(path: Path) -> dict[Any, Any]:
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise RecipeError(
            f"there is no recipe {str(path)!r}; named recipes are auto, {', '.join(NAMED)}, "
            "and a YAML file ends in .yaml"
        )
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise RecipeError(f"{path}: could not be read, there is no such file") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{path}: the recipe could not be read ({error})") from error
    if not isinstance(content, dict):
        raise RecipeError(f"{path}: a recipe is a mapping, for example 'folds: 3'")
    return content
