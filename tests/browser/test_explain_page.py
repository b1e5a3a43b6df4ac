"""The pages of `aisle explain` in a browser: one product, and a gallery of several."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from aisle import Catalog, ProductRegressor, explain
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
from tests.unit.encoders.pretrained.networks import image_folder
from tests.unit.insight.explaining.conftest import (
    PLAIN,
    SIZE,
    fitted,
    pictured_rows,
    pooled_network,
)

PAGES = ("product.html", "gallery.html", "value.html")


@pytest.fixture(scope="module")
def window(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Window:
    """One product and eight of a model that sees through a small network, and a price."""
    folder: Path = tmp_path_factory.mktemp("explanations")
    image_folder(
        folder / "home", pooled_network(), name="tiny-image", dimension=12,
        image={"size": [SIZE, SIZE]},
    )  # fmt: skip
    catalog = Catalog.read(pictured_rows(folder), target="kind", roles={"image": "image"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AISLE_ENCODERS", str(folder / "home"))
        model = fitted(catalog, "image.encoders=[tiny-image]")
        explain(model, catalog, rows=[0], train=catalog).save(folder / PAGES[0])
        explain(model, catalog, rows=range(8)).save(folder / PAGES[1])
    priced = catalog.with_target("price")
    regressor = ProductRegressor("fast", [*PLAIN, "fusion=late", "image=null"]).fit(priced)
    explain(regressor, priced, rows=[0]).save(folder / PAGES[2])
    return Window(browser, folder)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_an_explanation_opens_calmly_in_both_themes(
    window: Window, name: str, size: dict[str, int]
) -> None:
    with window.open(name, viewport=size, color_scheme="light") as opened:
        for folded in opened.page.locator("details.case > summary").all():
            folded.click()
        assert_calm_in_both_themes(opened)
        assert shown(opened, ".fall li") >= 4
        assert shown(opened, ".told-text mark") > 0
        assert shown(opened, ".curve svg") > 0


def test_the_waterfall_ends_where_the_answer_does(window: Window) -> None:
    with window.open("product.html", viewport=WIDE) as opened:
        last = opened.page.locator(".fall li").last
        assert last.locator("b").inner_text() == opened.page.locator(".score .big").inner_text()
        right = last.locator(".track span").evaluate(
            "bar => bar.getBoundingClientRect().right"
            " <= bar.parentElement.getBoundingClientRect().right + 1"
        )
        assert right


def opacity(opened: Opened) -> float:
    found: float = opened.page.locator(".stage .over:not([hidden])").evaluate(
        "map => Number(getComputedStyle(map).opacity)"
    )
    return found


def test_the_slider_fades_the_map_over_the_photograph(window: Window) -> None:
    with window.open("product.html", viewport=NARROW) as opened:
        slider = opened.page.get_by_role("slider", name="Opacity of the map")
        assert opacity(opened) == pytest.approx(0.6)
        slider.focus()
        opened.page.keyboard.press("End")
        assert opacity(opened) == pytest.approx(1)
        assert opened.page.locator(".fade output").inner_text() == "100%"
        opened.page.keyboard.press("Home")
        assert opacity(opened) == pytest.approx(0)
        stage = opened.page.locator(".stage").bounding_box()
        photograph = opened.page.locator(".stage img").first.bounding_box()
        layer = opened.page.locator(".stage .over:not([hidden])").bounding_box()
        assert photograph["width"] == pytest.approx(layer["width"], abs=1)
        assert photograph["height"] == pytest.approx(layer["height"], abs=1)
        assert stage["width"] <= NARROW["width"]
        assert opened.calm()


@pytest.mark.skipif(
    find_spec("torch") is None or find_spec("captum") is None,
    reason="without PyTorch and Captum there is one map alone, and nothing to choose",
)
def test_another_map_is_shown_with_its_own_words(window: Window) -> None:
    with window.open("product.html", viewport=WIDE) as opened:
        choices = opened.page.locator(".choose input")
        assert choices.count() > 1
        before = opened.page.locator(".stage .over:not([hidden])").get_attribute("data-key")
        told = opened.page.locator("[data-map]:not([hidden]) h4").inner_text()
        choices.first.focus()
        opened.page.keyboard.press("ArrowRight")
        after = opened.page.locator(".stage .over:not([hidden])")
        assert after.count() == 1
        assert after.get_attribute("data-key") != before
        assert opened.page.locator("[data-map]:not([hidden]) h4").inner_text() != told
        assert opened.calm()


def test_neighbours_are_shown_where_training_products_were_given(window: Window) -> None:
    with window.open("product.html", viewport=WIDE) as opened:
        assert shown(opened, ".products .product") >= 3
    with window.open("gallery.html", viewport=WIDE) as opened:
        assert opened.page.locator(".products .product").count() == 0


def test_a_gallery_is_folded_and_each_product_unfolds(window: Window) -> None:
    with window.open("gallery.html", viewport=NARROW) as opened:
        cases = opened.page.locator("details.case")
        assert cases.count() == 8
        assert shown(opened, "details.case .body") == 0
        second = cases.nth(1)
        second.locator("summary").focus()
        opened.page.keyboard.press("Enter")
        assert second.locator(".body").is_visible()
        assert shown(opened, "details.case .body") == 1
        assert opened.calm()


def test_a_link_to_a_product_opens_it(window: Window) -> None:
    with window.open("gallery.html", viewport=WIDE) as opened:
        third = opened.page.locator("details.case").nth(2)
        opened.page.evaluate(f"location.hash = '{third.get_attribute('id')}'")
        third.locator(".body").wait_for(state="visible")
        assert third.get_attribute("open") is not None


def test_on_paper_a_gallery_lists_all_and_details_those_that_are_open(window: Window) -> None:
    with window.open("gallery.html", viewport=PAPER) as opened:
        assert shown(opened, ".to-click") == 1
        opened.page.locator("details.case > summary").first.click()
        opened.page.emulate_media(media="print")
        assert shown(opened, "details.case > summary") == 8
        assert shown(opened, "details.case .body") == 1
        assert shown(opened, "input, nav, .choose, .fade, .to-click") == 0
        assert opened.calm()


def test_on_paper_a_product_is_there_as_a_whole(window: Window) -> None:
    with window.open("product.html", viewport=PAPER, color_scheme="dark") as opened:
        opened.page.emulate_media(media="print")
        assert shown(opened, "input, button, nav, .choose, .fade") == 0
        assert shown(opened, ".told-text mark") > 0
        assert shown(opened, ".stage .over") == 1
        assert max(map(int, ink(opened)[4:-1].split(","))) < 80
        assert opened.calm()


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts_there_are_no_dead_controls(window: Window, name: str) -> None:
    with window.open(name, viewport=NARROW, java_script_enabled=False) as opened:
        assert shown(opened, "input, button, select") == 0
        assert not opened.told
        assert not opened.asked
