"""Experts: they answer for products that have what they read, and say the prior of others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from aisle.encoders import Features
from aisle.fusion import ClassExpert, ValueExpert
from aisle.heads.linear import LogisticHead, RidgeHead
from aisle.heads.trees import LightGbmClassifierHead

PARTS = {"text": ["words", "letters"]}
Y = np.array([0, 1, 2, 0, 1, 2, 0, 0] * 5)


def features(columns: int = 4, absent: tuple[int, ...] = (), seed: int = 0) -> Features:
    dice = np.random.default_rng(seed)
    matrix = dice.normal(size=(len(Y), columns)).astype(np.float32)
    matrix[:, : min(3, columns)] += 3 * np.eye(3, dtype=np.float32)[Y][:, : min(3, columns)]
    present = np.ones(len(Y), dtype=bool)
    present[list(absent)] = False
    matrix[~present] = 0
    return Features(matrix, present)


def expert() -> ClassExpert:
    return ClassExpert(PARTS, LogisticHead())


def test_parts_are_gathered_in_order_and_present_only_together() -> None:
    both = ClassExpert({"text": ["a", "b"], "metadata": ["c"]}, LogisticHead())
    given = {"a": features(2, (0, 1)), "b": features(1, (1,)), "c": features(3, (2,))}
    gathered = both.gather(given)
    assert gathered.dimension == 6
    # Of one modality any part will do; of several all are needed.
    assert np.flatnonzero(~gathered.present).tolist() == [1, 2]
    assert np.array_equal(gathered.matrix[:, 2:3], given["b"].matrix)
    assert both.modalities == ("text", "metadata")


def test_categorical_columns_reach_a_head_that_wants_them() -> None:
    native = ClassExpert({"metadata": ["m"]}, LightGbmClassifierHead(rounds=5))
    whole = Features(features().matrix, features().present, categorical=(1, 3))
    native.fit(native.gather({"m": whole}), Y, 3, None)
    assert native.head.get_params()["categorical"] == [1, 3]


@pytest.mark.parametrize("holds_out", [True, False])
def test_groups_reach_a_head_that_holds_rows_out(holds_out: bool) -> None:
    class Noting(LogisticHead):
        given: dict[str, Any]

        def fit(self, X: Any, y: Any, sample_weight: Any = None, **more: Any) -> Any:
            self.given = more
            return super().fit(X, y, sample_weight)

    Noting.holds_out = holds_out
    noting, groups = Noting(), np.arange(len(Y)) // 2
    ClassExpert(PARTS, noting).fit(features(absent=(3, 4)), Y, 3, None, groups=groups)
    if not holds_out:
        assert noting.given == {}
        return
    present = np.setdiff1d(np.arange(len(Y)), [3, 4])
    assert noting.given["groups"].tolist() == groups[present].tolist()


def test_probabilities_where_present_and_the_prior_elsewhere() -> None:
    fitted = expert().fit(features(), Y, 4, None)
    answer = fitted.raw(features(absent=(3, 4), seed=1))
    assert answer.present.sum() == len(Y) - 2
    assert answer.scores[3].tolist() == answer.scores[4].tolist() == fitted.prior_.tolist()
    assert fitted.prior_[0] == pytest.approx(0.5, abs=1e-3)
    np.testing.assert_allclose(answer.scores.sum(axis=1), 1)
    assert (answer.scores.argmax(axis=1) == Y).mean() > 0.9
    # A class that training did not see has no probability, but is not lost in the prior.
    assert answer.scores[0, 3] == 0
    assert fitted.prior_[3] > 0


def test_weights_reach_the_prior_and_the_head() -> None:
    weight = np.where(Y == 2, 10.0, 1.0)
    fitted = expert().fit(features(), Y, 3, weight)
    assert fitted.prior_.argmax() == 2
    plain = expert().fit(features(), Y, 3, None)
    new = features(seed=2)
    assert fitted.raw(new).scores[:, 2].mean() > plain.raw(new).scores[:, 2].mean()


@pytest.mark.parametrize("blank", [features(absent=tuple(range(len(Y)))), features(columns=0)])
def test_without_anything_to_learn_from_it_is_never_present(blank: Features) -> None:
    fitted = expert().fit(features(), Y, 3, None)
    fitted.fit(blank, Y, 3, None)  # what an earlier fit learned is of no use now
    answer = fitted.raw(blank if blank.dimension == 0 else features())
    assert not answer.present.any()
    np.testing.assert_allclose(answer.scores, np.tile(fitted.prior_, (len(Y), 1)))


def test_calibration_changes_scale_and_not_order() -> None:
    fitted = expert().fit(features(), Y, 3, None)
    new = fitted.raw(features(absent=(0,), seed=3))
    noisy = np.random.default_rng(0).integers(0, 3, len(Y))
    fitted.calibrate(new, noisy)
    calibrated = fitted.calibrated(new)
    assert (calibrated.scores.argmax(axis=1) == new.scores.argmax(axis=1)).all()
    assert calibrated.scores.max(axis=1)[1:].mean() < new.scores.max(axis=1)[1:].mean()
    assert calibrated.scores[0].tolist() == new.scores[0].tolist()  # the prior stays
    assert expert().fit(features(), Y, 3, None).calibrated(new) is new


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix], ids=["dense", "csr"])
def test_answers_never_depend_on_the_rows_beside(kind: Any) -> None:
    fitted = expert().fit(features(), Y, 3, None)
    fitted.calibrate(fitted.raw(features(seed=1)), Y)
    new = features(absent=(2, 9), seed=5)
    new = Features(kind(new.matrix), new.present)
    together = fitted.calibrated(fitted.raw(new))
    order = np.random.default_rng(0).permutation(len(Y))
    shuffled = fitted.calibrated(fitted.raw(new.take(order)))
    assert shuffled.scores.tobytes() == together.scores[order].tobytes()
    for row in range(len(Y)):
        alone = fitted.calibrated(fitted.raw(new.take(np.array([row]))))
        assert alone.scores.tobytes() == together.scores[row].tobytes()
        assert alone.present[0] == together.present[row]


def test_answer_goes_the_whole_way_from_features_by_name() -> None:
    given = {"words": features(2), "letters": features(2, seed=1)}
    whole = expert()
    whole.fit(whole.gather(given), Y, 3, None)
    expected = whole.raw(whole.gather(given))
    assert whole.answer(given).scores.tobytes() == expected.scores.tobytes()


def test_values_stay_near_the_range_of_training() -> None:
    fitted = ValueExpert(PARTS, RidgeHead()).fit(features(), Y * 10.0, None)
    far = features(absent=(1,), seed=1)
    far.matrix[0] *= 1_000
    far.matrix[2] *= -1_000
    answer = fitted.raw(far)
    assert answer.scores.min() >= -2
    assert answer.scores.max() <= 22
    assert {float(answer.scores[0]), float(answer.scores[2])} <= {-2.0, 22.0}
    assert answer.scores[1] == np.median(Y * 10.0)
    assert not answer.present[1]
    assert fitted.answer({"words": features(2), "letters": features(2)}).present.all()


@pytest.mark.parametrize("blank", [features(absent=tuple(range(len(Y)))), features(columns=0)])
def test_values_without_anything_to_learn_from(blank: Features) -> None:
    fitted = ValueExpert(PARTS, RidgeHead()).fit(blank, Y * 1.0, None)
    answer = fitted.raw(blank)
    assert not answer.present.any()
    assert answer.scores.tolist() == [np.median(Y)] * len(Y)


def test_an_expert_can_be_cloned_with_its_head() -> None:
    original = ClassExpert(PARTS, LogisticHead(C=4.0)).fit(features(), Y, 3, None)
    twin = clone(original)
    assert twin.head is not original.head
    assert twin.head.get_params() == {"C": 4.0, "iterations": 300}
    assert not hasattr(twin.head, "classes_")
