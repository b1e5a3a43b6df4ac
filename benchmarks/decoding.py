"""JPEG photographs decoded a second, beside Pillow, OpenCV and libjpeg-turbo alone.

Small photographs are Flipkart's, at most 320 pixels; large ones are the same, enlarged to 2,000
pixels and saved at quality 90. One thread is measured in its own processor time, which other work
on the machine hardly disturbs; all cores can only be measured by the clock.
"""

from __future__ import annotations

import importlib
import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aisle.catalog.images import decode, squared
from aisle.threads import cores, in_threads
from benchmarks.common import publish, shared, table

ROUNDS = int(os.environ.get("AISLE_ROUNDS", "9"))
SMALL, LARGE = 400, 40
SIDES = (None, 128, 224)
PLAIN = "Aisle without simplejpeg"
OPENCV = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
Array = NDArray[np.uint8]
Decoder = Callable[[bytes], Array]


def main() -> None:
    cv2.setNumThreads(1)
    files = sorted(shared("flipkart", "images").glob("*.jpg"))
    with tempfile.TemporaryDirectory() as folder:
        sets = {
            "at most 320": [file.read_bytes() for file in files[:SMALL]],
            "2,000": enlarged(files[:LARGE], Path(folder)),
        }
    cases = [(name, side) for name in sets for side in SIDES]
    decoded = [row for name, side in cases for row in decoding(name, sets[name], side)]
    squares = [row for name, side in cases if side for row in squaring(name, sets[name], side)]
    columns = ("pixels", "for a side of", "decoder", "one thread", "Aisle : it")
    publish(
        "decoding",
        "JPEG photographs decoded a second",
        f"{ROUNDS} interleaved rounds. One thread in its own processor time: medians, ratios taken "
        f"within a round. {cores()} cores by the clock, of which other work on the machine took a "
        "share that changed from moment to moment: the best round of each.",
        table((*columns, "all cores", "Aisle : it"), decoded),
        "Aisle, OpenCV and libjpeg-turbo alone (the package simplejpeg) reduce by the same power "
        "of two; Pillow decodes in full and resizes. Aisle uses simplejpeg where it is installed, "
        "and makes the same pixels without it. OpenCV prints libjpeg's warnings.",
        "White squares, ready for a network; OpenCV decodes in full and averages over areas:",
        table(columns, squares),
    )


def enlarged(files: list[Path], folder: Path) -> list[bytes]:
    contents = []
    for file in files:
        with Image.open(file) as image:
            scale = 2000 / max(image.size)
            size = round(image.width * scale), round(image.height * scale)
            large = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
        large.save(folder / file.name, quality=90)
        contents.append((folder / file.name).read_bytes())
    return contents


def decoding(name: str, contents: list[bytes], side: int | None) -> Iterator[tuple[object, ...]]:
    """Compare every decoder with Aisle as it is installed."""
    scales = {content: scale(content, side) for content in contents}
    turbo = libjpeg_turbo(scales)
    decoders: dict[str, Decoder] = {
        "Aisle": partial(decode, side=side),
        PLAIN: partial(decode, side=side),
        "Pillow": partial(pillow, side=side),
        "OpenCV": lambda content: opencv(content, scales[content]),
    }
    if turbo is not None:
        decoders["libjpeg-turbo alone"] = turbo
    alone, together = measured(decoders, contents, on_all_cores=True)
    where = (name, side or "full size")
    for decoder in decoders:
        best = max(together[decoder])
        clock = f"{best:,.0f}", f"{max(together['Aisle']) / best:.2f}"
        yield *where, decoder, *compared(alone, decoder), *clock
    if turbo is None:
        yield *where, "libjpeg-turbo alone: `pip install simplejpeg`", "", "", "", ""


def squaring(name: str, contents: list[bytes], side: int) -> Iterator[tuple[object, ...]]:
    decoders: dict[str, Decoder] = {
        "Aisle": lambda content: squared(decode(content, side=side), side),
        PLAIN: lambda content: squared(decode(content, side=side), side),
        "Pillow": lambda content: pillow_square(content, side),
        "OpenCV": lambda content: squared(opencv(content, 1), side),
    }
    alone, _ = measured(decoders, contents, on_all_cores=False)
    for decoder in decoders:
        yield name, side, decoder, *compared(alone, decoder)


def measured(
    decoders: dict[str, Decoder], contents: list[bytes], *, on_all_cores: bool
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return photographs a second of every round, on one thread and on all cores."""
    alone: dict[str, list[float]] = {name: [] for name in decoders}
    together: dict[str, list[float]] = {name: [] for name in decoders}
    absent = patch("aisle.catalog.images.jpeg._simplejpeg", lambda: None)
    for _ in range(ROUNDS):
        for name, decoder in decoders.items():
            with absent if name == PLAIN else nullcontext():
                start = time.thread_time()
                for content in contents:
                    decoder(content)
                alone[name].append(len(contents) / (time.thread_time() - start))
                if on_all_cores:
                    start = time.perf_counter()
                    in_threads(decoder, contents, cores(), lambda *_: None)
                    together[name].append(len(contents) / (time.perf_counter() - start))
    return alone, together


def compared(rates: dict[str, list[float]], decoder: str) -> tuple[str, str]:
    ratios = [a / b for a, b in zip(rates["Aisle"], rates[decoder], strict=True)]
    return f"{median(rates[decoder]):,.0f}", f"{median(ratios):.2f}"


def scale(content: bytes, side: int | None) -> int:
    """Return by how much Aisle divides a photograph's sides."""
    with Image.open(io.BytesIO(content)) as image:
        return round(max(image.size) / max(decode(content, side=side).shape))


def pillow(content: bytes, side: int | None) -> Array:
    with Image.open(io.BytesIO(content)) as image:
        whole = image.convert("RGB")
    if side is not None:
        by = side / max(whole.size)
        size = max(1, round(whole.width * by)), max(1, round(whole.height * by))
        whole = whole.resize(size, Image.Resampling.BOX)
    return np.asarray(whole)


def pillow_square(content: bytes, side: int) -> Array:
    small = Image.fromarray(pillow(content, side))
    square = Image.new("RGB", (side, side), (255, 255, 255))
    square.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
    return np.asarray(square)


def opencv(content: bytes, by: int) -> Array:
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), OPENCV[by]))


def libjpeg_turbo(scales: dict[bytes, int]) -> Decoder | None:
    try:
        simplejpeg = importlib.import_module("simplejpeg")
    except ImportError:
        return None

    def turbo(content: bytes) -> Array:
        height, width, *_ = simplejpeg.decode_jpeg_header(content)
        by = scales[content]
        least = {"min_height": -(-height // by), "min_width": -(-width // by), "min_factor": by}
        return np.asarray(simplejpeg.decode_jpeg(content, **least))

    return turbo
