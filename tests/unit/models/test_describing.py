"""Encoders in two stages: described once, learned from in every fold, errors told in the end."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
import pytest
from PIL import Image

from aisle import Catalog, ProductClassifier, evaluate
from aisle.encoders import DescribingEncoder, Features
from aisle.encoders.registry import ENCODERS
from aisle.errors import TrainingError
from aisle.progress import Progress, silent

SHADES = {"Mugs": 40, "Lamps": 120, "Hats": 220}


class Shade(DescribingEncoder):
    """How bright a photograph is, and how that lies to the training rows' mean."""

    modality = "image"
    described = 0

    def describe(self, catalog: Catalog, *, progress: Progress = silent) -> Features:
        Shade.described += len(catalog)
        found = catalog.map_images(lambda p: float(p.mean()), side=8, progress=progress)
        present = np.array([result.value is not None for result in found])
        shades = [[result.value or 0.0] for result in found]
        errors = {row: r.error for row, r in enumerate(found) if r.error is not None}
        matrix = np.array(shades, dtype=np.float32).reshape(-1, 1) / 255
        return Features(matrix, present, errors=errors)

    def fit_described(self, described: Features) -> Self:
        self.mean_ = float(described.matrix[described.present].mean())
        return self

    def transform_described(self, described: Features) -> Features:
        steps = np.linspace(0, 1, 12, dtype=np.float32)
        near = np.exp(-80 * (described.matrix - steps) ** 2)
        return Features(near.astype(np.float32), described.present, errors=described.errors)


@pytest.fixture(autouse=True)
def shade(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENCODERS, "shade", f"{__name__}:Shade")
    Shade.described = 0


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    dice = np.random.default_rng(0)
    rows = []
    for number in range(90):
        kind = ("Mugs", "Lamps", "Hats")[number % 3]
        shade = SHADES[kind] + int(dice.integers(-30, 30))
        name = f"{number}.png"
        noise = dice.integers(-30, 30, (24, 24, 3)) + shade
        Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8)).save(tmp_path / name)
        rows.append({"sku": f"S{number}", "photo": str(tmp_path / name), "kind": kind})
    return Catalog.read(rows, target="kind", roles={"photo": "image"})


SETTINGS = ["folds=3", "experts.image={encoders: [shade], head: {use: logistic}}", "precision=0.5"]


def test_training_describes_every_row_once(catalog: Catalog) -> None:
    model = ProductClassifier(settings=SETTINGS).fit(catalog)
    assert Shade.described == 90
    assert model.modalities_ == ("image",)
    assert model.metrics_["out_of_fold_accuracy"] > 0.8
    assert model.metrics_["unread"] == 0


def test_a_broken_photograph_costs_its_row_alone_and_says_why(
    catalog: Catalog, tmp_path: Path
) -> None:
    model = ProductClassifier(settings=SETTINGS).fit(catalog)
    rows = catalog.table.to_pylist()[:4]
    whole = model.predict(rows).to_pylist()
    (tmp_path / "bad.jpg").write_bytes(b"<html>")
    rows[1] = {**rows[1], "photo": str(tmp_path / "bad.jpg")}
    rows[2] = {**rows[2], "photo": None}
    answers = model.predict(rows).to_pylist()
    assert [answers[row] for row in (0, 3)] == [whole[row] for row in (0, 3)]
    assert "bad.jpg: an HTML page" in answers[1]["error"]
    assert answers[1]["decision"] == answers[2]["decision"] == "review"
    assert answers[1]["modalities"] == answers[2]["modalities"] == []
    assert answers[2]["error"].startswith("none of the columns")
    found = evaluate(model, Catalog.read(rows, target="kind", roles={"photo": "image"}))
    assert found.by_modality["image"].accuracy == found.accuracy
    assert found.predictions["error"].to_pylist() == [row["error"] for row in answers]


def test_photographs_none_of_which_can_be_read_are_left_out(
    catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [{**row, "photo": "/nowhere/x.jpg"} for row in catalog.table.to_pylist()]
    alone = Catalog.read(rows, target="kind", roles={"photo": "image"})
    with pytest.raises(TrainingError, match=r"not one photograph could be read.*x\.jpg"):
        ProductClassifier(settings=SETTINGS).fit(alone)
    titled = [{**row, "title": f"a {row['kind']} of ours"} for row in rows]
    both = Catalog.read(titled, target="kind", roles={"photo": "image", "title": "text"})
    model = ProductClassifier(settings=SETTINGS).fit(both)
    assert model.modalities_ == ("text",)
    assert model.metrics_["unread"] == 90
    assert "no row has a usable image" in caplog.text
    assert model.predict(titled[:2])["error"].to_pylist() == [None, None]


def test_training_rows_that_cannot_be_read_are_counted(catalog: Catalog, tmp_path: Path) -> None:
    rows = catalog.table.to_pylist()
    rows[0] = {**rows[0], "photo": str(tmp_path / "gone.jpg")}
    model = ProductClassifier(settings=SETTINGS).fit(
        Catalog.read(rows, target="kind", roles={"photo": "image"})
    )
    assert model.metrics_["unread"] == 1
