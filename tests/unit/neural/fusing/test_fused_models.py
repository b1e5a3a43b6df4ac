"""Models whose fusion is a network: from a recipe to a bundle that needs no PyTorch."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor, evaluate
from aisle.errors import BundleError, RecipeError, TrainingError
from aisle.fusion import ClassNetworkExpert
from tests.products import product_rows

pytest.importorskip("torch")

PARAMETERS = {"epochs": 12, "width": 16, "batch": 16, "learning_rate": 0.01}
NETWORK = [
    "folds=2",
    "learning_curve=false",
    *(f"fusion.network.{name}={value}" for name, value in PARAMETERS.items()),
]


def settings(*methods: str) -> list[str]:
    return [*NETWORK, f"fusion=[{','.join(methods)}]"]


@pytest.fixture(scope="module")
def products() -> Catalog:
    return Catalog.read(noisy_rows(), target="kind")


def noisy_rows() -> list[dict[str, object]]:
    """Return products of which some stand under the wrong kind, so that nothing is certain."""
    rows = product_rows(72)
    for row in rows[::9]:
        row["kind"] = "Lamps"
    return rows


@pytest.fixture(scope="module")
def model(products: Catalog) -> ProductClassifier:
    return ProductClassifier(recipe="fast", settings=settings("attention")).fit(products)


def test_a_fusion_can_be_forced(model: ProductClassifier) -> None:
    assert model.fusion_.name == model.metrics_["fusion"] == "attention"
    assert set(model.plan_.experts) == {"text", "metadata", "attention"}
    assert set(model.metrics_["experts"]) == {"text", "metadata"}
    assert model.metrics_["out_of_fold_accuracy"] > 0.75
    assert model.recipe_.fusion.network == PARAMETERS


def test_withheld_modalities_are_withheld_from_the_network(
    model: ProductClassifier, products: Catalog
) -> None:
    whole = model.scores(products)
    for modality in ("text", "metadata"):
        some = model.scores(products, modalities=[modality])
        np.testing.assert_allclose(some.probabilities.sum(axis=1), 1)
        assert (some.probabilities >= 0).all()
        assert np.abs(some.probabilities - whole.probabilities).max() > 1e-4
        assert set(some.sets) == {modality}
        # It is the network that answers, and not the expert of what is left.
        assert np.abs(some.probabilities - some.experts[modality]).max() > 1e-4
        emptied = [
            {k: v for k, v in row.items() if (k == "title") == (modality == "text")}
            for row in noisy_rows()
        ]
        alike = model.scores(emptied).probabilities
        np.testing.assert_array_equal(alike, some.probabilities)
    both = model.scores(products, subsets=[["text"], ["text", "metadata"]])
    assert (both.subsets["text+metadata"] == whole.probabilities.argmax(axis=1)).all()
    text = model.scores(products, modalities=["text"])
    assert (both.subsets["text"] == text.probabilities.argmax(axis=1)).all()
    assert set(evaluate(model, products).by_modality) == {"text", "metadata", "text+metadata"}


def test_a_product_gets_the_same_row_alone_and_among_others(model: ProductClassifier) -> None:
    rows = product_rows(30, seed=5)
    rows[3]["title"] = None
    together = model.predict(rows).to_pylist()
    for number in (0, 3, 29):
        assert model.predict([rows[number]]).to_pylist()[0] == together[number]


def test_a_fusion_that_is_no_network_leaves_networks_behind(
    products: Catalog, tmp_path: Path
) -> None:
    hardly_trained = [*settings("best-single", "gated"), "fusion.network.epochs=1"]
    model = ProductClassifier(recipe="fast", settings=hardly_trained).fit(products)
    assert set(model.metrics_["fusions"]) == {"best-single", "gated"}
    assert model.fusion_.name == "best-single"
    assert set(model.plan_.experts) == {"text", "metadata"}
    model.save(tmp_path / "m.aisle")
    with zipfile.ZipFile(tmp_path / "m.aisle") as archive:
        assert not [name for name in archive.namelist() if name.endswith(".onnx")]


def test_named_recipes_and_their_bundles_know_nothing_of_networks(products: Catalog) -> None:
    model = ProductClassifier(recipe="fast", settings=["folds=2"]).fit(products)
    assert list(model.metrics_["fusions"]) == ["best-single", "late", "stack", "early"]
    assert "network" not in model.recipe_.model_dump(mode="json")["fusion"]


def test_a_regressor_fuses_too(tmp_path: Path) -> None:
    catalog = Catalog.read(product_rows(60), target="price")
    model = ProductRegressor(recipe="fast", settings=settings("gated")).fit(catalog)
    assert model.fusion_.name == "gated"
    found = model.scores(catalog, subsets=[["text"]])
    assert np.isfinite(found.values).all()
    assert (found.low <= found.values).all()
    assert not np.array_equal(found.subsets["text"], found.values)
    model.save(tmp_path / "m.aisle")
    assert (
        ProductRegressor.load(tmp_path / "m.aisle").predict(catalog).equals(model.predict(catalog))
    )


PREDICT = """
import sys
sys.modules["torch"] = None
from aisle import ProductClassifier
from tests.products import product_rows
model = ProductClassifier.load(sys.argv[1])
table = model.predict(product_rows(20, seed=3))
assert "torch" not in [n for n, m in sys.modules.items() if m is not None]
print([(row["category"], row["confidence"]) for row in table.to_pylist()])
"""

TRAIN = """
import sys
from aisle import Catalog, ProductClassifier
from tests.products import product_rows
rows = product_rows(72)
for row in rows[::9]:
    row["kind"] = "Lamps"
catalog = Catalog.read(rows, target="kind")
ProductClassifier(recipe="fast", settings=sys.argv[2:]).fit(catalog).save(sys.argv[1])
"""


def run(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[4],
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_bundle_predicts_without_pytorch(model: ProductClassifier, tmp_path: Path) -> None:
    model.save(tmp_path / "m.aisle")
    rows = model.predict(product_rows(20, seed=3)).to_pylist()
    expected = [(row["category"], row["confidence"]) for row in rows]
    assert run(PREDICT, str(tmp_path / "m.aisle")).strip() == str(expected)


@pytest.mark.parametrize("outputs", [10**12, -1, 2, True, 3.0])
def test_a_bundle_that_promises_other_scores_than_classes_is_refused(
    model: ProductClassifier, tmp_path: Path, outputs: object
) -> None:
    model.save(tmp_path / "m.aisle")
    changed = ProductClassifier.load(tmp_path / "m.aisle")
    expert = changed.plan_.experts["attention"]
    assert isinstance(expert, ClassNetworkExpert)
    assert expert.network.outputs_ == 3
    expert.network.outputs_ = outputs  # type: ignore[assignment]
    changed.save(tmp_path / "changed.aisle")
    with pytest.raises(BundleError, match="expected 3 scores, one a class, found outputs_"):
        ProductClassifier.load(tmp_path / "changed.aisle")


def test_a_bundle_whose_tokens_and_columns_do_not_match_is_refused(
    model: ProductClassifier, tmp_path: Path
) -> None:
    model.save(tmp_path / "m.aisle")
    changed = ProductClassifier.load(tmp_path / "m.aisle")
    expert = changed.plan_.experts["attention"]
    assert isinstance(expert, ClassNetworkExpert)
    expert.network.columns_ = [*expert.network.columns_, 3]
    changed.save(tmp_path / "changed.aisle")
    with pytest.raises(BundleError, match="found 2 tokens, 2 kinds and 3 columns"):
        ProductClassifier.load(tmp_path / "changed.aisle")


def test_another_process_trains_the_same_bytes(model: ProductClassifier, tmp_path: Path) -> None:
    model.save(tmp_path / "here.aisle")
    run(TRAIN, str(tmp_path / "there.aisle"), *settings("attention"))
    assert (tmp_path / "here.aisle").read_bytes() == (tmp_path / "there.aisle").read_bytes()


def test_weights_are_kept_for_explanations(model: ProductClassifier, products: Catalog) -> None:
    expert = model.plan_.experts["attention"]
    assert isinstance(expert, ClassNetworkExpert)
    weights = expert.weights(model.plan_.transform(model.read(products)))
    assert weights.shape == (72, 2)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)


def test_validation_rows_say_when_to_stop(products: Catalog) -> None:
    rows = product_rows(30, seed=8)
    for row in rows:
        row["kind"] = "Boots" if row["kind"] == "Mugs" else "Mugs"
    misled = ProductClassifier(
        recipe="fast", settings=[*settings("gated"), "fusion.network.patience=1"]
    ).fit(products, validation=Catalog.read(rows, target="kind"))
    expert = misled.plan_.experts["gated"]
    assert isinstance(expert, ClassNetworkExpert)
    assert len(expert.network.curves_["stopping_loss"]) < 12
    for row in rows:
        row["kind"] = None
    with pytest.raises(TrainingError, match="no validation row has a usable target"):
        ProductClassifier(recipe="fast", settings=settings("gated")).fit(
            products, validation=Catalog.read(rows, target="kind")
        )


def test_wrong_parameters_are_a_users_mistake(products: Catalog) -> None:
    with pytest.raises(RecipeError, match="did you mean 'width'"):
        ProductClassifier(recipe="fast", settings=["fusion=gated", "fusion.network.widht=3"]).fit(
            products
        )


def test_what_would_do_nothing_for_prices_is_refused() -> None:
    own = [*settings("gated"), "fusion.network.label_smoothing=0.1"]
    with pytest.raises(RecipeError, match="the target is a number; leave it out"):
        ProductRegressor(recipe="fast", settings=own).fit(
            Catalog.read(product_rows(60), target="price")
        )
