"""The fastest network that agrees with float32 is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aisle.encoders.pretrained.choosing import chosen_network
from aisle.encoders.pretrained.folder import EncoderFolder
from aisle.errors import EncoderError
from tests.unit.encoders.pretrained.networks import described, text_description


def folder(*networks: dict[str, Any], **entries: Any) -> EncoderFolder:
    content = text_description(networks=list(networks), **entries)
    return EncoderFolder(Path("nowhere"), described(content))


FULL = {"file": "full.onnx", "seconds": 0.02}
CLOSE = {"file": "close.onnx", "precision": "int8-static", "seconds": 0.01, "agreement": 0.99}
FAR = {"file": "far.onnx", "precision": "int8-dynamic", "seconds": 0.001, "agreement": 0.9}
UNKNOWN = {"file": "unknown.onnx", "precision": "float16", "seconds": 0.001}


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        ([FULL, CLOSE, FAR, UNKNOWN], "close.onnx"),
        ([FAR, FULL, UNKNOWN], "full.onnx"),
        ([FAR, UNKNOWN], "far.onnx"),
        ([{"file": "a.onnx", "precision": "int8-dynamic"}, {"file": "b.onnx"}], "a.onnx"),
        ([{"file": "b.onnx"}, CLOSE], "close.onnx"),
    ],
)
def test_the_fastest_that_agrees_is_chosen(networks: list[dict[str, Any]], expected: str) -> None:
    assert chosen_network(folder(*networks), "text").file == expected


def test_a_precision_can_be_asked_for() -> None:
    there = folder(FULL, CLOSE, FAR)
    assert chosen_network(there, "text", "int8-dynamic").file == "far.onnx"
    with pytest.raises(EncoderError, match=r"'bfloat16'; it has float32, int8-static, int8-dynam"):
        chosen_network(there, "text", "bfloat16")


def test_each_half_of_a_pair_has_its_own_networks() -> None:
    with pytest.raises(EncoderError, match="reads text, not image"):
        chosen_network(folder(FULL), "image")
    pair = folder(
        {**FULL, "tower": "text"},
        {"file": "eye.onnx", "tower": "image"},
        modality="image-text",
        image={"size": [16, 16]},
    )
    assert chosen_network(pair, "image").file == "eye.onnx"
    assert chosen_network(pair, "text").file == "full.onnx"
