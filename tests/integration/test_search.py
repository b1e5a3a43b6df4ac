"""`aisle train --minutes` and `--trials`, and a search that is killed in the middle."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("optuna")

from aisle.catalog import Task
from aisle.cli.main import main
from aisle.models import Recipe, load_model
from tests.products import product_rows

COMMAND = (sys.executable, "-c", "import sys; from aisle.cli.main import main; sys.exit(main())")
QUICK = ("--recipe", "fast", "--set", "folds=3", "--set", "learning_curve=false")
PATIENCE_SECONDS = 120


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue some of whose labels are wrong, and a cache of its own."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)
    rows = product_rows(90)
    for row in rows[::5]:
        row["kind"] = "Mugs"
    with (tmp_path / "c.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path


def train(*words: str) -> int:
    return main(["train", "c.csv", "--target", "kind", "--ignore", "price", *QUICK, *words])


def test_a_recipe_is_searched_for_written_and_fitted(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--trials", "5", "-o", "m.aisle", "--json", "m.json") == 0
    out = capsys.readouterr().out
    assert "Searching with 5 trials a modality; training then takes about" in out
    assert "Search: 10 trials on 3 folds of 90 products" in out
    assert "wrote m.recipe.yaml" in out
    told = json.loads((shop / "m.json").read_text("utf-8"))["search"]
    assert [finding["expert"] for finding in told["findings"]] == ["text", "metadata"]
    assert len(told["trials"]) == 10
    found = Recipe.load("m.recipe.yaml", Task.CLASSIFY)
    assert found == Recipe.model_validate(told["recipe"])
    model = load_model("m.aisle")
    assert model.recipe_ == found
    for finding in told["findings"]:
        assert model.metrics_["experts"][finding["expert"]] == finding["found"]["score"]
    optimistic = "what was found scores too well here" in out
    assert optimistic == told["changed"]

    assert train("--trials", "5", "-o", "again.aisle", "--recipe-out", "own.yaml") == 0
    assert "10 trials finished before" in capsys.readouterr().out
    assert Recipe.load("own.yaml", Task.CLASSIFY) == found
    assert (shop / "again.aisle").read_bytes() == (shop / "m.aisle").read_bytes()

    assert train("--recipe", "own.yaml", "-o", "third.aisle") == 0
    assert load_model("third.aisle").recipe_ == found


def test_minutes_alone_are_enough(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train("--minutes", "0.01", "-o", "m.aisle") == 0
    assert "Searching for 0.01 min" in capsys.readouterr().out
    assert (shop / "m.recipe.yaml").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--minutes", "0"), "minutes: expected a number above 0"),
        (("--recipe-out", "r.yaml"), "--recipe-out writes the recipe found: add --minutes"),
        (("--trials", "2", "--recipe-out", "r.txt"), "expected .yaml or .yml, found '.txt'"),
        (("--trials", "2", "--recipe", "r.yaml", "--recipe-out", "r.yaml"), "is read by this"),
    ],
)
def test_what_cannot_be_searched_for_is_said_before_any_work(
    shop: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert train(*words, "-o", "m.aisle") == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert sorted(path.name for path in shop.iterdir()) == ["c.csv"]


def test_without_a_search_no_recipe_is_written(shop: Path) -> None:
    assert train("-o", "m.aisle", "--json", "m.json") == 0
    assert json.loads((shop / "m.json").read_text("utf-8"))["search"] is None
    assert not (shop / "m.recipe.yaml").exists()


def test_a_search_that_is_killed_ends_as_one_that_was_not(shop: Path) -> None:
    asked = ("--trials", "14", "-o")
    assert train(*asked, "undisturbed.aisle") == 0

    cache = shop / "other-cache"
    command = ["train", "c.csv", "--target", "kind", "--ignore", "price", *QUICK, *asked]
    process = subprocess.Popen(
        [*COMMAND, *command, "killed.aisle"],
        cwd=shop,
        env={**os.environ, "AISLE_CACHE": str(cache)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    finished = _kill_in_the_middle(process, cache, after=5)
    assert 5 <= finished < 28
    assert not (shop / "killed.aisle").exists()

    os.environ["AISLE_CACHE"] = str(cache)
    assert train(*asked, "killed.aisle", "--json", "killed.json") == 0
    told = json.loads((shop / "killed.json").read_text("utf-8"))["search"]
    assert told["resumed"] == finished
    recipes = [Recipe.load(f"{n}.recipe.yaml", Task.CLASSIFY) for n in ("undisturbed", "killed")]
    assert recipes[0] == recipes[1]
    assert (shop / "killed.aisle").read_bytes() == (shop / "undisturbed.aisle").read_bytes()


def _kill_in_the_middle(process: subprocess.Popen[bytes], cache: Path, after: int) -> int:
    """Kill a process outright once it has kept some trials, and return how many it has."""
    end = time.monotonic() + PATIENCE_SECONDS
    while len(list(cache.glob("search/*/*/*.safetensors"))) < after:
        assert process.poll() is None, "the search ended before it could be killed"
        assert time.monotonic() < end, "the search did not begin"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return len(list(cache.glob("search/*/*/*.safetensors")))
