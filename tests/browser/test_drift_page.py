"""The page of `aisle drift` in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aisle.insight.drifting import drift
from tests.browser.conftest import (
    NARROW,
    PAPER,
    WIDE,
    Window,
    assert_calm_in_both_themes,
    assert_drawn,
    ink,
    shown,
)
from tests.products import product_rows


@pytest.fixture(scope="module")
def window(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Window:
    """Two catalogues that differ, and two that do not."""
    folder: Path = tmp_path_factory.mktemp("drifts")
    now = [
        {
            **row,
            "title": f"{row['title']} clearance {'and-a-very-long-word-' * 4}",
            "price": 3 * float(row["price"]),  # type: ignore[arg-type]
            "maker": row["maker"] if n % 3 else "A maker with quite a long name, as some have",
        }
        for n, row in enumerate(product_rows(90, seed=1))
        if row["kind"] != "Boots"
    ]
    drift(product_rows(90), now, target="kind").save(folder / "moved.html")
    drift(product_rows(90), product_rows(90, seed=1)).save(folder / "same.html")
    return Window(browser, folder)


@pytest.mark.parametrize(("name", "charts"), [("moved.html", 2), ("same.html", 2)])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_comparison_opens_calmly_in_both_themes(
    window: Window, name: str, charts: int, size: dict[str, int]
) -> None:
    with window.open(name, viewport=size, color_scheme="light") as opened:
        assert_calm_in_both_themes(opened)
        drawn = opened.page.locator(".chart")
        assert drawn.count() >= charts
        for chart in drawn.all():
            assert_drawn(chart)


def test_the_table_shows_all_columns_or_those_that_moved(window: Window) -> None:
    with window.open("moved.html", viewport=WIDE) as opened:
        rows = "#column-table tbody tr"
        everything = shown(opened, rows)
        moved = opened.page.locator(f'{rows}:not([data-verdict="none"])').count()
        buttons = opened.page.locator("#column-choice button")
        if moved < everything:
            buttons.get_by_text("Moved").click()
            assert shown(opened, rows) == moved
        assert 0 < moved <= everything
        assert opened.calm()


def test_on_paper_everything_is_there_under_its_heading(window: Window) -> None:
    with window.open("moved.html", viewport=PAPER, color_scheme="dark") as opened:
        opened.page.emulate_media(media="print")
        assert shown(opened, "input, nav, .choice, .chart .live") == 0
        assert shown(opened, ".chart .static") == opened.page.locator(".chart").count() > 0
        assert opened.page.locator(".titled > summary").is_visible()
        assert shown(opened, ".titled svg.bars") == 1
        heads = opened.page.locator("#column-table thead th").all()
        assert all(head.inner_text().strip() for head in heads)
        assert max(map(int, ink(opened)[4:-1].split(","))) < 80
        assert opened.calm()


def test_without_scripts_drawings_and_tables_are_there(window: Window) -> None:
    with window.open("moved.html", viewport=NARROW, java_script_enabled=False) as opened:
        assert shown(opened, ".chart .static") == opened.page.locator(".chart").count() > 0
        assert shown(opened, "button") == 0
        assert shown(opened, "#column-table tbody tr") == 4
        assert not opened.told
        assert not opened.asked
