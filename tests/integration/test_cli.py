"""The commands, from what is typed to what lies on disk."""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from aisle.cli.main import main
from aisle.models import load_model
from tests.unit.encoders.pretrained.networks import text_folder

KINDS = {
    "Mugs": ("mug", "ceramic cup tea coffee handle"),
    "Lamps": ("lamp", "light bulb shade desk bright"),
    "Boots": ("boot", "leather sole walking lace ankle"),
}
WORDS = [a + b for a in ("ka", "lo", "mi", "ru", "se", "tu") for b in ("dan", "fel", "gor", "pim")]
QUICK = ("--set", "folds=2", "--set", "fusion=best-single")
COMMAND = (sys.executable, "-c", "import sys; from aisle.cli.main import main; sys.exit(main())")


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("COLUMNS", "80")


def write_catalogue(path: Path, rows: int = 150) -> Path:
    """Write products of three kinds with a leak, a price, and some faults."""
    rng = random.Random(7)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["sku", "title", "colour", "price", "kind", "aisle_path", "photo"])
        for row in range(rows):
            kind, (noun, hints) = list(KINDS.items())[row % 3]
            words = [noun, *rng.sample(hints.split(), 2), *rng.sample(WORDS, 5)]
            price = f"{rng.lognormvariate(2 + row % 3, 0.4):.2f}"
            label = "" if row == 5 else kind
            colour = rng.choice(("red", "blue", "green", "black"))
            title = " ".join(words)
            path_text = f"Shop > Home > {kind}"
            writer.writerow(
                [f"P{row:04}", title, colour, price, label, path_text, f"img/{row}.jpg"]
            )
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a catalogue, a classifier and a regressor."""
    folder = tmp_path_factory.mktemp("shop")
    source = str(write_catalogue(folder / "catalog.csv"))
    model, prices = str(folder / "model.aisle"), str(folder / "prices.aisle")
    precise = ("--precision", "0.9")
    assert main(["train", source, "--target", "kind", "-o", model, *precise, *QUICK]) == 0
    assert main(["train", source, "--target", "price", "-o", prices, *QUICK]) == 0
    return folder


Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command, and return its status and what it said on stdout and stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert "\x1b" not in out + err
        return status, out, err

    return run


def fits(text: str) -> bool:
    """Say whether all lines but those to be copied fit 80 columns."""
    prose = [line for line in text.splitlines() if not line.startswith(("  aisle ", "wrote "))]
    return all(len(line) <= 80 for line in prose if "/" not in line)


def test_inspect_shows_roles_leaks_and_classes(shop: Path, say: Say, tmp_path: Path) -> None:
    result = tmp_path / "i.json"
    status, out, err = say(
        "inspect", shop / "catalog.csv", "--target", "kind", "--json", result, "--ignore", "colour"
    )
    assert (status, err) == (0, "")
    assert fits(out)
    leak = next(line for line in out.splitlines() if line.strip().startswith("aisle_path"))
    assert " leak " in leak
    assert "Mugs" in out
    assert "█" in out
    assert f"aisle train {shop / 'catalog.csv'} --target kind --ignore colour -o" in out
    found = json.loads(result.read_text())
    roles = {column["name"]: column["role"] for column in found["columns"]}
    assert roles["sku"] == "id"
    assert roles["colour"] == "ignored"
    assert found["leaks"] == ["aisle_path"]
    assert found["classes"] == {"Boots": 49, "Lamps": 50, "Mugs": 50}


def test_inspect_without_a_target_asks_for_one(shop: Path, say: Say) -> None:
    status, out, _ = say("inspect", shop / "catalog.csv", "--sample", 20)
    assert status == 0
    assert "20 products" in out
    assert "--target COLUMN" in out


def test_a_schema_file_gives_target_and_roles(shop: Path, say: Say, tmp_path: Path) -> None:
    schema = tmp_path / "s.yaml"
    schema.write_text("target: kind\nroles:\n  colour: text\n")
    status, out, _ = say("inspect", shop / "catalog.csv", "--schema", schema, "--json", "-")
    assert status == 0
    found = json.loads(out)
    assert found["target"] == "kind"
    assert {c["name"]: c["role"] for c in found["columns"]}["colour"] == "text"


def test_a_second_file_is_joined(shop: Path, say: Say, tmp_path: Path) -> None:
    more = tmp_path / "more.csv"
    more.write_text("sku,stock\n" + "".join(f"P{row:04},{row}\n" for row in range(150)))
    asked = ("--join", more, "--on", "sku", "--json", "-")
    status, out, _ = say("inspect", shop / "catalog.csv", *asked)
    assert status == 0
    assert "stock" in {column["name"] for column in json.loads(out)["columns"]}


def test_split_writes_rows_that_can_be_used_from_anywhere(
    shop: Path, say: Say, tmp_path: Path
) -> None:
    out_folder = tmp_path / "parts"
    status, out, err = say(
        "split", shop / "catalog.csv", "--target", "kind", "--validation", 0.1, "-o", out_folder,
        "--json", tmp_path / "s.json",
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert "aisle train" in out
    found = json.loads((tmp_path / "s.json").read_text())
    rows = {name: pq.read_table(found[name]["path"]) for name in ("train", "validation", "test")}
    assert {name: len(table) for name, table in rows.items()} == {
        name: found[name]["rows"] for name in rows
    }
    assert sum(map(len, rows.values())) == 150
    photos = [photo for table in rows.values() for photo in table["photo"].to_pylist()]
    assert sorted(photos) == sorted(str(shop / "img" / f"{row}.jpg") for row in range(150))


def test_split_names_the_classes_that_are_not_tested(say: Say, tmp_path: Path) -> None:
    source = write_catalogue(tmp_path / "c.csv", rows=60)
    with source.open("a") as out:
        out.write("X1,one rare thing indeed,red,3.5,Kites,Shop > Kites,\n")
    status, out, _ = say("split", source, "--target", "kind", "-o", tmp_path, "--json", "-")
    assert status == 0
    assert json.loads(out)["untested_classes"] == {"Kites": 1}


def test_train_says_what_was_found_and_what_the_model_can_do(
    shop: Path, say: Say, tmp_path: Path
) -> None:
    model = tmp_path / "new" / "m.aisle"
    status, out, err = say(
        "train", shop / "catalog.csv", "--target", "kind", "-o", model, "--precision", 0.9, *QUICK,
        "--validation", shop / "catalog.csv", "--json", tmp_path / "t.json",
    )  # fmt: skip
    assert (status, err) == (0, "")
    assert fits(out)
    for words in (
        "aisle_path",
        "leak",
        "1 without a value",
        "accuracy",
        "expert",
        "fusion",
        "Next",
    ):
        assert words in out
    assert "% of products can be accepted at 90% precision" in " ".join(out.split())
    assert f"aisle evaluate {model}" in out
    found = json.loads((tmp_path / "t.json").read_text())
    assert found["model"] == str(model)
    assert (found["rows"], found["target"], found["task"]) == (149, "kind", "classify")
    assert found["leaks"] == ["aisle_path"]
    assert found["threshold"]["precision"] == 0.9
    assert load_model(model).recipe_.decisions.precision == 0.9


def test_train_tells_which_recipe_auto_is(
    shop: Path, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("train", str(shop / "catalog.csv"), "--target", "kind", "--ignore", "photo")
    status, printed, _ = say(*command, *QUICK, "-o", str(tmp_path / "fast.aisle"))
    assert status == 0
    told = " ".join(printed.split())
    assert "Recipe fast; the better one, balanced, needs encoders: aisle encoders pull" in told
    text_folder(tmp_path / "home", name="all-minilm-l6-v2")
    monkeypatch.setenv("AISLE_ENCODERS", "")
    home = ("--encoders", str(tmp_path / "home"))
    status, printed, _ = say(*command, *QUICK, *home, "-o", str(tmp_path / "balanced.aisle"))
    assert status == 0
    assert "Recipe balanced: its pretrained encoders are at hand" in printed
    assert load_model(tmp_path / "balanced.aisle").recipe_.name == "balanced"


def test_a_precision_out_of_reach_is_told_in_words(shop: Path, say: Say, tmp_path: Path) -> None:
    asked = ("--precision", "0.9999", *QUICK, "--json", tmp_path / "t.json")
    status, out, _ = say(
        "train", shop / "catalog.csv", "--target", "kind", "-o", tmp_path / "m.aisle", *asked
    )
    assert status == 0
    assert "Nothing is accepted" in out
    assert json.loads((tmp_path / "t.json").read_text())["threshold"]["threshold"] is None


def test_evaluate_shows_and_writes_scores(shop: Path, say: Say, tmp_path: Path) -> None:
    rows, result = tmp_path / "rows.csv", tmp_path / "e.json"
    status, out, err = say(
        "evaluate", shop / "model.aisle", shop / "catalog.csv", "--rows", rows, "--json", result
    )
    assert (status, err) == (0, "")
    assert fits(out)
    for words in ("95% interval", "90% was", "worst first", "By modality", "Experts alone"):
        assert words in out
    assert "not scored, for want of a usable kind: 1" in out
    found = json.loads(result.read_text())
    assert found["rows"] == 149
    assert found["precision_asked"] == 0.9
    assert set(found["experts"]) == {"text", "metadata"}
    with rows.open(newline="") as lines:
        table = list(csv.DictReader(lines))
    assert len(table) == 149
    right = sum(row["category"] == row["truth"] for row in table)
    assert right / 149 == pytest.approx(found["accuracy"])
    assert json.loads(table[0]["alternatives"])[0]["category"] == table[0]["category"]


def test_evaluate_keeps_nested_columns_in_parquet(shop: Path, say: Say, tmp_path: Path) -> None:
    rows = tmp_path / "rows.parquet"
    assert say("evaluate", shop / "model.aisle", shop / "catalog.csv", "--rows", rows)[0] == 0
    table = pq.read_table(rows)
    assert table["alternatives"][0].as_py()[0]["category"] == table["category"][0].as_py()


def test_evaluate_takes_a_truth_of_another_name(shop: Path, say: Say, tmp_path: Path) -> None:
    text = (shop / "catalog.csv").read_text().replace(",kind,", ",true_kind,", 1)
    (tmp_path / "t.csv").write_text(text)
    asked = ("evaluate", shop / "model.aisle", tmp_path / "t.csv", "--json", "-")
    assert say(*asked)[0] == 2
    status, out, err = say(*asked, "--target", "true_kind")
    assert status == 0
    assert json.loads(out)["target"] == "true_kind"
    assert "accuracy" in err


def test_evaluate_shows_at_most_fifteen_classes(say: Say, tmp_path: Path) -> None:
    source = tmp_path / "many.csv"
    rows = [f"{n},{WORDS[n % 18]} thing {n * 7} {n * 13},c{n % 18:02}" for n in range(180)]
    source.write_text("\n".join(["sku,title,kind", *rows]))
    model = tmp_path / "m.aisle"
    assert say("train", source, "--target", "kind", "-o", model, *QUICK)[0] == 0
    status, out, _ = say("evaluate", model, source)
    assert status == 0
    shown = [
        line for line in out.splitlines() if line.strip()[:3] in {f"c{n:02}" for n in range(18)}
    ]
    assert len(shown) == 15
    assert "and 3 more" in out


def test_prices_are_learned_and_told_in_their_unit(shop: Path, say: Say) -> None:
    status, out, err = say("evaluate", shop / "prices.aisle", shop / "catalog.csv")
    assert (status, err) == (0, "")
    words = " ".join(out.split())
    for part in ("always the median", "relative error, not an error in money", "90% was promised"):
        assert part in words
    status, out, _ = say("train", shop / "catalog.csv", "--target", "price", *QUICK, "--json", "-",
                         "-o", shop / "again.aisle")  # fmt: skip
    assert status == 0
    assert json.loads(out)["task"] == "regress"
    assert json.loads(out)["threshold"] is None


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_predict_writes_every_row_and_counts(
    shop: Path, say: Say, tmp_path: Path, suffix: str
) -> None:
    first, second = tmp_path / "new" / f"a{suffix}", tmp_path / f"b{suffix}"
    asked = ("predict", shop / "model.aisle", shop / "catalog.csv", "--json", tmp_path / "p.json")
    status, out, err = say(*asked, "-o", first)
    assert (status, err) == (0, "")
    found = json.loads((tmp_path / "p.json").read_text())
    assert found["rows"] == 150
    assert found["accepted"] + found["review"] == 150
    assert found["output"] == str(first)
    assert all(word in out for word in ("accepted", "review", "errors"))
    assert say(*asked, "-o", second)[0] == 0
    assert first.read_bytes() == second.read_bytes()


def test_predict_names_what_is_missing_and_what_is_blind(
    shop: Path, say: Say, tmp_path: Path
) -> None:
    source = tmp_path / "new.csv"
    source.write_text("title\nmug tea handle\nzzz\n")
    status, out, _ = say("predict", shop / "model.aisle", source, "-o", tmp_path / "p.jsonl")
    assert status == 0
    words = " ".join(out.split())
    assert "not in the catalogue, though the model reads them:" in words
    assert "colour" in words
    assert "no column 'sku'" in words
    rows = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == ["0", "1"]


def test_another_precision_needs_no_training(shop: Path, say: Say, tmp_path: Path) -> None:
    counts = []
    for precision in ("0.5", "0.9999"):
        asked = ("-o", tmp_path / "p.csv", "--precision", precision, "--json", "-")
        _, out, _ = say("predict", shop / "model.aisle", shop / "catalog.csv", *asked)
        counts.append(json.loads(out)["accepted"])
    assert counts[0] > counts[1] == 0


def test_values_are_neither_accepted_nor_reviewed(shop: Path, say: Say, tmp_path: Path) -> None:
    asked = ("-o", tmp_path / "p.csv", "--json", "-")
    status, out, _ = say("predict", shop / "prices.aisle", shop / "catalog.csv", *asked)
    assert status == 0
    found = json.loads(out)
    assert (found["accepted"], found["review"], found["errors"]) == (None, None, 0)


MISTAKES = {
    "wrong target": ("inspect {c} --target knid", "did you mean 'kind'"),
    "missing file": ("inspect {d}/none.csv", "no such file"),
    "folder for a catalogue": ("inspect {d}/empty", "directory"),
    "folder for an output": ("train {c} --target kind -o {d}", "folder stands where a file"),
    "no suffix": ("predict {m} {c} -o {d}/pred", ".parquet or .csv or .jsonl"),
    "unknown suffix": ("evaluate {m} {c} --rows {d}/r.xlsx", ".parquet or .csv or .jsonl"),
    "page suffix": ("evaluate {m} {c} --html {d}/r.json", ".html"),
    "below a file": ("predict {m} {c} -o {c}/x.csv", "is a file"),
    "bad setting": ("train {c} --target kind --set folds -o {d}/x", "KEY=VALUE"),
    "unknown setting": ("train {c} --target kind --set fodls=3 -o {d}/x", "'folds'"),
    "unknown recipe": ("train {c} --target kind --recipe bets -o {d}/x", "no recipe 'bets'"),
    "bad precision": ("train {c} --target kind --precision 97 -o {d}/x", "precision"),
    "later precision": ("evaluate {m} {c} --precision 97", "precision"),
    "precision of a price": ("train {c} --target price --precision 0.9 -o {d}/x", "quantity"),
    "precision of prices": ("predict {p} {c} --precision 0.9 -o {d}/x.csv", "quantity"),
    "two roles": ("inspect {c} --text title --number title", "two roles"),
    "unknown column": ("inspect {c} --text titel", "did you mean 'title'"),
    "bad role": ("inspect {c} --schema {d}/bad.yaml", "is not a role"),
    "missing schema": ("inspect {c} --schema {d}/none.yaml", "none.yaml"),
    "no sample": ("inspect {c} --sample 0", "at least one row"),
    "no target": ("train {c} -o {d}/x", "--target"),
    "no bundle": ("evaluate {c} {c}", "is not a bundle"),
    "missing bundle": ("predict {d}/none.aisle {c} -o {d}/x.csv", "none.aisle"),
    "output is the input": ("predict {m} {c} -o {c}", "is read by this command"),
    "bundle over the input": ("train {c} --target kind -o {c}", "is read by this command"),
    "page over the bundle": ("evaluate {m} {c} --json {m}", "is read by this command"),
    "one file for two": ("inspect {c} --json {d}/x.html --html {d}/x.html", "writes there too"),
    "file for a folder": ("split {c} -o {c}", "is a file"),
    "nothing left to train": ("split {c} -o {d}/s --test 1", "leave nothing to train on"),
    "foreign columns": ("predict {m} {d}/foreign.csv -o {d}/x.csv", "none of the columns"),
    "key without a file": ("inspect {c} --on sku", "--join"),
}


@pytest.mark.parametrize(("typed", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_users_mistake_has_status_2_and_leaves_nothing(
    shop: Path, say: Say, tmp_path: Path, typed: str, words: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.yaml").write_text("roles: {title: prose}\n")
    (tmp_path / "foreign.csv").write_text("a,b\n1,2\n")
    before = sorted(tmp_path.rglob("*"))
    content = (shop / "catalog.csv").read_bytes()
    names = {
        "c": shop / "catalog.csv",
        "m": shop / "model.aisle",
        "p": shop / "prices.aisle",
        "d": tmp_path,
    }
    status, _, err = say(*typed.format(**names).split())
    assert status == 2
    assert err.startswith("aisle: ")
    assert words in err
    assert "Traceback" not in err
    assert sorted(tmp_path.rglob("*")) == before
    assert (shop / "catalog.csv").read_bytes() == content


def test_demo_goes_the_whole_way(say: Say, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    asked = ("demo", "-o", folder, "--products", 150, "--json", tmp_path / "d.json")
    status, out, err = say(*asked)
    assert (status, err) == (0, "")
    assert fits(out)
    leaks = [line for line in out.splitlines() if line.strip().startswith("leak")]
    assert ["department" in leaks[0], "category_path" in leaks[1]] == [True, True]
    assert load_model(folder / "model.aisle").rows_ > 100
    assert "<html" in (folder / "report.html").read_text("utf-8")
    found = json.loads((tmp_path / "d.json").read_text())
    assert found["accuracy"] == json.loads((folder / "report.json").read_text())["accuracy"]
    assert found["precision_asked"] == 0.95
    steps = out.split("Next\n")[1].splitlines()
    assert [step.split()[1] for step in steps] == ["inspect", "train", "predict"]


def test_pages_are_written(shop: Path, say: Say, tmp_path: Path) -> None:
    one, two = tmp_path / "i.html", tmp_path / "e.html"
    asked = ("--sample", 30, "--html")
    assert say("inspect", shop / "catalog.csv", "--target", "kind", *asked, one)[0] == 0
    assert say("evaluate", shop / "model.aisle", shop / "catalog.csv", *asked, two)[0] == 0
    assert "<html" in one.read_text("utf-8")
    assert "<html" in two.read_text("utf-8")


def test_an_interrupt_in_training_leaves_nothing(shop: Path, tmp_path: Path) -> None:
    source = write_catalogue(tmp_path / "big.csv", rows=3000)
    words = ("train", str(source), "--target", "kind", "-o", str(tmp_path / "m.aisle"))
    with subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert "products from" in process.stdout.readline()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip() == "aisle: interrupted; nothing was left half-written"
    assert list(tmp_path.iterdir()) == [source]


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))


def test_a_full_disk_is_told_and_leaves_nothing(shop: Path, tmp_path: Path) -> None:
    words = ("predict", str(shop / "model.aisle"), str(shop / "catalog.csv"))
    done = subprocess.run(
        [*COMMAND, *words, "-o", str(tmp_path / "p.csv")],
        capture_output=True, text=True, check=False, preexec_fn=_small_files,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("aisle: ")
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nobody_reads_to_the_end(shop: Path, tmp_path: Path) -> None:
    result = tmp_path / "i.json"
    words = ("inspect", str(shop / "catalog.csv"), "--json", str(result))
    with subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
    assert (process.returncode, err) == (0, "")
    assert json.loads(result.read_text())["rows"] == 150


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_stdout_on_a_full_disk(shop: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, "inspect", str(shop / "catalog.csv")],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("aisle: the output could not be written")
