"""`aisle study`, from what is typed to what lies on disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from aisle.cli.main import main
from aisle.cli.study import study
from tests.products import product_rows
from tests.unit.cli.conftest import write_csv

QUICK = ["--encoder", "tfidf", "--encoder", "tfidf-stems", "--projection", "pca", "--seeds", "2"]


@pytest.fixture
def place(tmp_path: Path, screen: None) -> Path:
    write_csv(tmp_path / "catalog.csv", product_rows(45))
    return tmp_path


def test_help_has_one_sentence_and_an_example(
    check_help: Callable[[str, Callable[..., None]], None],
) -> None:
    check_help("study", study)


def test_a_study_is_shown_and_written(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalog = place / "catalog.csv"
    page, data, table = place / "s.html", place / "s.json", place / "s.csv"
    given = ["--target", "kind", "--html", str(page), "--json", str(data), "--csv", str(table)]
    assert main(["study", str(catalog), *given, *QUICK]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "45 products of 3 classes" in out
    assert "tfidf-stems PCA" in out
    assert "eparable without labels" in out
    assert f"aisle train {catalog} --target kind -o model.aisle" in out
    told = json.loads(data.read_text("utf-8"))
    assert {r["encoder"] for r in told["results"]} == {"tfidf", "tfidf-stems"}
    assert {r["seeds"] for r in told["results"]} == {2}
    assert len(table.read_text("utf-8").splitlines()) == 3
    assert "Products in a plane" in page.read_text("utf-8")


def test_a_catalogue_without_classes_is_studied(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--ignore", "kind", "--text", "title", "--json", "-"]
    assert main(["study", str(place / "catalog.csv"), *given, *QUICK]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert told["target"] is None
    assert {r["ari"] for r in told["results"]} == {None}
    assert "aisle zero-shot" in captured.err


def test_a_sample_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--target", "kind", "--sample", "30", "--clusters", "2"]
    assert main(["study", str(place / "catalog.csv"), *given, *QUICK]) == 0
    out = capsys.readouterr().out
    assert "30 products" in out
    assert "2 clusters, as asked for" in out


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--projection", "lda"], "no projection 'lda'"),
        (["--encoder", "hog"], "reads image"),
        (["--clusters", "40"], "expected 2 to 22"),
        (["--csv", "s.txt"], "expected .csv"),
    ],
)
def test_mistakes_are_explained(
    place: Path, capsys: pytest.CaptureFixture[str], given: list[str], told: str
) -> None:
    assert main(["study", str(place / "catalog.csv"), "--target", "kind", *given]) == 2
    assert told in capsys.readouterr().err
