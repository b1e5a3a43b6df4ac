from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from aisle import metrics
from aisle.evaluation import (
    ClassEvaluation,
    Evaluation,
    ExpertScore,
    ValueEvaluation,
    ValueScore,
)
from aisle.evaluation.page import evaluation_page

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></script><b>",
    "👟👗 emoji",
    "قمصان رجالية",
    "\u202eright to left override",
    "x" * 500,
    "{{ 7 * 7 }}",
    "\x00\n",
    "",
]


class Outline(HTMLParser):
    """The elements of a page, and the text of its headings, cells and list entries."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def tags(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]


def check_harmless(page: str) -> Outline:
    """Check what every page promises, whatever it was given."""
    outline = Outline(page)
    names = {name for _, attributes in outline.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")}
    assert len(outline.tags("script")) == 1
    assert not outline.tags("img")
    for _, attributes in outline.elements:
        for name in ("src", "href", "action", "data"):
            assert (attributes.get(name) or "#").startswith(("#", "data:"))
    assert "url(" not in page
    assert "@import" not in page
    ids = [str(attributes["id"]) for _, attributes in outline.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in outline.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert set((attributes.get(name) or "").split()) <= set(ids)
    levels = [int(tag[1]) for tag, _ in outline.elements if tag in ("h1", "h2", "h3")]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(page.encode()) < 2_000_000
    return outline


def classes(
    truth: list[str],
    predicted: list[str],
    confidence: list[float | None] | None = None,
    *,
    threshold: float | None = 0.5,
    precision: float = 0.9,
) -> ClassEvaluation:
    rows = len(truth)
    sure = [0.8] * rows if confidence is None else confidence
    accepted = np.array([threshold is not None and (s or 0) >= threshold for s in sure])
    right = np.array([a == b for a, b in zip(truth, predicted, strict=True)])
    names = list(dict.fromkeys(truth))
    f1 = metrics.f1_scores(truth, predicted, names)
    return ClassEvaluation(
        rows=rows,
        unlabelled=0,
        seconds=0.5,
        target="category",
        fusion="late",
        recipe="fast",
        model_rows=100,
        predictions=pa.table(
            {
                "id": pa.array([f"p{row}" for row in range(rows)]),
                "category": pa.array(predicted, pa.string()),
                "confidence": pa.array(sure, pa.float64()),
                "decision": np.where(accepted, "accept", "review"),
                "truth": pa.array(truth, pa.string()),
            }
        ),
        accuracy=float(right.mean()),
        accuracy_interval=metrics.wilson_interval(int(right.sum()), rows),
        macro_f1=f1.macro,
        micro_f1=f1.micro,
        weighted_f1=f1.weighted,
        log_loss=0.25,
        calibration_error=0.04,
        precision_asked=precision,
        coverage=float(accepted.mean()),
        accepted_precision=float(right[accepted].mean()) if accepted.any() else None,
        threshold=threshold,
        per_class=metrics.per_class(truth, predicted, names),
        by_modality={"text": ExpertScore(0.7, 0.6), "text+image": ExpertScore(0.8, 0.7)},
        experts={"text": ExpertScore(0.7, 0.6), "image": ExpertScore(0.5, 0.4)},
    )


def small() -> ClassEvaluation:
    truth = ["Baby Care"] * 20 + ["Watches"] * 20
    predicted = ["Baby Care"] * 17 + ["Home Furnishing"] * 3 + ["Watches"] * 20
    confidence = [0.95] * 17 + [0.7, 0.9, 0.6] + [0.97] * 20
    return classes(truth, predicted, list(confidence))


def test_the_headline_the_decision_and_the_confusions_are_said() -> None:
    text = check_harmless(evaluation_page(small())).text
    assert "92.5%" in text
    assert "95% interval 80.1% to 97.4%" in text
    assert "100% of products can be accepted at 90% precision" in text
    assert "Measured among accepted: 92.5%" in text
    assert "Baby Care taken for Home Furnishing 3 of 20" in text
    assert "The model is 22.5 points above its best expert, text." in text


def test_the_surest_mistake_comes_first() -> None:
    page = evaluation_page(small())
    mistakes = page[page.index('id="mistakes"') :]
    assert re.findall(r">(p\d+)<", mistakes) == ["p18", "p17", "p19"]


def test_the_weakest_class_comes_first_and_what_cannot_be_measured_last() -> None:
    found = small()
    page = evaluation_page(
        replace(
            found,
            per_class={"Unseen": metrics.ClassScore(0.0, 0.0, 0.0, 0), **found.per_class},
        )
    )
    table = page[page.index('id="class-table"') : page.index('id="confusions"')]
    rows = re.findall(r'<th scope="row"><bdi>([^<]*)', table)
    assert rows == ["Home Furnishing", "Baby Care", "Watches", "Unseen"]
    assert table.count('data-value=""') == 4


def test_a_broken_promise_is_called_one() -> None:
    truth, predicted = ["a"] * 100, ["a"] * 60 + ["b"] * 40
    text = Outline(evaluation_page(classes(truth, predicted))).text
    assert "lower than was asked, by more than chance explains" in text


def test_nothing_accepted_is_explained() -> None:
    text = Outline(evaluation_page(replace(small(), threshold=None, precision_asked=0.97))).text
    assert "Nothing can be accepted at 97% precision" in text
    assert "99 products to show" in text
    found = classes(["a", "b"], ["a", "b"], [0.5, 0.6], threshold=0.9)
    assert "a confidence of 0.900 or more, which none" in Outline(evaluation_page(found)).text


def test_classes_that_the_model_never_saw_are_named_and_counted() -> None:
    found = replace(small(), unknown_classes=("Baby Care",), unlabelled=1)
    text = Outline(evaluation_page(found)).text
    assert "20 products of 1 class that the model never saw" in text
    assert "1 product without a usable category is left out" in text


def test_hostile_names_are_harmless() -> None:
    rng = np.random.default_rng(0)
    truth = [HOSTILE[at] for at in rng.integers(0, len(HOSTILE), 300)]
    predicted = [HOSTILE[at] for at in rng.integers(0, len(HOSTILE), 300)]
    found = replace(
        classes(truth, predicted),
        target=HOSTILE[0],
        fusion=HOSTILE[1],
        recipe=HOSTILE[3],
        unknown_classes=tuple(HOSTILE),
        experts={name: ExpertScore(0.1, math.nan) for name in HOSTILE},
    )
    outline = check_harmless(evaluation_page(found))
    assert not outline.tags("b")
    assert "{{ 7 * 7 }}" in outline.text


@pytest.mark.parametrize("confidence", [None, math.nan])
def test_missing_confidences_and_scores_are_dashes(confidence: float | None) -> None:
    found = replace(
        classes(["a", "b"], ["b", "b"], [confidence, confidence]),
        accuracy=math.nan,
        log_loss=math.nan,
        macro_f1=math.nan,
        experts={"text": ExpertScore(math.nan, math.nan)},
        by_modality={},
    )
    text = check_harmless(evaluation_page(found)).text
    assert "nan" not in text.lower()
    assert "nothing to draw" in text


def test_one_class_and_one_product() -> None:
    text = check_harmless(evaluation_page(classes(["only"], ["only"]))).text
    assert "on 1 product " in text
    assert "Nothing: every answer is right." in text


def test_many_products_and_classes_stay_small() -> None:
    rng = np.random.default_rng(0)
    names = np.array([f"class {at} " + "long " * 20 for at in range(600)], dtype=object)
    truth = rng.integers(0, 600, 100_000)
    predicted = np.where(rng.random(100_000) < 0.8, truth, rng.integers(0, 600, 100_000))
    confidence = rng.random(100_000).tolist()
    page = evaluation_page(classes(list(names[truth]), list(names[predicted]), confidence))
    outline = check_harmless(page)
    assert sum(attributes.get("scope") == "row" for attributes in outline.tags("th")) == 600


def values(rows: int = 50, *, shift: float = 0.0) -> ValueEvaluation:
    rng = np.random.default_rng(0)
    truth = np.exp(rng.normal(6, 1, rows)) - shift
    predicted = truth * np.exp(rng.normal(0, 0.3, rows))
    predicted[0] = truth[0] * 20
    positive = shift == 0
    return ValueEvaluation(
        rows=rows,
        unlabelled=0,
        seconds=0.5,
        target="price",
        fusion="late",
        recipe="fast",
        model_rows=100,
        predictions=pa.table(
            {
                "id": [f"p{row}" for row in range(rows)],
                "value": predicted,
                "low": predicted * 0.6,
                "high": predicted * 1.6,
                "truth": truth,
            }
        ),
        mae=120.5,
        mae_log=0.3 if positive else None,
        relative_error=0.35 if positive else None,
        rmse=300.0,
        rmsle=0.4 if positive else None,
        smape=0.3,
        r2=0.8,
        interval_asked=0.9,
        interval_coverage=0.9,
        median_mae=500.0,
        median_mae_log=0.8 if positive else None,
        by_modality={"text": ValueScore(130.0, 0.4 if positive else None)},
        experts={"text": ValueScore(130.0, 0.4 if positive else None)},
    )


def test_a_regressor_is_told_beside_the_median() -> None:
    page = evaluation_page(values())
    text = check_harmless(page).text
    assert "always answering the median: 500" in text
    assert "off by a factor of 1.35" in text
    assert "75.9%" in text
    assert "Both axes are logarithmic" in text
    worst = page[page.index('id="errors"') :]
    assert re.findall(r">(p\d+)<", worst)[0] == "p0"
    assert "20× too high" in worst


def test_values_that_are_not_above_zero_have_no_log_scale() -> None:
    text = check_harmless(evaluation_page(values(shift=300.0))).text
    assert "logarithmic" not in text
    assert "Only for values above 0." in text
    assert "By the distance from the truth." in text


def test_a_scatter_of_many_products_is_a_sample() -> None:
    page = evaluation_page(values(5000))
    drawn = re.findall(r'<path d="([^"]*)" class="dots', page)
    assert sum(data.count("M") for data in drawn) == 2000
    assert "2,000 of 5,000 products" in page


def test_missing_values_are_dashes() -> None:
    found = values(3)
    columns = ("value", "low", "high")
    table = found.predictions
    for name in columns:
        at = table.column_names.index(name)
        table = table.set_column(at, name, pa.array([None, 5.0, math.nan], pa.float64()))
    found = replace(found, predictions=table, r2=math.nan, interval_coverage=math.nan)
    text = check_harmless(evaluation_page(found)).text
    assert "could not be checked" in text
    assert "nan" not in text.lower()


def test_intervals_too_narrow_are_called_so() -> None:
    text = Outline(evaluation_page(replace(values(), interval_coverage=0.4))).text
    assert "too narrow" in text


def test_what_is_no_evaluation_of_a_model_has_no_page() -> None:
    bare = Evaluation(
        rows=1,
        unlabelled=0,
        seconds=0.0,
        target="t",
        fusion="f",
        recipe="r",
        model_rows=1,
        predictions=pa.table({}),
    )
    with pytest.raises(TypeError, match="no page for a Evaluation"):
        evaluation_page(bare)
