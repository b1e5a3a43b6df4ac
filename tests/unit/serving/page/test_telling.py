"""Answers in words."""

from __future__ import annotations

import math
from typing import Any

import pytest

from aisle.decisions import Threshold
from aisle.serving.page.telling import told_category, told_value


def threshold(at: float) -> Threshold:
    right = None if math.isinf(at) else 0.97
    return Threshold(at, 0.95, 0.5, right, 0.951, 0 if right is None else 80, "test", "")


def answer(**changes: Any) -> dict[str, Any]:
    return {
        "category": "Mugs",
        "confidence": 0.99,
        "decision": "accept",
        "alternatives": [
            {"category": "Mugs", "probability": 0.99},
            {"category": "<b>Lamps</b>", "probability": 0.01},
        ],
        "modalities": ["text", "image"],
        "error": None,
    } | changes


def test_an_accepted_answer_says_what_is_promised_and_what_was_seen() -> None:
    told = told_category(answer(), {"text+image": threshold(0.8)}, 0.95, ["stock"])
    assert (told.headline, told.sure, told.decision, told.tone) == (
        "Mugs",
        "99.0%",
        "Accept",
        "good",
    )
    assert "At least 95%" in told.reason
    assert "80 training products" in told.reason
    assert "97.0% were right" in told.reason
    assert told.spoken == "Mugs, 99.0% sure. Accept."
    assert told.ignored == ("stock",)


def test_names_of_categories_are_escaped() -> None:
    told = told_category(answer(), {"text+image": threshold(0.8)}, 0.95)
    assert "<b>" not in told.bars
    assert "&lt;b&gt;" in told.bars


@pytest.mark.parametrize(
    ("thresholds", "confidence", "expected"),
    [
        ({"text+image": threshold(0.8)}, 0.6, "from a confidence of 80.0% on"),
        ({"text+image": threshold(math.inf)}, 0.6, "cannot be promised"),
        ({}, 0.6, "cannot be promised"),
        ({"text+image": threshold(0.8)}, 0.9, "does not cover this product"),
    ],
)
def test_a_review_says_why(
    thresholds: dict[str, Threshold], confidence: float, expected: str
) -> None:
    asked = answer(decision="review", confidence=confidence)
    told = told_category(asked, thresholds, 0.975)
    assert (told.decision, told.tone) == ("Review", "warn")
    assert expected in told.reason
    assert "97.5%" in told.reason


def test_an_answer_that_failed_has_no_bars() -> None:
    failed = answer(
        category=None, confidence=None, decision="review", alternatives=[], error="it failed"
    )
    told = told_category(failed, {"text+image": threshold(0.8)}, 0.95)
    assert (told.headline, told.sure, told.bars, told.remark) == ("No answer", "–", "", "it failed")


def test_a_value_has_its_interval() -> None:
    given = {"value": 12.5, "low": 9.9, "high": 15.8, "modalities": ["text"], "error": None}
    told = told_value(given, "price")
    assert (told.headline, told.decision) == ("12.5", "Likely between 9.9 and 15.8")
    assert told.spoken == "price: 12.5, likely between 9.9 and 15.8."
    none = told_value(given | {"value": None, "low": None, "high": None, "error": "x"}, "price")
    assert (none.headline, none.decision, none.tone) == ("No answer", "No interval", "warn")
