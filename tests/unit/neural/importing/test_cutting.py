"""The end of a network, cut from its beginning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aisle.encoders.pretrained.session import Session
from aisle.neural.importing import blocks, export_network, import_end, import_network
from tests.unit.encoders.pretrained.networks import image_network, pooled_network

torch = pytest.importorskip("torch", reason="PyTorch is not installed")


@pytest.mark.parametrize("layers", [1, 3, 6, 20])
def test_beginning_and_end_make_the_whole(weights: Path, layers: int) -> None:
    content = (weights / "mobilenet-edgetpu-100" / "model.onnx").read_bytes()
    found = import_end(content, "edgetpu", output="embedding", layers=layers)
    assert found is not None
    end, boundary = found
    pixels = np.random.default_rng(0).normal(size=(1, 3, 224, 224)).astype(np.float32)
    engine = Session(content, boundary, "edgetpu")
    middle = engine.run({engine.inputs[0]: pixels})
    whole = Session(content, "embedding", "edgetpu").run({engine.inputs[0]: pixels})
    with torch.no_grad():
        answer = end(**{boundary: torch.from_numpy(middle)})["embedding"].numpy()
    np.testing.assert_allclose(answer, whole, atol=1e-4)
    last = blocks(import_network(content, "edgetpu", outputs=["embedding"]))[-layers:]
    assert blocks(end)[-layers:] == last


def test_the_end_goes_back_into_the_file(weights: Path) -> None:
    content = (weights / "mobilenet-v1-025-128" / "model.onnx").read_bytes()
    found = import_end(content, "v1", output="embedding", layers=2)
    assert found is not None
    end, _ = found
    changed = blocks(end)[-1][0]
    with torch.no_grad():
        getattr(end, changed).mul_(2.0)
    written = import_network(export_network(end, content), "v1", outputs=["embedding"])
    before = import_network(content, "v1", outputs=["embedding"])
    for name in before.initialisers:
        factor = 2.0 if name == changed else 1.0
        assert torch.equal(getattr(written, name), factor * getattr(before, name))


def test_a_network_of_one_layer_has_no_beginning() -> None:
    assert import_end(image_network(), "tiny", output="embedding", layers=1) is None
    assert import_end(pooled_network(), "tiny", output="embedding", layers=1) is None
