"""Tiny networks and folders for the tests of quantisation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_PLAIN = "red blue green mug lamp chair shoe sofa watch kettle steel wood glass soft small big"
WORDS = _PLAIN.split()
WIDTH = 32


def text_network(*, position_bias: bool = False, pooled: bool = True) -> bytes:
    """A layer of attention under a mask, with token types, a Where and mean pooling."""
    rng = np.random.default_rng(0)
    weights = {
        "words": rng.normal(size=(len(WORDS) + 4, WIDTH)),
        "types": rng.normal(size=(2, WIDTH)),
        **{name: rng.normal(size=(WIDTH, WIDTH)) / 6 for name in ("wq", "wk", "wv", "wo")},
    }
    constants = [numpy_helper.from_array(v.astype(np.float32), k) for k, v in weights.items()]
    constants += [
        numpy_helper.from_array(np.float32(1), "one"),
        numpy_helper.from_array(np.float32(-1e9), "low"),
        numpy_helper.from_array(np.int64(1), "start"),
        numpy_helper.from_array(np.int64(0), "zero"),
        numpy_helper.from_array(np.array([1], np.int64), "axis1"),
        numpy_helper.from_array(np.array([1, 2], np.int64), "axes12"),
        numpy_helper.from_array(np.array([2], np.int64), "axis2"),
        numpy_helper.from_array(np.array([0, WIDTH // 2, 2], np.int64), "tail"),
    ]
    node = helper.make_node
    nodes = [
        node("Gather", ["words", "input_ids"], ["w"]),
        node("Gather", ["types", "token_type_ids"], ["t"]),
        node("Add", ["w", "t"], ["x"]),
        node("MatMul", ["x", "wq"], ["q"]),
        node("MatMul", ["x", "wk"], ["k"]),
        node("MatMul", ["x", "wv"], ["v"]),
        node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
        node("MatMul", ["q", "kt"], ["scores"]),
        node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        node("Sub", ["one", "mask"], ["inverse"]),
        node("Mul", ["inverse", "low"], ["penalty"]),
        node("Unsqueeze", ["penalty", "axis1"], ["bias"]),
        node("Add", ["scores", "bias"], ["masked"]),
    ]
    last = "masked"
    if position_bias:
        nodes += [
            node("Shape", ["input_ids"], ["size"]),
            node("Gather", ["size", "start"], ["length"]),
            node("Range", ["zero", "length", "start"], ["positions"]),
            node("Cast", ["positions"], ["slope"], to=TensorProto.FLOAT),
            node("Add", ["masked", "slope"], ["sloped"]),
        ]
        last = "sloped"
    nodes += [
        node("Softmax", [last], ["attended"], axis=-1),
        node("MatMul", ["attended", "v"], ["mixed"]),
        node("Shape", ["mixed"], ["mixed_shape"]),
        node("Reshape", ["mixed", "mixed_shape"], ["shaped"]),
        node("MatMul", ["shaped", "wo"], ["tokens"]),
    ]
    output = ["rows", "tokens", WIDTH]
    if pooled:
        nodes += [
            node("Unsqueeze", ["mask", "axis2"], ["weights"]),
            node("Mul", ["tokens", "weights"], ["weighted"]),
            node("ReduceSum", ["weighted", "axis1"], ["sum"], keepdims=0),
            node("ReduceSum", ["weights", "axis1"], ["count"], keepdims=0),
            node("Div", ["sum", "count"], ["embedding"]),
        ]
        output = ["rows", WIDTH]
    else:
        nodes[-1].output[0] = "embedding"
    names = ("input_ids", "attention_mask", "token_type_ids")
    inputs = [
        helper.make_tensor_value_info(n, TensorProto.INT64, ["rows", "tokens"]) for n in names
    ]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, output)]
    return _model(helper.make_graph(nodes, "text", inputs, outputs, constants))


def image_network(channels: int = 48, layers: int = 4) -> bytes:
    """Convolutions, then an average, then a head that is not the embedding."""
    rng = np.random.default_rng(0)
    nodes, constants, last, inside = [], [], "input", 3
    for at in range(layers):
        kernel = rng.normal(size=(channels, inside, 3, 3)) / np.sqrt(9 * inside)
        constants.append(numpy_helper.from_array(kernel.astype(np.float32), f"k{at}"))
        bias = rng.normal(size=channels).astype(np.float32) / 10
        constants.append(numpy_helper.from_array(bias, f"b{at}"))
        nodes.append(helper.make_node("Conv", [last, f"k{at}", f"b{at}"], [f"c{at}"], pads=[1] * 4))
        nodes.append(helper.make_node("Relu", [f"c{at}"], [f"r{at}"]))
        last, inside = f"r{at}", channels
    head = rng.normal(size=(channels, 5)).astype(np.float32)
    constants.append(numpy_helper.from_array(head, "head"))
    nodes += [
        helper.make_node("GlobalAveragePool", [last], ["average"]),
        helper.make_node("Flatten", ["average"], ["embedding"]),
        helper.make_node("MatMul", ["embedding", "head"], ["logits"]),
    ]
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["rows", 3, 32, 32])]
    outputs = [
        helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["rows", channels]),
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", 5]),
    ]
    return _model(helper.make_graph(nodes, "image", inputs, outputs, constants))


def _model(graph: onnx.GraphProto) -> bytes:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def text_folder(path: Path, content: bytes | None = None) -> Path:
    """An encoder folder of words, with a file and a folder that Aisle knows nothing of."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    known = {word: at for at, word in enumerate(["[UNK]", "[PAD]", "[A]", "[B]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    (path / "extra").mkdir(parents=True)
    (path / "extra" / "config.json").write_text("{}")
    (path / "README.md").write_text("weights")
    tokenizer.save(str(path / "tokenizer.json"))
    (path / "model.onnx").write_bytes(content or text_network())
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    text = {"inputs": inputs, "max_tokens": 32}
    _describe(path, {"modality": "text", "dimension": WIDTH, "text": text})
    return path


def image_folder(path: Path) -> Path:
    """An encoder folder of a small convolutional network."""
    path.mkdir(parents=True)
    (path / "model.onnx").write_bytes(image_network())
    image = {"size": [32, 32]}
    _describe(path, {"modality": "image", "dimension": 48, "image": image, "note": "kept"})
    return path


def _describe(path: Path, content: dict[str, object]) -> None:
    networks = [{"file": "model.onnx", "precision": "float32"}]
    whole = {"format": 1, "name": path.name, **content, "networks": networks}
    (path / "encoder.json").write_text(json.dumps(whole))


def some_texts(count: int) -> list[str]:
    rng = np.random.default_rng(1)
    return [" ".join(rng.choice(WORDS, rng.integers(2, 20))) + f" {at}" for at in range(count)]


def some_images(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    return [one.repeat(8, axis=0).repeat(8, axis=1) for one in coarse]


def run(content: bytes, feeds: dict[str, np.ndarray]) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = {value.name for value in session.get_inputs()}
    return session.run(["embedding"], {k: v for k, v in feeds.items() if k in names})[0]
