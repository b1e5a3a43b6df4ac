"""The server's web page in a browser: a product, why, a catalogue, figures, keys, no script."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.catalog.sample import SampleOptions, make_sample
from aisle.serving.keys import digest
from tests.browser.serve import Server, answered, grave, picture, serving, until

WIDTHS = (1280, 390)
KEY = "a key for the shop"
_AXE = [
    Path(os.environ.get("AISLE_AXE", "")),
    Path("node_modules/axe-core/axe.min.js"),
]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample catalogue beside its photographs."""
    return make_sample(tmp_path_factory.mktemp("shop"), SampleOptions(products=210))


@pytest.fixture(scope="module")
def classifier(table: Path) -> ProductClassifier:
    settings = ["folds=3", "precision=0.9", "learning_curve=false"]
    catalog = Catalog.read(table, target="category")
    return ProductClassifier(recipe="fast", settings=settings).fit(catalog)


@pytest.fixture(scope="module")
def server(browser: Any, classifier: ProductClassifier) -> Iterator[Server]:
    """A server of categories."""
    with serving(browser, classifier) as found:
        yield found


@pytest.fixture(scope="module")
def with_photographs(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty products as JSON lines, photographs inside."""
    rows = Catalog.read(table).table.slice(0, 60).drop_columns(["created_at"]).to_pylist()
    for row in rows:
        if row["image"]:
            content = (table.parent / row["image"]).read_bytes()
            row["image"] = base64.b64encode(content).decode("ascii")
    path = tmp_path_factory.mktemp("upload") / "shop.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_product_is_classified_and_explained(server: Server, width: int, scheme: str) -> None:
    with server.visit(
        viewport={"width": width, "height": 900}, color_scheme=scheme, has_touch=width < 500
    ) as visit:
        page = visit.page
        picture(visit, f"empty-{width}-{scheme}")
        page.click("#example")
        page.wait_for_selector(".preview:not([hidden]) img")
        assert page.input_value("[data-column=title]")
        page.click("#ask")
        assert answered(page) == "Mugs"
        assert "Accept" in page.inner_text("#answer .verdict")
        assert page.evaluate("document.activeElement.id") == "answer-title"
        assert "Mugs" in page.inner_text("#said")
        picture(visit, f"answer-{width}-{scheme}")
        page.click("#ask-why")
        page.wait_for_selector("#why-title")
        assert page.evaluate("document.activeElement.id") == "why-title"
        assert page.locator("#why mark").count() > 0
        assert page.locator("#why .fall li").count() == 5
        assert page.locator("#why .stage img").count() >= 2
        wide = "[...document.querySelectorAll('#why .fall .track span')].map(s => s.style.width)"
        assert all(found.endswith("%") for found in page.evaluate(wide))
        picture(visit, f"whole-{width}-{scheme}", full_page=True)
        assert visit.calm(), visit.told


@pytest.mark.parametrize("width", WIDTHS)
def test_a_catalogue_is_classified_while_one_looks(
    server: Server, width: int, with_photographs: Path, tmp_path: Path
) -> None:
    with server.visit(viewport={"width": width, "height": 900}, accept_downloads=True) as visit:
        page = visit.page
        page.set_input_files("#file", with_photographs)
        until(page, "document.activeElement.id === 'results-title'")
        assert page.locator("#answers tbody tr").count() == 50
        assert page.locator("#answers tbody img").count() > 40
        assert "60 products" in page.inner_text("#progress-words")
        page.click("#more")
        assert page.locator("#answers tbody tr").count() == 60
        picture(visit, f"catalogue-{width}", full_page=True)
        page.select_option("#of-category", "Mugs")
        kinds = set(page.locator("#answers tbody td:nth-child(3)").all_inner_texts())
        assert {kind.split("\n")[0] for kind in kinds} == {"Mugs"}
        page.select_option("#order", "least")
        sure = page.evaluate(
            "[...document.querySelectorAll('#answers progress')].map(p => p.value)"
        )
        assert sure == sorted(sure)
        page.fill("#search", "no such product anywhere")
        assert "0 of 60 products" in page.inner_text("#shown")
        page.fill("#search", "")
        with page.expect_download() as waiting:
            page.click("[data-download=csv]")
        waiting.value.save_as(tmp_path / "answers.csv")
        kept = Catalog.read(tmp_path / "answers.csv").table.to_pylist()
        assert len(kept) == len(sure)
        assert {row["category"] for row in kept} == {"Mugs"}
        assert visit.calm(), visit.told


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_serious(
    server: Server, with_photographs: Path, width: int, scheme: str
) -> None:
    program = next((path for path in _AXE if path.is_file()), None)
    if program is None:
        pytest.skip("needs axe-core: npm install axe-core, or AISLE_AXE=axe.min.js")
    with server.visit(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    ) as visit:
        page = visit.page
        assert grave(page, program) == []
        page.click("#example")
        page.wait_for_selector(".preview:not([hidden]) img")
        page.click("#ask")
        answered(page)
        page.click("#ask-why")
        page.wait_for_selector("#why-title")
        page.set_input_files("#file", with_photographs)
        until(page, "document.activeElement.id === 'results-title'")
        page.click("summary")
        assert grave(page, program) == []
        page.fill("[data-column=title]", "")
        page.click("button[type=reset]")
        page.click("#ask")
        until(page, "document.querySelector('#answer .bad') !== null")
        assert grave(page, program) == []


def test_photographs_come_along_with_a_catalogue(server: Server, table: Path) -> None:
    with server.visit(viewport={"width": 1280, "height": 900}) as visit:
        photographs = sorted((table.parent / "images").iterdir())[:30]
        visit.page.set_input_files("#file", [table, *photographs])
        until(visit.page, "document.activeElement.id === 'results-title'")
        assert visit.page.locator("#answers tbody img").count() == 30
        assert visit.calm(), visit.told


def test_a_file_that_is_no_catalogue_is_refused_in_words(server: Server, tmp_path: Path) -> None:
    (tmp_path / "page.csv").write_bytes(b"PK\x03\x04 no catalogue")
    with server.visit(viewport={"width": 390, "height": 800}) as visit:
        visit.page.set_input_files("#file", tmp_path / "page.csv")
        until(visit.page, "document.querySelector('#file-refused').textContent")
        assert "zip archive" in visit.page.inner_text("#file-refused")
        assert visit.page.is_hidden("#results")


def test_everything_is_reached_by_the_keyboard(server: Server) -> None:
    with server.visit(viewport={"width": 1280, "height": 900}) as visit:
        page = visit.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        reached = []
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.append(
                page.evaluate("document.activeElement.id || document.activeElement.tagName")
            )
            if reached[-1] == "example":
                break
        assert "ask" in reached
        page.keyboard.press("Enter")
        page.wait_for_selector(".preview:not([hidden]) img")
        page.focus("[data-column=title]")
        page.keyboard.press("Enter")
        assert answered(page) == "Mugs"
        while page.evaluate("document.activeElement.id") != "ask-why":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("#why-title")
        outlines = page.evaluate(
            "[...document.querySelectorAll('button, input, select, textarea, a')]"
            ".filter(e => e.offsetParent && !e.labels?.length && !e.innerText && !e.ariaLabel"
            " && e.type !== 'hidden').map(e => e.outerHTML)"
        )
        assert outlines == []
        assert visit.calm(), visit.told


def test_figures_move(server: Server) -> None:
    with server.visit(viewport={"width": 1280, "height": 900}) as visit:
        page = visit.page
        page.evaluate("document.querySelector('#live').scrollIntoView()")
        until(page, "document.querySelector('[data-figure=products]').textContent !== '–'")
        before = page.inner_text("[data-figure=products]")
        page.fill("[data-column=title]", "a mug")
        page.press("[data-column=title]", "Enter")
        answered(page)
        page.evaluate("document.querySelector('#live').scrollIntoView()")
        until(page, f"document.querySelector('[data-figure=products]').textContent !== '{before}'")
        picture(visit, "figures-1280")
        assert visit.calm(), visit.told


def test_a_key_is_asked_for_once_and_no_script_can_read_it(
    browser: Any, classifier: ProductClassifier, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text(f"shop:{digest(KEY)}\n", encoding="utf-8")
    with (
        serving(browser, classifier, keys_file=tmp_path / "keys") as server,
        server.visit(viewport={"width": 390, "height": 800}) as visit,
    ):
        page = visit.page
        assert "Mugs" not in page.content()
        picture(visit, "key-390")
        page.fill("#key", "not this one")
        page.keyboard.press("Enter")
        until(page, "document.querySelector('#key-said').textContent")
        visit.told.clear()  # a browser writes refused requests into its console
        page.fill("#key", KEY)
        page.keyboard.press("Enter")
        page.wait_for_selector("#product")
        page.fill("[data-column=title]", "ceramic mug")
        page.click("#ask")
        answered(page)
        kept = "[localStorage.length, sessionStorage.length, document.cookie]"
        assert page.evaluate(kept) == [0, 0, ""]
        (cookie,) = page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        assert KEY not in cookie["value"]
        other = page.context.new_page()
        other.goto(server.address)
        other.wait_for_selector("#product")
        other.close()
        page.reload()
        page.wait_for_selector("#product")
        page.click("#forget")
        page.wait_for_selector("#gate")
        assert page.context.cookies() == []
        assert visit.calm(), visit.told


def test_a_key_is_entered_without_script(
    browser: Any, classifier: ProductClassifier, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text(f"shop:{digest(KEY)}\n", encoding="utf-8")
    with (
        serving(browser, classifier, keys_file=tmp_path / "keys") as server,
        server.visit(viewport={"width": 390, "height": 800}, java_script_enabled=False) as visit,
    ):
        page = visit.page
        page.fill("#key", KEY)
        page.keyboard.press("Enter")
        page.wait_for_selector("#product")
        page.fill("[data-column=title]", "ceramic mug")
        page.click("#ask")
        assert answered(page)
        page.goto(server.address)
        page.click("a[href='./page/whole']")
        page.wait_for_selector("#product")
        assert not visit.told


def test_without_script_a_form_posts_and_gets_a_page_back(server: Server, table: Path) -> None:
    with server.visit(viewport={"width": 390, "height": 800}, java_script_enabled=False) as visit:
        page = visit.page
        page.fill("[data-column=title]", "Ceramic mug for coffee")
        page.set_input_files("input[type=file] >> nth=0", table.parent / "images/P000003.jpg")
        page.get_by_role("button", name="Classify and say why").click()
        page.wait_for_selector("#why-title")
        assert page.inner_text("#answer-title")
        assert page.input_value("[data-column=title]") == "Ceramic mug for coffee"
        assert page.locator(".preview img").is_visible()
        widths = page.locator("#why .fall .track span").first.bounding_box()
        assert widths["width"] > 0
        picture(visit, "no-script-390", full_page=True)
        page.click("#ask")
        assert answered(page)
        assert not visit.told


def test_a_value_has_an_interval(browser: Any, table: Path) -> None:
    catalog = Catalog.read(table, target="price")
    settings = ["folds=3", "learning_curve=false"]
    model = ProductRegressor(recipe="fast", settings=settings).fit(catalog)
    with (
        serving(browser, model) as server,
        server.visit(viewport={"width": 1280, "height": 900}) as visit,
    ):
        page = visit.page
        page.click("#example")
        page.wait_for_selector(".preview:not([hidden]) img")
        page.click("#ask")
        assert float(answered(page).replace(",", "")) > 0
        assert "between" in page.inner_text("#answer .verdict")
        page.click("#ask-why")
        page.wait_for_selector("#why-title")
        page.set_input_files("#file", table)
        until(page, "document.activeElement.id === 'results-title'")
        assert page.locator("#answers thead th").all_inner_texts() == [
            "Product",
            "Value",
            "From",
            "To",
        ]
        picture(visit, "value-1280", full_page=True)
        assert visit.calm(), visit.told
