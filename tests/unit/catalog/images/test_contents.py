"""Photographs handed on as they are encoded."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from aisle import Catalog
from aisle.catalog.images import ImageReference, UnreadableImageError, map_contents
from aisle.errors import CatalogError


def path(location: Path) -> ImageReference:
    return ImageReference("path", str(location))


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{at}.bin" for at in range(12)]
    for at, file in enumerate(made):
        file.write_bytes(bytes([at]) * (at + 1))
    return made


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_a_function_gets_the_bytes_of_every_product(files: list[Path], workers: int) -> None:
    images = [(path(file),) for file in files]
    images += [(ImageReference("bytes", None, b"carried"),), (), images[3]]
    told: list[tuple[str, int, int]] = []
    found = map_contents(
        images, lambda content: content[:3], workers=workers,
        progress=lambda *step: told.append(step), what="looking",
    )  # fmt: skip
    expected = [file.read_bytes()[:3] for file in files]
    assert [result.value for result in found] == [*expected, b"car", None, expected[3]]
    assert not any(result.error for result in found)
    assert told[-1] == ("looking", 15, 15)


def test_each_content_is_asked_about_once_however_many_share_it(files: list[Path]) -> None:
    seen: list[bytes] = []
    lock = threading.Lock()

    def note(content: bytes) -> int:
        with lock:
            seen.append(content)
        return len(content)

    found = map_contents([(path(files[at % 3]),) for at in range(30)], note, workers=4)
    assert sorted(seen) == [file.read_bytes() for file in files[:3]]
    assert [result.value for result in found] == [1, 2, 3] * 10


def test_what_the_function_cannot_read_counts_as_unreadable(files: list[Path]) -> None:
    def strict(content: bytes) -> int:
        if content[0] % 2:
            raise UnreadableImageError("odd")
        return content[0]

    images = [(path(files[1]), path(files[4])), (path(files[3]),), (path(files[2]),)]
    found = map_contents(images, strict, workers=2)
    assert [result.value for result in found] == [4, None, 2]
    assert [str(result.error).endswith("1.bin: odd") for result in found] == [True, False, False]
    assert str(found[1].error).endswith("3.bin: odd")


def test_any_other_error_ends_the_work(files: list[Path]) -> None:
    def fail(content: bytes) -> int:
        return 1 // (len(content) - 5)

    with pytest.raises(ZeroDivisionError):
        map_contents([(path(file),) for file in files], fail, workers=2)
    with pytest.raises(CatalogError, match="workers: expected a whole number of at least 1"):
        map_contents([], len, workers=0)


def test_a_catalogue_hands_on_the_columns_that_are_asked_for(files: list[Path]) -> None:
    rows = [
        {"front": str(files[0]), "back": str(files[5])},
        {"front": None, "back": str(files[6])},
        {"front": str(files[0]) + ".gone", "back": None},
    ]
    catalog = Catalog.read(rows, roles={"front": "image", "back": "image"})
    every = catalog.map_contents(len)
    assert [result.value for result in every] == [1, 7, None]
    assert "there is no such file" in str(every[2].error)
    back = catalog.map_contents(len, columns=["back"])
    assert [(result.value, result.error) for result in back] == [(6, None), (7, None), (None, None)]
