from __future__ import annotations

from pathlib import Path

import pytest

from aisle import Catalog, ProductClassifier
from aisle.encoders.pretrained.prompts import NamedCategory
from aisle.errors import CatalogError, EncoderError
from aisle.models import zero_shot
from aisle.models.zero_shot import NOTHING_TO_COMPARE, ZeroShotClassifier, zero_shot_score
from tests.unit.encoders.pretrained.test_zero_shot import colour_rows, pair_folder

ROLES = {"title": "text", "image": "image"}
COLOURS = ["red", "green", "blue"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("AISLE_ENCODERS", str(tmp_path / "home"))
    pair_folder(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    rows = colour_rows(tmp_path)
    rows[1]["image"] = str(tmp_path / "gone.png")
    return Catalog.read(rows, target="kind", roles=ROLES)


def test_a_row_a_product_in_order(catalog: Catalog) -> None:
    table = ZeroShotClassifier("tiny-pair", COLOURS).predict(catalog)
    assert table["id"].to_pylist() == catalog.ids
    assert table["category"].to_pylist() == ["red", "green", "blue", "red", None]
    assert table["decision"].to_pylist() == ["review"] * 5
    assert table["modalities"].to_pylist() == [
        ["text", "image"], ["text"], ["text", "image"], ["text"], [],
    ]  # fmt: skip
    errors = table["error"].to_pylist()
    assert "gone.png" in errors[1]
    assert errors[4] == NOTHING_TO_COMPARE
    assert [errors[0], errors[2], errors[3]] == [None] * 3


def test_alternatives_are_ranked_and_the_first_is_the_answer(catalog: Catalog) -> None:
    table = ZeroShotClassifier("tiny-pair", COLOURS).predict(catalog)
    for row in table.to_pylist()[:4]:
        shares = [one["probability"] for one in row["alternatives"]]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1)
        assert (row["alternatives"][0]["category"], shares[0]) == (
            row["category"], row["confidence"],
        )  # fmt: skip
    assert table["alternatives"].to_pylist()[4] == []
    assert table["confidence"].to_pylist()[4] is None
    many = ZeroShotClassifier("tiny-pair", [*COLOURS, *"abcdef"]).predict(catalog)
    assert [len(row) for row in many["alternatives"].to_pylist()] == [5, 5, 5, 5, 0]


def test_the_table_is_that_of_a_fitted_classifier(catalog: Catalog) -> None:
    rows = [{"size": n % 2, "kind": "ab"[n % 2]} for n in range(8)]
    few = Catalog.read(rows, target="kind", roles={"size": "category"})
    expected = ProductClassifier(settings=["folds=2"]).fit(few).predict(few).schema
    assert ZeroShotClassifier("tiny-pair", COLOURS).predict(catalog).schema == expected


def test_answers_do_not_depend_on_batches(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = ZeroShotClassifier("tiny-pair", COLOURS)
    whole = classifier.predict(catalog)
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(zero_shot, "_MOST_ROWS", 2)
    parts = classifier.predict(catalog, progress=lambda what, done, all: told.append((done, all)))
    assert parts.equals(whole)
    assert told == [(2, 5), (4, 5), (5, 5)]
    nothing = classifier.predict(catalog.take([]))
    assert (len(nothing), nothing.schema) == (0, whole.schema)


def test_rows_that_are_no_catalogue_yet() -> None:
    classifier = ZeroShotClassifier("tiny-pair", COLOURS, columns={"text": ["title"]})
    table = classifier.predict([{"title": "a blue one"}, {"title": "a red one"}])
    assert table["category"].to_pylist() == ["blue", "red"]
    assert table["id"].to_pylist() == ["0", "1"]


def test_synonyms_and_paths(catalog: Catalog) -> None:
    warm = NamedCategory("Shades > Warm", synonyms=("red",))
    table = ZeroShotClassifier("tiny-pair", [warm, "green", "blue"]).predict(catalog)
    assert table["category"].to_pylist()[:4] == ["Shades > Warm", "green", "blue", "Shades > Warm"]


def test_the_score_counts_products_without_an_answer_as_errors(catalog: Catalog) -> None:
    classifier = ZeroShotClassifier("tiny-pair", COLOURS)
    score = zero_shot_score(catalog, classifier.predict(catalog), classifier.classes_)
    assert score is not None
    assert (score.rows, score.accuracy, score.unlisted) == (5, 0.8, 0)
    assert score.accuracy_interval[0] < 0.8 < score.accuracy_interval[1]
    assert score.macro_f1 == pytest.approx((1 + 1 + 2 / 3) / 3)


def test_the_score_of_a_catalogue_with_other_categories_or_none(catalog: Catalog) -> None:
    classifier = ZeroShotClassifier("tiny-pair", ["green", "blue"])
    table = classifier.predict(catalog)
    score = zero_shot_score(catalog, table, classifier.classes_)
    assert score is not None
    assert (score.rows, score.accuracy, score.unlisted) == (5, 0.4, 2)
    plain = Catalog.read(catalog.table.drop_columns(["kind"]), roles=ROLES)
    assert zero_shot_score(plain, table, classifier.classes_) is None


def test_a_quantity_is_no_category(catalog: Catalog, priced: Catalog) -> None:
    with pytest.raises(CatalogError, match="'price' is a quantity"):
        zero_shot_score(priced, ZeroShotClassifier("tiny-pair", COLOURS).predict(catalog), COLOURS)


def test_mistakes_are_told_before_any_work() -> None:
    with pytest.raises(CatalogError, match="at least two"):
        ZeroShotClassifier("tiny-pair", ["red"]).classes_  # noqa: B018
    with pytest.raises(CatalogError, match="no place for the name"):
        ZeroShotClassifier("tiny-pair", COLOURS, templates=("a photo",)).predict([{"title": "a"}])
    with pytest.raises(EncoderError, match="no encoder 'tiny-pear'"):
        ZeroShotClassifier("tiny-pear", COLOURS).predict([{"title": "a"}])
