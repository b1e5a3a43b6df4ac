"""Recipe ``best``: more heads, and networks that learn the catalogue."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.catalog import Task
from aisle.models import Recipe, load_model
from aisle.models.recipe import lacking_networks
from aisle.models.tuned import is_tuned, tuned_apart
from tests.products import product_rows
from tests.unit.encoders.pretrained.networks import image_folder, pooled_network, text_folder

pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("accelerate", reason="accelerate is not installed")

QUICK = ("folds=2", "learning_curve=false", "text-tuned.tune.epochs=1")

WITHOUT_TORCH = """
import sys
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "transformers", "onnx", "accelerate"}:
            raise ImportError(f"{name} is not to be imported")
sys.meta_path.insert(0, Refusing())
from aisle import Catalog, ProductClassifier
from aisle.errors import AisleError
from tests.products import product_rows
try:
    ProductClassifier("best").fit(Catalog.read(product_rows(40), target="kind"))
except AisleError as error:
    print(error)
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AISLE_ENCODERS", str(tmp_path))
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    text_folder(tmp_path, pooled_network(), name="all-minilm-l6-v2")
    return tmp_path


@pytest.mark.parametrize("task", list(Task))
def test_it_has_experts_that_learn_beside_those_of_balanced(task: Task, home: Path) -> None:
    image_folder(home, name="clip-vit-b32")
    best, balanced = (Recipe.load(name, task) for name in ("best", "balanced"))
    assert best.name == "best"
    assert best.experts.keys() > balanced.experts.keys()
    assert {name: best.experts[name] for name in balanced.experts} == dict(balanced.experts)
    learning = {name for name, plan in tuned_apart(best.experts, task).items() if is_tuned(plan)}
    assert learning == {"text-tuned", "image-tuned"}
    assert lacking_networks("best") == lacking_networks("balanced")


def test_classes_are_learned_by_all_experts(home: Path) -> None:
    catalog = Catalog.read(product_rows(80), target="kind")
    model = ProductClassifier("best", settings=QUICK).fit(catalog)
    assert {"text", "text-svm", "text-tuned"} <= model.metrics_["experts"].keys()
    model.save(home / "model.aisle")
    assert load_model(home / "model.aisle").predict(catalog).equals(model.predict(catalog))


def test_prices_are_learned_by_all_experts() -> None:
    catalog = Catalog.read(product_rows(80), target="price")
    model = ProductRegressor("best", settings=QUICK).fit(catalog)
    assert {"text", "text-svr", "text-tuned", "metadata-svr"} <= model.metrics_["experts"].keys()


def test_without_pytorch_it_says_what_to_install() -> None:
    command = [sys.executable, "-c", WITHOUT_TORCH]
    found = subprocess.run(command, check=False, capture_output=True, text=True)
    assert "aisle[deep]" in found.stdout, found.stderr
