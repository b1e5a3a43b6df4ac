from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aisle import Catalog
from aisle.errors import CatalogError
from aisle.evaluation.hierarchy import hierarchy

LEAVES = {"Mugs": "Kitchen", "Pans": "Kitchen", "Lamps": "Home", "Rugs": "Home"}


def catalog(target: str, *, column: bool = True) -> Catalog:
    rows = [
        {
            "title": f"{leaf} {n}",
            "leaf": leaf,
            "path": f"{top} > {leaf}",
            **({"tree": f'["{top} >> {leaf} >> Some Brand {n}"]'} if column else {}),
        }
        for n in range(5)
        for leaf, top in LEAVES.items()
    ]
    return Catalog.read(rows, target=target)


def swapped(products: Catalog, was: str, now: str) -> np.ndarray:
    """Answer rightly but for one product."""
    names = products.labels.copy()
    names[int(np.flatnonzero(names == was)[0])] = now
    return names


def test_a_target_of_paths_is_a_tree() -> None:
    products = catalog("path", column=False)
    predicted = swapped(products, "Kitchen > Mugs", "Kitchen > Pans")
    found = hierarchy(products, predicted, sorted(set(products.labels)), None)
    assert found is not None
    assert found.source == "the paths in path"
    assert [level.accuracy for level in found.levels] == [1.0, 0.95]
    assert found.f1 == pytest.approx(39 / 40)
    assert (found.errors, found.right_parents) == (1, 1.0)
    assert set(found.to_dict()) >= {"precision", "recall", "f1", "levels"}
    assert found.to_dict()["levels"][0] == {"level": 1, "accuracy": 1.0, "rows": 20}


def test_a_column_of_paths_that_holds_the_classes_is_found() -> None:
    products = catalog("leaf")
    predicted = swapped(products, "Mugs", "Lamps")
    found = hierarchy(products, predicted, list(LEAVES), None)
    assert found is not None
    assert found.source in {"the column tree", "the column path"}
    assert found.levels[0].accuracy == 0.95
    assert found.right_parents == 0.0
    assert found.unplaced == ()


def test_a_class_without_a_place_is_named() -> None:
    products = catalog("leaf")
    found = hierarchy(products, swapped(products, "Mugs", "Boots"), [*LEAVES, "Boots"], None)
    assert found is not None
    assert found.unplaced == ("Boots",)


def test_flat_classes_have_no_tree() -> None:
    rows = [{"title": f"{leaf} {n}", "leaf": leaf} for n in range(5) for leaf in LEAVES]
    products = Catalog.read(rows, target="leaf")
    assert hierarchy(products, products.labels, list(LEAVES), None) is None


def test_a_taxonomy_is_taken_before_all_else(tmp_path: Path) -> None:
    file = tmp_path / "tree.txt"
    file.write_text("".join(f"Shop > {top} > {leaf}\n" for leaf, top in LEAVES.items()), "utf-8")
    products = catalog("leaf")
    found = hierarchy(products, swapped(products, "Mugs", "Pans"), list(LEAVES), file)
    assert found is not None
    assert found.source == "the taxonomy tree.txt"
    assert [level.level for level in found.levels] == [1, 2, 3]
    file.write_text("Garden > Hoses\n", "utf-8")
    with pytest.raises(CatalogError, match="only 0 of 4 classes"):
        hierarchy(products, products.labels, list(LEAVES), file)
