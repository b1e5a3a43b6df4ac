"""Photographs encoded a second, from JPEG files, beside transformers and Keras applications.

MobileNetV2 everywhere, at 224 pixels: the speed does not depend on the weights, so the peers' are
random. Small photographs are Flipkart's, at most 320 pixels; large ones are the same, enlarged to
2,000 pixels. In turns within one run; ratios are taken within a turn.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt

from aisle import Catalog
from aisle.catalog.images import decode
from aisle.encoders.pretrained.finding import find_folder
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.threads import cores
from benchmarks.common import encoder_folders, publish, shared, table
from benchmarks.decoding import enlarged, libjpeg_turbo, scale
from benchmarks.text_encoding import head_accuracies

ROUNDS = int(os.environ.get("AISLE_ROUNDS", "5"))
NAME = "mobilenet-v2-100"
SMALL, LARGE, QUANTISED, BATCH, SIDE = 300, 60, 96, 32, 224
OPERATIONS = 2 * 300e6

Encode = Callable[[Sequence[Path]], npt.NDArray[np.float32]]


def main() -> None:
    catalog = Catalog.read(shared("flipkart", "catalog.csv"), target="category")
    files = sorted(shared("flipkart", "images").glob("*.jpg"))
    with tempfile.TemporaryDirectory() as folder:
        networks = made(Path(folder) / NAME, files[-QUANTISED:])
        peers: dict[str, Encode] = {"transformers": transformers()}
        if find_spec("keras") and find_spec("tensorflow"):
            peers["Keras applications"] = keras()
        encoders = {name: partial(aisle, network) for name, network in networks.items()} | peers
        (Path(folder) / "large").mkdir()
        enlarged(files[:LARGE], Path(folder) / "large")
        sets = {
            "at most 320": files[:SMALL],
            "2,000": sorted((Path(folder) / "large").glob("*.jpg")),
        }
        rows = [
            row for name, paths in sets.items() for row in compared(name, encoders, [*peers], paths)
        ]
        plain = networks["Aisle, float32"]
        steps = [row for name, paths in sets.items() for row in shares(name, plain, paths)]
    publish(
        "image_encoding",
        "Photographs encoded a second, from JPEG files",
        f"MobileNetV2, {SIDE} pixels, {cores()} threads, {ROUNDS} turns; medians. Peers in "
        "float32." + ("" if "Keras applications" in peers else " TensorFlow is not installed."),
        table(("pixels", "encoder", "photographs a second", *(f": {p}" for p in peers)), rows),
        "## Where the time goes\n\n"
        + table(("pixels", "step", "ms a photograph on one thread, float32", "share"), steps),
        ceilings(plain, files[:SMALL]),
        "## What int8 costs in accuracy\n\n" + accuracies(catalog, networks),
    )


def made(path: Path, files: Sequence[Path]) -> dict[str, ImageNetwork]:
    """Return the network as it is, and in int8 where that is faster here and agrees."""
    from aisle.neural.quantising import quantise

    shutil.copytree(encoder_folders() / NAME, path)
    quantise(find_folder(path), images=[decode(file) for file in files])
    folder = find_folder(path)
    return {
        f"Aisle, {network.precision}": ImageNetwork.load(folder, precision=network.precision)
        for network in folder.description.networks
    }


def accuracies(catalog: Catalog, networks: dict[str, ImageNetwork]) -> str:
    """Compare linear heads on the vectors, over the same splits."""
    vectors = {}
    for name, network in networks.items():
        found = catalog.map_images(network.encode, side=network.side)
        nothing = np.zeros(network.dimension, dtype=np.float32)
        raw = np.sqrt(np.stack([nothing if r.value is None else r.value for r in found]))
        lengths = np.linalg.norm(raw, axis=1, keepdims=True)
        vectors[name] = raw / np.maximum(lengths, 1e-12)
    return head_accuracies(catalog, vectors, "Aisle, float32")


def aisle(network: ImageNetwork, paths: Sequence[Path]) -> npt.NDArray[np.float32]:
    """Encode as a catalogue's photographs are encoded, without the cache."""
    catalog = Catalog.read([{"photo": str(p)} for p in paths], roles={"photo": "image"})
    found = catalog.map_images(network.encode, side=network.side)
    return np.stack([result.value for result in found if result.value is not None])


def transformers() -> Encode:
    import torch
    from PIL import Image
    from transformers import MobileNetV2Config, MobileNetV2ImageProcessor, MobileNetV2Model

    torch.set_num_threads(cores())
    model = MobileNetV2Model(MobileNetV2Config()).eval()
    processor = MobileNetV2ImageProcessor()

    def encode(paths: Sequence[Path]) -> npt.NDArray[np.float32]:
        found = []
        for some in batches(paths):
            images = [Image.open(path).convert("RGB") for path in some]
            inputs = processor(images=images, return_tensors="pt")
            with torch.inference_mode():
                found.append(model(**inputs).pooler_output.numpy())
        return np.concatenate(found)

    return encode


def keras() -> Encode:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(cores())
    model = keras.applications.MobileNetV2(weights=None, include_top=False, pooling="avg")

    def read(path: object) -> object:
        pixels = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        return tf.image.resize(pixels, (SIDE, SIDE)) / 127.5 - 1

    def encode(paths: Sequence[Path]) -> npt.NDArray[np.float32]:
        files = tf.data.Dataset.from_tensor_slices([str(path) for path in paths])
        images = files.map(read, num_parallel_calls=tf.data.AUTOTUNE).batch(BATCH)
        return np.asarray(model.predict(images.prefetch(tf.data.AUTOTUNE), verbose=0))

    return encode


def batches(paths: Sequence[Path]) -> Iterator[Sequence[Path]]:
    return (paths[start : start + BATCH] for start in range(0, len(paths), BATCH))


def compared(
    name: str, encoders: dict[str, Encode], peers: Sequence[str], paths: Sequence[Path]
) -> Iterator[tuple[object, ...]]:
    rates: dict[str, list[float]] = {kind: [] for kind in encoders}
    for encode in encoders.values():
        encode(paths[:BATCH])
    for _ in range(ROUNDS):
        for kind, encode in encoders.items():
            start = time.perf_counter()
            encode(paths)
            rates[kind].append(len(paths) / (time.perf_counter() - start))
    for kind, found in rates.items():
        ratios = [median(a / b for a, b in zip(found, rates[p], strict=True)) for p in peers]
        yield name, kind, f"{median(found):,.0f}", *(f"{ratio:.2f}" for ratio in ratios)


def shares(name: str, network: ImageNetwork, paths: Sequence[Path]) -> Iterator[tuple[object, ...]]:
    """Yield how long each step takes on one thread, in processor time."""
    spent = dict.fromkeys(("read and decode", "resize and scale", "network"), 0.0)
    for path in paths:
        started = time.thread_time()
        pixels = decode(path, side=network.side)
        decoded = time.thread_time()
        prepared = network.prepared(pixels)
        ready = time.thread_time()
        network.run(prepared)
        ended = time.thread_time()
        for step, seconds in zip(
            spent, (decoded - started, ready - decoded, ended - ready), strict=True
        ):
            spent[step] += seconds / len(paths)
    total = sum(spent.values())
    for step, seconds in spent.items():
        yield name, step, f"{seconds * 1e3:.2f}", f"{seconds / total:.0%}"


def ceilings(network: ImageNetwork, paths: Sequence[Path]) -> str:
    """Tell how far matrix products and libjpeg-turbo alone could go."""
    prepared = network.prepared(decode(paths[0], side=network.side))
    running = best_of(lambda: network.run(prepared), 50)
    matrix = np.random.default_rng(0).normal(size=(1024, 1024)).astype(np.float32)
    from aisle.blas import one_blas_thread

    with one_blas_thread():
        product = best_of(lambda: matrix @ matrix, 5)
    ceiling = 2 * 1024**3 / product
    reached = OPERATIONS / running
    contents = [path.read_bytes() for path in paths]
    turbo = libjpeg_turbo({content: scale(content, network.side) for content in contents})
    words = (
        f"The network does {reached / 1e9:.0f} billion operations a second on one thread, "
        f"{reached / ceiling:.0%} of NumPy's float32 matrix product ({ceiling / 1e9:.0f})."
    )
    if turbo is None:
        return words
    alone = best_of(lambda: [turbo(content) for content in contents], 3) / len(contents)
    ours = best_of(lambda: [decode(c, side=network.side) for c in contents], 3) / len(contents)
    return words + (f" Decoding takes {ours * 1e3:.2f} ms, libjpeg-turbo alone {alone * 1e3:.2f}.")


def best_of(work: Callable[[], object], times: int) -> float:
    best = np.inf
    for _ in range(times):
        start = time.thread_time()
        work()
        best = min(best, time.thread_time() - start)
    return float(best)


if __name__ == "__main__":
    main()
