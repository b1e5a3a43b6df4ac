"""How to fine-tune, as it stands in a recipe."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Literal

from aisle.catalog import Task
from aisle.errors import RecipeError
from aisle.neural.augmenting import ImageAugmentation, TextAugmentation
from aisle.neural.training import TrainingPlan

Modality = Literal["text", "image"]

OBJECTIVES = ("classes", "contrastive", "image-text")

_DEPTH = re.compile(r"(whole|last\d+|lora\d*)")
_USUAL: dict[str, TrainingPlan] = {
    "text": TrainingPlan(
        epochs=4, batch=16, learning_rate=5e-5, warm_up=0.1, patience=0, label_smoothing=0.05
    ),
    "image": TrainingPlan(
        epochs=12,
        batch=32,
        learning_rate=3e-4,
        warm_up=0.1,
        patience=0,
        label_smoothing=0.1,
        workers=2,
    ),
}


@dataclass(frozen=True)
class Tuning:
    """Settings of fine-tuning, under ``tune`` in a recipe: ``last3``, or a mapping.

    Parameters
    ----------
    depth
        ``whole``, ``last3`` (the last three layers), or ``lora`` (low-rank changes of every
        matrix, ``lora8`` by default; Hu et al., 2022).
    objective
        What to learn by, joined with ``+``: ``classes`` (cross-entropy; for prices, the distance),
        ``contrastive`` (products of one class near one another), ``image-text`` (photographs near
        the texts of their products).
    augment
        A preset or a mapping; see `aisle.neural.augmenting`.
    views
        Of photographs: how many differently augmented views there are of each, one an epoch in
        turn. Where the last layers alone are tuned, what comes before runs once a view and not
        once an epoch and fold. 0 makes a new view in every epoch.
    teacher
        For ``image-text``: the encoder folder whose vectors of the texts are aimed at.
    max_tokens
        Cut texts there while tuning, which is quicker; the tuned network reads them whole.
    temperature
        Of the contrastive objectives.
    head_rate
        How much faster than the network its new head learns.
    training
        See `TrainingPlan`; its entries stand beside the others in a recipe.
    """

    depth: str = "last3"
    objective: str = "classes"
    augment: str | Mapping[str, Any] = "none"
    views: int = 4
    teacher: str = "all-minilm-l6-v2"
    max_tokens: int | None = None
    temperature: float = 0.1
    head_rate: float = 20.0
    training: TrainingPlan = field(default_factory=TrainingPlan)

    @classmethod
    def of(
        cls,
        settings: str | Mapping[str, Any],
        modality: Modality,
        seed: int = 0,
        *,
        task: Task = Task.CLASSIFY,
    ) -> Tuning:
        """Read settings as they stand in a recipe.

        Parameters
        ----------
        settings
            A depth, or a mapping.
        modality
            What the network reads.
        seed
            Of the training, where the settings name none.
        task
            What it learns.

        Raises
        ------
        RecipeError
            If an entry is unknown, makes no sense, or would do nothing for the task.
        """
        given: dict[str, Any] = {"depth": settings} if isinstance(settings, str) else dict(settings)
        own = [name for name in asdict(cls()) if name != "training"]
        known = [*own, *TrainingPlan.names()]
        for name in given:
            if name not in known:
                near = get_close_matches(str(name), known, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else "."
                raise RecipeError(
                    f"tune: there is no entry {name!r}{hint} There are {', '.join(known)}"
                )
        usual = replace(_USUAL[modality], seed=seed)
        plan = replace(usual, **{n: v for n, v in given.items() if n in TrainingPlan.names()})
        light = "none" if modality == "text" else "standard"
        chosen: dict[str, Any] = {"augment": light, **{n: v for n, v in given.items() if n in own}}
        tuning = cls(training=plan, **chosen)
        tuning.check(modality)
        _check_of_use(given, tuning, task)
        return tuning

    @property
    def layers(self) -> int | None:
        """How many of the last layers are tuned; None if the depth does not say it so."""
        number = str(self.depth).removeprefix("last")
        return int(number) if str(self.depth).startswith("last") and number.isdigit() else None

    @property
    def objectives(self) -> tuple[str, ...]:
        """What to learn by."""
        return tuple(part.strip() for part in str(self.objective).split("+"))

    def check(self, modality: Modality) -> None:
        """Raise RecipeError if the settings make no sense for a modality."""
        if not _DEPTH.fullmatch(str(self.depth)) or str(self.depth) in ("last0", "lora0"):
            raise RecipeError(
                f"tune: depth {self.depth!r}: expected whole, last1, last2, ..., lora or lora16"
            )
        unknown = [part for part in self.objectives if part not in OBJECTIVES]
        if unknown or len(set(self.objectives)) < len(self.objectives):
            raise RecipeError(
                f"tune: objective {self.objective!r}: expected of {', '.join(OBJECTIVES)}, joined "
                "with +, each once"
            )
        if self.training.mixup and (modality == "text" or self.objectives != ("classes",)):
            raise RecipeError(
                "tune: mixup mixes photographs and their classes; it makes no sense for texts, "
                "which are numbers of words, nor for other objectives than classes"
            )
        if self.training.patience:
            raise RecipeError(
                "tune: patience needs rows to stop by, and tuning takes a fixed number of epochs; "
                "set epochs"
            )
        if modality == "text" and "image-text" in self.objectives:
            raise RecipeError(
                "tune: the objective image-text brings photographs to their texts, so it tunes "
                "image encoders; set it for image.tune"
            )
        for name in ("temperature", "head_rate"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
                raise RecipeError(f"tune: {name}: expected a number above 0, found {value!r}")
        if isinstance(self.views, bool) or not isinstance(self.views, int) or self.views < 0:
            raise RecipeError(f"tune: views: expected a whole number from 0, found {self.views!r}")
        most = self.max_tokens
        if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 4):
            raise RecipeError(f"tune: max_tokens: expected a whole number from 4, found {most!r}")
        kind = TextAugmentation if modality == "text" else ImageAugmentation
        kind.from_settings(self.augment)

    def told(self) -> str:
        """Return everything that decides the result, as text."""
        return json.dumps(asdict(self), sort_keys=True, default=str)


def _check_of_use(given: Mapping[str, Any], tuning: Tuning, task: Task) -> None:
    """Refuse what would do nothing: what is about classes, where no classes are learned."""
    values = task is Task.REGRESS
    if values and "contrastive" in tuning.objectives:
        raise RecipeError(
            f"tune: objective {tuning.objective!r}: contrastive brings products of one class near "
            "one another, and the target is a number, which hardly two products share; leave it "
            "out, for example objective: classes, which for a number is the distance"
        )
    if not values and "classes" in tuning.objectives:
        return
    why = "the target is a number" if values else f"the objective is {tuning.objective}"
    for name in ("label_smoothing", "focal", "mixup"):
        if given.get(name):
            raise RecipeError(
                f"tune: {name}: {given[name]!r} changes how classes are learned, and {why}; leave "
                f"{name} out"
            )
