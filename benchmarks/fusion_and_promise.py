"""Fusion beside its best expert, robust or not, and the promised precision, on Flipkart."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa

from aisle import Catalog, ProductClassifier, evaluate
from aisle.catalog import Role
from aisle.metrics import calibration_error
from benchmarks.common import difference, publish, shared, splits, table

PRECISION = 0.97
DISTURBED = 0.2
TYPOS = 0.15
PLAIN = ["learning_curve=false"]

Disturb = Callable[[Catalog, np.random.Generator], Catalog]


def main() -> None:
    catalog = Catalog.read(shared("flipkart", "catalog.csv"), target="category")
    fused: list[float] = []
    experts: dict[str, list[float]] = {}
    chosen: Counter[str] = Counter()
    promise: list[tuple[float, float]] = []
    confidence: list[float] = []
    right: list[bool] = []
    seconds: list[float] = []
    disturbed: dict[str, dict[str, list[float]]] = {}
    for seed, train, test in splits(catalog):
        start = time.perf_counter()
        # The first training is timed with all that a user gets; the curve takes a quarter of it.
        model = ProductClassifier(recipe="fast", settings=PLAIN if seed else []).fit(train)
        seconds.append(time.perf_counter() - start)
        early = ProductClassifier(recipe="fast", settings=[*PLAIN, "fusion=early"]).fit(train)
        found = evaluate(model, test, precision=PRECISION)
        chosen[found.fusion] += 1
        fused.append(found.accuracy)
        for name, score in found.experts.items():
            experts.setdefault(name, []).append(score.accuracy)
        promise.append((found.accepted_precision or 1.0, found.coverage))
        rows = found.predictions.to_pylist()
        confidence += [row["confidence"] for row in rows]
        right += [row["category"] == row["truth"] for row in rows]
        measure(disturbed, {"fusion": model, "early": early}, test, seed)
    best = [max(scores) for scores in zip(*experts.values(), strict=True)]
    kept = sum(precision >= PRECISION for precision, _ in promise)
    answers = [("fused", fused), *experts.items()]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    publish(
        "fusion_and_promise",
        "Fusion, its experts and the promised precision on Flipkart, recipe fast",
        table(
            ("answer", "accuracy", "standard deviation"),
            [(n, f"{np.mean(v):.4f}", f"{np.std(v, ddof=1):.4f}") for n, v in answers],
        ),
        f"Fused minus the best expert of the split: {difference(fused, best)}. "
        f"Chosen: {', '.join(f'{name} {count} times' for name, count in chosen.most_common())}.",
        f"Training took {seconds[0]:.1f} s the first time, with the learning curve, and "
        f"{np.mean(seconds[1:]):.1f} s on average without; the process never held more than "
        f"{memory:.2f} GiB.",
        "## Something missing\n\n" + missing(disturbed, experts),
        "## Something wrong\n\n" + wrong(disturbed),
        "## The promise\n\n"
        f"Asked for a precision of {PRECISION}: kept in {kept} of {len(promise)} splits, mean "
        f"precision {np.mean([p for p, _ in promise]):.4f}, mean coverage "
        f"{np.mean([c for _, c in promise]):.4f}, lowest {min(c for _, c in promise):.4f}. "
        f"Calibration error, pooled over the splits: "
        f"{calibration_error(np.array(confidence), np.array(right)):.4f}.",
    )


def measure(
    results: dict[str, dict[str, list[float]]],
    models: dict[str, ProductClassifier],
    test: Catalog,
    seed: int,
) -> None:
    """Score the models on test rows as they are and disturbed, the same for every model."""
    for name, disturb in DISTURBANCES.items():
        changed = disturb(test, np.random.default_rng(seed))
        for kind, model in models.items():
            results.setdefault(name, {}).setdefault(kind, []).append(model.score(changed))


def missing(results: dict[str, dict[str, list[float]]], experts: dict[str, list[float]]) -> str:
    """Tell what the model makes of products that lack a modality, beside the expert of another."""
    lines = []
    for name, expert in (("no photograph", "text"), ("no text", "image")):
        left = results[name]["fusion"]
        lines.append(
            (name, f"{np.mean(left):.4f}", f"{expert} {np.mean(experts[expert]):.4f}",
             difference(left, experts[expert]))
        )  # fmt: skip
    return table(("test products with", "accuracy", "expert alone", "difference"), lines)


def wrong(results: dict[str, dict[str, list[float]]]) -> str:
    """Tell how much disturbances cost the model, and a plain concatenation of features."""
    lines = []
    for name in ("photographs swapped", "photographs of all swapped", "titles with typos"):
        losses = {
            kind: np.array(clean) - np.array(results[name][kind])
            for kind, clean in results["as they are"].items()
        }
        lines.append(
            (name, *(f"{np.mean(losses[kind]):+.4f}" for kind in ("fusion", "early")),
             difference(losses["early"], losses["fusion"]))
        )  # fmt: skip
    clean = {kind: f"{np.mean(v):.4f}" for kind, v in results["as they are"].items()}
    header = ("disturbed", "loss of the fusion", "loss of early fusion", "loss avoided")
    return table(header, lines) + (
        f"\n\nUndisturbed: the fusion chosen {clean['fusion']}, early fusion alone "
        f"{clean['early']}. Swapped: {DISTURBED:.0%} of the products (or all) show another "
        f"product's photograph. Typos: {DISTURBED:.0%} of the titles, of which {TYPOS:.0%} of the "
        "letters are changed, dropped, doubled or exchanged with the next."
    )


def emptied(role: Role) -> Disturb:
    """Return a function that empties all columns of a role."""

    def disturb(catalog: Catalog, dice: np.random.Generator) -> Catalog:
        names = set(catalog.schema.names(role))
        columns = {
            name: pa.nulls(len(catalog), pa.string()) if name in names else catalog.column(name)
            for name in catalog.table.column_names
        }
        return replace(catalog, table=pa.table(columns))

    return disturb


def swapped(share: float) -> Disturb:
    """Return a function that gives some products the photograph of another."""

    def disturb(catalog: Catalog, dice: np.random.Generator) -> Catalog:
        rows = np.arange(len(catalog))
        some = dice.permutation(rows)[: round(share * len(rows))]
        others = rows.copy()
        others[some] = np.roll(some, 1)
        return _changed(catalog, "image", np.array(catalog.strings("image"), dtype=object)[others])

    return disturb


def with_typos(catalog: Catalog, dice: np.random.Generator) -> Catalog:
    """Garble the titles of some products."""
    titles = np.array(catalog.strings("title"), dtype=object)
    for row in dice.permutation(len(titles))[: round(DISTURBED * len(titles))]:
        titles[row] = garbled(titles[row], dice)
    return _changed(catalog, "title", titles)


def garbled(text: str, dice: np.random.Generator) -> str:
    """Change, drop, double or exchange some letters."""
    letters = list(text)
    for at in np.flatnonzero(dice.random(len(letters)) < TYPOS):
        kind = dice.integers(4)
        if kind == 0:
            letters[at] = chr(ord("a") + dice.integers(26))
        elif kind == 1:
            letters[at] = ""
        elif kind == 2:
            letters[at] *= 2
        elif at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def _changed(catalog: Catalog, name: str, values: np.ndarray) -> Catalog:
    position = catalog.table.column_names.index(name)
    return replace(catalog, table=catalog.table.set_column(position, name, pa.array(values)))


DISTURBANCES: dict[str, Disturb] = {
    "as they are": lambda catalog, dice: catalog,
    "no photograph": emptied(Role.IMAGE),
    "no text": emptied(Role.TEXT),
    "photographs swapped": swapped(DISTURBED),
    "photographs of all swapped": swapped(1.0),
    "titles with typos": with_typos,
}
