from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest

from aisle import Catalog, study
from aisle.insight import Study
from aisle.insight.studying import scatter
from aisle.insight.studying.page import CLASSES_SHOWN, study_page
from aisle.insight.studying.scatter import GROUPS, groupings
from tests.products import product_rows

HOSTILE = ("<script>alert(1)</script>", "' onmouseover='x", "{{ 7 * 7 }}", "\u202eturned")


class Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def carried(page: str) -> dict[str, list[object]]:
    inside = page[page.index('id="scatter"') :]
    found = re.search(r'<script type="application/json">(.*?)</script>', inside, re.DOTALL)
    return json.loads(found[1])


def text_of(page: str) -> str:
    bare = re.sub(r"<(script|style).*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", bare)))


@pytest.fixture(scope="module")
def page(found: Study) -> str:
    return study_page(found)


def test_the_page_has_its_sections_and_every_result(found: Study, page: str) -> None:
    elements = Elements(page).found
    ids = [attrs["id"] for tag, attrs in elements if tag == "section"]
    assert ids == ["plane", "encoders", "confusion", "results", "next"]
    text = text_of(page)
    assert text.count("text, classical") == 9
    assert "2 products have no class" in text
    assert "1 absent" in text
    assert "aisle train CATALOG --target kind" in text


def test_the_scatter_carries_products_with_their_photographs(found: Study, page: str) -> None:
    data = carried(page)
    rows = len(found.picture.rows)
    assert {len(data[key]) for key in ("x", "y", "titles", "photographs", "classes")} == {rows}
    shown = [photo for photo in data["photographs"] if photo]
    assert len(shown) == rows
    assert all(str(photo).startswith("data:image/") for photo in shown)
    assert [one["key"] for one in data["groupings"]] == ["class", "cluster"]
    assert data["groupings"][0]["names"][-1] == "without a class"
    assert all(len(one["places"]) == rows for one in data["groupings"])


def test_only_so_many_photographs_travel(found: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scatter, "THUMBNAILS", 10)
    assert sum(map(bool, carried(study_page(found))["photographs"])) == 10


def test_nothing_in_a_catalogue_can_break_the_page() -> None:
    rows = product_rows(48)
    names = dict(zip(("Mugs", "Lamps", "Boots"), HOSTILE, strict=False))
    for at, row in enumerate(rows):
        row["title"] = f"{row['title']} {HOSTILE[at % 4]}"
        row["kind"] = names[str(row["kind"])]
    catalog = Catalog.read(rows, target="kind", roles={"title": "text"})
    page = study_page(replace(study(catalog, ["tfidf"], ["pca"], seeds=1), target=HOSTILE[0]))
    assert "alert(1)</script>" not in page
    assert all("onmouseover" not in attrs for _, attrs in Elements(page).found)
    assert "\u202e" not in text_of(page)


def test_a_catalogue_without_classes_has_a_page(photographed: Catalog) -> None:
    bare = study(photographed.with_target(None), ["tfidf"], ["none"], seeds=1)
    page = study_page(bare)
    ids = [attrs["id"] for tag, attrs in Elements(page).found if tag == "section"]
    assert "confusion" not in ids
    assert [one["key"] for one in carried(page)["groupings"]] == ["cluster"]
    assert "ARI" not in text_of(page)


def test_many_classes_are_told_by_the_largest_and_the_rest() -> None:
    rows = [
        {"title": f"thing{n % 40} made of stuff{n % 40} no{n}", "kind": f"kind {n % 40}"}
        for n in range(240)
    ]
    catalog = Catalog.read(rows, target="kind", roles={"title": "text"})
    found = study(catalog, ["tfidf"], ["none"], seeds=1)
    shown = groupings(found.picture, "kind", [str(n) for n in range(40)])[0]
    assert len(shown.names) == GROUPS + 1
    assert shown.grey == GROUPS
    assert shown.places.count(GROUPS) == 20 * 6
    text = text_of(study_page(found))
    assert f"{40 - CLASSES_SHOWN} more are not shown" in text


def test_the_drawing_holds_every_product(found: Study) -> None:
    shown = groupings(found.picture, found.target, ["1", "2", "3"])[0]
    drawn = str(scatter.drawing(found.picture, shown))
    assert drawn.count("h0") == len(found.picture.rows)
    places = np.array(re.findall(r"M([\d.]+) ([\d.]+)h0", drawn), dtype=float)
    assert places.min() >= 0
    assert places[:, 0].max() <= 700
    assert places[:, 1].max() <= 440
