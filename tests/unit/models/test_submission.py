"""Submissions: two columns, under the names asked for, identifiers untouched."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.catalog.writing import write_table
from aisle.cli import main as cli
from aisle.errors import AisleError
from aisle.models.submission import submission_names, submission_table
from tests.products import product_rows

ROWS = product_rows(40)
QUICK = ["folds=2", "fusion=best-single", "learning_curve=false"]


@pytest.fixture(scope="module")
def prices() -> ProductRegressor:
    return ProductRegressor(settings=QUICK).fit(Catalog.read(ROWS, target="price"))


@pytest.fixture(scope="module")
def kinds() -> ProductClassifier:
    return ProductClassifier(settings=QUICK).fit(Catalog.read(ROWS, target="kind"))


def test_the_file_holds_exactly_two_columns(prices: ProductRegressor, tmp_path: Path) -> None:
    prices.save(tmp_path / "m.aisle")
    asked = [{"sku": "0007", "title": "old lamp", "maker": "Acme"}, {"sku": "A,1", "title": "mug"}]
    write_table(pa.Table.from_pylist(asked), tmp_path / "test.csv")
    arguments = ["predict", tmp_path / "m.aisle", tmp_path / "test.csv", "-o", tmp_path / "s.csv"]
    assert cli.main([*map(str, arguments), "--submission", "id,price"]) == 0
    first, second = prices.predict(asked)["value"].to_pylist()
    assert (tmp_path / "s.csv").read_text() == f'id,price\n0007,{first!r}\n"A,1",{second!r}\n'


def test_own_names_and_categories(kinds: ProductClassifier) -> None:
    asked = [{"sku": "b", "title": "old lamp"}, {"sku": "a", "title": "mug"}]
    products = kinds.read(asked)
    table = kinds.predict(products)
    names = submission_names("own", kinds, products)
    assert names == ("sku", "kind")
    told = submission_table(table, products, names).to_pydict()
    assert told == {"sku": ["b", "a"], "kind": table["category"].to_pylist()}


def test_rows_are_numbered_where_nothing_identifies_them(kinds: ProductClassifier) -> None:
    products = kinds.read([{"title": "mug"}, {"title": "mug"}])
    names = submission_names("own", kinds, products)
    found = submission_table(kinds.predict(products), products, names)
    assert found.column_names == ["id", "kind"]
    assert found["id"].to_pylist() == ["0", "1"]


@pytest.mark.parametrize("asked", ["id", "id,", "a,b,c", "id,id", ""])
def test_names_that_are_not_two(asked: str, prices: ProductRegressor) -> None:
    with pytest.raises(AisleError, match="two different names such as 'id,price'"):
        submission_names(asked, prices, prices.read([{"sku": "1", "title": "mug"}]))


@pytest.mark.parametrize(
    ("second", "message"),
    [("1", "rows 0 and 1 have the same identifier '1'"), (None, "'sku', row 1: no identifier")],
)
def test_identifiers_that_a_reader_would_refuse(
    second: str | None, message: str, prices: ProductRegressor
) -> None:
    rows = [{"sku": "1", "title": "mug"}, {"sku": second, "title": "lamp"}]
    with pytest.raises(AisleError, match=message):
        submission_names("own", prices, prices.read(rows))
