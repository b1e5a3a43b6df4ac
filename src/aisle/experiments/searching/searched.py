"""What a search found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from aisle.experiments.searching.sampling import State
from aisle.models.recipe import ExpertPlan, Recipe


@dataclass(frozen=True)
class Trial:
    """One plan that was tried for one expert.

    Parameters
    ----------
    expert, number
        Whose it was, and its place in the order of trials; number 0 is the recipe's own plan.
    plan
        What was tried.
    state
        ``complete``, ``stopped`` (clearly worse than the best after some folds) or ``failed``.
    folds
        How many folds it was tried on.
    loss
        The mean out-of-fold loss on these.
    seconds
        What it took.
    error
        Why it failed.
    """

    expert: str
    number: int
    plan: ExpertPlan
    state: State
    folds: int
    loss: float | None
    seconds: float
    error: str | None


@dataclass(frozen=True)
class Scores:
    """Out-of-fold scores of a plan.

    Parameters
    ----------
    score
        Accuracy; for values, the mean absolute error on the scale of learning.
    low, high
        Its 95 % interval, as if this plan alone had been tried.
    loss
        The mean log loss of calibrated probabilities; for values, the mean absolute error again.
    """

    score: float
    low: float
    high: float
    loss: float


@dataclass(frozen=True)
class Finding:
    """What a search found for one expert.

    Parameters
    ----------
    expert, modality
        Whose it is.
    default, found
        Scores of the recipe's own plan, and of the one that was chosen. What was found is the best
        of many on the very rows that chose it, so its scores are optimistic.
    gain, gain_error
        How much lower the chosen plan's mean loss is, and the standard error of that difference.
    errors_asked
        By how many standard errors a plan had to win, the more the more were tried.
    before, after
        The plans in words.
    changed
        Whether another plan won by more than noise.
    trials
        How many plans were tried.
    """

    expert: str
    modality: str
    default: Scores
    found: Scores
    gain: float
    gain_error: float
    errors_asked: float
    before: str
    after: str
    changed: bool
    trials: int


@dataclass(frozen=True)
class Searched:
    """A recipe, and the search that ended in it.

    Parameters
    ----------
    recipe
        The recipe that was found; it is `base` where nothing won by more than noise.
    base
        What the search began with.
    task
        ``classify`` or ``regress``.
    findings
        By expert, in the recipe's order.
    trials
        Everything that was tried.
    rows
        How many products decided.
    folds
        How many folds they were cut into.
    seconds
        What all trials took, those of earlier runs included.
    resumed
        How many trials had been finished by an earlier run.
    fit_seconds
        About how long fitting a model from the recipe will take.
    left_out
        Experts that were not searched for, and why.
    """

    recipe: Recipe
    base: Recipe
    task: str
    findings: tuple[Finding, ...]
    trials: tuple[Trial, ...]
    rows: int
    folds: int
    seconds: float
    resumed: int
    fit_seconds: float
    left_out: dict[str, str]

    @property
    def changed(self) -> bool:
        """Whether the recipe is another one than before."""
        return any(finding.changed for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON knows it; scores of what was found are optimistic."""
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "base": self.base.name,
            "changed": self.changed,
            "task": self.task,
            "rows": self.rows,
            "folds": self.folds,
            "seconds": self.seconds,
            "resumed": self.resumed,
            "fit_seconds": self.fit_seconds,
            "optimistic": self.changed,
            "left_out": dict(self.left_out),
            "findings": [asdict(finding) for finding in self.findings],
            "trials": [
                {**vars(trial), "plan": trial.plan.model_dump(mode="json")} for trial in self.trials
            ],
        }
