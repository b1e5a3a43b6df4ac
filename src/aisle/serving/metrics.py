"""What Prometheus reads: latencies by stage, the queue, batches, decisions, confidence, errors.

Several worker processes share one set of numbers through files, if the environment names a folder
for them (``PROMETHEUS_MULTIPROC_DIR``; `aisle.serving.workers` does).
"""

from __future__ import annotations

import collections
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from aisle.serving.answers import Answer
from aisle.serving.batching import BatchReport

SHARED = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_SHARES = tuple(tenth / 10 for tenth in range(1, 11))


class Metrics:
    """The numbers of one server process."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        own = self._registry = CollectorRegistry()
        self._requests = Counter(
            "aisle_requests", "Requests by route and status.", ["route", "status"], registry=own
        )
        self._seconds = Histogram(
            "aisle_request_seconds",
            "Time from a request's first byte to the answer's last.",
            ["route"],
            buckets=_SECONDS,
            registry=own,
        )
        self._stages = Histogram(
            "aisle_stage_seconds",
            "Time by stage: read (the body), prepare (into products), wait (in the queue), "
            "predict (a batch).",
            ["stage"],
            buckets=_SECONDS,
            registry=own,
        )
        self._batches = Histogram(
            "aisle_batch_products", "Products in a batch.", buckets=_SIZES, registry=own
        )
        self._queue = Gauge(
            "aisle_queue_products",
            "Products that were accepted and are not being answered yet.",
            registry=own,
            multiprocess_mode="livesum",
        )
        self._ready = Gauge(
            "aisle_ready_workers",
            "Processes that answer.",
            registry=own,
            multiprocess_mode="livesum",
        )
        self._products = Counter(
            "aisle_products", "Products answered, by decision.", ["decision"], registry=own
        )
        self._confidence = Histogram(
            "aisle_confidence", "Confidence of answers.", buckets=_SHARES, registry=own
        )
        self._errors = Counter(
            "aisle_errors",
            "Requests refused by kind of error; 'product': products with an error of their own.",
            ["kind"],
            registry=own,
        )
        self._reloads = Counter(
            "aisle_reloads",
            "Times that a model was loaded anew, by outcome.",
            ["outcome"],
            registry=own,
        )
        self._jobs = Counter(
            "aisle_job_products", "Products answered for jobs in the background.", registry=own
        )
        self._challenged = Counter(
            "aisle_challenger_products",
            "Products by who answered: champion, challenger, or dropped for lack of room.",
            ["by"],
            registry=own,
        )

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a stage of answering."""
        start = perf_counter()
        try:
            yield
        finally:
            self._stages.labels(name).observe(perf_counter() - start)

    def requested(self, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered, whatever the answer."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refused(self, kind: str) -> None:
        """Count a request that was refused."""
        self._errors.labels(kind).inc()

    def batched(self, report: BatchReport) -> None:
        """Count a batch."""
        self._batches.observe(report.products)
        self._stages.labels("wait").observe(max(report.waited_seconds, 0.0))
        self._stages.labels("predict").observe(report.seconds)

    def answered(self, answers: Sequence[Answer]) -> None:
        """Count the products of a request."""
        told = collections.Counter(answer.get("decision") or "value" for answer in answers)
        for decision, count in told.items():
            self._products.labels(decision).inc(count)
        for answer in answers:
            if answer.get("confidence") is not None:
                self._confidence.observe(answer["confidence"])
            if answer["error"] is not None:
                self._errors.labels("product").inc()

    def queued(self, products: int) -> None:
        """Note how long the queue is."""
        self._queue.set(products)

    def reloaded(self, outcome: str) -> None:
        """Count a try to load a model anew: swapped, unchanged or failed."""
        self._reloads.labels(outcome).inc()

    def worked(self, products: int) -> None:
        """Count products of jobs."""
        self._jobs.inc(products)

    def challenged(self, by: str, products: int = 1) -> None:
        """Count products of an experiment."""
        self._challenged.labels(by).inc(products)

    def ready(self, is_ready: bool) -> None:
        """Note whether this process answers."""
        self._ready.set(int(is_ready))

    def text(self) -> bytes:
        """Return what Prometheus scrapes: of all processes, where they share their numbers."""
        registry = self._registry
        if os.environ.get(SHARED):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
