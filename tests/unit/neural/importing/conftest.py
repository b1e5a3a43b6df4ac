"""Small networks of many architectures, with random weights, as ONNX files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.neural.exporting import export
from tests.unit.neural.exporting.conftest import Save, save, tokenizer, torch, transformers
from tests.unit.neural.exporting.test_images import KINDS as IMAGES
from tests.unit.neural.exporting.test_images import classifier
from tests.unit.neural.exporting.test_pairs import CLIP_IMAGES, ENDS, IMAGE, TEXT
from tests.unit.neural.exporting.test_texts import KINDS as TEXTS

__all__ = ["save", "tokenizer", "torch", "transformers"]

Feed = dict[str, np.ndarray]
Exported = Callable[[str], bytes]

CLIP = ("CLIP text", "CLIP image")
ARCHITECTURES = [
    *("Bert", "DistilBert", "Roberta", "DebertaV2", "ModernBert"),
    *("ResNet", "ConvNextV2", "EfficientNet", "ViT", "Dinov2", "Swin"),
    *CLIP,
]


@pytest.fixture(scope="session")
def kept() -> dict[str, bytes]:
    """The ONNX files made so far."""
    return {}


@pytest.fixture
def exported(transformers: Any, save: Save, kept: dict[str, bytes], tmp_path: Path) -> Exported:
    """Return the ONNX file of an architecture."""

    def made(kind: str) -> bytes:
        if kind in kept:
            return kept[kind]
        file = "model.onnx"
        if kind in TEXTS:
            folder = save(getattr(transformers, f"{kind}Config")(**TEXTS[kind]), texts=True)
        elif kind in IMAGES:
            loader = "AutoModelForImageClassification"
            folder = save(classifier(transformers, kind), loader=loader, images=IMAGES[kind][1])
        else:
            config = transformers.CLIPConfig(
                text_config={**TEXT, **ENDS}, vision_config=IMAGE, projection_dim=16
            )
            folder = save(config, texts=True, images=CLIP_IMAGES)
            file = f"{kind.split()[1]}.onnx"
        export(folder, tmp_path / "out")
        kept[kind] = (tmp_path / "out" / file).read_bytes()
        return kept[kind]

    return made


def session(content: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def feed(content: bytes, rows: int, tokens: int = 1, seed: int = 0) -> Feed:
    """Return random inputs; of several texts, the first is half padding."""
    rng = np.random.default_rng(seed)
    sizes = {"batch": rows, "tokens": tokens}
    found: Feed = {}
    for one in session(content).get_inputs():
        shape = [size if isinstance(size, int) else sizes[size] for size in one.shape]
        if one.name == "attention_mask":
            found[one.name] = np.ones(shape, dtype=np.int64)
        elif "int" in one.type:
            found[one.name] = rng.integers(4, 29, shape)
        else:
            kind = np.float16 if "float16" in one.type else np.float32
            found[one.name] = rng.normal(size=shape).astype(kind)
    if "input_ids" in found:
        ends = np.full(rows, found["input_ids"].shape[1] - 1)
        if rows > 1 and "attention_mask" in found:
            ends[0] = tokens // 2
            found["input_ids"][0, ends[0] :] = 0
            found["attention_mask"][0, ends[0] + 1 :] = 0
        # CLIP reads a text at its end.
        found["input_ids"][np.arange(rows), ends] = 3
    return found


def by_runtime(content: bytes, given: Feed) -> Feed:
    """Return what ONNX Runtime answers."""
    runtime = session(content)
    names = [one.name for one in runtime.get_outputs()]
    return dict(zip(names, runtime.run(None, given), strict=True))


def by_module(module: Any, given: Feed) -> Feed:
    """Return what an imported network answers."""
    import torch

    with torch.no_grad():
        found = module(**{name: torch.from_numpy(array) for name, array in given.items()})
    return {name: tensor.numpy() for name, tensor in found.items()}


def assert_agree(found: Feed, expected: Feed, relative: float = 1e-4) -> None:
    """Compare to the largest magnitude of each output."""
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name].shape == values.shape
        scale = np.abs(values).max() if values.size else 0
        np.testing.assert_allclose(found[name], values, rtol=0, atol=relative * scale + 1e-7)
