"""Prices on Flipkart: errors beside the median's, and what masking leaves in the texts."""

from __future__ import annotations

import numpy as np

from aisle import Catalog, ProductRegressor, evaluate
from aisle.catalog import Role
from aisle.catalog.prices import count_mentions, mask_prices
from benchmarks.common import publish, shared, splits, table

PLAIN = ["learning_curve=false"]
MODELS = {
    "recipe fast": (),
    "LightGBM alone": (
        "text.encoders=[{use: tfidf, minimum: 3}]",
        "image=null",
        "fusion=early",
        "fusion.head=lightgbm",
    ),
}


def main() -> None:
    catalog = Catalog.read(shared("flipkart", "catalog.csv"), target="discounted_price")
    told = count_mentions(catalog.texts(), catalog.values)
    masked = [mask_prices(text) for text in catalog.texts()]
    left = count_mentions(masked, catalog.values)
    rows = []
    for name, settings in MODELS.items():
        found = []
        for _, train, test in splits(catalog, 5):
            model = ProductRegressor(recipe="fast", settings=[*settings, *PLAIN]).fit(train)
            found.append(evaluate(model, test))
        log = np.mean([e.mae_log for e in found]) / np.mean([e.median_mae_log for e in found])
        money = np.mean([e.mae for e in found]) / np.mean([e.median_mae for e in found])
        rows.append(
            (
                name,
                f"{np.mean([e.mae_log for e in found]):.3f}",
                f"{1 - log:.1%}",
                f"{np.mean([e.relative_error for e in found]):.3f}",
                f"{np.mean([e.mae for e in found]):.0f}",
                f"{1 - money:.1%}",
                f"{np.mean([e.interval_coverage for e in found]):.3f}",
            )
        )
    header = (
        "model", "MAE log", "below the median's", "exp(MAE log) - 1", "MAE, rupees",
        "below the median's", "intervals of 0.9 hold",
    )  # fmt: skip
    ignored = [c.name for c in catalog.schema if c.leak]
    publish(
        "prices",
        "discounted_price on Flipkart, 5 splits",
        table(header, rows),
        f"Ignored as leaks: {', '.join(ignored)}. "
        f"Texts: {', '.join(catalog.schema.names(Role.TEXT))}. "
        f"The price stands in {int(told.sum())} of {len(catalog)} texts, after masking in "
        f"{int(left.sum())}.",
    )
