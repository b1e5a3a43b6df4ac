"""Words in the text of a product."""

from __future__ import annotations

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier
from aisle.insight.explaining import words
from aisle.insight.explaining.question import ClassQuestion
from aisle.insight.explaining.words import explain_words
from tests.products import WORDS
from tests.unit.insight.explaining.conftest import ask, fitted


def row_of(model: ProductClassifier, title: str | None) -> Catalog:
    rows = [{"title": title, "maker": "Acme", "price": 3.0}]
    return Catalog.read(rows, schema=model.schema_)


def test_words_of_the_kind_speak_for_it_and_of_others_against_it(
    reading: ProductClassifier,
) -> None:
    catalog = row_of(reading, "Blue gift MUG, coffee with a bulb")
    code = reading.classes_.index("Mugs")
    asked = ask(reading, catalog, ClassQuestion(code))
    found = explain_words(asked)
    assert found is not None
    told = dict(found.strongest)
    assert {word for word, _ in found.strongest[:3]} == {"MUG", "coffee", "bulb"}
    assert told["MUG"] > 0 > told["bulb"]
    assert [how for _, how in found.methods] == [
        "linear SHAP, exact, against a text without the word"
    ] * 2
    # The exact shares, and what is left, are the margin between the class and its rivals.
    total = sum(passage.evidence for passage in found.passages) + found.rest
    head = asked.expert.head
    scores = asked.gathered.matrix @ head.weights_ + head.intercept_
    direction = asked.question.of_scores(asked.expert, asked.scores)
    assert total == pytest.approx(float(scores[0] @ direction), rel=1e-4)
    text = "".join(
        passage.before + "".join(piece.text + piece.after for piece in passage.pieces)
        for passage in found.passages
    )
    assert text == "Blue gift MUG, coffee with a bulb"
    assert found.deletion is not None
    assert found.deletion.own[1] < found.deletion.own[0]


def test_a_head_that_is_no_sum_is_explained_by_leaving_words_out(products: Catalog) -> None:
    pytest.importorskip("torch")
    model = fitted(products, "text.head={use: mlp, layers: [8], epochs: 8}")
    asked = ask(model, row_of(model, "new lamp shade bulb"), ClassQuestion(1))
    found = explain_words(asked)
    assert found is not None
    assert {how for _, how in found.methods} == {"words left out"}
    assert found.strongest[0][0] in WORDS["Lamps"]
    without = ask(model, row_of(model, "new shade bulb"), ClassQuestion(1))
    piece = found.passages[0].pieces[1]
    assert piece.text == "lamp"
    # What is left out leaves its space, which no word is.
    assert piece.evidence == pytest.approx(asked.evidence - without.evidence, abs=1e-6)
    assert found.rest == pytest.approx(asked.evidence - found.passages[0].evidence)


def test_long_texts_are_left_out_some_words_at_a_time(
    products: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "GROUPS", 4)
    monkeypatch.setattr(words, "contributions", lambda asked: None)
    model = fitted(products, "text.encoders=[bag-of-words]")
    asked = ask(model, row_of(model, "small word new gift mug mugs lamp bulb"), ClassQuestion(1))
    found = explain_words(asked)
    assert found is not None
    told = [piece.evidence for piece in found.passages[0].pieces]
    # Two neighbours share what they add together by their letters.
    assert told[6] == pytest.approx(told[7])
    assert told[0] == pytest.approx(told[1] * 5 / 4)
    assert told[6] > max(told[:6])


def test_a_product_without_a_text_has_no_words(reading: ProductClassifier) -> None:
    assert explain_words(ask(reading, row_of(reading, None), ClassQuestion(0))) is None


def test_deletion_does_not_depend_on_who_else_is_explained(
    reading: ProductClassifier, products: Catalog
) -> None:
    curves = [explain_words(ask(reading, products, ClassQuestion(0), row=4)) for _ in range(2)]
    assert curves[0] is not None
    assert curves[1] is not None
    assert curves[0].deletion == curves[1].deletion
    assert np.isfinite(curves[0].deletion.area)  # type: ignore[union-attr]
