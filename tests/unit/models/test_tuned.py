"""Models whose networks learn the target."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.cache import default_store
from aisle.catalog import Task
from aisle.errors import RecipeError
from aisle.models import product_model
from aisle.models.recipe import ExpertPlan
from aisle.models.tuned import tunings
from aisle.neural.tuning import Tuning
from tests.products import product_rows
from tests.unit.encoders.pretrained.networks import image_folder, pooled_network, text_folder

pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("accelerate", reason="accelerate is not installed")

QUICK = "depth: whole, epochs: 1, learning_rate: 0.02, batch: 8"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def photographs(broken: int) -> Catalog:
    dice = np.random.default_rng(0)
    rows: list[dict[str, object]] = []
    for number in range(30):
        pixels = dice.integers(0, 120, (16, 16, 3), dtype=np.uint8)
        pixels[:: 2 + number % 2] = 255
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        content = b"no photograph" if number < broken else buffer.getvalue()
        rows.append({"photo": content, "kind": f"k{number % 2}", "price": 10.0 + number})
    return Catalog.read(rows, target="kind", roles={"photo": "image", "price": "ignored"})


def settings(expert: str, folder: Path, tune: str = QUICK) -> list[str]:
    plan = f"experts.{expert}={{encoders: ['{folder}'], head: logistic, tune: {{{tune}}}}}"
    others = [f"{name}=null" for name in ("text", "image", "metadata", "vector") if name != expert]
    return ["folds=2", "learning_curve=false", plan, *others]


def test_photographs_that_cannot_be_read_are_counted(home: Path) -> None:
    own = settings("image", image_folder(home).path, f"{QUICK}, augment: none")
    model = ProductClassifier("fast", settings=own).fit(photographs(broken=3))
    assert model.metrics_["unread"] == 3
    assert model.modalities_ == ("image",)


def test_vectors_of_the_folds_networks_are_not_kept(home: Path) -> None:
    own = settings("text", text_folder(home, pooled_network()).path)
    rows = product_rows(40)
    model = ProductClassifier("fast", settings=own).fit(Catalog.read(rows, target="kind"))
    kept = default_store().info().encoders
    assert len(kept) == 2, "the network as it was, and the one in the model"
    assert {one.entries for one in kept} == {40}
    (encoder,) = model.plan_.encoders.values()
    assert not encoder.passing


@pytest.mark.parametrize(
    ("tune", "told"),
    [
        ("objective: classes+contrastive", "objective 'classes\\+contrastive'"),
        ("label_smoothing: 0.2", "leave label_smoothing out"),
        ("focal: 2", "leave focal out"),
    ],
)
def test_what_would_do_nothing_for_prices_is_told_before_the_folds_begin(
    home: Path, tune: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("rows were encoded")

    own = settings("text", text_folder(home).path, f"{QUICK}, {tune}")
    catalog = Catalog.read(product_rows(40), target="price")
    monkeypatch.setattr(product_model.Plan, "describe", never)
    with pytest.raises(RecipeError, match=told):
        ProductRegressor("fast", settings=own).fit(catalog)


def test_what_is_tuned_can_be_asked(home: Path) -> None:
    folder = str(text_folder(home).path)
    plain = ExpertPlan.model_validate({"encoders": [folder], "head": "logistic"})
    mixed = plain.model_validate(
        {"encoders": ["tfidf", folder], "head": "logistic", "tune": "lora"}
    )
    found = tunings({"one": plain, "two": mixed}, Task.CLASSIFY)
    assert found == [("text", Tuning.of("lora", "text"))]
