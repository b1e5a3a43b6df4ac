"""Explanations brought back from JSON."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aisle import ProductClassifier, ProductRegressor
from aisle.insight.explaining import explain
from aisle.serving.page.example import example_of
from aisle.serving.page.reasons import passage, why


def whole(found: Any) -> str:
    return str(found.before + "".join(one.text + one.after for one in found.pieces))


def test_words_are_found_in_the_text_again() -> None:
    words = [{"word": "Red", "evidence": 0.5}, {"word": "mug", "evidence": -1.0}]
    found = passage("title", "» Red, mug!", words)
    assert whole(found) == "» Red, mug!"
    assert [(one.text, one.after, one.evidence) for one in found.pieces] == [
        ("Red", ", ", 0.5),
        ("mug", "!", -1.0),
    ]
    assert found.before == "» "


def test_words_that_do_not_stand_there_are_told_all_the_same() -> None:
    found = passage("title", "other text", [{"word": "mug", "evidence": 1.0}])
    assert whole(found) == "mug "
    assert passage("title", "text", []).pieces == ()


@given(st.text(max_size=60))
def test_a_text_cut_into_its_words_is_whole_again(text: str) -> None:
    words = [{"word": word, "evidence": 0.1} for word in text.split()]
    found = passage("title", text, words)
    if words:
        assert whole(found) == text


def test_a_product_is_explained_in_all_parts(model: ProductClassifier) -> None:
    example = example_of(model, 0)
    assert example.photograph is not None
    product = example.values | {"image": example.photograph, "description": "<b>a mug</b>"}
    told = explain(model, [product], rows=[0]).products[0].to_dict()
    photograph = base64.b64decode(example.photograph.split(",")[1])
    html = why(model, told, texts=product, photograph=photograph, seconds=0.1)
    for words in ("What each modality contributed", "Which words", "Where in the photograph"):
        assert words in html
    assert "What the metadata say" in html
    assert 'class="for" data-style' in html
    assert 'class="over"' in html
    assert "<b>a mug" not in html
    without = why(model, told, texts=product, photograph=b"no photograph", seconds=0.1)
    assert "Where in the photograph" not in without


def test_a_value_is_explained_in_factors(regressor: ProductRegressor) -> None:
    product = {"title": "leather boot", "maker": "Acme", "kind": "Boots"}
    told = explain(regressor, [product], rows=[0]).products[0].to_dict()
    html = why(regressor, told, texts=product, photograph=None, seconds=0.1)
    assert "Explained is the value" in html
