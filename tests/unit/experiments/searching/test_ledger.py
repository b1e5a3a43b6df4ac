from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aisle.catalog import Task
from aisle.experiments.searching.ledger import Finished, Ledger
from aisle.experiments.searching.sampling import Proposal
from aisle.experiments.searching.target import Judged
from aisle.experiments.searching.trying import Outcome
from aisle.models import Recipe

PLAN = Recipe.load("fast", Task.CLASSIFY).experts["text"]
LOSSES = np.array([0.5, 0.25, 0.125], dtype=np.float32)


def complete(loss: float = 0.1, wrong: bool = True) -> Finished:
    judged = Judged(LOSSES, np.array([True, False, False]) if wrong else None)
    proposal = Proposal(PLAN, {"C": 0.1}, {"C": "{}"})
    return Finished(proposal, Outcome("complete", 2, loss, judged, 1.5, 2.5))


STOPPED = Finished(Proposal(PLAN, {}, {}), Outcome("stopped", 1, 0.9, None, 0.5, 0.0))
FAILED = Finished(Proposal(PLAN, {}, {}), Outcome("failed", 0, None, None, 0.5, 0.0, "no"))


def test_what_was_added_is_there_for_the_next_process(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "new", 3)
    for trial in (complete(1 / 3), STOPPED, FAILED, complete(0.2, wrong=False)):
        ledger.add(trial)
    again = Ledger(tmp_path / "new", 3)
    assert [t.known for t in again.trials] == [t.known for t in ledger.trials]
    first, last = again.trials[0].outcome.judged, again.trials[3].outcome.judged
    assert first is not None
    assert last is not None
    assert first.losses.tolist() == LOSSES.tolist()
    assert first.wrong is not None
    assert first.wrong.tolist() == [True, False, False]
    assert last.wrong is None
    assert again.trials[2].outcome.error == "no"
    assert again.seconds == 4.0
    assert again.best is again.trials[3].outcome
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [
        f"{n:04d}.safetensors" for n in range(4)
    ]


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x80\x04K\x01.", None])
def test_a_damaged_trial_and_what_came_after_it_is_made_again(
    tmp_path: Path, content: bytes | None
) -> None:
    ledger = Ledger(tmp_path, 3)
    for _ in range(3):
        ledger.add(complete())
    path = tmp_path / "0001.safetensors"
    path.write_bytes(path.read_bytes()[:-5] if content is None else content)
    again = Ledger(tmp_path, 3)
    assert len(again.trials) == 1
    again.add(STOPPED)
    assert [t.outcome.state for t in Ledger(tmp_path, 3).trials] == [
        "complete",
        "stopped",
        "complete",
    ]


def test_trials_on_other_rows_are_not_read(tmp_path: Path) -> None:
    Ledger(tmp_path, 3).add(complete())
    assert Ledger(tmp_path, 4).trials == []


def test_no_trial_has_no_best(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "none", 3)
    assert ledger.best is None
    assert not (tmp_path / "none").exists()
