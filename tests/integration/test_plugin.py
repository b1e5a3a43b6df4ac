"""The example plug-in, from an installed package to a bundle and back."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalog import Catalog, Column, Role, Schema

Trained = tuple[Path, dict[str, Any]]

PLUGIN = Path(__file__).parents[2] / "examples" / "plugin"

USE = """
import json, sys
from aisle import Catalog, ProductClassifier
from aisle.encoders import encoder_names
rows = json.loads(open(sys.argv[1], encoding="utf-8").read())
catalog = Catalog.read(rows, target="kind", roles={"title": "text"})
settings = ["text.encoders=[tfidf, title-shape]", "folds=2"]
model = ProductClassifier(recipe="fast", settings=settings).fit(catalog)
model.save(sys.argv[2])
loaded = ProductClassifier.load(sys.argv[2])
before, after = model.predict(catalog), loaded.predict(catalog)
encoders = [type(encoder).__name__ for encoder in loaded.plan_.encoders.values()]
shape = next(e for e in loaded.plan_.encoders.values() if type(e).__name__ == "TitleShapeEncoder")
print(json.dumps({
    "known": "title-shape" in encoder_names(),
    "encoders": encoders,
    "scale": shape.scale_.tolist(),
    "same": before.equals(after),
    "probabilities": bool((model.predict_proba(catalog) == loaded.predict_proba(catalog)).all()),
    "right": sum(a == b for a, b in zip(after["category"].to_pylist(), catalog.labels)),
}))
"""

LOAD = """
import sys
from aisle import ProductClassifier
from aisle.errors import BundleError
try:
    ProductClassifier.load(sys.argv[1])
except BundleError as error:
    print(error)
"""


def run(script: str, *arguments: Path, packages: Path | None = None) -> str:
    """Run a script in a new process that sees the packages in a folder."""
    paths = [str(packages)] if packages else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plug-in installed, as pip does it, or as pip would leave it."""
    folder = tmp_path_factory.mktemp("packages")
    source = tmp_path_factory.mktemp("source") / "plugin"
    shutil.copytree(PLUGIN, source)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--target", str(folder), str(source)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        write_installed(folder)
    return folder


def write_installed(folder: Path) -> None:
    """Lay the plug-in out by hand, where pip or the build backend is missing."""
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text("utf-8"))["project"]
    shutil.copy(PLUGIN / "title_shape.py", folder)
    about = folder / f"aisle_title_shape-{project['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    lines = [
        line
        for group, points in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()))
    ]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def trained(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A bundle trained with the plug-in, and what the process that trained it says."""
    folder = tmp_path_factory.mktemp("trained")
    dice = np.random.default_rng(0)
    rows = [
        {"title": f"{kind} {word} {dice.integers(10, 99)}{suffix}", "kind": kind}
        for kind, suffix in (("phone", "GB-X"), ("novel", " nights"), ("mug", " ml"))
        for word in ("alpha", "beta", "gamma", "delta", "omega", "sigma", "kappa", "zeta")
    ]
    (folder / "rows.json").write_text(json.dumps(rows), "utf-8")
    bundle = folder / "model.aisle"
    return bundle, json.loads(run(USE, folder / "rows.json", bundle, packages=packages))


def test_a_plug_in_trains_is_saved_and_predicts_the_same(
    trained: tuple[Path, dict[str, Any]],
) -> None:
    bundle, said = trained
    assert bundle.is_file()
    assert said["known"]
    assert said["encoders"] == ["TfidfEncoder", "TitleShapeEncoder"]
    assert len(said["scale"]) == 5
    assert said["same"]
    assert said["probabilities"]
    assert said["right"] >= 22


def test_without_the_plug_in_the_bundle_names_what_is_missing(
    trained: tuple[Path, dict[str, Any]],
) -> None:
    message = run(LOAD, trained[0])
    assert "'encoder.title-shape', which is not installed here" in message
    assert "plug-in" in message


def test_the_layout_by_hand_serves_too(tmp_path: Path) -> None:
    write_installed(tmp_path)
    script = "from aisle.encoders import find_encoder; print(find_encoder('title-shape').__name__)"
    assert run(script, packages=tmp_path).strip() == "TitleShapeEncoder"


@given(st.lists(st.none() | st.text(max_size=12), min_size=1, max_size=8))
def test_its_features_never_depend_on_the_rows_beside(titles: list[str | None]) -> None:
    spec = importlib.util.spec_from_file_location("title_shape", PLUGIN / "title_shape.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    schema = Schema((Column("title", Role.TEXT, ""),))

    def catalog(some: list[str | None]) -> Catalog:
        return Catalog(pa.table({"title": pa.array(some, pa.string())}), schema)

    encoder = module.TitleShapeEncoder().fit(catalog(["A Mug (2)", "NOKIA 3310"]))
    together = encoder.transform(catalog(titles))
    for row, title in enumerate(titles):
        alone = encoder.transform(catalog([title]))
        assert alone.matrix[0].tobytes() == together.matrix[row].tobytes()
        assert alone.present[0] == together.present[row]
