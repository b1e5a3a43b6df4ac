"""The perceptron as a head: what it learns, and that a row's answer is its own."""

from __future__ import annotations

import copy
import hashlib
import os
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from aisle.errors import AisleError, NotFittedError, RecipeError, TrainingError
from aisle.heads import find_classifier, find_regressor
from aisle.models.persistence import dump, restore
from aisle.models.types import component_types
from aisle.neural.heads import MlpHead, MlpRegressorHead

pytest.importorskip("onnx", reason="networks are kept by the extras 'deep' and 'keras'")

FORMS = pytest.mark.parametrize("form", ["dense", "csr"])
QUICK: dict[str, Any] = {
    "layers": (16,),
    "epochs": 6,
    "batch": 32,
    "dropout": 0.1,
    "learning_rate": 0.01,
}


def framework(name: str) -> Any:
    missing = {"torch": "torch", "tensorflow": "tensorflow"}[name]
    lacking = __import__("importlib.util", fromlist=["util"]).find_spec(missing) is None
    return pytest.param(name, marks=pytest.mark.skipif(lacking, reason=f"needs {missing}"))


FRAMEWORKS = pytest.mark.parametrize("used", [framework("torch"), framework("tensorflow")])


def rows(form: str, count: int = 90, columns: int = 24) -> tuple[Any, np.ndarray]:
    dice = np.random.default_rng(0)
    y = np.concatenate([[2, 4, 7], dice.choice([2, 4, 7], count - 3)])
    X = dice.normal(size=(count, columns)) + 1.5 * dice.normal(size=(8, columns))[y]
    X[:, 3] = 5.0
    if form == "dense":
        return X.astype(np.float32), y
    return sparse.csr_matrix(np.where(X > 0.5, X, 0).astype(np.float32)), y


@FORMS
@FRAMEWORKS
def test_it_learns_and_answers_each_row_alone(used: str, form: str) -> None:
    X, y = rows(form)
    head = MlpHead(framework=used, **QUICK).fit(X, y)
    found = head.predict_proba(X)
    assert head.classes_.tolist() == [2, 4, 7]
    assert (head.classes_[found.argmax(axis=1)] == y).mean() > 0.8
    np.testing.assert_allclose(found.sum(axis=1), 1)
    order = np.random.default_rng(1).permutation(len(y))
    assert head.predict_proba(X[order]).tobytes() == found[order].tobytes()
    for row in range(0, len(y) - 1, 11):
        assert head.predict_proba(X[[row]]).tobytes() == found[row].tobytes()
        pair = head.predict_proba(X[[row + 1, row]])
        assert pair.tobytes() == found[[row + 1, row]].tobytes()
    other = X.toarray() if form == "csr" else sparse.csr_matrix(X)
    assert head.predict_proba(other).tobytes() == found.tobytes()


def test_a_sparse_row_may_be_empty_or_hold_its_columns_in_any_order() -> None:
    pytest.importorskip("torch")
    X, y = rows("csr")
    head = MlpHead(**QUICK).fit(X, y)
    empty = head.predict_proba(sparse.csr_matrix(X.shape, dtype=np.float32))
    assert np.unique(empty, axis=0).shape == (1, 3)
    turned = X[[0]].copy()
    turned.indices, turned.data = turned.indices[::-1].copy(), turned.data[::-1].copy()
    turned.has_sorted_indices = turned.has_canonical_format = False
    assert head.predict_proba(turned).tobytes() == head.predict_proba(X[[0]]).tobytes()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"batch_norm": False, "standardise": False, "l2": 0.1},
        {"layers": [12, 8], "activation": "gelu", "label_smoothing": 0.1, "focal": 1.5},
    ],
    ids=["plain", "bare", "deep"],
)
def test_both_frameworks_agree_where_nothing_is_dropped(settings: dict[str, Any]) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("tensorflow")
    X, y = rows("dense")
    weight = np.random.default_rng(3).uniform(0.5, 2, len(y))
    made = {**QUICK, **settings, "dropout": 0.0, "patience": 0}
    one, two = (MlpHead(framework=f, **made).fit(X, y, weight) for f in ("torch", "tensorflow"))
    np.testing.assert_allclose(
        one.curves_["training_loss"], two.curves_["training_loss"], rtol=2e-3
    )
    assert one.curves_["learning_rate"] == pytest.approx(two.curves_["learning_rate"])
    # PyTorch keeps the unbiased variance of a batch, Keras the biased one: 3 % apart at 32 rows.
    within = 0.03 if made.get("batch_norm", True) else 1e-3
    assert np.abs(one.predict_proba(X) - two.predict_proba(X)).max() < within


@pytest.mark.parametrize("activation", ["relu", "gelu", "silu", "elu", "tanh"])
def test_every_activation_is_kept_as_trained(activation: Any) -> None:
    pytest.importorskip("torch")
    X, y = rows("dense")
    head = MlpHead(**{**QUICK, "epochs": 2, "layers": [8, 8]}, activation=activation, patience=0)
    assert head.fit(X, y).predict_proba(X).shape == (len(y), 3)


def test_stopping_rows_end_training_and_all_rows_train_where_there_are_none() -> None:
    pytest.importorskip("torch")
    X, y = rows("dense")
    wrong = np.roll(np.array([2, 4, 7]), 1)[np.searchsorted([2, 4, 7], y)]
    made = {**QUICK, "epochs": 30, "patience": 2}
    stopped = MlpHead(**made).fit(X, y, stopping=(X, wrong))
    assert len(stopped.curves_["stopping_loss"]) == stopped.epochs_ + 2 < 30
    unknown = MlpHead(**made).fit(X, y, stopping=(X[:5], np.full(5, 99)))
    alone = MlpHead(**made).fit(X, y)
    assert unknown.onnx_ == alone.onnx_
    assert "stopping_loss" in alone.curves_
    few = MlpHead(**made).fit(X[:39], y[:39])
    assert few.epochs_ == 30
    assert "stopping_loss" not in few.curves_


def test_weights_of_rows_count() -> None:
    pytest.importorskip("torch")
    X = np.zeros((60, 2), dtype=np.float32)
    X[:, 0] = np.arange(60) % 2
    y = np.arange(60) // 30
    heavy = np.where(y == 1, 9.0, 1.0)
    made = {**QUICK, "epochs": 60, "patience": 0, "dropout": 0.0}
    assert MlpHead(**made).fit(X, y, heavy).predict_proba(X)[:, 1].min() > 0.8
    assert MlpHead(**made).fit(X, y).predict_proba(X)[:, 1].max() < 0.65


@FORMS
def test_one_class_and_no_columns_need_no_network(form: str) -> None:
    X, y = rows(form)
    single = MlpHead().fit(X, np.full(len(y), 4))
    assert single.predict_proba(X).tolist() == [[1.0]] * len(y)
    none = MlpHead().fit(X[:, :0], y)
    shares = np.bincount(y)[[2, 4, 7]] / len(y)
    np.testing.assert_allclose(none.predict_proba(X[:2, :0]), [shares, shares])
    level = MlpRegressorHead().fit(X, np.full(len(y), 3.5))
    assert level.predict(X).tolist() == [3.5] * len(y)


def test_columns_that_did_not_vary_change_nothing() -> None:
    pytest.importorskip("torch")
    X, y = rows("dense")
    head = MlpHead(**QUICK).fit(X, y)
    moved = X.copy()
    moved[:, 3] = -1e4
    assert head.predict_proba(moved).tobytes() == head.predict_proba(X).tobytes()


def test_columns_far_from_zero_are_learned_from() -> None:
    pytest.importorskip("torch")
    X, y = rows("dense")
    far = X + 1e4 * (np.arange(X.shape[1]) < 4).astype(np.float32)
    made = {**QUICK, "patience": 0, "dropout": 0.0}
    near, away = (MlpHead(**made).fit(Z, y).predict_proba(Z) for Z in (X, far))
    assert np.abs(near - away).max() < 0.02


@FORMS
@FRAMEWORKS
def test_a_number_is_learned(used: str, form: str) -> None:
    X, _ = rows(form, 200)
    y = 1_000 + 50 * np.asarray(X[:, [0, 1]].sum(axis=1)).ravel()
    head = MlpRegressorHead(**{**QUICK, "epochs": 25, "framework": used}).fit(X, y)
    found = head.predict(X)
    assert np.corrcoef(found, y)[0, 1] > 0.9
    assert head.predict(X[[7]]).tobytes() == found[[7]].tobytes()


@pytest.mark.parametrize("used", ["torch", "tensorflow"])
def test_the_same_bytes_in_a_new_process(used: str) -> None:
    pytest.importorskip(used)
    script = (
        "import importlib.util, sys\n"
        "spec = importlib.util.spec_from_file_location('here', sys.argv[1])\n"
        "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "sys.stdout.write(module.digest(sys.argv[2]))\n"
    )
    there = subprocess.run(
        [sys.executable, "-c", script, __file__, used],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "1"},
    )
    assert there.stdout == digest(used)
    assert there.stderr == ""


def digest(used: str) -> str:
    total = hashlib.sha256()
    for form in ("dense", "csr"):
        X, y = rows(form)
        head = MlpHead(**{**QUICK, "dropout": 0.5, "framework": used}, seed=3).fit(X, y)
        total.update(head.onnx_ or b"")
        total.update(head.predict_proba(X).tobytes())
    return total.hexdigest()


def test_it_goes_into_a_bundle_and_comes_back() -> None:
    pytest.importorskip("torch")
    X, y = rows("csr")
    head = MlpHead(**QUICK).fit(X, y)
    found = head.predict_proba(X)
    types = component_types()
    kept = dump(head, types=types)
    assert [name for name in kept.parts if name.endswith(".onnx")] == ["model.onnx_.onnx"]
    back = restore(kept, types=types)
    for twin in (back, copy.deepcopy(head), pickle.loads(pickle.dumps(head))):  # noqa: S301
        assert twin.predict_proba(X).tobytes() == found.tobytes()
    assert back.curves_ == head.curves_
    assert dump(back, types=types).parts == kept.parts


def test_a_network_that_was_changed_is_refused_in_words() -> None:
    pytest.importorskip("torch")
    dense, y = rows("dense")
    words, _ = rows("csr")
    head = MlpHead(**QUICK).fit(dense, y)
    narrow = MlpHead(**QUICK).fit(dense[:, :5], y)
    fewer = MlpHead(**QUICK).fit(dense, y % 2)
    thin = MlpHead(**QUICK).fit(words[:, :5], y)
    value = MlpRegressorHead(**QUICK).fit(dense, dense[:, 0])
    whole = head.onnx_
    assert whole is not None
    renamed = whole.replace(b"features", b"photos__")
    changed: list[Any] = [narrow.onnx_, fewer.onnx_, thin.onnx_, value.onnx_, renamed]
    for content in [*changed, whole[: len(whole) // 2], b"", b"nonsense", "text", 7]:
        head.onnx_ = content
        with pytest.raises(AisleError):
            head.predict_proba(dense)
    head.onnx_ = whole
    assert head.predict_proba(dense).shape == (len(y), 3)
    with pytest.raises(AisleError, match="24 columns, and was given 5"):
        head.predict_proba(dense[:, :5])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"framework": "jax"}, "framework: expected one of torch, tensorflow"),
        ({"activation": "step"}, "activation: expected one of relu"),
        ({"layers": ()}, "layers: expected 1 to 4"),
        ({"layers": (8,) * 5}, "layers: expected 1 to 4"),
        ({"layers": (0,)}, "layers: expected 1 to 4"),
        ({"layers": "128"}, "layers: expected 1 to 4"),
        ({"dropout": 1.0}, "dropout: expected"),
        ({"dropout": "half"}, "dropout: expected"),
        ({"l2": -1}, "l2: expected"),
        ({"epochs": 0}, "epochs: expected"),
        ({"batch": 1}, "batch: expected at least 2"),
        ({"label_smoothing": 1.5}, "label_smoothing: expected"),
        ({"framework": "tensorflow", "mixup": 0.2}, "set framework=torch"),
        ({"framework": "tensorflow", "precision": "float16"}, "set framework=torch"),
    ],
)
def test_wrong_settings_are_explained(settings: dict[str, Any], message: str) -> None:
    X, y = rows("dense")
    with pytest.raises(RecipeError, match=message):
        MlpHead(**settings).fit(X, y)
    with pytest.raises(RecipeError, match="loss: expected"):
        MlpRegressorHead(loss="hinge").fit(X, y)  # type: ignore[arg-type]


def test_missing_values_and_no_training_are_refused() -> None:
    X, y = rows("dense")
    X = X.copy()
    X[0, 0] = np.nan
    with pytest.raises(TrainingError, match="1 missing"):
        MlpHead().fit(X, y)
    with pytest.raises(NotFittedError, match="call fit first"):
        MlpHead().predict_proba(X)
    with pytest.raises(NotFittedError, match="call fit first"):
        MlpRegressorHead().predict(X)


def test_parameters_are_kept_untouched() -> None:
    layers = [64, 32]
    head = MlpHead(layers=layers, seed=4)
    assert head.get_params()["layers"] is layers
    assert head.stops_early
    assert find_classifier("mlp") is MlpHead
    assert find_regressor("mlp") is MlpRegressorHead


def test_nothing_heavy_is_imported_to_predict() -> None:
    script = (
        "import sys, aisle.neural.heads as heads\n"
        "from aisle.heads import find_classifier\n"
        "find_classifier('mlp')(framework='tensorflow')\n"
        "heavy = {'torch', 'tensorflow', 'keras', 'onnx', 'accelerate', 'tf2onnx'}\n"
        "sys.stdout.write(' '.join(sorted(heavy & set(sys.modules))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
