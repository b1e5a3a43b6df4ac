"""The page of `aisle audit` in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aisle import Catalog, audit
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
from tests.unit.insight.auditing.conftest import OTHER
from tests.unit.insight.explaining.conftest import pictured_rows

PAGES = ("labels.html", "values.html")
CARD = "#findings .product"


@pytest.fixture(scope="module")
def window(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Window:
    """Audits of labels, of which every tenth is wrong, and of prices, of which one is far off."""
    folder: Path = tmp_path_factory.mktemp("audits")
    rows = pictured_rows(folder, 120)
    for row in rows[7::10]:
        row["kind"] = OTHER[str(row["kind"])]
    lamp = "lamp with a brass bulb and a pleated paper shade for warm evening light"
    for number, kind in enumerate(("Lamps", "Mugs")):
        rows.append({**rows[0], "sku": f"D{number}", "title": lamp, "image": None, "kind": kind})
    rows.append({**rows[0], "sku": "K0", "title": "paper kite", "image": None, "kind": "Kites"})
    catalog = Catalog.read(rows, target="kind", roles={"image": "image"})
    audit(catalog, recipe="fast", settings=["folds=2"]).save(folder / PAGES[0])
    rows[30]["price"] = 9_000.0
    prices = Catalog.read(rows, target="price", roles={"image": "image"})
    audit(prices, recipe="fast", settings=["folds=2"]).save(folder / PAGES[1])
    return Window(browser, folder)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_an_audit_opens_calmly_in_both_themes(
    window: Window, name: str, size: dict[str, int]
) -> None:
    with window.open(name, viewport=size, color_scheme="light") as opened:
        assert_calm_in_both_themes(opened)
        assert shown(opened, CARD) > 0


def test_every_section_has_what_it_is_about(window: Window) -> None:
    with window.open("labels.html", viewport=WIDE) as opened:
        sections = opened.page.locator("main section").evaluate_all("all => all.map(s => s.id)")
        assert sections == ["findings", "overlaps", "conflicts", "unchecked", "next"]
        assert shown(opened, "#overlaps .overlap .product") > 0
        assert shown(opened, "#conflicts .clash .product") >= 2
        assert "Kites" in opened.page.locator("#unchecked").inner_text()
        for picture in opened.page.locator(f"{CARD} img").all()[:10]:
            assert picture.evaluate("image => image.complete && image.naturalWidth") >= 32


def kinds(opened: Opened) -> set[str]:
    """Return the kinds of the findings that a reader sees, as their chips name them."""
    chips = opened.page.locator(f"{CARD} .chip").all()
    return {chip.inner_text() for chip in chips if chip.is_visible()}


def test_findings_are_filtered_by_kind_and_by_given_class(window: Window) -> None:
    with window.open("labels.html", viewport=WIDE) as opened:
        findings = opened.page.locator("#findings")
        told = findings.locator("[role=status]")
        everything = int(told.inner_text().split()[0])
        assert len(kinds(opened)) > 1
        findings.get_by_role("button", name="Wrong labels").click()
        assert kinds(opened) == {"wrong label"}
        some = int(told.inner_text().split()[0])
        assert 0 < some < everything
        findings.get_by_role("combobox").select_option(label="Mugs")
        fewer = int(told.inner_text().split()[0])
        assert 0 < fewer < some
        given = findings.locator(".product .turn :is(.given, .plain)").all()
        assert {one.inner_text() for one in given if one.is_visible()} == {"Mugs"}
        assert opened.calm()


def test_the_products_most_alike_are_unfolded_by_keyboard(window: Window) -> None:
    with window.open("labels.html", viewport=NARROW) as opened:
        card = opened.page.locator(f"{CARD}:has(details)").first
        assert not card.locator(".alike").is_visible()
        card.locator("summary").focus()
        opened.page.keyboard.press("Enter")
        assert card.locator(".alike").is_visible()
        assert opened.calm()


def test_the_columns_of_all_cards_stand_in_line(window: Window) -> None:
    with window.open("labels.html", viewport=WIDE) as opened:
        widths = opened.page.locator(".says").evaluate_all(
            "all => all.map(t => t.querySelector('thead th').getBoundingClientRect().width)"
        )
        assert len(widths) > 4
        assert max(widths) - min(widths) < 1


@pytest.mark.parametrize("name", PAGES)
def test_on_paper_every_finding_is_there_and_nothing_is_to_be_clicked(
    window: Window, name: str
) -> None:
    with window.open(name, viewport=PAPER, color_scheme="dark") as opened:
        opened.page.emulate_media(media="print")
        assert shown(opened, CARD) == opened.page.locator(CARD).count() > 0
        assert shown(opened, "input, select, button, nav, summary, .alike") == 0
        assert max(map(int, ink(opened)[4:-1].split(","))) < 80
        assert opened.calm()


def test_without_scripts_every_finding_is_shown(window: Window) -> None:
    with window.open("labels.html", viewport=NARROW, java_script_enabled=False) as opened:
        assert shown(opened, CARD) == opened.page.locator(CARD).count() > 0
        assert shown(opened, "input, button, select") == 0
        assert not opened.told
        assert not opened.asked
