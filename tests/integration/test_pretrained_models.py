"""Models with pretrained networks: the same bytes by every way, and no library to predict with."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from aisle import Catalog, ProductClassifier
from aisle.cache import default_store
from aisle.catalog.sample import SampleOptions, make_sample
from aisle.catalog.writing import write_table
from aisle.encoders.pretrained import encoder as encoder_module
from aisle.encoders.pretrained.session import Session
from aisle.errors import BundleError
from aisle.models import load_model
from aisle.models.bundle import read_bundle, write_bundle
from aisle.models.persistence import Dumped

SETTINGS = ("image.encoders=mobilenet-v1-025-128", "folds=2", "learning_curve=false")

WITHOUT = """
import sys
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {
            "torch", "transformers", "onnx", "tensorflow", "keras", "huggingface_hub", "timm"
        }:
            raise ImportError(f"{name} is not to be imported")
sys.meta_path.insert(0, Refusing())
from aisle import load_model
from aisle.catalog.writing import write_table
model, catalog, predictions = sys.argv[1:]
write_table(load_model(model).predict(catalog), predictions)
"""


@pytest.fixture(scope="module", autouse=True)
def _networks(weights: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AISLE_ENCODERS", str(weights))
        yield


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("sample"), SampleOptions(products=60, seed=0))


@pytest.fixture(scope="module")
def model(catalog: Path) -> ProductClassifier:
    return ProductClassifier("balanced", SETTINGS).fit(Catalog.read(catalog, target="category"))


@pytest.fixture(scope="module")
def saved(model: ProductClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.aisle"
    model.save(path)
    return path


def test_networks_are_part_of_the_model(model: ProductClassifier, saved: Path) -> None:
    assert model.recipe_.name == "balanced"
    assert {"text", "image"} <= set(model.modalities_)
    names = [getattr(e, "network", None) for e in model.plan_.encoders.values()]
    assert names.count("all-minilm-l6-v2") == names.count("mobilenet-v1-025-128") == 1
    with zipfile.ZipFile(saved) as archive:
        sizes = sorted(info.file_size for info in archive.infolist())
    assert sizes[-1] > 10_000_000


def test_a_model_predicts_with_the_core_install_and_no_folders(
    model: ProductClassifier, saved: Path, catalog: Path, tmp_path: Path
) -> None:
    expected = tmp_path / "here.parquet"
    write_table(model.predict(catalog), expected)
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {**os.environ, "AISLE_ENCODERS": "", "AISLE_CACHE": str(empty)}
    found = tmp_path / "there.parquet"
    subprocess.run(
        [sys.executable, "-c", WITHOUT, saved, catalog, found], env=environment, check=True
    )
    assert pq.read_table(found).equals(pq.read_table(expected))
    assert pq.read_table(found).num_rows == 60


def test_a_loaded_model_needs_no_folder_and_answers_each_product_alone(
    model: ProductClassifier, saved: Path, catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder_module, "find_folder", lambda name: pytest.fail("looked for"))
    loaded = load_model(saved)
    products = Catalog.read(catalog, target="category")
    together = loaded.predict(products).to_pylist()
    assert together == model.predict(products).to_pylist()
    rows = range(0, 60, 7)
    assert [loaded.predict(products.take([row])).to_pylist()[0] for row in rows] == [
        together[row] for row in rows
    ]


def test_the_same_bytes_with_a_cold_cache_a_warm_one_and_none(
    saved: Path, catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    runs: list[None] = []
    run = Session.run
    monkeypatch.setattr(Session, "run", lambda self, feeds: runs.append(None) or run(self, feeds))
    counts = []
    for name, switch in (("cold", "on"), ("warm", "on"), ("none", "off")):
        monkeypatch.setenv("AISLE_FEATURE_CACHE", switch)
        runs.clear()
        fitted = ProductClassifier("balanced", SETTINGS)
        fitted.fit(Catalog.read(catalog, target="category")).save(tmp_path / f"{name}.aisle")
        counts.append(len(runs))
        assert (tmp_path / f"{name}.aisle").read_bytes() == saved.read_bytes(), name
    assert counts[0] > 60
    assert counts[1] == 0
    assert counts[2] == counts[0]
    default_store().close()


def training(catalog: Path, out: Path, cache: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "aisle", "train", str(catalog), "--target", "category",
               "--recipe", "balanced", "-o", str(out)]  # fmt: skip
    for setting in SETTINGS:
        command += ["--set", setting]
    environment = {**os.environ, "AISLE_CACHE": str(cache), "AISLE_FEATURE_CACHE": "on"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def test_two_at_once_one_killed_and_a_third_on_one_cache(
    saved: Path, catalog: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    killed = training(catalog, tmp_path / "killed.aisle", cache)
    while not list(cache.rglob("*.sqlite*")) and killed.poll() is None:
        time.sleep(0.01)  # it has not begun to keep vectors
    time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert not (tmp_path / "killed.aisle").exists()
    assert list(cache.rglob("*.sqlite*")), "it was killed while it kept vectors"
    both = [training(catalog, tmp_path / f"{name}.aisle", cache) for name in "ab"]
    for process in both:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    for name in "ab":
        assert (tmp_path / f"{name}.aisle").read_bytes() == saved.read_bytes()
    for path in cache.rglob("*.sqlite"):
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
    assert not list(tmp_path.glob("*.partial"))


def manipulated(saved: Path, out: Path, change: dict[str, bytes | None]) -> Path:
    """Write a bundle whose parts with such names hold other bytes, as a stranger might."""
    bundle = read_bundle(saved)
    parts = dict(bundle.dumped.parts)
    changed = 0
    for name in parts:
        for word, content in change.items():
            if word in name:
                parts[name] = content
                changed += 1
    assert changed
    manifest = {
        key: value
        for key, value in bundle.manifest.items()
        if key not in ("format_version", "libraries", "parts")
    }
    write_bundle(
        out, manifest=manifest, dumped=replace(bundle.dumped, parts=parts), extra=bundle.extra
    )
    return out


@pytest.mark.parametrize(
    "change",
    [{"onnx_": b"\x08\x08 no network"}, {"onnx_": b"x"}, {"tokenizer_": b"{}"},
     {"tokenizer_": b"\xff"}],
    ids=["network", "short network", "tokenizer", "no text"],
)  # fmt: skip
def test_a_bundle_that_a_stranger_changed_is_refused(
    saved: Path, tmp_path: Path, change: dict[str, bytes | None]
) -> None:
    with pytest.raises(BundleError):
        load_model(manipulated(saved, tmp_path / "strange.aisle", change))


def test_a_recipe_in_a_bundle_makes_nobody_look_for_folders(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = read_bundle(saved)
    manifest = json.loads(json.dumps(dict(bundle.manifest)))
    for key in ("format_version", "libraries", "parts"):
        del manifest[key]
    manifest["recipe"]["experts"]["image"]["encoders"] = [{"use": ["/somewhere/else", "tfidf"]}]
    path = tmp_path / "strange.aisle"
    write_bundle(path, manifest=manifest, dumped=Dumped(bundle.dumped.tree, bundle.dumped.parts),
                 extra=bundle.extra)  # fmt: skip
    monkeypatch.setattr("aisle.models.recipe.has_folder", lambda name: pytest.fail("looked for"))
    with pytest.raises(BundleError, match="valid string"):
        load_model(path)
