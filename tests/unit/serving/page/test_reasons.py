"""Explanations brought back from JSON."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aisle import ProductClassifier, ProductRegressor
from aisle.insight.explaining import explain
from aisle.serving.page.completing import completed, located
from aisle.serving.page.example import example_of
from aisle.serving.page.nearest import Nearest
from aisle.serving.page.reasons import passage, why
from aisle.serving.service import Service
from aisle.serving.settings import ServingSettings


def whole(found: Any) -> str:
    return str(found.before + "".join(one.text + one.after for one in found.pieces))


def explained(model: Any, product: dict[str, Any]) -> Any:
    """Return what the server makes of an explanation of ``aisle explain``."""
    engine = Service(model, ServingSettings()).engine
    told = explain(model, [product], rows=[0]).products[0].to_dict()
    return completed(engine, Nearest(None), [product], [told])[0]


def test_words_are_found_in_the_text_again() -> None:
    words = [{"word": "Red", "evidence": 0.5}, {"word": "mug", "evidence": -1.0}]
    text = "» Red, mug!"
    placed = located(text, words)
    assert [one["start"] for one in placed] == [2, 7]
    found = passage("title", text, placed)
    assert whole(found) == text
    assert [(one.text, one.after, one.evidence) for one in found.pieces] == [
        ("Red", ", ", 0.5),
        ("mug", "!", -1.0),
    ]
    assert found.before == "» "


def test_words_that_do_not_stand_there_are_told_all_the_same() -> None:
    placed = located("other text", [{"word": "mug", "evidence": 1.0}])
    assert placed == [{"word": "mug", "evidence": 1.0, "start": None}]
    assert whole(passage("title", "other text", placed)) == "mug "
    assert passage("title", "text", []).pieces == ()


@given(st.text(max_size=60))
def test_a_text_cut_into_its_words_is_whole_again(text: str) -> None:
    words = located(text, [{"word": word, "evidence": 0.1} for word in text.split()])
    for one in words:
        assert text[one["start"] : one["start"] + len(one["word"])] == one["word"]
    if words:
        assert whole(passage("title", text, words)) == text


def test_a_product_is_explained_in_all_parts(model: ProductClassifier) -> None:
    example = example_of(model, 0)
    assert example.photograph is not None
    product = example.values | {"image": example.photograph, "description": "<b>a mug</b>"}
    photograph = base64.b64decode(example.photograph.split(",")[1])
    found = explained(model, product | {"image": photograph})
    html = why(model, found, seconds=0.1)
    for words in ("What each modality contributed", "Which words", "Where in the photograph"):
        assert words in html
    assert "What the metadata say" in html
    assert 'class="for" data-style' in html
    assert 'class="over"' in html
    assert "<b>a mug" not in html
    found.frames.clear()  # the photograph is gone by now
    assert "Where in the photograph" not in why(model, found, seconds=0.1)


def test_a_value_is_explained_in_factors(regressor: ProductRegressor) -> None:
    product = {"title": "leather boot", "maker": "Acme", "kind": "Boots"}
    html = why(regressor, explained(regressor, product), seconds=0.1)
    assert "Explained is the value" in html
