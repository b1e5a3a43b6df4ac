"""Image processors in Aisle's words, compared with the processors themselves."""

from __future__ import annotations

from typing import Any

import pytest

from aisle.errors import EncoderError
from aisle.neural.exporting.preprocessing import check_values, image_input

NORMAL = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
CASES: dict[str, tuple[dict[str, Any], tuple[int, int], str, float]] = {
    "ViTImageProcessor": ({"size": {"height": 64, "width": 48}}, (64, 48), "stretch", 1.0),
    "CLIPImageProcessor": (
        {"size": {"shortest_edge": 64}, "crop_size": {"height": 64, "width": 64}},
        (64, 64),
        "crop",
        1.0,
    ),
    "BitImageProcessor": (
        {"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}},
        (224, 224),
        "crop",
        0.875,
    ),
    "ConvNextImageProcessor": (
        {"size": {"shortest_edge": 224}, "crop_pct": 0.875},
        (224, 224),
        "crop",
        0.875,
    ),
    "SiglipImageProcessor": ({"size": {"height": 64, "width": 64}}, (64, 64), "stretch", 1.0),
    "EfficientNetImageProcessor": (
        {"size": {"height": 64, "width": 64}, "include_top": True, "rescale_offset": True},
        (64, 64),
        "stretch",
        1.0,
    ),
    "MobileViTImageProcessor": (
        {
            "size": {"shortest_edge": 72},
            "crop_size": {"height": 64, "width": 64},
            "do_flip_channel_order": True,
        },
        (64, 64),
        "crop",
        64 / 72,
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_processor_is_translated(kind: str, transformers: Any) -> None:
    given, size, fit, crop = CASES[kind]
    processor = getattr(transformers, f"{kind}Pil")(**given)
    content = {**processor.to_dict(), "image_processor_type": kind}
    how, _ = image_input(content, fit=None, label="model")
    assert (how.size, how.fit) == (size, fit)
    assert how.crop == pytest.approx(crop)
    assert how.colour == ("BGR" if "do_flip_channel_order" in given else "RGB")
    check_values(how, processor, "model")


def test_a_wrong_translation_is_found(transformers: Any) -> None:
    processor = transformers.ViTImageProcessorPil(size={"height": 64, "width": 64})
    content = {**processor.to_dict(), "image_mean": [0.4, 0.5, 0.5]}
    how, _ = image_input(content, fit=None, label="model")
    with pytest.raises(EncoderError, match="ViTImageProcessorPil cannot be described"):
        check_values(how, processor, "model")


def test_values_are_on_the_scale_of_bytes() -> None:
    content = {"size": {"height": 8, "width": 8}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    how, notes = image_input(content, fit=None, label="model")
    assert how.mean == how.std == (127.5, 127.5, 127.5)
    assert notes == ()
    raw, _ = image_input(
        {**content, "do_rescale": False, "do_normalize": False}, fit=None, label="model"
    )
    assert (raw.mean, raw.std) == ((0, 0, 0), (1, 1, 1))


@pytest.mark.parametrize(
    ("number", "name"),
    list(enumerate(["nearest", "lanczos", "bilinear", "bicubic", "area", "bilinear"])),
)
def test_interpolations(number: int, name: str) -> None:
    content = {"size": {"height": 8, "width": 8}, "resample": number, **NORMAL}
    assert image_input(content, fit=None, label="model")[0].interpolation == name


def test_sizes_of_old_files() -> None:
    vit = {"feature_extractor_type": "ViTFeatureExtractor", "size": 32, **NORMAL}
    how, _ = image_input(vit, fit=None, label="model")
    assert (how.size, how.fit) == ((32, 32), "stretch")
    clip = {"feature_extractor_type": "CLIPFeatureExtractor", "size": 36, "crop_size": 32}
    how, _ = image_input({**clip, "do_center_crop": True, **NORMAL}, fit=None, label="model")
    assert (how.size, how.fit, how.crop) == ((32, 32), "crop", pytest.approx(32 / 36))


def test_large_inputs_of_convnext_are_not_cropped() -> None:
    content = {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 384}}
    how, _ = image_input(content, fit=None, label="model")
    assert (how.size, how.fit) == ((384, 384), "stretch")


def test_what_has_no_size_is_refused() -> None:
    with pytest.raises(EncoderError, match="names no fixed size"):
        image_input({"image_processor_type": "Other", **NORMAL}, fit=None, label="model")


def test_without_a_mean_values_are_scaled_alone() -> None:
    how, _ = image_input({"size": {"height": 8, "width": 8}}, fit=None, label="model")
    assert (how.mean, how.std) == ((0, 0, 0), (255, 255, 255))
