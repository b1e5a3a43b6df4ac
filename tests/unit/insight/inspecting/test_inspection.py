"""Inspection: the JSON shape, what it counts, and where it is saved."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from aisle.catalog import Catalog
from aisle.errors import AisleError, CatalogError
from aisle.insight import inspect

ANIMALS = ["otter", "badger", "heron", "newt", "vole", "stoat", "wren", "shrew", "adder", "hare"]


def table(rows: int = 60) -> pa.Table:
    return pa.table(
        {
            "sku": [f"S{n:03d}" for n in range(rows)],
            "title": [f"{ANIMALS[n % 10]} {ANIMALS[n // 10 % 10]} a{n} b{n}" for n in range(rows)],
            "kind": [["mug", "shirt", "shirt"][n % 3] for n in range(rows)],
            "department": [["home", "fashion", "fashion"][n % 3] for n in range(rows)],
            "price": [None, *[float(n) + 0.5 for n in range(rows - 1)]],
            "vector": [[0.5, 1.0]] * rows,
            "blob": [b"\x00\x01"] * rows,
        }
    )


def test_the_json_shape() -> None:
    found = inspect(table(), target="kind").to_dict()
    assert json.loads(json.dumps(found)) == found
    assert (found["rows"], found["target"], found["task"]) == (60, "kind", "classify")
    assert found["classes"] == {"shirt": 40, "mug": 20}
    assert list(found["classes"]) == ["shirt", "mug"]
    assert found["leaks"] == ["department"]
    assert [column["name"] for column in found["columns"]] == table().column_names
    assert set(found["columns"][0]) >= {"name", "role", "reason"}
    problem, images = found["problems"]
    assert (images["kind"], images["rows"]) == ("broken-image", 60)
    assert problem["kind"] == "missing-value"
    assert (problem["rows"], problem["examples"]) == (1, [0])
    assert "'price'" in problem["message"]


def test_columns_are_summed_up() -> None:
    columns = {c["name"]: c for c in inspect(table(), target="kind").to_dict()["columns"]}
    assert columns["price"]["filled"] == 59
    assert columns["department"]["distinct"] == 2
    assert columns["department"]["examples"] == ["home", "fashion"]
    assert (columns["vector"]["filled"], columns["vector"]["examples"]) == (60, ["2 numbers"])
    assert columns["blob"]["examples"] == ["<2 bytes>"]


def test_words_for_missing_do_not_fill_a_column_of_numbers() -> None:
    rows = [
        {"title": f"mug {n}", "rating": f"{n / 10}" if n < 30 else "No rating available"}
        for n in range(40)
    ]
    rating = inspect(rows).to_dict()["columns"][1]
    assert (rating["role"], rating["filled"]) == ("number", 30)


def test_long_values_are_cut() -> None:
    rows = [{"title": "long " * 40 + str(n)} for n in range(3)]
    examples = inspect(rows).to_dict()["columns"][0]["examples"]
    assert [len(example) for example in examples] == [80] * 3
    assert examples[0].endswith("…")


def test_a_quantity_has_quantiles_and_no_classes() -> None:
    found = inspect(table(), target="price")
    assert found.classes == ()
    assert found.quantiles == (0.5, 15.0, 29.5, 44.0, 58.5)
    assert {problem.kind for problem in found.problems} == {"missing-target", "broken-image"}


def test_without_a_target_there_are_neither_classes_nor_leaks() -> None:
    found = inspect(table()).to_dict()
    assert (found["target"], found["task"], found["classes"], found["leaks"]) == (
        None,
        None,
        {},
        [],
    )


def test_texts_are_measured_in_characters() -> None:
    rows = [{"title": "ab cd"}, {"title": "a"}, {"title": "abc def g"}]
    assert inspect(rows).text_characters == (1, 5, 9)
    assert inspect([{"price": 1.5}, {"price": 2.5}]).text_characters is None


def test_an_opened_catalogue_is_inspected_with_the_roles_it_has() -> None:
    catalog = Catalog.read(table(), target="kind", roles={"department": "category"})
    assert inspect(catalog).leaks == ()
    assert inspect(catalog).target == "kind"


def test_images_that_are_missing_are_problems(tmp_path: Path) -> None:
    path = tmp_path / "catalog.csv"
    path.write_text("title,image\nred mug,a.jpg\nblue mug,b.jpg\n", encoding="utf-8")
    kinds = {problem.kind: problem.rows for problem in inspect(path).problems}
    assert 2 in kinds.values()


def test_a_target_that_is_not_there_is_named() -> None:
    with pytest.raises(CatalogError, match="did you mean 'kind'"):
        inspect(table(), target="kinds")


def test_it_is_saved_as_json_or_as_a_page(tmp_path: Path) -> None:
    found = inspect(table(), target="kind")
    found.save(tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == found.to_dict()
    found.save(tmp_path / "a.html")
    assert "department" in (tmp_path / "a.html").read_text(encoding="utf-8")
    with pytest.raises(AisleError, match=r"\.json or \.html"):
        found.save(tmp_path / "a.pdf")


@pytest.mark.shared
def test_flipkart_in_the_json_shape(shared: Path) -> None:
    found = inspect(shared / "data/flipkart/catalog.csv", target="category").to_dict()
    assert found["rows"] == 1050
    assert set(found["classes"].values()) == {150}
    assert sorted(found["leaks"]) == ["category_tree", "subcategory"]
    kinds = [problem["kind"] for problem in found["problems"]]
    assert "near-duplicate" in kinds
