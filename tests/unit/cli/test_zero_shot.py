"""`aisle zero-shot`: categories from their names."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from aisle.cli import main as cli
from aisle.cli.options import expanded
from aisle.cli.zero_shot import zero_shot
from tests.unit.encoders.pretrained.test_zero_shot import colour_rows, pair_folder


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a catalogue, categories and an encoder, to run `aisle zero-shot` in."""
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    app.callback()(lambda: None)
    app.command("zero-shot")(expanded(zero_shot))
    monkeypatch.setattr(cli, "get_command", lambda _: get_command(app))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("AISLE_ENCODERS", "")
    monkeypatch.chdir(tmp_path)
    pair_folder(tmp_path / "home")
    lines = [json.dumps({**row, "title": row["title"] or ""}) for row in colour_rows(tmp_path)]
    (tmp_path / "products.jsonl").write_text("\n".join(lines), "utf-8")
    (tmp_path / "names.txt").write_text("red\ngreen\nblue\n", "utf-8")
    return tmp_path


def _run(*arguments: str, categories: str = "names.txt", encoder: str = "tiny-pair") -> int:
    given = ["--categories", categories, "--encoder", encoder, "--encoders", "home"]
    return cli.main(["zero-shot", "products.jsonl", *given, *arguments])


def test_help_has_one_sentence_and_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["zero-shot", "--help"]) == 0
    out = capsys.readouterr().out
    sentence = (zero_shot.__doc__ or "").split("\n\n")[0]
    assert sentence.count(".") == 1
    assert " ".join(sentence.split()) in " ".join(out.split())
    assert "  aisle zero-shot" in out.split("Example:")[1]
    assert "--json" in out
    assert max(map(len, out.splitlines())) <= 80


def test_answers_are_written_and_measured(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--text", "title", "--target", "kind", "-o", "answers.csv", "--json", "told.json")
    assert _run(*given) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "compared by text and image with 3 names" in words
    assert "80% right on 5 products whose category is known" in words
    assert "every answer is for review" in words
    assert "1 products have a problem" in words
    assert "aisle train products.jsonl --target kind" in words
    with (folder / "answers.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["category"] for row in rows] == ["red", "green", "blue", "red", ""]
    assert {row["decision"] for row in rows} == {"review"}
    found = json.loads((folder / "told.json").read_text())
    assert (found["rows"], found["review"], found["accepted"], found["errors"]) == (5, 5, 0, 1)
    assert (found["accuracy"], found["labelled_rows"], found["unlisted_rows"]) == (0.8, 5, 0)
    assert found["counts"] == {"red": 2, "blue": 1, "green": 1}
    assert found["modalities"] == ["text", "image"]
    assert found["output"] == "answers.csv"


def test_without_a_target_or_a_file_only_counts_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _run("--json", "-", "--modalities", "image", "--prompt", "{}", "--prompt", "a {}") == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert "accuracy" not in found
    assert (found["output"], found["modalities"]) == (None, ["image"])
    assert found["prompts"] == ["{}", "a {}"]
    assert found["counts"] == {"blue": 1, "green": 1, "red": 1}
    assert "compared by image with 3 names" in captured.err


def test_synonyms_of_a_file(folder: Path) -> None:
    content = [{"name": "warm", "synonyms": "red"}, "green", {"name": "blue", "description": "sky"}]
    (folder / "names.json").write_text(json.dumps(content), "utf-8")
    assert _run("--json", "told.json", "--text", "title", categories="names.json") == 0
    assert json.loads((folder / "told.json").read_text())["counts"] == {
        "warm": 2,
        "blue": 1,
        "green": 1,
    }


def test_categories_of_the_catalogue_that_are_not_among_the_names(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "names.txt").write_text("green\nblue", "utf-8")
    assert _run("--text", "title", "--target", "kind") == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "40% right on 5" in words
    assert "2 products have a category that is not among the names, and count as errors" in words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--categories", "none.txt"], "none.txt: there is no such file"),
        (["--categories", "one.txt"], "at least two categories to choose from, found 1"),
        (["--encoder", "tiny-pear"], "Did you mean 'tiny-pair'?"),
        (["--modalities", "text,sound"], "compares text and image with names of categories"),
        (["--prompt", "a photo"], "has no place for the name"),
        (["-o", "names.txt"], "expected .parquet or .csv or .jsonl"),
        (["-o", "products.jsonl"], "is read by this command"),
        (["--ignore", "image", "--modalities", "image"], "no column of image"),
    ],
)
def test_a_mistake_is_told(
    arguments: list[str], words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "one.txt").write_text("red\n", "utf-8")
    assert _run(*arguments) == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_real_encoders_see_what_is_a_watch(
    weights: Path, shared: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog = str(shared / "data" / "flipkart" / "catalog.csv")
    (folder / "names.txt").write_text("Watches\nComputers\nKitchen & Dining\n", "utf-8")
    given = ["--categories", "names.txt", "-e", "all-minilm-l6-v2", "--encoders", str(weights)]
    more = ["--text", "title", "--target", "category", "--sample", "70", "--json", "told.json"]
    assert cli.main(["zero-shot", catalog, *given, *more]) == 0
    found = json.loads((folder / "told.json").read_text())
    assert found["modalities"] == ["text"]
    # Four of the seven categories are none of the names.
    assert found["accuracy"] > 0.6 * (1 - found["unlisted_rows"] / found["rows"])
    assert 35 < found["unlisted_rows"] < 45
