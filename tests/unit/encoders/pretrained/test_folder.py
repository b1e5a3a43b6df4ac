"""Encoder folders: written as a whole or not at all, and every fault in one is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.encoders.pretrained import folder as folder_module
from aisle.encoders.pretrained.finding import list_folders
from aisle.encoders.pretrained.folder import (
    DESCRIPTION,
    TOKENIZER,
    fingerprint,
    open_folder,
    parse_description,
    write_folder,
)
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.encoders.pretrained.text import TextNetwork
from aisle.errors import EncoderError
from tests.unit.encoders.pretrained.networks import (
    described,
    image_description,
    image_folder,
    text_description,
    text_folder,
    tokenizer,
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    written = text_folder(tmp_path, colour="red", text={"prefix": "größe: ", "strange": [1, {}]})
    opened = open_folder(tmp_path / "tiny-text")
    assert opened == written
    assert opened.description.text is not None
    assert opened.description.text.prefix == "größe: "
    assert opened.read(TOKENIZER) == tokenizer()
    kept = json.loads((opened.path / DESCRIPTION).read_text("utf-8"))
    assert (kept["colour"], kept["text"]["strange"]) == ("red", [1, {}])
    assert {path.name for path in tmp_path.iterdir()} == {"tiny-text"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 2}, "format: Input should be 1"),
        ({"modality": "sound"}, "modality"),
        ({"modality": "image"}, "needs an entry 'image'"),
        ({"modality": "image-text", "image": {"size": [16, 16]}}, "no network reads text"),
        ({"dimension": 0}, "dimension"),
        ({"name": ""}, "name"),
        ({"networks": []}, "networks"),
        ({"text": None}, "needs an entry 'text'"),
        ({"text": {}}, "text.max_tokens: Field required"),
        ({"text": {"max_tokens": 8, "inputs": ["pixels"]}}, "text.inputs.0"),
        ({"text": {"max_tokens": 8, "pooling": "median"}}, "text.pooling"),
        ({"networks": [{"file": "m.onnx", "precision": "int3"}]}, "networks.0.precision"),
        ({"networks": [{"file": "m.onnx", "seconds": float("nan")}]}, "networks.0.seconds"),
    ],
)
def test_every_fault_of_a_text_encoder_is_named(change: dict[str, Any], words: str) -> None:
    content = {**text_description(), **change}
    with pytest.raises(EncoderError, match="(?s)somewhere.*" + words):
        parse_description(content, "somewhere")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"std": [1, 0, 1]}, "cannot be divided by"),
        ({"std": [1, 1e-300, 1]}, "cannot be divided by"),
        ({"std": [1, float("nan"), 1]}, "finite"),
        ({"mean": [1, float("inf"), 1]}, "finite"),
        ({"size": [16]}, "image.size"),
        ({"size": [0, 16]}, "image.size.0"),
        ({"size": [16, 10**9]}, "image.size.1"),
        ({"fit": "squeeze"}, "image.fit"),
        ({"background": [0, 0, 256]}, "image.background.2"),
        ({"layout": "CHW"}, "image.layout"),
        ({"crop": 0}, "image.crop"),
        ({"interpolation": "magic"}, "image.interpolation"),
    ],
)
def test_every_fault_of_an_image_encoder_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(EncoderError, match=words):
        described(image_description(image=change))


def test_all_faults_are_named_at_once() -> None:
    content = {**text_description(), "format": 2, "dimension": "many", "licence": 3}
    with pytest.raises(EncoderError, match=r"(?s)format.*dimension.*licence"):
        described(content)
    for nothing in (None, [], "text", 3):
        with pytest.raises(EncoderError, match="encoder: Input should be"):
            parse_description(nothing, "somewhere")


@pytest.mark.parametrize(
    "file",
    [
        *("../x.onnx", "/etc/x.onnx", "a/b.onnx", "a\\b.onnx", "..", ".onnx", "x.onnx\n"),
        *("", "x.bin", "C:x.onnx", "x\0.onnx", "-x.onnx"),
    ],
)
def test_a_network_lies_in_its_folder(file: str) -> None:
    with pytest.raises(EncoderError, match=r"networks\.0\.file"):
        described(text_description(networks=[{"file": file}]))


@pytest.mark.parametrize("gone", [DESCRIPTION, TOKENIZER, "model.onnx"])
def test_a_missing_file_is_named(tmp_path: Path, gone: str) -> None:
    made = text_folder(tmp_path)
    (made.path / gone).unlink()
    with pytest.raises(EncoderError, match=gone):
        open_folder(made.path)
    with pytest.raises(EncoderError, match=f"'{gone}' cannot be read"):
        made.read(gone)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'"text"'])
def test_a_description_that_is_garbage_is_refused(tmp_path: Path, content: bytes) -> None:
    made = text_folder(tmp_path)
    (made.path / DESCRIPTION).write_bytes(content)
    with pytest.raises(EncoderError, match=r"encoder\.json"):
        open_folder(made.path)


def test_a_folder_is_replaced_by_a_newer_one(tmp_path: Path) -> None:
    image_folder(tmp_path, name="same")
    (tmp_path / "same" / "notes.txt").write_text("old")
    made = text_folder(tmp_path, name="same")
    assert made.description.modality == "text"
    names = {path.name for path in made.path.iterdir()}
    assert names == {DESCRIPTION, TOKENIZER, "model.onnx"}
    assert [path.name for path in tmp_path.iterdir()] == ["same"]


def test_what_is_no_encoder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "tiny-text").mkdir()
    (tmp_path / "tiny-text" / "thesis.txt").write_text("years of work")
    (tmp_path / "tiny-image").write_text("a file")
    for make in (text_folder, image_folder):
        with pytest.raises(EncoderError, match="no encoder; name another folder"):
            make(tmp_path)
    assert (tmp_path / "tiny-text" / "thesis.txt").read_text() == "years of work"
    assert (tmp_path / "tiny-image").read_text() == "a file"
    (tmp_path / "empty").mkdir()
    assert text_folder(tmp_path, name="empty").path.is_dir()


def test_a_file_copied_from_elsewhere(tmp_path: Path) -> None:
    made = image_folder(tmp_path)
    files = {"model.onnx": made.path / "model.onnx"}
    copied = write_folder(tmp_path / "copy", made.description, files)
    assert copied.read("model.onnx") == made.read("model.onnx")
    with pytest.raises(EncoderError, match="could not be written"):
        write_folder(tmp_path / "more", made.description, {"model.onnx": tmp_path / "none.onnx"})
    assert not (tmp_path / "more").exists()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("moment", ["description_json", "open_folder", "_take_place"])
def test_an_end_in_the_middle_leaves_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, error: BaseException
) -> None:
    before = image_folder(tmp_path, name="same")
    files = {path.name: path.read_bytes() for path in before.path.iterdir()}

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(folder_module, moment, fail)
        with pytest.raises((EncoderError, KeyboardInterrupt)):
            text_folder(tmp_path, name="same")
    assert {path.name: path.read_bytes() for path in before.path.iterdir()} == files
    assert [path.name for path in tmp_path.iterdir()] == ["same"]


def test_a_folder_that_cannot_take_its_place_gives_way_to_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = image_folder(tmp_path, name="same")
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.suffix == ".partial":
            raise OSError(16, "Device or resource busy")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(EncoderError, match="busy"):
        text_folder(tmp_path, name="same")
    assert open_folder(before.path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["same"]


def test_a_folder_that_lacks_a_file_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=TOKENIZER):
        write_folder(tmp_path / "a", described(text_description()), {"model.onnx": b""})
    assert list(tmp_path.iterdir()) == []


def test_a_fingerprint_knows_where_parts_end() -> None:
    prints = {fingerprint(*p) for p in (("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ())}
    assert len(prints) == 5
    assert fingerprint("ä") == fingerprint("ä".encode())


def test_the_real_folders_load_as_they_stand(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AISLE_ENCODERS", str(weights))
    folders = list_folders()
    assert len(folders) >= 4
    pixels = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    for folder in folders:
        dimension = folder.description.dimension
        for tower in folder.description.towers:
            if tower == "text":
                network = TextNetwork.load(folder)
                vector = network.encode(["a red ceramic mug"])[0]
            else:
                network = ImageNetwork.load(folder)
                vector = network.encode(pixels)
            assert (vector.shape, vector.dtype) == ((dimension,), np.float32)
            assert network.dimension == dimension
            assert np.isfinite(vector).all()
            assert vector.std() > 0
