"""A browser, and the pages that it looks at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor, evaluate
from aisle.catalog.sample import SampleOptions, make_sample
from aisle.insight import inspect
from aisle.insight.inspecting.page import inspection_page

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PATIENCE = 180_000  # milliseconds: a busy machine is no failure
NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
PAPER = {"width": 720, "height": 1000}


@dataclass
class Opened:
    """A page in a browser, and what it said and asked for."""

    page: Any
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def calm(self) -> bool:
        """Say whether nothing went wrong, nothing was asked of the network, nothing sticks out."""
        sticks = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return not self.told and not self.asked and sticks <= 0


def shown(opened: Opened, selector: str) -> int:
    """Count the elements that a reader can see."""
    return sum(found.is_visible() for found in opened.page.locator(selector).all())


def assert_drawn(chart: Any) -> None:
    """Check that a chart has marks and takes the place of its drawing."""
    assert chart.locator(".live svg.main-svg").first.is_visible()
    assert not chart.locator(".static").is_visible()
    assert chart.locator(".live :is(.scatterlayer path, .heatmaplayer image)").count() > 0
    assert chart.locator(".live").bounding_box()["height"] > 200


def background(opened: Opened) -> str:
    colour: str = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


def ink(opened: Opened) -> str:
    colour: str = opened.page.evaluate("getComputedStyle(document.body).color")
    return colour


def assert_calm_in_both_themes(opened: Opened) -> None:
    """Check that a page opened in light colours turns dark, and that nothing goes wrong in either.

    It stays open in dark colours.
    """
    assert opened.calm(), (opened.told, opened.asked)
    light = background(opened)
    opened.page.emulate_media(color_scheme="dark")
    opened.page.wait_for_timeout(100)
    assert background(opened) != light
    assert opened.calm(), (opened.told, opened.asked)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, driven by Playwright; skips where either is missing."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs playwright: pip install playwright"
    )
    program = os.environ.get("AISLE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        pytest.skip(f"needs a browser: AISLE_CHROMIUM, or one of {', '.join(NAMES)} on the path")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        running.close()


@dataclass
class Window:
    """Opens the pages of a folder."""

    browser: Any
    folder: Path

    @contextmanager
    def open(self, name: str, **context: Any) -> Iterator[Opened]:
        """Open a page, in a context of its own, and wait until its charts are drawn."""
        with self.browser.new_context(**context) as made:
            made.set_default_timeout(_PATIENCE)
            opened = Opened(made.new_page())
            opened.page.on("console", lambda said: opened.told.append(f"{said.type}: {said.text}"))
            opened.page.on("pageerror", lambda error: opened.told.append(str(error)))
            opened.page.on("request", lambda request: _note(opened, request.url))
            opened.page.goto((self.folder / name).as_uri())
            if context.get("java_script_enabled", True):
                opened.page.wait_for_function(
                    "[...document.querySelectorAll('.chart')].every("
                    "c => c.classList.contains('drawn'))"
                )
            yield opened


def _note(opened: Opened, address: str) -> None:
    if not address.startswith(("file:", "data:")):
        opened.asked.append(address)


@pytest.fixture(scope="module")
def window(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Window:
    """Reports on a classifier and a regressor of sample products, and an inspection of these."""
    folder = tmp_path_factory.mktemp("pages")
    table = make_sample(folder / "catalog", SampleOptions(products=240))
    catalog = Catalog.read(table, target="category")
    train, test = catalog.split(test=0.4, seed=0)
    classifier = ProductClassifier(recipe="fast", settings=["folds=3", "precision=0.8"]).fit(train)
    evaluate(classifier, test).save(folder / "classes.html")
    train, test = Catalog.read(table, target="price").split(test=0.4, seed=0)
    regressor = ProductRegressor(recipe="fast", settings=["folds=3"]).fit(train)
    evaluate(regressor, test).save(folder / "values.html")
    page = inspection_page(inspect(catalog))
    (folder / "inspection.html").write_text(page, encoding="utf-8")
    return Window(browser, folder)
