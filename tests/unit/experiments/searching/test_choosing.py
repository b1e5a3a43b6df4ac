from __future__ import annotations

import numpy as np
import pytest

from aisle.catalog import Catalog, Task
from aisle.experiments.searching.choosing import chosen, errors_to_win, finding
from aisle.experiments.searching.ledger import Finished
from aisle.experiments.searching.sampling import Proposal
from aisle.experiments.searching.target import ClassTarget, Judged, make_target
from aisle.experiments.searching.trying import Outcome, clearly_worse
from aisle.models import Recipe

PLAN = Recipe.load("fast", Task.CLASSIFY).experts["text"]
ROWS = 400


@pytest.fixture
def target() -> ClassTarget:
    rows = [{"title": f"t{n}", "kind": "ab"[n % 2]} for n in range(ROWS)]
    catalog = Catalog.read(rows, target="kind", roles={"title": "text"})
    made = make_target(catalog, np.arange(ROWS) // 2 % 5, balanced=False, target_scale="auto")
    assert isinstance(made, ClassTarget)
    return made


def trial(losses: np.ndarray, wrong: np.ndarray | None = None) -> Finished:
    wrong = np.zeros(ROWS, dtype=bool) if wrong is None else wrong
    judged = Judged(losses.astype(np.float32), wrong)
    return Finished(
        Proposal(PLAN, {}, {}),
        Outcome("complete", 5, float(judged.losses.mean(dtype=np.float64)), judged, 1.0, 2.0),
    )


def noisy(mean: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 1.0, ROWS)


def test_a_plan_that_wins_by_more_than_noise_is_taken(target: ClassTarget) -> None:
    own = noisy(1.0, 0)
    trials = [trial(own), trial(own + noisy(0.3, 1)), trial(own - 0.5 + noisy(0, 2))]
    assert chosen(trials, target) == 2
    told, best = finding("text", "text", trials, target)
    assert best is trials[2]
    assert told.changed
    assert told.gain == pytest.approx(0.5, abs=0.1)
    assert told.gain_error == pytest.approx(1 / np.sqrt(ROWS), rel=0.1)
    assert told.found.loss < told.default.loss


def test_the_best_of_many_that_differ_by_luck_alone_is_not_taken(target: ClassTarget) -> None:
    own = noisy(1.0, 0)
    taken = 0
    for search in range(20):
        trials = [trial(own), *(trial(own + noisy(0, 100 * search + n + 1)) for n in range(40))]
        # By luck, some trial is ahead of the recipe's own by two standard errors.
        assert min(t.outcome.loss or 0.0 for t in trials) < own.mean() - 1 / np.sqrt(ROWS)
        taken += chosen(trials, target) > 0
    assert taken <= 6


def test_a_lower_loss_with_more_wrong_answers_is_not_taken(target: ClassTarget) -> None:
    own = noisy(1.0, 0)
    wrong = np.arange(ROWS) < 40
    assert chosen([trial(own), trial(own - 0.5, wrong)], target) == 0
    assert chosen([trial(own, wrong), trial(own - 0.5, wrong)], target) == 1


def test_stopped_trials_cannot_win(target: ClassTarget) -> None:
    stopped = Finished(Proposal(PLAN, {}, {}), Outcome("stopped", 1, -5.0, None, 1.0, 0.0))
    assert chosen([trial(noisy(1.0, 0)), stopped], target) == 0


def test_the_bar_rises_with_the_number_of_trials() -> None:
    bars = [errors_to_win(trials) for trials in (1, 5, 20, 100)]
    assert bars == sorted(bars)
    assert bars[0] == pytest.approx(1.0, abs=0.01)


def test_clearly_worse_means_by_more_than_noise_on_the_same_rows() -> None:
    best = noisy(1.0, 0).astype(np.float32)
    near = (best + noisy(0.05, 1)).astype(np.float32)
    far = (best + noisy(0.2, 1)).astype(np.float32)
    assert not clearly_worse(best, best)
    assert not clearly_worse(near, best)
    assert clearly_worse(far, best)
    # A small difference that is the same for every row is no noise.
    assert clearly_worse(best + np.float32(0.01), best)
    assert not clearly_worse(far[:1], best[:1])


def test_classes_that_no_other_fold_has_do_not_count() -> None:
    kinds = ["a", "a", "b", "b", "c", "c"]
    rows = [{"title": f"t{n}", "kind": kind} for n, kind in enumerate(kinds)]
    catalog = Catalog.read(rows, target="kind", roles={"title": "text"})
    target = make_target(catalog, np.array([0, 1, 0, 1, 1, 1]), balanced=False, target_scale="auto")
    assert target.counted.tolist() == [True, True, True, True, False, False]
    assert target.loss(np.array([1, 1, 3, 3, 9, 9], dtype=np.float32)) == 2.0
