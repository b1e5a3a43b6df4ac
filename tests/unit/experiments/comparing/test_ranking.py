from __future__ import annotations

import pytest

from aisle.catalog import Task
from aisle.errors import AisleError
from aisle.experiments.comparing.ranking import NOT_REACHED, ranked
from aisle.metrics import paired_difference
from tests.unit.experiments.comparing.boards import board, entries, entry


def test_the_best_mean_is_first_and_failures_last() -> None:
    found = board()
    assert [row.name for row in found.rows] == ["slow", "quick", "poor <b>", "broken"]
    assert [row.rank for row in found.rows] == [1, 2, 3, None]
    assert found.rows[3].error == "there is no head 'none'"
    best = found.best.measures["accuracy"]
    assert best.mean == pytest.approx(0.92)
    assert best.deviation == pytest.approx(0.02)
    assert best.low is not None
    assert best.high is not None
    assert best.low < best.mean < best.high
    assert found.best.train_seconds == pytest.approx(3.0)


def test_differences_are_paired_and_to_the_best_or_a_baseline() -> None:
    found = board()
    assert found.best.difference is None
    expected = paired_difference([0.90, 0.91, 0.94], [0.90, 0.92, 0.94], test_share=0.25)
    assert found.rows[1].difference == expected
    assert found.rows[1].tied
    assert not found.rows[2].tied
    other = board(baseline="quick")
    assert other.reference == "quick"
    assert other.rows[1].difference is None
    assert other.best.difference is not None
    assert other.best.difference.mean == pytest.approx(-expected.mean)


def test_the_front_has_what_nothing_beats_in_both() -> None:
    assert [row.name for row in board().rows if row.pareto] == ["slow", "quick"]


def test_the_quickest_of_those_tied_is_named() -> None:
    assert board().quickest_tied.name == "quick"
    assert board([entry("a", [0.9, 0.91], 9.0), entry("b", [0.5, 0.51])]).quickest_tied.name == "a"


def test_only_splits_that_all_have_finished_count() -> None:
    found = board([entry("a", [0.5, 0.5, 0.9]), entry("b", [0.6, 0.6])])
    assert found.seeds == (0, 1)
    assert found.best.name == "b"
    assert len(found.best.measures["accuracy"].values) == 2


def test_one_split_has_no_interval() -> None:
    found = board([entry("a", [0.9]), entry("b", [0.8])])
    measure = found.best.measures["accuracy"]
    assert (measure.low, measure.high, measure.deviation) == (None, None, None)
    assert all(row.difference is None for row in found.rows)


def test_of_errors_the_lowest_is_first_on_the_log_scale_where_there_is_one() -> None:
    low, high = entry("low", [0.1, 0.1]), entry("high", [0.2, 0.2])
    for one, log in ((low, 0.5), (high, 0.4)):
        for seed, run in one.runs.items():
            scores = {"mae": run.scores["accuracy"], "mae_log": log}
            one.runs[seed] = type(run)(seed=seed, scores=scores, ms_per_product=1.0)
    found = ranked([high, low], Task.REGRESS, 0.25, None)
    assert (found.score, found.rows[0].name) == ("mae_log", "high")
    high.runs[0] = type(run)(seed=0, scores={"mae": 0.2, "mae_log": None}, ms_per_product=1.0)
    found = ranked([high, low], Task.REGRESS, 0.25, None)
    assert (found.score, found.rows[0].name) == ("mae", "low")
    assert "mae_log" not in found.rows[1].measures


def test_without_any_score_there_is_no_leaderboard() -> None:
    with pytest.raises(AisleError, match="not one of 1 candidates has a score"):
        board([entries()[3]])
    with pytest.raises(AisleError, match="baseline 'broken' has no score"):
        board(baseline="broken")
    unreached = board([entry("a", [0.9]), entry("late", [])])
    assert unreached.rows[1].error == NOT_REACHED
