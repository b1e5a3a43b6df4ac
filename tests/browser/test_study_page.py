"""The page of `aisle study` in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aisle import Catalog, study
from tests.browser.conftest import (
    NARROW,
    PAPER,
    WIDE,
    Opened,
    Window,
    assert_calm_in_both_themes,
    shown,
)
from tests.unit.insight.explaining.conftest import pictured_rows

PAGES = ("classes.html", "bare.html")
DOTS = "#scatter .live .scatterlayer path.point"


@pytest.fixture(scope="module")
def window(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Window:
    """Studies of sixty products with classes, and without."""
    folder: Path = tmp_path_factory.mktemp("studies")
    rows = pictured_rows(folder, 60)
    catalog = Catalog.read(rows, target="kind", roles={"image": "image", "title": "text"})
    names = ["tfidf", "tfidf-lemmas", "tfidf-stems", "colour", "tfidf+colour"]
    study(catalog, names, ["none", "pca"], seeds=2).save(folder / PAGES[0])
    bare = catalog.with_target(None)
    study(bare, ["tfidf"], ["pca"], seeds=2, clusters=3).save(folder / PAGES[1])
    return Window(browser, folder)


def draws(opened: Opened) -> int:
    """Wait until the products are drawn, and count them."""
    opened.page.wait_for_selector(DOTS)
    count: int = opened.page.locator(DOTS).count()
    return count


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_study_opens_calmly_in_both_themes(
    window: Window, name: str, size: dict[str, int]
) -> None:
    with window.open(name, viewport=size, color_scheme="light") as opened:
        assert draws(opened) > 40
        assert_calm_in_both_themes(opened)
        plane = opened.page.locator("#scatter .live").bounding_box()
        assert plane["height"] >= 300
        assert plane["width"] <= size["width"]
        assert shown(opened, "#scatter .static") == 0


def hues(opened: Opened) -> set[str]:
    """Return the colours in which products are drawn."""
    found = opened.page.locator(DOTS).evaluate_all("all => all.map(d => getComputedStyle(d).fill)")
    return set(found)


def test_a_product_that_is_pointed_at_is_told_with_its_photograph(window: Window) -> None:
    with window.open("classes.html", viewport=WIDE) as opened:
        draws(opened)
        dots = opened.page.locator(DOTS)
        tip = opened.page.locator("#scatter .tip")
        assert not tip.is_visible()
        box = dots.first.bounding_box()
        opened.page.locator("#scatter").scroll_into_view_if_needed()
        box = dots.first.bounding_box()
        opened.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        tip.wait_for(state="visible")
        assert tip.locator(".of").count() == 2
        assert "cluster" in tip.inner_text()
        assert tip.locator(".title").inner_text()
        opened.page.mouse.move(5, 5)
        tip.wait_for(state="hidden")
        assert opened.calm()


def test_arrow_keys_go_from_product_to_product_and_escape_leaves(window: Window) -> None:
    with window.open("classes.html", viewport=NARROW) as opened:
        draws(opened)
        opened.page.locator("#scatter .live").focus()
        said = opened.page.locator("#scatter [role=status]")
        opened.page.keyboard.press("ArrowRight")
        first = said.inner_text()
        opened.page.keyboard.press("ArrowRight")
        assert first
        assert said.inner_text() != first
        assert opened.page.locator("#scatter .tip").is_visible()
        opened.page.keyboard.press("Escape")
        assert not opened.page.locator("#scatter .tip").is_visible()
        assert opened.calm()


def test_products_are_coloured_by_class_or_by_cluster(window: Window) -> None:
    with window.open("classes.html", viewport=WIDE) as opened:
        everything = draws(opened)
        key = opened.page.locator("#groups")
        assert "Boots (10)" in key.inner_text()
        opened.page.get_by_role("button", name="By cluster").click()
        assert "mostly" in key.inner_text()
        assert len(hues(opened)) == key.locator("button").count()
        assert draws(opened) == everything
        assert opened.calm()


def test_a_name_in_the_key_shows_its_products_alone(window: Window) -> None:
    with window.open("classes.html", viewport=WIDE) as opened:
        draws(opened)
        button = opened.page.locator("#groups").get_by_role("button", name="Lamps")

        def bright() -> int:
            found: int = opened.page.locator(DOTS).evaluate_all(
                "all => all.filter(dot => Number(getComputedStyle(dot).opacity) > 0.5).length"
            )
            return found

        everything = bright()
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        assert bright() == 20 < everything
        button.click()
        assert bright() == everything
        assert opened.calm()


def test_results_are_sorted_by_what_is_clicked(window: Window) -> None:
    with window.open("classes.html", viewport=WIDE) as opened:
        rows = opened.page.locator("#results tbody tr")
        assert rows.count() == 10
        opened.page.locator("#results").get_by_role("button", name="In its plane").click()
        cells = opened.page.locator("#results tbody tr td:nth-of-type(6)").all()
        values = [float(cell.get_attribute("data-value")) for cell in cells]
        assert values == sorted(values, reverse=True)
        assert values[0] > values[-1]


def test_the_confusion_of_clusters_is_drawn_and_read_point_by_point(window: Window) -> None:
    with window.open("classes.html", viewport=WIDE) as opened:
        chart = opened.page.locator("#confusion .chart")
        assert chart.locator(".live .heatmaplayer image").count() > 0
        chart.locator(".live").focus()
        opened.page.keyboard.press("ArrowRight")
        assert "products" in chart.locator("[role=status]").inner_text()
        assert opened.calm()


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_a_drawing_takes_the_place_of_the_plane(window: Window, name: str) -> None:
    with window.open(name, viewport=PAPER) as opened:
        draws(opened)
        opened.page.emulate_media(media="print")
        assert shown(opened, "#scatter .static svg.plane") == 1
        assert shown(opened, "#scatter .live") == 0
        assert shown(opened, "input, nav, .tools, .tip") == 0
        overlaps = opened.page.locator("svg.bars g").evaluate_all(
            "all => all.filter(g => g.querySelector('.name').getBoundingClientRect().right >"
            " g.querySelector('.value').getBoundingClientRect().left + 1).length"
        )
        assert overlaps == 0
        assert opened.calm()


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts_the_drawing_and_the_table_are_there(window: Window, name: str) -> None:
    with window.open(name, viewport=NARROW, java_script_enabled=False) as opened:
        assert shown(opened, "#scatter .static svg.plane") == 1
        rows = "#results tbody tr"
        assert shown(opened, rows) == opened.page.locator(rows).count() > 0
        assert shown(opened, "input, button, select") == 0
        assert not opened.told
        assert not opened.asked
