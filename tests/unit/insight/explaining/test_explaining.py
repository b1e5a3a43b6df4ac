"""Explanations as a whole, and what they are saved as."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.errors import AisleError, CatalogError
from aisle.insight.explaining import Explanation, explain
from tests.unit.insight.explaining.conftest import PLAIN


@pytest.fixture(scope="module")
def found(seeing: ProductClassifier, pictured: Catalog) -> Explanation:
    return explain(seeing, pictured, rows=[0, 5, 6], train=pictured)


def test_everything_that_is_there_is_explained(
    found: Explanation, seeing: ProductClassifier, pictured: Catalog
) -> None:
    whole, blind, wordless = found.products
    told = seeing.predict(pictured.take([0])).to_pylist()[0]
    assert (whole.id, whole.answer, whole.decision) == (
        told["id"],
        told["category"],
        told["decision"],
    )
    assert whole.confidence == pytest.approx(told["confidence"])
    assert whole.truth == "Mugs"
    assert [len(part) for part in (whole.words, whole.pictures, whole.columns)] == [1, 1, 1]
    assert len(whole.neighbours) == 5
    assert whole.neighbours[0].photograph is not None
    assert blind.pictures == ()
    assert wordless.words == ()
    assert found.unit == "log-odds"


def test_a_product_is_explained_the_same_alone(
    found: Explanation, seeing: ProductClassifier, pictured: Catalog
) -> None:
    alone = explain(seeing, pictured, id=found.products[2].id, train=pictured).products[0]
    assert alone.to_dict() == found.products[2].to_dict()


def test_json_says_the_same(found: Explanation, tmp_path: Path) -> None:
    found.save(tmp_path / "why.json")
    told = json.loads((tmp_path / "why.json").read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(found.to_dict()))
    first = told["products"][0]
    shares = first["modalities"]["modalities"]
    total = sum(share["evidence"] for share in shares.values())
    modalities = first["modalities"]
    assert total == pytest.approx(
        modalities["answer"]["evidence"] - modalities["prior"]["evidence"], abs=1e-6
    )
    assert first["text"][0]["deletion"]["better_by"] == pytest.approx(
        found.products[0].words[0].deletion.gain  # type: ignore[union-attr]
    )
    assert len(first["image"][0]["maps"][0]["grid"]) in (8, 14, 16)


def test_pages_are_complete_and_escape_what_they_show(
    found: Explanation, reading: ProductClassifier, tmp_path: Path
) -> None:
    found.save(tmp_path / "gallery.html")
    page = (tmp_path / "gallery.html").read_text(encoding="utf-8")
    assert page.count('<details class="case"') == 3
    assert "3 products explained" in page
    evil = "<script>alert(1)</script> mug"
    explain(reading, [{"title": evil, "maker": "<b>"}]).save(tmp_path / "one.html")
    single = (tmp_path / "one.html").read_text(encoding="utf-8")
    assert "<script>alert" not in single
    assert "<details" not in single
    for text in (page, single):
        assert "http://" not in text.replace("http://www.w3.org", "")
        assert 'src="http' not in text
    with pytest.raises(AisleError, match=r"saved as \.json or \.html"):
        found.save(tmp_path / "why.txt")


def test_values_have_a_page_too(priced: Catalog, tmp_path: Path) -> None:
    model = ProductRegressor(recipe="fast", settings=[*PLAIN, "fusion=late"]).fit(priced)
    found = explain(model, priced, rows=[1, 2])
    assert found.products[0].value is not None
    assert found.products[0].confidence is None
    found.save(tmp_path / "why.html")
    assert "factors of the value" in (tmp_path / "why.html").read_text(encoding="utf-8")
    with pytest.raises(AisleError, match="no category to be compared with"):
        explain(model, priced, rows=[1], against="Mugs")


def test_what_is_asked_wrongly_is_told(reading: ProductClassifier, products: Catalog) -> None:
    with pytest.raises(CatalogError, match=r"no product 'S001'.*Near it are 'S00\d1'"):
        explain(reading, products, id="S001")
    with pytest.raises(CatalogError, match=r"no row 60.*0 to 59"):
        explain(reading, products, rows=[60])
    with pytest.raises(AisleError, match=r"'Mug'.*Did you mean 'Mugs'"):
        explain(reading, products, rows=[0], against="Mug")
    with pytest.raises(AisleError, match="give one of the two"):
        explain(reading, products, id="S0001", rows=[1])
    with pytest.raises(CatalogError, match="no value in 'kind'"):
        explain(reading, products, rows=[0], train=[{"title": "a mug"}])


def test_against_the_answer_itself_is_against_all(
    reading: ProductClassifier, products: Catalog
) -> None:
    plain = explain(reading, products, rows=[0]).products[0]
    same = explain(reading, products, rows=[0], against=plain.answer).products[0]
    assert same.shares == plain.shares
