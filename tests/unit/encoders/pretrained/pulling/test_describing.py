"""What a repository's configurations say of its texts and photographs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aisle.encoders.pretrained.pulling.describing import read_image_input, read_text_input
from aisle.errors import EncoderError


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"size": 224, "do_center_crop": False, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]},
            {"size": (224, 224), "fit": "stretch", "mean": [0, 0, 0], "std": [255, 255, 255]},
        ),
        (
            {"size": {"height": 300, "width": 200}, "do_normalize": False, "resample": 3},
            {"size": (300, 200), "mean": [0.0] * 3, "std": [255.0] * 3, "interpolation": "bicubic"},
        ),
        (
            {"size": {"shortest_edge": 256}, "crop_size": 224, "do_center_crop": True},
            {"size": (224, 224), "fit": "crop", "crop": 224 / 256},
        ),
    ],
)
def test_how_photographs_are_prepared_is_read(
    config: dict[str, Any], expected: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(config), "utf-8")
    found = read_image_input(tmp_path)
    assert {key: pytest.approx(found[key]) if key != "fit" else found[key] for key in expected} == (
        expected
    )


def test_a_configuration_of_another_form_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b"[1]")
    with pytest.raises(EncoderError, match=r"config.json: expected a dict, found '\[1\]'"):
        read_text_input(tmp_path, pooled=True)


def test_text_limits_fall_back_on_what_is_usual(tmp_path: Path) -> None:
    assert read_text_input(tmp_path, pooled=True) == {"max_tokens": 512, "normalised": True}
    assert read_text_input(tmp_path, pooled=False)["pooling"] == "mean"
