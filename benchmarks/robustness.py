"""Fusions asked of products with wrong photographs, mistyped texts, or a modality missing."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle import Catalog, ProductClassifier, evaluate
from aisle.catalog import Role
from aisle.neural.augmenting import with_typos
from benchmarks.common import SPLITS, difference, encoder_folders, publish, shared, splits, table

SHARE = 0.2
TYPOS = 0.1
NO_DROPOUT = "fusion.network.modality_dropout=0"
WITHOUT = ", no modality dropout"
FUSIONS: dict[str, list[str]] = {
    "best-single": ["fusion=best-single"],
    "stack": ["fusion=stack"],
    "concatenation": ["fusion=concatenation"],
    "concatenation, no modality dropout": ["fusion=concatenation", NO_DROPOUT],
    "gated": ["fusion=gated"],
    "gated, no modality dropout": ["fusion=gated", NO_DROPOUT],
    "attention": ["fusion=attention"],
    "attention, no modality dropout": ["fusion=attention", NO_DROPOUT],
}

Rows = npt.NDArray[np.int64]


def main() -> None:
    os.environ["AISLE_ENCODERS"] = str(encoder_folders())
    count = min(SPLITS, 5)
    catalog = Catalog.read(shared("flipkart", "catalog.csv"), target="category")
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for seed, train, test in splits(catalog, count):
        rows = np.random.default_rng(seed).permutation(len(test))[: round(SHARE * len(test))]
        asked = {name: spoil(test, rows, seed) for name, spoil in SPOILED.items()}
        for name, settings in FUSIONS.items():
            model = ProductClassifier("balanced", settings=[*settings, "learning_curve=false"])
            model.fit(train)
            for condition, products in asked.items():
                found = evaluate(model, products).accuracy
                scores[name][condition].append(found)
                print(seed, name, condition, f"{found:.4f}", flush=True)
    header = ("fusion", *SPOILED)
    means = [(n, *(f"{np.mean(s[c]):.4f}" for c in SPOILED)) for n, s in scores.items()]
    dropout = [
        (method, *(difference(scores[method][c], scores[method + WITHOUT][c]) for c in CONDITIONS))
        for method in ("concatenation", "gated", "attention")
    ]
    stacked = [
        (method, *(difference(scores[method][c], scores["stack"][c]) for c in CONDITIONS))
        for method in ("concatenation", "gated", "attention")
    ]
    publish(
        "robustness",
        f"Fusions asked of spoiled products, {count} splits of Flipkart's categories",
        f"{SHARE:.0%} of the test rows are spoiled; accuracy on all of them. A wrong photograph is "
        f"another product's; typos hit {TYPOS:.0%} of the letters. Models learn from clean rows.",
        table(header, means),
        "With modality dropout minus without:",
        table(("fusion", *CONDITIONS), dropout),
        "With modality dropout minus `stack`:",
        table(("fusion", *CONDITIONS), stacked),
    )


def wrong_photographs(test: Catalog, rows: Rows, seed: int) -> Catalog:
    """Give the rows one another's photographs."""
    moved = np.arange(len(test))
    moved[rows] = np.roll(rows, 1)
    return _changed(test, Role.IMAGE, lambda values: [values[row] for row in moved])


def typos(test: Catalog, rows: Rows, seed: int) -> Catalog:
    """Mistype the rows' texts."""
    dice = np.random.default_rng(seed)
    hit = set(rows.tolist())
    return _changed(
        test,
        Role.TEXT,
        lambda values: [
            with_typos(value, dice, TYPOS) if value and row in hit else value
            for row, value in enumerate(values)
        ],
    )


def both(test: Catalog, rows: Rows, seed: int) -> Catalog:
    """Do both to the same rows."""
    return typos(wrong_photographs(test, rows, seed), rows, seed)


def without_photographs(test: Catalog, rows: Rows, seed: int) -> Catalog:
    """Take the rows' photographs away."""
    return _emptied(test, Role.IMAGE, rows)


def without_texts(test: Catalog, rows: Rows, seed: int) -> Catalog:
    """Take the rows' texts away."""
    return _emptied(test, Role.TEXT, rows)


def _emptied(test: Catalog, role: Role, rows: Rows) -> Catalog:
    gone = set(rows.tolist())
    return _changed(
        test, role, lambda values: [None if row in gone else v for row, v in enumerate(values)]
    )


def _changed(
    test: Catalog, role: Role, change: Callable[[list[str | None]], list[str | None]]
) -> Catalog:
    """Return the catalogue with every column of a role changed."""
    changed = test.table
    for name in test.schema.names(role):
        column = pa.array(change(test.strings(name)), pa.string())
        changed = changed.set_column(changed.column_names.index(name), name, column)
    return replace(test, table=changed)


SPOILED: dict[str, Callable[[Catalog, Rows, int], Catalog]] = {
    "clean": lambda test, rows, seed: test,
    "wrong photographs": wrong_photographs,
    "typos": typos,
    "both": both,
    "no photograph": without_photographs,
    "no text": without_texts,
}
CONDITIONS = [name for name in SPOILED if name != "clean"]


if __name__ == "__main__":
    main()
