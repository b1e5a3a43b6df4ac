"""Aisle beside AutoGluon Tabular: the same rows, splits and columns, in the same time.

AutoGluon lives in an environment of its own::

    python3.11 -m venv peer && peer/bin/pip install "autogluon.tabular[lightgbm,catboost,xgboost]"
    AISLE_AUTOGLUON=peer/bin/python python -m benchmarks autogluon
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from aisle import Catalog, ProductClassifier, evaluate
from aisle.catalog import Role
from aisle.experiments.comparing.measuring import nothing_cached
from benchmarks.common import SPLITS, difference, encoder_folders, publish, shared, splits, table

READ = (Role.TEXT, Role.CATEGORY, Role.NUMBER, Role.TARGET)
TIMED = 100
SECONDS = 90.0
EQUAL = "AutoGluon in the time of Aisle balanced"
LONG = f"AutoGluon in {SECONDS:.0f} s"
PEER = Path(__file__).parent / "peers" / "autogluon_tabular.py"

Found = Mapping[str, Any]


def main() -> None:
    python = os.environ.get("AISLE_AUTOGLUON")
    if python is None:
        raise SystemExit(f"set AISLE_AUTOGLUON to a Python that has AutoGluon; {__doc__}")
    os.environ["AISLE_ENCODERS"] = str(encoder_folders())
    count = min(SPLITS, 5)
    catalog = Catalog.read(shared("flipkart", "catalog.csv"), target="category")
    plain = ["image=null", "learning_curve=false"]
    recipes = {
        "Aisle fast, no photographs": ("fast", plain),
        "Aisle balanced, no photographs": ("balanced", plain),
        "Aisle balanced": ("balanced", plain[1:]),
    }
    found: dict[str, list[Found]] = defaultdict(list)
    for _, train, test in splits(catalog, count):
        for name, (recipe, settings) in recipes.items():
            found[name].append(ours(recipe, settings, train, test))
            print(name, found[name][-1], flush=True)
        times = {EQUAL: found["Aisle balanced"][-1]["seconds"], LONG: SECONDS}
        for peer, seconds in times.items():
            found[peer].append(theirs(python, seconds, train, test))
            print(peer, found[peer][-1], flush=True)
    first = [run["accuracy"] for run in found[LONG]]
    lines = [
        (
            name,
            f"{np.mean([run['accuracy'] for run in runs]):.4f}",
            difference([run["accuracy"] for run in runs], first),
            f"{np.mean([run['seconds'] for run in runs]):.0f}",
            f"{np.mean([run['ms'] for run in runs]):.2f}",
        )
        for name, runs in found.items()
    ]
    header = ("model", "accuracy", f"difference to {LONG}", "training, s", "ms a product")
    version = subprocess.run(
        [python, "-c", "import autogluon.tabular as a; print(a.__version__)"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    publish(
        "autogluon",
        f"Aisle beside AutoGluon Tabular {version}, {count} splits of Flipkart's categories",
        "AutoGluon gets the columns that Aisle reads, without photographs, which its Tabular does "
        "not read, with the presets of its default: once in the time that Aisle took, once in "
        f"{SECONDS:.0f} s. Recipe best takes minutes, and is not here. "
        "Milliseconds a product are of a batch of 100, photographs decoded and encoded anew.",
        table(header, lines),
    )


def ours(recipe: str, settings: list[str], train: Catalog, test: Catalog) -> Found:
    """Train a recipe with nothing encoded before."""
    with nothing_cached():
        start = time.perf_counter()
        model = ProductClassifier(recipe, settings=settings).fit(train)
        seconds = time.perf_counter() - start
        rows = test.slice(0, TIMED)
        model.predict(rows.slice(0, 4))
        start = time.perf_counter()
        model.predict(rows)
        each = 1e3 * (time.perf_counter() - start) / len(rows)
    return {"accuracy": evaluate(model, test).accuracy, "seconds": seconds, "ms": each}


def theirs(python: str, seconds: float, train: Catalog, test: Catalog) -> Found:
    """Let AutoGluon train on the same rows and columns."""
    with tempfile.TemporaryDirectory() as folder:
        for name, part in (("train", train), ("test", test)):
            pq.write_table(columns(part), Path(folder) / f"{name}.parquet")
        target = str(train.schema.target)
        subprocess.run([python, str(PEER), folder, target, f"{seconds:.0f}"], check=True)
        found: Found = json.loads((Path(folder) / "autogluon.json").read_text("utf-8"))
        return found


def columns(catalog: Catalog) -> pa.Table:
    """Return the columns that Aisle reads, with the target."""
    return catalog.table.select([column.name for column in catalog.schema if column.role in READ])


if __name__ == "__main__":
    main()
