"""Fusion beside its best expert, and the promised precision, on Flipkart."""

from __future__ import annotations

from collections import Counter

import numpy as np

from aisle import Catalog, ProductClassifier, evaluate
from aisle.metrics import calibration_error
from benchmarks.common import difference, publish, shared, splits, table

PRECISION = 0.97


def main() -> None:
    catalog = Catalog.read(shared("flipkart", "catalog.csv"), target="category")
    fused: list[float] = []
    experts: dict[str, list[float]] = {}
    chosen: Counter[str] = Counter()
    promise: list[tuple[float, float]] = []
    confidence: list[float] = []
    right: list[bool] = []
    for _, train, test in splits(catalog):
        model = ProductClassifier(recipe="fast").fit(train)
        found = evaluate(model, test, precision=PRECISION)
        chosen[found.fusion] += 1
        fused.append(found.accuracy)
        for name, score in found.experts.items():
            experts.setdefault(name, []).append(score.accuracy)
        promise.append((found.accepted_precision or 1.0, found.coverage))
        rows = found.predictions.to_pylist()
        confidence += [row["confidence"] for row in rows]
        right += [row["category"] == row["truth"] for row in rows]
    best = [max(scores) for scores in zip(*experts.values(), strict=True)]
    kept = sum(precision >= PRECISION for precision, _ in promise)
    rows = [("fused", fused), *experts.items()]
    publish(
        "fusion_and_promise",
        "Fusion and the promised precision on Flipkart, recipe fast",
        table(
            ("answer", "accuracy", "standard deviation"),
            [(n, f"{np.mean(v):.4f}", f"{np.std(v, ddof=1):.4f}") for n, v in rows],
        ),
        f"Fused minus the best expert of the split: {difference(fused, best)}. "
        f"Chosen: {', '.join(f'{name} {count} times' for name, count in chosen.most_common())}.",
        f"Asked for a precision of {PRECISION}: kept in {kept} of {len(promise)} splits, mean "
        f"precision {np.mean([p for p, _ in promise]):.4f}, mean coverage "
        f"{np.mean([c for _, c in promise]):.4f}, lowest {min(c for _, c in promise):.4f}.",
        f"Calibration error, pooled over the splits: "
        f"{calibration_error(np.array(confidence), np.array(right)):.4f}.",
    )
