from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from aisle import Catalog
from aisle.evaluation import Evaluation, ExpertScore
from aisle.evaluation.page import evaluation_page
from tests.unit.evaluation.report.evaluations import classes, small, values

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
    "--accent",
    "",
]
WHOLE = 8_000_000


class Outline(HTMLParser):
    """The elements of a page, and the text outside of its scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.data: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.data.append("")

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.data[-1] += data
        elif self._inside != "style":
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

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
    kinds = [script.get("type") for script in outline.tags("script")]
    assert kinds.count(None) == 4
    assert set(kinds) <= {None, "application/json"}
    for kind, data in zip(kinds, outline.data, strict=True):
        assert kind is None or json.loads(data) is not None
    for _, attributes in outline.elements:
        for name in ("src", "href", "action", "data"):
            assert (attributes.get(name) or "#").startswith(("#", "data:"))
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    ids = [str(attributes["id"]) for _, attributes in outline.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in outline.elements:
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert set((attributes.get(name) or "").split()) <= set(ids)
    assert all(attributes.get("alt") for attributes in outline.tags("img"))
    levels = [int(tag[1]) for tag, _ in outline.elements if tag in ("h1", "h2", "h3")]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(page.encode()) < WHOLE
    return outline


def test_the_headline_the_decision_and_the_confusions_are_said() -> None:
    text = check_harmless(evaluation_page(small())).text
    assert "92.5%" in text
    assert "95% interval 80.1% to 97.4%" in text
    assert "100% of products can be accepted at 90% precision" in text
    assert "Of 40 accepted here, 37 were right: 92.5%" in text
    assert "Baby Care taken for Home Furnishing 3 of 20" in text
    assert "The model is 22.5 points above its best expert, text." in text


def test_plotly_is_carried_once() -> None:
    page = evaluation_page(small())
    assert len(re.findall(r"\* plotly\.js v\d", page)) == 1


def test_the_same_evaluation_gives_the_same_bytes() -> None:
    assert evaluation_page(small()) == evaluation_page(small())
    assert evaluation_page(values()) == evaluation_page(values())


def test_the_surest_mistake_comes_first() -> None:
    page = evaluation_page(small())
    mistakes = page[page.index('id="mistakes"') : page.index('id="modalities"')]
    assert re.findall(r">(p\d+)<", mistakes) == ["p18", "p17", "p19"]


def test_the_weakest_class_comes_first_and_one_that_is_not_here_is_left_out() -> None:
    found = small()
    from aisle.metrics import ClassScore

    unseen = {"Unseen": ClassScore(0.0, 0.0, 0.0, 0), **found.per_class}
    page = evaluation_page(replace(found, per_class=unseen))
    table = page[page.index('id="class-table"') : page.index('id="confusions"')]
    rows = re.findall(r'<th scope="row"><bdi>([^<]*)', table)
    assert rows == ["Home Furnishing", "Baby Care", "Watches"]
    assert "1 class that the model knows, and of which no product is here" in Outline(page).text
    assert "3× taken for Home Furnishing" in Outline(page).text


def test_a_broken_promise_is_called_one() -> None:
    truth, predicted = ["a"] * 100, ["a"] * 60 + ["b"] * 40
    text = Outline(evaluation_page(classes(truth, predicted))).text
    assert "lower than was asked, by more than chance explains" in text


def test_nothing_accepted_is_explained() -> None:
    truth = ["a", "b"]
    found = classes(truth, truth, [0.5, 0.6], threshold=None, precision=0.97)
    text = Outline(evaluation_page(found)).text
    assert "Nothing can be accepted at 97% precision" in text
    assert "99 products to show" in text
    found = classes(truth, truth, [0.5, 0.6], threshold=0.9)
    assert "a confidence of 90.00% or more, which none" in Outline(evaluation_page(found)).text


def test_classes_that_the_model_never_saw_are_named_and_counted() -> None:
    found = replace(small(), unknown_classes=("Baby Care",), unlabelled=1)
    text = Outline(evaluation_page(found)).text
    assert "20 products of 1 class that the model never saw" in text
    assert "1 product without a usable category is left out" in text


def test_products_are_shown_with_title_photograph_and_reasons() -> None:
    rows = [{"title": f"Product <{row}>", "image": f"{row}.jpg"} for row in range(40)]
    products = Catalog.read(rows, roles={"title": "text", "image": "image"})
    page = evaluation_page(replace(small(), products=products))
    outline = check_harmless(page)
    assert "Product <18>" in outline.text
    assert "18.jpg: " in outline.text
    assert not outline.tags("img")


def test_an_evaluation_without_its_products_has_a_page() -> None:
    page = evaluation_page(small())
    assert '<div class="photo' not in page
    assert page.count('<li class="product"') == 3 + 40


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
        fusions=dict.fromkeys(HOSTILE, 0.5),
        products=Catalog.read([{"title": name} for name in HOSTILE * 25], roles={"title": "text"}),
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
        learning_curve=(),
        fusions={},
    )
    text = check_harmless(evaluation_page(found)).text
    assert "nan" not in text.lower()
    assert "nothing to draw" in text


def test_one_class_and_one_product() -> None:
    text = check_harmless(evaluation_page(classes(["only"], ["only"]))).text
    assert "tested on 1 product of 1 class" in text
    assert "Nothing: every answer is right." in text


def test_many_products_and_classes_stay_small() -> None:
    rng = np.random.default_rng(0)
    names = np.array([f"class {at} " + "long " * 20 for at in range(600)], dtype=object)
    truth = rng.integers(0, 600, 20_000)
    predicted = np.where(rng.random(20_000) < 0.8, truth, rng.integers(0, 600, 20_000))
    confidence = rng.random(20_000).tolist()
    page = evaluation_page(classes(list(names[truth]), list(names[predicted]), confidence))
    outline = check_harmless(page)
    table = page[page.index('id="class-table"') : page.index('id="confusions"')]
    assert table.count('<th scope="row">') == 600
    assert "the 30 with the most mistakes" in outline.text


def test_a_regressor_is_told_beside_the_median() -> None:
    page = evaluation_page(values())
    text = check_harmless(page).text
    assert "1.35× is how far a typical answer is off" in text
    assert "The model errs 62.5% less than always answering the median, on the log scale." in text
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


def test_no_value_at_all_is_said() -> None:
    found = values(3)
    at = found.predictions.column_names.index("value")
    empty = found.predictions.set_column(at, "value", pa.nulls(3, pa.float64()))
    text = check_harmless(evaluation_page(replace(found, predictions=empty))).text
    assert "nothing to draw" in text
    assert "Nothing to list." in text


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
