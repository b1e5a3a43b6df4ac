"""Network experts: several modalities, any of which may be missing."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

from aisle.encoders import Features
from aisle.fusion import ClassNetworkExpert, JointAnswer, ValueNetworkExpert
from aisle.neural.fusing import FusionNetwork
from tests.unit.neural.fusing.catalogues import made

pytest.importorskip("torch")

PARTS = {"text": ["text"], "image": ["image"], "vector": ["vector"]}
READERS = {"words": "text", "image": "image", "vector": "vector"}


def network() -> FusionNetwork:
    return FusionNetwork("gated", width=16, epochs=8, learning_rate=5e-3)


def given(
    rows: int = 160, seed: int = 0, absent: float = 0.2
) -> tuple[dict[str, Features], np.ndarray]:
    blocks, codes = made(rows, seed, absent)
    none = Features(np.zeros((rows, 3), np.float32), np.zeros(rows, bool))
    return {**blocks, "vector": none}, codes


@pytest.fixture(scope="module")
def expert() -> ClassNetworkExpert:
    features, codes = given()
    made_ = ClassNetworkExpert(PARTS, network(), READERS)
    known = np.flatnonzero(codes != 3)
    gathered = made_.gather({name: f.take(known) for name, f in features.items()})
    return made_.fit(gathered, codes[known], 4, None)


def test_it_answers_for_every_set_of_modalities(expert: ClassNetworkExpert) -> None:
    features, _ = given(seed=1)
    answer = expert.raw(expert.gather(features))
    assert isinstance(answer, JointAnswer)
    assert len(answer.by_set) == 7
    for scores in answer.by_set.values():
        np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-6)
        assert scores.dtype == np.float32, "many of them are kept"
    assert answer.scores.dtype == np.float64, "as every expert's"
    has = np.column_stack([features[name].present for name in PARTS])
    assert (answer.present == has.any(axis=1)).all()
    text = answer.without(["words"])
    assert (text.present == features["text"].present).all()
    both = has[:, :2].all(axis=1)
    assert (np.abs(text.scores - answer.scores)[both].max(axis=1) > 0).all()
    only_text = has[:, 0] & ~has[:, 1]
    assert text.scores[only_text].tobytes() == answer.scores[only_text].tobytes()


def test_absent_rows_hold_the_prior_and_unseen_classes_have_no_probability(
    expert: ClassNetworkExpert,
) -> None:
    features, _ = given(seed=1)
    answer = expert.raw(expert.gather(features))
    assert (~answer.present).any()
    prior = expert.prior_.astype(np.float32).tolist()
    assert answer.scores[~answer.present].tolist() == [prior] * int((~answer.present).sum())
    assert (answer.scores[answer.present, 3] == 0).all()
    assert expert.prior_[3] > 0


def test_only_the_sets_asked_for_are_computed(expert: ClassNetworkExpert) -> None:
    features, _ = given(rows=10, seed=2)
    every = expert.raw(expert.gather(features))
    answer = expert.answer(features, [["image"], ["text", "image"], ["nothing"]])
    assert set(answer.by_set) == {(0, 1, 2), (1,), (0, 1)}
    for columns, scores in answer.by_set.items():
        assert scores.tobytes() == every.by_set[columns].tobytes()


def test_calibration_reaches_every_set(expert: ClassNetworkExpert) -> None:
    features, codes = given(seed=3)
    mine = deepcopy(expert)
    raw = mine.raw(mine.gather(features))
    mine.calibrate(raw, np.random.default_rng(0).integers(0, 3, len(codes)))
    changed = mine.calibrated(raw)
    assert isinstance(changed, JointAnswer)
    for kept in (["words", "image"], ["image"]):
        before, after = raw.without(kept), changed.without(kept)
        assert after.scores.max(axis=1)[after.present].mean() < (
            before.scores.max(axis=1)[before.present].mean()
        )
        assert after.scores[~after.present].tolist() == before.scores[~before.present].tolist()


def test_weights_are_by_modality(expert: ClassNetworkExpert) -> None:
    features, _ = given(seed=4)
    weights = expert.weights(features)
    present = features["text"].present | features["image"].present
    assert weights.shape == (160, 3)
    np.testing.assert_allclose(weights[present].sum(axis=1), 1, rtol=1e-5)
    assert (weights[:, 2] == 0).all()
    assert (weights[~present] == 0).all()


def test_without_anything_to_learn_from_it_is_never_present() -> None:
    features, codes = given()
    nothing = {
        name: Features(f.matrix, np.zeros(len(codes), dtype=bool)) for name, f in features.items()
    }
    blank = ClassNetworkExpert(PARTS, network(), READERS)
    blank.fit(blank.gather(nothing), codes, 4, None)
    answer = blank.answer(features, [["text"]])
    assert not answer.present.any()
    assert answer.scores.tolist() == [blank.prior_.astype(np.float32).tolist()] * len(codes)
    assert not blank.weights(features).any()


def test_over_other_encoders_it_forgets_who_reads_what_is_gone() -> None:
    fewer = ClassNetworkExpert(PARTS, network(), READERS).over({"text": ["text"]})
    assert fewer.modalities == ("text",)
    assert fewer.readers == {"words": "text"}


def test_values_stay_near_the_range_of_training() -> None:
    features, codes = given()
    expert = ValueNetworkExpert(PARTS, network(), READERS)
    expert.fit(expert.gather(features), codes * 10.0, None)
    new, truth = given(seed=5)
    new["image"].matrix[0] *= 1_000
    answer = expert.answer(new, [["text"]])
    assert answer.scores.min() >= -3
    assert answer.scores.max() <= 33
    assert np.abs(answer.scores - truth * 10.0)[answer.present].mean() < 6
    assert (answer.scores[~answer.present] == expert.prior_[0]).all()
    text = answer.without(["words"])
    assert (text.scores[text.present] != answer.scores[text.present]).any()
