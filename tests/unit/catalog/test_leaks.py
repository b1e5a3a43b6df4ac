"""Leaks: what files a product like the target is found, what merely predicts is not."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalog import Catalog, Role, Task
from aisle.catalog.leak_paths import segments
from aisle.catalog.sample import SampleOptions, sample_table

DEPARTMENT = {
    "Mugs": "Home", "T-Shirts": "Fashion", "Desk Lamps": "Home", "Running Shoes": "Fashion",
    "Sofas": "Furniture", "Headphones": "Electronics", "Novels": "Media", "Watches": "Fashion",
}  # fmt: skip
CLASSES = list(DEPARTMENT)
STUFFS = ["ceramic", "cotton", "metal", "mesh", "leather", "plastic", "paper", "steel"]
MATERIAL = dict(zip(CLASSES, STUFFS, strict=True))
SHIPPING = {"Home": "fragile", "Furniture": "bulky"}
SEPARATORS = [" > ", " / ", " | ", " » ", "/", ">>", " - ", " :: ", "|", " → ", ";", "\\"]
WORDS = ["red", "blue", "green", "small", "large", "modern", "classic", "cosy", "soft", "sturdy"]


def shop(rows: int, seed: int = 0, classes: list[str] = CLASSES) -> list[dict[str, object]]:
    """Make up products with every sort of leak, and every sort of honest column."""
    dice = random.Random(seed)
    code = {label: 101 + n for n, label in enumerate(CLASSES)}
    products = []
    for n in range(rows):
        label = classes[n % len(classes)] if rows < 40 else dice.choice(classes)
        home = DEPARTMENT[label]
        fashion = home == "Fashion"
        products.append(
            {
                "title": f"{dice.choice(WORDS)} {dice.choice(WORDS)} {label[:-1].lower()}",
                "description": " ".join(dice.choices(WORDS, k=dice.randint(6, 20))) + f" {label}",
                "category": label,
                "category_id": code[label],
                "cat_code": float(code[label]),
                "department": home,
                "sector": home.upper(),
                "subcategory": dice.choice(["Plain ", "Fancy "]) + label,
                "google_product_category": f"Goods > {home} > {label} & More",
                "category_slug": label.lower().replace(" ", "-"),
                "crumb_list": ["All", home, label],
                "crumb_json": json.dumps([home, label]),
                "crumb_python": str([home, label]),
                "full_category": f"{home} {label}",
                **{
                    f"breadcrumb_{place}": sign.join(["All", home, label])
                    for place, sign in enumerate(SEPARATORS)
                },
                "c17": code[label],
                "zz": f"k{7 * code[label]}",
                "tax_rate": 0.2 if fashion else 0.05,
                "shipping_class": SHIPPING.get(home, "parcel"),
                "brand": f"Brand{label[:2]}{dice.randint(0, 2)}",
                "marque": f"Marque{label[:2]}{dice.randint(0, 2)}",
                "seller": dice.choice(["Acme", "Bolt", "Core"]),
                "colour": dice.choice(["teal", "lime"] if label == "Mugs" else ["red", "blue"]),
                "size": dice.choice(["S", "M"] if fashion else ["one size"]),
                "gender": dice.choice(["women", "men"]) if fashion else "unisex",
                "material": MATERIAL[label],
                "price": f"${10 * code[label] - 1000 + dice.randint(0, 9)}.00",
                "gift": dice.random() < 0.5,
            }
        )  # fmt: skip
    dice.shuffle(products)
    return products


BY_NAME = [
    "category_id", "cat_code", "department", "sector", "subcategory", "google_product_category",
    "category_slug", "crumb_list", "crumb_json", "crumb_python", "full_category",
    *[f"breadcrumb_{place}" for place in range(len(SEPARATORS))],
]  # fmt: skip
BY_EVIDENCE = ["c17", "zz", "tax_rate", "shipping_class"]
HONEST = [
    "title", "description", "brand", "marque", "seller", "colour", "size", "gender", "material",
    "price", "gift",
]  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("rows", [12, 24, 60, 300])
def test_leaks_are_found_and_honest_columns_are_used(rows: int, seed: int) -> None:
    classes = CLASSES[:4] if rows < 40 else CLASSES
    schema = Catalog.read(shop(rows, seed, classes), target="category").schema
    leaks = {column.name for column in schema if column.leak}
    assert set(BY_NAME) <= leaks
    assert not leaks & set(HONEST)
    assert all(schema[name].role is not Role.IGNORED for name in HONEST)
    if rows >= 24:
        assert set(BY_EVIDENCE) <= leaks


def test_a_leak_says_why() -> None:
    schema = Catalog.read(shop(300), target="category").schema
    assert "a path that contains it in 300 of 300 rows" in schema["breadcrumb_0"].reason
    assert "each class has one value of it (5 values over 300 rows)" in schema["department"].reason
    assert "and the other way round" in schema["category_id"].reason
    assert "repeated values" in schema["subcategory"].reason


@pytest.mark.parametrize("seed", range(5))
def test_a_parent_with_one_row_in_a_hundred_wrong_is_still_a_leak(seed: int) -> None:
    dice = random.Random(seed)
    products = shop(300, seed)
    for product in dice.sample(products, 3):
        product["department"] = dice.choice(["Home", "Fashion", "Media"])
        product["zz"] = "k707"
    schema = Catalog.read(products, target="category").schema
    assert schema["department"].leak
    assert schema["zz"].leak


def test_a_column_that_merely_predicts_well_is_no_leak() -> None:
    dice = random.Random(0)
    products = shop(400)
    for product in products:
        if dice.random() < 0.15:
            product["zz"] = f"k{dice.randint(1, 9)}"
    assert not Catalog.read(products, target="category").schema["zz"].leak


def test_columns_for_one_class_or_two_are_no_leak() -> None:
    products = shop(200)
    for n, product in enumerate(products):
        is_shoe = product["category"] == "Running Shoes"
        product["neckline"] = ["round", "v"][n % 2] if product["category"] == "T-Shirts" else None
        product["fastening"] = "laces" if is_shoe else None
        product["skin_type"] = ["dry", "oily"][n % 2] if product["category"] == "Mugs" else None
    schema = Catalog.read(products, target="category").schema
    assert not any(schema[name].leak for name in ("neckline", "fastening", "skin_type"))


def test_the_same_text_for_a_whole_class_is_no_leak_when_it_is_the_only_text() -> None:
    products = [{"name": name, "label": name.lower()} for name in CLASSES * 10]
    assert Catalog.read(products, target="label").schema["name"].role is Role.TEXT


def test_a_column_that_is_one_to_one_with_many_classes_is_their_twin_whatever_its_name() -> None:
    dice = random.Random(0)
    products = [
        {"title": " ".join(dice.choices(WORDS, k=6)), "kind": f"class {n % 12}", "style": n % 12}
        for n in range(120)
    ]
    assert Catalog.read(products, target="kind").schema["style"].leak


def test_a_copy_of_a_leak_is_a_leak() -> None:
    products = [{**product, "department_2": product["department"]} for product in shop(60)]
    assert Catalog.read(products, target="category").schema["department_2"].leak


def test_relatives_of_a_brand_leak_it() -> None:
    products = shop(200)
    for product in products:
        product["brand_id"] = str(hash_of(str(product["brand"])))
    schema = Catalog.read(products, target="brand").schema
    assert schema["brand_id"].leak
    assert not schema["title"].leak


def hash_of(text: str) -> int:
    return sum(ord(letter) * 31**place for place, letter in enumerate(text)) % 10_007


def test_a_family_that_is_the_class_is_a_leak_and_families_of_variants_are_not() -> None:
    products = shop(120)
    for n, product in enumerate(products):
        product["item_group_id"] = f"{product['category']}-{n // 3}"
    assert Catalog.read(products, target="category").schema["item_group_id"].role is Role.GROUP


@pytest.mark.parametrize("target", ["price", "Preis", "售价"])
def test_prices_related_to_the_target_price_are_ignored(target: str) -> None:
    dice = random.Random(0)
    prices = [dice.randint(100, 900) for _ in range(60)]
    band = ["low", "middle", "high", "top"]
    table = pa.table(
        {
            "title": [" ".join(dice.choices(WORDS, k=5)) for _ in prices],
            target: [f"${price}" for price in prices],
            "retail_price": [price + dice.randint(0, 200) for price in prices],
            "mrp": [f"₹{2 * price}" for price in prices],
            "zz": [price * 1.19 for price in prices],
            "zz_band": [band[(price - 100) // 201] for price in prices],
            "price_range": [band[(price - 100) // 201] for price in prices],
            "weight": [dice.randint(1, 500) for _ in prices],
            "category": [dice.choice(CLASSES) for _ in prices],
        }
    )
    catalog = Catalog.read(table, target=target)
    assert catalog.task is Task.REGRESS
    leaks = {column.name for column in catalog.schema if column.leak}
    assert leaks == {"retail_price", "mrp", "zz", "zz_band", "price_range"}


def test_a_tiny_catalogue_of_prices_goes_by_the_names() -> None:
    rows = [{"name": f"red mug {n}", "price": 2.5 * n, "list_price": 3 * n} for n in range(8)]
    assert Catalog.read(rows, target="price").schema["list_price"].leak


def test_fashion_catalogues_leak_the_master_category_and_not_the_gender() -> None:
    dice = random.Random(0)
    tree = {
        "Shirts": ("Apparel", "Topwear"), "Tops": ("Apparel", "Topwear"),
        "Jeans": ("Apparel", "Bottomwear"), "Sandals": ("Footwear", "Sandal"),
        "Sneakers": ("Footwear", "Shoes"), "Watches": ("Accessories", "Watches"),
    }  # fmt: skip
    products = []
    for _ in range(300):
        article = dice.choice(list(tree))
        products.append(
            {
                "id": dice.randint(1, 10**6),
                "gender": "Women" if article == "Tops" else dice.choice(["Men", "Women"]),
                "masterCategory": tree[article][0],
                "subCategory": tree[article][1],
                "articleType": article,
                "baseColour": dice.choice(WORDS),
                "year": dice.choice([2011, 2012]),
                "productDisplayName": f"{' '.join(dice.choices(WORDS, k=3))} {article}",
            }
        )
    by_article = Catalog.read(products, target="articleType").schema
    by_master = Catalog.read(products, target="masterCategory").schema
    assert {c.name for c in by_article if c.leak} == {"masterCategory", "subCategory"}
    assert {c.name for c in by_master if c.leak} == {"articleType", "subCategory"}
    assert by_article["productDisplayName"].role is Role.TEXT


def test_leaks_are_found_in_german_and_in_chinese() -> None:
    dice = random.Random(0)
    german, chinese = [], []
    for n in range(200):
        group, kind, mark = dice.choice(
            [("Küche", "Tasse", "杯子"), ("Küche", "Topf", "锅具"), ("Mode", "Hemd", "衬衫")]
        )
        german.append(
            {"Artikelnummer": f"A{n:05d}", "Bezeichnung": f"{kind} {dice.choice(WORDS)}",
             "Hersteller": f"Firma {kind}", "Warengruppe": group, "Kategorie": kind}
        )  # fmt: skip
        chinese.append(
            {"标题": "".join(dice.choices("红蓝绿陶瓷时尚简约", k=9)) + mark, "品牌": f"牌{mark}",
             "部門": group, "类别": mark}
        )  # fmt: skip
    first = Catalog.read(german, target="Kategorie").schema
    second = Catalog.read(chinese, target="类别").schema
    assert {c.name for c in first if c.leak} == {"Warengruppe"}
    assert {c.name for c in second if c.leak} == {"部門"}
    assert first.id == "Artikelnummer"
    assert second["标题"].role is Role.TEXT


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("A > B>C", ["A", "B", "C"]), ('["A >> B"]', ["A", "B"]), ("A/B", ["A", "B"]),
        ("A :: B | C", ["A", "B", "C"]), ("['A', 'B']", ["A", "B"]), ("A", ["A"]),
        ('[{"id": "1", "name": "A"}]', ["1", "A"]), ("", []), ("[", []),
    ],
)  # fmt: skip
def test_paths_are_split_into_their_names(value: str, names: list[str]) -> None:
    assert segments(value) == names


@given(st.text(max_size=40))
def test_no_value_upsets_the_reading_of_paths(value: str) -> None:
    assert all(part.strip() == part and part for part in segments(value))


def test_the_sample_catalogue_leaks_its_department_and_its_path() -> None:
    table = sample_table(SampleOptions(products=600, images=False))
    schema = Catalog.read(table, target="category").schema
    assert {c.name for c in schema if c.leak} == {"department", "category_path"}
    assert schema.names(Role.CATEGORY) == ("brand", "colour", "material")
    assert schema["created_at"].role is Role.IGNORED


@pytest.mark.shared
def test_flipkart_leaks(shared: Path) -> None:
    path = shared / "data/flipkart/catalog.csv"
    top = Catalog.read(path, target="category").schema
    assert {c.name for c in top if c.leak} == {"category_tree", "subcategory"}
    assert top.names(Role.TEXT) == ("title", "description", "specifications")
    assert top["brand"].role is Role.CATEGORY
    assert {top[name].role for name in ("product_url", "pid", "crawl_timestamp")} == {Role.IGNORED}
    second = Catalog.read(path, target="subcategory").schema
    assert {c.name for c in second if c.leak} == {"category_tree", "category"}
    priced = Catalog.read(path, target="discounted_price")
    assert priced.task is Task.REGRESS
    assert {c.name for c in priced.schema if c.leak} == {"retail_price"}
    assert "price related" in priced.schema["retail_price"].reason


@pytest.mark.shared
def test_best_buy_leaks(shared: Path) -> None:
    schema = Catalog.read(shared / "data/bestbuy/catalog.csv.gz", target="leaf_category").schema
    assert all(schema[name].leak for name in ("category_path", "department", "category"))
    assert schema.names(Role.TEXT) == ("name", "description")
    assert schema["manufacturer"].role is Role.CATEGORY
    assert schema.id == "sku"
