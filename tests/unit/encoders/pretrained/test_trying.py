"""Encoders tried out on products."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aisle.encoders.pretrained.folder import EncoderDescription, EncoderFolder, write_folder
from aisle.encoders.pretrained.trying import (
    Products,
    check_networks,
    made_up_products,
    read_products,
    time_networks,
)
from aisle.errors import EncoderError
from tests.unit.encoders.pretrained.pulling.test_hub import tiny_image, tiny_text, tokenizer_json


def image_folder(home: Path, scale: float = 1.0, **changes: Any) -> EncoderFolder:
    """A folder with two networks, which agree if `scale` is 1."""
    description = {
        "name": "tiny-image",
        "modality": "image",
        "dimension": 3,
        "networks": [
            {"file": "model.onnx", "output": "image_embeds"},
            {"file": "small.onnx", "output": "image_embeds", "precision": "int8-static"},
        ],
        "image": {"size": [8, 8]},
        **changes,
    }
    files = {"model.onnx": tiny_image(), "small.onnx": tiny_image(scale=scale)}
    return write_folder(home / "tiny-image", EncoderDescription.model_validate(description), files)


def text_folder(home: Path, name: str = "tiny-text", **changes: Any) -> EncoderFolder:
    description = {
        "name": name,
        "modality": "text",
        "dimension": 4,
        "licence": "MIT",
        "networks": [{"file": "model.onnx", "output": "last_hidden_state"}],
        "text": {"max_tokens": 16, "pooled": False},
        **changes,
    }
    files = {"model.onnx": tiny_text(), "tokenizer.json": tokenizer_json()}
    return write_folder(home / name, EncoderDescription.model_validate(description), files)


def test_pictures_are_drawn_only_where_they_are_looked_at() -> None:
    products = made_up_products(5, {"text"})
    assert (len(products.texts), len(products.pictures)) == (5, 0)
    assert all(text.strip() for text in products.texts)
    products = made_up_products(5, {"image"})
    assert {(picture.shape, picture.dtype.name) for picture in products.pictures} == {
        ((320, 320, 3), "uint8")
    }
    assert len(products.pictures) == 5


def test_a_catalogue_gives_what_its_rows_hold(tmp_path: Path) -> None:
    Image.new("RGB", (9, 9), "red").save(tmp_path / "0.png")
    rows = "".join(
        f"{row},a red shirt of size {row} and more words,{row}.png\n" for row in range(3)
    )
    path = tmp_path / "catalog.csv"
    path.write_text("id,title,image\n" + rows)
    products = read_products(path, 3, {"text", "image"})
    assert len(products.texts) == 3
    # Two of the photographs are not there.
    assert len(products.pictures) == 1
    (tmp_path / "0.png").unlink()
    with pytest.raises(EncoderError, match="its 3 rows have no images that could be read"):
        read_products(path, 3, {"text", "image"})
    assert read_products(path, 3, {"text"}).pictures == []


def test_every_network_is_timed_and_compared_with_float32(tmp_path: Path) -> None:
    exact, other = time_networks(image_folder(tmp_path, scale=-3), made_up_products(4, {"image"}))
    assert (exact.tower, exact.file, exact.precision) == ("image", "model.onnx", "float32")
    assert (other.file, other.precision) == ("small.onnx", "int8-static")
    assert exact.cosine is None
    assert other.cosine is not None
    assert other.cosine < 0.9
    for speed in (exact, other):
        assert min(speed.products_a_second, speed.milliseconds, speed.load_seconds) > 0


def test_a_network_of_texts_is_timed(tmp_path: Path) -> None:
    (speed,) = time_networks(text_folder(tmp_path), Products(["red shirt", "blue", "red shirt"]))
    assert (speed.tower, speed.precision, speed.cosine) == ("text", "float32", None)


def test_a_network_that_is_right_has_no_problem(tmp_path: Path) -> None:
    checks = check_networks(image_folder(tmp_path), made_up_products(4, {"image"}))
    assert [one.problem for one in checks] == [None, None]
    assert [one.cosine for one in checks] == [None, pytest.approx(1)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dimension": 5}, "gives vectors of length 3, expected 5"),
        # Nothing of a photograph is left when it is divided by so much.
        ({"image": {"size": [8, 8], "std": [1e12] * 3}}, "the same vector for every product"),
        ({"scale": float("nan")}, "gives numbers that are not finite"),
        ({"scale": -3}, "does not agree with float32: cosine"),
        ({"networks": [{"file": "small.onnx", "output": "none"}]}, "computes no tensor 'none'"),
    ],
)
def test_what_is_wrong_with_a_network_is_said(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    checks = check_networks(image_folder(tmp_path, **changes), made_up_products(4, {"image"}))
    assert words in str(checks[-1].problem)
