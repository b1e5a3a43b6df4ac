from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.conftest import (
    NARROW,
    PAPER,
    WIDE,
    Opened,
    Window,
    assert_calm_in_both_themes,
    assert_drawn,
    background,
    ink,
    shown,
)

PAGES = ("classes.html", "values.html", "inspection.html")
REPORTS = PAGES[:2]
LEAST_CHARTS = {"classes.html": 4, "values.html": 3, "inspection.html": 0}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_page_opens_without_a_word_a_request_or_a_sideways_scroll(
    window: Window, name: str, size: dict[str, int]
) -> None:
    with window.open(name, viewport=size, color_scheme="light") as opened:
        assert_calm_in_both_themes(opened)
        charts = opened.page.locator(".chart")
        assert charts.count() >= LEAST_CHARTS[name]
        for chart in charts.all():
            assert_drawn(chart)


def line_colour(opened: Opened) -> str:
    colour: str = opened.page.locator("#tradeoff .live .lines .js-line").last.evaluate(
        "line => getComputedStyle(line).stroke"
    )
    return colour


def test_charts_follow_the_colours_of_the_page(window: Window) -> None:
    with window.open("classes.html", viewport=WIDE, color_scheme="light") as opened:
        light = background(opened), line_colour(opened)
        opened.page.get_by_role("button", name="dark colours").click()
        opened.page.wait_for_timeout(100)
        dark = background(opened), line_colour(opened)
        assert all(before != after for before, after in zip(light, dark, strict=True))
        assert opened.calm()


def mark_place(opened: Opened) -> Any:
    return opened.page.locator("#tradeoff .chart .live").evaluate(
        "live => live.data.find(trace => trace.meta === 'mark').x[0]"
    )


def test_the_slider_moves_by_keyboard_and_changes_words_and_mark(window: Window) -> None:
    with window.open("classes.html", viewport=NARROW) as opened:
        slider = opened.page.get_by_role("slider", name="Promised precision")
        told = opened.page.locator("#weighing .told")
        words, place = told.inner_text(), mark_place(opened)
        assert "--precision 0.8 " in opened.page.locator("#weighing code").inner_text()
        slider.focus()
        opened.page.keyboard.press("End")
        assert slider.get_attribute("aria-valuetext") == "99.5%"
        assert "--precision 0.995 " in opened.page.locator("#weighing code").inner_text()
        assert told.inner_text() != words
        assert mark_place(opened) != place
        opened.page.keyboard.press("Home")
        opened.page.keyboard.press("ArrowRight")
        assert opened.page.locator("#weighing output").inner_text() == "75%"
        # said a moment after the last key, so as not to speak over every step
        said = opened.page.locator("#weighing [role=status]", has_text="Promising 75%:")
        said.wait_for(state="attached")
        assert opened.calm()


def test_the_arrow_keys_read_a_chart_point_by_point(window: Window) -> None:
    with window.open("classes.html", viewport=WIDE) as opened:
        for chart in opened.page.locator(".chart").all():
            chart.locator(".live").focus()
            opened.page.keyboard.press("ArrowRight")
            first = chart.locator("[role=status]").inner_text()
            opened.page.keyboard.press("ArrowRight")
            assert first
            assert chart.locator("[role=status]").inner_text() != first
            assert chart.locator(".hoverlayer .hovertext").count() == 1
        assert opened.calm()


def test_the_gallery_shows_what_is_asked_for(window: Window) -> None:
    with window.open("classes.html", viewport=WIDE) as opened:
        gallery, card = opened.page.locator("#gallery"), "#gallery .product"
        first = shown(opened, card)
        assert 0 < first <= 20
        gallery.get_by_role("button", name="Show all").click()
        everything = shown(opened, card)
        assert everything > first
        gallery.get_by_role("button", name="Wrong", exact=True).click()
        wrong = shown(opened, card)
        gallery.get_by_role("button", name="Right", exact=True).focus()
        opened.page.keyboard.press("Enter")
        gallery.get_by_role("button", name="Show all").click()
        assert 0 < wrong < everything
        assert shown(opened, card) == everything - wrong
        assert shown(opened, f"{card} .off") == 0
        gallery.get_by_role("combobox").select_option(index=1)
        names = {
            found.inner_text()
            for found in opened.page.locator(f"{card} .answer dd").all()
            if found.is_visible()
        }
        assert len(names) == 1
        assert opened.calm()


def test_photographs_are_shown_with_a_text(window: Window) -> None:
    with window.open("classes.html", viewport=WIDE) as opened:
        pictures = opened.page.locator("#gallery img")
        assert pictures.count() > 20
        for picture in pictures.all()[:20]:
            assert picture.evaluate("image => image.complete && image.naturalWidth") > 50
            assert (picture.get_attribute("alt") or "").startswith("Photograph of ")


def test_the_table_of_classes_is_filtered_and_sorted(window: Window) -> None:
    with window.open("classes.html", viewport=WIDE) as opened:
        rows = "#class-table tbody tr"
        everything = shown(opened, rows)
        name = opened.page.locator(f"{rows} th bdi").first.inner_text()
        opened.page.get_by_role("searchbox", name="Find a class").fill(name.upper())
        assert 0 < shown(opened, rows) < everything
        opened.page.get_by_role("searchbox", name="Find a class").fill("")
        opened.page.locator("#class-table").get_by_role("button", name="Products").click()
        column = [cell.inner_text() for cell in opened.page.locator(f"{rows} td:last-child").all()]
        assert [int(text) for text in column] == sorted(map(int, column), reverse=True)


@pytest.mark.parametrize("name", REPORTS)
def test_on_paper_everything_is_there_and_nothing_moves(window: Window, name: str) -> None:
    with window.open(name, viewport=PAPER, color_scheme="dark") as opened:
        opened.page.emulate_media(media="print")
        charts = opened.page.locator(".chart").count()
        assert shown(opened, ".chart .static") == charts
        assert shown(opened, ".chart .live") == 0
        assert shown(opened, "input, nav, .quiet, .choice") == 0
        assert (
            shown(opened, "#gallery .product") == opened.page.locator("#gallery .product").count()
        )
        tables = opened.page.locator("details.numbers table")
        assert shown(opened, "details.numbers table") == tables.count() > 0
        red, green, blue = map(int, re.findall(r"\d+", ink(opened))[:3])
        assert max(red, green, blue) < 80
        assert opened.calm()


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts_a_page_shows_drawings_and_no_dead_controls(
    window: Window, name: str
) -> None:
    with window.open(name, viewport=NARROW, java_script_enabled=False) as opened:
        assert shown(opened, ".chart .static") == opened.page.locator(".chart").count()
        assert shown(opened, "input, button, select") == 0
        assert shown(opened, ".product") == opened.page.locator(".product").count()
        assert not opened.told
        assert not opened.asked


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_everything_and_shows_where_it_is(window: Window, name: str) -> None:
    with window.open(name, viewport=WIDE) as opened:
        opened.page.keyboard.press("Tab")
        assert opened.page.locator(":focus").inner_text() == "Skip to the content"
        for _ in range(12):
            opened.page.keyboard.press("Tab")
            focused = opened.page.locator(":focus")
            assert focused.count() == 1
            style = focused.evaluate("found => getComputedStyle(found).outlineStyle")
            assert style != "none"


def test_a_page_narrowed_redraws_its_charts(window: Window) -> None:
    with window.open("classes.html", viewport=WIDE) as opened:
        opened.page.set_viewport_size(NARROW)
        opened.page.wait_for_timeout(300)
        width = opened.page.locator("#tradeoff .live svg.main-svg").first.evaluate(
            "drawing => drawing.getBoundingClientRect().width"
        )
        assert width <= 390
        assert opened.calm()
