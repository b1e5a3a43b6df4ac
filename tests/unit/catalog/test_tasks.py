"""Classes or a quantity: what the target's values and its name tell."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from aisle.catalog import Task
from aisle.catalog.tasks import infer_task

DICE = random.Random(0)
CODES = [10, 40, 50, 60, 1140, 1160, 1180, 1280, 1281, 1300, 1301, 1302, 1320, 1560, 1920, 1940]


def column(values: list) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values)])


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("category", ["Mugs", "Shirts"] * 20),
        ("prdtypecode", [DICE.choice(CODES) for _ in range(300)]),
        ("prdtypecode", [str(code) for code in CODES]),
        ("class", [float(DICE.randint(1, 2000)) for _ in range(5000)]),
        ("y", [DICE.randint(1, 27) for _ in range(400)]),
        ("category_id", [1.1, 1.2, 2.1] * 20),
        ("in_stock", [True, False] * 10),
        ("flag", [0.0, 0.5] * 10),
        ("stars", [1, 2, 3, 4, 5] * 20),
        ("price_band", [1, 2, 3, 4] * 10),
        ("price", ["cheap", "dear"] * 10),
        ("anything", [None, None]),
    ],
)
def test_names_and_codes_are_classes(name: str, values: list) -> None:
    assert infer_task(column(values), name) is Task.CLASSIFY


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("price", [f"${DICE.uniform(5, 3000):,.2f}" for _ in range(60)]),
        ("price", [f"${DICE.randint(5, 30)}" for _ in range(30)]),
        ("preis", [f"{DICE.uniform(1, 90):.2f} €".replace(".", ",") for _ in range(30)]),
        ("y", [f"£{DICE.randint(1, 9)}" for _ in range(300)]),
        ("retail_price", [*range(10, 60), "N/A", "N/A", "-"]),
        ("y", [DICE.uniform(0, 1) for _ in range(50)]),
        ("y", [DICE.randint(1, 10**6) for _ in range(200)]),
        ("weight_g", [DICE.randint(10, 40) for _ in range(500)]),
    ],
)
def test_measures_and_prices_are_quantities(name: str, values: list) -> None:
    texts = [value if isinstance(value, float) else str(value) for value in values]
    assert infer_task(column(texts), name) is Task.REGRESS
