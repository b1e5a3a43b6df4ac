"""`aisle serve`: what is typed, before a server runs."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aisle import Catalog, ProductClassifier
from aisle.cli.main import main
from tests.products import product_rows


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("serve") / "my shop.aisle"
    catalog = Catalog.read(product_rows(30), target="kind")
    settings = ["folds=2", "learning_curve=false"]
    ProductClassifier(recipe="fast", settings=settings).fit(catalog).save(path)
    return path


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the server was started with; none runs."""
    calls: list[dict[str, Any]] = []

    def serve(path: Path, settings: Any, *, model: Any, listening: Any) -> None:
        calls.append({"path": path, "settings": settings, "model": model})
        listening("http://127.0.0.1:8123")

    monkeypatch.setattr("aisle.serving.workers.serve", serve)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("COLUMNS", "100")
    return calls


def test_settings_come_from_options(
    bundle: Path,
    called: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    told = tmp_path / "up.json"
    options = ["--max-batch", "8", "--queue", "300", "--workers", "2", "--allow-urls"]
    options += ["--cors", "https://a.example", "--set", "max_pixels=1000", "--json", str(told)]
    assert main(["serve", str(bundle), *options]) == 0
    settings = called[0]["settings"]
    assert (settings.max_batch, settings.queue, settings.workers) == (8, 300, 2)
    assert (settings.allow_urls, settings.max_pixels) == (True, 1000)
    assert settings.cors_origins == ("https://a.example",)
    assert settings.name == "my-shop"
    assert isinstance(called[0]["model"], ProductClassifier)
    assert json.loads(told.read_text())["url"] == "http://127.0.0.1:8123"
    out = capsys.readouterr().out
    assert "my-shop answers at http://127.0.0.1:8123" in out
    assert "curl http://127.0.0.1:8123/v1/predict" in out
    assert '"title"' in out


def test_defaults_are_those_of_the_settings(bundle: Path, called: list[dict[str, Any]]) -> None:
    from aisle.serving import ServingSettings

    assert main(["serve", str(bundle)]) == 0
    assert called[0]["settings"] == ServingSettings(name="my-shop")


def test_a_server_that_everybody_reaches_without_a_key_is_noted(
    bundle: Path, called: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", str(bundle), "--host", "0.0.0.0"]) == 0
    assert "--keys FILE" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--max-batch", "0"], "max_batch"),
        (["--queue", "10"], "could never be accepted"),
        (["--set", "colour=red"], "expected setting=value"),
        (["--set", "port=1"], "expected setting=value"),
        (["--set", "max_text=many"], "max_text"),
        (["--name", "a/b"], "name"),
    ],
)
def test_mistakes_are_told(
    options: list[str],
    words: str,
    bundle: Path,
    called: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["serve", str(bundle), *options]) == 2
    assert words in capsys.readouterr().err
    assert not called


def test_a_port_that_is_taken_is_told(
    bundle: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["serve", str(bundle), "--port", port]) == 2
    assert f"127.0.0.1:{port}: cannot be listened on" in capsys.readouterr().err


def test_a_key_in_plain_text_is_refused(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text("shop:secret\n")
    assert main(["serve", str(bundle), "--port", "0", "--keys", str(keys)]) == 2
    assert "expected name:digest" in capsys.readouterr().err


def test_without_the_extra_the_message_says_how_to_install_it(
    bundle: Path,
    called: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("aisle.cli.serve.find_spec", lambda name: None)
    assert main(["serve", str(bundle)]) == 2
    assert 'pip install "aisle[serve]"' in capsys.readouterr().err


def test_the_command_line_alone_imports_no_web_framework() -> None:
    code = "import sys, aisle.cli.main; print([m for m in sys.modules if 'fastapi' in m])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_key_is_made_shown_once_and_known(
    bundle: Path,
    called: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    from aisle.serving.keys import read_keys

    keys, told = tmp_path / "keys.txt", tmp_path / "key.json"
    options = ["--keys", str(keys), "--new-key", "web shop", "--json", str(told)]
    assert main(["serve", str(bundle), *options]) == 0
    assert called == [], "it makes a key and ends"
    key = json.loads(told.read_text())["key"]
    assert key in capsys.readouterr().out
    assert read_keys(keys).caller(key) == "web shop"
    assert main(["serve", str(bundle), *options[:4]]) == 2
    assert "there already" in capsys.readouterr().err
    assert main(["serve", str(bundle), "--new-key", "till"]) == 2
    assert "--keys FILE" in capsys.readouterr().err
    assert main(["serve", str(bundle), "--keys", str(keys)]) == 0
    assert "/v1/model -H 'X-API-Key: KEY'" in capsys.readouterr().out


def test_the_training_catalogue_is_handed_on(
    bundle: Path,
    called: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from aisle.serving.page.nearest import VARIABLE

    monkeypatch.setenv(VARIABLE, "")
    train = tmp_path / "train.csv"
    assert main(["serve", str(bundle), "--train", str(train)]) == 2
    assert "no such file" in capsys.readouterr().err
    train.write_text("title,kind\nred mug,mug\n")
    monkeypatch.chdir(tmp_path)
    assert main(["serve", str(bundle), "--train", "train.csv"]) == 0
    assert os.environ[VARIABLE] == str(train)
    assert len(called) == 1
