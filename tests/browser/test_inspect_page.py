"""The page of `aisle inspect` in a browser: every section, at both widths, in both themes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aisle import Catalog, inspect
from aisle.catalog.sample import SampleOptions, make_sample
from tests.browser.conftest import (
    NARROW,
    PAPER,
    WIDE,
    Opened,
    Window,
    assert_calm_in_both_themes,
    ink,
    shown,
)

HOSTILE = "<script>alert(1)</script> " + "unbroken" * 40


@pytest.fixture(scope="module")
def window(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Window:
    """Inspections: everything there is, a quantity to learn, hostile names, a single row."""
    folder: Path = tmp_path_factory.mktemp("inspections")
    table = make_sample(folder / "catalog", SampleOptions(products=120))
    inspect(Catalog.read(table, target="category")).save(folder / "classes.html")
    inspect(Catalog.read(table, target="price")).save(folder / "values.html")
    rows = [
        {
            HOSTILE: f"{HOSTILE} {number}",
            "specs": f"{HOSTILE[:40]}: {HOSTILE} | size: {number}",
            "price": number + 0.5,
            "kind": f"{HOSTILE} {number % 30}",
            "tree": f"{HOSTILE[:40]}{number % 3} > {HOSTILE} {number % 9} > leaf",
        }
        for number in range(90)
    ]
    inspect(Catalog.read(rows, target="kind")).save(folder / "hostile.html")
    inspect([{"title": "one red mug", "price": 3.5}]).save(folder / "one.html")
    return Window(browser, folder)


@pytest.mark.parametrize("name", ["classes.html", "values.html", "hostile.html", "one.html"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_page_opens_calmly_in_both_themes(
    window: Window, name: str, size: dict[str, int]
) -> None:
    with window.open(name, viewport=size, color_scheme="light") as opened:
        assert_calm_in_both_themes(opened)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_charts_are_drawn_and_photographs_are_shown(window: Window, size: dict[str, int]) -> None:
    with window.open("classes.html", viewport=size) as opened:
        for chart in opened.page.locator(":is(#texts, #numbers, #classes) svg[role=img]").all():
            assert chart.bounding_box()["height"] >= 40
            assert chart.bounding_box()["width"] > 200
        assert shown(opened, "#numbers svg .bin") > 5
        assert shown(opened, "#texts svg.spreads .box") > 2
        pictures = opened.page.locator("#photographs img")
        assert pictures.count() > 10
        for picture in pictures.all()[:6]:
            assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 20


def names(opened: Opened) -> list[str]:
    cells = opened.page.locator(".icicle .cell:not([hidden]):not(.small) bdi").all()
    return [cell.inner_text() for cell in cells]


def test_the_tree_is_entered_and_left_by_mouse_and_keyboard(window: Window) -> None:
    with window.open("classes.html", viewport=WIDE) as opened:
        whole = shown(opened, ".icicle .cell")
        first = opened.page.locator(".icicle .cell[tabindex]").first
        name = first.locator("bdi").inner_text()
        first.click()
        assert 0 < shown(opened, ".icicle .cell") < whole
        assert names(opened)[0] == name
        assert opened.page.locator(".trail").inner_text().endswith(name)
        tall = opened.page.locator(".icicle .cells").bounding_box()["height"]
        assert first.bounding_box()["height"] > 0.95 * tall
        opened.page.locator(".trail button").first.click()
        assert shown(opened, ".icicle .cell") == whole
        first.focus()
        opened.page.keyboard.press("Enter")
        assert shown(opened, ".icicle .cell") < whole
        assert name in opened.page.locator(".icicle [role=status]").inner_text()
        opened.page.keyboard.press("Escape")
        assert shown(opened, ".icicle .cell") == whole
        assert opened.calm()


def test_a_narrow_tree_shows_two_levels(window: Window) -> None:
    with window.open("hostile.html", viewport=NARROW) as opened:
        deepest = opened.page.locator(".icicle .cell:not([hidden])").evaluate_all(
            "cells => Math.max(...cells.map(cell => Number(cell.dataset.d)))"
        )
        assert deepest == 1


def test_the_table_of_categories_is_sorted(window: Window) -> None:
    with window.open("classes.html", viewport=WIDE) as opened:
        button = opened.page.locator("#categories").get_by_role("button", name="Values")
        button.click()
        told = opened.page.locator("#categories tbody td:nth-child(3)").evaluate_all(
            "cells => cells.map(cell => Number(cell.dataset.value))"
        )
        assert told == sorted(told, reverse=True)
        assert opened.calm()


def test_on_paper_pictures_of_near_duplicates_stand_side_by_side(window: Window) -> None:
    with window.open("classes.html", viewport=PAPER, color_scheme="dark") as opened:
        opened.page.emulate_media(media="print")
        places = [twin.bounding_box() for twin in opened.page.locator(".twin.few").all()]
        assert len(places) > 1
        assert places[0]["y"] == places[1]["y"]
        assert max(place["width"] for place in places) < PAPER["width"] / 2
        assert shown(opened, "nav, input, .tools, .trail") == 0
        assert max(map(int, ink(opened)[4:-1].split(","))) < 80
        assert opened.calm()


def test_without_scripts_and_on_paper_everything_is_there(window: Window) -> None:
    with window.open("classes.html", viewport=NARROW, java_script_enabled=False) as opened:
        assert shown(opened, ".icicle .cell") > 3
        assert shown(opened, "button") == 0
        assert shown(opened, "#numbers svg .bin") > 5
        opened.page.emulate_media(media="print")
        assert shown(opened, ".icicle .cell") > 3
        assert not opened.told
        assert not opened.asked
