"""The network: it learns, it does without a modality, and it answers each product alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from aisle.encoders import Features
from aisle.errors import AisleError, TrainingError
from aisle.neural.fusing import METHODS, FusionNetwork
from tests.unit.neural.fusing.catalogues import CLASSES, made

pytest.importorskip("torch")

SMALL: dict[str, Any] = {"width": 16, "heads": 2, "epochs": 12, "learning_rate": 5e-3}


@pytest.fixture(scope="module", params=METHODS)
def network(request: pytest.FixtureRequest) -> FusionNetwork:
    blocks, codes = made(absent=0.2)
    return FusionNetwork(request.param, **SMALL).fit_classes(blocks, codes)


def right(
    network: FusionNetwork, blocks: dict[str, Features], codes: np.ndarray, *kept: str
) -> float:
    shown = network.present(blocks) & np.isin(network.tokens_, kept or network.tokens_)
    (scores,) = network.scores(blocks, [shown])
    return float((scores.argmax(axis=1) == codes).mean())


def test_it_learns_from_all_and_from_each(network: FusionNetwork) -> None:
    blocks, codes = made(seed=1)
    assert network.tokens_ == ["text", "image"]
    assert network.sparse_ == [True, False]
    together = right(network, blocks, codes)
    assert together > 0.9
    assert right(network, blocks, codes, "text") > 0.7
    assert 0.5 < right(network, blocks, codes, "image") < together


def test_a_product_gets_the_same_bytes_alone_and_among_others(network: FusionNetwork) -> None:
    blocks, _ = made(rows=40, seed=2, absent=0.3)
    present = network.present(blocks)
    shown = [present, present & [True, False]]
    together = network.scores(blocks, shown)
    weights = network.weights(blocks)
    for row in (0, 7, 39):
        alone = {name: block.take(np.array([row])) for name, block in blocks.items()}
        for choice, mask in zip(together, shown, strict=True):
            (one,) = network.scores(alone, [mask[[row]]])
            assert one[0].tobytes() == choice[row].tobytes()
        assert network.weights(alone)[0].tobytes() == weights[row].tobytes()


def test_unsorted_rows_say_the_same(network: FusionNetwork) -> None:
    blocks, _ = made(rows=20, seed=3)
    matrix = blocks["text"].matrix
    parts = [(matrix.indices[a:b][::-1], matrix.data[a:b][::-1])
             for a, b in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)]  # fmt: skip
    turned = sparse.csr_matrix(
        (
            np.concatenate([v for _, v in parts]),
            np.concatenate([c for c, _ in parts]),
            matrix.indptr,
        ),
        shape=matrix.shape,
    )
    other = {**blocks, "text": Features(turned, blocks["text"].present)}
    present = network.present(blocks)
    assert network.scores(other, [present])[0].tobytes() == (
        network.scores(blocks, [present])[0].tobytes()
    )


def test_weights_say_what_was_looked_at(network: FusionNetwork) -> None:
    blocks, _ = made(seed=4, absent=0.2)
    present = network.present(blocks)
    weights = network.weights(blocks)
    some = present.any(axis=1)
    np.testing.assert_allclose(weights[some].sum(axis=1), 1, rtol=1e-5)
    assert (weights[~some] == 0).all()
    if network.method == "concatenation":
        assert weights[present.all(axis=1)].tolist() == [[0.5, 0.5]] * int(
            present.all(axis=1).sum()
        )
    else:
        assert weights[present.all(axis=1)].std(axis=0).min() > 0


def test_the_same_seed_gives_the_same_network_and_another_another() -> None:
    blocks, codes = made(rows=80)
    how = {**SMALL, "epochs": 2}
    one, same, other = (
        FusionNetwork("gated", **how, seed=seed).fit_classes(blocks, codes) for seed in (0, 0, 1)
    )
    assert one.onnx_ == same.onnx_
    assert one.onnx_ != other.onnx_


@pytest.mark.parametrize("method", METHODS)
def test_modality_dropout_makes_it_robust(method: str) -> None:
    blocks, codes = made(rows=300, clear=6.0)
    new, truth = made(rows=300, seed=9, clear=6.0)
    without_text = {}
    for rate in (0.0, 0.4):
        how = {**SMALL, "modality_dropout": rate, "patience": 0, "epochs": 20}
        fitted = FusionNetwork(method, **how).fit_classes(blocks, codes)
        assert right(fitted, new, truth) > 0.95
        without_text[rate] = right(fitted, new, truth, "image")
    assert without_text[0.4] > without_text[0.0] + 0.04


def test_weights_of_rows_are_honoured() -> None:
    dice = np.random.default_rng(0)
    blocks = {"image": Features(np.ones((200, 2), np.float32), np.ones(200, bool))}
    codes = dice.integers(0, 2, 200)
    heavy = np.where(codes == 1, 9.0, 1.0)
    for weight, chosen in ((heavy, 1), (10 - heavy, 0)):
        fitted = FusionNetwork("gated", **SMALL).fit_classes(blocks, codes, weight)
        (scores,) = fitted.scores(blocks, [np.ones((200, 1), bool)])
        assert (scores.argmax(axis=1) == chosen).all()


def test_rows_for_stopping_decide_when_and_those_of_other_classes_do_not_count() -> None:
    blocks, codes = made(rows=120)
    watch, told = made(rows=60, seed=5)
    told[:10] = CLASSES + 3
    fitted = FusionNetwork("gated", **SMALL).fit_classes(blocks, codes, stopping=(watch, told))
    assert len(fitted.curves_["stopping_loss"]) <= 12
    assert fitted.classes_ is not None
    assert fitted.classes_.tolist() == [0, 1, 2, 3]
    # Wrong from the first epoch to the last: it stops as soon as patience allows.
    wrong = FusionNetwork("gated", **SMALL, patience=2)
    wrong.fit_classes(blocks, codes, stopping=(watch, (told + 1) % CLASSES))
    assert len(wrong.curves_["stopping_loss"]) < 12


def test_values_are_learned_in_their_own_unit() -> None:
    blocks, codes = made()
    values = 1_000.0 + 500.0 * codes
    fitted = FusionNetwork("attention", **SMALL).fit_values(blocks, values)
    new, truth = made(seed=6)
    present = fitted.present(new)
    told, nothing = fitted.scores(new, [present, np.zeros_like(present)])
    assert told.shape == (240,)
    assert np.abs(told - 1_000 - 500 * truth).mean() < 200
    assert np.allclose(nothing, values.mean())


def test_a_modality_that_no_row_has_is_no_token_and_nothing_at_all_is_refused() -> None:
    blocks, codes = made(rows=60)
    none = Features(np.zeros((60, 3), np.float32), np.zeros(60, bool))
    fitted = FusionNetwork("gated", **{**SMALL, "epochs": 1})
    assert fitted.fit_classes({**blocks, "vector": none}, codes).tokens_ == ["text", "image"]
    with pytest.raises(TrainingError, match="no training row"):
        fitted.fit_classes({"vector": none}, codes)


def test_missing_values_and_other_columns_are_refused() -> None:
    blocks, codes = made(rows=60)
    matrix = blocks["image"].matrix.copy()
    matrix[3, 0] = np.nan
    broken = {**blocks, "image": Features(matrix, blocks["image"].present)}
    with pytest.raises(TrainingError, match="values of image"):
        FusionNetwork("gated", **SMALL).fit_classes(broken, codes)
    fitted = FusionNetwork("gated", **{**SMALL, "epochs": 1}).fit_classes(blocks, codes)
    fewer = {**blocks, "image": Features(matrix[:, :3], blocks["image"].present)}
    with pytest.raises(AisleError, match="12 columns of image"):
        fitted.scores(fewer, [fitted.present(blocks)])
