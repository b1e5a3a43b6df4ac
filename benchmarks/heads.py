"""Heads, modalities and frameworks beside one another: prototypes' tables of models."""

from __future__ import annotations

from aisle import Catalog
from aisle.experiments.comparing import Candidate
from benchmarks.boards import board, board_table
from benchmarks.common import SPLITS, publish, shared

WORDS = "text.encoders=[{use: tfidf, analyzer: word, ngrams: [1, 2]}]"
FEW_WORDS = "text.encoders=[{use: tfidf, analyzer: word, maximum: 2000}]"
TEXT = ("image=null", "metadata=null")
IMAGE = ("text=null", "metadata=null")


def main() -> None:
    count = min(SPLITS, 5)
    catalog = Catalog.read(shared("flipkart", "catalog.csv"), target="category")
    modalities = (
        _candidate("text", "balanced", *TEXT),
        _candidate("image", "balanced", *IMAGE),
        _candidate("metadata", "balanced", "text=null", "image=null"),
        _candidate("fused", "balanced"),
        _candidate("text, no network", "fast", *TEXT),
        _candidate("image, no network", "fast", *IMAGE),
        _candidate("fused, no network", "fast"),
    )
    heads = (
        _candidate("logistic regression, words", "fast", *TEXT, WORDS, "text.head=logistic"),
        _candidate("linear SVM, words", "fast", *TEXT, WORDS, "text.head=svm"),
        _candidate("random forest, words", "fast", *TEXT, WORDS, "text.head=forest"),
        _candidate("naive Bayes, words", "fast", *TEXT, WORDS, "text.head=bayes"),
        _candidate("LightGBM, 2,000 words", "fast", *TEXT, FEW_WORDS, "text.head=lightgbm"),
        _candidate("PyTorch network, words", "fast", *TEXT, WORDS, "text.head=mlp"),
        _candidate("TensorFlow network, words", "fast", *TEXT, WORDS, "text.head=mlp", KERAS),
        _candidate("PyTorch network, MiniLM", "balanced", *TEXT, MINILM, "text.head=mlp"),
        _candidate("TensorFlow network, MiniLM", "balanced", *TEXT, MINILM, "text.head=mlp", KERAS),
        _candidate("logistic regression, MiniLM", "balanced", *TEXT, MINILM),
        _candidate("PyTorch network, photographs", "balanced", *IMAGE, "image.head=mlp"),
        _candidate("TensorFlow network, photographs", "balanced", *IMAGE, "image.head=mlp", KERAS),
        _candidate("logistic regression, photographs", "balanced", *IMAGE),
        _candidate("fused: balanced", "balanced"),
    )
    sections = []
    for title, candidates, baseline in (
        ("Text, photographs and both", modalities, "text"),
        ("Heads", heads, "logistic regression, words"),
    ):
        found = board(catalog, candidates, seeds=count, baseline=baseline)
        sections += [f"## {title}", board_table(found, [c.name for c in candidates])]
    publish(
        "heads",
        f"Models of Flipkart's categories, {count} duplicate-safe splits",
        "Means ± standard deviations between splits; differences are paired, with 95 % intervals. "
        "The time a product is of a batch of 100 that is read, decoded and encoded anew.",
        *sections,
    )


KERAS = "framework=tensorflow"
MINILM = "text.encoders=[{use: all-minilm-l6-v2}]"


def _candidate(name: str, recipe: str, *settings: str) -> Candidate:
    return Candidate(name, settings, recipe)


if __name__ == "__main__":
    main()
