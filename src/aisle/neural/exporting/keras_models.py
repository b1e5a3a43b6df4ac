"""Keras applications and other image networks of Keras, at any of their layers."""

from __future__ import annotations

import json
import logging
import math
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import numpy as np

from aisle.encoders.pretrained.folder import ImageInput
from aisle.errors import EncoderError
from aisle.neural.exporting.draft import EMBEDDING, Arrays, Draft, Options, Traced
from aisle.neural.exporting.images import image_cases
from aisle.neural.exporting.tracing import OPSET
from aisle.neural.libraries import library

logger = logging.getLogger(__name__)

KERAS_FILES = (".keras", ".h5")
INPUT = "input"

Mode = Literal["caffe", "tf", "torch", "raw"]

_USUAL_SIDE = 224
_APACHE, _MIT, _OXFORD, _BSD = "Apache-2.0", "MIT", "CC-BY-4.0", "BSD-3-Clause"


@dataclass(frozen=True)
class Family:
    """Networks of Keras whose photographs are prepared alike.

    Parameters
    ----------
    pattern
        Of the names that Keras gives to the models.
    mode
        What its `preprocess_input` does; ``raw`` networks do it themselves.
    licence
        Of the weights trained on ImageNet, as the pages of Keras say it.
    side
        In pixels, where the model leaves it open.
    """

    pattern: str
    mode: Mode
    licence: str
    side: int = _USUAL_SIDE


FAMILIES = (
    Family(r"vgg(16|19)", "caffe", _OXFORD),
    Family(r"resnet(50|101|152)v2", "tf", _MIT),
    Family(r"resnet(50|101|152)", "caffe", _MIT),
    Family(r"inception_?(resnet_?)?v\d", "tf", _APACHE, 299),
    Family(r"xception", "tf", _MIT, 299),
    Family(r"mobilenet_?v3", "raw", _APACHE),
    Family(r"mobilenet", "tf", _APACHE),
    Family(r"nasnet", "tf", _APACHE),
    Family(r"densenet", "torch", _BSD),
    Family(r"efficientnet", "raw", _APACHE),
    Family(r"convnext", "raw", _APACHE),
)
_PREPARED: dict[Mode, dict[str, Any]] = {
    "caffe": {"mean": (103.939, 116.779, 123.68), "std": (1, 1, 1), "colour": "BGR"},
    "tf": {"mean": (127.5, 127.5, 127.5), "std": (127.5, 127.5, 127.5)},
    "torch": {"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)},
    "raw": {"mean": (0, 0, 0), "std": (1, 1, 1)},
}


def draft_keras(source: str | Path, options: Options) -> Draft:
    """Draft the folder of an image network of Keras.

    Parameters
    ----------
    source
        A file, or the name of an application, whose weights Keras downloads.
    options
        ``output`` names a layer.

    Raises
    ------
    EncoderError
        If it cannot be loaded or exported, or has no such layer.
    """
    model = _load_file(source) if isinstance(source, Path) else _load_application(source)
    label = source.name if isinstance(source, Path) else source
    family = next((f for f in FAMILIES if re.match(f.pattern, model.name.lower())), None)
    notes = []
    if family is None:
        notes.append(
            f"{model.name!r} is no application of Keras: its pixels are taken to be from 0 to 255"
        )
    how = _image_input(model, family, options, label)
    layer = _layer(model, options.output, label)
    notes.append(f"the embedding is the output of the layer {layer.name!r}")
    cut = library("keras", "keras").Model(model.inputs[0], layer.output)
    dimension = _flat_size(cut, how, label)
    network = Traced(
        "model.onnx",
        _convert(cut, how, dimension, label),
        lambda arrays: _run(cut, arrays, dimension),
        image_cases(how, INPUT),
        int(cut.count_params()),
    )
    # Weights in a file may have been trained anywhere.
    licence = family.licence if family is not None and not isinstance(source, Path) else None
    return Draft((network,), dimension, image=how, licence=licence, notes=tuple(notes))


def _load_application(name: str) -> Any:
    applications = library("keras", "keras").applications
    known = {k.lower(): k for k, v in vars(applications).items() if k[0].isupper() and callable(v)}
    found = known.get(name.lower())
    if found is None:
        near = get_close_matches(name.lower(), known, n=1)
        hint = f" Did you mean {known[near[0]]!r}?" if near else ""
        raise EncoderError(f"keras:{name}: Keras has no such application.{hint}")
    try:
        return getattr(applications, found)(weights="imagenet")
    except Exception as error:
        # Keras raises Exception itself where a download fails.
        raise EncoderError(
            f"keras:{name}: its weights cannot be downloaded ({error}). Save the model where there "
            "is a network, with model.save('NAME.keras'), and export that file"
        ) from error


def _load_file(path: Path) -> Any:
    keras = library("keras", "keras")
    if path.suffix.lower() == ".h5":
        _refuse_code(path)
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, ImportError, zipfile.BadZipFile) as error:
        raise EncoderError(
            f"{path}: cannot be loaded as a Keras model ({str(error).strip()[:300]}); expected a "
            "file as model.save writes it, without code of its own"
        ) from error


def _refuse_code(path: Path) -> None:
    """Refuse functions in an old file, which Keras would run whatever its safe mode says."""
    h5py = library("h5py", "keras")
    try:
        with h5py.File(path, "r") as file:
            config = json.loads(file.attrs.get("model_config", "null"))
    except (OSError, ValueError) as error:
        raise EncoderError(f"{path}: is no Keras file ({error})") from error
    if config is None:
        raise EncoderError(f"{path}: holds weights alone; save the whole model with model.save")
    for entry in _entries(config):
        module = str(entry.get("module") or "keras").split(".", maxsplit=1)[0]
        kind = entry["class_name"]
        if kind in ("Lambda", "TFOpLambda") or module not in ("keras", "builtins"):
            raise EncoderError(
                f"{path}: its layer {kind!r} holds code of its own, which is "
                "not run; replace it by a layer of Keras"
            )


def _entries(config: Any) -> Iterator[dict[str, Any]]:
    """Yield every entry of a configuration that names a class."""
    if isinstance(config, dict):
        if "class_name" in config:
            yield config
        config = list(config.values())
    if isinstance(config, list):
        for one in config:
            yield from _entries(one)


def _image_input(model: Any, family: Family | None, options: Options, label: str) -> ImageInput:
    """Return what the network reads, in the words of an encoder folder."""
    shape = model.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or 3 not in (shape[-1], shape[1]):
        raise EncoderError(f"{label}: reads {shape}; expected photographs (rows, height, width, 3)")
    last = shape[-1] == 3
    side = _USUAL_SIDE if family is None else family.side
    height, width = shape[1:3] if last else shape[2:4]
    return ImageInput(
        size=(height or side, width or side),
        fit=options.fit or "stretch",
        interpolation="bilinear",
        layout="NHWC" if last else "NCHW",
        **_PREPARED["raw" if family is None else family.mode],
    )


def _layer(model: Any, name: str | None, label: str) -> Any:
    """Return the layer that was asked for, else the one whose output the classifier reads."""
    if name is not None:
        known = {layer.name: layer for layer in model.layers}
        if name not in known:
            near = get_close_matches(name, known, n=5, cutoff=0.3) or list(known)[-5:]
            raise EncoderError(f"{label}: has no layer {name!r}; there are {', '.join(near)} ...")
        return known[name]
    for layer in reversed(model.layers):
        if type(layer).__name__.startswith(("GlobalAveragePooling", "GlobalMaxPooling")):
            return layer
    dense = [i for i, one in enumerate(model.layers) if type(one).__name__ == "Dense"]
    return model.layers[dense[-1] - 1] if dense and dense[-1] > 0 else model.layers[-1]


def _flat_size(model: Any, how: ImageInput, label: str) -> int:
    shape = (3, *how.size) if how.layout == "NCHW" else (*how.size, 3)
    found = model.compute_output_shape((1, *shape))
    if not isinstance(found, tuple) or None in found[1:]:
        raise EncoderError(f"{label}: the layer gives {found}; expected one array of a fixed size")
    return math.prod(found[1:])


def _run(model: Any, arrays: Arrays, dimension: int) -> Arrays:
    found = np.asarray(model(arrays[INPUT], training=False))
    return {EMBEDDING: found.reshape(-1, dimension)}


def _convert(model: Any, how: ImageInput, dimension: int, label: str) -> bytes:
    """Write a Keras model as ONNX through TensorFlow."""
    tf, tf2onnx = library("tensorflow", "keras"), library("tf2onnx", "keras")
    shape = (None, 3, *how.size) if how.layout == "NCHW" else (None, *how.size, 3)
    signature = [tf.TensorSpec(shape, tf.float32, name=INPUT)]

    def call(pixels: Any) -> Any:
        return tf.reshape(model(pixels, training=False), (-1, dimension))

    function = tf.function(call, input_signature=signature)
    told = logging.getLogger("tf2onnx")
    level = told.level
    told.setLevel(logging.ERROR)
    try:
        made, _ = tf2onnx.convert.from_function(function, signature, opset=OPSET)
    except (ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        raise EncoderError(f"{label}: tf2onnx cannot write it as ONNX ({error})") from error
    finally:
        told.setLevel(level)
    _hold_constants(made.graph, function.get_concrete_function())
    _rename(made.graph, made.graph.output[0].name, EMBEDDING)
    return bytes(made.SerializeToString())


def _hold_constants(graph: Any, function: Any) -> None:
    """Give the graph the constants that tf2onnx leaves outside, such as EfficientNet's mean."""
    numpy_helper = library("onnx.numpy_helper", "keras")
    outside = {inside.name: value for value, inside in function.graph.captures}
    held = {one.name for one in graph.initializer}
    made = {INPUT, *held, *(name for node in graph.node for name in node.output)}
    for name in {name for node in graph.node for name in node.input} - made:
        value = outside.get(name)
        if value is not None and hasattr(value, "numpy"):
            graph.initializer.append(numpy_helper.from_array(np.array(value.numpy()), name))
    kept = [one for one in graph.input if one.name == INPUT]
    del graph.input[:]
    graph.input.extend(kept)


def _rename(graph: Any, old: str, new: str) -> None:
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                if name == old:
                    names[index] = new
    graph.output[0].name = new
