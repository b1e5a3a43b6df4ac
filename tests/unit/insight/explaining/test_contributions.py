"""SHAP values of heads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.insight.explaining.asked import AskedExpert
from aisle.insight.explaining.contributions import contributions
from aisle.insight.explaining.question import ClassQuestion, ValueQuestion
from tests.unit.insight.explaining.conftest import PLAIN, ask, fitted


def raw_margin(asked: AskedExpert, code: int, against: int) -> float:
    """Return the head's log-odds between two classes, brought to the expert's temperature."""
    told = asked.expert.head.predict_proba(asked.gathered.matrix)[0]
    calibrator = asked.expert.calibrator_
    return float(np.log(told[code] / told[against]) / calibrator.temperature_)


@pytest.mark.parametrize("head", ["logistic", "svm", "bayes", "lightgbm"])
def test_contributions_sum_to_the_margin_between_two_classes(products: Catalog, head: str) -> None:
    model = fitted(products, f"text.head={head}")
    asked = ask(model, products, ClassQuestion(2, 0))
    found = contributions(asked)
    assert found is not None
    assert found.method == ("TreeSHAP" if head == "lightgbm" else "linear SHAP")
    expected = raw_margin(asked, 2, 0)
    assert found.base + found.values.sum() == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_against_all_others_the_weights_are_the_gradient(reading: ProductClassifier) -> None:
    """A small step in every feature changes the log-odds as the contributions' slopes say."""
    rows = [{"title": "blue gift lamp", "maker": "Acme", "price": 3.0}]
    catalog = Catalog.read(rows, schema=reading.schema_)
    asked = ask(reading, catalog, ClassQuestion(1))
    found = contributions(asked)
    assert found is not None
    step = 1e-2
    name = next(iter(asked.blocks))
    part = asked.features[name]
    moved = replace(part, matrix=(part.matrix * (1 + step)).astype(np.float32))
    change = float(asked.replaced({name: moved})[0]) - asked.evidence
    assert change == pytest.approx(step * found.values[asked.blocks[name]].sum(), rel=0.05)


def test_means_of_training_move_the_base(reading: ProductClassifier, products: Catalog) -> None:
    asked = ask(reading, products, ClassQuestion(0, 1))
    plain = contributions(asked)
    means = {name: np.full(f.dimension, 0.01) for name, f in asked.features.items()}
    shifted = contributions(replace(asked, means=means))
    assert plain is not None
    assert shifted is not None
    assert (plain.against_mean, shifted.against_mean) == (False, True)
    assert shifted.base != pytest.approx(plain.base)
    total = plain.base + plain.values.sum()
    assert shifted.base + shifted.values.sum() == pytest.approx(total)


@pytest.mark.parametrize("head", ["ridge", "lightgbm", "forest"])
def test_values_are_explained_on_the_scale_of_learning(priced: Catalog, head: str) -> None:
    if head == "forest":
        pytest.importorskip("shap")
    settings = [*PLAIN, "fusion=late", f"text.head={head}", "text.encoders=[bag-of-words]"]
    model = ProductRegressor(recipe="fast", settings=settings).fit(priced)
    asked = ask(model, priced, ValueQuestion(model.scale_))
    found = contributions(asked)
    assert found is not None
    told = float(asked.expert.head.predict(asked.gathered.matrix)[0])
    assert found.base + found.values.sum() == pytest.approx(told, rel=1e-3)


def test_forests_point_the_right_way(products: Catalog) -> None:
    pytest.importorskip("shap")
    model = fitted(products, "text.head=forest", "text.encoders=[bag-of-words]")
    asked = ask(model, products, ClassQuestion(model.classes_.index("Mugs")))
    found = contributions(asked)
    assert found is not None
    names = next(iter(asked.encoders.values())).feature_names()
    assert names is not None
    present = asked.gathered.matrix.toarray()[0] > 0
    best = max(np.flatnonzero(present), key=lambda column: found.values[column])
    assert names[best] in ("mug", "ceramic", "coffee", "handle") or "mug" in names[best]


def test_a_head_that_tells_nothing_gives_nothing(
    reading: ProductClassifier, products: Catalog
) -> None:
    asked = ask(reading, products, ClassQuestion(0))

    class Silent:
        classes_ = asked.expert.head.classes_
        wants_native = False

        def predict_proba(self, X: object) -> np.ndarray:
            return asked.expert.head.predict_proba(X)

    expert = type(asked.expert)(asked.expert.parts, Silent())  # type: ignore[arg-type]
    expert.__dict__ |= {k: v for k, v in asked.expert.__dict__.items() if k.endswith("_")}
    assert contributions(replace(asked, expert=expert)) is None
