"""Choosing a plan: another takes the place of the recipe's own only if it wins by more than noise.

The best of many trials looks better than it is, on the rows that chose it: by chance alone some
trial is ahead of the recipe's own plan. So the bar rises with the number of trials.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aisle.experiments.searching.ledger import Finished
from aisle.experiments.searching.searched import Finding, Scores
from aisle.experiments.searching.space import described
from aisle.experiments.searching.target import ClassTarget, Judged, ValueTarget
from aisle.experiments.searching.trying import Outcome
from aisle.fusion import Candidate, choose
from aisle.metrics import wilson_interval

_TOLERATED = 0.16
"""The chance of a false win in one comparison: that of one standard error, as among fusions."""

AnyTarget = ClassTarget | ValueTarget


def errors_to_win(trials: int) -> float:
    """Return by how many standard errors one of several trials must win.

    One trial needs one standard error, as a fusion does (Breiman et al., 1984); of several, the
    chance that any wins by luck is kept as low (Bonferroni's bound).

    Examples
    --------
    >>> [round(errors_to_win(trials), 1) for trials in (1, 10, 100)]
    [1.0, 2.1, 2.9]
    """
    from scipy.special import ndtri

    return float(-ndtri(_TOLERATED / max(1, trials)))


def chosen(trials: Sequence[Finished], target: AnyTarget) -> int:
    """Return the number of the plan to take: the best that beats the recipe's own, or 0.

    Parameters
    ----------
    trials
        Finished trials of one expert; the first is the recipe's own plan, and complete.
    target
        The truth.
    """
    errors = errors_to_win(len(trials) - 1)
    own = _candidate(trials[0].outcome, target)
    complete = [n for n, trial in enumerate(trials) if n and trial.outcome.judged is not None]
    for number in sorted(complete, key=lambda n: (trials[n].outcome.loss or 0.0, n)):
        if choose([own, _candidate(trials[number].outcome, target)], errors=errors) == 1:
            return number
    return 0


def finding(
    expert: str, modality: str, trials: Sequence[Finished], target: AnyTarget
) -> tuple[Finding, Finished]:
    """Choose among the trials of an expert, and say what that brings.

    Returns
    -------
    tuple
        What is to be told, and the trial that was chosen.
    """
    number = chosen(trials, target)
    own, best = trials[0], trials[number]
    before, after = _judged(own.outcome), _judged(best.outcome)
    counted = target.counted
    gains = (before.losses.astype(np.float64) - after.losses)[counted]
    told = Finding(
        expert=expert,
        modality=modality,
        default=_scores(before, target),
        found=_scores(after, target),
        gain=float(gains.mean()) if len(gains) else 0.0,
        gain_error=_error(gains),
        errors_asked=errors_to_win(len(trials) - 1),
        before=described(own.proposal.plan),
        after=described(best.proposal.plan),
        changed=number > 0,
        trials=len(trials),
    )
    return told, best


def _candidate(outcome: Outcome, target: AnyTarget) -> Candidate:
    judged = _judged(outcome)
    losses = judged.losses[target.counted].astype(np.float64)
    if judged.wrong is None:
        return Candidate("", losses, -float(losses.mean()))
    wrong = judged.wrong[target.counted].astype(np.float64)
    return Candidate("", losses, 1 - float(judged.wrong.mean()), wrong)


def _scores(judged: Judged, target: AnyTarget) -> Scores:
    loss = target.loss(judged.losses)
    if judged.wrong is None:
        reach = 1.96 * _error(judged.losses.astype(np.float64))
        return Scores(loss, loss - reach, loss + reach, loss)
    right = int((~judged.wrong).sum())
    low, high = wilson_interval(right, len(judged.wrong))
    return Scores(right / len(judged.wrong), low, high, loss)


def _judged(outcome: Outcome) -> Judged:
    assert outcome.judged is not None
    return outcome.judged


def _error(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    if len(values) < 2:
        return 0.0
    return float(values.std(ddof=1) / np.sqrt(len(values)))
