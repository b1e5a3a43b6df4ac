from __future__ import annotations

import json
from pathlib import Path

import pytest

from aisle.catalog import Problem
from aisle.cli.outputs import STANDARD_OUTPUT
from aisle.cli.screen import Screen, bar, percent, percent_cell, plain_table


def test_shares_are_written_as_percentages() -> None:
    assert [percent(share) for share in (0.0, 0.5, 0.8284, 1.0)] == ["0%", "50%", "82.8%", "100%"]
    assert [percent_cell(share) for share in (0.5, 1.0)] == ["50.0%", "100.0%"]


def test_rounding_makes_no_certainty() -> None:
    assert [percent(share) for share in (0.9998, 0.0002)] == [">99.9%", "<0.1%"]
    assert [percent_cell(share) for share in (0.9998, 0.0002)] == [">99.9%", "<0.1%"]


def test_a_bar_shows_what_is_not_nothing() -> None:
    assert bar(0.5, 10, "#") == "#####"
    assert bar(0.001, 10, "#") == "#"
    assert bar(0.0, 10, "#") == ""


def test_texts_are_shown_as_they_are_and_without_colour_codes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = Screen()
    screen.note("a column called [red] :boom: [/]")
    screen.problems((Problem("broken-row", 2, "row [bold]7[/bold] is broken"),))
    table = plain_table("name")
    table.add_row("[blue]")
    screen.table(table)
    out, err = capsys.readouterr()
    assert "a column called [red] :boom: [/]" in out
    assert "row [bold]7[/bold] is broken" in out
    assert "[blue]" in out
    assert "\x1b" not in out
    assert err == ""


def test_lines_fit_the_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    screen = Screen()
    screen.problems((Problem("missing-value", 1, "word " * 60),))
    screen.note("word " * 60)
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) <= 60


def test_commands_to_copy_are_never_wrapped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    command = "aisle train " + "long" * 30 + " --target category"
    Screen().next_steps(command)
    assert f"  {command}" in capsys.readouterr().out.splitlines()


def test_json_says_null_where_there_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "new" / "result.json"
    Screen(path).write_json({"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": "é"}})
    assert json.loads(path.read_text("utf-8")) == {"a": None, "b": [None, 1.5], "c": {"d": "é"}}
    Screen(None).write_json({"a": 1})


def test_json_on_stdout_sends_words_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(STANDARD_OUTPUT)
    screen.say("words")
    screen.wrote(STANDARD_OUTPUT)
    screen.write_json({"rows": 3})
    out, err = capsys.readouterr()
    assert json.loads(out) == {"rows": 3}
    assert err == "words\n"


def test_no_bar_is_drawn_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Screen().working("training") as progress:
        progress("training", 1, 2)
    assert capsys.readouterr() == ("", "")
