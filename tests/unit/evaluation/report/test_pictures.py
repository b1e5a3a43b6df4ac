from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aisle import Catalog
from aisle.evaluation.report import pictures
from aisle.evaluation.report.pictures import looks


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    pixels = np.random.default_rng(0).integers(0, 256, (400, 300, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "good.jpg")
    (tmp_path / "torn.jpg").write_bytes((tmp_path / "good.jpg").read_bytes()[:200])
    named = ["good.jpg", "torn.jpg", "missing.jpg", None, "https://shop.example/a.jpg"]
    rows = [{"title": f"product {at}", "photo": name} for at, name in enumerate(named)]
    read = Catalog.read(rows, roles={"title": "text", "photo": "image"})
    return Catalog(read.table, read.schema, root=tmp_path)


def test_a_product_has_a_photograph_or_a_reason(catalog: Catalog, tmp_path: Path) -> None:
    seen = looks(catalog, [4, 3, 2, 1, 0])
    assert seen[0].title == "product 0"
    assert (seen[0].photograph or "").startswith("data:image/")
    assert seen[0].reason == ""
    assert [seen[row].photograph for row in (1, 2, 3, 4)] == [None] * 4
    assert seen[1].reason.startswith("torn.jpg: ")
    assert seen[2].reason.startswith("missing.jpg: ")
    assert seen[3].reason == "no photograph"
    assert seen[4].reason == "on the web, not fetched"
    assert not [row for row in seen if str(tmp_path) in seen[row].reason]


def test_photographs_shrink_until_they_keep_to_the_budget(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = looks(catalog, [0])[0].photograph
    monkeypatch.setattr(pictures, "BUDGET", 30_000)
    small = looks(catalog, [0])[0].photograph
    assert large is not None
    assert small is not None
    assert len(small) <= 30_000 < len(large)


def test_a_column_that_the_model_does_not_read_still_holds_the_photographs(
    catalog: Catalog, tmp_path: Path
) -> None:
    plain = Catalog.read(catalog.table, roles={"title": "text", "photo": "ignored"})
    seen = looks(Catalog(plain.table, plain.schema, root=tmp_path), [0])
    assert seen[0].photograph is not None


def test_a_catalogue_without_photographs_has_no_reasons_either() -> None:
    plain = Catalog.read([{"title": "a mug"}], roles={"title": "text"})
    assert looks(plain, [0])[0] == pictures.Looks("a mug", None, "")


def test_without_a_catalogue_nothing_is_known() -> None:
    assert looks(None, [3]) == {3: pictures.Looks("", None, "")}
