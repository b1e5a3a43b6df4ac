"""What a network has answered once comes from the cache, the same to the bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aisle import Catalog
from aisle.cache import default_store
from aisle.encoders.pretrained import remembering
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.encoders.pretrained.remembering import image_vectors, text_vectors
from aisle.encoders.pretrained.session import Session
from aisle.encoders.pretrained.text import TextNetwork
from tests.unit.encoders.pretrained.networks import (
    WIDTH,
    helper,
    image_folder,
    image_network,
    model,
    text_folder,
)

TEXTS = ["mug", "lamp blue", "mug", "", "größe", "lamp blue"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("AISLE_FEATURE_CACHE", raising=False)
    yield tmp_path / "cache"
    default_store().close()


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One entry for each run of a network."""
    counted: list[None] = []
    run = Session.run
    monkeypatch.setattr(
        Session, "run", lambda self, feeds: counted.append(None) or run(self, feeds)
    )
    return counted


@pytest.fixture
def texts(tmp_path: Path) -> TextNetwork:
    return TextNetwork.load(text_folder(tmp_path))


@pytest.fixture
def images(tmp_path: Path) -> ImageNetwork:
    return ImageNetwork.load(image_folder(tmp_path))


def photographs(folder: Path) -> Catalog:
    """Six products: two equal photographs, one by another name, a broken one, and none."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        Image.fromarray(rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(
            folder / f"{name}.png"
        )
    (folder / "copy.png").write_bytes((folder / "a.png").read_bytes())
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    names = ["a.png", "b.png", "a.png", "copy.png", "broken.png", None]
    rows = [
        {"sku": f"S{at}", "photo": str(folder / name) if name else None}
        for at, name in enumerate(names)
    ]
    return Catalog.read(rows, roles={"photo": "image", "sku": "id"})


def test_a_second_question_runs_no_network(texts: TextNetwork, runs: list[None]) -> None:
    told: list[tuple[str, int, int]] = []
    first = text_vectors(texts, TEXTS, "tiny", lambda *step: told.append(step))
    assert len(runs) == 4
    assert told[-1] == ("encoding texts", 4, 4)
    assert np.array_equal(first, texts.encode(TEXTS))
    runs.clear()
    second = text_vectors(texts, TEXTS, "tiny")
    some = text_vectors(texts, ["größe", "mug"], "tiny")
    assert not runs
    assert second.tobytes() == first.tobytes()
    assert some.tobytes() == first[[4, 0]].tobytes()
    text_vectors(texts, ["mug", "new"], "tiny")
    assert len(runs) == 1
    assert [encoder.name for encoder in default_store().info().encoders] == ["tiny"]


def test_equal_texts_far_apart_are_run_once_without_a_cache(
    texts: TextNetwork, runs: list[None], monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    monkeypatch.setenv("AISLE_FEATURE_CACHE", "off")
    monkeypatch.setattr(remembering, "_TEXTS_AT_ONCE", 2)
    found = text_vectors(texts, [*TEXTS, *TEXTS], "tiny")
    assert len(runs) == 4
    assert found.tobytes() == texts.encode([*TEXTS, *TEXTS]).tobytes()
    assert not list(cache.rglob("*.sqlite"))
    runs.clear()
    again = text_vectors(texts, [*TEXTS, *TEXTS], "tiny")
    assert len(runs) == 4
    assert again.tobytes() == found.tobytes()


def test_no_texts_make_no_rows(texts: TextNetwork) -> None:
    assert text_vectors(texts, [], "tiny").shape == (0, WIDTH)


def test_another_way_of_reading_is_another_question(
    texts: TextNetwork, tmp_path: Path, runs: list[None]
) -> None:
    found = text_vectors(texts, ["mug"], "tiny")
    for how in ({"prefix": "new "}, {"normalised": False}, {"max_tokens": 2}):
        other = TextNetwork.load(text_folder(tmp_path / str(how)[2:5], text=how))
        runs.clear()
        assert not np.array_equal(text_vectors(other, ["mug"], "tiny"), found)
        assert len(runs) == 1


def test_photographs_are_encoded_once_whatever_they_are_called(
    images: ImageNetwork, runs: list[None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aisle.catalog.images.reading.cores", lambda: 1)
    catalog = photographs(tmp_path / "photos")
    first = image_vectors(images, catalog, ["photo"], "tiny")
    assert len(runs) == 2
    assert [result.value is not None for result in first] == [True] * 4 + [False] * 2
    assert [result.error is not None for result in first] == [False] * 4 + [True, False]
    assert "broken.png" in str(first[4].error)
    vectors = [result.value.tobytes() for result in first[:4] if result.value is not None]
    assert vectors[0] == vectors[2] == vectors[3] != vectors[1]
    runs.clear()
    second = image_vectors(images, catalog, ["photo"], "tiny")
    assert not runs
    assert [r.value is not None and r.value.tobytes() for r in second] == [*vectors, False, False]
    assert [r.error for r in second] == [r.error for r in first]


@pytest.mark.parametrize("workers", [1, 4])
def test_the_same_photographs_without_a_cache(
    images: ImageNetwork, runs: list[None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    workers: int,
) -> None:  # fmt: skip
    monkeypatch.setattr("aisle.catalog.images.reading.cores", lambda: workers)
    catalog = photographs(tmp_path / "photos")
    kept = image_vectors(images, catalog, ["photo"], "tiny")
    monkeypatch.setenv("AISLE_FEATURE_CACHE", "off")
    runs.clear()
    found = image_vectors(images, catalog.take([5, 4, 3, 2, 1, 0]), ["photo"], "tiny")
    assert 2 <= len(runs) <= 3  # two threads may come to the same photograph at once
    for left, right in zip(kept, found[::-1], strict=True):
        assert left.error == right.error
        assert (left.value is None) == (right.value is None)
        assert left.value is None or np.array_equal(left.value, right.value)


def test_a_photograph_on_which_the_network_overflows_is_absent_and_told(tmp_path: Path) -> None:
    nodes: list[Any] = [
        helper.make_node("GlobalAveragePool", ["pixels"], ["mean"]),
        helper.make_node("Log", ["mean"], ["logs"]),
        helper.make_node("Flatten", ["logs"], ["embedding"]),
    ]
    content = model(nodes, {"pixels": (1, [1, 3, 16, 16])}, {"embedding": [1, 3]}, [])
    how = {"mean": [0, 0, 0], "std": [1, 1, 1], "background": [0, 0, 0]}
    network = ImageNetwork.load(image_folder(tmp_path, content, image=how))
    for name, shade in (("black", 0), ("grey", 90)):
        Image.new("RGB", (16, 16), (shade,) * 3).save(tmp_path / f"{name}.png")
    rows = [{"photo": str(tmp_path / f"{name}.png")} for name in ("grey", "black", "grey")]
    catalog = Catalog.read(rows, roles={"photo": "image"})
    for _ in range(2):
        found = image_vectors(network, catalog, ["photo"], "tiny")
        assert [result.value is not None for result in found] == [True, False, True]
        assert "no finite numbers" in str(found[1].error)


def test_networks_of_one_content_share_answers(tmp_path: Path, runs: list[None]) -> None:
    one = ImageNetwork.load(image_folder(tmp_path / "one", name="one"))
    two = ImageNetwork.load(image_folder(tmp_path / "two", image_network(), name="two"))
    assert one.fingerprint == two.fingerprint
    catalog = photographs(tmp_path / "photos")
    image_vectors(one, catalog, ["photo"], "one")
    runs.clear()
    image_vectors(two, catalog, ["photo"], "two")
    assert not runs
