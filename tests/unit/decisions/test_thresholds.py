from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import binomtest

from aisle.decisions import choose_threshold, decide, rows_needed, threshold_curve
from aisle.errors import AisleError

METHODS = ["clopper-pearson", "fixed-sequence"]
ROWS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=120)


def columns(rows):
    return np.array([c for c, _ in rows]) / 12, np.array([r for _, r in rows], dtype=bool)


@given(ROWS, st.sampled_from([0.5, 0.8, 0.95]), st.sampled_from(METHODS))
def test_a_threshold_describes_the_rows_it_accepts(rows, precision, method):
    confidence, correct = columns(rows)
    result = choose_threshold(confidence, correct, precision, method=method)
    accepted = decide(confidence, result.threshold) == "accept"
    assert result.rows_accepted == accepted.sum()
    if result.rows_accepted:
        assert result.accepted_precision == pytest.approx(correct[accepted].mean())
        assert result.coverage == pytest.approx(accepted.mean())
        assert result.bound >= precision - 1e-9
    else:
        assert result.threshold == np.inf
        assert result.accepted_precision is None
        assert "would help" in result.message


@given(ROWS, st.sampled_from([0.5, 0.8, 0.95]))
def test_the_scan_finds_the_lowest_threshold_that_passes(rows, precision):
    confidence, correct = columns(rows)
    passing = [
        value
        for value in set(confidence)
        if binomtest(
            int(correct[confidence >= value].sum()),
            int((confidence >= value).sum()),
            alternative="greater",
        )
        .proportion_ci(0.95)
        .low
        >= precision
    ]
    expected = min(passing, default=np.inf)
    assert choose_threshold(confidence, correct, precision).threshold == expected


@given(ROWS, st.sampled_from([0.5, 0.8, 0.95]))
def test_the_sequence_is_never_laxer_than_the_scan(rows, precision):
    confidence, correct = columns(rows)
    scan = choose_threshold(confidence, correct, precision)
    sequence = choose_threshold(confidence, correct, precision, method="fixed-sequence")
    assert sequence.threshold >= scan.threshold


def test_the_sequence_stops_at_its_first_failure():
    confidence = np.linspace(1.0, 0.5, 1000)
    correct = np.ones(1000, dtype=bool)
    correct[[10, 20, 30]] = False
    assert choose_threshold(confidence, correct, 0.97).coverage > 0.9
    stopped = choose_threshold(confidence, correct, 0.97, method="fixed-sequence")
    assert stopped.threshold == np.inf
    assert "the first group, the 99 most confident rows, held 3 wrong answers" in stopped.message


def test_the_sequence_does_not_look_at_what_was_right_below_its_stop():
    confidence = np.linspace(1.0, 0.5, 1000)
    correct = np.arange(1000) < 300
    low = choose_threshold(confidence, correct, 0.97, method="fixed-sequence")
    assert 0.25 < low.coverage < 0.31
    again = choose_threshold(
        confidence,
        np.where(confidence < low.threshold - 0.05, True, correct),
        0.97,
        method="fixed-sequence",
    )
    assert again == low


def test_flawless_rows_are_all_accepted_once_there_are_enough():
    needed = rows_needed(0.97)
    assert needed == 99
    assert 0.97**needed <= 0.05 < 0.97 ** (needed - 1)
    for method in METHODS:
        confidence = np.linspace(0.6, 0.9, needed)
        right = np.ones(needed, dtype=bool)
        assert choose_threshold(confidence, right, 0.97, method=method).coverage == 1
        short = choose_threshold(confidence[1:], right[1:], 0.97, method=method)
        assert short.rows_accepted == 0
        assert "98 out-of-fold rows" in short.message
        assert "99" in short.message


@pytest.mark.parametrize("method", METHODS)
def test_ties_go_together(method):
    result = choose_threshold([0.9] * 200, [True] * 199 + [False], 0.97, method=method)
    assert result.rows_accepted == 200
    assert choose_threshold([0.9] * 200, [True] * 150 + [False] * 50, 0.97).rows_accepted == 0


def test_the_curve_ends_at_everything():
    confidence, correct = [0.9, 0.8, 0.9, 0.1], [True, True, False, False]
    curve = threshold_curve(confidence, correct)
    assert curve.threshold.tolist() == [0.9, 0.8, 0.1]
    assert curve.coverage.tolist() == [0.5, 0.75, 1.0]
    assert curve.precision == pytest.approx([1 / 2, 2 / 3, 1 / 2])
    assert (curve.bound < curve.precision).all()


@pytest.mark.parametrize(("method", "most_broken"), [(METHODS[0], 0.09), (METHODS[1], 0.06)])
def test_the_promise_holds_on_fresh_rows(method, most_broken):
    centre, spread = 4.42, 2.0
    fresh = np.sort(expit(np.random.default_rng(1).normal(centre, spread, 200_000)))[::-1]
    assert fresh.mean() == pytest.approx(0.95, abs=0.005)
    precision_above = np.cumsum(fresh) / np.arange(1, len(fresh) + 1)
    generator = np.random.default_rng(0)
    broken, coverage = [], []
    for _ in range(200):
        chance = expit(generator.normal(centre, spread, 800))
        result = choose_threshold(chance, generator.random(800) < chance, 0.97, method=method)
        rows = int((fresh >= result.threshold).sum())
        broken.append(rows > 0 and precision_above[rows - 1] < 0.97)
        coverage.append(rows / len(fresh))
    assert np.mean(broken) <= most_broken
    assert np.mean(coverage) > 0.7


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: choose_threshold([0.5], [True], 97), "did you mean 0.97"),
        (lambda: choose_threshold([0.5], [True], 1.0), "both excluded"),
        (lambda: choose_threshold([0.5], [True], 0.9, method="best"), "found 'best'"),
        (lambda: choose_threshold([0.5], [True, False], 0.9), "1 rows and correct has 2"),
        (lambda: threshold_curve([2.0], [True]), "between 0 and 1"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(AisleError, match=message):
        call()


def test_near_duplicates_are_one_piece_of_evidence() -> None:
    confidence = np.linspace(1.0, 0.9, 300)
    correct = np.ones(300, dtype=bool)
    alone = choose_threshold(confidence, correct, 0.97, groups=np.arange(300))
    assert alone == choose_threshold(confidence, correct, 0.97)
    pairs = choose_threshold(confidence, correct, 0.97, groups=np.arange(300) // 2)
    assert pairs.rows_accepted == 300
    assert pairs.bound < alone.bound
    ten = choose_threshold(confidence, correct, 0.97, groups=np.arange(300) // 10)
    assert ten.threshold == np.inf
    strict = choose_threshold(
        confidence, correct, 0.97, method="fixed-sequence", groups=np.arange(300) // 2
    )
    assert strict.rows_accepted == 2 * 99
