"""Imported networks compute what ONNX Runtime computes, learn, and go back into ONNX."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.errors import EncoderError
from aisle.neural.importing import blocks, export_network, import_network, layer_order
from tests.unit.neural.importing.conftest import (
    ARCHITECTURES,
    Exported,
    assert_agree,
    by_module,
    by_runtime,
    feed,
)

NO_GRADIENT = re.compile(r"key_bias|k_proj_bias|k_lin_bias|attn_k_bias|attn_w_g|in_proj_bias")
"""What every score of a softmax, or every part of a direction, shares changes nothing."""


def train(module: Any, given: dict[str, np.ndarray]) -> list[str]:
    """Take one step; return the parameters that did not change."""
    import torch

    before = {name: tensor.detach().clone() for name, tensor in module.named_parameters()}
    optimiser = torch.optim.Adam(module.parameters(), lr=1e-3, eps=1e-30)
    found = module(**{name: torch.from_numpy(array) for name, array in given.items()})
    torch.manual_seed(0)
    loss = sum((v * torch.randn_like(v)).sum() for v in found.values() if v.is_floating_point())
    loss.backward()
    optimiser.step()
    return [name for name, now in module.named_parameters() if torch.equal(now, before[name])]


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_an_architecture_agrees_learns_and_goes_back(kind: str, exported: Exported) -> None:
    content = exported(kind)
    module = import_network(content, kind)
    assert set(module.inputs) <= {"input_ids", "attention_mask", "pixel_values"}
    for rows, tokens in ((1, 5), (3, 12), (2, 7)):
        given = feed(content, rows, tokens)
        assert_agree(by_module(module, given), by_runtime(content, given))

    unchanged = train(module, given)

    assert [name for name in unchanged if not NO_GRADIENT.search(name)] == []
    written = export_network(module, content)
    assert written == export_network(module, content)
    after = by_runtime(written, given)
    assert_agree(by_module(module, given), after)
    before = by_runtime(content, given)
    assert np.abs(after["embedding"] - before["embedding"]).max() > 1e-5
    found = blocks(module)
    assert sorted(name for block in found for name in block) == sorted(layer_order(module))
    assert len(found) > 2


@pytest.mark.parametrize(
    "name", ["mobilenet-edgetpu-100", "mobilenet-v1-025-128", "mobilenet-v2-100"]
)
def test_a_real_network_agrees_and_learns(name: str, weights: Path, torch: Any) -> None:
    content = (weights / name / "model.onnx").read_bytes()
    module = import_network(content, name)
    given = feed(content, 2)
    expected = by_runtime(content, given)
    assert_agree(by_module(module, given), expected)
    part = import_network(content, name, outputs=["embedding"])
    assert len(list(part.parameters())) < len(list(module.parameters()))
    assert_agree(by_module(part, given), {"embedding": expected["embedding"]})
    assert train(part, given) == []
    written = export_network(part, content)
    after = by_runtime(written, given)
    assert after.keys() == expected.keys()
    assert_agree(by_module(part, given), {"embedding": after["embedding"]})


def test_a_keras_network(tmp_path: Path, torch: Any) -> None:
    keras = pytest.importorskip("keras", reason="Keras models need the extra 'keras'")
    pytest.importorskip("tensorflow", reason="Keras models need the extra 'keras'")
    pytest.importorskip("tf2onnx", reason="Keras models need the extra 'keras'")
    from aisle.neural.exporting import export

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((33, 33, 3)),
            layers.Conv2D(8, 3, strides=2, padding="same", activation="relu6"),
            layers.DepthwiseConv2D(3, padding="same"),
            layers.BatchNormalization(),
            layers.Activation("swish"),
            layers.MaxPooling2D(2, padding="same"),
            layers.AveragePooling2D(2, padding="same"),
            layers.Flatten(),
            layers.Dense(6, activation="tanh"),
            layers.Dense(4),
        ],
        name="vgg16",
    )
    model.save(tmp_path / "small.keras")
    export(tmp_path / "small.keras", tmp_path / "out", output=model.layers[-2].name)
    content = (tmp_path / "out" / "model.onnx").read_bytes()
    module = import_network(content, "keras")
    given = {name: np.abs(array) * 100 for name, array in feed_of(content).items()}
    assert_agree(by_module(module, given), by_runtime(content, given))
    assert train(module, {name: array[:2] / 100 for name, array in given.items()}) == []


def feed_of(content: bytes) -> dict[str, np.ndarray]:
    from tests.unit.neural.importing.conftest import session

    rng = np.random.default_rng(0)
    return {
        one.name: rng.normal(size=[3, *one.shape[1:]]).astype(np.float32)
        for one in session(content).get_inputs()
    }


def test_sizes_stay_with_the_processor(exported: Exported, torch: Any) -> None:
    # Nothing of this device can be read as a number, as a graphics card would rather not have it.
    module = import_network(exported("Roberta"), "text").to("meta")
    ids = torch.ones(3, 9, dtype=torch.long, device="meta")
    found = module(input_ids=ids, attention_mask=ids)["embedding"]
    assert (tuple(found.shape), found.device.type) == ((3, 32), "meta")


def test_mixed_precision(exported: Exported, torch: Any) -> None:
    content = exported("Bert")
    module = import_network(content, "text")
    given = feed(content, 3, 8)
    with torch.autocast("cpu", torch.bfloat16):
        found = by_module(module, given)
    assert_agree(found, by_runtime(content, given), 0.05)


def test_inputs_have_to_fit(exported: Exported, torch: Any) -> None:
    module = import_network(exported("Bert"), "text.onnx")
    ids = torch.ones(1, 4, dtype=torch.long)
    with pytest.raises(EncoderError, match="takes the inputs input_ids, attention_mask, and was"):
        module(input_ids=ids)
    narrow = module(input_ids=ids.int(), attention_mask=ids.int())["embedding"]
    wide = module(input_ids=ids, attention_mask=ids)["embedding"]
    assert torch.equal(narrow, wide)
    with pytest.raises(IndexError) as caught:
        module(input_ids=ids + 1000, attention_mask=ids)
    assert any("Gather node" in note for note in caught.value.__notes__)


def test_pytorch_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, aisle.neural.importing as i; print('torch' in sys.modules, i.blocks)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.startswith("False")


def test_computing_again_gives_the_same_gradients(exported: Exported, torch: Any) -> None:
    content = exported("Bert")
    inputs = {name: torch.from_numpy(values) for name, values in feed(content, 3, 5).items()}
    gradients = []
    for again in (False, True):
        module = import_network(content, "bert.onnx")
        if again:
            module.gradient_checkpointing_enable()
        outputs = module(**inputs)
        sum(value.float().square().sum() for value in outputs.values()).backward()
        gradients.append({n: p.grad for n, p in module.named_parameters() if p.grad is not None})
    assert gradients[0].keys() == gradients[1].keys()
    for name, gradient in gradients[0].items():
        assert torch.equal(gradient, gradients[1][name]), name
