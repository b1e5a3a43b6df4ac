"""A small catalogue with everything that an inspection looks at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aisle import Catalog, inspect
from aisle.insight import Inspection
from tests.products import product_rows

SHADES = {"Mugs": 230, "Lamps": 120, "Boots": 30}
DEPARTMENTS = {"Mugs": "Home", "Lamps": "Home", "Boots": "Fashion"}


def full_rows(folder: Path, count: int = 60) -> list[dict[str, object]]:
    """Make products with photographs, specifications and category paths."""
    rng = np.random.default_rng(0)
    rows = product_rows(count)
    for number, row in enumerate(rows):
        kind = str(row["kind"])
        noise = rng.integers(-20, 20, (30 + number, 40, 3))
        pixels = np.clip(SHADES[kind] + noise, 0, 255).astype(np.uint8)
        path = folder / f"{number}.png"
        Image.fromarray(pixels).save(path)
        row["photo"] = str(path) if number != 11 else None
        specs = f'{{"key"=>"Weight", "value"=>"{number} g"}}, {{"key"=>"Colour", "value"=>"red"}}'
        extra = ', {"key"=>"Sole", "value"=>"rubber"}' if kind == "Boots" else ""
        row["specifications"] = f'{{"all"=>[{specs}{extra}]}}'
        row["path"] = f"{DEPARTMENTS[kind]} > {kind} > {row['maker']}"
    rows[3]["kind"] = rows[4]["kind"] = None
    return rows


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Sixty products in three classes; two have no class, one no photograph."""
    rows = full_rows(tmp_path_factory.mktemp("everything"))
    return Catalog.read(rows, target="kind", roles={"photo": "image", "title": "text"})


@pytest.fixture(scope="session")
def inspected(everything: Catalog) -> Inspection:
    """What is found in `everything`."""
    return inspect(everything)
