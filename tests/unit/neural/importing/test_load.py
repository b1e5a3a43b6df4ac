"""What can be imported, what is learnt of it, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.errors import EncoderError
from aisle.neural.importing import import_network
from tests.unit.encoders.pretrained.networks import image_network, model, pooled_network, tensor

onnx = pytest.importorskip("onnx", reason="tiny networks are made with the extra 'deep'")
pytest.importorskip("torch", reason="importing needs the extra 'deep'")

FLOATS = {"x": (onnx.TensorProto.FLOAT, ["batch", 4])}


def node(operator: str, inputs: list[str], output: str, **how: Any) -> Any:
    return onnx.helper.make_node(operator, inputs, [output], **how)


def test_weights_are_parameters_and_settings_are_not() -> None:
    module = import_network(image_network(), "image")
    assert {name: tuple(p.shape) for name, p in module.named_parameters()} == {"w": (3, 3, 8, 8)}
    assert module.outputs == ("embedding",)
    text = import_network(pooled_network(), "text")
    assert list(text.initialisers.values()) == ["table"]


def test_masks_frequencies_and_statistics_are_not_learnt() -> None:
    statistics = ["x.running_mean", "v"]
    nodes = [
        node("Add", ["x", "mask"], "a"),
        node("Mul", ["a", "rotary.inv_freq"], "b"),
        node("BatchNormalization", ["b", "scale", "bias", *statistics], "c"),
        node("Greater", ["c", "limits"], "d"),
        node("Where", ["d", "c", "else"], "embedding"),
    ]
    given = [tensor(name, np.ones(4)) for name in ["scale", "bias", "limits", *statistics, "else"]]
    far = np.where(np.arange(4) > 2, np.finfo(np.float32).min, 0)
    given += [tensor("mask", far), tensor("rotary.inv_freq", np.ones(4))]
    module = import_network(model(nodes, FLOATS, {"embedding": None}, given), "made")
    assert list(module.initialisers.values()) == ["scale", "bias", "else"]


def test_any_name_becomes_an_attribute() -> None:
    names = ["a.b", "a/b", "forward", "0", "onnx::MatMul_3"]
    nodes = [
        node("Add", ["x" if n == 0 else f"y{n - 1}", name], f"y{n}") for n, name in enumerate(names)
    ]
    weights = [tensor(name, np.full(4, n)) for n, name in enumerate(names)]
    module = import_network(model(nodes, FLOATS, {"y4": None}, weights), "made")
    assert list(module.initialisers.values()) == names
    assert all(name.isidentifier() for name in module.initialisers)
    assert callable(module.forward)
    import torch

    assert module(x=torch.zeros(1, 4))["y4"].tolist() == [[10.0] * 4]


def test_an_unknown_operator_is_named() -> None:
    content = model([node("Det", ["x"], "y", name="odd")], FLOATS, {"y": None}, [])
    with pytest.raises(EncoderError, match=r"here: Det \(node 'odd'\)\. Export the network"):
        import_network(content, "made.onnx")
    other = model([node("FusedGelu", ["x"], "y", domain="maker")], FLOATS, {"y": None}, [])
    with pytest.raises(EncoderError, match=r"maker\.FusedGelu"):
        import_network(other, "made.onnx")


@pytest.mark.parametrize(
    "operator", ["DynamicQuantizeLinear", "QLinearConv", "MatMulInteger", "DequantizeLinear"]
)
def test_a_quantised_network_is_refused(operator: str) -> None:
    content = model([node(operator, ["x", "x"], "y", name="q")], FLOATS, {"y": None}, [])
    with pytest.raises(EncoderError, match=r"is quantised .* at node 'q'.* float32 network"):
        import_network(content, "model.int8.onnx")


def test_the_real_quantised_network_is_refused(weights: Path) -> None:
    content = (weights / "all-minilm-l6-v2" / "model.int8.onnx").read_bytes()
    with pytest.raises(EncoderError, match="is quantised"):
        import_network(content, "model.int8.onnx")


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x08\x07"])
def test_what_is_no_network_is_refused(content: bytes) -> None:
    with pytest.raises(EncoderError, match=r"some file: .*give the content of a \.onnx file"):
        import_network(content, "some file")


def test_an_output_that_is_not_there() -> None:
    with pytest.raises(EncoderError, match="has no output 'logits'; there are embedding"):
        import_network(image_network(), "image", outputs=["logits"])


def test_weights_in_another_file_are_refused() -> None:
    made = onnx.load_model_from_string(image_network())
    made.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    with pytest.raises(EncoderError, match="in a file beside it"):
        import_network(made.SerializeToString(), "image")
