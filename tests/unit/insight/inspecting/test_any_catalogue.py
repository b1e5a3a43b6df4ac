"""Whatever the catalogue, there is an inspection, its JSON and its page."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from aisle import Catalog, inspect
from aisle.insight import Inspection
from aisle.insight.inspecting.page import inspection_page

SECTIONS = (
    *("problems", "columns", "leaks", "classes", "tree", "texts", "numbers", "categories"),
    *("attributes", "photographs", "presence", "next"),
)
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"

CATALOGUES: dict[str, tuple[object, str | None]] = {
    "one row": ([{"title": "one red mug", "price": 3.5}], None),
    "one row with a target": ([{"title": "one red mug", "kind": "mug"}], "kind"),
    "no text": ([{"price": n + 0.5, "kind": "ab"[n % 2]} for n in range(30)], "kind"),
    "a quantity": ([{"title": f"mug {n}", "price": n + 0.5} for n in range(30)], "price"),
    "one class": ([{"title": f"mug {n}", "kind": "mug"} for n in range(12)], "kind"),
    "enormous numbers": (
        [{"title": f"mug {n}", "price": (-1e308, 1e308)[n % 2]} for n in range(30)],
        "price",
    ),
    "one quantity": ([{"title": f"mug {n}", "price": 3.5} for n in range(30)], "price"),
    "the target alone": ([{"kind": "ab"[n % 2]} for n in range(30)], "kind"),
    "no known target": ([{"title": f"mug {n}", "kind": None} for n in range(5)], "kind"),
    "empty texts": ([{"title": None, "kind": "ab"[n % 2]} for n in range(12)], "kind"),
    "no photograph there": (
        [{"title": f"mug {n}", "image": f"{n}.jpg", "kind": "ab"[n % 2]} for n in range(12)],
        "kind",
    ),
    "lists": (
        pa.table({"tags": [["a", "b"], ["c"]], "vector": [[0.5, 1.0]] * 2, "title": ["x y", "z"]}),
        None,
    ),
    "hostile": (
        [
            {EVIL: EVIL, "specs": f"{EVIL[:20]}: {EVIL} | a: {n}", "kind": EVIL + "ab"[n % 2]}
            for n in range(24)
        ],
        "kind",
    ),
}


@pytest.mark.parametrize("name", CATALOGUES)
def test_there_is_a_page_and_its_json(name: str) -> None:
    rows, target = CATALOGUES[name]
    found = inspect(Catalog.read(rows, target=target, online=False))
    told = found.to_dict()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    page = inspection_page(found)
    assert "What to do next" in page
    assert "onerror=alert" not in page.replace("&lt;img src=x onerror=alert", "")
    assert "<script>alert" not in page
    for broken in (">nan<", ">inf<", ">None<", "Traceback"):
        assert broken not in page


def test_every_section_is_on_the_page(inspected: Inspection) -> None:
    page = inspection_page(inspected)
    for section in SECTIONS:
        assert f'<section id="{section}"' in page, section
        assert f'href="#{section}"' in page, section
    assert page.count("data:image/") > 20


def test_a_part_that_was_looked_at_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from aisle.insight.inspecting import attributes, texts

    monkeypatch.setattr(texts, "LOOKED_AT", 20)
    monkeypatch.setattr(attributes, "LOOKED_AT", 30)
    rows = [{"title": f"red mug w{n}", "specs": f"a: {n} | b: x"} for n in range(50)]
    page = inspection_page(inspect(Catalog.read(rows, roles={"title": "text"})))
    assert "Looked at: 20 of 50 products, drawn at random" in page
    assert "Looked at: 30 of 50 products, drawn at random" in page


def test_many_classes_columns_and_attributes_stay_small() -> None:
    rows = [
        {
            "title": f"word{n % 700} thing{n % 90} item {n}",
            "kind": f"class with quite a long name, number {n % 400}",
            "specs": " | ".join(f"attribute {(n + at) % 500}: value {n}" for at in range(12)),
            "tree": f"t{n % 50} > c{n % 400} > leaf {n}",
            **{f"number {at}": n * at + 0.5 for at in range(1, 40)},
        }
        for n in range(2_000)
    ]
    found = inspect(Catalog.read(rows, target="kind"))
    page = inspection_page(found)
    assert len(page.encode()) < 1_500_000
    assert "And 360 smaller classes" in page
    assert "The 16 largest of 400 classes are shown." in page
    assert len(json.dumps(found.to_dict())) < 3_000_000
