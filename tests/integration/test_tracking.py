"""Trainings that are tracked from the command line, on a real MLflow server and in local stores."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from aisle.cli.main import main
from aisle.models import load_model
from tests.products import product_rows

QUICK = ("--recipe", "fast", "--set", "folds=2", "--set", "fusion=best-single")
PATIENCE_SECONDS = 180

needs = {
    name: pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed")
    for name in ("mlflow", "tensorboard", "wandb")
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place to work in, with a catalogue, and no server and no login anywhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    for name in ("CACHE", "DATA", "CONFIG"):
        monkeypatch.setenv(f"WANDB_{name}_DIR", str(tmp_path / "own"))
    for name in ("MLFLOW_TRACKING_URI", "WANDB_MODE", "WANDB_API_KEY", "AISLE_TRACK_DIR"):
        monkeypatch.delenv(name, raising=False)
    rows = product_rows()
    with (tmp_path / "c.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path


def train(*words: str) -> int:
    return main(["train", "c.csv", "--target", "kind", *QUICK, *words])


@pytest.fixture
def server(shop: Path) -> Iterator[str]:
    """The address of an MLflow server of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", "sqlite:///server.db", "--artifacts-destination", "kept"]
    # Its workers for jobs, which nothing here asks for, take as long to start as all the rest.
    own = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (shop / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=shop, stdout=log, stderr=log, env=own, start_new_session=True
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/health", process, shop / "server.log")
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"the MLflow server did not answer:\n{log.read_text(errors='replace')[-2000:]}")


@needs["mlflow"]
def test_train_log_register_load_on_a_real_server(
    shop: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow
    import pandas as pd

    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    options = ("--track", "mlflow", "--experiment", "spring", "--register", "shop")
    assert train(*options, "--alias", "live", "-o", "m.aisle", "--json", "m.json") == 0
    (told,) = json.loads((shop / "m.json").read_text("utf-8"))["tracking"]
    assert told["tracker"] == "mlflow"
    assert told["error"] is None
    assert told["run"].startswith(f"{server}/#/experiments/")

    client = mlflow.MlflowClient()
    run = client.get_run(told["run"].rpartition("/")[2])
    assert run.info.status == "FINISHED"
    assert run.data.params["recipe.folds"] == "2"
    assert run.data.metrics["out_of_fold_accuracy"] > 0.9
    assert "model-card.md" in [file.path for file in client.list_artifacts(run.info.run_id)]

    frame = pd.read_csv(shop / "c.csv").drop(columns="kind")
    loaded = mlflow.pyfunc.load_model("models:/shop@live")
    expected = load_model(shop / "m.aisle").predict(frame).to_pandas()
    pd.testing.assert_frame_equal(loaded.predict(frame), expected)
    assert set(expected["category"]) == {"Mugs", "Lamps", "Boots"}
    assert not (shop / "mlruns").exists()
    assert not (shop / "mlflow.db").exists()
    assert [p.name for p in (shop / "kept").rglob("*.aisle")] == ["m.aisle"]


@needs["mlflow"]
@needs["tensorboard"]
@needs["wandb"]
def test_several_trackers_keep_their_runs_here(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tracked = ("--track", "mlflow", "--track", "tensorboard", "--track", "wandb")
    assert train(*tracked, "-o", "m.aisle", "--json", "m.json") == 0
    assert (shop / "mlflow.db").is_file()
    assert [p.name for p in (shop / "mlruns").rglob("*.aisle")] == ["m.aisle"]
    assert len(list((shop / "runs" / "aisle").glob("m-*/events.out.tfevents.*"))) == 1
    assert len(list((shop / "wandb").glob("offline-run-*/*.wandb"))) == 1
    runs = json.loads((shop / "m.json").read_text("utf-8"))["tracking"]
    assert [run["tracker"] for run in runs] == ["mlflow", "tensorboard", "wandb"]
    said = capsys.readouterr()
    assert all(f"tracked in {run['tracker']}: " in said.out for run in runs)


@needs["mlflow"]
@needs["tensorboard"]
def test_a_server_that_is_down_costs_the_run_but_never_the_model(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    tracked = ("--track", "mlflow", "--track", "tensorboard")
    assert train(*tracked, "-o", "m.aisle", "--json", "m.json") == 2
    said = capsys.readouterr()
    assert "the model was written to m.aisle, but its training was not tracked" in said.err
    assert "Traceback" not in said.err
    assert "wrote m.aisle" in said.out
    assert load_model(shop / "m.aisle").rows_ == 60
    lost, kept = json.loads((shop / "m.json").read_text("utf-8"))["tracking"]
    assert "127.0.0.1:9" in lost["error"]
    assert kept["error"] is None
    assert len(list((shop / "runs").rglob("events.out.tfevents.*"))) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--track", "neptune"), "no tracker 'neptune'"),
        (("--experiment", "spring"), "add --track"),
        (("--register", "shop"), "add --track mlflow"),
        (("--track", "tensorboard", "--register", "shop"), "add --track mlflow"),
        (("--track", "mlflow", "--alias", "live"), "add --register"),
    ],
)
def test_mistakes_are_told_before_anything_is_read(
    words: tuple[str, ...], message: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "c.csv").unlink()
    assert train(*words, "-o", "m.aisle") == 2
    assert message in capsys.readouterr().err


def test_a_tracker_that_is_not_installed_is_told_before_anything_is_read(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "c.csv").unlink()
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert train("--track", "mlflow") == 2
    assert "pip install 'aisle[track]'" in capsys.readouterr().err


def test_training_without_tracking_imports_no_tracker(shop: Path) -> None:
    code = (
        "import sys; from aisle.cli.main import main\n"
        f"status = main(['train', 'c.csv', '--target', 'kind', *{QUICK!r}])\n"
        "found = [n for n in ('mlflow', 'tensorboard', 'wandb') if n in sys.modules]\n"
        "sys.exit(f'{status} {found}' if status or found else 0)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
