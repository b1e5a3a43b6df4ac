from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from aisle import Catalog, audit
from aisle.insight.auditing.findings import Finding
from aisle.insight.auditing.page import OF_EACH_KIND, SHOWN, audit_page, chosen
from tests.products import product_rows

HOSTILE = (
    "<script>alert(1)</script>",
    "' onmouseover='x",
    "{{ 7 * 7 }}",
    "\u202eturned",
    "x" * 400,
)


class Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, kind: str) -> list[dict[str, str | None]]:
        return [attrs for _, attrs in self.found if kind in (attrs.get("class") or "").split()]


def finding(row: int, kind: Any = "wrong-label", score: float = 0.9) -> Finding:
    return Finding(f"p{row}", row, "Mugs", "Lamps", score, kind)


def test_the_page_shows_findings_overlaps_conflicts_and_what_to_do(case: Any) -> None:
    page = audit_page(case.found)
    elements = Elements(page)
    gallery = [attrs for _, attrs in elements.found if "data-kinds" in attrs]
    assert [attrs["data-kinds"] for attrs in gallery] == [f.kind for f in case.found.rows]
    ids = {attrs["id"] for tag, attrs in elements.found if tag == "section"}
    assert ids == {"findings", "overlaps", "conflicts", "unchecked", "next"}
    assert len(elements.of("clash")) == len(case.found.conflicts)
    assert len(elements.of("overlap")) == len(case.found.overlaps)
    text = unescape(re.sub(r"<[^>]+>", " ", page))
    assert "aisle audit CATALOG --target kind --decisions review.csv" in text
    assert "1 product without a usable" in re.sub(r"\s+", " ", text)


def test_nothing_in_a_catalogue_can_break_the_page(case: Any) -> None:
    rows = [replace(f, title=HOSTILE[at % 5], id=HOSTILE[-at % 5])
            for at, f in enumerate(case.found.rows)]  # fmt: skip
    page = audit_page(replace(case.found, rows=tuple(rows), target=HOSTILE[0]))
    elements = Elements(page)
    assert all("onmouseover" not in attrs for _, attrs in elements.found)
    assert "alert(1)</script>" not in page
    assert "49" not in [words.strip() for words in re.findall(r">([^<]*)<", page)]


def test_names_of_classes_are_escaped() -> None:
    rows = product_rows(45)
    names = dict(zip(("Mugs", "Lamps", "Boots"), HOSTILE, strict=False))
    for row in rows:
        row["kind"] = names[str(row["kind"])]
    rows[4]["kind"] = HOSTILE[2]
    page = audit_page(audit(Catalog.read(rows, target="kind"), recipe="fast", settings=["folds=2"]))
    assert "alert(1)</script>" not in page
    assert all("onmouseover" not in attrs for _, attrs in Elements(page).found)


def test_a_page_holds_the_most_doubtful_and_some_of_every_kind() -> None:
    many = [finding(row, score=0.99) for row in range(5_000)]
    few = [finding(row, "outlier", 0.2) for row in range(5_000, 5_030)]
    shown = chosen((*many, *few))
    assert [f.row for f in shown[:SHOWN]] == list(range(SHOWN))
    assert [f.row for f in shown[SHOWN:]] == list(range(5_000, 5_000 + OF_EACH_KIND))


def test_ten_thousands_of_findings_make_no_larger_page(case: Any) -> None:
    many = tuple(replace(case.found.rows[0], id=f"p{n}") for n in range(50_000))
    few = many[:SHOWN]
    large, small = (audit_page(replace(case.found, rows=some)) for some in (many, few))
    assert len(large) < 1.02 * len(small)


def test_without_findings_the_page_says_so(case: Any) -> None:
    page = audit_page(replace(case.found, rows=(), overlaps=(), conflicts=(), untested=()))
    assert "There are none." in page
    assert "No label stands out as wrong" in page


def test_prices_have_a_page_of_their_own() -> None:
    rows = product_rows(60)
    rows[30]["price"] = 9_000.0
    page = audit_page(audit(rows, target="price", recipe="fast", settings=["folds=2"]))
    assert "Audit of values" in page
    assert "--at-least" not in page
    assert "9000" in page


@pytest.mark.parametrize("kind", ["outlier", "ambiguous"])
def test_findings_of_every_kind_can_be_chosen(case: Any, kind: str) -> None:
    mixed = tuple(
        replace(f, kind=kind, suggested=None if kind == "outlier" else f.suggested)
        if at % 2
        else replace(f, kind="wrong-label")
        for at, f in enumerate(case.found.rows)
    )
    elements = Elements(audit_page(replace(case.found, rows=mixed)))
    buttons = [a["data-kind"] for tag, a in elements.found if tag == "button" and "data-kind" in a]
    assert buttons == [
        "",
        *sorted({"wrong-label", kind}, key=["wrong-label", "ambiguous", "outlier"].index),
    ]
