"""Products that trained a model are known again, and no others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from aisle import Catalog, ProductClassifier
from aisle.errors import BundleError
from aisle.models import load_model, seen
from aisle.models.bundle import read_bundle, write_bundle
from aisle.models.persistence import dump, restore
from aisle.models.seen import KEPT, Seen, TrainingSketch, row_hashes
from aisle.models.types import component_types
from tests.products import product_rows
from tests.unit.models.test_formats import DATA

TITLE = "a blue mug of glazed stoneware, number {}"


def numbered(start: int, stop: int) -> Catalog:
    return Catalog.read([{"title": TITLE.format(n)} for n in range(start, stop)])


@pytest.fixture(scope="module")
def model(products: Catalog) -> ProductClassifier:
    settings = ["folds=2", "learning_curve=false"]
    return ProductClassifier(recipe="fast", settings=settings).fit(products)


def test_training_products_are_known_again_and_others_are_not(model: ProductClassifier) -> None:
    assert model.seen_in_training(product_rows()) == Seen(60, 1.0, True, 60)
    assert model.seen_in_training(product_rows(seed=1)) == Seen(0, 0.0, True, 60)
    mixed = [*product_rows(15), *product_rows(45, seed=1)]
    assert model.seen_in_training(mixed) == Seen(15, 0.25, True, 60)


def test_what_knows_them_again_travels_in_the_bundle_and_changes_no_byte(
    model: ProductClassifier, tmp_path: Path
) -> None:
    model.save(tmp_path / "one.aisle")
    loaded = ProductClassifier.load(tmp_path / "one.aisle")
    loaded.save(tmp_path / "two.aisle")
    assert (tmp_path / "one.aisle").read_bytes() == (tmp_path / "two.aisle").read_bytes()
    assert loaded.seen_in_training(product_rows(15)) == Seen(15, 1.0, True, 15)


def test_a_bundle_that_keeps_nothing_does_not_know() -> None:
    model = load_model(DATA / "classifier-format-1.aisle")
    assert model.seen_in_training(product_rows()) is None


@pytest.mark.parametrize(
    "hashes",
    [
        np.array([2, 1], dtype=np.uint64),
        np.array([1, 1], dtype=np.uint64),
        np.array([1.0]),
        np.array([[1]], dtype=np.uint64),
        np.arange(KEPT + 1, dtype=np.uint64),
        "hashes",
    ],
)
def test_a_strangers_bundle_with_hashes_out_of_order_is_refused(
    model: ProductClassifier, tmp_path: Path, hashes: object
) -> None:
    path = tmp_path / "forged.aisle"
    model.save(path)
    bundle = read_bundle(path)
    learned = {**restore(bundle.dumped, types=component_types()), "seen": hashes}
    kept = {
        k: v
        for k, v in bundle.manifest.items()
        if k not in ("format_version", "libraries", "parts")
    }
    dumped = dump(learned, types=component_types())
    write_bundle(path, manifest=kept, dumped=dumped, extra={})
    with pytest.raises(BundleError, match="hashes of training products"):
        load_model(path)


def test_of_many_products_a_fair_share_is_looked_up() -> None:
    sketch = TrainingSketch.of(numbered(0, 3 * KEPT))
    assert len(sketch.hashes) == KEPT
    assert sketch.hashes.nbytes == 32 * 1024
    same = sketch.seen_in(numbered(0, 3 * KEPT))
    assert same is not None
    assert (same.rows, same.share, same.exact, same.looked_up) == (3 * KEPT, 1.0, False, KEPT)
    half = sketch.seen_in(numbered(2 * KEPT, 4 * KEPT))
    assert half is not None
    assert half.share == pytest.approx(0.5, abs=0.06)
    assert half.rows == pytest.approx(KEPT, rel=0.12)
    assert half.looked_up == pytest.approx(2 * KEPT / 3, rel=0.1)
    none = sketch.seen_in(numbered(4 * KEPT, 5 * KEPT))
    assert none is not None
    assert (none.rows, none.share) == (0, 0.0)


def test_where_nothing_can_be_looked_up_nothing_is_said() -> None:
    sketch = TrainingSketch.of(numbered(0, 20 * KEPT))
    hashes, _ = row_hashes(numbered(0, 60))
    above = [int(row) for row in np.flatnonzero(hashes > sketch.hashes[-1])[:3]]
    assert len(above) == 3
    assert sketch.seen_in(numbered(0, 60).take(above)) is None
    assert sketch.seen_in(Catalog.read([{"title": None}], roles={"title": "text"})) is None


def test_the_order_of_products_and_of_reading_does_not_matter() -> None:
    catalog = numbered(0, 500)
    back = catalog.take(np.arange(500)[::-1])
    np.testing.assert_array_equal(TrainingSketch.of(catalog).hashes, TrainingSketch.of(back).hashes)


def test_spaces_case_and_the_type_of_a_number_make_no_other_product(tmp_path: Path) -> None:
    rows = [{"id": "a", "title": "Blue  mug of glazed stoneware", "price": 12.0, "maker": "Acme"}]
    other = [{"id": "z", "title": "blue mug of GLAZED stoneware ", "price": "12", "maker": "acme"}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
    catalog = Catalog.read(
        tmp_path / "rows.parquet",
        roles={"id": "id", "title": "text", "price": "number", "maker": "category"},
    )
    again = Catalog.read(other, schema=catalog.schema)
    assert row_hashes(catalog)[0] == row_hashes(again)[0]
    dearer = Catalog.read([{**rows[0], "price": 13}], schema=catalog.schema)
    assert row_hashes(catalog)[0] != row_hashes(dearer)[0]
    longer = Catalog.read([{**rows[0], "title": "Blue mug of stoneware"}], schema=catalog.schema)
    assert row_hashes(catalog)[0] != row_hashes(longer)[0]


def test_words_do_not_wander_from_column_to_column() -> None:
    roles = {"title": "text", "body": "text"}
    one = Catalog.read([{"title": "blue mug large", "body": "stoneware"}], roles=roles)
    two = Catalog.read([{"title": "blue mug", "body": "large stoneware"}], roles=roles)
    assert row_hashes(one)[0] != row_hashes(two)[0]


def test_products_without_words_are_told_apart_by_photograph_else_by_identifier(
    tmp_path: Path,
) -> None:
    for name, shade in (("a", 20), ("b", 200)):
        Image.new("RGB", (8, 8), (shade,) * 3).save(tmp_path / f"{name}.png")
    (tmp_path / "c.csv").write_text(
        "sku,title,image\n1,mug,a.png\n2,mug,b.png\n3,mug,a.png\n4,mug,\n5,mug,\n", "utf-8"
    )
    roles = {"sku": "id", "title": "text", "image": "image"}
    catalog = Catalog.read(tmp_path / "c.csv", roles=roles)
    hashes, known = row_hashes(catalog)
    assert known.all()
    assert hashes[0] == hashes[2]
    assert len(set(hashes.tolist())) == 4
    bare = Catalog.read(tmp_path / "c.csv", roles={**roles, "sku": "ignored"})
    assert row_hashes(bare)[0][3] == row_hashes(bare)[0][4]


def test_metadata_tell_products_apart_if_there_are_enough_of_them() -> None:
    roles = dict.fromkeys(("maker", "colour", "shape"), "category") | {"price": "number"}
    rows = [
        {"maker": "Acme", "colour": "red", "shape": "round", "price": 12},
        {"maker": "Acme", "colour": "red", "shape": "round", "price": 13},
        {"maker": "Acme", "colour": "red", "shape": "round", "price": None},
    ]
    hashes, known = row_hashes(Catalog.read(rows, roles=roles))
    assert known.tolist() == [True, True, False]
    assert hashes[0] != hashes[1]
    few = TrainingSketch.of(Catalog.read(rows[2:], roles=roles))
    assert few.seen_in(Catalog.read(rows, roles=roles)) is None


def test_rows_are_hashed_a_part_at_a_time_and_the_parts_make_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    catalog = numbered(0, 50)
    whole = row_hashes(catalog)
    monkeypatch.setattr(seen, "_ROWS_AT_ONCE", 7)
    for before, after in zip(whole, row_hashes(catalog), strict=True):
        np.testing.assert_array_equal(before, after)
    assert len(row_hashes(catalog.take([]))[0]) == 0


def test_vectors_tell_products_apart() -> None:
    rows = [{"v": [0.5, 1.0]}, {"v": [0.5, 2.0]}, {"v": [0.5, 1.0]}, {"v": None}]
    catalog = Catalog.read(pa.Table.from_pylist(rows), roles={"v": "vector"})
    hashes, known = row_hashes(catalog)
    assert hashes[0] == hashes[2] != hashes[1]
    assert known.tolist() == [True, True, True, False]


def test_a_stopgap_in_place_of_a_text_is_nothing_to_be_known_by() -> None:
    stopgap = [{"title": "for a description see the picture"}] * 20
    rows = [{"title": TITLE.format(n)} for n in range(80)]
    sketch = TrainingSketch.of(Catalog.read([*stopgap, *rows]))
    assert len(sketch.hashes) == 80
    assert sketch.seen_in(Catalog.read(stopgap, roles={"title": "text"})) == Seen(0, 0.0, True, 20)
