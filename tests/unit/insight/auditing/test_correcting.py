from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from aisle import Catalog
from aisle.catalog.export import portable_table
from aisle.catalog.writing import write_table
from aisle.errors import CatalogError
from aisle.insight.auditing.correcting import (
    accepted_suggestions,
    changes,
    corrected,
    unknown_labels,
)
from aisle.insight.auditing.reviewing import read_decisions, write_rows


def plain() -> Catalog:
    rows = [{"sku": f"s{n}", "title": f"thing {n}", "kind": " Mugs " if n % 2 else "Lamps"}
            for n in range(6)]  # fmt: skip
    return Catalog.read(rows, target="kind")


def test_only_the_named_rows_change() -> None:
    catalog = plain()
    found = corrected(catalog, {0: "Mugs"})
    assert found.labels.tolist() == ["Mugs", "Mugs", "Lamps", "Mugs", "Lamps", "Mugs"]
    assert found.table["kind"][1].as_py() == " Mugs "
    assert found.table.drop(["kind"]).equals(catalog.table.drop(["kind"]))
    assert catalog.labels[0] == "Lamps"


@pytest.mark.parametrize(
    ("column", "label", "kind"),
    [
        (pa.array([1, 2, 1, 2]), "2", pa.int64()),
        (pa.array([1, 2, 1, 2]), "two", pa.string()),
        (pa.array(["a", "b", "a", "b"]).dictionary_encode(), "c", pa.string()),
        (pa.array([True, False, True, False]), "false", pa.bool_()),
    ],
)
def test_the_type_of_the_target_stays_where_it_can(
    column: pa.Array, label: str, kind: pa.DataType
) -> None:
    table = pa.table({"title": ["w", "x", "y", "z"], "kind": column})
    catalog = Catalog.read(table, target="kind", task="classify")
    found = corrected(catalog, {0: label})
    assert found.table["kind"].type == kind
    assert found.labels[0] == label
    assert found.labels[1:].tolist() == catalog.labels[1:].tolist()


def test_a_row_that_is_not_there_is_refused() -> None:
    with pytest.raises(CatalogError, match="no row 6"):
        corrected(plain(), {6: "Mugs"})


def test_known_groups_travel_along() -> None:
    catalog = plain()
    groups = catalog.groups
    assert np.array_equal(corrected(catalog, {0: "Mugs"}).groups, groups)


def test_sure_suggestions_are_taken_over(case: Any) -> None:
    found = case.found.corrected(0.8)
    right = {7: "Lamps", 23: "Boots", 41: "Boots", 66: "Mugs", 91: "Lamps"}
    assert {row: found.labels[row] for row in right} == right
    others = [row for row in range(94) if row not in accepted_suggestions(case.found.rows, 0.8)]
    assert found.labels[others].tolist() == case.catalog.labels[others].tolist()
    assert case.found.corrected(case.found.rows[:1]).labels[case.found.rows[0].row] == (
        case.found.rows[0].suggested
    )


def test_ambiguous_labels_and_outliers_are_never_taken_over(case: Any) -> None:
    taken = accepted_suggestions(case.found.rows, 0.0)
    kinds = {finding.row: finding.kind for finding in case.found.rows}
    assert {kinds[row] for row in taken} <= {"wrong-label", "conflicting-duplicate"}


def test_a_reviewed_file_goes_round(case: Any, tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    write_rows(case.found.rows, path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "id,label,suggested,given,score,kind,title,row"
    assert read_decisions(path, case.catalog) == {}
    key, _, rest = lines[1].partition(",")
    lines[1] = f"{key}, Kites {rest}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert read_decisions(path, case.catalog) == {case.found.rows[0].row: "Kites"}


def test_decisions_say_what_is_wrong_with_them(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text("id,verdict\ns0,Mugs\ns1,Mugs\n", encoding="utf-8")
    with pytest.raises(CatalogError, match="'id' and 'label'"):
        read_decisions(path, plain())
    path.write_text("id,label\ns0,Mugs\nx9,Mugs\n", encoding="utf-8")
    with pytest.raises(CatalogError, match="line 3: the catalogue has no product 'x9'"):
        read_decisions(path, plain())


def test_products_with_one_identifier_are_told_apart_by_row(tmp_path: Path) -> None:
    rows = [{"sku": "same", "title": f"thing {n}", "kind": "Mugs"} for n in range(3)]
    catalog = Catalog.read(rows, target="kind", roles={"sku": "id"})
    path = tmp_path / "review.csv"
    path.write_text("id,label,row\nsame,Lamps,2\nother,,0\n", encoding="utf-8")
    assert read_decisions(path, catalog) == {2: "Lamps"}
    path.write_text("id,label\nsame,Lamps\nsame,Lamps\n", encoding="utf-8")
    with pytest.raises(CatalogError, match="3 products are called 'same'"):
        read_decisions(path, catalog)


def test_what_does_not_change_and_what_is_new_is_told() -> None:
    catalog = plain()
    told = changes(catalog, {0: "Lamps", 1: "Lamps", 2: "Kites"})
    assert told == {1: "Lamps", 2: "Kites"}
    assert unknown_labels(catalog, told) == ("Kites",)


def test_photographs_are_found_from_anywhere(tmp_path: Path) -> None:
    table = pa.table(
        {"title": ["a", "b"], "image": ["pictures/a.jpg", None], "kind": ["Mugs", "Lamps"]}
    )
    (tmp_path / "shop").mkdir()
    write_table(table, tmp_path / "shop" / "c.csv")
    catalog = Catalog.read(tmp_path / "shop" / "c.csv", target="kind", roles={"image": "image"})
    out = tmp_path / "elsewhere" / "corrected.csv"
    write_table(portable_table(corrected(catalog, {1: "Mugs"})), out)
    again = Catalog.read(out, target="kind", roles={"image": "image"})
    ((reference,), ()) = again.images()
    assert reference.location == str(tmp_path / "shop" / "pictures" / "a.jpg")
    assert again.labels.tolist() == ["Mugs", "Mugs"]
