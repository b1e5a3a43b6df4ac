"""The server's numbers for people: what Prometheus scrapes, in a dozen figures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

_ANSWERING = (
    "/v1/predict",
    "/page/answer",
    "/invocations",
    "/v2/models/{name}/infer",
)
_VIEWING = ("/page/figures", "/metrics", "/v2/health/live", "/v2/health/ready", "/ping")


@dataclass(frozen=True)
class Figures:
    """What the server did since it started.

    Parameters
    ----------
    requests
        All but those that only look at the server.
    products
        Answered, by decision (``value`` for a regressor's).
    errors
        Refused requests by kind, and under ``product`` products with an error of their own.
    queue
        Products that wait.
    workers
        Processes that answer.
    half_seconds, most_seconds
        The time within which half, and 95 %, of the requests for answers were answered; None
        before there were any.
    mean_batch
        Products answered in one go, on average; None before there were any.
    """

    requests: int
    products: dict[str, int]
    errors: dict[str, int]
    queue: int
    workers: int
    half_seconds: float | None
    most_seconds: float | None
    mean_batch: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape of ``/page/figures``."""
        return asdict(self)


def figures(text: str) -> Figures:
    """Return the figures in what Prometheus would scrape."""
    requests = queue = workers = 0
    products: dict[str, int] = defaultdict(int)
    errors: dict[str, int] = defaultdict(int)
    buckets: dict[float, float] = defaultdict(float)
    batches: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels, value = sample.labels, sample.value
            if sample.name == "aisle_requests_total" and labels["route"] not in _VIEWING:
                requests += int(value)
            elif sample.name == "aisle_products_total":
                products[labels["decision"]] += int(value)
            elif sample.name == "aisle_errors_total":
                errors[labels["kind"]] += int(value)
            elif sample.name == "aisle_request_seconds_bucket" and labels["route"] in _ANSWERING:
                buckets[float(labels["le"])] += value
            elif sample.name == "aisle_queue_products":
                queue += int(value)
            elif sample.name == "aisle_ready_workers":
                workers += int(value)
            elif sample.name in ("aisle_batch_products_sum", "aisle_batch_products_count"):
                batches[sample.name[-5:]] = value
    count = batches.get("count", 0.0)
    return Figures(
        requests=requests,
        products=dict(products),
        errors=dict(errors),
        queue=queue,
        workers=workers,
        half_seconds=quantile(buckets, 0.5),
        most_seconds=quantile(buckets, 0.95),
        mean_batch=batches["s_sum"] / count if count else None,
    )


def quantile(buckets: dict[float, float], share: float) -> float | None:
    """Return a quantile of a cumulative histogram, between its bounds as Prometheus has it.

    Parameters
    ----------
    buckets
        How many were at most the bound, by bound.
    share
        Such as 0.95.
    """
    bounds = sorted(buckets)
    if not bounds or not buckets[bounds[-1]]:
        return None
    wanted = share * buckets[bounds[-1]]
    low, below = 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= wanted:
            if bound == float("inf"):
                return low
            inside = buckets[bound] - below
            return low + (bound - low) * ((wanted - below) / inside if inside else 1.0)
        low, below = bound, buckets[bound]
    return low
