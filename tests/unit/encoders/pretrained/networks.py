"""Tiny networks and encoder folders, made without any download."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.encoders.pretrained.folder import (
    TOKENIZER,
    EncoderDescription,
    EncoderFolder,
    parse_description,
    write_folder,
)

onnx = pytest.importorskip("onnx", reason="tiny networks are made with the extra 'deep'")
TensorProto, helper, numpy_helper = onnx.TensorProto, onnx.helper, onnx.numpy_helper

WORDS = "mug ceramic coffee handle lamp bulb shade light boot leather sole laces new blue red a b"
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
VOCABULARY = {word: at for at, word in enumerate([*SPECIAL, *WORDS.split()])}
WIDTH = 8


def tensor(name: str, values: Any, kind: type = np.float32) -> Any:
    return numpy_helper.from_array(np.asarray(values, dtype=kind), name)


def model(
    nodes: list[Any],
    inputs: dict[str, tuple[int, list[Any]]],
    outputs: dict[str, list[Any] | None],
    weights: list[Any],
    kind: int = 1,
) -> bytes:
    """Return an ONNX file; `inputs` hold type and shape, `outputs` shapes."""
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(n, *what) for n, what in inputs.items()],
        [helper.make_tensor_value_info(n, kind, shape) for n, shape in outputs.items()],
        weights,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return made.SerializeToString()


def table() -> np.ndarray:
    """The vector of each token, float32 (tokens, WIDTH)."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(len(VOCABULARY), WIDTH)).astype(np.float32)


TOKEN_INPUTS = {
    "input_ids": (TensorProto.INT64, [1, "tokens"]),
    "attention_mask": (TensorProto.INT64, [1, "tokens"]),
}


def token_network(declared: Any = WIDTH) -> bytes:
    """Texts to one vector a token, (1, tokens, WIDTH); the mask is not looked at."""
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["embedding"]),
        helper.make_node("Identity", ["attention_mask"], ["unused"]),
    ]
    return model(nodes, TOKEN_INPUTS, {"embedding": [1, "tokens", declared]}, [
        tensor("table", table()),
    ])  # fmt: skip


def pooled_network() -> bytes:
    """Texts to their mean, (1, WIDTH), with a hidden layer to ask for."""
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["tokens_"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["masks"]),
        helper.make_node("Mul", ["tokens_", "masks"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "middle"], ["summed"], keepdims=0),
        helper.make_node("Tanh", ["summed"], ["embedding"]),
    ]
    weights = [
        tensor("table", table()),
        tensor("last", [2], np.int64),
        tensor("middle", [1], np.int64),
    ]
    return model(nodes, TOKEN_INPUTS, {"embedding": [1, WIDTH]}, weights)


def image_network(layout: str = "NCHW", size: int = 16, low: float = 0.0) -> bytes:
    """Photographs to 12 numbers of a convolution, none below `low`, (1, 12)."""
    rng = np.random.default_rng(1)
    nodes = []
    if layout == "NHWC":
        nodes = [helper.make_node("Transpose", ["pixels"], ["planes"], perm=[0, 3, 1, 2])]
    nodes += [
        helper.make_node("Conv", ["planes" if nodes else "pixels", "w"], ["maps"], strides=[8, 8]),
        helper.make_node("Clip", ["maps", "low"], ["rectified"]),
        helper.make_node("Flatten", ["rectified"], ["embedding"]),
    ]
    shape = [1, 3, size, size] if layout == "NCHW" else [1, size, size, 3]
    kernels = rng.normal(size=(3, 3, 8, 8)) / 8
    return model(
        nodes,
        {"pixels": (TensorProto.FLOAT, shape)},
        {"embedding": [1, 3 * (size // 8) ** 2]},
        [tensor("w", kernels), tensor("low", low)],
    )


def tokenizer(*, special: bool = True, unknown: bool = True) -> bytes:
    """A tokenizer of words in lower case, as the content of a ``tokenizer.json``."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    made = Tokenizer(models.WordLevel(VOCABULARY, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    if special:
        made.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
    content = json.loads(made.to_str())
    if not unknown:
        content["model"]["unk_token"] = "[GONE]"
    return json.dumps(content).encode()


def text_description(name: str = "tiny-text", **entries: Any) -> dict[str, Any]:
    how = {"max_tokens": 16, **entries.pop("text", {})}
    return {
        "format": 1,
        "name": name,
        "modality": "text",
        "dimension": WIDTH,
        "licence": "MIT",
        "source": "made up",
        "networks": [{"file": "model.onnx"}],
        "text": how,
        **entries,
    }


def image_description(name: str = "tiny-image", **entries: Any) -> dict[str, Any]:
    how = {"size": [16, 16], **entries.pop("image", {})}
    return {
        "format": 1,
        "name": name,
        "modality": "image",
        "dimension": 12,
        "networks": [{"file": "model.onnx"}],
        "image": how,
        **entries,
    }


def described(content: dict[str, Any]) -> EncoderDescription:
    return parse_description(content, "test")


def text_folder(home: Path, content: bytes | None = None, **entries: Any) -> EncoderFolder:
    """Write a folder that reads texts; `entries` go to its ``encoder.json``."""
    description = described(text_description(**entries))
    files = {"model.onnx": content or pooled_network(), TOKENIZER: tokenizer()}
    return write_folder(home / description.name, description, files)


def image_folder(home: Path, content: bytes | None = None, **entries: Any) -> EncoderFolder:
    """Write a folder that reads photographs; `entries` go to its ``encoder.json``."""
    description = described(image_description(**entries))
    return write_folder(
        home / description.name, description, {"model.onnx": content or image_network()}
    )
