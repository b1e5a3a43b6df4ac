"""The catalogue: rows, texts, labels, groups, splits; every method leaves it as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalog import Catalog, Column, Role, Schema, Task
from aisle.catalog.profile import NO_CLASS
from aisle.errors import CatalogError

ANIMALS = ["otter", "badger", "heron", "newt", "vole", "stoat", "wren", "shrew", "adder", "hare"]


def make(rows: int = 60, **columns: list) -> Catalog:
    """Make a catalogue of `rows` products without near-duplicates."""
    values = {
        "sku": [f"S{n:03d}" for n in range(rows)],
        "title": [f"{ANIMALS[n % 10]} {ANIMALS[n // 10 % 10]} a{n} b{n}" for n in range(rows)],
        "kind": [["mug", "shirt", "lamp"][n % 3] for n in range(rows)],
        **columns,
    }
    return Catalog.read(pa.table(values), target="kind")


def test_a_catalogue_says_what_it_holds() -> None:
    catalog = make()
    assert repr(catalog) == "Catalog(60 products; id: sku, text: title, target: kind)"
    assert len(catalog) == 60
    assert catalog.ids[:2] == ["S000", "S001"]
    assert catalog.has_target.all()


def test_texts_are_the_text_columns_without_empty_ones() -> None:
    catalog = Catalog.read(
        [{"title": "a mug", "description": "it is red"}, {"title": None, "description": "red"}],
        roles={"title": "text", "description": "text"},
    )
    assert catalog.texts() == ["a mug\nit is red", "red"]
    assert catalog.texts(["title"]) == ["a mug", ""]
    assert catalog.texts([]) == ["", ""]


def test_row_numbers_serve_where_no_column_holds_identifiers() -> None:
    assert Catalog.read([{"title": "a mug"}, {"title": "a red mug"}]).ids == ["0", "1"]


def test_a_column_that_the_table_lacks_is_missing_in_every_row() -> None:
    catalog = make()
    assert catalog.strings("colour") == [None] * 60
    assert np.isnan(catalog.numbers("colour")).all()
    assert not catalog.filled("colour").any()


def test_filled_goes_by_the_role() -> None:
    table = pa.table(
        {
            "price": ["3", "N/A", None],
            "vector": [[1.0, 2.0], [1.0], None],
            "image": [{"bytes": None, "path": None}, {"bytes": b"x", "path": None}, None],
            "tags": [["a"], [], [None]],
        }
    )
    roles = {
        "price": Role.NUMBER,
        "vector": Role.VECTOR,
        "image": Role.IMAGE,
        "tags": Role.CATEGORY,
    }
    schema = Schema(tuple(Column(name, role, "") for name, role in roles.items()))
    catalog = Catalog(table, schema)
    assert catalog.filled("price").tolist() == [True, False, False]
    assert catalog.filled("vector").sum() == 1
    assert catalog.filled("image").tolist() == [False, True, False]
    assert catalog.filled("tags").tolist() == [True, False, False]


def test_labels_read_the_same_from_whole_numbers_of_any_type() -> None:
    for values in ([1, 2, 1], [1.0, 2.0, 1.0], ["1", "2", "1"]):
        catalog = Catalog.read(
            pa.table({"title": ["a b", "c d", "e f"], "code": values}), target="code"
        )
        assert catalog.labels.tolist() == ["1", "2", "1"]


def test_a_target_of_prices_is_read_as_numbers() -> None:
    prices = [f"${n}.50" for n in range(59)] + ["N/A"]
    catalog = Catalog.read(make(price=prices), target="price")
    assert catalog.task is Task.REGRESS
    assert catalog.values[:2].tolist() == [0.5, 1.5]
    assert catalog.has_target.sum() == 59


def test_splits_follow_their_shares_and_seeds() -> None:
    catalog = make()
    train, validation, test = catalog.split(test=0.25, validation=0.15, seed=0)
    assert [len(side) for side in (train, validation, test)] == [36, 9, 15]
    assert sorted([*train.ids, *validation.ids, *test.ids]) == sorted(catalog.ids)
    assert [side.schema for side in (train, test)] == [catalog.schema] * 2
    again, other = catalog.split(seed=3)[1].ids, catalog.split(seed=4)[1].ids
    assert catalog.split(seed=3)[1].ids == again != other
    assert set(np.bincount(catalog.folds(5))) == {12}


def test_near_duplicates_and_families_stay_together() -> None:
    titles = [f"{ANIMALS[n % 10]} {ANIMALS[n // 10 % 10]} a{n} b{n}" for n in range(60)]
    titles[31] = titles[4].upper()
    families = [f"F{n // 2}" if n < 40 else None for n in range(60)]
    catalog = make(title=titles, item_group_id=families)
    assert catalog.schema["item_group_id"].role is Role.GROUP
    groups = catalog.groups
    assert groups[31] == groups[4] == groups[5] == groups[30]
    assert len(set(groups[40:])) == 20
    for seed in range(5):
        sides = catalog.sides(test=0.25, seed=seed)
        assert all(len(set(sides[groups == group])) == 1 for group in set(groups))


def test_rows_taken_from_a_catalogue_keep_their_groups() -> None:
    catalog = make(title=["one long text for all of them"] * 2 + [f"x{n} y{n}" for n in range(58)])
    groups = catalog.groups
    assert catalog.take([1, 0, 7]).groups.tolist() == groups[[1, 0, 7]].tolist()
    assert catalog.slice(0, 2).groups.tolist() == [0, 0]
    assert catalog.slice(1, 3).ids == ["S001", "S002"]
    assert catalog.take([]).split()[0].labels.shape == (0,)


def test_quantities_are_split_by_their_size() -> None:
    catalog = Catalog.read(make(price=[float(n) ** 2 for n in range(60)]), target="price")
    train, test = catalog.split(seed=0)
    assert np.median(test.values) == pytest.approx(np.median(train.values), rel=0.5)


@pytest.mark.parametrize("rows", [12, 24])
def test_a_tiny_catalogue_with_numbered_titles_can_be_tested(rows: int) -> None:
    kinds = ["mug", "shirt", "lamp", "sofa"]
    catalog = Catalog.read(
        [
            {"title": f"A nice {kinds[n % 4]} for every home, no {n}", "kind": kinds[n % 4]}
            for n in range(rows)
        ],
        target="kind",
    )
    test = catalog.split(test=0.25, seed=0)[1]
    assert len(test) == rows // 4


def test_another_target_is_checked_and_the_old_one_ignored() -> None:
    catalog = make().with_target("title")
    assert (catalog.schema.target, catalog.schema["kind"].role) == ("title", Role.IGNORED)
    assert make().with_target(None).schema.target is None
    with pytest.raises(CatalogError, match="no column 'colour'"):
        make().with_target("colour")


@given(st.lists(st.one_of(st.none(), st.text(max_size=5)), min_size=1, max_size=20))
def test_labels_are_none_exactly_where_the_target_is_blank(values: list[str | None]) -> None:
    table = pa.table({"title": ["a b"] * len(values), "kind": pa.array(values, pa.string())})
    catalog = Catalog.read(table, target="kind", task="classify")
    blank = [
        value is None or not value.strip() or value.strip().lower() in NO_CLASS for value in values
    ]
    assert [label is None for label in catalog.labels] == blank
    assert all(label == label.strip() for label in catalog.labels if label is not None)
    assert len(catalog.folds(2)) == len(values)


@pytest.mark.parametrize("word", ["NaN", "N/A", "null", " n/a ", "NULL", "-", "#N/A"])
def test_words_for_missing_are_no_class(word: str) -> None:
    rows = [{"title": f"mug {n}", "kind": ("mug", word, "lamp")[n % 3]} for n in range(9)]
    catalog = Catalog.read(rows, target="kind")
    assert set(catalog.labels) == {"mug", "lamp", None}
    assert int(catalog.has_target.sum()) == 6


@pytest.mark.parametrize("word", ["None", "Unknown", "not available", "Nan bread", "NA-1"])
def test_words_that_may_name_a_class_are_one(word: str) -> None:
    rows = [{"title": f"mug {n}", "kind": ("mug", word)[n % 2]} for n in range(8)]
    assert set(Catalog.read(rows, target="kind").labels) == {"mug", word}


@pytest.mark.shared
def test_real_catalogues_split_without_losing_a_class(shared: Path) -> None:
    catalog = Catalog.read(shared / "data/bestbuy/catalog.csv.gz", target="leaf_category")
    train, validation, test = catalog.split(test=0.25, validation=0.15, seed=0)
    assert set(test.labels) | set(validation.labels) <= set(train.labels)
    assert len(test) / len(catalog) == pytest.approx(0.25, abs=0.02)
    assert len(validation) / len(catalog) == pytest.approx(0.15, abs=0.02)
    assert not set(train.groups) & set(test.groups)
