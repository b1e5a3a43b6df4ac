"""Which parameters make a layer, from the input to the output."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aisle.neural.importing import blocks, import_network, layer_order
from tests.unit.encoders.pretrained.networks import model, tensor
from tests.unit.neural.importing.conftest import Exported

onnx = pytest.importorskip("onnx", reason="tiny networks are made with the extra 'deep'")
pytest.importorskip("torch", reason="importing needs the extra 'deep'")


def test_layers_of_a_text_network(exported: Exported) -> None:
    found = blocks(import_network(exported("Bert"), "text"))
    assert len(found) == 3
    assert all("embeddings" in name for name in found[0])
    for number, layer in enumerate(found[1:]):
        # Names of matrices do not say where they stand; those of their nodes do.
        assert sum("MatMul" in name for name in layer) == 6
        assert {name.split("layer_")[1][0] for name in layer if "layer_" in name} == {str(number)}


def test_layers_of_stages(exported: Exported) -> None:
    found = blocks(import_network(exported("ConvNextV2"), "image"))
    stages = [{n.split("stages_")[1][0] for n in names if "stages_" in n} for names in found]
    # What makes a stage smaller stands before its own layers, and goes with the layer before.
    assert [sorted(one)[0] for one in stages[-3:]] == ["1", "2", "3"]


def test_what_follows_the_last_layer_is_of_it(exported: Exported) -> None:
    found = blocks(import_network(exported("CLIP image"), "image"))
    assert len(found) == 3
    assert any("post_layernorm" in name for name in found[-1])
    assert any("patch_embedding" in name for name in found[0])


@pytest.mark.parametrize(
    ("name", "count"), [("mobilenet-v1-025-128", 27), ("mobilenet-v2-100", 52)]
)
def test_convolutions_without_names(name: str, count: int, weights: Path) -> None:
    content = (weights / name / "model.onnx").read_bytes()
    module = import_network(content, name, outputs=["embedding"])
    found = blocks(module)
    assert [len(names) for names in found] == [2] * count
    assert [name for names in found for name in names] == layer_order(module)
    assert found[-1][0].endswith("_w")
    assert found[-1][1].endswith("_b")


def test_equal_weights_belong_where_they_are_used() -> None:
    make = onnx.helper.make_node
    nodes = [
        make("Identity", ["late"], ["shared"]),
        make("MatMul", ["x", "first"], ["a"]),
        make("Add", ["a", "bias"], ["b"]),
        make("MatMul", ["b", "second"], ["c"]),
        make("Mul", ["c", "shared"], ["embedding"]),
    ]
    sizes = {"late": (4,), "first": (4, 4), "bias": (4,), "second": (4, 4)}
    weights = [tensor(name, np.ones(size)) for name, size in sizes.items()]
    content = model(nodes, {"x": (1, ["batch", 4])}, {"embedding": None}, weights)
    module = import_network(content, "made")
    assert layer_order(module) == ["first", "bias", "second", "late"]
    assert blocks(module) == [["first", "bias"], ["second", "late"]]
