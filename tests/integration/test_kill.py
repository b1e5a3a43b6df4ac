"""Killed at any moment, a command leaves old files or whole new ones, and the next run works."""

from __future__ import annotations

import json
import os
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from aisle import Catalog, ProductClassifier
from aisle.catalog.sample import SampleOptions, make_sample
from aisle.models import load_model
from tests.integration.commands import command, start
from tests.integration.killing import keep_every_moment

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


def is_old(path: Path) -> bool:
    return path.read_bytes() == OLD


def whole(path: Path) -> bool:
    """Say whether a file is the old one, or readable from end to end."""
    if is_old(path):
        return True
    if path.suffix == ".aisle":
        return bool(load_model(path).classes_)
    if path.suffix == ".json":
        return bool(json.loads(path.read_text()))
    if path.suffix == ".html":
        return path.read_text().rstrip().endswith("</html>")
    return pq.read_table(path).num_rows == 60


def kill_everywhere(folder: Path, outputs: list[str], *words: str) -> None:
    """Look at what a command leaves when it is killed before any of the changes that it makes."""
    before = Path(f"{folder}.before")
    before.mkdir(parents=True)
    for name in outputs:
        (before / name).write_bytes(OLD)
    said = Path(f"{folder}.said")
    process = start(said, keep_every_moment, folder, list(words))
    process.join()
    assert process.exitcode == 0, said.read_text()
    moments = len(
        [path for path in folder.parent.glob(f"{folder.name}.*") if path.suffix[1:].isdigit()]
    )
    assert moments >= 3 * len(outputs)
    killed = {
        path: Path(str(path).removesuffix(".killed")) for path in folder.parent.glob("*.killed")
    }
    assert 2 <= len(killed) <= 3
    for left in (*(Path(f"{folder}.{moment}") for moment in range(1, moments + 1)), *killed):
        assert {path.name for path in left.iterdir() if path.suffix != ".partial"} == set(outputs)
        assert all(whole(left / name) for name in outputs), left
    for left, kept in killed.items():
        assert [is_old(left / name) for name in outputs] == [
            is_old(kept / name) for name in outputs
        ]
    assert {path.name for path in folder.iterdir()} == set(outputs)
    assert not any(is_old(folder / name) for name in outputs)


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


def training(catalog: Path, out: Path, said: Path) -> BaseProcess:
    words = ["train", str(catalog), "--target", "category", "--set", "folds=2", "-o", str(out)]
    return start(said, command, words, out.parent, {})


@pytest.fixture(scope="module")
def usual(catalog: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    """Seconds that training takes when nobody disturbs it."""
    folder = tmp_path_factory.mktemp("usual")
    start(folder / "said", command, ["--version"], folder, {}).join()  # what starts others is up
    started = time.monotonic()
    process = training(catalog, folder / "model.aisle", folder / "said")
    process.join()
    assert process.exitcode == 0, (folder / "said").read_text()
    return time.monotonic() - started


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_killed_at_some_time_and_started_again(
    catalog: Path, usual: float, tmp_path: Path, share: float
) -> None:
    (tmp_path / "out").mkdir()
    out, said = tmp_path / "out" / "model.aisle", tmp_path / "said"
    process = training(catalog, out, said)
    time.sleep(share * usual)
    process.kill()
    process.join()
    assert not out.exists() or whole(out)
    process = training(catalog, out, said)
    process.join()
    assert process.exitcode == 0, said.read_text()
    assert whole(out)
    assert list(out.parent.iterdir()) == [out]
