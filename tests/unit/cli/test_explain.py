"""`aisle explain`, from what is typed to what lies on disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from aisle import Catalog, ProductClassifier
from aisle.cli.explain import explain
from aisle.cli.main import main
from tests.products import product_rows
from tests.unit.cli.conftest import write_csv


@pytest.fixture(scope="module")
def model(products: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = ["folds=2", "learning_curve=false", "fusion=late"]
    path = tmp_path_factory.mktemp("model") / "model.aisle"
    ProductClassifier(recipe="fast", settings=settings).fit(products).save(path)
    return path


@pytest.fixture
def place(tmp_path: Path, screen: None) -> Path:
    write_csv(tmp_path / "catalog.csv", product_rows(12))
    return tmp_path


def test_help_has_one_sentence_and_an_example(
    check_help: Callable[[str, Callable[..., None]], None],
) -> None:
    check_help("explain", explain)


def test_a_product_is_explained_on_screen_and_on_disk(
    model: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, data, catalog = place / "why.html", place / "why.json", place / "catalog.csv"
    given = ["--id", "S0001", "--html", str(page), "--json", str(data), "--train", str(catalog)]
    assert main(["explain", str(model), str(catalog), *given]) == 0
    out = capsys.readouterr().out
    assert "S0001" in out
    assert "Lamps" in out
    assert "words (text): " in out
    assert "nearest in training" in out
    assert "--against" in out
    told = json.loads(data.read_text(encoding="utf-8"))
    assert [product["id"] for product in told["products"]] == ["S0001"]
    assert len(told["products"][0]["neighbours"]) == 5
    assert "Why this category" in page.read_text(encoding="utf-8")


def test_several_ids_and_samples_make_a_gallery(
    model: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, catalog = place / "why.json", place / "catalog.csv"
    ids = ["--id", "S0003", "--id", "S0001"]
    assert main(["explain", str(model), str(catalog), *ids, "--json", str(data)]) == 0
    told = json.loads(data.read_text(encoding="utf-8"))
    assert [product["id"] for product in told["products"]] == ["S0003", "S0001"]
    assert main(["explain", str(model), str(catalog), "--sample", "6", "--json", str(data)]) == 0
    assert len(json.loads(data.read_text(encoding="utf-8"))["products"]) == 6
    assert "and 1 more" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((), "which products? Name one with --id"),
        (("--id", "S0001", "--sample", "3"), "give one of the two"),
        (("--id", "S001"), "there is no product 'S001'"),
        (("--id", "S0001", "--against", "Shoes"), "knows no category 'Shoes'"),
        (("--id", "S0001", "--html", "why.txt"), "expected .html"),
    ],
)
def test_mistakes_are_told(
    model: Path,
    place: Path,
    capsys: pytest.CaptureFixture[str],
    given: tuple[str, ...],
    words: str,
) -> None:
    assert main(["explain", str(model), str(place / "catalog.csv"), *given]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
