"""`aisle encode`: the vectors of a catalogue as a table."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer
from typer.main import get_command

from aisle import Catalog
from aisle.catalog import Role
from aisle.cli import main as cli
from aisle.cli.encode import encode
from aisle.cli.options import expanded
from aisle.cli.train import train
from tests.unit.encoders.pretrained.test_zero_shot import colour_rows, pair_folder, text_folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run `aisle encode` whether it hangs in the tree of commands or not."""
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    app.command("encode")(expanded(encode))
    app.command("train")(expanded(train))
    monkeypatch.setattr(cli, "get_command", lambda _: get_command(app))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("AISLE_ENCODERS", "")
    pair_folder(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def products(tmp_path: Path) -> Path:
    rows = colour_rows(tmp_path)
    lines = [json.dumps({**row, "title": row["title"] or ""}) for row in rows]
    (tmp_path / "products.jsonl").write_text("\n".join(lines), "utf-8")
    return tmp_path / "products.jsonl"


def _run(home: Path, *arguments: object) -> int:
    return cli.main(["encode", *map(str, arguments), "--encoders", str(home)])


def test_help_has_one_sentence_and_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["encode", "--help"]) == 0
    out = capsys.readouterr().out
    sentence = (encode.__doc__ or "").split("\n\n")[0]
    assert sentence.count(".") == 1
    assert " ".join(sentence.split()) in " ".join(out.split())
    assert "  aisle encode" in out.split("Example:")[1]
    assert "--json" in out
    assert max(map(len, out.splitlines())) <= 80


def test_photographs_of_a_pair(
    home: Path, products: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "v.parquet"
    told = tmp_path / "told.json"
    assert _run(home, products, "-e", "tiny-pair", "-o", out, "--json", told) == 0
    said = capsys.readouterr().out
    words = " ".join(said.split())
    assert f"5productsfrom{products}" in "".join(said.split())  # a long path is broken anywhere
    assert "3 have a vector of 3 numbers" in words
    assert "2 have no image that can be read: their vector is null" in words
    assert "--on id --ignore error -o model.aisle" in words
    found = json.loads(told.read_text())
    assert found.pop("seconds") >= 0
    assert found == {
        "rows": 5,
        "present": 3,
        "errors": 0,
        "dimension": 3,
        "encoder": "tiny-pair",
        "modality": "image",
        "output": str(out),
    }
    assert pq.read_table(out)["vector"].null_count == 2


def test_text_alone_means_the_half_that_reads_it(
    home: Path, products: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "v.parquet"
    assert _run(home, products, "-e", "tiny-pair", "--text", "kind", "-o", out) == 0
    assert "5 have a vector of 3 numbers" in capsys.readouterr().out
    assert _run(home, products, "-e", "tiny-pair", "--text", "title", "-o", out) == 0
    assert "4 have a vector of 3 numbers" in capsys.readouterr().out
    arguments = ("--text", "title", "--modality", "image", "-o", out)
    assert _run(home, products, "-e", "tiny-pair", *arguments) == 0
    assert "3 have a vector of 3 numbers" in capsys.readouterr().out


def test_fewer_components(home: Path, products: Path, tmp_path: Path) -> None:
    out = tmp_path / "v.parquet"
    assert _run(home, products, "-e", "tiny-pair", "--components", 2, "-o", out) == 0
    vectors = pq.read_table(out)["vector"].to_pylist()
    assert {len(vector) for vector in vectors if vector} == {2}


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_what_was_written_is_a_catalogue_that_trains(
    suffix: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text_folder(home, width=12)
    words = ("red", "green", "blue")
    rows = [
        f"p{n:02},{words[n % 3]} thing,{'x' if n % 3 == 1 else 'y'},t{n % 3}" for n in range(36)
    ]
    full, labels = tmp_path / "full.csv", tmp_path / "labels.csv"
    full.write_text("\n".join(["id,title,maker,kind", *rows]), "utf-8")
    kinds = [",".join(row.split(",")[::3]) for row in rows]
    labels.write_text("\n".join(["id,kind", *kinds]), "utf-8")
    out, model = tmp_path / f"v{suffix}", tmp_path / "m.aisle"
    assert _run(home, full, "-e", "tiny-text", "--text", "title", "-o", out) == 0
    assert Catalog.read(out).schema["vector"].role is Role.VECTOR
    capsys.readouterr()
    arguments = ["--join", out, "--on", "id", "--ignore", "error", "--recipe", "fast"]
    more = ["--set", "folds=2", "--target", "kind", "-o", model, "--json", tmp_path / "t.json"]
    assert cli.main(["train", str(labels), *map(str, [*arguments, *more])]) == 0
    found = json.loads((tmp_path / "t.json").read_text())
    # Nothing but the vectors tells the kinds apart.
    assert found["metrics"]["out_of_fold_accuracy"] == 1.0
    assert list(found["metrics"]["experts"]) == ["vector"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-e", "tfidf", "-o", "v.parquet"], "learns from the products that it is shown"),
        (["-e", "tiny-pear", "-o", "v.parquet"], "Did you mean 'tiny-pair'?"),
        (["-e", "tiny-pair", "-o", "v.xlsx"], "expected .parquet or .arrow"),
        (["-e", "tiny-pair", "-o", "products.jsonl"], "is read by this command"),
        (["-e", "tiny-pair", "--layer", "brigde", "-o", "v.parquet"], "near it come bridge"),
        (["-e", "tiny-pair", "--text", "nothing", "-o", "v.parquet"], "'nothing'"),
        (["-e", "tiny-pair", "--components", "0", "-o", "v.parquet"], "'--components'"),
        (["-o", "v.parquet"], "Missing option '--encoder'"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(
    arguments: list[str],
    words: str,
    home: Path,
    products: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(products.parent)
    before = products.read_bytes()
    assert _run(home, "products.jsonl", *arguments) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert products.read_bytes() == before
    assert not list(products.parent.glob("v.*"))


def test_products_known_by_another_name(
    home: Path, products: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = products.read_text("utf-8")
    products.write_text(text.replace('"id"', '"sku"'), "utf-8")
    assert _run(home, products, "-e", "tiny-pair", "-o", tmp_path / "v.csv") == 0
    assert "the column id holds sku" in capsys.readouterr().out
    products.write_text("title\nred mug\ngreen mug\n", "utf-8")
    assert _run(home, products, "-e", "tiny-pair", "--text", "title", "-o", tmp_path / "v.csv") == 0
    assert "id is their row number" in " ".join(capsys.readouterr().out.split())
