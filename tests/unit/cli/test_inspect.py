"""`aisle inspect` on the command line: catalogues that nobody has thought of."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from aisle.cli.main import main

Shown = Callable[..., str]


@pytest.fixture
def shown(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    screen: None,
) -> Shown:
    """Write lines as a catalogue, inspect it, and return what is shown."""
    monkeypatch.chdir(tmp_path)

    def run(lines: list[str], *options: str) -> str:
        Path("some.csv").write_text("\n".join(lines) + "\n", "utf-8")
        outputs = ["--json", "some.json", "--html", "some.html"]
        assert main(["inspect", "some.csv", *options, *outputs]) == 0
        json.loads(Path("some.json").read_text("utf-8"), parse_constant=pytest.fail)
        return capsys.readouterr().out

    return run


def test_one_product_is_one(shown: Shown) -> None:
    out = shown(["title,price,kind", "one red mug,3.5,mug"], "--target", "kind")
    assert "1 product in some.csv" in out
    assert "11 characters a product" in out
    assert "3 different words in 1 product\n" in out


@pytest.mark.parametrize("kind", ["mug", ""])
def test_nothing_is_suggested_that_cannot_be_trained(shown: Shown, kind: str) -> None:
    rows = [f"mug number {n},{n}.5,{kind}" for n in range(20)]
    out = shown(["title,price,kind", *rows], "--target", "kind", "--task", "classify")
    assert out.endswith("Next\n  aisle inspect some.csv --target COLUMN\n")


def test_classes_of_one_size_have_that_size(shown: Shown) -> None:
    rows = [f"thing w{n} of its kind,kind {n}" for n in range(30)]
    out = shown(["title,kind", *rows], "--target", "kind")
    assert "and 15 more, with 1 product each" in out


def test_a_class_that_no_word_marks_takes_no_line(shown: Shown) -> None:
    rows = [f"red mug x{n},mug" for n in range(20)]
    rows += [f"desk lamp x{n},lamp" for n in range(20)] + ["it,other"]
    out = shown(["title,kind", *rows], "--target", "kind")
    assert "desk lamp" in " ".join(out.split()) or "lamp desk" in " ".join(out.split())
    texts = out[out.index("Texts") : out.index("Problems")]
    assert "other" not in texts


def test_a_catalogue_with_nothing_in_it_is_no_catalogue_without_problems(shown: Shown) -> None:
    lines = ["id,title,price", *(f"p{n},," for n in range(5))]
    out = " ".join(shown(lines).split())
    assert "No problems found" not in out
    assert "every column but 'id' is empty in every row: a model has nothing to learn" in out
    found = json.loads(Path("some.json").read_text("utf-8"))
    assert [problem["kind"] for problem in found["problems"]] == ["nothing-to-learn-from"]
    assert "nothing to learn from" in Path("some.html").read_text("utf-8")


def test_columns_that_are_filled_but_not_used_are_told_with_what_to_do(shown: Shown) -> None:
    lines = ["id,kind", *(f"p{n},{'ab'[n % 2]}" for n in range(30))]
    out = " ".join(shown(lines, "--target", "kind").split())
    assert "there is no column but 'id' and 'kind': a model has nothing to learn from" in out
    lines = ["id,link,kind", *(f"p{n},https://a.com/{n},{'ab'[n % 2]}" for n in range(30))]
    out = " ".join(shown(lines, "--target", "kind").split())
    assert "no column but 'id' and 'kind' is one that a model learns from" in out
    assert "--text COLUMN" in out


def test_a_catalogue_with_something_to_learn_from_has_no_such_problem(shown: Shown) -> None:
    lines = ["id,title", *(f"p{n},a mug of stoneware number {n}" for n in range(9))]
    assert "No problems found" in shown(lines)
