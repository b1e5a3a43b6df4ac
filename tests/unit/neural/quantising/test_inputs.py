"""Products to calibrate with, and others to measure with."""

from __future__ import annotations

import numpy as np
import pytest

from aisle.encoders.pretrained.folder import EncoderDescription, ImageInput, Network
from aisle.errors import EncoderError
from aisle.neural.quantising.inputs import image_inputs, text_inputs

EYE = EncoderDescription(
    name="eye",
    modality="image",
    dimension=4,
    networks=(Network(file="model.onnx"),),
    image=ImageInput(size=(24, 32)),
)


@pytest.mark.parametrize("texts", [[], [f"text {at}" for at in range(500)], list("abcdefgh")])
def test_texts_to_measure_were_not_calibrated_with(texts: list[str]) -> None:
    inputs = text_inputs(texts)
    assert not set(inputs.calibration) & set(inputs.measured)
    assert 2 <= len(inputs.measured) <= 48
    assert 5 <= len(inputs.calibration) <= 48
    assert all(inputs.calibration)


def test_equal_and_empty_texts_count_once_or_not_at_all() -> None:
    with pytest.raises(EncoderError, match="found 1"):
        text_inputs(["same", "same", " "] * 20)


def test_pictures_are_drawn_in_the_size_of_the_network() -> None:
    inputs = image_inputs([], EYE)
    shapes = {(one.shape, one.dtype) for one in (*inputs.calibration, *inputs.measured)}
    assert shapes == {((32, 32, 3), np.dtype(np.uint8))}
    assert len(inputs.calibration) == 48
    assert not any(np.array_equal(a, inputs.measured[0]) for a in inputs.calibration)


def test_too_few_images_are_told() -> None:
    with pytest.raises(EncoderError, match="images: expected at least 8"):
        image_inputs([np.zeros((8, 8, 3), np.uint8)], EYE)
