"""Keras applications become encoder folders that give the same vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.encoders.pretrained.image import ImageNetwork
from aisle.errors import EncoderError
from aisle.neural.exporting import export
from tests.unit.neural.exporting.test_images import pixels


@pytest.fixture(scope="module")
def keras() -> Any:
    pytest.importorskip("tensorflow", reason="Keras models need the extra 'keras'")
    pytest.importorskip("tf2onnx", reason="Keras models need the extra 'keras'")
    found = pytest.importorskip("keras", reason="Keras models need the extra 'keras'")
    found.utils.set_random_seed(0)
    return found


@pytest.fixture
def small(keras: Any) -> Any:
    """A network with EfficientNet's constants, named like one of its kin."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Normalization(mean=[100.0, 120.0, 90.0], variance=[400.0, 500.0, 300.0]),
            layers.Conv2D(4, 3, strides=2, activation="relu", name="first"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(5, name="last"),
        ],
        name="vgg16",
    )


def test_a_file_is_exported_at_its_pooling(small: Any, tmp_path: Path) -> None:
    small.save(tmp_path / "small.keras")
    found = export(tmp_path / "small.keras", tmp_path / "out")
    how = found.folder.description.image
    assert (how.colour, how.layout, how.size) == ("BGR", "NHWC", (32, 32))
    assert found.folder.description.dimension == 4
    assert found.folder.description.licence == "unknown"
    picture = pixels(side=32)
    given = picture[None, :, :, ::-1] - np.array([103.939, 116.779, 123.68])
    pooled = small.layers[2](small.layers[1](small.layers[0](given)))
    vector = ImageNetwork.load(found.folder).encode(picture)
    np.testing.assert_allclose(vector, np.asarray(pooled)[0], rtol=1e-4, atol=1e-4)


def test_any_layer_flattened(small: Any, tmp_path: Path) -> None:
    small.save(tmp_path / "small.keras")
    found = export(tmp_path / "small.keras", tmp_path / "out", output="first")
    assert found.folder.description.dimension == 15 * 15 * 4
    with pytest.raises(EncoderError, match="has no layer 'frist'; there are first"):
        export(tmp_path / "small.keras", tmp_path / "other", output="frist")


def test_code_in_an_old_file_is_not_run(keras: Any, tmp_path: Path) -> None:
    model = keras.Sequential(
        [keras.Input((32, 32, 3)), keras.layers.Lambda(lambda x: x * 2, output_shape=(32, 32, 3))]
    )
    model.save(tmp_path / "old.h5")
    with pytest.raises(EncoderError, match="'Lambda' holds code of its own"):
        export(tmp_path / "old.h5", tmp_path / "out")
    model.save(tmp_path / "new.keras")
    with pytest.raises(EncoderError, match="cannot be loaded as a Keras model"):
        export(tmp_path / "new.keras", tmp_path / "out")


def test_an_unknown_application(keras: Any, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="Did you mean 'ResNet50'"):
        export("keras:resnet5", tmp_path / "out")


def test_without_the_libraries_it_says_what_to_install(tmp_path: Path) -> None:
    try:
        import keras  # noqa: F401
    except ImportError:
        with pytest.raises(EncoderError, match=r"needs keras.*pip install \"aisle\[keras\]\""):
            export("keras:ResNet50", tmp_path / "out")
    else:
        pytest.skip("Keras is installed")
