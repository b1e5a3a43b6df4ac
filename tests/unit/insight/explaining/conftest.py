"""Small models with everything to explain, and networks whose insides are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aisle import Catalog, ProductClassifier
from aisle.insight.explaining.asked import AskedExpert
from aisle.insight.explaining.question import Question
from aisle.models import ProductModel
from tests.products import product_rows
from tests.unit.encoders.pretrained.networks import helper, image_folder, model, tensor

PLAIN = ("folds=2", "learning_curve=false")
SIZE = 32
SHADES = {"Mugs": (200, 30, 30), "Lamps": (30, 160, 40), "Boots": (30, 50, 200)}


def pooled_network() -> bytes:
    """Photographs to the means of twelve maps of features, (1, 12)."""
    rng = np.random.default_rng(3)
    nodes = [
        helper.make_node("Conv", ["pixels", "w1"], ["a1"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a1"], ["maps1"]),
        helper.make_node("Conv", ["maps1", "w2"], ["a2"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a2"], ["maps2"]),
        helper.make_node("GlobalAveragePool", ["maps2"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["embedding"]),
    ]
    weights = [
        tensor("w1", rng.normal(size=(8, 3, 3, 3)) / 5),
        tensor("w2", rng.normal(size=(12, 8, 3, 3)) / 8),
    ]
    inputs = {"pixels": (1, [1, 3, SIZE, SIZE])}
    return model(nodes, inputs, {"embedding": [1, 12]}, weights)


def attending_network() -> bytes:
    """Photographs to the mean of sixteen patches that attend to one another, (1, 8)."""
    rng = np.random.default_rng(4)
    nodes = [
        helper.make_node("Conv", ["pixels", "w"], ["patches"], strides=[8, 8]),
        helper.make_node("Reshape", ["patches", "flat"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["tokens"], perm=[0, 1, 3, 2]),
        helper.make_node("MatMul", ["tokens", "rows"], ["alike"]),
        helper.make_node("Softmax", ["alike"], ["attention"], axis=-1),
        helper.make_node("MatMul", ["attention", "tokens"], ["mixed"]),
        helper.make_node("Add", ["mixed", "tokens"], ["kept"]),
        helper.make_node("ReduceMean", ["kept"], ["embedding"], axes=[1, 2], keepdims=0),
    ]
    weights = [
        tensor("w", rng.normal(size=(8, 3, 8, 8)) / 16),
        tensor("flat", [1, 1, 8, 16], np.int64),
    ]
    inputs = {"pixels": (1, [1, 3, SIZE, SIZE])}
    return model(nodes, inputs, {"embedding": [1, 8]}, weights)


def pictured_rows(folder: Path, count: int = 48) -> list[dict[str, object]]:
    """Products whose photograph shows a square in the colour of their kind, in one of four corners.

    Every sixth has no photograph, every seventh no title.
    """
    rows = product_rows(count)
    for number, row in enumerate(rows):
        pixels = np.full((SIZE, SIZE, 3), 255, dtype=np.uint8)
        top, left = 16 * (number // 3 % 2), 16 * (number // 6 % 2)
        pixels[top + 3 : top + 13, left + 3 : left + 13] = SHADES[str(row["kind"])]
        path = folder / f"{number}.png"
        Image.fromarray(pixels).save(path)
        row["image"] = None if number % 6 == 5 else str(path)
        row["title"] = None if number % 7 == 6 else row["title"]
    return rows


def corner(number: int) -> tuple[int, int]:
    """Return in which half of the rows and of the columns the square of a product lies."""
    return number // 3 % 2, number // 6 % 2


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with encoder folders and photographs."""
    folder = tmp_path_factory.mktemp("explaining")
    for name, content, width in (
        ("tiny-image", pooled_network(), 12),
        ("tiny-attention", attending_network(), 8),
    ):
        image_folder(
            folder / "home", content, name=name, dimension=width, image={"size": [SIZE, SIZE]}
        )
    return folder


@pytest.fixture(scope="session")
def pictured(room: Path) -> Catalog:
    """Forty-eight products with titles, photographs and metadata, some of them missing."""
    return Catalog.read(pictured_rows(room), target="kind", roles={"image": "image"})


def fitted(catalog: Catalog, *settings: str, **more: Any) -> ProductClassifier:
    given = [*PLAIN, "fusion=late", *settings]
    return ProductClassifier(recipe="fast", settings=given, **more).fit(catalog)


def ask(
    model: ProductModel, catalog: Catalog, question: Question, name: str = "text", row: int = 0
) -> AskedExpert:
    """Ask an expert of a model about one product."""
    product = model.read(catalog).take([row])
    expert = model.plan_.experts[name]
    encoders = {part: model.plan_.encoders[part] for part in expert.parts[expert.modalities[0]]}
    features = model.plan_.transform(product)
    return AskedExpert(name, expert, encoders, product, features, question, {})


@pytest.fixture(scope="session")
def seeing(room: Path, pictured: Catalog) -> ProductClassifier:
    """A model that looks at photographs through a small network, and carries it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AISLE_ENCODERS", str(room / "home"))
        return fitted(pictured, "image.encoders=[tiny-image]")


@pytest.fixture(scope="session")
def attending(room: Path, pictured: Catalog) -> ProductClassifier:
    """A model that looks at photographs through a network whose patches attend."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AISLE_ENCODERS", str(room / "home"))
        return fitted(pictured, "image.encoders=[tiny-attention]")


@pytest.fixture(scope="session")
def reading(products: Catalog) -> ProductClassifier:
    """A model of texts and metadata."""
    return fitted(products)
