"""Networks that learned the catalogue beside the same networks as they came."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from aisle import Catalog
from aisle.encoders.image.descriptors import DescriptorEncoder
from aisle.encoders.pretrained.encoder import PretrainedImageEncoder, PretrainedTextEncoder
from aisle.experiments.comparing.measuring import nothing_cached
from aisle.heads.linear import LogisticHead
from aisle.metrics import accuracy, f1_scores
from aisle.neural.tuning import TunedImageEncoder, TunedTextEncoder
from benchmarks.common import SPLITS, difference, encoder_folders, publish, shared, splits, table

BACKBONES = ("mobilenet-edgetpu-100", "mobilenet-v2-100", "mobilenet-v1-025-128")
PLAIN = {"augment": "none"}
CHANGED = {"augment": "standard"}
SEEDS = 5


@dataclass(frozen=True)
class Way:
    """A way to encode: its name, and the settings of fine-tuning, or None for none."""

    name: str
    network: str
    tune: Mapping[str, Any] | None = None
    text: bool = False

    def encoder(self, seed: int) -> Any:
        """Return the encoder, to be fitted."""
        if self.network == "descriptors":
            return DescriptorEncoder()
        if self.tune is None:
            return (PretrainedTextEncoder if self.text else PretrainedImageEncoder)(self.network)
        kind = TunedTextEncoder if self.text else TunedImageEncoder
        return kind(self.network, tune=dict(self.tune), seed=seed)


@dataclass(frozen=True)
class Outcome:
    """What a linear head makes of an encoder on one split."""

    accuracy: float
    macro_f1: float
    seconds: float


def main() -> None:
    os.environ["AISLE_ENCODERS"] = str(encoder_folders())
    count = min(SPLITS, 5)
    catalog = Catalog.read(shared("flipkart", "catalog.csv"), target="category")
    images: list[Way] = [Way("classical descriptors", "descriptors")]
    for network in BACKBONES:
        images += [
            Way(f"{network}, frozen", network),
            Way(f"{network}, tuned", network, TUNED_IMAGE | PLAIN),
            Way(f"{network}, tuned with augmentation", network, TUNED_IMAGE | CHANGED),
        ]
    texts = [
        Way("all-minilm-l6-v2, frozen", "all-minilm-l6-v2", text=True),
        Way("all-minilm-l6-v2, tuned", "all-minilm-l6-v2", TUNED_TEXT, text=True),
    ]
    publish(
        "fine_tuning",
        f"Fine-tuning on Flipkart's categories, {count} duplicate-safe splits",
        "A logistic regression (C = 5) on the vectors; differences to the frozen network are "
        "paired, with 95 % intervals. Fine-tuning sees training rows alone. Minutes are those of "
        "the first split, on which nothing is taken from the cache.",
        "## Photographs",
        measured(catalog, images, count),
        "## Seeds of fine-tuning on one split",
        seeded(catalog, images[3:4]),
        "## Texts",
        measured(catalog, texts, count),
    )


TUNED_IMAGE: Mapping[str, Any] = {"depth": "last3", "epochs": 8}
TUNED_TEXT: Mapping[str, Any] = {
    "depth": "last3", "epochs": 4, "max_tokens": 64, "precision": "bfloat16",
}  # fmt: skip


def measured(catalog: Catalog, ways: Sequence[Way], count: int) -> str:
    """Encode in every way on the same splits."""
    found: dict[str, list[Outcome]] = {way.name: [] for way in ways}
    for seed, train, test in splits(catalog, count):
        for way in ways:
            with nothing_cached() if seed == 0 else nullcontext():
                outcome = judged(way, train, test, seed)
            print(seed, way.name, outcome, flush=True)
            found[way.name].append(outcome)
    lines = []
    frozen: list[float] = []
    for way in ways:
        scores = [outcome.accuracy for outcome in found[way.name]]
        if way.tune is None:
            frozen = scores
        lines.append(
            (
                way.name,
                _told(scores),
                _told([outcome.macro_f1 for outcome in found[way.name]]),
                "" if way.tune is None or count < 2 else difference(scores, frozen),
                f"{found[way.name][0].seconds / 60:.1f}",
            )
        )
    return table(("network", "accuracy", "macro F1", "difference to frozen", "minutes"), lines)


def seeded(catalog: Catalog, ways: Sequence[Way]) -> str:
    """Tune with several seeds on the first split."""
    train, test = catalog.split(test=0.25, seed=0)
    lines = []
    for way in ways:
        scores = [judged(way, train, test, seed).accuracy for seed in range(SEEDS)]
        lines.append((way.name, _told(scores), " ".join(f"{score:.4f}" for score in scores)))
    return table(("network", "accuracy", "by seed"), lines)


def judged(way: Way, train: Catalog, test: Catalog, seed: int) -> Outcome:
    """Encode, and judge a linear head on the test rows; a photograph less is an error."""
    start = time.perf_counter()
    encoder = way.encoder(seed).fit(train)
    seconds = time.perf_counter() - start
    shown, asked = encoder.transform(train), encoder.transform(test)
    classes, codes = np.unique(train.labels.astype(str), return_inverse=True)
    head = LogisticHead(C=5.0).fit(shown.matrix[shown.present], codes[shown.present])
    told = classes[head.classes_[head.predict_proba(asked.matrix).argmax(axis=1)]]
    truth = test.labels.astype(str)
    return Outcome(accuracy(truth, told), f1_scores(truth, told, classes.tolist()).macro, seconds)


def _told(scores: Sequence[float]) -> str:
    return f"{np.mean(scores):.4f} ± {np.std(scores, ddof=1):.4f}" if len(scores) > 1 else "-"


if __name__ == "__main__":
    main()
