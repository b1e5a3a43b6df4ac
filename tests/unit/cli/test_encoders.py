from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image
from typer.main import get_command

from aisle.cli import export as exporting
from aisle.cli import main as cli
from aisle.cli.encoders import encoders_app
from aisle.cli.pretrained import look_in
from aisle.encoders.pretrained.folder import EncoderFolder
from aisle.errors import EncoderError
from tests.unit.encoders.pretrained.pulling.test_hub import tiny_text
from tests.unit.encoders.pretrained.test_trying import image_folder, text_folder

NAMES = ("list", "pull", "export", "bench", "check")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run `aisle encoders` whether it hangs in the tree of commands or not, and without a cache."""
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    app.callback()(lambda: None)
    app.add_typer(encoders_app, name="encoders")
    monkeypatch.setattr(cli, "get_command", lambda _: get_command(app))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("AISLE_ENCODERS", "")


def _run(*arguments: object) -> int:
    return cli.main(["encoders", *map(str, arguments)])


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run() == 0
    out = capsys.readouterr().out
    assert all(f"│ {name} " in out for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_one_sentence_and_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(name, "--help") == 0
    out = capsys.readouterr().out
    assert f"  aisle encoders {name}" in out.split("Example:")[1]
    assert "--json" in out
    assert max(map(len, out.splitlines())) <= 80


def test_list_shows_known_encoders_and_those_at_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text_folder(tmp_path / "home", "bert-base", licence="mine")
    text_folder(tmp_path / "home")
    assert _run("list", "--encoders", tmp_path / "home", "--json", tmp_path / "list.json") == 0
    out = capsys.readouterr().out
    assert "tiny-text" in out
    assert max(map(len, out.replace(str(tmp_path), "").splitlines())) <= 80
    rows = {r["name"]: r for r in json.loads((tmp_path / "list.json").read_text())["encoders"]}
    assert len(rows) == 21
    assert rows["bert-base"]["path"] == str(tmp_path / "home" / "bert-base")
    # The folder is believed rather than the list.
    assert (rows["bert-base"]["dimension"], rows["bert-base"]["licence"]) == (4, "mine")
    assert (rows["tiny-text"]["known"], rows["tiny-text"]["state"]) == (False, "at hand")
    assert (rows["clip-vit-b32"]["path"], rows["clip-vit-b32"]["state"]) == (None, "on the hub")
    assert rows["resnet50"]["state"] == "on the hub, needs PyTorch once"
    assert rows["mobilenet-edgetpu-100"]["state"] == "not on the hub"
    assert rows["marqo-ecommerce-b"]["state"] == "to be exported by hand"


def test_encoders_names_a_folder_before_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AISLE_ENCODERS", "elsewhere")
    look_in(tmp_path)
    assert os.environ["AISLE_ENCODERS"] == f"{tmp_path}{os.pathsep}elsewhere"
    assert _run("list", "--encoders", tmp_path / "none") == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_pull_hands_its_options_on_and_says_what_it_got(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: dict[str, Any] = {}

    def pull(name: str, **options: Any) -> EncoderFolder:
        asked.update(options, name=name)
        return text_folder(options["home"])

    monkeypatch.setattr("aisle.encoders.pretrained.pulling.hub.pull", pull)
    out = tmp_path / "pull.json"
    options = ("--to", tmp_path / "w", "--precision", "float32", "--accept-licence", "--json", out)
    assert _run("pull", "tiny-text", *options) == 0
    assert (asked["name"], asked["home"]) == ("tiny-text", tmp_path / "w")
    assert (asked["precision"], asked["accept_licence"]) == ("float32", True)
    found = json.loads(out.read_text())
    assert found["path"] == str(tmp_path / "w" / "tiny-text")
    assert found["networks"] == [
        {"file": "model.onnx", "precision": "float32", "bytes": len(tiny_text())}
    ]
    assert f"--encoders {tmp_path / 'w'}" in capsys.readouterr().out
    assert _run("pull", "tiny-text") == 0
    assert asked["home"] == tmp_path / "cache" / "encoders"


def test_pull_without_pytorch_has_no_exporter(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def pull(name: str, **options: Any) -> EncoderFolder:
        asked.update(options)
        raise EncoderError("told by the hub")

    monkeypatch.setattr("aisle.encoders.pretrained.pulling.hub.pull", pull)
    monkeypatch.setattr(exporting, "find_spec", lambda _: None)
    assert _run("pull", "bert") == 2
    assert asked["exporter"] is None
    monkeypatch.setattr(exporting, "find_spec", lambda _: object())
    assert _run("pull", "bert") == 2
    assert callable(asked["exporter"])


def test_a_pull_that_fails_is_a_users_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("pull", "minillm") == 2
    assert "Did you mean 'all-minilm-l6-v2'?" in capsys.readouterr().err


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Stand in for the exporter and the quantiser, which need PyTorch and ONNX."""
    made: list[dict[str, Any]] = []

    def export(source: str, out: Path, **options: Any) -> Any:
        made.append({"source": source, **options})
        folder = text_folder(out.parent, out.name)
        return SimpleNamespace(
            folder=folder, difference=1e-6, cosine=0.99999, checked=8, notes=("cut at 16",)
        )

    @dataclass
    class Trial:
        file: str = "model.int8.onnx"
        kept: bool = False
        reason: str = "does not agree"

    def quantise(folder: EncoderFolder, *, progress: object) -> Any:
        made.append({"quantised": folder.path})
        return SimpleNamespace(folder=folder, trials=(Trial(),))

    for name, function in (("exporting", export), ("quantising", quantise)):
        module = ModuleType(f"aisle.neural.{name}")
        setattr(module, function.__name__, function)
        monkeypatch.setitem(sys.modules, f"aisle.neural.{name}", module)
    return made


def test_export_hands_its_options_on(
    exports: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--name", "mine", "--kind", "timm", "--output", "cls", "--max-tokens", "64")
    more = ("--fit", "pad", "--quantise", "--json", tmp_path / "e.json")
    told = ("--prefix", "passage: ", "--not-normalised", "--licence", "MIT")
    assert _run("export", "bert", "-o", tmp_path / "bert", *options, *more, *told) == 0
    assert exports == [
        {
            "source": "bert",
            "name": "mine",
            "kind": "timm",
            "output": "cls",
            "max_tokens": 64,
            "fit": "pad",
            "prefix": "passage: ",
            "normalised": False,
            "licence": "MIT",
            "accept_licence": False,
        },
        {"quantised": tmp_path / "bert"},
    ]
    out = capsys.readouterr().out
    assert "lowest cosine 0.999990" in out
    assert "cut at 16" in out
    assert "model.int8.onnx: not kept, does not agree" in out
    found = json.loads((tmp_path / "e.json").read_text())
    assert (found["checked"], found["notes"]) == (8, ["cut at 16"])
    assert [trial["kept"] for trial in found["trials"]] == [False]


@pytest.mark.parametrize(("option", "asked"), [((), None), (("--normalised",), True)])
def test_export_leaves_to_the_model_what_was_not_said(
    option: tuple[str, ...], asked: bool | None, exports: list[dict[str, Any]], tmp_path: Path
) -> None:
    assert _run("export", "bert", "-o", tmp_path / "bert", *option) == 0
    (made,) = exports
    assert made["normalised"] is asked
    assert {made[key] for key in ("prefix", "licence", "name", "kind", "output", "fit")} == {None}


def test_export_without_its_libraries_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "aisle.neural.exporting", None)
    assert _run("export", "bert", "-o", tmp_path / "bert") == 2
    assert 'pip install "aisle[deep]"' in capsys.readouterr().err


def test_bench_measures_every_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text_folder(tmp_path)
    image_folder(tmp_path)
    out = tmp_path / "bench.json"
    options = ("--rows", "5", "--encoders", tmp_path, "--json", out)
    assert _run("bench", "tiny-text", "tiny-image", *options) == 0
    found = json.loads(out.read_text())
    networks = [(e["name"], n["file"]) for e in found["encoders"] for n in e["networks"]]
    assert networks == [
        ("tiny-text", "model.onnx"),
        ("tiny-image", "model.onnx"),
        ("tiny-image", "small.onnx"),
    ]
    for encoder in found["encoders"]:
        assert all(n["products_a_second"] > 0 < n["milliseconds"] for n in encoder["networks"])
    assert [n["cosine"] for n in found["encoders"][1]["networks"]] == [None, pytest.approx(1)]
    assert "int8-static" in capsys.readouterr().out


def test_bench_takes_the_products_of_a_catalogue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text_folder(tmp_path / "home")
    image_folder(tmp_path / "home")
    for row in range(3):
        Image.fromarray(np.full((9, 9, 3), 60 * row, dtype=np.uint8)).save(tmp_path / f"{row}.png")
    rows = "".join(f"{r},a red shirt of size {r} and more words,{r}.png\n" for r in range(3))
    catalog = tmp_path / "catalog.csv"
    catalog.write_text("id,title,image\n" + rows)
    options = ("--catalog", catalog, "--encoders", tmp_path / "home")
    assert _run("bench", "tiny-text", "tiny-image", *options) == 0
    catalog.write_text("id,title\n" + "".join(f"{r},a red shirt of size {r}\n" for r in range(3)))
    assert _run("bench", "tiny-image", *options) == 2
    assert "have no images that could be read" in capsys.readouterr().err
    assert _run("bench", "tiny-image", *options, "--json", catalog) == 2
    assert "read by this command" in capsys.readouterr().err


def test_check_accepts_an_encoder_that_is_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = image_folder(tmp_path)
    assert _run("check", folder.path, "--json", tmp_path / "check.json") == 0
    found = json.loads((tmp_path / "check.json").read_text())
    assert found["ok"]
    assert [one["cosine"] for one in found["checks"]] == [None, pytest.approx(1)]
    assert "runs" in capsys.readouterr().out
    text_folder(tmp_path)
    assert _run("check", "Tiny_Text", "--encoders", tmp_path) == 0


def test_check_finds_networks_that_do_not_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image_folder(tmp_path, scale=-3)
    out = tmp_path / "check.json"
    assert _run("check", "tiny-image", "--encoders", tmp_path, "--json", out) == 2
    assert "small.onnx: does not agree with float32: cosine" in capsys.readouterr().err
    found = json.loads(out.read_text())
    assert not found["ok"]
    assert len(found["problems"]) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dimension": 5}, "gives vectors of length 3, expected 5"),
        (
            {"networks": [{"file": "model.onnx", "output": "nothing"}]},
            "computes no tensor 'nothing'",
        ),
        ({"image": {"size": [16, 16]}}, "the network failed"),
    ],
)
def test_check_finds_what_is_wrong(
    changes: dict[str, Any], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = image_folder(tmp_path, **changes)
    assert _run("check", folder.path) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "is not fit for use" in err


def test_check_finds_files_that_are_no_networks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = image_folder(tmp_path)
    (folder.path / "small.onnx").write_bytes(b"no network")
    assert _run("check", folder.path) == 2
    assert "small.onnx" in capsys.readouterr().err
    (folder.path / "small.onnx").unlink()
    assert _run("check", folder.path) == 2
    assert "needs the file 'small.onnx', which is not there" in capsys.readouterr().err
    assert _run("check", tmp_path) == 2
    assert "is no encoder folder" in capsys.readouterr().err
    assert _run("check", "nothing") == 2
    assert "there is no encoder 'nothing'" in capsys.readouterr().err
