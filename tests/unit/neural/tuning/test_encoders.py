"""Encoders whose network learns the target."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aisle.cache import default_store
from aisle.catalog import Catalog, Task
from aisle.errors import EncoderError, RecipeError, TrainingError
from aisle.neural.tuning import TunedImageEncoder, TunedTextEncoder, Tuning
from tests.unit.encoders.pretrained.networks import (
    TensorProto,
    helper,
    image_folder,
    model,
    numpy_helper,
    onnx,
    pooled_network,
    tensor,
    text_folder,
    token_network,
)

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("accelerate", reason="accelerate is not installed")

FAST = {"epochs": 8, "learning_rate": 0.05, "batch": 8}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def texts(count: int = 48) -> Catalog:
    """Products whose kind is told by two words that the frozen network does not tell apart."""
    dice = np.random.default_rng(0)
    words = {"Mugs": ["mug", "ceramic"], "Lamps": ["lamp", "bulb"]}
    rows = []
    for number in range(count):
        kind = list(words)[number % 2]
        filler = dice.choice(["new", "blue", "red", "a", "b", "leather", "sole"], 5)
        rows.append({"title": " ".join([*filler, dice.choice(words[kind])]), "kind": kind})
    return Catalog.read(rows, target="kind", roles={"title": "text"})


def photographs(count: int = 24) -> Catalog:
    """Stripes across and stripes along."""
    dice = np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    for number in range(count):
        pixels = dice.integers(0, 120, (16, 16, 3), dtype=np.uint8)
        pixels[:: 2 + number % 2] = 255
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        rows.append({"photo": buffer.getvalue(), "kind": f"k{number % 2}"})
    return Catalog.read(rows, target="kind", roles={"photo": "image"})


def spread(encoder: Any, catalog: Catalog) -> float:
    """Return how far the classes lie apart, beside how far they spread."""
    matrix, labels = encoder.transform(catalog).matrix, catalog.labels.astype(str)
    centres = [matrix[labels == name].mean(axis=0) for name in np.unique(labels)]
    inside = np.mean([matrix[labels == n].std(axis=0).mean() for n in np.unique(labels)])
    return float(np.linalg.norm(centres[0] - centres[1]) / inside)


def text_encoder(home: Path, tune: Any, **params: Any) -> TunedTextEncoder:
    folder = text_folder(home, pooled_network())
    return TunedTextEncoder(str(folder.path), tune=tune, **params)


def test_classes_move_apart(home: Path) -> None:
    catalog = texts()
    still = text_encoder(home, {**FAST, "depth": "whole", "epochs": 1, "learning_rate": 1e-12})
    moved = text_encoder(home, {**FAST, "depth": "whole"})
    assert spread(moved.fit(catalog), catalog) > 2 * spread(still.fit(catalog), catalog)
    assert len(moved.curves_["training_loss"]) == 8
    assert moved.curves_["training_loss"][-1] < moved.curves_["training_loss"][0]


def test_photographs_too(home: Path) -> None:
    catalog, folder = photographs(), image_folder(home)
    tune = {**FAST, "depth": "last1", "augment": "light"}
    encoder = TunedImageEncoder(str(folder.path), tune=tune).fit(catalog)
    assert encoder.inner_.onnx_ != folder.read("model.onnx")
    assert encoder.transform(catalog).present.all()


@pytest.mark.parametrize("objective", ["contrastive", "classes+contrastive"])
def test_contrast(home: Path, objective: str) -> None:
    catalog = texts()
    frozen = text_encoder(home, {"depth": "whole", "epochs": 1, "learning_rate": 1e-12})
    tuned = text_encoder(home, {**FAST, "depth": "whole", "objective": objective})
    assert spread(tuned.fit(catalog), catalog) > 1.5 * spread(frozen.fit(catalog), catalog)


def test_the_same_seed_gives_the_same_network(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISLE_FEATURE_CACHE", "off")
    catalog, tune = texts(), {**FAST, "depth": "whole", "epochs": 2}
    found = [text_encoder(home, tune, seed=seed).fit(catalog).inner_.onnx_ for seed in (1, 1, 2)]
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_a_tuned_network_is_tuned_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog, tune = texts(), {**FAST, "depth": "whole", "epochs": 2}
    first = text_encoder(home, tune).fit(catalog)
    monkeypatch.setattr("aisle.neural.tuning.tuned_encoder.tune", _never)
    second = text_encoder(home, tune).fit(catalog)
    assert first.inner_.onnx_ == second.inner_.onnx_
    assert first.curves_ == second.curves_
    kept = next((home / "cache" / "tuned").iterdir())
    assert sorted(file.name for file in kept.iterdir()) == ["curves.json", "model.onnx"]
    with pytest.raises(AssertionError, match="tuned again"):
        text_encoder(home, {**tune, "epochs": 3}).fit(catalog)


def test_other_labels_are_another_training(home: Path) -> None:
    catalog, tune = texts(), {**FAST, "depth": "whole", "epochs": 2}
    first = text_encoder(home, tune).fit(catalog)
    rows = [{**row, "kind": "Mugs" if at < 20 else "Lamps"} for at, row in enumerate(
        catalog.table.to_pylist()
    )]  # fmt: skip
    other = Catalog.read(rows, target="kind", roles={"title": "text"})
    assert first.inner_.onnx_ != text_encoder(home, tune).fit(other).inner_.onnx_


def test_rows_without_a_target_teach_nothing(home: Path) -> None:
    catalog = texts()
    rows = catalog.table.to_pylist()
    extra = [{"title": "lamp mug boot", "kind": None}] * 3
    more = Catalog.read([*rows, *extra], target="kind", roles={"title": "text"})
    tune = {**FAST, "depth": "whole", "epochs": 2}
    first = text_encoder(home, tune).fit(catalog)
    assert first.inner_.onnx_ == text_encoder(home, tune).fit(more).inner_.onnx_


def test_too_few_rows_leave_the_network_as_it_was(home: Path) -> None:
    encoder = text_encoder(home, "whole").fit(texts(6))
    assert encoder.inner_.onnx_ == pooled_network()
    assert encoder.curves_ == {}


def test_a_network_of_tokens_is_pooled(home: Path) -> None:
    folder = text_folder(home, token_network(), text={"pooled": False, "pooling": "mean"})
    encoder = TunedTextEncoder(str(folder.path), tune={**FAST, "depth": "whole"})
    catalog = texts()
    encoder.fit(catalog)
    assert encoder.transform(catalog).matrix.shape == (48, 8)
    assert encoder.inner_.onnx_ != token_network()


def test_prices(home: Path) -> None:
    rows = [
        {"title": row["title"], "price": 10.0 if row["kind"] == "Mugs" else 90.0 + at}
        for at, row in enumerate(texts().table.to_pylist())
    ]
    catalog = Catalog.read(rows, target="price", task="regress", roles={"title": "text"})
    encoder = text_encoder(home, {**FAST, "depth": "whole"}).fit(catalog)
    losses = encoder.curves_["training_loss"]
    assert losses[-1] < losses[0]


def test_photographs_near_their_texts(home: Path) -> None:
    text, image = text_folder(home), image_folder(home)
    catalog = photographs()
    rows = [
        {**row, "title": ("mug coffee" if row["kind"] == "k0" else "lamp light")}
        for row in catalog.table.to_pylist()
    ]
    both = Catalog.read(rows, target="kind", roles={"photo": "image", "title": "text"})
    tune = {**FAST, "depth": "whole", "objective": "image-text", "teacher": str(text.path)}
    encoder = TunedImageEncoder(str(image.path), tune=tune).fit(both)
    assert encoder.curves_["training_loss"][-1] < encoder.curves_["training_loss"][0]
    with pytest.raises(RecipeError, match="needs a text for every product"):
        TunedImageEncoder(str(image.path), tune=tune).fit(
            Catalog.read(
                [{**row, "title": None if at else "mug"} for at, row in enumerate(rows)],
                target="kind",
                roles={"photo": "image", "title": "text"},
            )
        )


def test_low_rank_changes_matrices_alone(home: Path) -> None:
    with pytest.raises(RecipeError, match="no matrix that lora could change"):
        text_encoder(home, {**FAST, "depth": "lora"}).fit(texts())


def test_a_quantised_network_alone_cannot_be_tuned(home: Path) -> None:
    networks = [{"file": "model.onnx", "precision": "int8-dynamic"}]
    folder = text_folder(home, networks=networks)
    with pytest.raises(EncoderError, match="only a float32 network can be tuned"):
        TunedTextEncoder(str(folder.path)).fit(texts())


@pytest.mark.parametrize(
    ("tune", "told"),
    [
        ("everything", "depth 'everything': expected whole"),
        ("last0", "depth 'last0'"),
        ({"deep": "whole"}, "there is no entry 'deep'; did you mean 'depth'"),
        ({"epochs": 0}, "epochs: expected"),
        ({"objective": "classes+classes"}, "each once"),
        ({"objective": "image-text"}, "set it for image.tune"),
        ({"temperature": -1}, "temperature"),
        ({"augment": "wild"}, "wild"),
        ({"mixup": 0.2}, "mixup mixes photographs"),
        ({"patience": 2}, "patience needs rows to stop by"),
        ({"objective": "contrastive", "focal": 2}, "the objective is contrastive; leave focal out"),
        ({"views": -1}, "views: expected"),
        ({"max_tokens": 2}, "max_tokens: expected"),
    ],
)
def test_settings_that_make_no_sense(home: Path, tune: Any, told: str) -> None:
    with pytest.raises(RecipeError, match=told.replace("(", r"\(").replace("+", r"\+")):
        text_encoder(home, tune).fit(texts())


@pytest.mark.parametrize(
    ("tune", "told"),
    [
        ({"objective": "contrastive"}, "which hardly two products share"),
        ({"objective": "classes+contrastive"}, "which hardly two products share"),
        ({"label_smoothing": 0.1}, "label_smoothing: 0.1 changes how classes are learned"),
        ({"focal": 2}, "leave focal out"),
        ({"mixup": 0.2}, "leave mixup out"),
    ],
)
def test_settings_that_would_do_nothing_for_prices(home: Path, tune: Any, told: str) -> None:
    rows = [{**row, "price": 10.0 + at} for at, row in enumerate(photographs().table.to_pylist())]
    catalog = Catalog.read(rows, target="price", task="regress", roles={"photo": "image"})
    encoder = TunedImageEncoder(str(image_folder(home).path), tune=tune)
    with pytest.raises(RecipeError, match=told):
        encoder.fit(catalog)
    Tuning.of(tune, "image")
    Tuning.of({name: 0 for name in tune if name != "objective"}, "image", task=Task.REGRESS)


def test_what_passing_networks_say_is_not_kept(home: Path) -> None:
    """A fold's network is never asked again; the one beneath it is, by every fold."""
    catalog, tune = texts(), {**FAST, "depth": "whole", "epochs": 2}
    passing = text_encoder(home, tune)
    passing.passing = True
    features = passing.fit_transform(catalog)
    passing.transform(catalog)
    (frozen,) = default_store().info().encoders
    assert frozen.entries == len(set(passing.inner_.texts(catalog)))
    final = text_encoder(home, tune)
    np.testing.assert_array_equal(final.fit_transform(catalog).matrix, features.matrix)
    np.testing.assert_array_equal(final.transform(catalog).matrix, features.matrix)
    assert len(default_store().info().encoders) == 2


def test_what_is_made_of_vectors_afterwards_does_not_change_the_training(home: Path) -> None:
    catalog, tune = texts(), {**FAST, "depth": "whole", "epochs": 2}
    plain = text_encoder(home, tune).fit(catalog)
    loud = text_encoder(home, tune, weight=5.0).fit(catalog)
    small = text_encoder(home, tune, components=2).fit(catalog)
    assert plain.inner_.onnx_ == loud.inner_.onnx_ == small.inner_.onnx_
    np.testing.assert_allclose(
        loud.transform(catalog).matrix, 5 * plain.transform(catalog).matrix, rtol=1e-6
    )
    assert small.transform(catalog).matrix.shape == (48, 2)


def test_roots_are_another_training(home: Path) -> None:
    catalog, tune = texts(), {**FAST, "depth": "whole", "epochs": 2}
    plain = text_encoder(home, tune).fit(catalog)
    assert text_encoder(home, tune, scale="root").fit(catalog).inner_.onnx_ != plain.inner_.onnx_


def test_last_layers_are_tuned_behind_a_trunk(home: Path) -> None:
    catalog, folder = photographs(), image_folder(home, two_convolutions())
    tune = {**FAST, "depth": "last1", "views": 2}
    first = TunedImageEncoder(str(folder.path), tune=tune).fit(catalog)
    found = {one.name: numpy_helper.to_array(one) for one in initialisers(first.inner_.onnx_)}
    before = {one.name: numpy_helper.to_array(one) for one in initialisers(two_convolutions())}
    np.testing.assert_array_equal(found["w1"], before["w1"])
    assert not np.array_equal(found["w2"], before["w2"])
    assert any(one.name.endswith("views") for one in default_store().info().encoders)


def test_a_trunk_changes_nothing_but_the_speed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog, folder = photographs(), image_folder(home, two_convolutions())
    encoder = TunedImageEncoder(str(folder.path), tune={**FAST, "depth": "last1"})
    quick = encoder.fit(catalog).transform(catalog).matrix
    monkeypatch.setattr("aisle.neural.tuning.source.import_end", lambda *_, **__: None)
    monkeypatch.setenv("AISLE_FEATURE_CACHE", "off")
    slow = encoder.fit(catalog).transform(catalog).matrix
    np.testing.assert_allclose(quick, slow, atol=0.02)


def test_a_cache_that_cannot_be_written_costs_no_training(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = text_encoder(home, {**FAST, "depth": "whole", "epochs": 2})
    (home / "file").write_text("no folder")
    monkeypatch.setenv("AISLE_CACHE", str(home / "file"))
    assert encoder.fit(texts()).curves_["training_loss"]


def test_photographs_that_cannot_be_read_are_told(home: Path) -> None:
    folder = image_folder(home)
    rows = [{"photo": b"no photograph", "kind": f"k{at % 2}"} for at in range(12)]
    catalog = Catalog.read(rows, target="kind", roles={"photo": "image"})
    with pytest.raises(TrainingError, match="not one image can be read"):
        TunedImageEncoder(str(folder.path)).fit(catalog)


def two_convolutions() -> bytes:
    rng = np.random.default_rng(1)
    nodes = [
        helper.make_node("Conv", ["pixels", "w1"], ["maps"], strides=[4, 4]),
        helper.make_node("Relu", ["maps"], ["rectified"]),
        helper.make_node("Conv", ["rectified", "w2"], ["more"], strides=[2, 2]),
        helper.make_node("Relu", ["more"], ["again"]),
        helper.make_node("Flatten", ["again"], ["embedding"]),
    ]
    weights = [
        tensor("w1", rng.normal(size=(4, 3, 4, 4)) / 4),
        tensor("w2", rng.normal(size=(3, 4, 2, 2)) / 2),
    ]
    shape = (TensorProto.FLOAT, [1, 3, 16, 16])
    return model(nodes, {"pixels": shape}, {"embedding": [1, 12]}, weights)


def initialisers(content: bytes) -> Any:
    return onnx.load_from_string(content).graph.initializer


def test_a_damaged_store_is_no_harm(home: Path) -> None:
    catalog, tune = texts(), {**FAST, "depth": "whole", "epochs": 2}
    first = text_encoder(home, tune).fit(catalog)
    kept = next((home / "cache" / "tuned").iterdir())
    (kept / "curves.json").write_text("{")
    assert first.inner_.onnx_ == text_encoder(home, tune).fit(catalog).inner_.onnx_
    assert json.loads((kept / "curves.json").read_text())["curves"] == first.curves_


def _never(*_: Any, **__: Any) -> Any:
    raise AssertionError("tuned again")


def test_activations_may_be_computed_again(home: Path) -> None:
    catalog, tune = texts(), {**FAST, "depth": "whole", "epochs": 2}
    kept = text_encoder(home, tune).fit(catalog)
    again = text_encoder(home, {**tune, "gradient_checkpointing": True}).fit(catalog)
    assert kept.inner_.onnx_ == again.inner_.onnx_
