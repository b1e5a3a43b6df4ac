"""A small catalogue with wrong labels in it, and its audit."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from aisle import Catalog, audit
from aisle.insight import Audit
from tests.products import product_rows

TWINS = ("Lamps", "Mugs")
OTHER = {"Mugs": "Lamps", "Lamps": "Boots", "Boots": "Mugs"}


@dataclass(frozen=True)
class Case:
    """A catalogue, the rows whose label is wrong, and what the audit says of it."""

    catalog: Catalog
    wrong: tuple[int, ...]
    found: Audit


@pytest.fixture(scope="session")
def case() -> Case:
    """Ninety products, four labels wrong, two near-duplicates that disagree, one class alone."""
    rows = product_rows(90)
    wrong = (7, 23, 41, 66)
    for row in wrong:
        rows[row]["kind"] = OTHER[str(rows[row]["kind"])]
    lamp = "lamp with a brass bulb and a pleated paper shade for warm evening light"
    for number, kind in enumerate(("Lamps", "Mugs")):
        rows.append(
            {"sku": f"D{number}", "title": lamp, "maker": "Acme", "price": 40, "kind": kind}
        )
    rows.append({"sku": "K0", "title": "paper kite", "maker": "Acme", "price": 9, "kind": "Kites"})
    rows.append({"sku": "N0", "title": "a mug", "maker": "Acme", "price": 9, "kind": None})
    catalog = Catalog.read(rows, target="kind")
    return Case(catalog, wrong, audit(catalog, recipe="fast", settings=["folds=3"]))
