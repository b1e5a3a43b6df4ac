"""Texts encoded a second, beside sentence-transformers on PyTorch in float32 and in bfloat16.

All in one run and in turns, on the same titles and descriptions, cut at the same number of tokens,
with the same number of threads; ratios are taken within a turn.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle import Catalog
from aisle.encoders.pretrained.finding import find_folder
from aisle.encoders.pretrained.folder import EncoderFolder
from aisle.encoders.pretrained.text import TextNetwork
from aisle.heads import find_classifier
from aisle.threads import cores
from benchmarks.common import difference, encoder_folders, publish, shared, splits, table

ROUNDS = int(os.environ.get("AISLE_ROUNDS", "5"))
TEXTS = 400
TOKENS = 256
NAME = "all-minilm-l6-v2"
PEERS = ("float32", "bfloat16")
REFERENCE = "sentence-transformers, float32"

Floats = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str]], Floats]


def main() -> None:
    catalog = Catalog.read(shared("flipkart", "catalog.csv"), target="category")
    texts = catalog.texts(("title", "description"))
    with tempfile.TemporaryDirectory() as folder:
        exported = made(Path(folder) / NAME)
        networks = {
            f"Aisle, {network.precision}": TextNetwork.load(exported, precision=network.precision)
            for network in exported.description.networks
        }
        given = TextNetwork.load(find_folder(encoder_folders() / NAME))
        encoders: dict[str, Encode] = {name: n.encode for name, n in networks.items()}
        encoders["Aisle, int8-dynamic as shipped"] = given.encode
        encoders |= {f"sentence-transformers, {kind}": peer(kind) for kind in PEERS}
        rates = measured(encoders, texts[:TEXTS])
        vectors = {name: encode(texts) for name, encode in encoders.items()}
    tokens = [len(ids["input_ids"][0]) for ids in given.tokens(texts)]
    publish(
        "text_encoding",
        "Texts encoded a second",
        f"{len(texts):,} titles and descriptions of Flipkart, {np.mean(tokens):.0f} tokens on "
        f"average, at most {TOKENS}; {TEXTS} of them in each of {ROUNDS} turns, {cores()} threads. "
        "Medians.",
        speeds(rates),
        "## Where the time goes\n\n" + shares(given, texts[:TEXTS], float(np.mean(tokens))),
        "## What it costs in accuracy\n\n"
        + head_accuracies(catalog, vectors, "sentence-transformers, float32"),
    )


def made(path: Path) -> EncoderFolder:
    """Export the Hugging Face folder beside the project, and quantise the network."""
    from aisle.neural.exporting import export
    from aisle.neural.quantising import quantise

    export(encoder_folders() / NAME, path, name=NAME, max_tokens=TOKENS)
    quantise(find_folder(path))
    return find_folder(path)


def peer(precision: str) -> Encode:
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(cores())
    model = SentenceTransformer(
        str(encoder_folders() / NAME),
        device="cpu",
        model_kwargs={"dtype": getattr(torch, precision)},
    )
    model.max_seq_length = TOKENS

    def encode(texts: Sequence[str]) -> Floats:
        found = model.encode(list(texts), batch_size=32, convert_to_tensor=True)
        return np.asarray(found.float().numpy(), dtype=np.float32)

    return encode


def measured(encoders: dict[str, Encode], texts: Sequence[str]) -> dict[str, list[float]]:
    """Return texts a second of every turn; each encoder is warmed up first."""
    rates: dict[str, list[float]] = {name: [] for name in encoders}
    for encode in encoders.values():
        encode(texts[:16])
    for _ in range(ROUNDS):
        for name, encode in encoders.items():
            start = time.perf_counter()
            encode(texts)
            rates[name].append(len(texts) / (time.perf_counter() - start))
    return rates


def speeds(rates: dict[str, list[float]]) -> str:
    def ratio(name: str, precision: str) -> str:
        other = rates[f"sentence-transformers, {precision}"]
        return f"{median(a / b for a, b in zip(rates[name], other, strict=True)):.2f}"

    header = ("encoder", "texts a second", *(f": peer in {kind}" for kind in PEERS))
    rows = [
        (name, f"{median(found):,.0f}", *(ratio(name, kind) for kind in PEERS))
        for name, found in rates.items()
    ]
    return table(header, rows)


def shares(network: TextNetwork, texts: Sequence[str], tokens: float) -> str:
    """Tell each step's share, and how far matrix products alone could go on this machine."""
    start = time.thread_time()
    encoded = network.tokens(texts)
    tokenizing = (time.thread_time() - start) / len(texts)
    start = time.thread_time()
    for one in encoded:
        network._vector(one)
    running = (time.thread_time() - start) / len(texts)
    # Six layers of 12 x 384 x 384 weights; attention adds 4 x 384 x tokens squared a layer.
    operations = 6 * (2 * 12 * 384 * 384 * tokens + 4 * 384 * tokens**2)
    ceiling = int8_ceiling()
    rows = [
        ("tokens", f"{tokenizing * 1e3:.2f}", f"{tokenizing / (tokenizing + running):.0%}"),
        ("network", f"{running * 1e3:.2f}", f"{running / (tokenizing + running):.0%}"),
    ]
    return table(("step", "ms a text on one thread", "share"), rows) + (
        f"\n\nA text takes {operations / 1e9:.2f} billion operations; the network does "
        f"{operations / running / 1e9:.0f} billion a second on one thread, and a product of int8 "
        f"matrices of its shapes {ceiling / 1e9:.0f}: it reaches "
        f"{operations / running / ceiling:.0%} of that ceiling."
    )


def int8_ceiling() -> float:
    """Return the operations a second of ONNX Runtime's int8 matrix product on one thread."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    rows, depth, columns = 110, 384, 1536
    dice = np.random.default_rng(0)
    weights = numpy_helper.from_array(
        dice.integers(-127, 127, (depth, columns)).astype(np.int8), "w"
    )
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["x", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [rows, depth])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [rows, columns])],
        initializer=[weights],
    )
    model: Any = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    feeds = {"x": dice.integers(0, 255, (rows, depth)).astype(np.uint8)}
    best = np.inf
    for _ in range(20):
        start = time.thread_time()
        for _ in range(20):
            session.run(None, feeds)
        best = min(best, (time.thread_time() - start) / 20)
    return 2 * rows * depth * columns / best


def head_accuracies(catalog: Catalog, vectors: dict[str, Floats], reference: str) -> str:
    """Compare linear heads on the vectors, over the same splits, with those of `reference`."""
    codes = np.unique(catalog.labels.astype(str), return_inverse=True)[1]
    scores: dict[str, list[float]] = {name: [] for name in vectors}
    for seed, _, _ in splits(catalog):
        sides = catalog.sides(test=0.25, seed=seed)
        train, test = np.flatnonzero(sides == 0), np.flatnonzero(sides == 1)
        for name, matrix in vectors.items():
            head = find_classifier("logistic")(C=10.0).fit(matrix[train], codes[train], None)
            answers = head.classes_[head.predict_proba(matrix[test]).argmax(axis=1)]
            scores[name].append(float((answers == codes[test]).mean()))
    rows = [
        (name, f"{np.mean(found):.4f}", difference(found, scores[reference]))
        for name, found in scores.items()
    ]
    return table(("vectors", "accuracy of a linear head", f"minus {reference}"), rows)


if __name__ == "__main__":
    main()
