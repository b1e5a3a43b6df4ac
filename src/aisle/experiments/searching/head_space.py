"""The heads that a search may put over an expert's encoders, and what it may turn at each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from aisle.catalog import Task
from aisle.errors import RecipeError
from aisle.experiments.searching.knobs import Choice, Knobs, Log, OneOf, Suggests, starts, turn
from aisle.heads import (
    CLASSIFIERS,
    REGRESSORS,
    Head,
    find_classifier,
    find_regressor,
    head_names,
)
from aisle.models.recipe import Part

_BOOSTED: Knobs = {
    "rounds": OneOf((100, 200, 300)),
    "learning_rate": Log(0.02, 0.2),
    "leaves": OneOf((7, 15, 31)),
    "minimum_rows": OneOf((5, 10, 20)),
}
_FOREST: Knobs = {"minimum_rows": OneOf((1, 2, 4))}
_NETWORK: Knobs = {"dropout": OneOf((0.2, 0.35, 0.5)), "learning_rate": Log(3e-4, 3e-3)}

_KNOBS: dict[Task, dict[str, Knobs]] = {
    Task.CLASSIFY: {
        "logistic": {"C": Log(0.3, 300)},
        "svm": {"C": Log(0.03, 30)},
        "bayes": {"alpha": Log(0.001, 1)},
        "forest": _FOREST,
        "lightgbm": _BOOSTED,
        "mlp": _NETWORK,
    },
    Task.REGRESS: {
        "ridge": {"alpha": Log(0.003, 100)},
        "svr": {"C": Log(0.03, 30)},
        "forest": _FOREST,
        "lightgbm": _BOOSTED,
        "mlp": _NETWORK,
    },
}

_HEAVY = {
    Task.CLASSIFY: ("forest", "lightgbm", "mlp"),
    Task.REGRESS: ("bayes", "forest", "lightgbm", "mlp"),
}
"""Heads that take long over many columns."""


@dataclass(frozen=True)
class HeadSpace:
    """The heads to try.

    Parameters
    ----------
    task
        Classes or a quantity.
    own
        The recipe's head, which is among them; what it says beside the knobs is kept.
    quick
        Heads for any features.
    heavy
        Heads besides, for features of few columns.
    """

    task: Task
    own: Part
    quick: tuple[str, ...]
    heavy: tuple[str, ...]

    @classmethod
    def of(cls, own: Part, task: Task, *, slow: bool, few_columns: bool) -> HeadSpace:
        """List the heads that fit.

        Parameters
        ----------
        own, task
            The recipe's head, and what it learns.
        slow
            There is time for heads that take long.
        few_columns
            The expert's features never have many columns.
        """
        own_heads = CLASSIFIERS if task is Task.CLASSIFY else REGRESSORS
        fitting = [name for name in head_names() if _fits(name, task)]
        # Of a plug-in's head nobody knows how long it takes: it is tried like a quick one.
        quick = [n for n in fitting if n not in own_heads or n not in _HEAVY[task]]
        heavy = [n for n in fitting if n in _HEAVY[task] and (slow or few_columns)]
        if not slow or find_spec("torch") is None:
            heavy = [name for name in heavy if name != "mlp"]
        if own.use not in quick:
            quick.append(own.use)
        return cls(task, own, tuple(quick), tuple(n for n in heavy if n not in quick))

    def suggest(self, trial: Suggests, *, wide: bool) -> Part:
        """Return a head to try, over features of many columns or of few."""
        kind = str(trial.suggest_categorical(_name(wide=wide), self._kinds(wide=wide)))
        kept = self.own.params if kind == self.own.use else {}
        return Part.model_validate({**kept, **turn(trial, self._knobs(kind), kind), "use": kind})

    def start(self, *, wide: bool) -> dict[str, Choice]:
        """Return the values of knobs that stand for the recipe's own head."""
        use = self.own.use
        values = {**_defaults(use, self.task), **self.own.params}
        return {_name(wide=wide): use, **starts(self._knobs(use), use, values)}

    def _kinds(self, *, wide: bool) -> tuple[str, ...]:
        return self.quick if wide else (*self.quick, *self.heavy)

    def _knobs(self, kind: str) -> Knobs:
        return _KNOBS[self.task].get(kind, {})


def _name(*, wide: bool) -> str:
    # Optuna wants the same choices whenever it is asked by the same name.
    return "head of many columns" if wide else "head"


def _find(name: str, task: Task) -> type[Head]:
    return find_classifier(name) if task is Task.CLASSIFY else find_regressor(name)


def _fits(name: str, task: Task) -> bool:
    try:
        _find(name, task)
    except (RecipeError, ImportError):
        return False  # of the other task, or of a plug-in that does not import
    return True


def _defaults(name: str, task: Task) -> dict[str, Any]:
    """Return the parameters that a head has where a recipe says nothing."""
    return _find(name, task)().get_params()
