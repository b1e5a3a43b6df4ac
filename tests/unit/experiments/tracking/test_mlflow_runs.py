from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aisle import Catalog, ProductClassifier
from aisle.experiments.tracking import TrackingError, track_training, tracker

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")


@dataclass
class Local:
    """A local store with one tracked training."""

    folder: Path
    client: Any
    where: str


@pytest.fixture(scope="module")
def local(
    model: ProductClassifier,
    products: Catalog,
    bundle: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Local]:
    folder = tmp_path_factory.mktemp("a store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AISLE_TRACK_DIR", str(folder))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        run = tracker("mlflow", experiment="shop", run_name="first", register="products")
        (tracked,) = track_training(model, products, trackers=[run], bundle=bundle)
        uri = tracked.where.partition(", run")[0]
        # For models:/ addresses; put back as it was when the module is done.
        patch.setenv("MLFLOW_TRACKING_URI", uri)
        yield Local(folder, mlflow.MlflowClient(tracking_uri=uri), tracked.where)


def test_the_store_is_local_and_the_run_complete(local: Local, model: ProductClassifier) -> None:
    assert (local.folder / "mlflow.db").is_file()
    experiment = local.client.get_experiment_by_name("shop")
    (run,) = local.client.search_runs([experiment.experiment_id])
    assert run.info.run_id in local.where
    assert run.info.run_name == "first"
    assert run.info.status == "FINISHED"
    assert run.data.params["recipe.experts.text.head.use"] == "logistic"
    assert run.data.params["seed"] == "3"
    assert run.data.metrics["experts/text"] == model.metrics_["experts"]["text"]
    assert "model-card.md" in [f.path for f in local.client.list_artifacts(run.info.run_id)]
    assert run.info.artifact_uri.startswith((local.folder / "mlruns").as_uri())


def test_the_registered_model_answers_as_the_model_does(
    local: Local, model: ProductClassifier, products: Catalog
) -> None:
    import pandas as pd

    loaded = mlflow.pyfunc.load_model("models:/products@champion")
    frame = products.table.to_pandas()
    whole = frame.assign(price=frame["price"].round().astype("int64"))
    forms = {
        "as it is": frame,
        "whole prices": whole,
        "an empty text column": frame.assign(title=float("nan")),
        "columns missing": frame.drop(columns=["maker", "price"]),
        "a column of numbers for a category": frame.assign(maker=range(len(frame))),
        "one row": frame.iloc[[7]],
    }
    for name, form in forms.items():
        expected = model.predict(form).to_pandas()
        pd.testing.assert_frame_equal(loaded.predict(form), expected, obj=name)
    assert list(loaded.input_example.columns) == ["sku", "title", "maker", "price"]


def test_the_version_is_tagged_and_described(local: Local, bundle: Path) -> None:
    version = local.client.get_model_version_by_alias("products", "champion")
    assert version.tags["target"] == "kind"
    assert version.tags["rows"] == "60"
    assert float(version.tags["out_of_fold_accuracy"]) > 0.9
    kept = local.client.get_logged_model(version.tags["model_id"])
    assert kept.source_run_id == version.run_id
    assert kept.status == "READY"
    assert '"name": "products"' in kept.tags["mlflow.modelVersions"]
    files = Path(mlflow.artifacts.download_artifacts(kept.artifact_location))
    assert (files / "data" / bundle.name).read_bytes() == bundle.read_bytes()
    assert not [p for p in files.rglob("*") if p.suffix in (".pkl", ".pickle")]
    assert "aisle==" in (files / "requirements.txt").read_text(encoding="utf-8")


def test_an_alias_moves_to_the_newest_version_and_others_stay(
    local: Local, model: ProductClassifier, bundle: Path, products: Catalog
) -> None:
    example = products.table.select(["title"]).slice(0, 1)
    second = {"experiment": "shop", "run_name": "second", "register": "products"}
    with tracker("mlflow", **second, alias="candidate") as run:
        run.log_model(model, bundle, example)
    by_alias = local.client.get_model_version_by_alias
    assert str(by_alias("products", "champion").version) == "1"
    assert str(by_alias("products", "candidate").version) == "2"
    with tracker("mlflow", **second) as run:
        run.log_model(model, bundle, example)
    assert str(by_alias("products", "champion").version) == "3"


def test_curves_and_long_names_are_taken(local: Local) -> None:
    with tracker("mlflow", experiment="shop", run_name="curves") as run:
        run.log_parameters({"recipe.a=b?": "x" * 9000, **{f"p{n}": n for n in range(150)}})
        for epoch in (1, 2, 3):
            run.log_metrics({"curves/text/loss": 1 / epoch}, step=epoch)
    run_id = run.where.rpartition(" ")[2]
    points = local.client.get_metric_history(run_id, "curves/text/loss")
    assert [(point.step, point.value) for point in points] == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    found = local.client.get_run(run_id).data.params
    assert len(found["recipe.a_b_"]) == 6000
    assert found["p149"] == "149"


def test_an_error_ends_the_run_as_failed(local: Local) -> None:
    run = tracker("mlflow", experiment="shop", run_name="broken")
    run.log_metrics({"a": 1.0})
    with pytest.raises(KeyError), run:
        raise KeyError
    run_id = run.where.rpartition(" ")[2]
    assert local.client.get_run(run_id).info.status == "FAILED"


def test_the_users_active_run_is_left_alone(local: Local) -> None:
    with tracker("mlflow", experiment="shop", run_name="own") as run:
        run.log_metrics({"a": 1.0})
        assert mlflow.active_run() is None


def test_a_server_that_is_down_is_told_without_password(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:secret@127.0.0.1:9")
    run = tracker("mlflow", experiment="shop", run_name="lost")
    with pytest.raises(TrackingError, match=r"mlflow: .* http://127\.0\.0\.1:9 \(") as caught, run:
        run.log_metrics({"a": 1.0})
    assert "secret" not in str(caught.value)
    assert run.where == "http://127.0.0.1:9"


def test_a_place_that_cannot_be_written_to_is_told_at_once(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (store / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("AISLE_TRACK_DIR", str(store / "file" / "below"))
    with (
        pytest.raises(TrackingError, match="mlflow: the run could not be written"),
        tracker("mlflow", experiment="shop", run_name="lost") as run,
    ):
        run.log_metrics({"a": 1.0})
