"""What is said of two models, and that looking often does not make it wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np
import pytest

from aisle.serving.readout import always_valid_interval, fair_coin_p_value, paired, unpaired


def test_models_that_answered_for_the_same_products() -> None:
    champion = [True] * 60 + [False] * 30 + [True] * 2 + [False] * 8
    challenger = [True] * 60 + [True] * 30 + [False] * 2 + [False] * 8
    told = paired(champion, challenger)
    assert (told["champion"]["accuracy"], told["challenger"]["accuracy"]) == (0.62, 0.90)
    assert (told["only_champion_right"], told["only_challenger_right"]) == (2, 30)
    assert told["p_value"] < told["always_valid_p_value"] < 0.001
    assert "better" in told["words"]
    assert "worse" in paired(challenger, champion)["words"]
    assert "no difference" in paired(champion, champion)["words"]
    assert "no product" in paired([], [])["words"]


def test_models_that_answered_for_different_products() -> None:
    told = unpaired((700, 1_000), (900, 1_000))
    assert told["difference"] == pytest.approx(0.2)
    low, high = told["interval"]
    ever_low, ever_high = told["always_valid_interval"]
    assert 0 < ever_low < low < 0.2 < high < ever_high
    assert "better" in told["words"]
    assert "no difference" in unpaired((70, 100), (75, 100))["words"]
    assert "first" in unpaired((70, 100), (0, 0))["words"]


def test_newcombe_s_interval_is_the_published_one() -> None:
    # Newcombe (1998), table II, method 10: 56/70 - 48/80.
    low, high = unpaired((48, 80), (56, 70))["interval"]
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


def ever_found(is_found: Callable[[int, int], bool], tosses: int) -> float:
    """Return the exact probability that tosses of a fair coin are once taken for an unfair one."""
    unfound, found = {0: 1.0}, 0.0
    for toss in range(1, tosses + 1):
        coming: dict[int, float] = defaultdict(float)
        for heads, probability in unfound.items():
            coming[heads] += probability / 2
            coming[heads + 1] += probability / 2
        found += sum(p for heads, p in coming.items() if is_found(heads, toss - heads))
        unfound = {h: p for h, p in coming.items() if not is_found(h, toss - h)}
    return found


def test_looking_after_every_product_rarely_finds_what_is_not_there() -> None:
    always = ever_found(lambda h, t: fair_coin_p_value(h, t) < 0.05, 300)
    assert 0.02 < always <= 0.05
    # The ordinary test at every look, by its normal approximation.
    ordinary = ever_found(lambda h, t: h + t > 10 and abs(h - t) > 1.96 * (h + t) ** 0.5, 300)
    assert ordinary > 0.25, "the control: peeking at an ordinary test is wrong often"


def test_an_always_valid_interval_holds_the_share_at_all_times() -> None:
    generator = np.random.default_rng(1)
    missed = 0
    for _ in range(100):
        rights = np.cumsum(generator.random(200) < 0.8)
        spans = [always_valid_interval(int(r), n + 1, 0.95) for n, r in enumerate(rights)]
        missed += any(not low <= 0.8 <= high for low, high in spans)
    assert missed <= 5
    assert always_valid_interval(0, 0, 0.95) == (0.0, 1.0)
    assert always_valid_interval(10, 10, 0.95)[1] == 1.0
