"""What to try next: Optuna's sampler, whose answer follows from finished trials and seed alone."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from aisle.errors import AisleError
from aisle.experiments.searching.knobs import Choice
from aisle.experiments.searching.space import Space
from aisle.models.recipe import ExpertPlan

RANDOM_TRIALS = 8
"""Trials before the sampler learns from what was found."""

_ATTEMPTS = 40

State = Literal["complete", "stopped", "failed"]


@dataclass(frozen=True)
class Proposal:
    """A plan to try, and the values of knobs that it was made of.

    Parameters
    ----------
    plan
        The expert's plan.
    values, distributions
        By knob: its value, and where it was drawn from, as Optuna writes it in JSON.
    """

    plan: ExpertPlan
    values: Mapping[str, Choice]
    distributions: Mapping[str, str]


@dataclass(frozen=True)
class Known:
    """What the sampler is told of a finished trial.

    Parameters
    ----------
    proposal
        What was tried.
    state
        ``stopped`` where it was given up before its last fold.
    folds
        How many folds it was tried on.
    loss
        The mean over the rows of these; None where it failed.
    """

    proposal: Proposal
    state: State
    folds: int
    loss: float | None


def check_optuna() -> None:
    """Refuse to search where Optuna is not installed; raises AisleError."""
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise AisleError(
            'searching for a recipe needs Optuna: pip install "aisle[search]"'
        ) from error


def propose(space: Space, known: Sequence[Known], *, seed: int, stream: int) -> Proposal | None:
    """Return the next plan to try; None where nothing new is found.

    The sampler is made anew for each trial, with a seed of its own, and told all finished trials:
    a search that was killed goes on as if nothing had happened. The first plan is the recipe's own.

    Parameters
    ----------
    space
        What may be tried.
    known
        The finished trials, in order.
    seed
        Of the search.
    stream
        Which expert this is, so that no two draw the same numbers.

    References
    ----------
    Bergstra et al. (2011), Algorithms for hyper-parameter optimization (TPE).
    """
    import optuna

    with _quiet(optuna):
        study = optuna.create_study(direction="minimize")
        study.add_trials([_told(optuna, trial) for trial in known])
        if not known:
            study.enqueue_trial(space.start())
        seen = {_key(trial.proposal.plan) for trial in known}
        for attempt in range(_ATTEMPTS):
            drawn = np.random.SeedSequence([seed, stream, len(known), attempt])
            study.sampler = optuna.samplers.TPESampler(
                # The knobs that there are depend on others, which a joint model cannot follow.
                multivariate=False,
                n_startup_trials=RANDOM_TRIALS,
                seed=int(drawn.generate_state(1)[0]),
            )
            trial = study.ask()
            plan = space.suggest(trial)
            if not known:
                plan = space.own
            if plan is not None and _key(plan) not in seen:
                written = {
                    name: optuna.distributions.distribution_to_json(distribution)
                    for name, distribution in trial.distributions.items()
                }
                return Proposal(plan, dict(trial.params), written)
    return None


def _told(optuna: Any, known: Known) -> Any:
    """Return a finished trial as Optuna keeps it."""
    state = {
        "complete": optuna.trial.TrialState.COMPLETE,
        "stopped": optuna.trial.TrialState.PRUNED,
        "failed": optuna.trial.TrialState.FAIL,
    }[known.state]
    read = optuna.distributions.json_to_distribution
    return optuna.trial.create_trial(
        state=state,
        value=known.loss if known.state == "complete" else None,
        params=dict(known.proposal.values),
        distributions={n: read(text) for n, text in known.proposal.distributions.items()},
        intermediate_values={} if known.loss is None else {known.folds: known.loss},
    )


def _key(plan: ExpertPlan) -> str:
    return plan.model_dump_json()


@contextmanager
def _quiet(optuna: Any) -> Iterator[None]:
    """Keep Optuna's own words to warnings, as long as it works for us."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(level)
