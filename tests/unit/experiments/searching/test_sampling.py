from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("optuna")

import optuna

from aisle.catalog import Task
from aisle.experiments.searching.head_space import HeadSpace
from aisle.experiments.searching.sampling import RANDOM_TRIALS, Known, Proposal, propose
from aisle.experiments.searching.space import Space
from aisle.models import Recipe

FAST = Recipe.load("fast", Task.CLASSIFY)


@pytest.fixture
def space() -> Space:
    return Space.of(FAST.experts["text"], Task.CLASSIFY, slow=False)


def loss_of(proposal: Proposal) -> float:
    """Like support vectors best of all."""
    return (0.1 if proposal.plan.head.use == "svm" else 1.0) + 0.01 * len(proposal.plan.encoders)


def chain(space: Space, count: int, seed: int = 0, stream: int = 0) -> list[Known]:
    known: list[Known] = []
    for _ in range(count):
        found = propose(space, known, seed=seed, stream=stream)
        assert found is not None
        known.append(Known(found, "complete", 5, loss_of(found)))
    return known


def test_the_recipes_own_plan_is_the_first(space: Space) -> None:
    first = propose(space, [], seed=3, stream=0)
    assert first is not None
    assert first.plan == space.own
    assert first.values["logistic.C"] == 30.0


def test_an_own_plan_that_the_knobs_cannot_hold_is_tried_as_it_is() -> None:
    own = Recipe.load("fast", Task.CLASSIFY, ["text.head.C=12345"]).experts["text"]
    first = propose(Space.of(own, Task.CLASSIFY, slow=False), [], seed=0, stream=0)
    assert first is not None
    assert first.plan.head.params["C"] == 12345


def test_what_comes_next_follows_from_finished_trials_and_seed_alone(space: Space) -> None:
    one = chain(space, RANDOM_TRIALS + 6)
    two = chain(space, RANDOM_TRIALS + 6)
    assert one == two
    half = one[: RANDOM_TRIALS + 2]
    assert propose(space, half, seed=0, stream=0) == one[len(half)].proposal
    assert chain(space, 4, seed=1) != one[:4]
    assert chain(space, 4, stream=1) != one[:4]


def test_no_plan_is_tried_twice(space: Space) -> None:
    plans = [trial.proposal.plan for trial in chain(space, 20)]
    assert all(plan not in plans[:at] for at, plan in enumerate(plans))


def test_the_sampler_learns_from_what_was_found(space: Space) -> None:
    later = chain(space, 40)[RANDOM_TRIALS + 8 :]
    heads = [trial.proposal.plan.head.use for trial in later]
    assert heads.count("svm") > 0.6 * len(heads)


def test_a_space_that_is_used_up_ends_the_search() -> None:
    own = Recipe.load("fast", Task.CLASSIFY).experts["metadata"]
    # A head without knobs, over an encoder that has one of three values.
    few = Space(own, "metadata", (), HeadSpace(Task.CLASSIFY, own.head, ("plain",), ()))
    known = [Known(Proposal(own, {}, {}), "complete", 2, 1.0)]
    while (found := propose(few, known, seed=0, stream=0)) is not None:
        known.append(Known(found, "complete", 2, 1.0))
    tried = [trial.proposal.plan.encoders[0].params for trial in known[1:]]
    assert sorted(params.get("minimum", 2) for params in tried) == [1, 2, 5]


def test_stopped_and_failed_trials_are_told_too(space: Space) -> None:
    known = chain(space, 3)
    known[1] = Known(known[1].proposal, "stopped", 1, 2.0)
    known[2] = Known(known[2].proposal, "failed", 0, None)
    assert propose(space, known, seed=0, stream=0) is not None


def test_optunas_own_words_are_as_they_were(space: Space, tmp_path: Path) -> None:
    before = optuna.logging.get_verbosity()
    propose(space, [], seed=0, stream=0)
    assert optuna.logging.get_verbosity() == before
