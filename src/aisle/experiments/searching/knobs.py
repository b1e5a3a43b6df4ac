"""What can be turned at a part of a recipe: a number within limits, or one of a few values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Choice = str | int | float

_A_DECADE = 6


class Suggests(Protocol):
    """Says what to try, as a trial of Optuna does."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return a number between two limits."""


@dataclass(frozen=True)
class Log:
    """A positive number that matters by its order of magnitude: six values a decade are tried.

    Values closer together make hardly another model, and every trial costs time and raises the bar.
    """

    low: float
    high: float

    def suggest(self, trial: Suggests, name: str) -> float:
        """Return a value to try."""
        drawn = trial.suggest_float(name, self.low, self.high, log=True)
        return float(f"{10 ** (round(_A_DECADE * math.log10(drawn)) / _A_DECADE):.2g}")

    def start(self, value: Any) -> float | None:
        """Return the value of this knob that is closest to a recipe's own, if any is."""
        return min(max(float(value), self.low), self.high) if _positive(value) else None


@dataclass(frozen=True)
class OneOf:
    """One of a few values."""

    values: tuple[Choice, ...]

    def suggest(self, trial: Suggests, name: str) -> Choice:
        """Return a value to try."""
        chosen: Choice = trial.suggest_categorical(name, self.values)
        return chosen

    def start(self, value: Any) -> Choice | None:
        """Return a recipe's own value, if it is one of these."""
        return value if isinstance(value, str | int | float) and value in self.values else None


Knob = Log | OneOf
Knobs = Mapping[str, Knob]


def turn(trial: Suggests, knobs: Knobs, part: str) -> dict[str, Choice]:
    """Return a value to try for each knob of a part."""
    return {name: knob.suggest(trial, f"{part}.{name}") for name, knob in knobs.items()}


def starts(knobs: Knobs, part: str, values: Mapping[str, Any]) -> dict[str, Choice]:
    """Return where the search starts: the recipe's own values, as far as knobs can hold them."""
    found = {f"{part}.{name}": knob.start(values.get(name)) for name, knob in knobs.items()}
    return {name: value for name, value in found.items() if value is not None}


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
