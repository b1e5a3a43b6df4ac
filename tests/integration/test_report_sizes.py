"""Pages of a catalogue of 100,000 products stay small enough to be sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from aisle import Catalog
from aisle.catalog.sample import SampleOptions, make_sample
from benchmarks.report_sizes import MOST_MEGABYTES, PAGES, blown_up

PRODUCTS = 100_000


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    folder = tmp_path_factory.mktemp("catalog")
    options = SampleOptions(products=240, categories=12, image_size=96)
    return Catalog.read(make_sample(folder, options), target="category")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_many_products_is_small(name: str, catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.html"
    PAGES[name](catalog, PRODUCTS, path)
    page = path.read_text(encoding="utf-8")
    assert f"{PRODUCTS:,}" in page
    assert page.count("data:image/") > 20
    assert path.stat().st_size < MOST_MEGABYTES * 1e6


def test_a_catalogue_is_blown_up_row_by_row(catalog: Catalog) -> None:
    large = blown_up(catalog, 1_000)
    assert len(large) == len(set(large.ids)) == 1_000
    assert large.labels[240] == catalog.labels[0]
