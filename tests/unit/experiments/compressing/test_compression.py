"""A model made smaller, and what is promised of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aisle.catalog import Catalog
from aisle.errors import AisleError
from aisle.experiments.compressing import Compressed, compress
from aisle.experiments.compressing.designs import students
from aisle.models import ProductClassifier, ProductRegressor
from tests.products import product_rows

COLUMNS = "aisle.experiments.compressing.compression.COLUMNS"


@pytest.fixture(autouse=True)
def _few_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try as few columns as so small a catalogue has use for."""
    monkeypatch.setattr(COLUMNS, (512, 128))


@pytest.fixture(scope="module")
def small(fitted: ProductClassifier, shop: Catalog) -> Compressed:
    """The model, made as small as a tenth of the products allows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(COLUMNS, (512, 128))
        return compress(fitted, shop, max_loss=0.1)


def test_the_smallest_form_within_the_loss_is_an_ordinary_bundle(
    fitted: ProductClassifier, shop: Catalog, small: Compressed, tmp_path: Path
) -> None:
    first, last = small.stages[0], small.stages[-1]
    assert first.name == "as it was"
    assert first.accuracy == pytest.approx(fitted.metrics_["out_of_fold_accuracy"])
    assert last.bytes < 0.6 * first.bytes
    assert last.accuracy >= first.accuracy - 0.1
    steps = [stage.name for stage in small.stages[1:]]
    assert steps[0] in {"distilled", "cheaper parts"}
    assert steps[1:] == ["pruned to 128 columns", "half precision"]
    assert small.experts == ("text", "metadata")
    assert small.dropped == ("early",)
    path = tmp_path / "small.aisle"
    small.model.save(path)
    assert path.stat().st_size == pytest.approx(last.bytes, abs=500)
    loaded = ProductClassifier.load(path)
    assert loaded.predict(shop).equals(small.model.predict(shop))
    assert loaded.recipe_.name == "fast, compressed"
    assert loaded.metrics_["compressed"]["bytes_before"] == first.bytes


def test_the_promise_rests_on_out_of_fold_rows(small: Compressed, shop: Catalog) -> None:
    model = small.model
    out_of_fold = model.metrics_["out_of_fold_accuracy"]
    assert model.out_of_fold_.shape == (len(shop), 3)
    np.testing.assert_allclose(model.out_of_fold_.sum(axis=1), 1)
    assert out_of_fold == model.out_of_fold_correct_.mean()
    assert out_of_fold < 0.95  # every fifth category is drawn at random, and cannot be foreseen
    assert model.score(shop) > out_of_fold
    assert model.thresholds().keys() >= {"text", "metadata", "text+metadata"}


def test_the_same_call_gives_the_same_bytes_and_leaves_the_model_alone(
    fitted: ProductClassifier, shop: Catalog, small: Compressed, tmp_path: Path
) -> None:
    before = fitted.predict(shop)
    compress(fitted, shop, max_loss=0.1).model.save(tmp_path / "again")
    small.model.save(tmp_path / "first")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "first").read_bytes()
    assert fitted.predict(shop).equals(before)


def test_only_what_is_needed_reads_one_modality(fitted: ProductClassifier, shop: Catalog) -> None:
    found = compress(fitted, shop, max_loss=0.2, only_needed=True)
    assert len(found.experts) == 1
    assert len(found.model.modalities_) == 1
    assert found.model.fusion_.name == "best-single"
    assert len(found.model.predict(shop)) == len(shop)


def test_of_those_that_fit_the_most_accurate_is_taken(
    fitted: ProductClassifier, shop: Catalog
) -> None:
    roomy = compress(fitted, shop, max_loss=0.2, max_bytes=10**9)
    accuracies = [accuracy for accuracy, _ in roomy.tried.values()]
    assert roomy.stages[-1].accuracy == max(accuracies) > min(accuracies)
    assert {name.split(",")[0] for name in roomy.tried} == {"distilled", "cheaper parts"}


def test_a_loss_is_a_share(fitted: ProductClassifier, shop: Catalog) -> None:
    with pytest.raises(AisleError, match="share from 0 to 1"):
        compress(fitted, shop, max_loss=5)


def test_a_student_that_loses_too_much_gives_way_to_the_models_own_composition(
    fitted: ProductClassifier, shop: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    dull = students(fitted, only_needed=True)
    for design in dull:
        for encoder in design.plan.encoders.values():
            encoder.set_params(minimum=1, maximum=1)  # one term of each kind
    monkeypatch.setattr(
        "aisle.experiments.compressing.compression.students", lambda model, **asked: dull
    )
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
