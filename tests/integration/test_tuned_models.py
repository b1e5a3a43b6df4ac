"""Models with fine-tuned networks: killed and resumed, and used without PyTorch."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from aisle.catalog import Catalog, Task
from aisle.catalog.writing import write_table
from aisle.errors import BundleError, RecipeError
from aisle.models import ProductClassifier, Recipe
from aisle.neural.tuning import TunedTextEncoder
from tests.products import product_rows
from tests.unit.encoders.pretrained.networks import pooled_network, text_folder

pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("accelerate", reason="accelerate is not installed")

TUNE = "{depth: whole, epochs: 12, learning_rate: 0.02, batch: 4}"
SETTINGS = ("folds=2", "learning_curve=false", "text.encoders=tiny-text", f"text.tune={TUNE}")

WITHOUT_TORCH = """
import sys
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "transformers", "onnx", "accelerate"}:
            raise ImportError(f"{name} is not to be imported")
sys.meta_path.insert(0, Refusing())
from aisle.catalog.writing import write_table
from aisle.models import load_model
model, catalog, predictions = sys.argv[1:]
write_table(load_model(model).predict(catalog), predictions)
"""


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("encoders")
    text_folder(home, pooled_network())
    return home


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("catalog") / "catalog.parquet"
    write_table(Catalog.read(product_rows(120), target="kind").table, path)
    return path


def training(catalog: Path, out: Path, cache: Path, encoders: Path) -> subprocess.Popen[str]:
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    return subprocess.Popen(
        [sys.executable, "-m", "aisle", "train", str(catalog), "--target", "kind",
         "--recipe", "fast", *settings, "-o", str(out)],
        env={**os.environ, "AISLE_CACHE": str(cache), "AISLE_ENCODERS": str(encoders)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def done(process: subprocess.Popen[str]) -> None:
    told, _ = process.communicate()
    assert process.returncode == 0, told


@pytest.fixture(scope="module")
def undisturbed(catalog: Path, encoders: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("undisturbed")
    done(training(catalog, home / "model.aisle", home / "cache", encoders))
    return home / "model.aisle"


def test_killed_in_the_middle_it_goes_on_and_ends_the_same(
    catalog: Path, encoders: Path, undisturbed: Path, tmp_path: Path
) -> None:
    cache, out = tmp_path / "cache", tmp_path / "model.aisle"
    killed = 0
    for _ in range(3):
        process = training(catalog, out, cache, encoders)
        before = {path: path.stat().st_mtime_ns for path in cache.rglob("training.pt")}
        while process.poll() is None:
            checkpoints = {path: path.stat().st_mtime_ns for path in found(cache)}
            if checkpoints and checkpoints != before:
                process.send_signal(signal.SIGKILL)
                killed += 1
                break
            time.sleep(0.002)
        process.communicate()
    assert killed
    assert not out.exists()
    done(training(catalog, out, cache, encoders))
    assert out.read_bytes() == undisturbed.read_bytes()
    assert not list(found(cache)), "a finished training leaves no checkpoint"


def found(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("training.pt") if path.exists()]


def test_predicts_without_pytorch(catalog: Path, undisturbed: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.parquet"
    subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(undisturbed), str(catalog), str(answers)],
        check=True,
        env={**os.environ, "AISLE_CACHE": str(tmp_path), "AISLE_ENCODERS": ""},
    )
    here = ProductClassifier.load(undisturbed).predict(Catalog.read(catalog))
    assert pq.read_table(answers)["category"].to_pylist() == here["category"].to_pylist()
    assert pq.read_table(answers)["confidence"].to_pylist() == here["confidence"].to_pylist()


def test_a_tuned_network_beside_others_is_an_expert_of_its_own(
    encoders: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AISLE_ENCODERS", str(encoders))
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path))
    settings = [*SETTINGS[:2], "text.encoders=[tfidf, tiny-text]", "text.tune=last1"]
    settings += ["text.tune={depth: whole, epochs: 1}", "metadata=null"]
    products = Catalog.read(product_rows(60), target="kind")
    model = ProductClassifier("fast", settings=settings).fit(products)
    assert set(model.metrics_["experts"]) == {"text", "text-tuned"}
    assert model.modalities_ == ("text",)
    assert "early" not in model.metrics_["fusions"]


def test_a_bundle_whose_tuned_network_is_gone_is_refused(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(name: str) -> None:
        raise AssertionError(f"a folder was looked for: {name}")

    monkeypatch.setattr("aisle.encoders.pretrained.encoder.find_folder", never)
    for gone in ("onnx_", "description_", "tokenizer_"):
        model = ProductClassifier.load(undisturbed)
        encoder = next(e for e in model.plan_.encoders.values() if isinstance(e, TunedTextEncoder))
        delattr(encoder.inner_, gone)
        model.save(tmp_path / "robbed.aisle")
        with pytest.raises(BundleError, match="lacks its network"):
            ProductClassifier.load(tmp_path / "robbed.aisle")


def test_an_expert_is_not_overwritten(
    products: Catalog, encoders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AISLE_ENCODERS", str(encoders))
    both = "text.encoders=[tfidf, tiny-text]"
    other = "experts.text-tuned={encoders: [tfidf], head: logistic}"
    with pytest.raises(RecipeError, match="has one of that name already"):
        ProductClassifier("fast", settings=[both, "text.tune=whole", other]).fit(products)


def test_what_cannot_be_tuned_is_told(products: Catalog) -> None:
    with pytest.raises(RecipeError, match="has no pretrained network to tune"):
        ProductClassifier("fast", settings=["text.tune=last3"]).fit(products)


def test_a_recipe_keeps_its_tuning() -> None:
    recipe = Recipe.load("fast", Task.CLASSIFY, ["text.tune=last3"])
    assert recipe.experts["text"].tune == {"depth": "last3"}
    again = Recipe.load(recipe, Task.CLASSIFY, ["text.tune.epochs=2"])
    assert again.experts["text"].tune == {"depth": "last3", "epochs": 2}
    assert "tune" not in recipe.experts["image"].model_dump()
