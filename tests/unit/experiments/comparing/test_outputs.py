from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from aisle.catalog import Task
from aisle.errors import AisleError
from aisle.experiments.comparing import Candidate
from aisle.experiments.comparing.next_steps import train_command
from aisle.experiments.comparing.page import leaderboard_page
from tests.unit.experiments.comparing.boards import board, entry


def test_the_table_has_a_row_a_candidate(tmp_path: Path) -> None:
    path = tmp_path / "board.csv"
    board().to_csv(path)
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    assert [row["name"] for row in rows] == ["slow", "quick", "poor <b>", "broken"]
    assert float(rows[0]["accuracy"]) == pytest.approx(0.92)
    assert float(rows[0]["accuracy_low"]) < 0.92 < float(rows[0]["accuracy_high"])
    assert rows[0]["difference"] == ""
    assert float(rows[1]["difference"]) == pytest.approx(-0.01 / 3)
    assert rows[1]["settings"] == "text.head=quick image=null"
    assert (rows[3]["rank"], rows[3]["accuracy"], rows[3]["seeds"]) == ("", "", "0")
    assert rows[3]["error"] == "there is no head 'none'"
    with pytest.raises(AisleError, match=r"\.csv"):
        board().to_csv(tmp_path / "board.txt")


def test_json_has_everything(tmp_path: Path) -> None:
    path = tmp_path / "board.json"
    board().save(path)
    found = json.loads(path.read_text())
    assert found["reference"] == "slow"
    assert found["rows"][1]["difference"]["wins"] == 0
    assert found["rows"][1]["difference"]["losses"] == 1
    assert len(found["rows"]) == 4
    with pytest.raises(AisleError, match=r"not '\.txt'"):
        board().save(tmp_path / "board.txt")


def test_the_page_names_winner_ties_failures_and_next_commands(tmp_path: Path) -> None:
    page = leaderboard_page(board())
    assert "slow leads, but not clearly" in page
    assert "1 candidate cannot be told from it" in page
    assert "there is no head &#39;none&#39;" in page
    assert "aisle train CATALOG --target kind --recipe fast --set text.head=slow" in page
    assert "or the quickest that cannot be told from it, quick" in page.lower()
    assert "<b>" not in page.split("<main")[1].split("</main>")[0]
    board().save(tmp_path / "board.html")
    assert (tmp_path / "board.html").read_text(encoding="utf-8") == page


def test_a_single_split_promises_nothing() -> None:
    page = leaderboard_page(board([entry("a", [0.9]), entry("b", [0.8])]))
    assert "a leads, on a single split" in page
    assert 'id="differences"' not in page
    assert "Only the 1 of 3 splits" in page


def test_a_baseline_is_named_in_the_verdict() -> None:
    assert "slow leads, clearly ahead of poor" in leaderboard_page(board(baseline="poor <b>"))


def test_what_to_type_gives_the_same_recipe() -> None:
    row = board().best
    command = train_command(row, "my.csv", "--target kind")
    assert command == (
        "aisle train my.csv --target kind --recipe fast --set text.head=slow --set image=null "
        "-o model.aisle"
    )
    spaced = Candidate("x", ("text.head={use: svm, C: 2}",), "fast")
    assert spaced.load(Task.CLASSIFY).experts["text"].head.params == {"C": 2}
