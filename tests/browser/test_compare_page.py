"""The page of `aisle compare` in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import (
    NARROW,
    WIDE,
    Opened,
    Window,
    assert_calm_in_both_themes,
    assert_drawn,
    shown,
)
from tests.unit.experiments.comparing.boards import board, entries, entry


@pytest.fixture(scope="module")
def window(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Window:
    """Leaderboards over three splits, and over one."""
    folder: Path = tmp_path_factory.mktemp("boards")
    long = entry(
        "fusion: a candidate with quite a long name, as people give them", [0.8, 0.7, 0.8], ms=3.0
    )
    board([*entries(), long]).save(folder / "board.html")
    board([entry("a", [0.9]), entry("b", [0.8])]).save(folder / "one.html")
    return Window(browser, folder)


@pytest.mark.parametrize(("name", "charts"), [("board.html", 2), ("one.html", 1)])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_leaderboard_opens_calmly_in_both_themes(
    window: Window, name: str, charts: int, size: dict[str, int]
) -> None:
    with window.open(name, viewport=size, color_scheme="light") as opened:
        assert_calm_in_both_themes(opened)
        drawn = opened.page.locator(".chart")
        assert drawn.count() == charts
        for chart in drawn.all():
            assert_drawn(chart)


def first_names(opened: Opened) -> list[str]:
    return [cell.inner_text() for cell in opened.page.locator("#ranking-table tbody th bdi").all()]


def test_the_ranking_is_sorted_by_what_is_clicked(window: Window) -> None:
    with window.open("board.html", viewport=WIDE) as opened:
        assert first_names(opened)[:2] == ["slow", "quick"]
        button = opened.page.locator("#ranking-table").get_by_role("button", name="ms a product")
        button.click()
        assert first_names(opened)[0] == "slow"
        button.click()
        assert first_names(opened)[-1] == "slow"
        assert opened.calm()


def test_the_time_axis_is_logarithmic_and_the_front_is_joined(window: Window) -> None:
    with window.open("board.html", viewport=WIDE) as opened:
        live = opened.page.locator("#cost .chart .live")
        assert live.evaluate("live => live.layout.xaxis.type") == "log"
        front = live.evaluate("live => live.data.find(trace => trace.name === 'front')")
        assert front["x"] == [2, 20]
        assert front["mode"] == "lines+markers"


def test_points_are_read_with_the_arrow_keys(window: Window) -> None:
    with window.open("board.html", viewport=WIDE) as opened:
        for chart in opened.page.locator(".chart").all():
            chart.locator(".live").focus()
            opened.page.keyboard.press("ArrowRight")
            first = chart.locator("[role=status]").inner_text()
            opened.page.keyboard.press("ArrowRight")
            assert first
            assert chart.locator("[role=status]").inner_text() != first
        assert opened.calm()


def test_without_scripts_drawings_and_tables_are_there(window: Window) -> None:
    with window.open("board.html", viewport=NARROW, java_script_enabled=False) as opened:
        assert shown(opened, ".chart .static") == 2
        assert shown(opened, "#ranking-table tbody tr") == 4
        assert shown(opened, "button") == 0
        assert not opened.told
        assert not opened.asked
