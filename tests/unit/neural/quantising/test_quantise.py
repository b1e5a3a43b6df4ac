"""Folders before and after their quantisation; times are set, as no test may depend on them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from aisle.encoders.pretrained.choosing import chosen_network
from aisle.encoders.pretrained.folder import open_folder
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.encoders.pretrained.text import TextNetwork
from aisle.errors import EncoderError
from aisle.neural.quantising import quantisation, quantise
from aisle.neural.quantising.measuring import Measured, Runner, cosine, measure
from tests.unit.neural.quantising.networks import (
    image_folder,
    some_images,
    some_texts,
    text_folder,
    text_network,
)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What each network takes, in order; float32 comes first."""
    given: list[float] = [0.010, 0.004, 0.004, 0.004]

    def fixed(runners: Mapping[int, Runner], reference: int, **_: object) -> dict[int, Measured]:
        expected = runners[reference]()
        found = {}
        for at, run in runners.items():
            agreed = cosine(run(), expected)
            found[at] = Measured(given[at], float(agreed.min()), float(agreed.mean()))
        return found

    monkeypatch.setattr(quantisation, "measure", fixed)
    return given


def test_a_text_network_is_kept_and_chosen_and_other_files_stay(
    tmp_path: Path, seconds: list[float]
) -> None:
    path = text_folder(tmp_path / "words")
    before = {f: f.read_bytes() for f in path.rglob("*") if f.is_file() and f.suffix != ".json"}
    done = quantise(open_folder(path), texts=some_texts(30))
    float32, int8 = done.trials
    assert (float32.precision, float32.lowest, float32.kept) == ("float32", 1.0, True)
    assert (int8.precision, int8.kept, int8.seconds) == ("int8-dynamic", True, 0.004)
    assert int8.lowest is not None
    assert 0.98 <= int8.lowest < 1
    assert int8.bytes == (path / int8.file).stat().st_size
    assert all(file.read_bytes() == content for file, content in before.items())
    assert (path / "extra" / "config.json").is_file()
    written = json.loads((path / "encoder.json").read_text())["networks"]
    assert [n.get("seconds") for n in written] == [0.01, 0.004]
    assert [n.get("agreement") is None for n in written] == [True, False]
    assert chosen_network(done.folder, "text").file == int8.file
    text = some_texts(1)
    fast, exact = (TextNetwork.load(done.folder, precision=p) for p in (None, "float32"))
    assert 0.98 < cosine(fast.encode(text), exact.encode(text))[0] < 1


def test_an_image_network_is_kept_and_chosen(tmp_path: Path, seconds: list[float]) -> None:
    done = quantise(open_folder(image_folder(tmp_path / "eye")), images=some_images(12))
    assert [(t.precision, t.kept) for t in done.trials] == [
        ("float32", True),
        ("int8-static", True),
    ]
    assert json.loads((done.folder.path / "encoder.json").read_text())["note"] == "kept"
    pixels = some_images(1)[0]
    fast, exact = (ImageNetwork.load(done.folder, precision=p) for p in (None, "float32"))
    found = cosine(fast.encode(pixels)[None], exact.encode(pixels)[None])[0]
    assert 0.98 < found < 1


def test_one_that_is_hardly_faster_is_not_written(tmp_path: Path, seconds: list[float]) -> None:
    seconds[1] = 0.0095
    path = text_folder(tmp_path / "words")
    done = quantise(open_folder(path), texts=some_texts(20))
    assert not done.trials[1].kept
    assert "1.05 x as fast as float32, expected 1.1 x" in done.trials[1].reason
    assert not (path / done.trials[1].file).exists()
    assert [n.seconds for n in done.folder.description.networks] == [0.01]


def test_one_that_does_not_agree_is_not_written(
    tmp_path: Path, seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = text_network(position_bias=True)
    monkeypatch.setattr("aisle.neural.quantising.candidates.int8_dynamic", lambda *_: noise)
    path = text_folder(tmp_path / "words")
    done = quantise(open_folder(path), texts=some_texts(20))
    assert not done.trials[1].kept
    assert "below 0.98" in done.trials[1].reason
    assert not (path / done.trials[1].file).exists()


def test_what_cannot_be_quantised_is_told(
    tmp_path: Path, seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bytes:
        raise ValueError("no such operator")

    monkeypatch.setattr("aisle.neural.quantising.candidates.int8_dynamic", fails)
    done = quantise(open_folder(text_folder(tmp_path / "words")), texts=some_texts(20))
    assert done.trials[1].seconds is None
    assert done.trials[1].reason == "cannot be quantised: no such operator"
    assert not done.trials[1].kept


def test_a_second_time_changes_no_network(tmp_path: Path, seconds: list[float]) -> None:
    path = text_folder(tmp_path / "words")
    first = quantise(open_folder(path), texts=some_texts(20))
    again = quantise(first.folder, texts=some_texts(20))
    assert [t.kept for t in again.trials] == [True, True, False]
    assert "which was there" in again.trials[2].reason
    assert again.folder.description == first.folder.description


def test_static_is_tried_on_texts_when_asked(tmp_path: Path, seconds: list[float]) -> None:
    folder = open_folder(text_folder(tmp_path / "words"))
    done = quantise(folder, texts=some_texts(20), methods=["int8-static", "int8-dynamic"])
    assert [t.precision for t in done.trials] == ["float32", "int8-static", "int8-dynamic"]
    assert all(t.seconds is not None for t in done.trials)


def test_without_methods_networks_are_only_measured(tmp_path: Path) -> None:
    done = quantise(open_folder(text_folder(tmp_path / "words")), methods=[])
    assert [t.precision for t in done.trials] == ["float32"]
    (network,) = done.folder.description.networks
    assert network.seconds is not None
    assert network.seconds > 0


def test_mistakes_are_told(tmp_path: Path) -> None:
    path = text_folder(tmp_path / "words")
    folder = open_folder(path)
    with pytest.raises(EncoderError, match="no quantisation method 'int4'; expected int8-dynamic"):
        quantise(folder, methods=["int4"])
    with pytest.raises(EncoderError, match=r"texts: expected at least 8 .* found 3"):
        quantise(folder, texts=["a", "b", "c", "a"])
    content = json.loads((path / "encoder.json").read_text())
    content["networks"][0]["precision"] = "int8-dynamic"
    (path / "encoder.json").write_text(json.dumps(content))
    with pytest.raises(EncoderError, match="no float32 network that reads text, only int8-dynamic"):
        quantise(open_folder(path))


def test_without_the_libraries_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = open_folder(text_folder(tmp_path / "words"))
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(EncoderError, match=r'pip install "aisle\[deep\]"'):
        quantise(folder)


def test_measuring_runs_each_network_in_turn() -> None:
    order = []

    def runner(name: int, vectors: np.ndarray) -> Runner:
        return lambda: order.append(name) or vectors

    ones = np.ones((2, 3), np.float32)
    other = np.array([[1, 1, 1], [1, 0, 0]], np.float32)
    found = measure({0: runner(0, ones), 1: runner(1, other)}, 0)
    assert order[:4] == [0, 1, 0, 1]
    assert found[0].lowest == 1
    assert found[1].lowest == pytest.approx(3**-0.5)
    assert found[1].mean == pytest.approx((1 + 3**-0.5) / 2)


def test_cosines_of_what_is_empty_or_not_finite() -> None:
    zeros, nan = np.zeros((1, 2)), np.array([[np.nan, 1]])
    assert cosine(zeros, zeros).tolist() == [1]
    assert cosine(nan, np.ones((1, 2))).tolist() == [0]
    assert cosine(zeros, np.ones((1, 2))).tolist() == [0]
    assert cosine(np.ones((2, 3)), np.ones((2, 2))).tolist() == [0, 0]
