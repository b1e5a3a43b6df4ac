from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aisle import Catalog, inspect
from aisle.catalog.images import UnreadableImageError, photograph_hashes, reading
from aisle.insight import Inspection
from aisle.insight.inspecting.photographs import photographs, sight
from tests.unit.insight.inspecting.conftest import full_rows


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, kind, quality=95)
    return written.getvalue()


def checks(side: int, cell: int) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    grey = np.where((x // cell + y // cell) % 2, 255, 0).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def test_sizes_are_those_of_the_file_though_less_is_decoded() -> None:
    wide = np.full((900, 1200, 3), 128, np.uint8)
    found = sight(encoded(wide, "JPEG"))
    assert (found.width, found.height) == (1200, 900)
    assert found.brightness == pytest.approx(128 / 255, abs=0.01)
    assert found.sharpness == pytest.approx(0, abs=1)
    assert found.hash is None


def test_a_turned_photograph_is_measured_upright() -> None:
    image = Image.fromarray(np.full((600, 1000, 3), 90, np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    written = io.BytesIO()
    image.save(written, "JPEG", exif=exif)
    found = sight(written.getvalue())
    assert (found.width, found.height) == (600, 1000)


def test_blur_is_less_sharp_and_size_does_not_matter() -> None:
    import cv2

    crisp = checks(240, 20)
    blurred = cv2.GaussianBlur(crisp, (0, 0), 6)
    assert sight(encoded(blurred)).sharpness < 0.05 * sight(encoded(crisp)).sharpness
    large = cv2.resize(crisp, (960, 960), interpolation=cv2.INTER_NEAREST)
    assert sight(encoded(large)).sharpness == pytest.approx(
        sight(encoded(crisp)).sharpness, rel=0.25
    )


def test_what_is_no_photograph_is_refused() -> None:
    with pytest.raises(UnreadableImageError):
        sight(b"no picture")


def test_measures_and_extremes_of_the_sample(inspected: Inspection) -> None:
    found = inspected.photographs
    assert found is not None
    assert (found.products, found.read, found.most) == (60, 59, 1)
    measures = {one.name: one for one in found.measures}
    assert set(measures) == {"pixels", "shape", "brightness", "sharpness", "kilobytes"}
    middle = {one.group: one.quantiles[2] for one in measures["brightness"].by_group}
    assert middle["Boots"] < middle["Lamps"] < middle["Mugs"]
    extremes = {one.name: one for one in found.extremes}
    assert inspected.catalog is not None
    kinds = {str(inspected.catalog.labels[row]) for row in extremes["darkest"].rows}
    assert kinds == {"Boots"}
    assert list(extremes["widest"].values) == sorted(extremes["widest"].values, reverse=True)
    assert len(extremes["widest"].rows) <= 6


def test_every_photograph_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = reading.read_file

    def counted(path: str) -> bytes:
        read.append(path)
        return real(path)

    monkeypatch.setattr(reading, "read_file", counted)
    catalog = Catalog.read(full_rows(tmp_path, 12), target="kind", roles={"photo": "image"})
    inspect(catalog)
    assert len(read) == len(set(read)) == 11


def test_the_hashes_are_those_that_the_catalogue_would_have_found(everything: Catalog) -> None:
    fresh = replace(everything)
    inspect(fresh)
    hashes, _ = fresh.hashed_photographs()
    assert hashes == photograph_hashes(everything.images())


def test_a_catalogue_without_photographs_has_no_section() -> None:
    assert photographs(Catalog.read([{"title": "mug"}]), [], None) is None
