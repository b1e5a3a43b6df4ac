"""Pages of a catalogue of 100,000 products: how large they are, and how soon a browser shows them.

Findings of a sample catalogue are blown up to the size that is asked for (AISLE_REPORT_PRODUCTS),
photographs included. Another page is one more function in `PAGES`.
"""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from aisle import Catalog, ProductClassifier, audit, evaluate, inspect, study
from aisle.catalog.sample import SampleOptions, make_sample
from benchmarks.common import publish, table

PRODUCTS = int(os.environ.get("AISLE_REPORT_PRODUCTS", "100000"))
SAMPLE = SampleOptions(products=600, categories=40)
SETTINGS = ("folds=2", "learning_curve=false", "image=null")
MOST_MEGABYTES, MOST_SECONDS = 12.0, 3.0
OPENINGS = 3

Write = Callable[[Catalog, int, Path], None]
"""Writes the page of a catalogue that is blown up to so many products."""


def main() -> None:
    with TemporaryDirectory() as folder:
        catalog = Catalog.read(make_sample(folder, SAMPLE), target="category")
        written = write_pages(catalog, PRODUCTS, Path(folder))
        lines = []
        for name, path in written.items():
            megabytes, seconds = path.stat().st_size / 1e6, opening_seconds(path)
            kept = megabytes < MOST_MEGABYTES and (seconds is None or seconds < MOST_SECONDS)
            shown = "no browser" if seconds is None else f"{seconds:.2f}"
            lines.append((name, f"{megabytes:.2f}", shown, "yes" if kept else "no"))
    publish(
        "report_sizes",
        f"Pages of {PRODUCTS:,} products",
        f"Findings of {SAMPLE.products:,} sample products in {SAMPLE.categories} classes, blown up "
        f"to {PRODUCTS:,}, with photographs. Opening: from asking for the file to all charts "
        f"drawn, in Chromium, median of {OPENINGS}; load of the machine {os.getloadavg()[0]:.1f}. "
        f"Promised are under {MOST_MEGABYTES:g} MB and under {MOST_SECONDS:g} s.",
        table(("page", "MB", "opens in s", "kept"), lines),
    )


def write_pages(catalog: Catalog, products: int, folder: Path) -> dict[str, Path]:
    """Write every page, and return their paths by name."""
    written = {}
    for name, write in PAGES.items():
        written[name] = folder / f"{name}.html"
        write(catalog, products, written[name])
    return written


def blown_up(catalog: Catalog, products: int) -> Catalog:
    """Repeat a catalogue's rows up to a number of products, each with an identifier of its own."""
    rows = np.arange(products) % len(catalog)
    repeated = catalog.table.take(pa.array(rows))
    if catalog.schema.id is not None:
        place = repeated.column_names.index(catalog.schema.id)
        ids = pa.array([f"P{row:07d}" for row in range(products)])
        repeated = repeated.set_column(place, catalog.schema.id, ids)
    return replace(catalog, table=repeated, known_groups=np.arange(products))


def evaluation_page(catalog: Catalog, products: int, path: Path) -> None:
    train, test = catalog.split(test=0.5, seed=0)
    found = evaluate(ProductClassifier("fast", SETTINGS).fit(train), test)
    assert found.products is not None
    large = blown_up(found.products, products)
    rows = pa.array(np.arange(products) % found.rows)
    replace(found, rows=products, predictions=found.predictions.take(rows), products=large).save(
        path
    )


def audit_page(catalog: Catalog, products: int, path: Path) -> None:
    found = audit(catalog, recipe="fast", settings=SETTINGS)
    times = products // len(catalog)
    # As large a share of the products is doubted as before.
    doubted = tuple(
        replace(one, row=one.row + copy * len(catalog), id=f"{one.id}-{copy}")
        for one in found.rows
        for copy in range(times)
    )
    replace(found, products=products, rows=doubted, catalog=blown_up(catalog, products)).save(path)


def inspection_page(catalog: Catalog, products: int, path: Path) -> None:
    small, large = inspect(catalog), inspect(blown_up(catalog, products))
    # Copies of one photograph are shown once; these are as varied as before.
    replace(large, photographs=small.photographs, twins=small.twins).save(path)


def study_page(catalog: Catalog, products: int, path: Path) -> None:
    names = ["tfidf", "bag-of-words", "colour"]
    study(blown_up(catalog, products), names, ["pca"], seeds=2).save(path)


PAGES: Mapping[str, Write] = {
    "evaluation": evaluation_page,
    "audit": audit_page,
    "study": study_page,
    "inspection": inspection_page,
}


def opening_seconds(path: Path) -> float | None:
    """Return how long Chromium takes until a page's charts are drawn; None without a browser."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = os.environ.get("AISLE_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if program is None:
        return None
    from playwright.sync_api import sync_playwright

    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=flags)
        told = []
        for _ in range(OPENINGS):
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.set_default_timeout(120_000)
            start = time.perf_counter()
            page.goto(path.as_uri())
            undrawn = page.locator(":is(.chart, #scatter):not(.drawn)")
            undrawn.first.wait_for(state="detached")
            told.append(time.perf_counter() - start)
            page.close()
        browser.close()
    return statistics.median(told)


if __name__ == "__main__":
    main()
