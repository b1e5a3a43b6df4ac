"""Files of word vectors: their forms, which words are kept, and files that are none."""

from __future__ import annotations

import gzip
import logging
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aisle.encoders.text import word_vectors
from aisle.encoders.text.word_vectors import read_vectors
from aisle.errors import RecipeError

VECTORS = {"the": [1.0, 0.5], "mug": [-0.25, 2.0], "été": [3.0, 1e-3], "Lamp": [0.0, 7.0]}


def glove(vectors: dict[str, list[float]]) -> bytes:
    lines = [f"{word} {' '.join(map(repr, vector))}\n" for word, vector in vectors.items()]
    return "".join(lines).encode()


def text(vectors: dict[str, list[float]]) -> bytes:
    return f"{len(vectors)} {len(next(iter(vectors.values())))}\n".encode() + glove(vectors)


def fasttext(vectors: dict[str, list[float]]) -> bytes:
    return text(vectors).replace(b"\n", b" \n").replace(b" \n", b"\n", 1)


def windows(vectors: dict[str, list[float]]) -> bytes:
    return text(vectors).replace(b"\n", b"\r\n")


def binary(vectors: dict[str, list[float]], end: bytes = b"") -> bytes:
    parts = [f"{len(vectors)} {len(next(iter(vectors.values())))}\n".encode()]
    for word, vector in vectors.items():
        parts += [word.encode(), b" ", struct.pack(f"<{len(vector)}f", *vector), end]
    return b"".join(parts)


def original(vectors: dict[str, list[float]]) -> bytes:
    return binary(vectors, end=b"\n")


FORMS = [glove, text, fasttext, windows, binary, original]


def read(
    path: Path, *words: str, common: int = 0, lowercase: bool = True
) -> dict[str, list[float]]:
    found, vectors = read_vectors(str(path), words, common=common, lowercase=lowercase)
    assert vectors.dtype == np.float32
    assert len(vectors) == len(found)
    return dict(zip(found, vectors.tolist(), strict=True))


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "vectors"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_every_form_holds_the_same(
    form: Callable[[dict[str, list[float]]], bytes],
    packed: bool,
    chunk: int,
    write: Callable[[bytes], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(word_vectors, "_CHUNK_BYTES", chunk)
    path = write(gzip.compress(form(VECTORS)) if packed else form(VECTORS))
    expected = {"été": [3.0, float(np.float32(1e-3))], "mug": [-0.25, 2.0], "lamp": [0.0, 7.0]}
    assert read(path, "mug", "été", "lamp", "sofa") == expected


@pytest.mark.parametrize("is_binary", [False, True])
def test_what_gensim_writes_is_read(is_binary: bool, tmp_path: Path) -> None:
    from gensim.models import KeyedVectors

    vectors = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)
    names = [f"word{number}" for number in range(40)]
    keyed = KeyedVectors(30)
    keyed.add_vectors(names, vectors)
    path = tmp_path / "vectors.bin"
    keyed.save_word2vec_format(str(path), binary=is_binary)
    found, ours = read_vectors(str(path), names, common=0, lowercase=True)
    assert ours[[found.index(name) for name in names]].tobytes() == vectors.tobytes()


def test_the_first_words_are_kept_and_those_that_are_looked_for(
    write: Callable[[bytes], Path],
) -> None:
    path = write(glove({",": [9], "a": [9], "one": [1], "Two": [2], "three": [3], "four": [4]}))
    assert read(path, "four", common=2) == {"one": [1], "two": [2], "four": [4]}
    assert read(path, "four", common=0) == {"four": [4]}
    assert read(path, common=10, lowercase=False).keys() == {"one", "Two", "three", "four"}


def test_the_spelling_of_texts_goes_before_capitals(write: Callable[[bytes], Path]) -> None:
    path = write(text({"LAMP": [1], "Lamp": [2], "lamp": [3], "MUG": [4], "Mug": [5]}))
    assert read(path, "lamp", "mug") == {"lamp": [3], "mug": [4]}
    assert read(path, "lamp", "Mug", lowercase=False) == {"lamp": [3], "Mug": [5]}
    assert read(write(glove({"lamp": [3], "LAMP": [1], "x": [0]})), "lamp") == {"lamp": [3]}


def test_a_word_with_a_space_is_passed_over(write: Callable[[bytes], Path]) -> None:
    path = write(b"mug 1 2\nat shop.com 5 6\nlamp 3 4\n")
    assert read(path, "at", "lamp", "mug") == {"lamp": [3, 4], "mug": [1, 2]}


def test_vectors_of_zeros_say_nothing(write: Callable[[bytes], Path]) -> None:
    assert read(write(glove({"pad": [0.0, 0.0], "mug": [1.0, 0.0]})), "pad", "mug") == {
        "mug": [1.0, 0.0]
    }


def test_no_word_in_common_is_told(
    write: Callable[[bytes], Path], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found, vectors = read_vectors(str(write(text(VECTORS))), ["sofa"], common=0, lowercase=True)
    assert found == []
    assert vectors.shape == (0, 2)
    assert "none of the texts' words has a vector" in caplog.text


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.write_text, (self.path, "caught")


def test_a_pickle_is_refused_unopened(write: Callable[[bytes], Path], tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    for content in (pickle.dumps(Trap(trap)), gzip.compress(pickle.dumps(Trap(trap)))):
        with pytest.raises(RecipeError, match=r"this is a pickle.*save_word2vec_format"):
            read(write(content), "mug")
    assert not trap.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "first line is neither"),
        (b"\n", "first line is neither"),
        (b"some prose about mugs\n", "first line is neither"),
        (b"3 0\nmug\n", "first line is neither"),
        (b"3 5000\nmug 1\n", "first line is neither"),
        (b"PK\x03\x04rest", "this is a zip archive"),
        (b"\x93NUMPY rest", "this is a NumPy array"),
        (b"mug 1 2\nlamp 3\n", "line 2: expected 'lamp' and 2 finite numbers"),
        (b"2 2\nmug 1 2\nlamp 3 four\n", "line 3: expected 'lamp' and 2 finite numbers"),
        (b"3 2\nmug 1 2\nlamp 3 4\n", "tells of 3 words, but only 2 follow"),
        (b"mug 1 2\nlamp nan 1\n", "line 2: expected 'lamp' and 2 finite numbers"),
        (b"mug 1 2\nlamp 1e60 1\n", "line 2: expected 'lamp' and 2 finite numbers"),
        (binary(VECTORS)[:-1], "4 words, but word 4 is damaged or cut off"),
        (b"4 2\n" + b"\0" * 300_000, "4 words, but word 1 is damaged or cut off"),
        (binary({"mug": [float("inf"), 1.0]}), "vector of word 1, 'mug', holds a number"),
        (gzip.compress(text(VECTORS))[:-12], "cannot be read"),
        (gzip.compress(text(VECTORS))[:20] + b"\xff" * 20, "cannot be read"),
    ],
)
def test_damaged_and_foreign_files_are_explained(
    content: bytes, message: str, write: Callable[[bytes], Path]
) -> None:
    path = write(content)
    with pytest.raises(RecipeError, match=message) as raised:
        read(path, "mug", "lamp")
    assert str(path) in str(raised.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot be read"):
        read(tmp_path, "mug")
