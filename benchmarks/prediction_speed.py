"""Products a second in batch, text only, beside a scikit-learn pipeline of the same n-grams."""

from __future__ import annotations

import time
from collections.abc import Callable

import pyarrow as pa
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from aisle import Catalog, ProductClassifier
from benchmarks.common import publish, shared, table

RUNS = 5
COPIES = 10


def main() -> None:
    roles = {"specifications": "ignored", "brand": "ignored", "retail_price": "ignored",
             "discounted_price": "ignored", "product_rating": "ignored",
             "image": "ignored"}  # fmt: skip
    catalog = Catalog.read(shared("flipkart", "catalog.csv"), target="category", roles=roles)
    model = ProductClassifier(recipe="fast").fit(catalog)
    peer = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True),
        ),
        LogisticRegression(C=10, max_iter=1000),
    ).fit(catalog.texts(), catalog.labels.astype(str))
    rows = pa.concat_tables([catalog.table.select(["product_id", "title", "description"])] * COPIES)
    texts = Catalog.read(rows).texts()
    ours, theirs, ratios = [], [], []
    for _ in range(RUNS):
        ours.append(len(texts) / seconds(lambda: model.predict(rows)))
        theirs.append(len(texts) / seconds(lambda: peer.predict_proba(texts)))
        ratios.append(ours[-1] / theirs[-1])
    publish(
        "prediction_speed",
        "Prediction in batch, Flipkart's title + description",
        table(
            ("what", "lowest", "median", "highest"),
            [
                ("Aisle, table in and table out, products a second", *spread(ours)),
                ("scikit-learn, texts in, probabilities out, products a second", *spread(theirs)),
                ("ratio", *spread(ratios, 2)),
            ],
        ),
    )


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def spread(values: list[float], digits: int = 0) -> tuple[str, str, str]:
    ordered = sorted(values)
    return tuple(f"{v:,.{digits}f}" for v in (ordered[0], ordered[len(ordered) // 2], ordered[-1]))  # type: ignore[return-value]
