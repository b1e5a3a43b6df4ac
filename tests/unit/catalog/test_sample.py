from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from aisle.catalog.sample import (
    Product,
    SampleOptions,
    draw_product,
    make_sample,
    sample_products,
    sample_table,
)
from aisle.catalog.sample.canvas import Canvas, Placement
from aisle.catalog.sample.dice import Dice
from aisle.catalog.sample.outlines import arc, both_sides, box, smooth
from aisle.catalog.sample.shapes import SILHOUETTES, Paint
from aisle.catalog.sample.vocabulary import vocabulary
from aisle.catalog.sample.wording import misspell
from aisle.errors import AisleError, CatalogError

MENTION = re.compile(r"\$?(\d+\.\d\d)( USD)?")


@pytest.fixture(scope="module")
def products() -> list[Product]:
    return list(sample_products(SampleOptions(products=3000)))


def _row(product: Product) -> int:
    return int(product.id[1:]) - 1


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_options_write_the_same_bytes(tmp_path: Path) -> None:
    options = SampleOptions(products=20, image_size=48, seed=3)
    make_sample(tmp_path / "a", options)
    make_sample(tmp_path / "b", options)
    make_sample(tmp_path / "c", replace(options, seed=4))
    first = _files(tmp_path / "a")
    assert len(first) > 10
    assert first == _files(tmp_path / "b")
    other = _files(tmp_path / "c")
    assert first["catalog.csv"] != other["catalog.csv"]
    assert not set(first.values()) & set(other.values())


def test_csv_and_table_hold_the_same_rows(tmp_path: Path) -> None:
    options = SampleOptions(products=60, image_size=24)
    path = make_sample(tmp_path, options)
    assert path == tmp_path / "catalog.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        written = list(csv.DictReader(lines))
    table = sample_table(options)
    assert list(written[0]) == table.column_names
    for ours, theirs in zip(table.to_pylist(), written, strict=True):
        for name, value in ours.items():
            if value is None:
                assert theirs[name] == ""
            elif isinstance(value, float):
                assert float(theirs[name]) == value
            else:
                assert theirs[name] == str(value)


def test_every_photograph_that_is_named_exists_and_no_other(tmp_path: Path) -> None:
    options = SampleOptions(products=60, image_size=40, missing_image=0.3)
    make_sample(tmp_path, options)
    named = {name for name in sample_table(options)["image"].to_pylist() if name}
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.glob("images/*")}
    assert found == named
    assert 20 < len(named) < 60
    for name in named:
        with Image.open(tmp_path / name) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (40, 40))


def test_without_images_nothing_is_drawn_and_the_column_is_empty(tmp_path: Path) -> None:
    options = SampleOptions(products=30, images=False)
    make_sample(tmp_path, options)
    assert [path.name for path in tmp_path.iterdir()] == ["catalog.csv"]
    assert sample_table(options)["image"].null_count == 30
    same = sample_table(replace(options, images=True))
    assert same.drop(["image"]).equals(sample_table(options).drop(["image"]))


def test_a_row_does_not_depend_on_how_many_rows_there_are() -> None:
    short = sample_table(SampleOptions(products=40, near_duplicates=0.4))
    long = sample_table(SampleOptions(products=90, near_duplicates=0.4))
    assert long.slice(0, 40).equals(short)


def test_department_and_path_are_determined_by_the_category(products: list[Product]) -> None:
    names = {product.category for product in products}
    assert len(names) == 12
    assert len({(p.category, p.department, p.category_path) for p in products}) == 12
    assert all(p.category_path == f"{p.department} > {p.category}" for p in products)
    assert len({product.id for product in products}) == len(products)


def test_classes_are_mildly_unbalanced(products: list[Product]) -> None:
    counts = Counter(product.category for product in products).values()
    assert 2 < max(counts) / min(counts) < 5


def test_shares_of_faults_are_as_asked(products: list[Product]) -> None:
    def share(found: list[bool]) -> float:
        return sum(found) / len(found)

    untold = [p for p in products if p.description is None]
    assert len(untold) / len(products) == pytest.approx(0.05, abs=0.015)
    assert share([p.title is None for p in untold]) == pytest.approx(1 / 3, abs=0.15)
    assert all(p.description is None for p in products if p.title is None)
    assert share([p.image is None for p in products]) == pytest.approx(0.08, abs=0.02)
    assert share([p.weight_g is None for p in products]) == pytest.approx(0.12, abs=0.025)
    shapes = {category.name: category.shape for category in vocabulary().categories}
    wrong = [shapes[p.category] != p.look.shape for p in products]
    assert share(wrong) == pytest.approx(0.02, abs=0.01)
    repeated = [p.look.key[1] != _row(p) for p in products]
    assert share(repeated) == pytest.approx(0.06, abs=0.02)


def test_faults_can_be_switched_off_without_touching_the_rest() -> None:
    clean = SampleOptions(
        products=300, missing_text=0, missing_image=0, label_noise=0, near_duplicates=0
    )
    shapes = {category.name: category.shape for category in vocabulary().categories}
    table = sample_table(clean)
    for name in ("title", "description", "image"):
        assert table[name].null_count == 0
    assert all(shapes[p.category] == p.look.shape for p in sample_products(clean))
    noisy = sample_table(replace(clean, missing_text=0.5, label_noise=0.5))
    assert noisy["price"].equals(table["price"])
    assert not noisy["category"].equals(table["category"])


def test_wrong_labels_come_from_the_same_department() -> None:
    options = SampleOptions(products=400, categories=26, label_noise=1.0)
    home = {category.shape: category.department for category in vocabulary().categories[:26]}
    for product in sample_products(options):
        assert product.department == home[product.look.shape]


def test_near_duplicates_repeat_an_earlier_product(products: list[Product]) -> None:
    copies = [p for p in products if p.look.key[1] != _row(p)]
    alike = []
    for copy in copies:
        source = products[copy.look.key[1]]
        assert _row(source) < _row(copy)
        assert source.look.nudge == 0
        assert copy.look.nudge == _row(copy)
        assert copy.category == source.category
        texts = [f"{p.title} {p.description}" for p in (copy, source)]
        if "None" not in " ".join(texts):
            first, second = (set(re.findall(r"\w+", text.lower())) for text in texts)
            alike.append(len(first & second) / len(first | second))
    assert len(alike) > 100
    assert np.median(alike) > 0.85


def test_near_duplicates_have_nearly_the_same_photograph() -> None:
    options = SampleOptions(products=250, near_duplicates=0.2)
    rows = list(sample_products(options))
    same_colour = [
        (p, rows[p.look.key[1]])
        for p in rows
        if p.look.nudge and p.look.colour == rows[p.look.key[1]].look.colour
    ]
    assert len(same_colour) > 10
    for copy, source in same_colour[:10]:
        first, second = draw_product(copy, 64), draw_product(source, 64)
        difference = ImageStat.Stat(ImageChops.difference(first, second)).mean
        assert 0 < np.mean(difference) < 8


def test_a_third_of_the_descriptions_name_the_price(products: list[Product]) -> None:
    told = [p for p in products if p.description]
    named = [p for p in told if MENTION.search(p.description or "")]
    assert 0.28 < len(named) / len(told) < 0.4
    for product in named:
        found = MENTION.search(product.description or "")
        assert found is not None
        assert float(found.group(1)) == product.price


def test_price_follows_category_brand_and_weight(products: list[Product]) -> None:
    rows = [p for p in products if p.brand and p.weight_g]
    base = {category.shape: np.log(category.price) for category in vocabulary().categories[:26]}
    brands = {brand.name: np.log(brand.factor) for brand in vocabulary().brands}
    price = np.log([p.price for p in rows])
    columns = [
        [base[p.look.shape] for p in rows],
        [brands[p.brand or ""] for p in rows],
        [1.0] * len(rows),
    ]
    design = np.array(columns).T
    weights, *_ = np.linalg.lstsq(design, price, rcond=None)
    assert weights[:2] == pytest.approx([1.0, 1.0], abs=0.12)
    left = price - design @ weights
    assert 0.75 < 1 - left.var() / price.var() < 0.97
    assert min(p.price for p in products) > 0


def test_texts_are_varied_and_free_of_open_slots(products: list[Product]) -> None:
    titles = [p.title for p in products if p.title and not p.look.nudge]
    assert len(set(titles)) > 0.95 * len(titles)
    for product in products:
        text = f"{product.title} {product.description}"
        assert "{" not in text
        assert not re.search(r"\b[aA] [aeioAEIO]", text)
    borrowed = [p for p in products if "travel mug" in (p.title or "").lower()]
    assert {p.category for p in borrowed} >= {"Mugs", "Drink Bottles"}


def test_all_categories_are_usable() -> None:
    words = vocabulary()
    assert len(words.categories) == 626
    assert len({category.name for category in words.categories}) == 626
    written = words.categories[:26]
    assert all(category.variety is None for category in written)
    assert len({category.department for category in written}) == 6
    names = {category.name for category in words.categories}
    known = {colour.name for colour in words.colours}
    for category in words.categories:
        assert category.shape in SILHOUETTES
        assert category.lookalike in names - {category.name}
        assert words.brands_of(category.department)
        assert set(category.colours) <= known
    assert {category.shape for category in written} == set(SILHOUETTES)


@given(count=st.integers(2, 626), seed=st.integers(0, 2**40))
@settings(max_examples=20, deadline=None)
def test_any_number_of_categories_gives_rows_of_those_categories(count: int, seed: int) -> None:
    table = sample_table(SampleOptions(products=15, categories=count, seed=seed))
    allowed = {category.name for category in vocabulary().categories[:count]}
    assert table.num_rows == 15
    assert set(table["category"].to_pylist()) <= allowed


def test_hundreds_of_categories_all_occur() -> None:
    table = sample_table(SampleOptions(products=8000, categories=400))
    assert len(set(table["category"].to_pylist())) > 390


@pytest.mark.parametrize("shape", sorted(SILHOUETTES))
def test_every_silhouette_fills_a_sensible_part_of_the_picture(shape: str) -> None:
    pictures = set()
    for number in range(12):
        canvas = Canvas(64, Placement(scale=0.4))
        paint = Paint((186, 58, 56), (74, 132, 136), (186, 190, 196), None)
        SILHOUETTES[shape](canvas, paint, Dice(number))
        product, mask = canvas.finish()
        covered = ImageStat.Stat(mask).mean[0] / 255
        assert 0.02 < covered < 0.75
        box_found = mask.getbbox()
        assert box_found is not None
        assert min(box_found[2] - box_found[0], box_found[3] - box_found[1]) > 5
        outside = ImageChops.multiply(product.convert("L"), mask.point([255] + [0] * 255))
        assert outside.getbbox() is None
        pictures.add(product.tobytes())
    assert len(pictures) > 6


def test_a_photograph_shows_the_colour_of_its_row(products: list[Product]) -> None:
    plain = next(p for p in products if p.look.shape == "mug")
    middles = []
    for colour in ((200, 40, 40), (40, 60, 200)):
        look = replace(plain.look, colour=colour)
        pixels = np.asarray(draw_product(replace(plain, look=look), 96), dtype=float)
        middles.append(pixels[30:66, 30:66].mean(axis=(0, 1)))
    assert middles[0][0] - middles[0][2] > middles[1][0] - middles[1][2] + 40


@pytest.mark.parametrize("size", [16, 33, 224])
def test_odd_photographs_have_the_right_size_too(products: list[Product], size: int) -> None:
    rows = products[:: 30 if size < 100 else 150]
    for product in rows:
        picture = draw_product(product, size)
        assert (picture.mode, picture.size) == ("RGB", (size, size))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("products", 0),
        ("products", 2.5),
        ("categories", 1),
        ("categories", 627),
        ("missing_text", 1.2),
        ("label_noise", -0.1),
        ("near_duplicates", float("nan")),
        ("image_size", 4),
        ("seed", -1),
    ],
)
def test_options_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(CatalogError, match=rf"{name}.*expected.*found"):
        SampleOptions(**{name: value})


def test_a_folder_that_cannot_be_made_is_a_users_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AisleError, match="could not be written"):
        make_sample(tmp_path / "file", SampleOptions(products=3))
    (tmp_path / "images").write_text("in the way")
    with pytest.raises(AisleError, match="images"):
        make_sample(tmp_path, SampleOptions(products=5, image_size=32))
    assert not (tmp_path / "catalog.csv").exists()


@given(text=st.text(max_size=60), seed=st.integers(0, 1000))
def test_a_slip_changes_at_most_one_letter_in_length(text: str, seed: int) -> None:
    slipped = misspell(text, Dice(seed))
    assert abs(len(slipped) - len(text)) <= 1
    words = re.findall(r"[^\W\d_]{4,}", text)
    if not words:
        assert slipped == text


@given(key=st.lists(st.integers(0, 2**62), min_size=1, max_size=3))
@settings(max_examples=30)
def test_dice_stay_in_range_and_repeat(key: list[int]) -> None:
    first, second = Dice(*key), Dice(*key)
    for _ in range(100):
        value = first.roll()
        assert 0 <= value < 1
        assert second.roll() == value
    assert {first.below(3) for _ in range(100)} == {0, 1, 2}


def test_normal_draws_have_mean_zero_and_unit_variance() -> None:
    dice = Dice(5)
    draws = np.array([dice.normal() for _ in range(5000)])
    assert draws.mean() == pytest.approx(0, abs=0.06)
    assert draws.std() == pytest.approx(1, abs=0.05)


def test_curves_pass_through_their_points() -> None:
    points = [(0.0, 0.0), (0.5, 0.4), (1.0, -0.3), (0.2, -0.8)]
    for closed in (True, False):
        curve = smooth(points, closed=closed)
        for point in points:
            assert np.abs(curve - np.array(point)).sum(axis=1).min() < 1e-12
    assert smooth(points, closed=False)[-1] == pytest.approx(points[-1])
    mirrored = both_sides(points[1:3])
    assert mirrored == [(0.5, 0.4), (1.0, -0.3), (-1.0, -0.3), (-0.5, 0.4)]
    assert np.hypot(*arc(0, 0, 0.5, 0.5, 10, 80).T) == pytest.approx(0.5)
    corners = box(-1, -0.5, 1, 0.5, 0.2)
    assert corners.min(axis=0) == pytest.approx([-1, -0.5])
    assert corners.max(axis=0) == pytest.approx([1, 0.5])
