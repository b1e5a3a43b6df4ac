"""Recipe `balanced` beside its experts and beside `fast`, on Flipkart's categories."""

from __future__ import annotations

import os
from collections import Counter, defaultdict

import numpy as np

from aisle import Catalog, ProductClassifier, evaluate
from benchmarks.common import difference, encoder_folders, publish, shared, splits, table

PLAIN = ["learning_curve=false"]
FEWEST = 10
MISTAKES = 8


def main() -> None:
    os.environ["AISLE_ENCODERS"] = str(encoder_folders())
    path = shared("flipkart", "catalog.csv")
    titles = {"description": "ignored", "specifications": "ignored"}
    category = Catalog.read(path, target="category")
    sections = [
        compared("`category` (7 classes)", category),
        compared(
            f"`subcategory` (classes with at least {FEWEST} rows)",
            frequent(Catalog.read(path, target="subcategory")),
        ),
        compared(
            "`category`, titles as the only text",
            Catalog.read(path, target="category", roles=titles),
        ),
    ]
    publish("balanced", "Recipe balanced on Flipkart", *sections)


def compared(name: str, catalog: Catalog) -> str:
    """Train both recipes on the same splits, and tell how they and their experts do."""
    scores: dict[str, list[float]] = defaultdict(list)
    best: list[float] = []
    chosen: Counter[str] = Counter()
    mistakes: dict[str, list[tuple[str, str, float]]] = defaultdict(list)
    classes = 0
    for _, train, test in splits(catalog):
        fast = ProductClassifier(recipe="fast", settings=PLAIN).fit(train)
        scores["fast, fused"].append(evaluate(fast, test).accuracy)
        model = ProductClassifier(recipe="balanced", settings=PLAIN).fit(train)
        found = evaluate(model, test)
        chosen[found.fusion] += 1
        classes = len(model.classes_)
        scores["balanced, fused"].append(found.accuracy)
        for expert, score in found.experts.items():
            scores[f"balanced, {expert} expert"].append(score.accuracy)
        best.append(max(score.accuracy for score in found.experts.values()))
        for row in found.predictions.to_pylist():
            if row["category"] != row["truth"]:
                mistakes[row["id"]].append((row["truth"], row["category"], row["confidence"]))
    fused = scores["balanced, fused"]
    return "\n\n".join(
        [
            f"## {name}",
            f"{len(catalog):,} rows, {classes} classes.",
            table(
                ("answer", "accuracy", "standard deviation"),
                [(n, f"{np.mean(v):.4f}", f"{np.std(v, ddof=1):.4f}") for n, v in scores.items()],
            ),
            f"Balanced fused minus its best expert of the split: {difference(fused, best)}. "
            f"Chosen: {', '.join(f'{kind} {n} times' for kind, n in chosen.most_common())}.",
            f"Balanced minus fast: {difference(fused, scores['fast, fused'])}.",
            surest(catalog, mistakes),
        ]
    )


def surest(catalog: Catalog, mistakes: dict[str, list[tuple[str, str, float]]]) -> str:
    """List the products that are got wrong with the most confidence, whatever the split."""
    title = dict(zip(catalog.ids, catalog.strings("title"), strict=True))
    ranked = sorted(mistakes, key=lambda product: -max(c for *_, c in mistakes[product]))
    lines = []
    for product in ranked[:MISTAKES]:
        truth, answer, _ = mistakes[product][0]
        surest = max(confidence for *_, confidence in mistakes[product])
        times = len(mistakes[product])
        lines.append(((title[product] or "")[:70], truth, answer, f"{surest:.3f}", times))
    return f"{len(mistakes)} products were answered wrongly in some split; the surest:\n\n" + table(
        ("title", "label", "answer", "confidence", "splits"), lines
    )


def frequent(catalog: Catalog) -> Catalog:
    """Keep the rows of classes that have at least `FEWEST`."""
    counts = Counter(catalog.labels.tolist())
    return catalog.take([r for r, label in enumerate(catalog.labels) if counts[label] >= FEWEST])


if __name__ == "__main__":
    main()
