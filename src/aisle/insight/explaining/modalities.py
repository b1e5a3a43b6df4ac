"""What text, image and metadata each contributed: exact Shapley values over modalities."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from aisle.encoders import Features
from aisle.fusion import JOINT, NetworkExpert, withheld
from aisle.insight.explaining.findings import ModalityShare, Shares
from aisle.insight.explaining.question import Floats, Question
from aisle.insight.explaining.shapley import Subset, shapley_values, subsets
from aisle.models import ProductClassifier, ProductModel, ProductRegressor


def answers_by_subset(
    model: ProductModel, features: Mapping[str, Features]
) -> dict[Subset, Floats]:
    """Return what the model says with only some modalities present, for every set of them.

    Parameters
    ----------
    model
        A fitted model of any fusion; it answers whatever is there, and with the prior for nothing.
    features
        Of some products, by encoder.

    Returns
    -------
    dict
        Calibrated probabilities, float64 (rows, classes), or values on the scale of learning,
        float64 (rows,), by the names of the modalities.
    """
    wanted = list(subsets(model.modalities_))
    experts = model.plan_.experts
    answers = {name: expert.answer(features, wanted) for name, expert in experts.items()}
    found: dict[Subset, Floats] = {}
    for some in wanted:
        kept = [n for n in answers if n not in JOINT and some.issuperset(experts[n].modalities)]
        left = withheld(answers, kept)
        if isinstance(model, ProductClassifier):
            fused = model.fusion_.combine(left).scores
            found[some] = model.confidence_.transform(fused, model.confidence_.sets_of(left))
        else:
            assert isinstance(model, ProductRegressor)
            found[some] = model.fusion_.combine(left).scores
    return found


def modality_shares(
    model: ProductModel,
    question: Question,
    told: Mapping[Subset, Floats],
    features: Mapping[str, Features],
) -> Shares:
    """Share an answer out among the modalities.

    Parameters
    ----------
    model
        Whose answer it is.
    question
        What is explained.
    told
        What `answers_by_subset` found for this product alone.
    features
        Of this product, by encoder.
    """
    names = model.modalities_
    evidence = {some: float(question.evidence(scores)[0]) for some, scores in told.items()}
    shown = {some: float(question.shown(np.array([e]))[0]) for some, e in evidence.items()}
    by_evidence, by_points = shapley_values(names, evidence), shapley_values(names, shown)
    attention = _attention(model, features)
    everything = frozenset(names)
    return Shares(
        prior=evidence[frozenset()],
        answer=evidence[everything],
        prior_shown=shown[frozenset()],
        answer_shown=shown[everything],
        modalities=tuple(
            ModalityShare(
                modality=name,
                present=_present(model, features, name),
                evidence=by_evidence[name],
                points=by_points[name],
                alone=shown[frozenset({name})],
                without=shown[everything - {name}],
                attention=attention.get(name),
            )
            for name in names
        ),
    )


def _present(model: ProductModel, features: Mapping[str, Features], modality: str) -> bool:
    encoders = model.plan_.encoders
    return any(f.present[0] for n, f in features.items() if encoders[n].modality == modality)


def _attention(model: ProductModel, features: Mapping[str, Features]) -> dict[str, float]:
    """Return the weights of a network that fuses, where one does."""
    expert = model.plan_.experts.get(model.metrics_["fusion"])
    if not isinstance(expert, NetworkExpert) or expert.network.method == "concatenation":
        return {}
    weights = expert.weights(features)[0]
    return dict(zip(expert.parts, weights.tolist(), strict=True))
