"""`aisle evaluate` on the command line: what it shows besides the first scores."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aisle import Catalog, ProductClassifier
from aisle.cli.main import main
from tests.products import product_rows
from tests.unit.cli.conftest import write_csv


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, products: Catalog) -> Path:
    """A model, one that knows two of three kinds, products to test, and a tree of the kinds."""
    made = tmp_path_factory.mktemp("evaluate")
    ProductClassifier(settings=["folds=3"]).fit(products).save(made / "model.aisle")
    rows = [row for row in product_rows() if row["kind"] != "Boots"]
    poor = ProductClassifier(settings=["folds=3"]).fit(Catalog.read(rows, target="kind"))
    poor.save(made / "old.aisle")
    pq.write_table(pa.Table.from_pylist(product_rows(60, seed=1)), made / "test.parquet")
    (made / "tree.txt").write_text("Home > Mugs\nHome > Lamps\nShoes > Boots\n", "utf-8")
    return made


pytestmark = pytest.mark.usefixtures("screen")


def test_everything_that_was_asked_for_is_shown_and_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", folder / "model.aisle", folder / "test.parquet", "--consistency"]
    command += ["--against", folder / "old.aisle", "--taxonomy", folder / "tree.txt"]
    command += ["--json", folder / "e.json", "--html", folder / "e.html", "--slice-rows", "15"]
    assert main([str(part) for part in command]) == 0
    out = capsys.readouterr().out
    assert "top-k accuracy" in out
    assert "hierarchical F1" in out
    assert "Slices, the worst first" in out
    assert "stay when products are edited harmlessly" in out
    assert "Against old.aisle: This model is better than old.aisle" in out
    found = json.loads((folder / "e.json").read_text("utf-8"))
    assert {"top_k", "hierarchical", "slices", "consistency", "against"} <= found.keys()
    assert found["hierarchical"]["source"] == "the taxonomy tree.txt"
    assert found["slices"]
    assert all(one["rows"] >= 15 for one in found["slices"])
    page = (folder / "e.html").read_text("utf-8")
    for section in ("against", "near", "slices", "consistency"):
        assert f'<section id="{section}"' in page


def test_unknown_classes_and_edits_that_change_nothing_are_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"maker": "Acme", "price": 12.0, "kind": "Boats"}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "boat.parquet")
    command = ["evaluate", folder / "model.aisle", tmp_path / "boat.parquet", "--consistency"]
    assert main([str(part) for part in command]) == 0
    out = capsys.readouterr().out
    assert "1 product with a known kind" in out
    assert "so that every answer is wrong: 1 category, such as Boats" in out
    assert "No edit changes any of these products" in out
    assert "stays" not in out
    assert "leaves as many beside it: there is nothing to compare" in " ".join(out.split())


def test_models_of_two_targets_are_compared_with_a_warning(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{**row, "sort": row["kind"]} for row in product_rows()]
    for row in rows:
        del row["kind"]
    sorts = ProductClassifier(settings=["folds=3"]).fit(Catalog.read(rows, target="sort"))
    sorts.save(tmp_path / "sorts.aisle")
    command = ["evaluate", folder / "model.aisle", folder / "test.parquet"]
    assert main([*map(str, command), "--against", str(tmp_path / "sorts.aisle")]) == 0
    assert "learned 'sort', and this model learned 'kind'" in " ".join(
        capsys.readouterr().out.split()
    )


def test_a_model_that_is_not_there_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", folder / "model.aisle", folder / "test.parquet"]
    assert main([*map(str, command), "--against", str(folder / "lost.aisle")]) == 2
    assert "lost.aisle" in capsys.readouterr().err


def test_products_that_trained_the_model_are_warned_of_on_every_way_out(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [*product_rows(15), *product_rows(15, seed=1)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "mixed.parquet")
    command = ["evaluate", folder / "model.aisle", tmp_path / "mixed.parquet"]
    command += ["--against", folder / "old.aisle"]
    command += ["--json", tmp_path / "e.json", "--html", tmp_path / "e.html"]
    assert main([str(part) for part in command]) == 0
    out = " ".join(capsys.readouterr().out.split())
    own = "15 of 30 products (50.0%) trained this model, so the figures are too good"
    other = "10 of 30 products (33.3%) trained old.aisle, so its figures are too good"
    page = (tmp_path / "e.html").read_text("utf-8")
    for told in (own, other, "The comparison favours this model."):
        assert told in out
        assert told in page
    found = json.loads((tmp_path / "e.json").read_text("utf-8"))
    shown = {"rows": 15, "share": 0.5, "exact": True, "looked_up": 30}
    assert found["seen_in_training"] == shown
    assert found["against"]["seen_in_training"]["rows"] == 10


def test_a_split_gives_no_false_warning_and_its_training_side_a_true_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog, parts, model = tmp_path / "c.csv", tmp_path / "parts", tmp_path / "m.aisle"
    write_csv(catalog, [*product_rows(60), *product_rows(6)])
    assert main(["split", str(catalog), "--target", "kind", "-o", str(parts)]) == 0
    given = ["--target", "kind", "--set", "folds=2", "-o", str(model)]
    assert main(["train", str(parts / "train.parquet"), *given]) == 0
    assert "trained this model" not in capsys.readouterr().out
    assert main(["evaluate", str(model), str(parts / "test.parquet")]) == 0
    assert "trained this model" not in capsys.readouterr().out
    assert main(["evaluate", str(model), str(parts / "train.parquet")]) == 0
    assert "All of these products trained this model" in capsys.readouterr().out
    assert main(["evaluate", str(model), str(catalog)]) == 0
    assert "of 66 products (" in capsys.readouterr().out
