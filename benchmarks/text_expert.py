"""The text expert beside plain logistic regression of scikit-learn on the same n-grams."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from aisle import Catalog
from aisle.catalog import Task
from aisle.models import Recipe
from aisle.models.plan import make_plan
from benchmarks.common import difference, publish, shared, splits, table


def plain(train: Catalog, test: Catalog) -> float:
    """Accuracy of scikit-learn's vectorizers and logistic regression, C = 10."""
    parts = []
    for settings in (
        {"analyzer": "word", "ngram_range": (1, 2)},
        {"analyzer": "char_wb", "ngram_range": (3, 5)},
    ):
        vectorizer = TfidfVectorizer(sublinear_tf=True, **settings)
        parts.append((vectorizer.fit_transform(train.texts()), vectorizer.transform(test.texts())))
    fitted, asked = (sparse.hstack(side).tocsr() for side in zip(*parts, strict=True))
    model = LogisticRegression(C=10, max_iter=1000).fit(fitted, train.labels.astype(str))
    return float((model.predict(asked) == test.labels).mean())


def expert(train: Catalog, test: Catalog) -> float:
    """Accuracy of recipe fast's text expert."""
    plan = make_plan(Recipe.load("fast", Task.CLASSIFY, ["image=null"]), train, seed=0)
    classes, codes = np.unique(train.labels.astype(str), return_inverse=True)
    features = plan.fit_encoders(train, {})
    text = plan.experts["text"]
    text.fit(text.gather(features), codes, len(classes), None)
    answer = text.raw(text.gather(plan.transform(test)))
    return float((classes[answer.scores.argmax(axis=1)] == test.labels).mean())


def main() -> None:
    path = shared("flipkart", "catalog.csv")
    both = Catalog.read(path, target="category")
    short = Catalog.read(path, target="category", roles={"specifications": "ignored"})
    scores: dict[str, list[float]] = {"plain": [], "expert": [], "with specifications": []}
    for _, train, test in splits(both):
        narrow = [part_of(short, both, part) for part in (train, test)]
        scores["plain"].append(plain(*narrow))
        scores["expert"].append(expert(*narrow))
        scores["with specifications"].append(expert(train, test))
    rows = [
        (name, f"{np.mean(values):.4f}", f"{np.std(values, ddof=1):.4f}")
        for name, values in scores.items()
    ]
    publish(
        "text_expert",
        "Text expert on Flipkart, title + description",
        table(("model", "accuracy", "standard deviation"), rows),
        f"Expert minus plain: {difference(scores['expert'], scores['plain'])}.",
        f"What specifications add: {difference(scores['with specifications'], scores['expert'])}.",
    )


def part_of(short: Catalog, both: Catalog, part: Catalog) -> Catalog:
    """Return the rows of `part`, a part of `both`, with the columns of `short`."""
    position = {product: row for row, product in enumerate(both.ids)}
    return short.take([position[product] for product in part.ids])
