"""Memory while many products are predicted by a `balanced` model, and what the cache saves."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from aisle import Catalog, ProductClassifier
from aisle.catalog.sample import SampleOptions, make_sample
from aisle.encoders import DescribingEncoder
from aisle.models.plan import make_plan
from aisle.models.recipe import Recipe
from benchmarks.common import encoder_folders, publish, shared, table

ROWS = int(os.environ.get("AISLE_ROWS", "100000"))
DRAWN = 4_000
TRAINED = 400


def main() -> None:
    os.environ["AISLE_ENCODERS"] = str(encoder_folders())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AISLE_CACHE"] = str(Path(folder) / "cache")
        times = warm()
        # In a process of its own: what the benchmark itself held is not counted.
        command = [sys.executable, "-m", "benchmarks.embedding_at_scale", folder]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    publish(
        "embedding_at_scale",
        "Recipe balanced at scale",
        "## A second training on Flipkart\n\n" + times,
        f"## {ROWS:,} products predicted\n\n" + told,
    )


def warm() -> str:
    """Time the networks and the whole training, with an empty cache and with a filled one."""
    catalog = Catalog.read(shared("flipkart", "catalog.csv"), target="category")
    catalog.find_groups()
    plan = make_plan(Recipe.load("balanced", catalog.task), catalog, seed=0)
    networks = [e for e in plan.encoders.values() if isinstance(e, DescribingEncoder)]
    spent, whole = [], []
    for _ in range(2):
        start = time.perf_counter()
        for encoder in networks:
            encoder.describe(catalog)
        spent.append(time.perf_counter() - start)
        start = time.perf_counter()
        ProductClassifier("balanced", settings=["learning_curve=false"]).fit(catalog)
        whole.append(time.perf_counter() - start)
    return table(
        ("cache", "networks, s", "share of the first", "training after that, s"),
        [
            ("empty", f"{spent[0]:.2f}", "", f"{whole[0]:.1f}"),
            ("filled", f"{spent[1]:.3f}", f"{spent[1] / spent[0]:.1%}", f"{whole[1]:.1f}"),
        ],
    )


def at_scale(folder: Path) -> str:
    """Predict many made-up products, and watch the memory of this process."""
    drawn = make_sample(folder / "sample", SampleOptions(products=DRAWN))
    catalog = Catalog.read(drawn, target="category")
    trained = catalog.take(range(TRAINED))
    model = ProductClassifier("balanced", settings=["learning_curve=false"]).fit(trained)
    many = folder / "many.parquet"
    multiplied(catalog, many)
    watch = Watch()
    start = time.perf_counter()
    answers = model.predict(Catalog.read(many), progress=watch.note)
    seconds = time.perf_counter() - start
    quarters = watch.quarters()
    return table(
        ("quarter", *(str(n + 1) for n in range(4))),
        [("highest memory, MiB", *(f"{mib:,.0f}" for mib in quarters))],
    ) + (
        f"\n\n{len(answers):,} products, every text another, {DRAWN:,} different photographs, "
        f"{len(model.classes_)} classes: {len(answers) / seconds:,.0f} a second. Memory of the "
        "whole process, sampled ten times a second, the table that is answered included."
    )


def multiplied(catalog: Catalog, path: Path) -> None:
    """Write the products again and again, each time with other texts."""
    source = catalog.table
    position = source.column_names.index("title")
    schema = source.schema.set(position, pa.field("title", pa.string()))
    titles = np.array(catalog.strings("title"), dtype=object)
    images = source.column_names.index("image")
    with pq.ParquetWriter(path, schema) as writer:
        for copy in range(-(-ROWS // len(catalog))):
            marked = pa.array([None if t is None else f"{t} no. {copy}" for t in titles])
            rows = source.set_column(position, "title", marked)
            full = [None if i is None else str(catalog.root / i) for i in catalog.strings("image")]
            rows = rows.set_column(images, "image", pa.array(full))
            writer.write_table(rows.slice(0, ROWS - copy * len(catalog)).cast(schema))


class Watch:
    """Notes the memory of this process as work goes on."""

    def __init__(self) -> None:
        self._share = 0.0
        self._seen: list[tuple[float, float]] = []
        threading.Thread(target=self._look, daemon=True).start()

    def note(self, what: str, done: int, total: int) -> None:
        """Take note of how far the work is."""
        self._share = done / total

    def quarters(self) -> list[float]:
        """Return the highest memory in each quarter of the work, MiB."""
        return [
            max((mib for share, mib in self._seen if n <= share * 4 <= n + 1), default=0.0)
            for n in range(4)
        ]

    def _look(self) -> None:
        while True:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self._seen.append((self._share, pages * os.sysconf("SC_PAGE_SIZE") / 2**20))
            time.sleep(0.1)


if __name__ == "__main__":
    print(at_scale(Path(sys.argv[1])))
