"""Photographs of a catalogue: named, read, grouped; and left alone where it is offline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aisle import Catalog
from aisle.catalog.images import ImageReference


def picture(seed: int, size: tuple[int, int] = (96, 80)) -> Image.Image:
    """Draw a few large patches: a photograph with structure."""
    patches = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    picture(0).save(tmp_path / "a.jpg", quality=95)
    picture(0).resize((48, 40)).save(tmp_path / "a-small.png")
    picture(1).save(tmp_path / "b.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"<html>not found</html>")
    rows = ["sku,title,photo", "1,red mug,a.jpg", "2,teal lamp,a-small.png", "3,green hat,b.jpg"]
    rows += ["4,a sofa,broken.jpg", "5,a chair,", "6,a table,missing.jpg"]
    (tmp_path / "c.csv").write_text("\n".join(rows) + "\n")
    return Catalog.read(tmp_path / "c.csv", roles={"photo": "image", "title": "text"})


def test_every_product_names_its_photographs(catalog: Catalog, tmp_path: Path) -> None:
    images = catalog.images()
    assert images[0] == (ImageReference("path", str(tmp_path / "a.jpg")),)
    assert images[4] == ()
    assert len(images) == 6


def test_the_same_photograph_joins_products_whatever_their_texts(catalog: Catalog) -> None:
    groups = catalog.groups
    assert groups[0] == groups[1]
    assert len(np.unique(groups)) == 5


def test_photographs_are_read_once_for_groups(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.find_groups()
    monkeypatch.setattr("aisle.catalog.images.photograph_hashes", None)
    assert len(catalog.find_groups()) == 6
    assert len(catalog.hashed_photographs()[0]) == 6
    assert catalog.take([0, 1]).groups.tolist() == [0, 0]


def test_values_and_errors_stand_in_the_order_of_the_rows(catalog: Catalog) -> None:
    found = catalog.map_images(lambda pixels: pixels.shape, side=16)
    assert [result.value is not None for result in found] == [True, True, True, False, False, False]
    assert "HTML" in str(found[3].error)
    assert found[4].error is None
    assert "no such file" in str(found[5].error)


def test_an_offline_catalogue_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"title": "a mug", "photo": "http://shop.invalid/a.jpg"}] * 3
    roles = {"photo": "image", "title": "text"}
    offline = Catalog.read(rows, roles=roles, online=False)
    assert offline.fetch is None
    assert not Catalog.read(offline, target="title").online
    assert not offline.take([0]).online
    found = offline.map_images(lambda pixels: 1, side=16)
    assert all("not fetched" in str(result.error) for result in found)
    asked: list[str] = []

    def fetch(address: str) -> bytes:
        asked.append(address)
        return b""

    monkeypatch.setattr("aisle.catalog.images.fetching.default_fetcher", lambda: fetch)
    Catalog.read(rows, roles=roles).map_images(lambda pixels: 1, side=16)
    assert asked == ["http://shop.invalid/a.jpg"]
