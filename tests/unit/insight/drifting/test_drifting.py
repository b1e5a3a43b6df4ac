from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.catalog.sample import SampleOptions, make_sample
from aisle.errors import AisleError, CatalogError
from aisle.insight.drifting import drift, wording
from aisle.insight.drifting.page import drift_page
from tests.products import product_rows

Rows = list[dict[str, object]]


def changed(rows: Rows) -> Rows:
    """Make dear products of two kinds, without most makers, with a new word in each title."""
    return [
        {
            **row,
            "price": float(row["price"]) * 3,  # type: ignore[arg-type]
            "maker": None if n % 4 else row["maker"],
            "title": f"{row['title']} clearance sale",
        }
        for n, row in enumerate(rows)
        if row["kind"] != "Boots"
    ]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rows", [50, 240])
def test_two_halves_of_one_catalogue_are_alike(seed: int, rows: int) -> None:
    every = product_rows(rows, seed=seed)
    order = np.random.default_rng(seed).permutation(rows)
    halves = [[every[at] for at in part] for part in np.array_split(order, 2)]
    found = drift(*halves, target="kind", seed=seed)
    assert found.verdict == "none", [wording.column_told(column) for column in found.moved]
    assert wording.verdict(found).tone == "good"


def test_what_moved_is_found_and_what_stayed_is_not() -> None:
    found = drift(product_rows(120), changed(product_rows(180, seed=1)), target="kind")
    columns = {column.name: column for column in found.columns}
    assert columns.keys() == {"title", "maker", "price", "kind"}
    assert found.verdict == "strong"
    assert {m.name for m in columns["price"].moved} == {"distribution"}
    assert {m.name for m in columns["maker"].moved} >= {"missing"}
    assert {m.name for m in columns["kind"].moved} == {"shares"}
    assert "length" in {m.name for m in columns["title"].moved}
    boots = next(value for value in columns["kind"].values if value[0] == "Boots")
    assert boots == ("Boots", pytest.approx(1 / 3), 0.0)
    assert columns["kind"].role == "target"
    price = columns["price"].moved[0]
    assert price.new is not None
    assert price.reference is not None
    assert price.new > price.reference
    assert price.besides["wasserstein"] > 0
    assert found.telling is not None
    assert found.telling.verdict == "strong"
    order = [("none", "some", "strong").index(column.verdict) for column in found.columns]
    assert order == sorted(order, reverse=True)


def test_the_same_seed_finds_the_same() -> None:
    pair = product_rows(60), changed(product_rows(60, seed=1))
    first, second = (drift(*pair, seed=3).to_dict() for _ in range(2))
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_columns_of_one_side_are_named_and_not_compared() -> None:
    now = [{"title": row["title"], "shelf": "A"} for row in product_rows(60, seed=1)]
    found = drift(product_rows(60), now)
    assert found.only_reference == ("sku", "maker", "price", "kind")
    assert found.only_new == ("shelf",)
    assert [column.name for column in found.columns] == ["title"]
    told = wording.verdict(found)
    assert told.tone == "warn"
    assert told.headline == "No drift in the 1 column that new shares with reference"
    assert "new lacks sku, maker, price, kind." in told.details
    with pytest.raises(CatalogError, match="share no column"):
        drift(product_rows(60), [{"shelf": str(n)} for n in range(60)])


def test_few_products_are_compared_by_what_is_missing_alone() -> None:
    found = drift(product_rows(60), product_rows(9, seed=1))
    assert found.verdict == "none"
    assert found.telling is None
    assert all([m.name for m in c.measures] == ["missing"] for c in found.columns)
    assert found.to_dict()["too_few"]
    told = wording.verdict(found)
    assert (told.tone, "Too few values to tell" in told.headline) == ("warn", True)
    assert not drift(product_rows(30), product_rows(30, seed=1)).too_few
    with pytest.raises(CatalogError, match="no products"):
        drift(product_rows(60), Catalog.read(product_rows(60)).take([]))
    with pytest.raises(AisleError, match="20 or more"):
        drift(product_rows(60), product_rows(60), rows=5)


def test_a_model_that_knows_the_reference_by_heart_is_not_taken_for_drift() -> None:
    train, test = Catalog.read(product_rows(240), target="kind").split(test=0.4, seed=0)
    model = ProductClassifier(settings=["folds=3"]).fit(train)
    found = drift(train, test, model=model)
    assert found.model is not None
    assert found.model.out_of_fold
    assert found.model.verdict == "none"
    assert [m.name for m in found.model.answers.measures] == ["shares", "confidence", "accepted"]
    other = drift(product_rows(60, seed=3), changed(product_rows(120, seed=4)), model=model)
    assert other.model is not None
    assert not other.model.out_of_fold
    assert "shares" in {m.name for m in other.model.answers.moved}
    # as many products as trained the model, but others: the model has not seen them
    unseen = drift(product_rows(len(train), seed=3), test, model=model)
    assert unseen.model is not None
    assert not unseen.model.out_of_fold
    # most of a reference that has grown since
    grown = Catalog.read([*train.table.to_pylist(), *product_rows(50, seed=3)], target="kind")
    kept = drift(grown, test, model=model)
    assert kept.model is not None
    assert kept.model.out_of_fold


def test_one_column_of_many_is_found() -> None:
    """A thousand partings alone make no p-value that withstands correction for 120 measures."""
    numbers = np.random.default_rng(0).normal(size=(2, 60, 60))
    numbers[1, :, 7] += 3.0
    sides = [
        [{f"column {at}": f"{value:.4f}" for at, value in enumerate(row)} for row in side]
        for side in numbers
    ]
    found = drift(*sides)
    assert [column.name for column in found.moved] == ["column 7"]
    assert found.columns[0].verdict == "strong"


def test_enormous_numbers_are_compared_and_drawn() -> None:
    before = [{"price": f"{n}.5"} for n in range(40)]
    found = drift(before, [{"price": ("-1e308", "1e308")[n % 2]} for n in range(40)])
    assert found.columns[0].verdict == "strong"
    assert "<svg" in drift_page(found)


def test_equal_medians_do_not_read_as_no_difference() -> None:
    before = [{"price": f"{1000 + n % 51}.5"} for n in range(204)]
    now = [{"price": f"{1025 + 6 * (n % 51 - 25)}.5"} for n in range(204)]
    column = drift(before, now).columns[0]
    assert column.verdict == "strong"
    assert "as before, but the shares below some value differ by" in wording.column_told(column)


def test_a_model_of_values_is_compared_by_its_values() -> None:
    model = ProductRegressor(settings=["folds=3"]).fit(
        Catalog.read(product_rows(90), target="price")
    )
    found = drift(product_rows(60, seed=1), product_rows(60, seed=2), model=model).model
    assert found is not None
    assert [measure.name for measure in found.answers.measures] == ["distribution"]
    assert wording.column_told(found.answers) == "as before"


def test_photographs_are_compared(tmp_path: Path) -> None:
    options = {"products": 60, "missing_image": 0.0, "near_duplicates": 0.0}
    before = make_sample(tmp_path / "a", SampleOptions(**options, image_size=64))  # type: ignore[arg-type]
    now = make_sample(tmp_path / "b", SampleOptions(**options, image_size=96, seed=1))  # type: ignore[arg-type]
    found = drift(before, now)
    image = next(column for column in found.columns if column.role == "image")
    assert (image.reference_rows, image.new_rows) == (60, 60)
    size = next(m for m in image.measures if m.name == "size")
    assert (size.reference, size.new, size.verdict) == (64.0, 96.0, "strong")


def test_it_is_saved_as_json_or_html_and_nothing_else(tmp_path: Path) -> None:
    found = drift(product_rows(60), changed(product_rows(90, seed=1)), target="kind")
    found.save(tmp_path / "d.json")
    written = json.loads((tmp_path / "d.json").read_text("utf-8"))
    assert written["verdict"] == "strong"
    assert {"columns", "telling_apart", "thresholds", "model"} <= written.keys()
    assert {"value", "chance", "p_value", "verdict"} <= written["columns"][0]["measures"][0].keys()
    with pytest.raises(AisleError, match=r"\.json or \.html"):
        found.save(tmp_path / "d.pdf")
