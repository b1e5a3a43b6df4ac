"""The figures that people see, from the text that Prometheus reads."""

from __future__ import annotations

import math

import pytest

from aisle.serving.batching import BatchReport
from aisle.serving.metrics import Metrics
from aisle.serving.page.figures import figures, quantile


def answer(decision: str, error: str | None = None) -> dict[str, object]:
    return {"decision": decision, "confidence": 0.9, "error": error}


def test_figures_are_those_of_the_metrics() -> None:
    metrics = Metrics()
    metrics.answered([answer("accept"), answer("accept"), answer("review", "no photograph")])
    metrics.refused("too-large")
    metrics.queued(7)
    metrics.ready(True)
    for size in (1, 3):
        metrics.batched(BatchReport(size, 0.001, 0.01))
    for seconds in (0.015, 0.015, 0.4):
        metrics.requested("/v1/predict", 200, seconds)
    metrics.requested("/page/figures", 200, 5.0)
    metrics.requested("/v1/model", 200, 5.0)
    found = figures(metrics.text().decode())
    assert found.products == {"accept": 2, "review": 1}
    assert found.errors == {"product": 1, "too-large": 1}
    assert (found.queue, found.workers, found.mean_batch) == (7, 1, 2.0)
    assert found.requests == 4  # looking at the figures is no request
    assert found.half_seconds is not None
    assert 0.01 <= found.half_seconds <= 0.02
    assert found.most_seconds is not None
    assert 0.2 <= found.most_seconds <= 0.5
    assert found.to_dict()["queue"] == 7


def test_nothing_is_claimed_before_there_were_requests() -> None:
    found = figures(Metrics().text().decode())
    assert (found.requests, found.half_seconds, found.mean_batch) == (0, None, None)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 1.0), (0.25, 0.5), (0.75, 1.5), (1.0, 2.0)])
def test_a_quantile_lies_between_its_bounds(share: float, expected: float) -> None:
    assert quantile({1.0: 2.0, 2.0: 4.0, math.inf: 4.0}, share) == pytest.approx(expected)


def test_a_quantile_beyond_all_bounds_is_the_last_bound() -> None:
    assert quantile({1.0: 1.0, math.inf: 10.0}, 0.9) == 1.0
    assert quantile({}, 0.5) is None
