"""The same seed gives the same bytes, in this process and in a new one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from aisle import Catalog, ProductClassifier, load_model
from aisle.catalog.sample import SampleOptions, sample_table
from aisle.catalog.writing import write_table

SCRIPT = """
import sys
from aisle import Catalog, ProductClassifier
from aisle.catalog.writing import write_table
catalog, model, predictions = sys.argv[1:]
train, test = Catalog.read(catalog, target="category").split(test=0.25, seed=0)
fitted = ProductClassifier(seed=3).fit(train)
fitted.save(model)
write_table(fitted.predict(test), predictions)
"""


def run(folder: Path, name: str) -> tuple[bytes, bytes]:
    model, predictions = folder / f"{name}.aisle", folder / f"{name}.csv"
    arguments = [str(folder / "c.parquet"), str(model), str(predictions)]
    subprocess.run([sys.executable, "-c", SCRIPT, *arguments], check=True)
    return model.read_bytes(), predictions.read_bytes()


def test_the_same_command_writes_the_same_bytes(tmp_path: Path) -> None:
    table = sample_table(SampleOptions(products=240, categories=6, images=False))
    write_table(table, tmp_path / "c.parquet")
    first, second = run(tmp_path, "a"), run(tmp_path, "b")
    assert first == second
    _, test = Catalog.read(tmp_path / "c.parquet", target="category").split(test=0.25, seed=0)
    write_table(load_model(tmp_path / "a.aisle").predict(test), tmp_path / "here.csv")
    assert (tmp_path / "here.csv").read_bytes() == first[1]
    loaded = ProductClassifier.load(tmp_path / "a.aisle")
    together = loaded.predict(test).to_pylist()
    alone = [loaded.predict(test.take([row])).to_pylist()[0] for row in range(len(test))]
    assert alone == together
