"""What `aisle cache` shows and deletes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from aisle.cache import FeatureStore, content_key
from aisle.cli.cache import _size, cache_app
from aisle.errors import AisleError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "kept"))
    monkeypatch.setenv("AISLE_CACHE_LIMIT", "3GB")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("AISLE_FEATURE_CACHE", raising=False)
    return tmp_path / "kept"


@pytest.fixture
def filled(folder: Path) -> Path:
    store = FeatureStore()
    for fingerprint, name, count in (
        ("f" * 40, "All-MiniLM_L6", 3),
        ("e" * 40, "all-minilm-l6", 4),
        ("d" * 40, "siglip", 500),
        ("nameless", "", 1),
    ):
        store.register(fingerprint, name)
        store.put_many(
            fingerprint, {content_key(str(row)): np.ones(90, np.float32) for row in range(count)}
        )
    store.close()
    (folder / "images" / "ab").mkdir(parents=True)
    (folder / "images" / "ab" / "one").write_bytes(b"x" * 1_500_000)
    (folder / "images" / "two").write_bytes(b"x" * 700)
    return folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cache_app, list(arguments))


def said(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.exception
    return " ".join(result.stdout.split())


@pytest.mark.parametrize("arguments", [[], ["--help"], ["info", "--help"], ["clear", "--help"]])
def test_help_shows_an_example(arguments: list[str], folder: Path) -> None:
    words = said(*arguments)
    command = " ".join(["aisle", "cache", *(word for word in arguments if word != "--help")])
    assert command in words.split("Example:")[1]
    assert not folder.exists()


def test_info_of_nothing(folder: Path, tmp_path: Path) -> None:
    words = said("info", "--json", str(tmp_path / "info.json"))
    assert f"0 bytes in {folder}" in words
    assert "0 vectors, 0 bytes of at most 3.0 GB" in words
    found = json.loads((tmp_path / "info.json").read_text())
    assert (found["bytes"], found["parts"], found["features"]["encoders"]) == (0, [], [])
    assert not folder.exists()


def test_info_shows_all_that_is_kept(filled: Path, tmp_path: Path) -> None:
    words = said("info", "--json", str(tmp_path / "info.json"))
    assert "images 1.5 MB 2 files" in words
    assert "508 vectors" in words
    assert "siglip dddddddddddd 500 182 kB 20" in words
    assert "- nameless 1 364 bytes" in words
    found = json.loads((tmp_path / "info.json").read_text())
    parts = {part["name"]: part for part in found["parts"]}
    assert parts["images"] == {"name": "images", "bytes": 1_500_700, "files": 2}
    assert set(parts) == {"images", "features"}
    assert found["bytes"] == sum(part["bytes"] for part in parts.values())
    features = found["features"]
    assert (features["entries"], features["limit_bytes"]) == (508, 3 * 10**9)
    assert features["switched_off"] is False
    assert features["encoders"][0] | {"last_used": ""} == {
        "name": "siglip",
        "fingerprint": "d" * 40,
        "entries": 500,
        "bytes": 182_000,
        "last_used": "",
    }


def test_info_says_that_the_cache_is_switched_off(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "switched off" not in said("info")
    monkeypatch.setenv("AISLE_FEATURE_CACHE", "off")
    words = said("info")
    assert "switched off" in words
    assert "508 vectors" in words


def test_json_on_stdout_is_json_alone(filled: Path) -> None:
    assert json.loads(run("info", "--json", "-").stdout)["features"]["entries"] == 508
    assert json.loads(run("clear", "--json", "-").stdout)["entries"] == 508


def test_clear_deletes_features_alone(filled: Path) -> None:
    words = said("clear")
    assert words.startswith("freed ")
    assert words.endswith("B: 508 vectors deleted")
    assert FeatureStore().info().entries == 0
    assert (filled / "images" / "two").is_file()
    assert said("clear").endswith("0 vectors deleted")


def test_clear_one_encoder_by_name_in_all_its_versions(filled: Path, tmp_path: Path) -> None:
    words = said("clear", "--encoder", "all_minilm-L6", "--json", str(tmp_path / "clear.json"))
    assert "7 vectors deleted" in words
    assert {one.name for one in FeatureStore().info().encoders} == {"siglip", ""}
    found = json.loads((tmp_path / "clear.json").read_text())
    assert found["entries"] == 7
    assert {one["fingerprint"] for one in found["encoders"]} == {"f" * 40, "e" * 40}


def test_clear_one_encoder_by_fingerprint(filled: Path) -> None:
    assert "1 vector deleted" in said("clear", "--encoder", "nameless")


def test_an_unknown_encoder_is_a_mistake(filled: Path) -> None:
    result = run("clear", "--encoder", "clip")
    assert isinstance(result.exception, AisleError)
    assert "--encoder clip" in str(result.exception)
    assert "All-MiniLM_L6, all-minilm-l6, nameless, siglip" in str(result.exception)
    assert FeatureStore().info().entries == 508


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (182_000, "182 kB"),
        (1_500_000, "1.5 MB"),
        (20 * 10**9, "20.0 GB"),
        (3 * 10**15, "3,000 TB"),
    ],
)
def test_sizes_for_people(size: int, words: str) -> None:
    assert _size(size) == words
