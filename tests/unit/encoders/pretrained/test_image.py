"""Photographs through networks: prepared as a plain reference does, each alone."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from aisle.encoders.pretrained.folder import ImageInput, open_folder
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.errors import EncoderError
from tests.unit.encoders.pretrained.networks import (
    TensorProto,
    helper,
    image_folder,
    image_network,
    model,
    tensor,
    text_folder,
)

SIZES = [(1, 1), (1, 2000), (2000, 1), (3, 5), (16, 16), (17, 16), (15, 16), (40, 30), (301, 7)]


def network(content: bytes | None = None, **how: Any) -> ImageNetwork:
    asked = ImageInput(**{"size": (16, 16), **how})
    return ImageNetwork(content or image_network(asked.layout), asked, "embedding", "tiny")


def photograph(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth photograph, so that ways of resizing agree."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)


def unprepared(made: np.ndarray, how: ImageInput) -> np.ndarray:
    """Turn a network's input back into pixels, red first, float (height, width, 3)."""
    inside = made[0].transpose(1, 2, 0) if how.layout == "NCHW" else made[0]
    inside = inside * np.array(how.std) + np.array(how.mean)
    return inside[:, :, ::-1] if how.colour == "BGR" else inside


def area(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize by the mean over areas, one pixel after the other."""

    def shares(before: int, after: int) -> np.ndarray:
        made = np.zeros((after, before))
        edges = np.linspace(0, before, after + 1)
        for at in range(after):
            for old in range(before):
                covered = min(edges[at + 1], old + 1) - max(edges[at], old)
                made[at, old] = max(covered, 0) / (edges[at + 1] - edges[at])
        return made

    rows, columns = shares(pixels.shape[0], height), shares(pixels.shape[1], width)
    return np.einsum("ab,bcd,ec->aed", rows, pixels.astype(float), columns)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("colour", ["RGB", "BGR"])
def test_channels_are_scaled_and_laid_out(layout: str, colour: str) -> None:
    mean, std = (10.0, 20.0, 30.0), (2.0, -4.0, 0.5)
    asked = network(layout=layout, colour=colour, mean=mean, std=std)
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    made = asked.prepared(pixels)
    ordered = pixels if colour == "RGB" else pixels[:, :, ::-1]
    expected = (ordered.astype(np.float64) - mean) / std
    if layout == "NCHW":
        expected = expected.transpose(2, 0, 1)
    assert (made.shape, made.dtype) == ((1, *expected.shape), np.float32)
    assert made.flags.c_contiguous
    np.testing.assert_allclose(made[0], expected, rtol=1e-5, atol=1e-3)


def test_the_usual_ranges() -> None:
    pixels = np.zeros((16, 16, 3), dtype=np.uint8)
    pixels[0] = 255
    for mean, std, low, high in ((127.5, 127.5, -1, 1), (0, 255, 0, 1), (0, 1, 0, 255)):
        made = network(mean=(mean,) * 3, std=(std,) * 3).prepared(pixels)
        assert (made.min(), made.max()) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("target", [(16, 16), (24, 10), (8, 32)])
@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_every_photograph_fills_the_frame(
    size: tuple[int, int], target: tuple[int, int], fit: str, layout: str
) -> None:
    asked = network(size=target, fit=fit, layout=layout, background=(1, 2, 3))
    made = asked.prepared(photograph(*size))
    shape = (3, *target) if layout == "NCHW" else (*target, 3)
    assert made.shape == (1, *shape)
    assert made.min() >= -1.00001
    assert made.max() <= 1.00001


def test_a_padded_photograph_keeps_its_shape_in_the_middle() -> None:
    for height, width, box in ((32, 64, (4, 12, 0, 16)), (64, 32, (0, 16, 4, 12)),
                               (8, 4, (0, 16, 4, 12)), (2000, 1, (0, 16, 7, 8))):  # fmt: skip
        how = ImageInput(size=(16, 16), background=(200, 100, 50), colour="BGR")
        asked = ImageNetwork(image_network(), how, "embedding", "tiny")
        pixels = np.full((height, width, 3), (10, 20, 30), dtype=np.uint8)
        expected = np.empty((16, 16, 3))
        expected[...] = (200, 100, 50)
        top, bottom, left, right = box
        expected[top:bottom, left:right] = (10, 20, 30)
        np.testing.assert_allclose(unprepared(asked.prepared(pixels), how), expected, atol=1e-3)


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("size", [(40, 30), (33, 90), (64, 64), (50, 24)])
def test_shrinking_averages_over_areas(fit: str, size: tuple[int, int]) -> None:
    how = ImageInput(size=(16, 16), fit=fit, crop=0.875 if fit == "crop" else 1.0)
    asked = ImageNetwork(image_network(), how, "embedding", "tiny")
    pixels = photograph(*size, seed=1)
    height, width = size
    if fit == "stretch":
        expected = area(pixels, 16, 16)
    elif fit == "crop":
        side = round(0.875 * min(size))
        top, left = (height - side) // 2, (width - side) // 2
        expected = area(pixels[top : top + side, left : left + side], 16, 16)
    else:
        inside = [round(length * 16 / max(size)) for length in size]
        expected = np.full((16, 16, 3), 255.0)
        top, left = (16 - inside[0]) // 2, (16 - inside[1]) // 2
        shrunk = area(pixels, *inside)
        expected[top : top + inside[0], left : left + inside[1]] = shrunk
    found = unprepared(asked.prepared(pixels), how)
    np.testing.assert_allclose(found, expected, atol=1.0)
    if fit == "stretch":  # another library comes near it
        box = Image.fromarray(pixels).resize((16, 16), Image.Resampling.BOX, reducing_gap=None)
        assert np.abs(found - np.asarray(box)).mean() < 12


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos", "area", "nearest"])
def test_enlarging_interpolates(interpolation: str) -> None:
    how = ImageInput(size=(16, 16), interpolation=interpolation)
    asked = ImageNetwork(image_network(), how, "embedding", "tiny")
    ramp = np.repeat(np.arange(0, 240, 30, dtype=np.uint8)[None, :, None], 8, axis=0).repeat(3, 2)
    found = unprepared(asked.prepared(ramp), how)
    assert np.abs(found[:, :, 0].mean(axis=0) - np.linspace(0, 210, 16)).max() < 20
    blocks = np.kron(ramp[:, :, 0], np.ones((2, 2)))
    assert np.allclose(found[:, :, 0], blocks, atol=1e-3) == (interpolation in ("nearest", "area"))


@pytest.mark.parametrize(("fit", "crop", "side"), [("pad", 1.0, 24), ("crop", 0.5, 96),
                                                   ("stretch", 1.0, 48)])  # fmt: skip
def test_as_much_of_a_photograph_is_read_as_is_needed(fit: str, crop: float, side: int) -> None:
    assert network(size=(16, 24), fit=fit, crop=crop).side == side


def test_a_vector_does_not_depend_on_what_else_is_run() -> None:
    asked = network()
    photographs = [photograph(*size, seed=seed) for seed, size in enumerate(SIZES)]
    before = [pixels.copy() for pixels in photographs]
    alone = [network().encode(pixels).tobytes() for pixels in photographs]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(asked.encode, photographs * 8))
    assert [vector.tobytes() for vector in found] == alone * 8
    assert all(map(np.array_equal, photographs, before))
    assert len(set(alone)) == len(SIZES)
    assert copy.deepcopy(asked) is asked


def test_the_same_of_a_real_network(weights: Path) -> None:
    asked = ImageNetwork.load(open_folder(weights / "mobilenet-v1-025-128"))
    photographs = [photograph(*size, seed=seed) for seed, size in enumerate(SIZES)]
    alone = [asked.encode(pixels).tobytes() for pixels in photographs]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(asked.encode, photographs[::-1]))
    assert [vector.tobytes() for vector in found[::-1]] == alone


def test_maps_of_features_are_laid_out_in_one_row(tmp_path: Path) -> None:
    folder = image_folder(tmp_path)
    whole, maps = ImageNetwork.load(folder), ImageNetwork.load(folder, layer="maps")
    pixels = photograph(30, 40)
    assert (maps.dimension, whole.dimension) == (12, 12)
    assert np.array_equal(np.maximum(maps.encode(pixels), 0), whole.encode(pixels))
    assert whole.fingerprint != maps.fingerprint


def test_another_framing_can_be_asked_for(tmp_path: Path) -> None:
    folder = image_folder(tmp_path)
    pixels = photograph(30, 90)
    found = [ImageNetwork.load(folder, fit=fit) for fit in (None, "pad", "crop", "stretch")]
    assert found[0].fingerprint == found[1].fingerprint
    assert len({one.fingerprint for one in found}) == 3
    assert len({one.encode(pixels).tobytes() for one in found}) == 3
    with pytest.raises(EncoderError, match="expected one of pad, crop, stretch, found 'squeeze'"):
        ImageNetwork.load(folder, fit="squeeze")
    with pytest.raises(EncoderError, match="reads text, not image"):
        ImageNetwork.load(text_folder(tmp_path))


def test_a_network_that_does_not_fit_is_refused() -> None:
    with pytest.raises(EncoderError, match="tiny: the network failed"):
        network(image_network(size=16), size=(24, 24)).encode(photograph(9, 9))
    shape = (TensorProto.FLOAT, [1, 3, 16, 16])
    two = model(
        [helper.make_node("Add", ["a", "b"], ["embedding"])],
        {"a": shape, "b": shape}, {"embedding": [1, 3, 16, 16]}, [],
    )  # fmt: skip
    with pytest.raises(EncoderError, match="has one input, this one has a, b"):
        network(two).encode(photograph(9, 9))
    declared = model(
        [helper.make_node("Reshape", ["a", "to"], ["embedding"])],
        {"a": (TensorProto.FLOAT, [1, 3, "h", "w"])},
        {"embedding": [1, 5]},
        [tensor("to", [1, -1], np.int64)],
    )
    with pytest.raises(EncoderError, match=r"expected 5 numbers a photograph, found 768"):
        network(declared).encode(photograph(9, 9))


def test_a_dimension_that_the_file_does_not_tell_is_tried_out() -> None:
    untold = model(
        [helper.make_node("Reshape", ["a", "to"], ["embedding"])],
        {"a": (TensorProto.FLOAT, [1, 3, "h", "w"])},
        {"embedding": [1, "many"]},
        [tensor("to", [1, -1], np.int64)],
    )
    assert network(untold).dimension == 768
    assert network(untold, size=(8, 8)).dimension == 192
