"""`aisle audit`, from what is typed to what lies on disk."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from aisle import Catalog
from aisle.cli.main import main
from tests.products import product_rows


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with products, one of them labelled wrongly."""
    rows = product_rows(60)
    rows[12]["kind"] = "Boots"
    with (tmp_path / "catalog.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path


def audited(place: Path, *more: str) -> int:
    return main(["audit", str(place / "catalog.csv"), "--target", "kind", *more])


FAST = ("--recipe", "fast", "--set", "folds=3")


def test_findings_are_shown_and_written(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, data, rows = place / "a.html", place / "a.json", place / "review.csv"
    outputs = ("--html", str(page), "--json", str(data), "--rows", str(rows))
    assert audited(place, *FAST, *outputs, "--top", "3") == 0
    out = capsys.readouterr().out
    assert "60 products of 3 classes, asked with recipe fast" in out
    assert "1 label likely wrong" in out
    assert f"--decisions {rows} --corrected corrected.parquet" in out
    told = json.loads(data.read_text(encoding="utf-8"))
    assert (told["rows"][0]["id"], told["rows"][0]["suggested"]) == ("S0012", "Mugs")
    table = list(csv.DictReader(rows.open(encoding="utf-8")))
    assert [row["id"] for row in table] == [row["id"] for row in told["rows"]]
    assert "Audit of labels" in page.read_text(encoding="utf-8")


def test_sure_suggestions_make_a_catalogue_to_train_on(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = place / "corrected.csv"
    assert audited(place, *FAST, "--at-least", "0.9", "--corrected", str(out)) == 0
    assert "1 label replaced by suggestions from 0.9 on" in capsys.readouterr().out
    assert Catalog.read(out, target="kind").labels[12] == "Mugs"
    model = place / "model.aisle"
    assert main(["train", str(out), "--target", "kind", *FAST, "-o", str(model)]) == 0
    assert model.exists()


def test_decisions_are_applied_without_an_audit(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    review, out = place / "review.csv", place / "corrected.parquet"
    review.write_text("id,label\nS0012,Mugs\nS0013,Kites\nS0014,\nS0015,Mugs\n", encoding="utf-8")
    assert audited(place, "--decisions", str(review), "--corrected", str(out)) == 0
    shown = capsys.readouterr().out
    assert "2 of 60 kind labels changed" in shown
    assert "not a label of the catalogue before: 'Kites'" in shown
    labels = Catalog.read(out, target="kind").labels
    assert labels[12:16].tolist() == ["Mugs", "Kites", "Boots", "Mugs"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--at-least", "0.9"), "--at-least changes labels: add --corrected"),
        (("--corrected", "c.csv"), "--corrected needs to know which labels to change"),
        (("--corrected", "c.csv", "--at-least", "0.9", "--sample", "9"), "leave --sample out"),
        (("--corrected", "c.csv", "--at-least", "0.9", "--decisions", "d.csv"), "choose one"),
        (("--corrected", "c.csv", "--decisions", "d.csv", "--rows", "r.csv"), "audits nothing"),
        (("--rows", "r.xlsx"), "the suffix says the format"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_any_work(
    place: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], words: str
) -> None:
    assert audited(place, *options) == 2
    assert words in capsys.readouterr().err


def test_a_target_has_to_be_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(place / "catalog.csv")]) == 2
    assert "name the column to audit with --target" in capsys.readouterr().err
