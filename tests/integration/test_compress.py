"""`aisle compress`, from what is typed to what lies on disk."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from aisle.cli.compress import read_size
from aisle.cli.main import main
from aisle.errors import AisleError
from aisle.models import ProductClassifier
from tests.products import product_rows


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with products, some of them without a category, and a model of each task."""
    folder = tmp_path_factory.mktemp("shop")
    rows = product_rows(80)
    for name, some in (("catalog", rows[:60]), ("more", rows[60:])):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(
                out, [key for key in rows[0] if name != "more" or key != "kind"]
            )
            writer.writeheader()
            writer.writerows({key: row[key] for key in writer.fieldnames} for row in some)
    for target, name in (("kind", "model"), ("price", "prices")):
        fitted = main(
            [
                *("train", str(folder / "catalog.csv"), "--target", target, "--recipe", "fast"),
                *("--set", "folds=2", "-o", str(folder / f"{name}.aisle")),
            ]
        )
        assert fitted == 0
    return folder


def compressed(place: Path, *more: str, model: str = "model.aisle") -> int:
    return main(["compress", str(place / model), str(place / "catalog.csv"), *more])


def test_a_model_is_compressed_and_says_what_it_cost(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small, data = place / "small.aisle", place / "small.json"
    asked = ("-o", str(small), "--json", str(data), "--max-loss", "10")
    assert compressed(place, *asked, "--unlabelled", str(place / "more.csv")) == 0
    shown = capsys.readouterr().out
    assert "60 products, 3 categories" in shown
    assert "as it was" in shown
    assert "half precision" in shown
    assert "out of fold" in shown
    assert f"wrote {small}" in shown
    told = json.loads(data.read_text(encoding="utf-8"))
    first, last = told["stages"][0], told["stages"][-1]
    assert small.stat().st_size < (place / "model.aisle").stat().st_size
    assert small.stat().st_size == pytest.approx(last["bytes"], abs=500)
    assert first["accuracy"] - last["accuracy"] <= 0.1
    assert first["bytes"] == pytest.approx((place / "model.aisle").stat().st_size, abs=500)
    assert ProductClassifier.load(small).modalities_ == ("text", "metadata")
    assert main(["evaluate", str(small), str(place / "catalog.csv")]) == 0


def test_what_is_no_longer_read_is_said(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = place / "needed.aisle"
    assert compressed(place, "-o", str(small), "--max-loss", "20", "--only-needed") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "it no longer reads" in shown
    assert "are sent to review" in shown
    assert len(ProductClassifier.load(small).modalities_) == 1


def test_mistakes_are_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = place / "none.aisle"
    assert compressed(place, "-o", str(nowhere), "--max-size", "1kB", "--max-loss", "10") == 2
    assert "cannot be made no larger than 0.00 MB" in capsys.readouterr().err
    assert compressed(place, "-o", str(nowhere), model="prices.aisle") == 2
    assert "holds a regressor, and only classifiers can be compressed" in capsys.readouterr().err
    assert compressed(place, "-o", str(nowhere), "--max-size", "small") == 2
    assert "--max-size small: expected a size such as 20MB" in capsys.readouterr().err
    assert compressed(place, "-o", str(place / "model.aisle")) == 2
    assert "is read by this command" in capsys.readouterr().err
    assert not nowhere.exists()


@pytest.mark.parametrize(
    ("words", "size"),
    [
        ("20MB", 20_000_000),
        ("1.5 GB", 1_500_000_000),
        ("500kb", 500_000),
        ("77", 77),
        ("2M", 2_000_000),
    ],
)
def test_sizes(words: str, size: int) -> None:
    assert read_size(words) == size


@pytest.mark.parametrize("words", ["", "MB", "-3MB", "0", "12 apples", "1e6"])
def test_what_is_no_size(words: str) -> None:
    with pytest.raises(AisleError, match="expected a size"):
        read_size(words)
