"""Exports of full-size networks: how far ONNX agrees with PyTorch and Keras, and how long it takes.

The weights are random, so nothing is downloaded; what a network computes and how long an export
takes do not depend on them. Signals are kept alive through deep networks by He's initialisation.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from aisle.errors import EncoderError
from aisle.neural.exporting import export
from benchmarks.common import publish, shared, table

ONLY = os.environ.get("AISLE_EXPORTS", "")
"""A part of a label, to measure some alone."""

IMAGES = {
    "image_processor_type": "ViTImageProcessor",
    "size": {"height": 224, "width": 224},
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}
TEXTS = ("BertConfig", "DistilBertConfig", "RobertaConfig", "MPNetConfig", "XLMRobertaConfig")
NETWORKS = (
    "ResNetConfig",
    "EfficientNetConfig",
    "MobileNetV2Config",
    "SwiftFormerConfig",
    "ConvNextV2Config",
    "ViTConfig",
    "Dinov2Config",
)
PAIRS = ("CLIPConfig", "SiglipConfig")
KERAS = (
    "ResNet50",
    "VGG16:block5_pool",
    "InceptionV3",
    "EfficientNetB0",
    "EfficientNetB3",
    "MobileNetV2",
    "MobileNetV3Small",
)


def main() -> None:
    made: list[tuple[str, Callable[[Path], tuple[Path, str | None]]]] = []
    if find_spec("torch") and find_spec("transformers"):
        for name in (*TEXTS, *NETWORKS, *PAIRS):
            made.append((name.removesuffix("Config"), lambda to, name=name: checkpoint(name, to)))
    if find_spec("tensorflow") and find_spec("tf2onnx"):
        for name in KERAS:
            made.append((f"Keras {name}", lambda to, name=name: application(name, to)))
    rows = [measured(label, make) for label, make in made if ONLY in label]
    publish(
        "exports",
        "Networks exported to ONNX beside their originals",
        "Differences are the largest as a share of the largest value, over random and real "
        "inputs, one a run and in batches. Seconds by the clock: "
        "loading, export, checks and writing.",
        table(("network", "parameters", "dimension", "difference", "cosine", "seconds"), rows),
    )


def measured(label: str, make: Callable[[Path], tuple[Path, str | None]]) -> tuple[object, ...]:
    with tempfile.TemporaryDirectory() as folder:
        source, layer = make(Path(folder))
        start = time.perf_counter()
        try:
            found = export(source, Path(folder) / "out", output=layer)
        except EncoderError as error:
            return label, "", "", str(error), "", f"{time.perf_counter() - start:.0f}"
        return (
            label,
            f"{found.parameters / 1e6:.1f} M",
            found.folder.description.dimension,
            f"{found.relative:.1e}",
            f"{found.cosine:.9f}",
            f"{time.perf_counter() - start:.0f}",
        )


def checkpoint(name: str, folder: Path) -> tuple[Path, None]:
    """Save a network of transformers with random weights in the size that its class has."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = getattr(transformers, name)()
    model: Any = transformers.AutoModel.from_config(config).eval()
    for parameter in model.parameters():
        if parameter.ndim > 2:
            torch.nn.init.kaiming_normal_(parameter, nonlinearity="relu")
        elif parameter.ndim == 1 and parameter.abs().mean() < 0.1:
            torch.nn.init.normal_(parameter, mean=0.5, std=0.1)
    model.save_pretrained(folder / "model")
    if name not in NETWORKS:
        small = shared().parent / "weights" / "all-minilm-l6-v2"
        tokenizer = transformers.AutoTokenizer.from_pretrained(small)
        tokenizer.save_pretrained(folder / "model")
    if name not in TEXTS:
        (folder / "model" / "preprocessor_config.json").write_text(json.dumps(IMAGES))
    return folder / "model", None


def application(name: str, folder: Path) -> tuple[Path, str | None]:
    """Save a Keras application with random weights."""
    import keras

    keras.utils.set_random_seed(0)
    kind, _, layer = name.partition(":")
    model = getattr(keras.applications, kind)(weights=None)
    he = keras.initializers.HeNormal(seed=0)
    for one in model.layers:
        for kernel in one.weights:
            if kernel.name.endswith("kernel"):
                kernel.assign(he(kernel.shape))
    model.save(folder / f"{kind}.keras")
    return folder / f"{kind}.keras", layer or None


if __name__ == "__main__":
    main()
