from __future__ import annotations

from collections.abc import Mapping
from copy import copy, deepcopy
from pathlib import Path
from typing import Any

import pytest

from aisle import Catalog, ProductClassifier
from aisle.experiments.tracking import IncompleteError, Tracker, TrackingError, track_training


class Recording(Tracker):
    kind = "recording"

    def __init__(self, fails_at: str | None = None) -> None:
        self.fails_at = fails_at
        self.parameters: dict[str, Any] = {}
        self.metrics: dict[str, float] = {}
        self.points: list[tuple[int, dict[str, float]]] = []
        self.artefacts: dict[str, str] = {}
        self.models: list[tuple[Path, Any]] = []
        self.ended: list[bool] = []

    @property
    def where(self) -> str:
        return "here"

    def _step(self, name: str) -> None:
        if name == self.fails_at:
            raise TrackingError(f"recording: no {name}")

    def log_parameters(self, parameters: Mapping[str, Any]) -> None:
        self._step("parameters")
        self.parameters |= parameters

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        self._step("metrics")
        if step is None:
            self.metrics |= metrics
        else:
            self.points.append((step, dict(metrics)))

    def log_artefact(self, path: Path) -> None:
        self.artefacts[path.name] = path.read_text(encoding="utf-8")

    def log_model(self, model: Any, path: Path, example: Any = None) -> None:
        self._step("model")
        self.models.append((path, example))

    def finish(self, *, failed: bool = False) -> None:
        self.ended.append(failed)


def test_a_whole_training_is_written_down(
    model: ProductClassifier, products: Catalog, bundle: Path
) -> None:
    tracker = Recording()
    (tracked,) = track_training(model, products, trackers=[tracker], bundle=bundle, seconds=4.5)
    assert (tracked.kind, tracked.where, tracked.error) == ("recording", "here", None)
    assert tracker.parameters["recipe.name"] == "fast"
    assert tracker.metrics["training_seconds"] == 4.5
    assert tracker.metrics["bundle_bytes"] == bundle.stat().st_size
    assert "experts/text" in tracker.metrics
    assert tracker.artefacts["model-card.md"].startswith("# An Aisle classifier of `kind`")
    ((path, example),) = tracker.models
    assert path == bundle
    assert example.column_names == ["sku", "title", "maker", "price"]
    assert example["title"].to_pylist() == products.table["title"].to_pylist()[:1]
    assert tracker.ended == [False]


def test_curves_become_points(model: ProductClassifier, products: Catalog, bundle: Path) -> None:
    changed = copy(model)
    changed.plan_ = deepcopy(model.plan_)
    changed.plan_.experts["text"].head.curves_ = {"loss": [3.0, 2.0, 1.0], "score": [0.5]}
    changed.metrics_ = {**model.metrics_, "learning_curve": [{"rows": 20, "score": 0.75}]}
    tracker = Recording()
    track_training(changed, products, trackers=[tracker], bundle=bundle)
    assert tracker.points == [
        (20, {"learning_curve/score": 0.75}),
        (1, {"curves/text/loss": 3.0, "curves/text/score": 0.5}),
        (2, {"curves/text/loss": 2.0}),
        (3, {"curves/text/loss": 1.0}),
    ]
    assert "training_seconds" not in tracker.metrics


@pytest.mark.parametrize("place", ["parameters", "metrics", "model"])
def test_a_tracker_that_fails_harms_neither_model_nor_the_other_trackers(
    place: str, model: ProductClassifier, products: Catalog, bundle: Path
) -> None:
    before = bundle.read_bytes()
    broken, sound = Recording(fails_at=place), Recording()
    with pytest.raises(IncompleteError) as caught:
        track_training(model, products, trackers=[broken, sound], bundle=bundle)
    assert str(bundle) in str(caught.value)
    assert f"recording: no {place}" in str(caught.value)
    assert [run.error for run in caught.value.tracked] == [f"recording: no {place}", None]
    assert broken.ended == [True]
    assert sound.ended == [False]
    assert len(sound.models) == 1
    assert bundle.read_bytes() == before
