"""A model made smaller, and what is promised of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aisle.catalog import Catalog
from aisle.errors import AisleError
from aisle.experiments.compressing import compress, ladder
from aisle.models import ProductClassifier, ProductRegressor
from tests.products import product_rows


@pytest.fixture(autouse=True)
def _few_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try as few columns as so small a catalogue has use for."""
    monkeypatch.setattr("aisle.experiments.compressing.compression.COLUMNS", (512, 128))
    assert ladder.COLUMNS[-1] == 1024


def test_the_smallest_form_within_the_loss_is_an_ordinary_bundle(
    fitted: ProductClassifier, shop: Catalog, tmp_path: Path
) -> None:
    found = compress(fitted, shop, max_loss=0.1)
    first, last = found.stages[0], found.stages[-1]
    assert first.name == "as it was"
    assert first.accuracy == pytest.approx(fitted.metrics_["out_of_fold_accuracy"])
    assert last.bytes < 0.6 * first.bytes
    assert last.accuracy >= first.accuracy - 0.1
    assert [stage.name for stage in found.stages[1:]] == [
        "distilled",
        "pruned to 128 columns",
        "half precision",
    ]
    assert found.experts == ("text", "metadata")
    assert found.dropped == ("early",)
    path = tmp_path / "small.aisle"
    found.model.save(path)
    assert path.stat().st_size == pytest.approx(last.bytes, abs=500)
    loaded = ProductClassifier.load(path)
    assert loaded.predict(shop).equals(found.model.predict(shop))
    assert loaded.recipe_.name == "fast, compressed"
    assert loaded.metrics_["compressed"]["bytes_before"] == first.bytes


def test_the_promise_rests_on_out_of_fold_rows(fitted: ProductClassifier, shop: Catalog) -> None:
    model = compress(fitted, shop, max_loss=0.1).model
    seen = float((model.predict_proba(shop).argmax(axis=1) == model.read(shop).labels).mean())
    out_of_fold = model.metrics_["out_of_fold_accuracy"]
    assert model.out_of_fold_.shape == (len(shop), 3)
    np.testing.assert_allclose(model.out_of_fold_.sum(axis=1), 1)
    assert out_of_fold == model.out_of_fold_correct_.mean()
    assert out_of_fold < 0.95  # every fifth category is wrong, and cannot be foreseen
    assert seen != out_of_fold
    assert model.thresholds().keys() >= {"text", "metadata", "text+metadata"}


def test_only_what_is_needed_reads_one_modality(fitted: ProductClassifier, shop: Catalog) -> None:
    found = compress(fitted, shop, max_loss=0.2, only_needed=True)
    assert len(found.experts) == 1
    assert len(found.model.modalities_) == 1
    assert found.model.fusion_.name == "best-single"
    assert len(found.model.predict(shop)) == len(shop)


def test_the_same_call_gives_the_same_bytes(
    fitted: ProductClassifier, shop: Catalog, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        compress(fitted, shop, max_loss=0.1).model.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_of_those_that_fit_the_most_accurate_is_taken(
    fitted: ProductClassifier, shop: Catalog
) -> None:
    roomy = compress(fitted, shop, max_loss=0.2, max_bytes=10**9)
    distilled = {n: a for n, (a, _) in roomy.tried.items() if n.startswith("distilled")}
    assert roomy.stages[-1].accuracy == max(distilled.values())


def test_what_cannot_be_done_is_told_with_what_can(
    fitted: ProductClassifier, shop: Catalog
) -> None:
    with pytest.raises(AisleError, match=r"no larger than 0\.00 MB .* The smallest form tried"):
        compress(fitted, shop, max_loss=0.2, max_bytes=1000)
    with pytest.raises(AisleError, match="share from 0 to 1"):
        compress(fitted, shop, max_loss=5)


def test_a_student_that_loses_too_much_gives_way_to_the_models_own_composition(
    fitted: ProductClassifier, shop: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aisle.experiments.compressing import compression

    class Dull:
        def __init__(self, design: compression.Design) -> None:
            self.name, self.recipe, self.soft = "distilled", design.recipe, True
            self.plan = design.plan
            for expert in self.plan.experts.values():
                expert.head.set_params(C=1e-9)

    usual = compression.student
    monkeypatch.setattr(compression, "student", lambda model, **asked: Dull(usual(model, **asked)))
    found = compress(fitted, shop, max_loss=0.02)
    assert [(stage.name, stage.kept) for stage in found.stages[:3]] == [
        ("as it was", True),
        ("distilled", False),
        ("refitted", True),
    ]
    assert found.stages[1].reason == "loses more than is allowed"
    assert found.stages[2].difference == pytest.approx(0)
    assert found.model.fusion_.name == "early"
    assert found.dropped == ()


def test_a_regressor_is_refused() -> None:
    priced = Catalog.read(product_rows(), target="price")
    with pytest.raises(AisleError, match="only classifiers"):
        compress(ProductRegressor(), priced)  # type: ignore[arg-type]
