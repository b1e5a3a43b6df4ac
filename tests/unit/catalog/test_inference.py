"""Roles inferred from values and names, on made-up columns of every kind."""

from __future__ import annotations

import datetime
import json
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalog import Catalog, Role
from aisle.catalog.inference import infer_schema, normalised
from aisle.catalog.names import files, is_prose

DICE = random.Random(0)
ROWS = 60
WORDS = ["red", "blue", "green", "small", "large", "modern", "classic", "cosy", "soft", "sturdy"]
START = datetime.datetime(2024, 1, 1)
MOMENTS = [
    START + datetime.timedelta(days=DICE.randint(0, 300), seconds=DICE.randint(0, 80_000))
    for _ in range(ROWS)
]


def words(count: int) -> str:
    return " ".join(DICE.choice(WORDS) for _ in range(count))


def column_of(name: str, values: list) -> tuple[Role, str]:
    """Infer the role of one column, in a table that has a text and an identifier already."""
    others = {
        "title": [f"{words(4)} {n}" for n in range(len(values))],
        "sku": [f"SKU-{n:05d}" for n in range(len(values))],
    }
    found = infer_schema(pa.table({**others, name: values}))[name]
    return found.role, found.reason


def several(make: object, rows: int = ROWS) -> list:
    return [make(n) for n in range(rows)]  # type: ignore[operator]


CASES = [
    # never features
    ("anything", [None] * ROWS, Role.IGNORED),
    ("currency", ["EUR"] * ROWS, Role.IGNORED),
    ("active", [True] * ROWS, Role.IGNORED),
    ("link", several(lambda n: f"https://shop.example/mugs/red-mug-{n}"), Role.IGNORED),
    ("link", several(lambda n: f"shop-example.com/mugs/{n}"), Role.IGNORED),
    ("link", several(lambda n: f"https://shop.example/{n}" if n % 3 else "none"), Role.IGNORED),
    *[
        ("when", [moment.strftime(style) for moment in MOMENTS], Role.IGNORED)
        for style in (
            "%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d %b %Y", "%B %d, %Y", "%d-%b-%Y",
            "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S +0000", "%d.%m.%Y %H:%M",
            "%Y-%m-%dT%H:%M:%S.123+02:00", "%Y%m%d", "%m/%d/%Y %I:%M %p",
            "%a, %d %b %Y", "%Y年%m月%d日",
        )
    ],
    ("when", MOMENTS, Role.IGNORED),
    ("when", [moment.date() for moment in MOMENTS], Role.IGNORED),
    ("created", [int(moment.timestamp()) for moment in MOMENTS], Role.IGNORED),
    ("updated_at", [moment.timestamp() * 1000 for moment in MOMENTS], Role.IGNORED),
    ("zz", [int(moment.timestamp()) for moment in MOMENTS], Role.IGNORED),
    ("prep_time", several(lambda n: DICE.randint(5, 90)), Role.NUMBER),
    # identifiers
    ("product_number", several(lambda n: n * 3 + 100), Role.IGNORED),
    ("mpn", several(lambda n: f"MU-{DICE.randint(10000, 99999)}{n}"), Role.IGNORED),
    ("asin", several(lambda n: f"B07{DICE.randint(10, 30)}"), Role.IGNORED),
    ("ean", several(lambda n: 4006381300000 + 37 * n), Role.IGNORED),
    ("ean", several(lambda n: float(4006381300000 + 37 * n)), Role.IGNORED),
    ("zz", several(lambda n: 4006381300000 + 37 * n), Role.IGNORED),
    ("zz", several(lambda n: f"{n * 7919 % 100_000:07d}"), Role.IGNORED),
    ("zz", several(lambda n: f"{DICE.getrandbits(128):032x}"), Role.IGNORED),
    ("zz", several(lambda n: n + 1), Role.IGNORED),
    ("zz", several(lambda n: float((n * 17) % ROWS)), Role.IGNORED),
    ("Unnamed: 0", several(lambda n: n), Role.IGNORED),
    ("imageid", several(lambda n: DICE.randint(10**6, 10**9)), Role.IGNORED),
    ("slug", several(lambda n: f"red-mug-{n}"), Role.IGNORED),
    # codes that name things
    ("category_id", several(lambda n: n % 20), Role.CATEGORY),
    ("colour_code", several(lambda n: n % 5), Role.CATEGORY),
    ("zz", several(lambda n: f"{n % 9:03d}"), Role.CATEGORY),
    # numbers
    ("price", several(lambda n: f"${DICE.uniform(5, 3000):,.2f}"), Role.NUMBER),
    ("price", sorted(DICE.sample(range(100, 5000), ROWS)), Role.NUMBER),
    ("preis", several(lambda n: f"{n + 1}.299,00 €"), Role.NUMBER),
    ("zz", several(lambda n: "N/A" if n % 3 else str(n * 2.5)), Role.NUMBER),
    ("zz", several(lambda n: "-" if n % 2 else str(n * 2.5)), Role.NUMBER),
    ("stars", several(lambda n: "No rating yet" if n % 3 else str(n % 5)), Role.NUMBER),
    ("zz", several(lambda n: DICE.choice([3.5, 4.0, None])), Role.NUMBER),
    # categories
    ("in_stock", several(lambda n: n % 3 == 0), Role.CATEGORY),
    ("gift", several(lambda n: "yes" if n % 3 else "no"), Role.CATEGORY),
    ("brand_name", several(lambda n: f"Le Creuset {n}"), Role.CATEGORY),
    ("colour", several(lambda n: DICE.choice(WORDS)), Role.CATEGORY),
    ("zz", several(lambda n: f"Home > Kitchen > {DICE.choice(WORDS)}"), Role.CATEGORY),
    ("breadcrumb", several(lambda n: f"Home > {words(3)} > thing {n}"), Role.CATEGORY),
    ("dept", several(lambda n: "Home and Kitchen and Garden" if n % 2 else "Sport"), Role.CATEGORY),
    # texts
    ("description", several(lambda n: words(30)), Role.TEXT),
    ("name", several(lambda n: DICE.choice(["Mug", "Red mug", "Blue mug"])), Role.TEXT),
    ("name", several(lambda n: words(3)), Role.TEXT),
    ("title_de", several(lambda n: f"Tasse | rot | {n % 7}"), Role.TEXT),
    ("specs", several(lambda n: json.dumps({"weight": n, "material": "wood"})), Role.TEXT),
    ("zz", several(lambda n: words(9)), Role.TEXT),
    ("zz", several(lambda n: f"{words(1)}{n}{words(1)} ☕️"), Role.TEXT),
    ("zz", several(lambda n: "".join(DICE.choices("红蓝绿色陶瓷马克杯大小", k=12))), Role.TEXT),
    ("zz", several(lambda n: {"weight": n, "about": words(4)}), Role.TEXT),
    # the rest
    ("item_group_id", several(lambda n: f"G{n // 3}"), Role.GROUP),
    ("item_group_id", several(lambda n: f"G{n // 30}"), Role.IGNORED),
    ("embedding", several(lambda n: [0.5, -1.0, 2.0]), Role.VECTOR),
    ("embedding", several(lambda n: json.dumps([n / 7] * 8)), Role.VECTOR),
    ("tag_ids", several(lambda n: list(range(n % 5 + 1))), Role.IGNORED),
    ("photo", several(lambda n: f"images/{n}.jpg"), Role.IMAGE),
    ("photo", several(lambda n: {"bytes": b"\xff\xd8", "path": None}), Role.IMAGE),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values", "role"), CASES)
def test_a_column_gets_its_role(name: str, values: list, role: Role) -> None:
    found, reason = column_of(name, values)
    assert found is role, reason
    assert reason


@pytest.mark.parametrize("rows", [2, 8, 20, 500])
def test_row_numbers_and_skus_are_identifiers_in_tables_of_any_size(rows: int) -> None:
    table = pa.table(
        {
            "sku": [f"MUG-{n:04d}" for n in range(rows)],
            "row": [float(n) for n in range(rows)],
            "title": [f"{words(4)} {n}" for n in range(rows)],
        }
    )
    schema = infer_schema(table)
    assert schema.id == "sku"
    assert schema["row"].role is Role.IGNORED


def test_the_complete_identifier_is_the_id_and_the_other_is_ignored() -> None:
    table = pa.table({"ean": [1, None, 3] * 9, "title": [words(5)] * 27, "sku": list(range(27))})
    schema = infer_schema(table)
    assert schema.id == "sku"
    assert schema["ean"].role is not Role.ID


def test_a_copy_of_a_column_is_ignored() -> None:
    table = pa.table({"rating": [1, 2, 3, 4] * 6, "stars": [1, 2, 3, 4] * 6})
    assert infer_schema(table)["stars"].reason == "a copy of 'rating'"


def test_addresses_of_images_yield_to_files() -> None:
    table = pa.table(
        {
            "image_url": [f"https://cdn.example/{n}.jpg" for n in range(5)],
            "image": [f"images/{n}.jpg" for n in range(5)],
        }
    )
    schema = infer_schema(table)
    assert schema.names(Role.IMAGE) == ("image",)
    assert "'image' has the files" in schema["image_url"].reason


def test_a_catalogue_without_a_clear_text_takes_what_comes_nearest() -> None:
    rows = [f"{DICE.choice(WORDS)}{n % 15}{DICE.choice(WORDS)}" for n in range(18)]
    table = pa.table({"thing": rows, "colour": DICE.choices(WORDS, k=18)})
    assert infer_schema(table).names(Role.TEXT) == ("thing",)


def test_a_single_product_keeps_its_columns() -> None:
    schema = infer_schema(pa.table({"title": ["red mug"], "kind": ["mug"]}), target="kind")
    assert schema["title"].role is Role.TEXT
    assert schema.target == "kind"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("productId", "product_id"), ("Product ID ", "product_id"), ("Catégorie", "categorie"),
        ("Größe", "grosse"), ("ブランド", "ブランド"), ("类 别", "类_别"),
        ("unnamed: 0", "unnamed_0"), ("SKU", "sku"), ("  ", ""),
    ],
)  # fmt: skip
def test_names_are_folded_but_keep_their_script(name: str, expected: str) -> None:
    assert normalised(name) == expected


@pytest.mark.parametrize(
    ("name", "filing", "prose"),
    [
        ("department", True, False), ("sub_category", True, False), ("type", True, False),
        ("masterCategory", True, False), ("category_name", True, False),
        ("skin_type", False, False), ("age_group", False, False), ("title", False, True),
        ("product_name", False, True), ("brand_name", False, False),
        ("description_en", False, True), ("Kategorie", True, False),
        ("类别", True, False), ("商品名", False, True), ("colour", False, False),
    ],
)  # fmt: skip
def test_names_tell_filing_columns_from_texts(name: str, filing: bool, prose: bool) -> None:
    assert (files(normalised(name)), is_prose(normalised(name))) == (filing, prose)


cells = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.floats(), st.text(max_size=12),
    st.lists(st.text(max_size=3), max_size=2), st.dates(), st.binary(max_size=3),
)  # fmt: skip


@given(st.lists(st.fixed_dictionaries({"a": cells, "b": cells, "title": cells}), min_size=1))
def test_no_table_upsets_inference(rows: list[dict[str, object]]) -> None:
    catalog = Catalog.read(rows, target="b")
    assert [column.name for column in catalog.schema] == catalog.table.column_names
    assert len(catalog.schema.names(Role.ID)) <= 1
    assert all(column.reason for column in catalog.schema)
    assert len(catalog.groups) == len(catalog.texts()) == len(rows)


@given(st.text(max_size=30))
def test_no_name_upsets_inference(name: str) -> None:
    assert normalised(normalised(name)) == normalised(name)
    assert infer_schema(pa.table({name: [1.5, 2.5]})).columns[0].role is not Role.TARGET


def test_native_types_of_frames_keep_their_meaning() -> None:
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    frame = pandas.DataFrame(
        {
            "sku": pandas.array(range(ROWS), dtype="Int64"),
            "title": several(lambda n: words(6)),
            "colour": pandas.Categorical(several(lambda n: DICE.choice(WORDS))),
            "sold": pandas.array([True, None, False] * 20, dtype="boolean"),
            "count": pandas.array([5, None, 9] * 20, dtype="Int64"),
            "when": pandas.date_range("2024-01-01", periods=ROWS, tz="UTC"),
            "age": pandas.to_timedelta(range(ROWS), unit="h"),
            "vector": several(lambda n: np.ones(8)),
        }
    )
    expected = ["id", "text", "category", "category", "number", "ignored", "ignored", "vector"]
    for source in (frame, polars.from_pandas(frame)):
        assert [column.role.value for column in Catalog.read(source).schema] == expected


@pytest.mark.shared
def test_flipkart_columns_get_their_roles(shared: Path) -> None:
    schema = Catalog.read(shared / "data/flipkart/catalog.csv").schema
    assert schema.id == "product_id"
    assert schema.names(Role.TEXT) == ("title", "description", "specifications")
    assert schema.names(Role.IMAGE) == ("image",)
    assert {"pid", "crawl_timestamp", "product_url"} <= set(schema.names(Role.IGNORED))
    assert {"retail_price", "product_rating"} <= set(schema.names(Role.NUMBER))
