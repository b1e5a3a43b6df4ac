"""Killed at any moment, a command leaves old files or whole new ones, and the next run works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from aisle import Catalog, ProductClassifier
from aisle.catalog.sample import SampleOptions, make_sample
from aisle.models import load_model

KILLING = Path(__file__).with_name("killing.py")
OLD = b"what stood here before"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("sample"), SampleOptions(products=60, seed=0))


@pytest.fixture(scope="module")
def model(catalog: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.aisle"
    settings = ["folds=2", "learning_curve=false"]
    ProductClassifier(settings=settings).fit(Catalog.read(catalog, target="category")).save(path)
    return path


def whole(path: Path) -> bool:
    """Say whether a file is the old one, or readable from end to end."""
    if path.read_bytes() == OLD:
        return True
    if path.suffix == ".aisle":
        return bool(load_model(path).classes_)
    if path.suffix == ".json":
        return bool(json.loads(path.read_text()))
    if path.suffix == ".html":
        return path.read_text().rstrip().endswith("</html>")
    return pq.read_table(path).num_rows == 60


def kill_everywhere(folder: Path, outputs: list[str], *command: str) -> None:
    """Kill `command` before each change that it makes, and look at what it leaves."""
    before = Path(f"{folder}.before")
    before.mkdir(parents=True)
    for name in outputs:
        (before / name).write_bytes(OLD)
    ended = subprocess.run(
        [sys.executable, KILLING, folder, *command], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    moments = int(ended.stdout)
    assert moments >= 3 * len(outputs)
    for moment in range(1, moments + 1):
        left = Path(f"{folder}.{moment}")
        assert {path.name for path in left.iterdir() if path.suffix != ".partial"} == set(outputs)
        assert all(whole(left / name) for name in outputs), moment
    assert {path.name for path in folder.iterdir()} == set(outputs)
    assert all((folder / name).read_bytes() != OLD for name in outputs)


def test_train(catalog: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    kill_everywhere(
        out, ["model.aisle", "train.json"],
        "train", str(catalog), "--target", "category", "--set", "folds=2",
        "--set", "learning_curve=false", "-o", f"{out}/model.aisle", "--json", f"{out}/train.json",
    )  # fmt: skip


def test_evaluate(catalog: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    kill_everywhere(
        out, ["report.html", "report.json", "rows.parquet"],
        "evaluate", str(model), str(catalog), "--html", f"{out}/report.html",
        "--json", f"{out}/report.json", "--rows", f"{out}/rows.parquet",
    )  # fmt: skip


def test_predict(catalog: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    kill_everywhere(
        out, ["answers.parquet"],
        "predict", str(model), str(catalog), "-o", f"{out}/answers.parquet",
    )  # fmt: skip


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_killed_at_some_time_and_started_again(catalog: Path, tmp_path: Path, share: float) -> None:
    out = tmp_path / "model.aisle"
    command = [
        sys.executable, "-m", "aisle", "train", str(catalog), "--target", "category",
        "--set", "folds=2", "-o", str(out),
    ]  # fmt: skip
    started = time.monotonic()
    subprocess.run(command, capture_output=True, check=True)
    usual = time.monotonic() - started
    out.unlink()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(share * usual)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not out.exists() or whole(out)
    subprocess.run(command, capture_output=True, check=True)
    assert whole(out)
    assert list(tmp_path.iterdir()) == [out]
