from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any

import pytest

from aisle import Catalog, ProductClassifier
from aisle.experiments.tracking import TrackingError, track_training, tracker

pytest.importorskip("tensorboard", reason="tensorboard is not installed")


def events(folder: Path) -> list[Any]:
    """Read the records of the one event file in `folder`, by the format's description."""
    from tensorboard.compat.proto.event_pb2 import Event

    (path,) = folder.glob("events.out.tfevents.*")
    content, found = path.read_bytes(), []
    while content:
        (size,) = struct.unpack("<Q", content[:8])
        found.append(Event.FromString(content[12 : 12 + size]))
        content = content[12 + size + 4 :]
    return found


def scalars(found: list[Any]) -> dict[str, list[tuple[int, float]]]:
    points: dict[str, list[tuple[int, float]]] = {}
    for event in found:
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name == "scalars":
                number = (
                    struct.unpack("<f", value.tensor.tensor_content)[0]
                    if (value.tensor.tensor_content)
                    else value.tensor.float_val[0]
                )
                points.setdefault(value.tag, []).append((event.step, number))
    return points


def texts(found: list[Any]) -> dict[str, str]:
    return {
        value.tag: value.tensor.string_val[0].decode()
        for event in found
        for value in event.summary.value
        if value.metadata.plugin_data.plugin_name == "text"
    }


def pages(found: list[Any]) -> dict[str, Any]:
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    return {
        value.tag: HParamsPluginData.FromString(value.metadata.plugin_data.content)
        for event in found
        for value in event.summary.value
        if value.metadata.plugin_data.plugin_name == "hparams"
    }


def test_a_training_is_read_back(
    store: Path, model: ProductClassifier, products: Catalog, bundle: Path
) -> None:
    run = tracker("tensorboard", experiment="shop", run_name="first")
    (tracked,) = track_training(model, products, trackers=[run], bundle=bundle)
    assert Path(tracked.where) == store / "runs" / "shop" / "first"
    found = events(Path(tracked.where))
    assert found[0].file_version == "brain.Event:2"
    ((_, score),) = scalars(found)["experts/metadata"]
    assert score == pytest.approx(model.metrics_["experts"]["metadata"], abs=1e-6)
    told = texts(found)
    assert told["model-card"].startswith("# An Aisle classifier")
    assert str(bundle) in told["model"]
    start = pages(found)["_hparams_/session_start_info"].session_start_info.hparams
    assert start["recipe.experts.text.head.C"].number_value == 30.0
    assert start["recipe.experts.text.head.use"].string_value == "logistic"
    assert start["recipe.learning_curve"].bool_value is True
    assert pages(found)["_hparams_/session_end_info"].session_end_info.status == 1


def test_curves_have_their_steps(store: Path) -> None:
    with tracker("tensorboard", experiment="shop", run_name="curves") as run:
        for epoch in (1, 2, 3):
            run.log_metrics({"curves/text/loss": 1 / epoch}, step=epoch)
    points = scalars(events(Path(run.where)))["curves/text/loss"]
    assert points == [(1, 1.0), (2, 0.5), (3, pytest.approx(1 / 3))]


def test_an_error_is_told_as_the_outcome(store: Path) -> None:
    run = tracker("tensorboard", experiment="shop", run_name="broken")
    run.log_metrics({"a": 1.0})
    with pytest.raises(KeyError), run:
        raise KeyError
    end = pages(events(Path(run.where)))["_hparams_/session_end_info"]
    assert end.session_end_info.status == 2


def test_nothing_is_written_for_a_run_that_never_began(store: Path) -> None:
    with tracker("tensorboard", experiment="shop", run_name="none"):
        pass
    assert not (store / "runs").exists()


def test_a_folder_that_cannot_be_made_is_told(store: Path) -> None:
    (store / "runs").write_text("", encoding="utf-8")
    with (
        pytest.raises(TrackingError, match="tensorboard: the run could not be written"),
        tracker("tensorboard", experiment="shop", run_name="lost") as run,
    ):
        run.log_parameters({"a": 1})


def test_tensorboard_itself_reads_the_file(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without this name TensorBoard reads through TensorFlow, which takes seconds to import.
    monkeypatch.setitem(sys.modules, "tensorboard.compat.notf", sys)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with tracker("tensorboard", experiment="shop", run_name="read") as run:
        run.log_parameters({"seed": 3})
        run.log_metrics({"accuracy": 0.75})
    found = EventAccumulator(run.where).Reload()
    assert "accuracy" in found.Tags()["tensors"]
    assert found.SummaryMetadata("accuracy").plugin_data.plugin_name == "scalars"
    assert found.Tensors("accuracy")[0].tensor_proto.float_val[0] == 0.75
    assert "_hparams_/session_start_info" in found.PluginTagToContent("hparams")
