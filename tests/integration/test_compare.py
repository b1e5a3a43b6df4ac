"""`aisle compare`, from what is typed to what lies on disk."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from aisle.cli.main import main
from tests.products import product_rows

CANDIDATES = """\
logistic: [metadata=null]
bayes: {metadata: null, text.head: bayes}
maker alone: {text: null}
broken: {head: nothing}
"""


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with products and candidates."""
    rows = product_rows(60)
    with (tmp_path / "catalog.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (tmp_path / "mine.yaml").write_text(CANDIDATES, encoding="utf-8")
    return tmp_path


def compared(place: Path, *more: str) -> int:
    return main(
        [
            *("compare", str(place / "catalog.csv"), "--target", "kind", "--recipe", "fast"),
            *("--set", "folds=2", "--candidates", str(place / "mine.yaml")),
            *("-o", str(place / "board.csv"), *more),
        ]
    )


def test_a_leaderboard_is_shown_and_written_and_resumed(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, data = place / "board.html", place / "board.json"
    assert compared(place, "--seeds", "2", "--html", str(page), "--json", str(data)) == 0
    out = capsys.readouterr().out
    assert "4 candidates on 2 splits: 6 runs; about " in out
    assert "Leaderboard of kind: 60 products, 2 splits" in out
    assert "broken: there is no head 'nothing'" in out
    assert f"aisle train {place / 'catalog.csv'} --target kind --recipe fast --set folds=2" in out
    table = list(csv.DictReader((place / "board.csv").open(encoding="utf-8")))
    assert [row["rank"] for row in table] == ["1", "2", "3", ""]
    found = json.loads(data.read_text(encoding="utf-8"))
    assert [row["name"] for row in found["rows"]] == [row["name"] for row in table]
    assert found["rows"][0]["measures"]["accuracy"]["mean"] == float(table[0]["accuracy"])
    assert found["seeds"] == [0, 1]
    assert "Leaderboard of kind" in page.read_text(encoding="utf-8")
    kept = (place / "board.runs.jsonl").read_bytes()
    assert len(kept.splitlines()) == 6

    assert compared(place, "--seeds", "2", "--baseline", "maker alone") == 0
    out = capsys.readouterr().out
    assert "6 runs, 6 of them finished before (board.runs.jsonl)" in out
    assert "to maker alone" in out
    assert (place / "board.runs.jsonl").read_bytes() == kept
    again = list(csv.DictReader((place / "board.csv").open(encoding="utf-8")))
    assert [row["accuracy"] for row in again] == [row["accuracy"] for row in table]


def test_no_time_at_all_is_a_mistake_with_a_message(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(place, "--minutes", "0") == 2
    assert "not one of 4 candidates has a score" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--baseline", "none"), "no candidate 'none'"),
        (("--candidates", "absent.yaml"), "absent.yaml"),
        (("-o", "board.txt"), "expected .csv"),
        (("--seeds", "0"), "--seeds"),
    ],
)
def test_mistakes_are_told_with_status_2(
    place: Path, more: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(place, *more) == 2
    assert words in capsys.readouterr().err
    assert not (place / "board.runs.jsonl").exists()


def test_without_a_target_the_columns_are_named(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(place / "catalog.csv"), "-o", str(place / "b.csv")]) == 2
    assert "--target; the columns are 'sku', 'title'" in capsys.readouterr().err


def test_prices_are_ranked_by_their_error(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "mine.yaml").write_text("text: {metadata: null}\nmaker: {text: null}\n")
    arguments = ["compare", str(place / "catalog.csv"), "--target", "price", "--recipe", "fast"]
    more = ["--set", "folds=2", "--seeds", "2", "--candidates", str(place / "mine.yaml")]
    board = place / "board.csv"
    assert main([*arguments, *more, "-o", str(board), "--html", str(place / "b.html")]) == 0
    assert "MAE of log" in capsys.readouterr().out
    first, second = csv.DictReader(board.open(encoding="utf-8"))
    assert float(first["mae_log"]) < float(second["mae_log"])
    assert {"mae", "smape", "r2"} <= first.keys()
