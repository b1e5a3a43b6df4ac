"""Bundles of earlier formats: what they hold, laid out as models expect it now."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from aisle.fusion import Late
from aisle.models.confidence import Confidence
from aisle.models.spread import Spread


def upgraded(learned: Mapping[str, Any], version: int) -> dict[str, Any]:
    """Return the learned state of a bundle of format `version` in today's layout.

    Format 1 had one scale and one threshold for all products, and no doubt of experts.
    """
    found = dict(learned)
    if version == 1:
        fusion = found["fusion"]
        if isinstance(fusion, Late):
            fusion.doubts_ = np.zeros(len(fusion.experts_))
        if "calibrator" in found:
            found["confidence"] = _single_threshold(found)
        if "interval" in found:
            found["spread"] = _single_interval(found)
    return found


def _single_threshold(learned: Mapping[str, Any]) -> Confidence:
    """Let every set of experts share the one scale and the one body of evidence."""
    made = Confidence()
    experts = list(learned["fusion"].experts_)
    made.experts_, made.usual_ = experts, "+".join(experts)
    names = _all_sets(experts)
    confidence = learned["confidence"]
    made.calibrators_ = dict.fromkeys(names, learned["calibrator"])
    made.confidence_ = dict.fromkeys(names, confidence)
    made.correct_ = dict.fromkeys(names, learned["correct"])
    made.groups_ = dict.fromkeys(names, learned["groups"])
    made.own_ = {name: np.full(len(confidence), name == made.usual_) for name in names}
    return made


def _single_interval(learned: Mapping[str, Any]) -> Spread:
    """Let every set of experts share the one interval."""
    interval = learned["interval"]
    made = Spread(interval.level)
    made.experts_, made.widest_ = list(learned["fusion"].experts_), ""
    made.quantiles_ = dict.fromkeys(["", *_all_sets(made.experts_)], interval)
    return made


def _all_sets(experts: list[str]) -> list[str]:
    sizes = range(1, len(experts) + 1)
    return ["+".join(found) for size in sizes for found in combinations(experts, size)]
