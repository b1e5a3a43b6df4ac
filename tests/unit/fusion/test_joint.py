"""Joint fusions answer where their expert is present, and late's pool elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from aisle.fusion import (
    NETWORKS,
    Answer,
    Attention,
    AttentionValue,
    Concatenation,
    ConcatenationValue,
    Gated,
    GatedValue,
    Late,
    LateValue,
)

CODES = np.array([0, 1] * 20)


def answers(joint: str, present: np.ndarray) -> dict[str, Answer]:
    dice = np.random.default_rng(0)
    made = {}
    for name in ("text", "image"):
        scores = dice.dirichlet([1, 1], 40) + 0.5 * np.eye(2)[CODES]
        made[name] = Answer(scores / scores.sum(axis=1, keepdims=True), np.ones(40, dtype=bool))
    return {**made, joint: Answer(np.eye(2)[1 - CODES], present)}


@pytest.mark.parametrize("kind", [Concatenation, Gated, Attention])
def test_the_network_answers_for_classes(kind: type[Late]) -> None:
    present = np.arange(40) < 30
    given = answers(kind.name, present)
    fusion = kind().fit(given, CODES)
    assert fusion.experts_ == ["text", "image"]
    found = fusion.combine(given)
    late = Late().fit({n: given[n] for n in ("text", "image")}, CODES).combine(given)
    assert found.scores[:30].tolist() == given[kind.name].scores[:30].tolist()
    assert found.scores[30:].tolist() == late.scores[30:].tolist()
    assert found.present.all()


@pytest.mark.parametrize("kind", [ConcatenationValue, GatedValue, AttentionValue])
def test_the_network_answers_for_values(kind: type[LateValue]) -> None:
    present = np.arange(40) < 30
    values = np.linspace(1, 9, 40)
    given = {
        "text": Answer(values + 1, np.ones(40, bool)),
        "image": Answer(values - 1, np.ones(40, bool)),
        kind.name: Answer(-values, present),
    }
    found = kind().fit(given, values).combine(given)
    assert found.scores[:30].tolist() == (-values[:30]).tolist()
    np.testing.assert_allclose(found.scores[30:], values[30:], atol=1e-3)


def test_networks_are_named_as_their_fusions() -> None:
    assert (Concatenation.name, Gated.name, Attention.name) == NETWORKS
