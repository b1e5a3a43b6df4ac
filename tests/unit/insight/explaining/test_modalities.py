"""What modalities contribute, for every fusion."""

from __future__ import annotations

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.insight.explaining import explain
from aisle.insight.explaining.modalities import answers_by_subset
from aisle.models import ProductModel
from tests.unit.insight.explaining.conftest import PLAIN, fitted


@pytest.mark.parametrize("fusion", ["best-single", "late", "stack", "early", "vote"])
def test_shapley_values_sum_for_every_fusion(products: Catalog, fusion: str) -> None:
    model = fitted(products, f"fusion={fusion}")
    assert model.fusion_.name == fusion
    found = explain(model, products, rows=[0, 1, 2])
    for product, told in zip(found.products, model.predict(products).to_pylist(), strict=False):
        shares = product.shares
        added = sum(share.evidence for share in shares.modalities)
        assert added == pytest.approx(shares.answer - shares.prior, abs=1e-6)
        points = sum(share.points for share in shares.modalities)
        assert points == pytest.approx(shares.answer_shown - shares.prior_shown, abs=1e-6)
        assert shares.answer_shown == pytest.approx(told["confidence"], abs=1e-9)
        assert shares.deviation < 1e-6


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_values_are_shared_out_too(priced: Catalog, scale: str) -> None:
    settings = [*PLAIN, "fusion=late", f"target_scale={scale}"]
    model = ProductRegressor(recipe="fast", settings=settings).fit(priced)
    found = explain(model, priced, rows=[4])
    shares = found.products[0].shares
    assert found.unit == {"linear": "value", "log": "log(value)"}[scale]
    assert shares.answer_shown == pytest.approx(found.products[0].value)
    assert shares.deviation < 1e-6
    expected = np.log(shares.answer_shown) if scale == "log" else shares.answer_shown
    assert shares.answer == pytest.approx(expected)


def test_nothing_is_worth_the_prior_and_the_missing_add_nothing(
    seeing: ProductClassifier, pictured: Catalog
) -> None:
    features = seeing.plan_.transform(pictured)
    told = answers_by_subset(seeing, features)
    assert np.allclose(told[frozenset()], seeing.fusion_.prior_)
    known = seeing.scores(pictured, modalities=["text"]).probabilities
    assert np.allclose(told[frozenset({"text"})], known)
    blind = explain(seeing, pictured, rows=[5]).products[0]
    image = next(share for share in blind.shares.modalities if share.modality == "image")
    assert not image.present
    assert image.evidence == image.points == 0
    assert image.without == blind.shares.answer_shown


def test_best_single_does_not_miss_what_it_does_not_listen_to(products: Catalog) -> None:
    model = fitted(products, "fusion=best-single")
    shares = explain(model, products, rows=[0]).products[0].shares
    unmissed = [s for s in shares.modalities if s.without == shares.answer_shown]
    assert len(unmissed) == 1
    assert unmissed[0].points != 0


def test_against_a_class_is_a_matter_of_two(reading: ProductClassifier, products: Catalog) -> None:
    found = explain(reading, products, rows=[0], against="Boots")
    shares = found.products[0].shares
    probabilities = reading.predict_proba(products.take([0]))[0]
    mugs, boots = (probabilities[reading.classes_.index(name)] for name in ("Mugs", "Boots"))
    assert shares.answer_shown == pytest.approx(mugs / (mugs + boots), rel=1e-6)
    assert shares.deviation < 1e-6


def test_a_network_that_fuses_tells_what_it_attends_to(products: Catalog) -> None:
    pytest.importorskip("torch")
    model: ProductModel = ProductClassifier(
        recipe="fast", settings=[*PLAIN, "fusion=gated", "fusion.network.epochs=2"]
    ).fit(products)
    shares = explain(model, products, rows=[0]).products[0].shares
    weights = [share.attention for share in shares.modalities]
    assert sum(weight or 0.0 for weight in weights) == pytest.approx(1, abs=1e-5)
    assert shares.deviation < 1e-6
